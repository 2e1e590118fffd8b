// Which titles are on the wall, and in which order.
import type { RankedEntry } from "../../api/schema";

export type Rank = "plays" | "seconds" | "users";

/**
 * The interface ranks by plays or by time; the most popular ones, by different users, are put in order here. Equals
 * keep the order of plays.
 */
export function ranked(entries: readonly RankedEntry[], by: Rank): RankedEntry[] {
  return by === "users" ? entries.slice().sort((a, b) => b.users - a.users) : entries.slice();
}

export interface Placed {
  entry: RankedEntry;
  /** From 1; equals share a place. */
  place: number;
}

/** Numbers the places of a ranking. */
export function placed(entries: readonly RankedEntry[], by: Rank): Placed[] {
  const out: Placed[] = [];
  for (const [n, entry] of entries.entries()) {
    const before = out[n - 1];
    out.push({ entry, place: before && before.entry[by] === entry[by] ? before.place : n + 1 });
  }
  return out;
}
