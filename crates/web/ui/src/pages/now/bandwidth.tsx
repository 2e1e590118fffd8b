// What each user is sent, over the last hour and on. Loaded after the cards, since graphs are the larger part of it.
import type { Load } from "../../api/schema";
import { useEffect, useMemo, useState } from "preact/hooks";
import { href } from "../../app/router";
import type { Got } from "../../api/useGet";
import { Chart, type ChartSeries } from "../../charts/chart";
import { bitrate, NOTHING } from "../../format/numbers";
import { timeOfDay } from "../../format/times";
import { sessions } from "../../live/store";
import { Card } from "../../ui/parts";
import { continued, drawn, fromLoad, NAMED_MAX, NOTHING_YET, OTHERS } from "./recent";

/** As often as the server samples. */
const STEP_MS = 5_000;
/** A gap of this many seconds is asked for at once. */
const GAP_S = 30;

const COLORS = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7"] as const;
const REST_COLOR = "--c8";

export default function Bandwidth({ load: { data, reload } }: { load: Got<Load> }) {
  const [recent, setRecent] = useState(NOTHING_YET);
  useEffect(() => {
    if (data?.times) setRecent(fromLoad(data));
  }, [data]);
  useEffect(() => {
    const step = () => {
      if (document.visibilityState !== "visible") return;
      const atS = Math.floor(Date.now() / 1000);
      setRecent((old) => {
        if (atS - (old.times.at(-1) ?? atS) > GAP_S) reload();
        return continued(old, atS, sessions.peek().map((s) => s.peek()));
      });
    };
    step();
    const timer = setInterval(step, STEP_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const columns = useMemo(() => drawn(recent), [recent]);
  const series = useMemo<ChartSeries[]>(
    () => columns.map(({ name, values }, n) => ({ name, values, color: colorAt(name, n) })),
    [columns],
  );
  if (recent.times.length < 2 || series.length === 0) {
    return (
      <Card title="Bandwidth by user" class="now-lines">
        <p class="soft small now-hush">
          {recent.times.length < 2 ? "The graph begins in a moment." : "Nothing was sent in the last hour."}
        </p>
      </Card>
    );
  }
  return (
    <Chart
      title="Bandwidth by user"
      class="now-lines"
      categories={recent.times}
      series={series}
      kind="area"
      stacked
      unit="bps"
      time
      heightPx={200}
      label={(at) => timeOfDay(Number(at) * 1000)}
      legend={false}
    >
      <ul class="now-legend">
        {series.map(({ name, values, color }) => (
          <li key={name}>
            <i class="now-dot" style={{ background: `var(${color})` }} aria-hidden="true" />
            {name === OTHERS ? name : <a href={href(`/?user=${encodeURIComponent(name)}`)}>{name}</a>}
            <span class="soft number">{values.at(-1) ? bitrate(values.at(-1)) : NOTHING}</span>
          </li>
        ))}
      </ul>
    </Chart>
  );
}

function colorAt(name: string, place: number): string {
  return name === OTHERS ? REST_COLOR : (COLORS[place % NAMED_MAX] ?? REST_COLOR);
}
