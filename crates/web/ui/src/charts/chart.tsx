// A graph of columns or lines, drawn on a canvas by uPlot, with the same numbers as a table for who cannot see it.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dark } from "../app/prefs";
import { Icon } from "../ui/icon";
import { Card } from "../ui/parts";
import { toCsv, saveCsv, savePng } from "./export";
import { colorOf, cssColor } from "./palette";
import { shownValue, type Unit } from "./units";

export interface ChartSeries {
  name: string;
  /** One per category; null where nothing is known. */
  values: ReadonlyArray<number | null>;
  /** A colour of tokens.css, such as `--transcode`; by position if absent. */
  color?: string;
}

export interface ChartProps {
  /** Says what is shown; also names the files that are saved. */
  title: string;
  /** Texts, one per column; or moments, in seconds since 1970, for `time`. */
  categories: readonly string[] | readonly number[];
  series: readonly ChartSeries[];
  kind: "bars" | "lines" | "area";
  /** On top of one another; only of whole values, such as sums by decision. */
  stacked?: boolean;
  unit: Unit;
  /** `categories` are moments. */
  time?: boolean;
  /** How a category is written at the axis and above the values. */
  label?: (category: string | number) => string;
  heightPx?: number;
  /** A column, or a series of it, was chosen: shows the plays behind it. */
  onSelect?: (index: number, series?: string) => void;
  /** Without its own card and tools: for a small graph within something. */
  bare?: boolean;
}

export function Chart(props: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const plot = useRef<uPlot | null>(null);
  if (props.bare) return <Canvas {...props} plot={plot} />;
  const tools = (
    <>
      <button
        type="button"
        class="button bare icon"
        aria-label={asTable ? `${props.title} as a graph` : `${props.title} as a table`}
        onClick={() => setAsTable(!asTable)}
      >
        <Icon name={asTable ? "chart" : "table"} />
      </button>
      <button
        type="button"
        class="button bare icon"
        aria-label={`Save ${props.title} as CSV`}
        onClick={() => saveCsv(props.title, toCsv(props))}
      >
        <Icon name="download" />
      </button>
      <button
        type="button"
        class="button bare icon"
        aria-label={`Save ${props.title} as a picture`}
        disabled={asTable}
        onClick={() => plot.current && savePng(props.title, plot.current.ctx.canvas)}
      >
        <Icon name="image" />
      </button>
    </>
  );
  return (
    <Card title={props.title} tools={tools} class="chart">
      {asTable ? <ValueTable {...props} /> : <Canvas {...props} plot={plot} />}
    </Card>
  );
}

/** The numbers of a graph. */
export function ValueTable({ categories, series, unit, label, title }: ChartProps) {
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label={`${title} in numbers`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            {series.map((s) => (
              <th scope="col" class="n" key={s.name}>
                {s.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {categories.map((category, n) => (
            <tr key={category}>
              <th scope="row">{label ? label(category) : category}</th>
              {series.map((s) => (
                <td class="n" key={s.name}>
                  {shownValue(s.values[n] ?? null, unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Canvas(props: ChartProps & { plot: { current: uPlot | null } }) {
  const box = useRef<HTMLDivElement>(null);
  const night = dark.value;
  useEffect(() => {
    const own = box.current;
    if (!own) return;
    const plot = new uPlot(options(props, own), data(props), own);
    props.plot.current = plot;
    const sized = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(120, own.clientWidth), height: props.heightPx ?? 240 }),
    );
    sized.observe(own);
    return () => {
      sized.disconnect();
      plot.destroy();
      props.plot.current = null;
    };
  }, [props.series, props.categories, props.kind, props.stacked, props.unit, night]);
  return (
    <div
      class="canvas"
      ref={box}
      role="img"
      aria-label={`${props.title}. The table view tells the numbers.`}
      style={{ minHeight: `${props.heightPx ?? 240}px` }}
    />
  );
}

/** Sums from below, so that each series is drawn on top of those before it. */
function data({ categories, series, stacked, time }: ChartProps): uPlot.AlignedData {
  const x = time ? (categories as readonly number[]).slice() : categories.map((_, n) => n);
  const columns = series.map((s) => s.values.slice() as Array<number | null>);
  if (stacked) {
    for (let n = 1; n < columns.length; n++) {
      const [below, own] = [columns[n - 1] ?? [], columns[n] ?? []];
      columns[n] = own.map((value, at) => (value === null && below[at] == null ? null : (value ?? 0) + (below[at] ?? 0)));
    }
    columns.reverse();
  }
  return [x, ...columns];
}

function options(props: ChartProps, box: HTMLElement): uPlot.Options {
  const { categories, series, stacked, kind, unit, time, label } = props;
  const [ink, line] = [cssColor("--soft"), cssColor("--line")];
  const drawn = series.map((s, n) => {
    const color = cssColor(colorOf(s.name, n, s.color));
    return {
      label: s.name,
      stroke: color,
      width: kind === "bars" ? 0 : 1.6,
      fill: kind === "lines" ? undefined : kind === "bars" || stacked ? color : `${color}33`,
      points: { show: false },
      paths: kind === "bars" ? uPlot.paths.bars?.({ size: [0.75, 46], radius: 0.12 }) : undefined,
    } satisfies uPlot.Series;
  });
  if (stacked) drawn.reverse();
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width: Math.max(120, box.clientWidth),
    height: props.heightPx ?? 240,
    legend: { show: false },
    cursor: { y: false, points: { show: kind !== "bars" } },
    scales: {
      x: time ? { time: true } : { time: false, range: [-0.6, Math.max(0, categories.length - 1) + 0.6] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.06 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ...(time
          ? {}
          : {
              splits: (u: uPlot) => everyNth(categories.length, u.width),
              values: (_: uPlot, splits: number[]) =>
                splits.map((n) => (categories[n] === undefined ? "" : label ? label(categories[n]) : String(categories[n]))),
            }),
      },
      { ...axis, size: 64, values: (_, splits) => splits.map((v) => shownValue(v, unit)) },
    ],
    series: [{}, ...drawn],
    hooks: {
      ready: [
        (u) => {
          if (!props.onSelect) return;
          u.over.addEventListener("click", () => u.cursor.idx != null && props.onSelect?.(u.cursor.idx));
        },
      ],
    },
  };
}

/** Columns that get a text, so that texts do not touch. */
export function everyNth(columns: number, widthPx: number): number[] {
  const step = Math.max(1, Math.ceil(columns / Math.max(1, Math.floor(widthPx / 74))));
  return Array.from({ length: Math.ceil(columns / step) }, (_, n) => n * step);
}
