// Takes over the history of a Tautulli.
import { useEffect, useState } from "preact/hooks";
import { send } from "../../api/client";
import type { Import, Imports as ImportList, Server } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { bytes } from "../../format/numbers";
import { dateTime } from "../../format/times";
import { servers } from "../../live/store";
import { Card, Failed, Meter, Segments, Waiting } from "../../ui/parts";
import { Form, SecretField, TextField } from "./form";
import { importRatio, importText } from "./rules";

/** While one runs, and while none does. */
const RUNNING_EVERY_MS = 1_000;
const IDLE_EVERY_MS = 20_000;

export function Imports() {
  const [runs, setRuns] = useState(false);
  const { data, error, reload } = useGet<ImportList>(
    "api/v1/imports",
    undefined,
    runs ? RUNNING_EVERY_MS : IDLE_EVERY_MS,
  );
  const running = data?.imports.some((one) => one.state === "running") ?? false;
  useEffect(() => setRuns(running), [running]);
  return (
    <Card title="History from Tautulli">
      {!data ? (
        error?.status === 404 ? (
          <p class="soft">Nothing can be taken over here: {error.message}.</p>
        ) : error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : (
        <>
          <p class="soft settings-note">
            Every play comes over once, however often this is done; Tautulli is only read, and may go on.
          </p>
          {data.imports.length > 0 && (
            <ul class="settings-list">
              {data.imports.map((one) => (
                <One one={one} key={one.id} />
              ))}
            </ul>
          )}
          <Start running={running} begun={reload} />
        </>
      )}
    </Card>
  );
}

const STATES: Record<Import["state"], [string, string]> = {
  running: ["Running", "info"],
  done: ["Done", "good"],
  failed: ["Failed", "bad"],
};

function One({ one }: { one: Import }) {
  const [text, tag] = STATES[one.state];
  const ratio = importRatio(one);
  return (
    <li class="settings-import">
      <div class="row">
        <span class="grow clip">
          <b>{one.source}</b> <span class="soft">to {one.server}</span>
        </span>
        <span class={`tag ${tag}`}>{text}</span>
      </div>
      {one.state !== "failed" &&
        (ratio === undefined ? (
          <div class="meter" />
        ) : (
          <Meter ratio={ratio} label={`Import from ${one.source}`} />
        ))}
      <p class="soft small number">
        {[
          one.state === "running" &&
            one.rows_done === 0 &&
            one.downloaded_bytes !== undefined &&
            `${bytes(one.downloaded_bytes)} arrived`,
          importText(one),
          one.ended_at ? `ended ${dateTime(one.ended_at)}` : `since ${dateTime(one.started_at)}`,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {one.message && <p class={one.state === "failed" ? "small settings-bad" : "small"}>{one.message}</p>}
    </li>
  );
}

function Start({ running, begun }: { running: boolean; begun: () => void }) {
  const [from, setFrom] = useState<"address" | "file">("address");
  const [url, setUrl] = useState("");
  const [key, setKey] = useState("");
  const [file, setFile] = useState<File>();
  const [server, setServer] = useState("");
  const plex = servers.value.filter((s) => s.kind === "plex");
  const under = server || undefined;
  const start = async () => {
    if (from === "address")
      await send("POST", "api/v1/imports", { url: url.trim(), api_key: key.trim(), server: under });
    else if (file) {
      const query = under ? `?server=${encodeURIComponent(under)}` : "";
      await send("POST", `api/v1/imports/file${query}`, file);
    }
    setKey("");
    begun();
  };
  const check = () => {
    if (from === "file" && !file) return "Choose the file.";
    return plex.length > 1 && !server ? "Choose the server whose plays these are." : undefined;
  };
  return (
    <details class="settings-more">
      <summary>Take over a history</summary>
      <Form
        button={from === "file" && file ? `Send ${bytes(file.size)}` : "Begin"}
        check={check}
        submit={start}
        disabled={running}
      >
        <Segments
          label="From"
          value={from}
          options={[
            ["address", "A running Tautulli"],
            ["file", "Its database"],
          ]}
          onChange={setFrom}
        />
        {from === "address" ? (
          <>
            <TextField
              label="Address"
              type="url"
              placeholder="192.168.1.10:8181"
              value={url}
              onInput={setUrl}
            />
            <SecretField
              label="API key"
              note="Tautulli: Settings, Web Interface"
              value={key}
              onInput={setKey}
              complete="off"
            />
          </>
        ) : (
          <label class="field">
            <span>
              tautulli.db <span class="soft">· or the zip of a backup</span>
            </span>
            <input
              class="input"
              type="file"
              accept=".db,.zip"
              onChange={(event) => setFile(event.currentTarget.files?.[0])}
            />
          </label>
        )}
        {plex.length > 1 && <Under all={plex} value={server} choose={setServer} />}
        {running && <p class="soft small">One import runs at a time.</p>}
      </Form>
    </details>
  );
}

function Under(props: { all: readonly Server[]; value: string; choose: (id: string) => void }) {
  const { all, value, choose } = props;
  return (
    <label class="field">
      <span>Plays of</span>
      <select class="input" value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">Choose a server</option>
        {all.map((s) => (
          <option key={s.id} value={s.id}>
            {s.name}
          </option>
        ))}
      </select>
    </label>
  );
}
