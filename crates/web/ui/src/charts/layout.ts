// Where things of a graph are drawn: pure rules, without a canvas.
import type { Unit } from "./units";

export type Values = ReadonlyArray<number | null>;

/** Pixels that a label of an axis usually takes, with the space beside it. */
const LABEL_PX = 74;
/** Columns that Page Up and Page Down jump over. */
const PAGE_COLUMNS = 10;

/**
 * The upper edge of each series when they stand on top of one another, the first one lowest. A hidden series is
 * all null and holds nothing up. Bars have no edge where they have no height; an area goes on with height 0 as long
 * as anything below it is known.
 */
export function stack(
  series: readonly Values[],
  shown: readonly boolean[],
  bars: boolean,
): Array<Array<number | null>> {
  const columns = Math.max(0, ...series.map((values) => values.length));
  const reached: Array<number | null> = new Array<number | null>(columns).fill(null);
  return series.map((values, n) =>
    reached.map((below, at) => {
      const own = values[at] ?? null;
      if (shown[n] === false || (own === null && below === null)) return null;
      const edge = (below ?? 0) + (own ?? 0);
      reached[at] = edge;
      return bars && !own ? null : edge;
    }),
  );
}

/** What the shown series are together, per column; null where nothing is known of any. */
export function totals(
  series: readonly Values[],
  shown: readonly boolean[],
  columns: number,
): Array<number | null> {
  return Array.from({ length: columns }, (_, at) => {
    let sum: number | null = null;
    for (const [n, values] of series.entries()) {
      const own = shown[n] === false ? null : (values[at] ?? null);
      if (own !== null) sum = (sum ?? 0) + own;
    }
    return sum;
  });
}

/** Which series of a stacked column is at this height; undefined above all of them. */
export function segmentAt(edges: readonly Values[], column: number, height: number): number | undefined {
  if (height < 0) return undefined;
  const found = edges.findIndex((values) => (values[column] ?? -1) >= height);
  return found < 0 ? undefined : found;
}

const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The smallest step that people count in of at least `least`. */
function niceStep(least: number, unit: Unit): number {
  if (unit === "seconds") {
    const step = SECONDS.find((s) => s >= least);
    if (step !== undefined) return step;
    return 86_400 * decimalStep(least / 86_400);
  }
  if (unit === "bytes") {
    const scale = 1024 ** Math.max(0, Math.floor(Math.log(least) / Math.log(1024)));
    const step = decimalStep(least / scale);
    return scale * (step >= 1000 ? 1024 : step);
  }
  return decimalStep(least, unit === "plays" || unit === "count");
}

/** 1, 2, 2.5 or 5 times a power of ten; a whole number where it has to be one. */
function decimalStep(least: number, whole = false): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => factor * power);
  const found = steps.find((step) => step >= least * (1 - 1e-9) && (!whole || Number.isInteger(step)));
  return found ?? (whole ? Math.ceil(least) : 10 * power);
}

/** Values at the axis from 0 to at least `max`: whole ones for what is counted, about `wanted` steps. */
export function ticks(max: number | null | undefined, unit: Unit, wanted: number): number[] {
  const top = max != null && max > 0 ? max : 1;
  if (unit === "ratio" && top <= 1) return [0, 0.25, 0.5, 0.75, 1];
  const step = niceStep(top / Math.max(1, wanted), unit);
  // Rounded, since ten times 0.1 is not 1 here.
  const steps = Math.ceil(top / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** Columns that get a text, so that texts do not touch. */
export function everyNth(columns: number, widthPx: number, labelPx = LABEL_PX): number[] {
  const step = Math.max(1, Math.ceil(columns / Math.max(1, Math.floor(widthPx / labelPx))));
  return Array.from({ length: Math.ceil(columns / step) }, (_, n) => n * step);
}

/** At most `max` characters, counted as people see them. */
export function shortened(text: string, max: number): string {
  const parts = [...text];
  return parts.length <= max ? text : `${parts.slice(0, max - 1).join("")}…`;
}

/** The column that a key leads to from column `at` (none yet: undefined); undefined for other keys. */
export function columnAfter(key: string, at: number | undefined, columns: number): number | undefined {
  if (columns === 0) return undefined;
  const last = columns - 1;
  const within = (n: number) => Math.min(last, Math.max(0, n));
  switch (key) {
    case "ArrowRight":
      return within(at === undefined ? 0 : at + 1);
    case "ArrowLeft":
      return within(at === undefined ? last : at - 1);
    case "PageDown":
      return within((at ?? 0) + PAGE_COLUMNS);
    case "PageUp":
      return within((at ?? last) - PAGE_COLUMNS);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

/**
 * Where a box of this size goes beside a point, within the window. `above`: over it, where a finger does not hide it.
 */
export function beside(
  point: { x: number; y: number },
  box: { width: number; height: number },
  view: { width: number; height: number },
  above: boolean,
): { left: number; top: number } {
  const [margin, away] = [8, 14];
  const within = (at: number, size: number, room: number) =>
    Math.max(margin, Math.min(at, room - size - margin));
  if (above) {
    const over = point.y - box.height - 2 * away;
    const top = over >= margin ? over : point.y + 2 * away;
    return {
      left: within(point.x - box.width / 2, box.width, view.width),
      top: within(top, box.height, view.height),
    };
  }
  const right = point.x + away;
  const left = right + box.width + margin <= view.width ? right : point.x - away - box.width;
  return {
    left: within(left, box.width, view.width),
    top: within(point.y - box.height / 2, box.height, view.height),
  };
}

/** Whether there is nothing to draw: nothing known, or no plays at all. Rates and counts may well be 0. */
export function isEmpty(series: readonly Values[], unit: Unit): boolean {
  const ofPlays = unit === "plays" || unit === "seconds";
  return series.every((values) => values.every((value) => value === null || (ofPlays && value === 0)));
}
