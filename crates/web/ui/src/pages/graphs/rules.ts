// What the graphs are called, and which plays stand behind a column. Pure: nothing here asks or draws.
import type { AnalyticsMeta, RankedEntry, RankingAnswer, Table } from "../../api/schema";
import { localDay } from "../../format/times";

export type Measure = "plays" | "seconds";

/** "Play Count" becomes "Play Duration", and with it what else counts plays. */
export function titled(title: string, measure: Measure): string {
  if (measure === "plays") return title;
  return title.replace("Play Count", "Play Duration").replace("Total Plays", "Total Play Duration");
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Columns of weekdays in the order of a week that begins with `first` (0 is Sunday). */
export function weekFrom(table: Table, first: number): Table {
  const place = (name: string) => (WEEKDAYS.indexOf(name) - first + 7) % 7;
  const places = table.categories.map(place);
  const order = places.map((_, n) => n).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const sorted = <T>(values: readonly T[]) => order.flatMap((n) => values.slice(n, n + 1));
  return {
    categories: sorted(table.categories),
    series: table.series.map((s) => ({ name: s.name, values: sorted(s.values) })),
    total: sorted(table.total),
  };
}

/** Parameters of a list of plays that replace those of the present address. */
export type Changes = Record<string, string>;

/** The moment as a date of this browser's zone, with how far into that day it is. */
function local(moment: string): { date: string; midnight: boolean } {
  const at = new Date(moment);
  const midnight = at.getHours() + at.getMinutes() + at.getSeconds() + at.getMilliseconds() === 0;
  return { date: localDay(at), midnight };
}

/**
 * The time from date `first` to date `last`, as far as it was asked about: the first and the last column of a table
 * may be parts of a day or a month.
 */
export function within(first: string, last: string, meta: Pick<AnalyticsMeta, "from" | "to">): Changes {
  const [begin, end] = [meta.from ? local(meta.from) : undefined, meta.to ? local(meta.to) : undefined];
  let [from, to] = [first, last];
  if (begin && meta.from && begin.date >= first) from = begin.midnight ? begin.date : meta.from;
  // The end is the first moment that does not belong to it.
  if (end && meta.to && end.date <= last) to = meta.to;
  return { from, to };
}

/** `2026-11` with its first and last date. */
export function datesOf(month: string): [string, string] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return [`${month}-01`, `${month}-${String(days).padStart(2, "0")}`];
}

/** The query of the list of plays: the filter of `present`, with the time it stands for, and `changes` instead. */
export function playsQuery(present: URLSearchParams, filters: readonly string[], changes: Changes): string {
  const query = new URLSearchParams();
  for (const name of filters) for (const value of present.getAll(name)) query.append(name, value);
  const ranged = present.has("from") || present.has("to");
  for (const name of ["from", "to"]) if (ranged && present.get(name)) query.set(name, present.get(name) ?? "");
  if (!ranged && changes.from === undefined) query.set("days", present.get("days") ?? "30");
  for (const [name, value] of Object.entries(changes)) query.set(name, value);
  return query.toString();
}

/** A place of a ranking with what was played of each media. */
interface RankedColumn {
  name: string;
  /** Absent where two places have the same name and nothing else tells them apart. */
  changes?: Changes;
}

const idOf = (entry: RankedEntry) => entry.user_id ?? entry.name ?? "";

/** The ten of `all` as a table whose series are what `byMedia` tells of the same. */
export function rankedTable(
  kind: "user" | "platform",
  all: RankingAnswer,
  byMedia: ReadonlyArray<readonly [string, RankingAnswer | undefined]>,
): { columns: RankedColumn[]; table: Table } {
  const measured = (entry: RankedEntry) => (all.meta.measure === "seconds" ? entry.seconds : entry.plays);
  const columns = all.entries.map((entry): RankedColumn => {
    const { name, user_id } = entry;
    if (name === undefined) return { name: "Unknown", changes: user_id === undefined ? undefined : { user_id } };
    const alone = all.entries.filter((other) => other.name === name).length === 1;
    if (alone) return { name, changes: { [kind]: name } };
    return { name, changes: user_id === undefined ? undefined : { user_id } };
  });
  const series = byMedia.flatMap(([media, answer]) => {
    if (!answer) return [];
    const known = new Map(answer.entries.map((entry) => [idOf(entry), measured(entry)]));
    return [{ name: media, values: all.entries.map((entry) => known.get(idOf(entry)) ?? 0) }];
  });
  return {
    columns,
    table: { categories: columns.map((c) => c.name), series, total: all.entries.map(measured) },
  };
}
