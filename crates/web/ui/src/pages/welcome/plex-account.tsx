import { useEffect, useState } from "preact/hooks";
import { ApiError, get, send } from "../../api/client";
import type { AccountServer, Pin, PlexSignIn } from "../../api/schema";
import { Icon } from "../../ui/icon";
import type { Added } from "./draft";

/** How often plex.tv's answer is asked for. */
const EVERY_MS = 1500;

/** Signing in at plex.tv in another tab, and choosing servers of the account. The token stays on the server. */
export function PlexAccount({ onAdd }: { onAdd: (added: Added) => void }) {
  const [pin, setPin] = useState<Pin>();
  const [state, setState] = useState<PlexSignIn>();
  const [error, setError] = useState<string>();
  const waiting = pin !== undefined && state?.state !== "signed_in" && state?.state !== "expired";
  useEffect(() => {
    if (!pin || !waiting) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        setState(await get<PlexSignIn>(`api/v1/setup/plex/pin/${encodeURIComponent(pin.id)}`, {}, stop.signal));
        setError(undefined);
      } catch (e) {
        if (stop.signal.aborted) return;
        // Forgotten there, as after a restart: nobody can confirm it any more.
        if (e instanceof ApiError && e.status === 404) setState({ state: "expired" });
        else setError(said(e));
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void look(), EVERY_MS);
    };
    timer = setTimeout(() => void look(), EVERY_MS);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [pin, waiting]);
  const start = async () => {
    setError(undefined);
    setState(undefined);
    try {
      setPin(await send<Pin>("POST", "api/v1/setup/plex/pin"));
    } catch (e) {
      setError(said(e));
    }
  };
  return (
    <div class="stack">
      {!waiting && state?.state !== "signed_in" && (
        <div class="row wrap">
          <button type="button" class="button main" onClick={() => void start()}>
            <Icon name="user" /> Sign in with Plex
          </button>
          <span class="soft small">Finds your servers by itself. Your password stays with plex.tv.</span>
        </div>
      )}
      {state?.state === "expired" && <p class="notice wait">Nobody confirmed it in time. Try again.</p>}
      {pin && waiting && (
        <div class="pin" role="status">
          <span>Confirm this code at plex.tv:</span>
          <span class="code">{pin.code}</span>
          <a class="button main" href={pin.auth_url} target="_blank" rel="noopener noreferrer">
            <Icon name="outside" /> Open plex.tv
          </a>
          <span class="row soft small">
            <span class="busy" /> {state?.message ?? "Waiting for you to confirm it …"}
          </span>
        </div>
      )}
      {state?.state === "signed_in" && pin && <Found state={state} pin={pin.id} onAdd={onAdd} />}
      {error && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function Found({ state, pin, onAdd }: { state: PlexSignIn; pin: string; onAdd: (added: Added) => void }) {
  const servers = state.servers ?? [];
  const owned = servers.filter((s) => s.owned);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(owned.map((s) => s.machine_id)));
  const toggle = (server: AccountServer) => {
    const next = new Set(chosen);
    if (!next.delete(server.machine_id)) next.add(server.machine_id);
    setChosen(next);
  };
  const add = () => {
    for (const { name, machine_id } of servers.filter((s) => chosen.has(s.machine_id)))
      onAdd({ kind: "plex", label: name, entry: { pin, machine_id, name } });
  };
  return (
    <div class="stack">
      <p>
        Signed in as <b>{state.account ?? "somebody"}</b>.{" "}
        {owned.length === 0 && "The account owns no server; of others only their owners see all sessions."}
      </p>
      <div class="found">
        {servers.map((server) => (
          <label key={server.machine_id}>
            <input type="checkbox" checked={chosen.has(server.machine_id)} onChange={() => toggle(server)} />
            <span class="grow clip">{server.name}</span>
            {!server.owned && <span class="tag">shared</span>}
            {server.version && <span class="soft tiny">{server.version.split("-")[0]}</span>}
          </label>
        ))}
      </div>
      <div>
        <button type="button" class="button main" disabled={chosen.size === 0} onClick={add}>
          Watch {chosen.size === 1 ? "this server" : `these ${chosen.size} servers`}
        </button>
      </div>
    </div>
  );
}

function said(error: unknown): string {
  return error instanceof ApiError ? error.message : String(error);
}
