// The axis below a graph: which texts it bears, how wide they are, and whether they are slanted.
import type uPlot from "uplot";
import { day, localDay, timeOfDay } from "../format/times";
import type { ChartProps } from "./chart";
import { everyNth, shortened } from "./layout";
import { cssColor } from "./palette";

const SLANT_DEGREES = 38;
const SINE = Math.sin((SLANT_DEGREES * Math.PI) / 180);
/** The widest name below a column; what is wider is cut, so that slanted names leave room for the columns. */
const NAME_PX_MAX = 112;
/** Texts that are measured to know how wide all are. */
const MEASURED_MAX = 40;
/** Widths that a graph remembers; beyond these it measures anew. */
const WIDTHS_MAX = 500;
const DAY_S = 86_400;

/** What texts of the axes are written with. */
interface Letters {
  px: number;
  font: string;
  width: (text: string) => number;
}

let pen: CanvasRenderingContext2D | null | undefined;

export function lettersOf(box: HTMLElement): Letters {
  const px = letterPx(box);
  const font = `${px}px ${getComputedStyle(box).fontFamily}`;
  pen ??= document.createElement("canvas").getContext("2d");
  const known = new Map<string, number>();
  const width = (text: string) => {
    let own = known.get(text);
    if (own === undefined) {
      if (pen) pen.font = font;
      own = pen?.measureText(text).width ?? text.length * px * 0.6;
      if (known.size >= WIDTHS_MAX) known.clear();
      known.set(text, own);
    }
    return own;
  };
  return { px, font, width };
}

/** `--tiny` in whole pixels, which is what uPlot reads. */
function letterPx(box: HTMLElement): number {
  const root = Number.parseFloat(getComputedStyle(box.ownerDocument.documentElement).fontSize);
  return Math.round((Number.parseFloat(cssColor("--tiny")) || 0.74) * root) || 12;
}

/** `20:15`, and the day where one begins. */
function momentLabel(at: number, stepS: number): string {
  const date = new Date(at * 1000);
  const begins = date.getHours() === 0 && date.getMinutes() === 0;
  if (stepS < DAY_S && !begins) return timeOfDay(date);
  return day(localDay(date));
}

export function xAxis(now: { current: ChartProps }, letters: Letters): Partial<uPlot.Axis> {
  const flat = letters.px + 12;
  if (now.current.time) {
    const text = (at: number, stepS: number) => now.current.label?.(at) ?? momentLabel(at, stepS);
    return { size: flat, values: (_, splits, __, ___, stepS) => splits.map((at) => text(at, stepS)) };
  }
  const text = (n: number) => {
    const { categories, label, names } = now.current;
    const category = categories[n];
    if (category === undefined) return "";
    const whole = label ? label(category) : String(category);
    return names ? cut(whole, letters) : whole;
  };
  const widest = () => {
    const measured = everyNth(now.current.categories.length, MEASURED_MAX, 1);
    return Math.max(letters.px, ...measured.map((n) => letters.width(text(n))));
  };
  const slanted = (u: uPlot) => {
    const { names, categories } = now.current;
    return (names ?? false) && widest() + 8 > (u.width - 60) / Math.max(1, categories.length);
  };
  return {
    splits: (u) => {
      const { names, categories } = now.current;
      return everyNth(categories.length, u.width - 50, names ? letters.px + 4 : widest() + 14);
    },
    values: (_, splits) => splits.map(text),
    rotate: (u) => (slanted(u) ? SLANT_DEGREES : 0),
    size: (u) => (slanted(u) ? Math.ceil(widest() * SINE) + letters.px + 10 : flat),
  };
}

function cut(name: string, letters: Letters): string {
  let chars = [...name].length;
  let text = name;
  while (chars > 2 && letters.width(text) > NAME_PX_MAX) text = shortened(name, --chars);
  return text;
}
