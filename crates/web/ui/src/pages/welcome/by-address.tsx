import { useState } from "preact/hooks";
import { ApiError, send } from "../../api/client";
import type { Entry, Tested } from "../../api/schema";
import { Icon } from "../../ui/icon";
import { TestedNotice } from "../../ui/tested";
import type { Added, Kind } from "./draft";

interface Field {
  key: "url" | "token" | "api_key" | "user" | "password" | "database" | "bucket" | "org";
  label: string;
  placeholder?: string;
  secret?: boolean;
  optional?: boolean;
}

const FIELDS: Record<Kind, readonly Field[]> = {
  plex: [
    { key: "url", label: "Address", placeholder: "192.168.1.10:32400" },
    { key: "token", label: "Token (X-Plex-Token)", secret: true },
  ],
  tautulli: [
    { key: "url", label: "Address", placeholder: "192.168.1.10:8181" },
    { key: "api_key", label: "API key", secret: true },
  ],
  dispatcharr: [
    { key: "url", label: "Address", placeholder: "192.168.1.10:9191" },
    { key: "api_key", label: "API key of an administrator", secret: true },
  ],
  influxdb: [
    { key: "url", label: "Address", placeholder: "192.168.1.10:8086" },
    { key: "database", label: "Database, or bucket below", optional: true },
    { key: "bucket", label: "Bucket", optional: true },
    { key: "org", label: "Organisation", optional: true },
    { key: "token", label: "Token", secret: true, optional: true },
  ],
};

/** Something at an address: typed, tested, added. */
export function ByAddress({ kind, onAdd }: { kind: Kind; onAdd: (added: Added) => void }) {
  const [entry, setEntry] = useState<Entry>({});
  const [tested, setTested] = useState<Tested>();
  const [once, setOnce] = useState(true);
  const [busy, setBusy] = useState(false);
  const complete = FIELDS[kind].every((f) => f.optional || entry[f.key]);
  const test = async () => {
    setBusy(true);
    setTested(undefined);
    try {
      setTested(await send<Tested>("POST", "api/v1/setup/test", { kind, ...entry }));
    } catch (e) {
      setTested({ ok: false, message: e instanceof ApiError ? e.message : String(e) });
    } finally {
      setBusy(false);
    }
  };
  const add = () => {
    onAdd({ kind, label: entry.url ?? kind, entry, ...(kind === "tautulli" ? { once } : {}) });
    setEntry({});
    setTested(undefined);
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (tested?.ok) add();
        else void test();
      }}
    >
      <div class="fields">
        {FIELDS[kind].map((field) => (
          <label class="field" key={field.key}>
            <span>{field.label}</span>
            <input
              class="input"
              {...(field.secret ? ({ type: "password" } as const) : ({ type: "text" } as const))}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              placeholder={field.placeholder}
              value={entry[field.key] ?? ""}
              onInput={(event) => {
                setEntry({ ...entry, [field.key]: event.currentTarget.value.trim() || undefined });
                setTested(undefined);
              }}
            />
          </label>
        ))}
      </div>
      {kind === "tautulli" && (
        <label class="row">
          <input type="checkbox" checked={!once} onChange={() => setOnce(!once)} />
          <span>Keep taking over what it records, every few minutes</span>
        </label>
      )}
      <div role="status">{tested && <TestedNotice tested={tested} />}</div>
      <div class="row wrap">
        <button type="button" class="button" disabled={!complete || busy} onClick={() => void test()}>
          {busy ? <span class="busy" /> : <Icon name="refresh" />} Test
        </button>
        <button type="button" class={tested?.ok ? "button main" : "button"} disabled={!complete || busy} onClick={add}>
          <Icon name="plus" /> Add
        </button>
      </div>
    </form>
  );
}
