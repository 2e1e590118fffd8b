// What is told about libraries, put together from several answers.
import type { GrowthPoint, Library, RankedEntry } from "../../api/schema";
import { counted } from "../../format/numbers";

/** Words of the counts, largest thing first; what else a server tells follows. */
const KINDS = ["movies", "shows", "seasons", "episodes", "artists", "albums", "tracks", "photo_albums", "photos", "videos"];

function place(kind: string): number {
  const at = KINDS.indexOf(kind);
  return at < 0 ? KINDS.length : at;
}

/** The kinds that are counted, largest thing first. */
export function kindsOf(counts: Record<string, number>): string[] {
  return Object.keys(counts).sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

const ONE: Record<string, string> = { series: "series" };

/** `846 movies`, `1 photo album`. */
export function amount(kind: string, n: number): string {
  const many = kind.replaceAll("_", " ");
  return counted(n, ONE[many] ?? many.replace(/s$/, ""), many);
}

export interface Totals {
  libraries: number;
  /** Of those libraries that tell it; absent where none does. */
  storageBytes?: number;
  durationMs?: number;
  counts: Record<string, number>;
}

export function totals(libraries: readonly Library[]): Totals {
  const sum = (of: (library: Library) => number | undefined): number | undefined => {
    const known = libraries.map(of).filter((v) => v !== undefined);
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : undefined;
  };
  const counts: Record<string, number> = {};
  for (const library of libraries) {
    for (const [kind, n] of Object.entries(library.counts)) counts[kind] = (counts[kind] ?? 0) + n;
  }
  return { libraries: libraries.length, storageBytes: sum((l) => l.storage_bytes), durationMs: sum((l) => l.duration_ms), counts };
}

/** By server and library, since the ids of libraries repeat between servers. */
export function byLibrary(entries: readonly RankedEntry[]): Map<string, RankedEntry> {
  return new Map(entries.map((entry) => [`${entry.server_id}\n${entry.library_id}`, entry]));
}

export function libraryPath(server: string, id: string): string {
  return `/libraries/${encodeURIComponent(server)}/${encodeURIComponent(id)}`;
}

const DAY_MS = 86_400_000;

/** Every date from the first to the last; null on those nothing was recorded of. */
export function daily(
  points: readonly GrowthPoint[],
  value: (point: GrowthPoint) => number | undefined,
): { dates: string[]; values: Array<number | null> } {
  const sorted = points.slice().sort((a, b) => a.date.localeCompare(b.date));
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  if (!first || !last) return { dates: [], values: [] };
  const known = new Map(sorted.map((point) => [point.date, value(point)]));
  const dates: string[] = [];
  const end = Date.parse(last.date);
  for (let at = Date.parse(first.date); at <= end; at += DAY_MS) dates.push(new Date(at).toISOString().slice(0, 10));
  return { dates, values: dates.map((date) => known.get(date) ?? null) };
}

/** How much more the last known value is than the first; absent with fewer than two. */
export function grown(values: ReadonlyArray<number | null>): number | undefined {
  const known = values.filter((v) => v !== null);
  const [first, last] = [known[0], known[known.length - 1]];
  return known.length < 2 || first === undefined || last === undefined ? undefined : last - first;
}
