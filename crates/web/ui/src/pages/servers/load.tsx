// The last hour of one server: its machine's load, and how long looks at it took.
import { useMemo } from "preact/hooks";
import type { Load } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { Chart, type ChartSeries } from "../../charts/chart";

const EVERY_MS = 15_000;
const MINUTES = 60;
const HIGH_PX = 150;

type Values = ReadonlyArray<number | null>;

/** Whether anything was told in the last hour. */
export function told(values: Values | undefined): values is Values {
  return values?.some((v) => v !== null) ?? false;
}

export function LoadCharts({ server, kind }: { server: string; kind: string }) {
  const { data } = useGet<Load>("api/v1/load", { minutes: MINUTES, server }, EVERY_MS);
  // Events redraw the page each second; a graph is only drawn anew when there are new numbers.
  const drawn = useMemo(() => pictures(data, server, kind), [data, server, kind]);
  if (!data) return <div class="servers-charts waiting" />;
  if (!drawn)
    return <p class="soft small">Its load is measured from now on; the first points come within a minute.</p>;
  const { times, load, look } = drawn;
  return (
    <div class="servers-charts">
      {load.length > 0 ? (
        <Chart title={LOAD} kind="lines" time unit="ratio" categories={times} series={load} heightPx={HIGH_PX} figure />
      ) : (
        <Untold title={LOAD} why={kind === "plex" ? "Plex tells it with a Plex Pass only." : "It does not tell."} />
      )}
      {look ? (
        <Chart title={LOOK} kind="area" time unit="ms" categories={times} series={look} heightPx={HIGH_PX} figure />
      ) : (
        <Untold title={LOOK} why="Not measured yet." />
      )}
    </div>
  );
}

const LOAD = "CPU and memory, the last hour";
const LOOK = "How long a look at what plays takes";

function Untold({ title, why }: { title: string; why: string }) {
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <p class="soft small servers-untold">{why}</p>
    </figure>
  );
}

function pictures(data: Load | undefined, id: string, kind: string) {
  const program = kind === "plex" ? "Plex" : "the server";
  const own = data?.servers.find((s) => s.server_id === id);
  if (!data || !own || data.times.length < 2) return undefined;
  const load: ChartSeries[] = [
    { name: "CPU", color: "--c1", values: own.host_cpu_ratio },
    { name: `CPU of ${program}`, color: "--c6", values: own.process_cpu_ratio },
    { name: "Memory", color: "--c2", values: own.host_memory_ratio },
    { name: `Memory of ${program}`, color: "--c7", values: own.process_memory_ratio },
  ].filter((s) => told(s.values));
  return {
    times: data.times.map((t) => Date.parse(t) / 1000),
    load,
    look: told(own.look_ms) ? [{ name: "Look", color: "--c3", values: own.look_ms }] : undefined,
  };
}
