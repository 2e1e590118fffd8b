// All that is known of one server.
import type { Endpoint, Inventory, Server } from "../../api/schema";
import { href } from "../../app/router";
import { libraries } from "../../live/store";
import { bytes, count, counted, NOTHING } from "../../format/numbers";
import { ago, dateTime } from "../../format/times";
import { Icon } from "../../ui/icon";
import { Numbers } from "../../ui/numbers";
import { Fact, Meter, useSeconds } from "../../ui/parts";
import { failing, hintOf, sum } from "./health";
import { LoadCharts } from "./load";
import { TestButton } from "./test";

export function Detail({ server }: { server: Server }) {
  return (
    <div class="servers-detail">
      <Health server={server} />
      <div class="servers-columns">
        <Facts server={server} />
        <LoadCharts server={server.id} kind={server.kind} />
      </div>
      <Activities server={server} />
      <Endpoints server={server} />
      <TestButton server={server.id} />
    </div>
  );
}

function Health({ server }: { server: Server }) {
  useSeconds();
  const broken = failing(server);
  const hint = hintOf(server);
  if (server.error)
    return (
      <div class="notice bad" role="status">
        <p>
          <b>Since {dateTime(server.error.since)}</b> ({ago(server.error.since)}): {server.error.message}
        </p>
        {hint && <p class="small">{hint}</p>}
        {server.last_success_at && (
          <p class="small">The last complete look was {ago(server.last_success_at)}.</p>
        )}
      </div>
    );
  return (
    <div class={broken.length > 0 ? "notice wait" : "servers-well"}>
      <p>
        {server.last_success_at
          ? `Answers. The last complete look at what plays was ${seconds(server.last_success_at)} ago.`
          : "Not looked at yet."}
      </p>
      {broken.length > 0 && (
        <p class="small">The last request failed for: {broken.join(", ")}. The table below says how often.</p>
      )}
    </div>
  );
}

function seconds(at: string): string {
  const s = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1000));
  return s < 90 ? `${s} s` : `${Math.round(s / 60)} min`;
}

const LINKS: Record<string, string> = {
  websocket: "WebSocket, and by polling",
  eventsource: "event stream, and by polling",
  none: "by polling alone",
};

function Facts({ server }: { server: Server }) {
  const own = libraries.value.filter((l) => l.server_id === server.id);
  const { inventory, transcodes, update } = server;
  return (
    <dl class="servers-facts">
      <Fact name="Version">
        {server.version ?? NOTHING}
        {update?.available_version && (
          <span class="tag info">
            {update.available_version} is available{update.can_install ? ", it can install it itself" : ""}
          </span>
        )}
        {update && !update.available_version && <span class="soft small"> newest</span>}
      </Fact>
      <Fact name="Runs on">
        {[server.platform, server.platform_version].filter(Boolean).join(" ") || NOTHING}
      </Fact>
      {server.kind === "plex" && (
        <Fact name="Plex Pass">
          {server.plex_pass === undefined ? NOTHING : server.plex_pass ? "Yes" : "No"}
        </Fact>
      )}
      <Fact name="Watched by">
        {LINKS[server.link] ?? server.link}
        {server.notifications > 0 && (
          <span class="soft small"> {counted(server.notifications, "notification")}</span>
        )}
      </Fact>
      {server.kind === "plex" && (
        <Fact name="Libraries">
          <a class="servers-link" href={href(`/libraries?server=${encodeURIComponent(server.id)}`)}>
            {count(server.libraries)}
          </a>
          , {bytes(sum(own.map((l) => l.storage_bytes)))}
        </Fact>
      )}
      {inventory && <Has inventory={inventory} />}
      <Fact name={server.kind === "dispatcharr" ? "On the air" : "Sessions"}>
        <a class="servers-link" href={href(server.kind === "dispatcharr" ? "/iptv" : "/")}>
          {count(server.kind === "dispatcharr" ? server.feeds : server.sessions)}
        </a>
      </Fact>
      {transcodes && (
        <Fact name="Transcodes">
          {count(transcodes.streaming)} for players, {count(transcodes.offline)} for downloads
        </Fact>
      )}
      {server.transmitted_bytes && (
        <Fact name="Sent">
          {Object.entries(server.transmitted_bytes)
            .map(([network, n]) => `${bytes(n)} ${network.toUpperCase()}`)
            .join(", ")}
        </Fact>
      )}
      <Fact name="Identity">
        <span class="mono clip" title={server.machine_id}>
          {server.id}
          {server.machine_id && <span class="soft"> {server.machine_id}</span>}
        </span>
      </Fact>
      <Features server={server} />
    </dl>
  );
}

function Has({ inventory }: { inventory: Inventory }) {
  return (
    <Fact name="Has">
      {[
        inventory.channels !== undefined && counted(inventory.channels, "channel"),
        inventory.groups !== undefined && counted(inventory.groups, "group"),
        inventory.accounts !== undefined && counted(inventory.accounts, "provider"),
        inventory.guides !== undefined && counted(inventory.guides, "guide"),
        inventory.users !== undefined && counted(inventory.users, "user"),
      ]
        .filter(Boolean)
        .join(", ")}
    </Fact>
  );
}

function Features({ server }: { server: Server }) {
  const all = Object.entries(server.features);
  if (all.length === 0) return null;
  return (
    <Fact name="Lets us see">
      <span class="servers-tags">
        {all.map(([name, is]) => (
          <span class={is === "available" ? "tag good" : "tag"} key={name}>
            <Icon name={is === "available" ? "check" : "close"} />
            {name.replaceAll("_", " ")}
            {is !== "available" && <span class="unseen"> (not)</span>}
          </span>
        ))}
      </span>
    </Fact>
  );
}

function Activities({ server }: { server: Server }) {
  const all = server.activities ?? [];
  if (all.length === 0) return null;
  return (
    <section class="servers-activities">
      <h3>In the background</h3>
      <ul>
        {all.map((a) => (
          <li key={a.uuid}>
            <span class="clip small">
              {a.title ?? a.kind}
              {a.subtitle && a.subtitle !== a.title && <span class="soft"> · {a.subtitle}</span>}
            </span>
            {a.progress_percent === undefined ? (
              <span />
            ) : (
              <Meter ratio={a.progress_percent / 100} label={`${a.title ?? a.kind} ${a.subtitle ?? ""}`} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Endpoints({ server }: { server: Server }) {
  const all = Object.entries(server.endpoints);
  if (all.length === 0) return null;
  const broken = failing(server).length;
  return (
    <details class="servers-asked" open={broken > 0}>
      <summary>
        <h3>What we ask it</h3>
        <span class="soft small">
          {counted(all.length, "kind")} of requests, {broken > 0 ? `${count(broken)} fail` : "none fails"}
        </span>
        <Icon name="down" />
      </summary>
      <Numbers
        label={`Requests to ${server.name}`}
        class="servers-endpoints"
        head={["For", "Errors", "Requests", "Again", "Last took", "Last success"]}
        rows={all.map(([name, e]) => endpointRow(name, e, server.features[name] === "unavailable"))}
        text={2}
      />
    </details>
  );
}

function endpointRow(name: string, e: Endpoint, lacking: boolean) {
  const errors = Object.entries(e.errors).map(([kind, n]) => `${count(n)} ${kind.replaceAll("_", " ")}`);
  return [
    <>
      <span class={`servers-light ${e.last_ok ? "up" : lacking ? "unknown" : "down"}`} aria-hidden="true" />
      {name.replaceAll("_", " ")}
      <span class="unseen">{e.last_ok ? " works" : lacking ? " is not allowed" : " fails"}</span>
    </>,
    <span class={errors.length > 0 && !lacking ? "servers-bad" : "soft"}>
      {lacking ? "needs a licence or a right" : errors.join(", ") || "none"}
    </span>,
    count(e.requests),
    count(e.retries),
    `${count(e.last_duration_ms)} ms`,
    ago(e.last_success_at),
  ];
}
