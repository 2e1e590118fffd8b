// How the watched servers are, those with trouble first; the databases that are written to; and how we are ourselves.
import { useState } from "preact/hooks";
import type { Server, Servers, Sink, Sinks } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { place } from "../../app/router";
import { known, libraries, servers } from "../../live/store";
import { bytes, count, counted, NOTHING, percent } from "../../format/numbers";
import { ago } from "../../format/times";
import { AddServer } from "../../ui/add-server";
import { Snippet } from "../../ui/copy";
import { Icon } from "../../ui/icon";
import { Numbers } from "../../ui/numbers";
import { Card, Empty, Failed, Head, Stat, Waiting } from "../../ui/parts";
import { Detail } from "./detail";
import { failing, inOrder, rank, sinkState, sum, withCounts } from "./health";
import { Process } from "./process";
import "./servers.css";

const SINKS_EVERY_MS = 10_000;

/** Between two questions for what merely grows, of which there are no events. */
const COUNTS_EVERY_MS = 5_000;

/** Up to this many servers are shown in full from the start. */
const OPEN_MAX = 3;

/** Above this many there is a field to search them by name. */
const SEARCH_ABOVE = 8;

export default function Page() {
  return (
    <>
      <Head title="Servers">
        <AddServer />
      </Head>
      {!known.value ? (
        <Waiting />
      ) : (
        <div class="stack">
          <List />
          <SinksCard />
          <Process />
        </div>
      )}
    </>
  );
}

function List() {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState("");
  const { data } = useGet<Servers>("api/v1/servers", undefined, COUNTS_EVERY_MS);
  const counts = new Map(data?.servers.map((s) => [s.id, s]));
  const all = servers.value.map((server) => withCounts(server, counts.get(server.id)));
  if (all.length === 0)
    return (
      <Empty icon="server">
        <p>No server is watched yet. Add one, and its health appears here.</p>
      </Empty>
    );
  const asked = place.value.query.getAll("server");
  const usual = (s: Server) => (asked.length > 0 ? asked.includes(s.id) : all.length <= OPEN_MAX);
  const wanted = search.toLowerCase();
  const shown = inOrder(all).filter((s) => `${s.name}\n${s.id}\n${s.kind}`.toLowerCase().includes(wanted));
  const turn = (id: string) => {
    const next = new Set(turned);
    if (!next.delete(id)) next.add(id);
    setTurned(next);
  };
  return (
    <>
      <Figures all={all} />
      {all.length > SEARCH_ABOVE && (
        <input
          class="input servers-search"
          type="search"
          aria-label="Search servers"
          placeholder="Name of a server"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <ul class="servers-list">
        {shown.map((server) => (
          <Row
            key={server.id}
            server={server}
            open={usual(server) !== turned.has(server.id)}
            turn={() => turn(server.id)}
          />
        ))}
      </ul>
      {shown.length === 0 && <p class="soft">No server is called that.</p>}
    </>
  );
}

function Figures({ all }: { all: readonly Server[] }) {
  const up = all.filter((s) => s.state === "up").length;
  const troubled = all.filter((s) => rank(s) < 3).length;
  return (
    <Card class="servers-figures">
      <Stat name={`of ${counted(all.length, "server")} up`} value={count(up)} />
      <Stat
        name="with trouble"
        value={<span class={troubled > 0 ? "servers-bad" : undefined}>{count(troubled)}</span>}
      />
      <Stat name="sessions" value={count(all.reduce((n, s) => n + s.sessions, 0))} />
      <Stat name="in all libraries" value={bytes(sum(libraries.value.map((l) => l.storage_bytes)))} />
    </Card>
  );
}

function Row({ server, open, turn }: { server: Server; open: boolean; turn: () => void }) {
  const state = STATES[server.state];
  const broken = failing(server);
  const look = server.endpoints.sessions ?? server.endpoints.stats;
  return (
    <li class={`card servers-row ${server.state}`}>
      <h2>
        <button type="button" class="servers-head" aria-expanded={open} onClick={turn}>
          <span class={`servers-light ${server.state}`} aria-hidden="true" />
          <span class="servers-name">
            <span class="clip">{server.name}</span>
            <span class="soft small clip">{about(server)}</span>
          </span>
          <span class={`tag ${server.state}`}>{state}</span>
          {broken.length > 0 && server.state === "up" && (
            <span class="tag wait">{counted(broken.length, "failure")}</span>
          )}
          {server.update?.available_version && <span class="tag info">Update</span>}
          <span class="servers-short small number soft">
            <span>{server.kind === "dispatcharr" ? onAir(server) : counted(server.sessions, "session")}</span>
            <span>
              {server.host?.host_cpu_ratio === undefined ? "" : `CPU ${percent(server.host.host_cpu_ratio)}`}
            </span>
            <span>{look && server.state === "up" ? `${count(look.last_duration_ms)} ms` : ""}</span>
          </span>
          <Icon name={open ? "up" : "down"} />
        </button>
      </h2>
      {open && <Detail server={server} />}
    </li>
  );
}

function onAir(server: Server): string {
  return server.feeds === undefined ? NOTHING : `${count(server.feeds)} on the air`;
}

const STATES: Record<Server["state"], string> = {
  up: "Up",
  starting: "Starting",
  down: "Down",
  unknown: "Not asked yet",
};

const KINDS: Record<string, string> = { plex: "Plex Media Server", dispatcharr: "Dispatcharr" };

function about(server: Server): string {
  return [KINDS[server.kind], server.version?.split("-")[0], server.platform].filter(Boolean).join(" · ");
}

const INFLUX = '[[influxdb]]\nurl = "http://influxdb:8086"\n';

function SinksCard() {
  const { data, error, reload } = useGet<Sinks>("api/v1/sinks", undefined, SINKS_EVERY_MS);
  return (
    <Card title="Databases that are written to">
      {!data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : data.sinks.length === 0 ? (
        <div class="servers-none">
          <p class="soft">None. With these lines in projectionist.toml, points go to an InfluxDB as well.</p>
          <Snippet text={INFLUX} label="the configuration" />
        </div>
      ) : (
        <Numbers
          label="Databases that are written to"
          head={SINK_HEAD}
          rows={data.sinks.map(sinkRow)}
          text={2}
        />
      )}
    </Card>
  );
}

const SINK_HEAD = [
  "Name",
  "State",
  "Written",
  "Waiting",
  "Oldest",
  "On disk",
  "Lost",
  "Retries",
  "Last success",
];

function sinkRow(sink: Sink) {
  const state = sinkState(sink);
  const lost = Object.entries(sink.points_dropped).map(
    ([why, n]) => `${count(n)} ${why.replaceAll("_", " ")}`,
  );
  return [
    sink.id,
    <span class={`tag ${state.tag}`}>{state.text}</span>,
    count(sink.points_written),
    count(sink.points_waiting),
    ago(sink.oldest_waiting_at),
    bytes(sink.spool_bytes),
    lost.join(", ") || count(0),
    count(sink.retries),
    ago(sink.last_success_at),
  ];
}
