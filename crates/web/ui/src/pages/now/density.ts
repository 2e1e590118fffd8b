// How much room a stream gets.
import type { Prefs } from "../../app/prefs";

export type Density = "rich" | "compact" | "table";

/** Up to this many streams, each is told in full. */
const RICH_MAX = 10;
/** From this many on, they are rows. */
const TABLE_MIN = 50;
/** So many fewer are needed to go back, so that one stream that comes and goes does not turn the page over. */
const SLACK = 2;

/** `before`: what was drawn last. A phone has no room for a table. */
export function densityOf(wanted: Prefs["density"], streams: number, narrow: boolean, before?: Density): Density {
  if (wanted !== "auto") return wanted === "table" && narrow ? "compact" : wanted;
  const rich = before === "rich" || before === undefined ? RICH_MAX : RICH_MAX - SLACK;
  if (streams <= rich) return "rich";
  const table = before === "table" ? TABLE_MIN - SLACK : TABLE_MIN;
  return streams >= table && !narrow ? "table" : "compact";
}
