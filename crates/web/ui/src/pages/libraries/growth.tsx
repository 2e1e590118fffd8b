import { useMemo, useState } from "preact/hooks";
import type { Growth as Answer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { Chart } from "../../charts/chart";
import { bytes, count } from "../../format/numbers";
import { day, longDay } from "../../format/times";
import { Segments } from "../../ui/parts";
import { daily, grown, kindsOf } from "./rules";

/** Items and storage of a library, day by day, for as long as it was watched. */
export function Growth({ path }: { path: string }) {
  const got = useGet<Answer>(path, {});
  const points = got.data?.points ?? [];
  const [chosen, choose] = useState<string>();
  const kinds = kindsOf(Object.assign({}, ...points.map((p) => p.counts)) as Record<string, number>);
  // What there is most of moves most.
  const usual = kinds[kinds.length - 1];
  const kind = chosen !== undefined && kinds.includes(chosen) ? chosen : usual;
  const items = useMemo(() => daily(points, (p) => (kind === undefined ? undefined : p.counts[kind])), [got.data, kind]);
  const storage = useMemo(() => daily(points, (p) => p.storage_bytes), [got.data]);
  const first = items.dates[0];
  if (first === undefined) {
    return got.loading ? null : (
      <p class="notice">How this library grows is recorded from today on; there is no day to show yet.</p>
    );
  }
  return (
    <section class="stack" aria-label="Growth">
      {kinds.length > 1 && kind !== undefined && (
        <div class="row">
          <Segments
            label="What is counted over time"
            value={kind}
            options={kinds.map((k) => [k, k.replaceAll("_", " ")] as const)}
            onChange={choose}
          />
        </div>
      )}
      <div class="libraries-growth">
        {kind !== undefined && (
          <Line title={`Number of ${kind.replaceAll("_", " ")}`} {...items} name={kind} unit="count" color="--c1" />
        )}
        {storage.values.some((v) => v !== null) && (
          <Line title="Storage" {...storage} name="storage" unit="bytes" color="--c3" />
        )}
      </div>
      <p class="soft small">
        Recorded since {longDay(first)}
        {more(grown(items.values), count, kind?.replaceAll("_", " "))}
        {more(grown(storage.values), bytes)}.
      </p>
    </section>
  );
}

function more(by: number | undefined, text: (n: number) => string, what = ""): string {
  if (by === undefined || by === 0) return "";
  return `, ${text(Math.abs(by))} ${by > 0 ? "more" : "less"} ${what}`.trimEnd();
}

interface LineProps {
  title: string;
  name: string;
  dates: string[];
  values: Array<number | null>;
  unit: "count" | "bytes";
  color: string;
}

function Line({ title, name, dates, values, unit, color }: LineProps) {
  const series = useMemo(() => [{ name: name.replaceAll("_", " "), values, color }], [values, name]);
  return (
    <Chart
      title={title}
      categories={dates}
      series={series}
      kind="area"
      unit={unit}
      label={(date) => day(String(date))}
      heightPx={200}
    />
  );
}
