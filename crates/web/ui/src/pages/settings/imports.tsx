// Takes over the history of a Tautulli.
import { useEffect, useState } from "preact/hooks";
import { send, upload } from "../../api/client";
import type { Imports as ImportList, Server } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { bytes } from "../../format/numbers";
import { servers } from "../../live/store";
import { Card, Failed, Meter, Segments, Waiting } from "../../ui/parts";
import { ImportRow } from "../../ui/import-row";
import { Form, SecretField, TextField } from "./form";

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
                <ImportRow one={one} key={one.id} />
              ))}
            </ul>
          )}
          <Start running={running} begun={reload} />
        </>
      )}
    </Card>
  );
}

function Start({ running, begun }: { running: boolean; begun: () => void }) {
  const [from, setFrom] = useState<"address" | "file">("address");
  const [url, setUrl] = useState("");
  const [key, setKey] = useState("");
  const [file, setFile] = useState<File>();
  const [server, setServer] = useState("");
  const [sent, setSent] = useState<number>();
  const plex = servers.value.filter((s) => s.kind === "plex");
  const under = server || undefined;
  const start = async () => {
    if (from === "address")
      await send("POST", "api/v1/imports", { url: url.trim(), api_key: key.trim(), server: under });
    else if (file) {
      const query = under ? `?server=${encodeURIComponent(under)}` : "";
      setSent(0);
      await upload(`api/v1/imports/file${query}`, file, setSent).finally(() => setSent(undefined));
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
        {sent !== undefined && <Meter ratio={sent} label="Sent of the file" />}
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
