// Files made from a graph, in the browser.
import type { ChartProps } from "./chart";

/** As spreadsheets read it: commas, quotes doubled, and no text that they would take for a formula. */
export function toCsv({ categories, series, label, time }: ChartProps): string {
  const cell = (value: string | number | null | undefined): string => {
    if (value == null) return "";
    if (typeof value === "number") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const name = (category: string | number) =>
    time ? new Date(Number(category) * 1000).toISOString() : label ? label(category) : category;
  const rows = [
    ["", ...series.map((s) => s.name)],
    ...categories.map((category, n) => [name(category), ...series.map((s) => s.values[n])]),
  ];
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function saveCsv(title: string, text: string): void {
  save(`${fileName(title)}.csv`, new Blob([text], { type: "text/csv" }));
}

export function savePng(title: string, canvas: HTMLCanvasElement): void {
  canvas.toBlob((blob) => blob && save(`${fileName(title)}.png`, blob));
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
