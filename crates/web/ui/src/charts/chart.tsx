// A graph of columns or lines, drawn on a canvas by uPlot, with the same numbers as a table for who cannot see
// it.
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Icon } from "../ui/icon";
import { Card } from "../ui/parts";
import "./charts.css";
import { saveCsv, savePng, toCsv } from "./export";
import { everyNth, isEmpty } from "./layout";
import { columnName } from "./naming";
import { colorOf } from "./palette";
import { Plot } from "./plot";
import { columnTotals } from "./totals";
import { shownValue, type Unit } from "./units";

export { everyNth };

export interface ChartSeries {
  name: string;
  /** One per category; null where nothing is known. */
  values: ReadonlyArray<number | null>;
  /** A colour of tokens.css, such as `--transcode`; by position if absent. */
  color?: string;
  /** What `onSelect` and the legend know it by; its name if absent. */
  key?: string;
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
  /** How a category is written above its values, where that is longer than at the axis. */
  longLabel?: (category: string | number) => string;
  /** Columns are things of their own, such as people: none goes without its name, which may be slanted. */
  names?: boolean;
  /** Sums per column as the server told them, where that is more than the series together. */
  totals?: readonly number[];
  /** The legend also for a `bare` graph; false: none, since something else tells it. */
  legend?: boolean;
  /** Within a card of something else, with a title and tools of its own. */
  figure?: boolean;
  /** Of the card. */
  class?: string;
  /** Below the graph. */
  children?: ComponentChildren;
  /** A line below the title. */
  note?: ComponentChildren;
  /** Whether there is something to show of a column; of all where this is absent. */
  canSelect?: (index: number) => boolean;
  /** What choosing a column leads to, such as `these plays`. */
  leadsTo?: string;
  /** Said where there is nothing to draw. */
  empty?: string;
}

const keyOf = (series: ChartSeries) => series.key ?? series.name;

export function Chart(props: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const plot = useRef<uPlot | null>(null);
  const names = props.series.map(keyOf).join("\n");
  const shown = useMemo(() => props.series.map((s) => !hidden.has(keyOf(s))), [names, hidden]);
  const drawn = isEmpty(props.series.map((s) => s.values), props.unit) ? (
    <None {...props} />
  ) : (
    <Plot {...props} shown={shown} plot={plot} />
  );
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const legend = (props.legend ?? !props.bare) && props.series.length > 1 && (
    <Legend series={props.series} shown={shown} toggle={toggle} title={props.title} />
  );
  if (props.bare)
    return (
      <>
        {drawn}
        {legend}
      </>
    );
  const picture = () =>
    plot.current && savePng(props.title, plot.current.ctx.canvas, legendOf(props.series, shown));
  const tools = <Tools {...props} asTable={asTable} turn={() => setAsTable(!asTable)} picture={picture} />;
  const body = (
    <>
      {props.note && <p class="chart-note">{props.note}</p>}
      {asTable ? <ValueTable {...props} /> : drawn}
      {!asTable && legend}
      {props.children}
    </>
  );
  if (props.figure) {
    return (
      <figure class="chart">
        <figcaption>
          {props.title}
          <span class="tools">{tools}</span>
        </figcaption>
        {body}
      </figure>
    );
  }
  return (
    <Card title={props.title} tools={tools} class={props.class ? `chart ${props.class}` : "chart"}>
      {body}
    </Card>
  );
}

function legendOf(series: readonly ChartSeries[], shown: readonly boolean[]) {
  const all = series.map((s, n) => ({ name: s.name, color: colorOf(keyOf(s), n, s.color) }));
  return series.length > 1 ? all.filter((_, n) => shown[n] !== false) : [];
}

function Tools(props: ChartProps & { asTable: boolean; turn: () => void; picture: () => void }) {
  const { title, asTable } = props;
  const nothing = isEmpty(props.series.map((s) => s.values), props.unit);
  const tools = [
    [asTable ? "chart" : "table", asTable ? `${title} as a graph` : `${title} as a table`, props.turn, false],
    ["download", `Save ${title} as CSV`, () => saveCsv(title, toCsv(props)), false],
    ["image", `Save ${title} as a picture`, props.picture, asTable || nothing],
  ] as const;
  return (
    <>
      {tools.map(([icon, name, act, disabled]) => (
        <button
          type="button"
          class="button bare icon"
          key={name}
          title={name}
          aria-label={name}
          onClick={act}
          disabled={disabled}
        >
          <Icon name={icon} />
        </button>
      ))}
    </>
  );
}

function None({ unit, empty, heightPx }: ChartProps) {
  const ofPlays = unit === "plays" || unit === "seconds";
  const said = empty ?? (ofPlays ? "No plays in this time" : "Nothing is known of this time");
  return (
    <div class="chart-none" style={{ minHeight: `${heightPx ?? 240}px` }}>
      <Icon name="chart" />
      <p>{said}</p>
    </div>
  );
}

function Legend(props: {
  series: readonly ChartSeries[];
  shown: readonly boolean[];
  toggle: (key: string) => void;
  title: string;
}) {
  return (
    <div class="chart-legend" role="group" aria-label={`Series of ${props.title}`}>
      {props.series.map((s, n) => (
        <button
          type="button"
          key={keyOf(s)}
          aria-pressed={props.shown[n] !== false}
          onClick={() => props.toggle(keyOf(s))}
        >
          <i style={{ background: `var(${colorOf(keyOf(s), n, s.color)})` }} />
          <span class="clip">{s.name}</span>
        </button>
      ))}
    </div>
  );
}

/** The numbers of a graph. */
function ValueTable(props: ChartProps) {
  const { categories, series, unit, title, heightPx } = props;
  const sums = columnTotals(props);
  return (
    <div
      class="scroller values"
      tabIndex={0}
      role="region"
      aria-label={`${title} in numbers`}
      style={props.bare ? undefined : { height: `${heightPx ?? 240}px` }}
    >
      <table class="table">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{title}</span>
            </th>
            {series.map((s) => (
              <th scope="col" class="n" key={keyOf(s)}>
                {s.name}
              </th>
            ))}
            {sums && (
              <th scope="col" class="n">
                Total
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {categories.map((category, n) => (
            <tr key={category}>
              <th scope="row">{columnName(props, n)}</th>
              {series.map((s) => (
                <td class="n" key={keyOf(s)}>
                  {shownValue(s.values[n] ?? null, unit)}
                </td>
              ))}
              {sums && <td class="n">{shownValue(sums[n] ?? null, unit)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
