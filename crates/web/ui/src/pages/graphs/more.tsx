// The graphs that are no table by media or decision: streams at once, hours of the week, reasons, hardware.
import type { ComponentChildren } from "preact";
import type { ConcurrencyAnswer, PeakSeries, TableAnswer, TranscodesAnswer } from "../../api/schema";
import { href } from "../../app/router";
import { Chart } from "../../charts/chart";
import { HeatMap } from "../../charts/heat-map";
import { REASONS } from "../../format/media";
import { count, percent } from "../../format/numbers";
import { dateTime, day, longDay } from "../../format/times";
import { DECISIONS, HARDWARE, NETWORKS, WEEKDAYS, word } from "../../format/words";
import { Card, Empty } from "../../ui/parts";
import { HeatTools } from "./heat-files";
import { filterParams } from "../../ui/filter/filter-bar";
import { playsHere, Room, showPlays, useQuestion } from "./graph";
import { titled, within } from "./rules";

const CONCURRENCY = "api/v1/analytics/concurrency";
const COLORS: Record<string, string> = { all: "--ink" };

/** Streams at once are neither plays nor time, so this is asked without a measure. */
export function ConcurrentGraph() {
  const params = filterParams();
  const title = "Daily Concurrent Stream Count by Stream Type";
  const draw = ({ dates, series, meta }: ConcurrencyAnswer) => {
    const shown = series.filter((s) => s.by === "decision" && (s.name !== "unknown" || s.peak > 0));
    const most = series.filter((s) => s.by === "all");
    return (
      <Chart
        title={title}
        categories={dates}
        series={[...shown, ...most].map((s) => ({
          name: s.by === "all" ? "Max. concurrent streams" : word(DECISIONS, s.name),
          key: s.name,
          values: s.values,
          color: COLORS[s.name],
        }))}
        kind="lines"
        unit="count"
        label={(c) => day(String(c))}
        longLabel={(c) => longDay(String(c))}
        leadsTo="the plays of this day"
        onSelect={(index) => dates[index] && showPlays(within(dates[index], dates[index], meta))}
      />
    );
  };
  return <Room<ConcurrencyAnswer> title={title} path={CONCURRENCY} params={params} wide draw={draw} />;
}

/** The most streams there ever were at once, and when. */
export function Peaks() {
  const params = filterParams();
  const title = "Most Streams at Once";
  const draw = ({ series }: ConcurrencyAnswer) => {
    const all = series.find((s) => s.by === "all");
    return (
      <Card title={title} class="chart">
        {all?.peak_at === undefined ? (
          <Empty icon="chart">
            <p>No plays in this time</p>
          </Empty>
        ) : (
          <>
            <p class="graphs-peak">
              <strong>{count(all.peak)}</strong>
              <span>
                {all.peak === 1 ? "stream" : "streams"} on{" "}
                <time dateTime={all.peak_at}>{dateTime(all.peak_at)}</time>
              </span>
            </p>
            <PeakTable series={series} />
          </>
        )}
      </Card>
    );
  };
  return <Room<ConcurrencyAnswer> title={title} path={CONCURRENCY} params={params} draw={draw} />;
}

function PeakTable({ series }: { series: readonly PeakSeries[] }) {
  const rows = series.filter((s) => s.by !== "all" && s.peak > 0);
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label="Most streams at once by stream type and network">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Of these</th>
            <th scope="col" class="n">
              Most
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((s) => (
            <tr key={`${s.by} ${s.name}`}>
              <th scope="row">{word(s.by === "decision" ? DECISIONS : NETWORKS, s.name)}</th>
              <td class="n">{count(s.peak)}</td>
              <td>
                <time dateTime={s.peak_at}>{dateTime(s.peak_at)}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function WeekGraph() {
  const { params, measure } = useQuestion();
  const title = titled("Play Count by Hour and Weekday", measure);
  const draw = ({ table, meta }: TableAnswer) => {
    const unit = meta.measure === "seconds" ? "seconds" : "plays";
    return (
      <Card title={title} tools={<HeatTools title={title} table={table} />} class="chart">
        <HeatMap
          title={title}
          values={table.total}
          unit={unit}
          onSelect={(weekday, hour) =>
            showPlays({ weekday: Object.keys(WEEKDAYS)[(weekday + 6) % 7] ?? "", hour: String(hour) })
          }
        />
      </Card>
    );
  };
  return (
    <Room<TableAnswer>
      title={title}
      path="api/v1/analytics/plays"
      params={{ ...params, by: "hour_weekday" }}
      wide
      draw={draw}
    />
  );
}

function Transcodes(props: { title: string; draw: (data: TranscodesAnswer) => ComponentChildren }) {
  const { params } = useQuestion();
  return <Room<TranscodesAnswer> {...props} path="api/v1/analytics/transcodes" params={params} />;
}

export function ReasonsGraph() {
  const title = "Transcode Reasons";
  const draw = ({ reasons, decisions, total, meta }: TranscodesAnswer) => {
    const ranked = reasons.filter((r) => r.value > 0).sort((a, b) => b.value - a.value);
    const unit = meta.measure === "seconds" ? "seconds" : "plays";
    const share = total > 0 ? percent((decisions.transcode ?? 0) / total) : undefined;
    return (
      <Chart
        title={title}
        categories={ranked.map((r) => word(REASONS, r.reason))}
        series={[{ name: "Plays", values: ranked.map((r) => r.value), color: "--transcode" }]}
        kind="bars"
        unit={unit}
        names
        onSelect={(index) => ranked[index] && showPlays({ reason: ranked[index].reason })}
        empty="No transcodes in this time"
        note={
          share && (
            <>
              <a class="text" href={href(`/history?${playsHere({ decision: "transcode" })}`)}>
                {share} was transcoded
              </a>
              ; a play may have several reasons
            </>
          )
        }
      />
    );
  };
  return <Transcodes title={title} draw={draw} />;
}

export function HardwareGraph() {
  const title = "Hardware Share of Video Transcodes";
  const draw = ({ hardware, meta }: TranscodesAnswer) => {
    const parts = [
      ["full", hardware.full],
      ["part", hardware.part],
      ["software", hardware.software],
    ] as const;
    return (
      <Chart
        title={title}
        categories={parts.map(([name]) => word(HARDWARE, name))}
        series={[{ name: "Plays", values: parts.map(([, value]) => value), color: "--c3" }]}
        kind="bars"
        unit={meta.measure === "seconds" ? "seconds" : "plays"}
        names
        onSelect={(index) => parts[index] && showPlays({ hardware: parts[index][0] })}
        empty="No video was transcoded in this time"
        note={
          hardware.hardware_ratio !== undefined &&
          `${percent(hardware.hardware_ratio)} used the hardware, wholly or partly`
        }
      />
    );
  };
  return <Transcodes title={title} draw={draw} />;
}
