// What uPlot is told to draw.
import uPlot from "uplot";
import { lettersOf, xAxis } from "./axes";
import type { ChartProps } from "./chart";
import { segmentAt, stack, ticks, type Values } from "./layout";
import { colorOf, cssColor } from "./palette";
import { shownValue } from "./units";

/** A graph with the series of it that are switched on. */
export interface Shown extends ChartProps {
  shown: readonly boolean[];
}

/** Share of its column that a bar takes, and how wide it becomes at most. */
const BAR = { share: 0.74, maxPx: 44, radius: 0.14 } as const;
/** Height between two values at the axis, at least. */
const TICK_PX = 46;
/** How near a line the pointer counts as on it. */
const NEAR_PX = 28;

/** The upper edges in the order of `series`, or its values where they are not stacked. */
function edges({ series, shown, stacked, kind }: Shown): Array<Array<number | null>> {
  const values: readonly Values[] = series.map((s) => s.values);
  if (stacked) return stack(values, shown, kind === "bars");
  return values.map((own, n) => (shown[n] === false ? own.map(() => null) : own.slice()));
}

/** The highest is drawn first, so that those below cover it. */
export function plotData(props: Shown): uPlot.AlignedData {
  const { categories, stacked, time } = props;
  const x = time ? (categories as readonly number[]).slice() : categories.map((_, n) => n);
  const columns = edges(props);
  return [x, ...(stacked ? columns.reverse() : columns)];
}

/** The series at a height within a column, in pixels from the top. */
export function seriesAt(plot: uPlot, props: Shown, index: number, topPx: number): number | undefined {
  const all = edges(props);
  if (props.stacked) return segmentAt(all, index, plot.posToVal(topPx, "y"));
  if (props.kind === "bars") return clusterAt(plot, props, index, topPx);
  let near: number | undefined;
  let best = NEAR_PX;
  for (const [n, values] of all.entries()) {
    const value = values[index];
    const away = value == null ? Number.POSITIVE_INFINITY : Math.abs(plot.valToPos(value, "y") - topPx);
    if (away < best) [near, best] = [n, away];
  }
  return near;
}

/** Bars side by side: the one below the pointer. */
function clusterAt(plot: uPlot, props: Shown, index: number, topPx: number): number | undefined {
  const on = props.shown.flatMap((is, n) => (is ? [n] : []));
  const from = (plot.data[0][index] ?? 0) - BAR.share / 2;
  const place = Math.floor(((plot.posToVal(plot.cursor.left ?? 0, "x") - from) / BAR.share) * on.length);
  const n = on[place];
  const value = n === undefined ? null : props.series[n]?.values[index];
  return value != null && plot.posToVal(topPx, "y") <= value ? n : undefined;
}

function bars(now: { current: Shown }): uPlot.Series.PathBuilder | undefined {
  const { stacked, series, time } = now.current;
  const size: [number, number] = [BAR.share, BAR.maxPx];
  if (stacked || series.length < 2 || time) {
    // A round corner would show the colour of what stands on it.
    return uPlot.paths.bars?.({ size, radius: stacked && series.length > 1 ? 0 : BAR.radius });
  }
  const on = () => now.current.shown.flatMap((is, n) => (is ? [n + 1] : []));
  const width = () => BAR.share / Math.max(1, on().length);
  return uPlot.paths.bars?.({
    radius: BAR.radius,
    disp: {
      x0: {
        unit: 1,
        values: (u, n) => {
          const place = Math.max(0, on().indexOf(n)) * width() - BAR.share / 2;
          return Array.from(u.data[0], (x) => x + place);
        },
      },
      size: { unit: 1, values: (u) => Array.from(u.data[0], width) },
    },
  });
}

/** A line cannot show a value with nothing known on both sides; those get a dot. */
export function lonely(values: Values | undefined): number[] {
  if (!values) return [];
  return values.flatMap((v, n) => (v != null && values[n - 1] == null && values[n + 1] == null ? [n] : []));
}

function dots(color: string): uPlot.Series.Points {
  return { show: true, size: 5, fill: color, filter: (u, at) => lonely(u.data[at] as Values | undefined) };
}

function drawn(now: { current: Shown }): uPlot.Series[] {
  const { series, kind, stacked } = now.current;
  const all = series.map((s, n): uPlot.Series => {
    const color = cssColor(colorOf(s.key ?? s.name, n, s.color));
    return {
      label: s.name,
      stroke: color,
      width: kind === "bars" ? 0 : 1.7,
      fill: kind === "lines" ? undefined : kind === "bars" || stacked ? color : `${color}2e`,
      points: kind === "bars" ? { show: false } : dots(color),
      paths: kind === "bars" ? bars(now) : undefined,
    };
  });
  return stacked ? all.reverse() : all;
}

function xRange({ time, kind, categories }: Shown): [number, number] {
  const last = categories.length - 1;
  if (!time) return kind === "bars" || last < 1 ? [-0.6, Math.max(0, last) + 0.6] : [0, last];
  const [from, to] = [Number(categories[0] ?? 0), Number(categories[last] ?? 0)];
  const step = last > 0 ? (to - from) / last : 3600;
  const margin = kind === "bars" || last < 1 ? step / 2 : 0;
  return [from - margin, to + margin];
}

export function options(now: { current: Shown }, box: HTMLElement): uPlot.Options {
  const line = cssColor("--line");
  const letters = lettersOf(box);
  const axis = { stroke: cssColor("--soft"), font: letters.font, ticks: { show: false }, gap: 6 };
  const { unit, kind } = now.current;
  const wanted = (u: uPlot) => Math.max(1, Math.floor(u.height / TICK_PX - 0.8));
  return {
    width: 0,
    height: 0,
    legend: { show: false },
    // The last label stands half beyond the end.
    padding: [8, 18, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind !== "bars", size: 7 } },
    scales: {
      x: { time: now.current.time ?? false, range: () => xRange(now.current) },
      y: { range: (u, _, max) => [0, ticks(max, unit, wanted(u)).at(-1) ?? 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, ...xAxis(now, letters) },
      {
        ...axis,
        grid: { stroke: line, width: 1 },
        size: (_, values) => Math.ceil(Math.max(0, ...(values ?? []).map(letters.width))) + 12,
        splits: (u, _, __, max) => ticks(max, unit, wanted(u)),
        values: (_, splits) => splits.map((v) => shownValue(v, unit)),
      },
    ],
    series: [{}, ...drawn(now)],
  };
}
