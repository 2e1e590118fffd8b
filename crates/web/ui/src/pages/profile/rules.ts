// What a profile's numbers mean, without anything drawn.
import type { Params } from "../../api/client";
import type { Table } from "../../api/schema";

/** Parameters of the history that choose the same plays as a profile. */
export type Choice = Readonly<Record<string, string>>;

/** The address of the plays behind a number: what `choices` name together, later ones winning. */
export function playsAt(...choices: readonly Params[]): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(Object.assign({}, ...choices) as Params)) {
    if (value === undefined || value === "" || name === "time_zone" || name === "measure") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  // Without a time the list would show its usual days.
  if (!query.has("from") && !query.has("to") && !query.has("days")) query.set("days", "0");
  // A time narrower than the page's replaces its count of days.
  if (query.has("from") || query.has("to")) query.delete("days");
  return `/history?${query}`;
}

export interface Share {
  name: string;
  value: number;
  /** Of all, 0 to 1. */
  ratio: number;
}

const TIERS: Record<string, string> = {
  "0-25": "Up to a quarter",
  "25-50": "Up to half",
  "50-75": "Up to three quarters",
  "75-watched": "Nearly to the end",
  watched: "Watched",
  unknown: "Not known",
};

/** How far plays got, furthest first, what is not known last; tiers without a play are left out. */
export function completion(table: Table): Share[] {
  const all = table.total.reduce((a, b) => a + b, 0);
  const tiers = table.categories.map((name, n) => ({ key: name, value: table.total[n] ?? 0 }));
  const order = [...tiers.filter((t) => t.key !== "unknown").reverse(), ...tiers.filter((t) => t.key === "unknown")];
  return order
    .filter((t) => t.value > 0)
    .map((t) => ({ name: TIERS[t.key] ?? t.key, value: t.value, ratio: t.value / all }));
}

/** Watched plays among those of which that is known, 0 to 1; absent without any. */
export function watchedRatio(table: Table): number | undefined {
  const of = (name: string) => table.total[table.categories.indexOf(name)] ?? 0;
  const all = table.total.reduce((a, b) => a + b, 0) - of("unknown");
  return all > 0 ? of("watched") / all : undefined;
}

/** The days of a month such as `2026-11`, as the history takes them. */
export function monthDays(month: string): { from: string; to: string } {
  const [year, number] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year ?? 0, number ?? 1, 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, "0")}` };
}

/** `Nov 2026` for `2026-11`. */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
}
