// What of the past is looked at: the query of the address, under the names of /api/v1.
import type { Params } from "../api/client";
import { place } from "../app/router";
import { zone } from "../format/times";

/** Ranges that are offered, in days; 0 is all time. */
export const RANGES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "Year"],
  ["0", "All time"],
] as const;

/** The range of the present address, in days; `usual` while it names none. */
export function days(usual = "30"): string {
  return place.value.query.get("days") ?? usual;
}

/** Those of `names` that the present address has, as parameters of a question; days are counted in this zone. */
export function asked(names: readonly string[]): Record<string, string | readonly string[]> {
  const { query } = place.value;
  const params: Record<string, string | readonly string[]> = { time_zone: zone() };
  for (const name of names) if (query.has(name)) params[name] = query.getAll(name);
  return params satisfies Params;
}
