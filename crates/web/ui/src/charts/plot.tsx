// The canvas of a graph, and what pointer, finger and keys do on it.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dark, prefs } from "../app/prefs";
import type { ChartProps } from "./chart";
import { columnAfter, totals } from "./layout";
import { columnName } from "./naming";
import { options, plotData, seriesAt } from "./options";
import { colorOf } from "./palette";
import { type Point, Tip, type TipRow, TipRows } from "./tip";
import { columnTotals } from "./totals";
import { shownValue } from "./units";

interface PlotProps extends ChartProps {
  /** Per series, whether it is switched on. */
  shown: readonly boolean[];
  plot: { current: uPlot | null };
}

/** A column that is pointed at, and the series of it. */
interface Pointed extends Point {
  index: number;
  series: number | undefined;
  by: "mouse" | "touch" | "keys";
}

const HEIGHT_PX = 240;
const LEAST_WIDTH_PX = 120;

export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const now = useRef(props);
  now.current = props;
  const pointed = useSignal<Pointed | undefined>(undefined);
  const said = useSignal("");
  const height = props.heightPx ?? HEIGHT_PX;
  // What the plot is made of. Values, columns and switched off series are only filled in anew.
  const made = JSON.stringify([
    [props.kind, props.stacked, props.unit, props.time, props.names, height, dark.value, prefs.value.hours],
    props.series.map((s) => [s.name, s.key, s.color]),
  ]);
  useEffect(() => {
    const own = box.current;
    if (!own) return;
    const size = () => ({ width: Math.max(LEAST_WIDTH_PX, own.clientWidth), height });
    const plot = new uPlot({ ...options(now, own), ...size() }, plotData(now.current), own);
    now.current.plot.current = plot;
    const forget = watchPointer(plot, now, pointed);
    const sized = new ResizeObserver(() => plot.width !== size().width && plot.setSize(size()));
    sized.observe(own);
    return () => {
      sized.disconnect();
      forget();
      plot.destroy();
      now.current.plot.current = null;
      pointed.value = undefined;
    };
  }, [made]);
  useEffect(() => {
    props.plot.current?.setData(plotData(props));
  }, [props.series, props.categories, props.shown, made]);
  const onKeyDown = (event: KeyboardEvent) => {
    const plot = props.plot.current;
    if (plot && onKey(event.key, plot, now.current, pointed)) {
      event.preventDefault();
      said.value = pointed.value ? told(now.current, pointed.value) : "";
    }
  };
  const enter = props.onSelect ? `, Enter shows ${props.leadsTo ?? "the plays"}` : "";
  const classes = ["plot", props.kind, props.onSelect && "selects"].filter(Boolean).join(" ");
  return (
    <div class={classes}>
      <div
        class="canvas"
        ref={box}
        role="application"
        aria-roledescription="graph"
        tabIndex={0}
        aria-label={`${props.title}. Arrow keys tell the values${enter}.`}
        style={{ height: `${height}px` }}
        onKeyDown={onKeyDown}
        onBlur={() => pointed.value?.by === "keys" && point(props.plot.current, undefined)}
      />
      <span class="unseen" role="status">
        {said.value}
      </span>
      <Values {...props} pointed={pointed.value} />
    </div>
  );
}

type Pointing = { value: Pointed | undefined };

/** Puts the cursor of the plot on a column; nowhere without one. */
function point(plot: uPlot | null, index: number | undefined): void {
  if (!plot) return;
  const x = index === undefined ? undefined : plot.data[0][index];
  if (x === undefined) plot.setCursor({ left: -10, top: -10 });
  else plot.setCursor({ left: plot.valToPos(x, "x"), top: plot.over.clientHeight * 0.3 });
}

/** True where the key means something here. */
function onKey(key: string, plot: uPlot, props: PlotProps, pointed: Pointing): boolean {
  const { value } = pointed;
  if ((key === "Enter" || key === " ") && value && leads(props, value.index)) {
    select(props, value);
    return true;
  }
  if (key === "Escape" && value) {
    point(plot, undefined);
    pointed.value = undefined;
    return true;
  }
  if ((key === "ArrowUp" || key === "ArrowDown") && value) {
    const series = seriesAfter(props.shown, value.series, key === "ArrowUp" ? 1 : -1);
    pointed.value = { ...value, by: "keys", series };
    return true;
  }
  const index = columnAfter(key, value?.index, props.categories.length);
  if (index === undefined) return false;
  point(plot, index);
  const { left, top } = plot.over.getBoundingClientRect();
  pointed.value = {
    x: left + (plot.cursor.left ?? 0),
    y: top + (plot.cursor.top ?? 0),
    index,
    series: value?.by === "keys" ? value.series : undefined,
    by: "keys",
  };
  return true;
}

/** The next series that is switched on; past the last one the whole column. */
function seriesAfter(shown: readonly boolean[], at: number | undefined, step: number): number | undefined {
  const on = shown.flatMap((is, n) => (is ? [n] : []));
  if (at === undefined) return step > 0 ? on[0] : on.at(-1);
  return on[on.indexOf(at) + step];
}

function leads({ onSelect, canSelect }: PlotProps, index: number): boolean {
  return onSelect !== undefined && (canSelect?.(index) ?? true);
}

function select(props: PlotProps, { index, series }: Pointed): void {
  if (!leads(props, index)) return;
  const chosen = series === undefined ? undefined : props.series[series];
  props.onSelect?.(index, chosen && (chosen.key ?? chosen.name));
}

/** Follows mouse and finger; a finger shows the values first, and chooses with a second tap. */
function watchPointer(plot: uPlot, now: { current: PlotProps }, pointed: Pointing): () => void {
  const { over } = plot;
  let by: "mouse" | "touch" = "mouse";
  let before: number | undefined;
  const band = document.createElement("div");
  band.className = "plot-band";
  plot.under.append(band);
  const follow = () => {
    const { idx, left = -1, top = -1 } = plot.cursor;
    placeBand(plot, band, left < 0 ? null : idx);
    if (pointed.value?.by === "keys" && idx === pointed.value.index) return;
    if (idx == null || left < 0 || idx >= now.current.categories.length) {
      pointed.value = undefined;
      return;
    }
    const at = over.getBoundingClientRect();
    const series = seriesAt(plot, now.current, idx, top);
    pointed.value = { x: at.left + left, y: at.top + top, touch: by === "touch", index: idx, series, by };
  };
  (plot.hooks.setCursor ??= []).push(follow);
  const on = (event: PointerEvent) => {
    const touched = event.pointerType === "touch";
    by = touched ? "touch" : "mouse";
    const { value } = pointed;
    if (event.type === "pointerdown") before = value?.by === "touch" ? value.index : undefined;
    if (!touched) return;
    const { left, top } = over.getBoundingClientRect();
    plot.setCursor({ left: event.clientX - left, top: event.clientY - top });
  };
  const click = () => {
    const { value } = pointed;
    if (value && (by === "mouse" || before === value.index)) select(now.current, value);
  };
  const away = (event: Event) => {
    if (pointed.value && !over.contains(event.target as Node)) point(plot, undefined);
  };
  over.addEventListener("pointermove", on);
  over.addEventListener("pointerdown", on);
  over.addEventListener("click", click);
  document.addEventListener("pointerdown", away);
  addEventListener("scroll", away, true);
  return () => {
    document.removeEventListener("pointerdown", away);
    removeEventListener("scroll", away, true);
  };
}

/** Marks the column of a cursor. */
function placeBand(plot: uPlot, band: HTMLElement, index: number | null | undefined): void {
  const xs = plot.data[0];
  const x = index == null ? undefined : xs[index];
  const shown = x !== undefined && plot.root.closest(".plot.bars") !== null;
  band.hidden = !shown;
  if (!shown) return;
  const step = xs.length > 1 ? ((xs.at(-1) ?? 0) - (xs[0] ?? 0)) / (xs.length - 1) : 1;
  const [left, right] = [plot.valToPos(x - step / 2, "x"), plot.valToPos(x + step / 2, "x")];
  band.style.left = `${left}px`;
  band.style.width = `${right - left}px`;
}

function rowsOf(props: PlotProps, { index, series }: Pointed): TipRow[] {
  const rows = props.series.flatMap((s, n) => {
    const value = s.values[index] ?? null;
    if (props.shown[n] === false) return [];
    const color = colorOf(s.key ?? s.name, n, s.color);
    return [{ name: s.name, value: shownValue(value, props.unit), color, marked: n === series, faint: !value }];
  });
  // As they lie: what is highest in the column comes first.
  return props.stacked ? rows.reverse() : rows;
}

function sumOf(props: PlotProps, index: number): string | undefined {
  const all = columnTotals(props);
  if (!all || props.shown.filter(Boolean).length < 2) return undefined;
  const partly = props.shown.includes(false);
  const sums = partly ? totals(props.series.map((s) => s.values), props.shown, props.categories.length) : all;
  return shownValue(sums[index], props.unit);
}

function Values({ pointed, ...props }: PlotProps & { pointed: Pointed | undefined }) {
  if (!pointed) return null;
  const act = { mouse: "Click", touch: "Tap again", keys: "Enter" }[pointed.by];
  return (
    <Tip at={pointed}>
      <TipRows
        title={columnName(props, pointed.index)}
        rows={rowsOf(props, pointed)}
        total={sumOf(props, pointed.index)}
        hint={leads(props, pointed.index) ? `${act} for ${props.leadsTo ?? "these plays"}` : undefined}
      />
    </Tip>
  );
}

/** What is said of a column to who hears the page. */
function told(props: PlotProps, pointed: Pointed): string {
  const rows = rowsOf(props, pointed);
  const marked = rows.filter((row) => row.marked);
  const sum = sumOf(props, pointed.index);
  const parts = (marked.length ? marked : rows).map((row) => `${row.name} ${row.value}`);
  if (sum !== undefined && !marked.length) parts.unshift(`total ${sum}`);
  return `${columnName(props, pointed.index)}: ${parts.join(", ")}`;
}
