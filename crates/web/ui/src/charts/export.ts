// Files made from a graph, in the browser.
import type { ChartProps } from "./chart";
import { cssColor } from "./palette";
import { columnTotals } from "./totals";

/** As spreadsheets read it: commas, quotes doubled, and no text that they would take for a formula. */
export function toCsv(props: ChartProps): string {
  const { categories, series, time } = props;
  const label = props.longLabel ?? props.label;
  const cell = (value: string | number | null | undefined): string => {
    if (value == null) return "";
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  // A date stays as it is: every spreadsheet knows `2026-11-21`, few know `21 Nov`.
  const isDate = (category: string | number) => /^\d{4}-\d{2}(-\d{2})?$/.test(String(category));
  const name = (category: string | number) =>
    time
      ? new Date(Number(category) * 1000).toISOString()
      : label && !isDate(category)
        ? label(category)
        : category;
  const sums = columnTotals(props);
  const rows = [
    ["", ...series.map((s) => s.name), ...(sums ? ["Total"] : [])],
    ...categories.map((category, n) => [
      name(category),
      ...series.map((s) => s.values[n]),
      ...(sums ? [sums[n]] : []),
    ]),
  ];
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function saveCsv(title: string, text: string): void {
  save(`${fileName(title)}.csv`, new Blob([text], { type: "text/csv" }));
}

interface LegendEntry {
  name: string;
  /** A colour of tokens.css. */
  color: string;
}

/** A picture that tells by itself what it shows: on the ground of the card, with title and legend. */
export function savePng(title: string, canvas: HTMLCanvasElement, legend: readonly LegendEntry[] = []): void {
  picture(title, canvas, legend).toBlob((blob) => blob && save(`${fileName(title)}.png`, blob));
}

function picture(title: string, canvas: HTMLCanvasElement, legend: readonly LegendEntry[]): HTMLCanvasElement {
  const whole = document.createElement("canvas");
  const pen = whole.getContext("2d");
  if (!pen) return canvas;
  const scale = canvas.clientWidth > 0 ? canvas.width / canvas.clientWidth : devicePixelRatio;
  const [margin, head, line] = [20, 38, 24];
  const family = getComputedStyle(document.body).fontFamily;
  const fonts = { title: `600 17px ${family}`, legend: `13px ${family}` };
  const width = canvas.width / scale + 2 * margin;
  pen.font = fonts.legend;
  const places = flow(legend.map((entry) => pen.measureText(entry.name).width + 34), width - 2 * margin);
  const rows = places.length ? (places.at(-1)?.row ?? 0) + 1 : 0;
  const height = margin + head + canvas.height / scale + rows * line + margin;
  whole.width = Math.round(width * scale);
  whole.height = Math.round(height * scale);
  pen.scale(scale, scale);
  pen.fillStyle = cssColor("--card");
  pen.fillRect(0, 0, width, height);
  pen.textBaseline = "middle";
  pen.fillStyle = cssColor("--ink");
  pen.font = fonts.title;
  pen.fillText(title, margin, margin + 10, width - 2 * margin);
  pen.drawImage(canvas, margin, margin + head, canvas.width / scale, canvas.height / scale);
  pen.font = fonts.legend;
  for (const [n, entry] of legend.entries()) {
    const x = margin + (places[n]?.x ?? 0);
    const y = margin + head + canvas.height / scale + (places[n]?.row ?? 0) * line + line / 2;
    pen.fillStyle = cssColor(entry.color);
    pen.fillRect(x, y - 5, 10, 10);
    pen.fillStyle = cssColor("--ink");
    pen.fillText(entry.name, x + 17, y);
  }
  return whole;
}

/** Things of these widths, one after the other, in lines. */
export function flow(widths: readonly number[], room: number): Array<{ x: number; row: number }> {
  let [x, row] = [0, 0];
  return widths.map((width) => {
    if (x > 0 && x + width > room) [x, row] = [0, row + 1];
    const place = { x, row };
    x += width;
    return place;
  });
}

function fileName(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
