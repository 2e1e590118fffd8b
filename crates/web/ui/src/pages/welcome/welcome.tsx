import { useState } from "preact/hooks";
import { ApiError, send } from "../../api/client";
import type { Overview, Saved } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { isAdmin } from "../../app/access";
import { href } from "../../app/router";
import { Icon, Mark } from "../../ui/icon";
import { Card, Failed, Waiting } from "../../ui/parts";
import { ByAddress } from "./by-address";
import { type Added, type Kind, toSave, withAdded } from "./draft";
import { PlexAccount } from "./plex-account";
import { TakingUp } from "./taking-up";
import "./welcome.css";

const NAMES: Record<Kind, string> = {
  plex: "Plex",
  dispatcharr: "Dispatcharr",
  tautulli: "Tautulli",
  influxdb: "InfluxDB",
};

/** The first run: what is to be watched, gathered and written into the configuration. Also for adding more later. */
export default function Welcome() {
  const { data, error, reload } = useGet<Overview>("api/v1/setup");
  if (!isAdmin()) return <Failed error={new Error("Only an administrator may change what is watched.")} />;
  if (error && !data) return <Failed error={error} retry={reload} />;
  return data ? <Wizard overview={data} /> : <Waiting />;
}

function Wizard({ overview }: { overview: Overview }) {
  const [added, setAdded] = useState<Added[]>([]);
  const [error, setError] = useState<string | undefined>(overview.last_error);
  const [phase, setPhase] = useState<"gather" | "saving" | "saved">("gather");
  const add = (one: Added) => setAdded((list) => withAdded(list, one));
  const save = async () => {
    setPhase("saving");
    setError(undefined);
    try {
      await send<Saved>("POST", "api/v1/setup/save", toSave(added));
      setPhase("saved");
    } catch (e) {
      setError(e instanceof ApiError ? e.message : String(e));
      setPhase("gather");
    }
  };
  const failed = (why: string) => {
    setError(`It could not be taken up: ${why}`);
    setPhase("gather");
  };
  return (
    <main class="welcome" id="main">
      <div class="intro">
        <div class="brand">
          <Mark />
          <span>Projectionist</span>
        </div>
        <h1>{overview.configured ? "Watch more" : "What shall be watched?"}</h1>
        <p class="soft">
          {overview.writable
            ? `A minute, and this page shows what plays. Everything ends up in ${overview.file ?? "the configuration"}, where it can be changed by hand.`
            : `It cannot be set up here, since ${overview.why_not ?? "the configuration cannot be written"}.`}
        </p>
      </div>
      {error && (
        <p class="notice bad" role="alert">
          {error}
        </p>
      )}
      {phase === "saved" ? (
        <TakingUp imports={added.filter((a) => a.kind === "tautulli").length} onFailed={failed} />
      ) : (
        <>
          {overview.writable && <Steps onAdd={add} />}
          {overview.writable && <Chosen added={added} onChange={setAdded} />}
          <div class="end">
            {overview.writable && <Save n={added.length} busy={phase === "saving"} save={() => void save()} />}
            <a class="button bare" href={href(overview.configured ? "/" : "/history")}>
              {overview.configured || !overview.writable ? "Back" : "Not now"}
            </a>
          </div>
        </>
      )}
    </main>
  );
}

function Steps({ onAdd }: { onAdd: (added: Added) => void }) {
  return (
    <>
      <Card title="Plex">
        <div class="stack">
          <PlexAccount onAdd={onAdd} />
          <details>
            <summary>By address and token</summary>
            <ByAddress kind="plex" onAdd={onAdd} />
          </details>
        </div>
      </Card>
      <Card title="Bring the history of Tautulli">
        <p class="soft small">All plays it recorded, with users and streams. Tautulli can stay or go.</p>
        <details>
          <summary>Take it over</summary>
          <ByAddress kind="tautulli" onAdd={onAdd} />
        </details>
      </Card>
      <Card title="Dispatcharr">
        <p class="soft small">Channels on the air, viewers, and the connections of your providers.</p>
        <details>
          <summary>Watch it as well</summary>
          <ByAddress kind="dispatcharr" onAdd={onAdd} />
        </details>
      </Card>
      <Card title="InfluxDB">
        <p class="soft small">Every session as points, for boards that read InfluxDB.</p>
        <details>
          <summary>Write to it</summary>
          <ByAddress kind="influxdb" onAdd={onAdd} />
        </details>
      </Card>
    </>
  );
}

function Chosen({ added, onChange }: { added: readonly Added[]; onChange: (added: Added[]) => void }) {
  if (added.length === 0) return null;
  return (
    <Card title="Chosen">
      <ul class="added">
        {added.map((one) => (
          <li key={`${one.kind} ${one.label}`}>
            <Icon name="check" />
            <span class="grow clip">
              {NAMES[one.kind]}: {one.label}
            </span>
            <button
              type="button"
              class="button bare icon"
              aria-label={`Without ${one.label}`}
              onClick={() => onChange(added.filter((other) => other !== one))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Save({ n, busy, save }: { n: number; busy: boolean; save: () => void }) {
  return (
    <button type="button" class="button main" disabled={n === 0 || busy} onClick={save}>
      {busy && <span class="busy" />} {n === 0 ? "Choose something to watch" : "Save and start watching"}
    </button>
  );
}
