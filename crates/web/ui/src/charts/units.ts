import { bitrate, bytes, count, NOTHING, percent } from "../format/numbers";
import { span } from "../format/times";

/** What the values of a graph are. */
export type Unit = "plays" | "count" | "seconds" | "bps" | "bytes" | "ratio" | "ms";

export function shownValue(value: number | null | undefined, unit: Unit): string {
  if (value == null) return NOTHING;
  switch (unit) {
    case "seconds":
      return span(value);
    case "bps":
      return bitrate(value);
    case "bytes":
      return bytes(value);
    case "ratio":
      return percent(value);
    case "ms":
      return value < 1000 ? `${count(Math.round(value))} ms` : seconds(value / 1000);
    default:
      return count(value);
  }
}

/** `1.2 s`, which `span` would round. */
function seconds(s: number): string {
  return `${count(Math.round(s * 10) / 10)} s`;
}
