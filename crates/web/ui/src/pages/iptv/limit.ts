// Connections of a login over the days, beside what it allows.
import type { ProviderDay } from "../../api/schema";

export interface Bar {
  date: string;
  /** 0 where it was not used. */
  peak: number;
  /** As it held then; absent where there was none, or none is known. */
  max?: number;
  full: boolean;
  day?: ProviderDay;
}

/** Columns a picture has at most; beyond that several days share one. */
const BARS_MAX = 120;

const DAY_MS = 86_400_000;

/** One bar for each date from the first to the last, with no gap; for long times one for several days, with their most. */
export function bars(days: readonly ProviderDay[], first: string, last: string): Bar[] {
  const byDate = new Map(days.map((d) => [d.date, d]));
  const all: Bar[] = [];
  let max: number | undefined;
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += DAY_MS) {
    const date = new Date(at).toISOString().slice(0, 10);
    const own = byDate.get(date);
    if (own) max = own.max_connections;
    const peak = own?.peak_connections ?? 0;
    all.push({ date, peak, max, full: max !== undefined && max > 0 && peak >= max, day: own });
  }
  const each = Math.ceil(all.length / BARS_MAX);
  if (each <= 1) return all;
  const joined: Bar[] = [];
  for (let n = 0; n < all.length; n += each) {
    const part = all.slice(n, n + each);
    joined.push(part.reduce((a, b) => (b.peak > a.peak || (b.peak === a.peak && b.full && !a.full) ? b : a)));
  }
  return joined;
}

/** The height of the picture: the highest of all peaks and limits, so that the line is always in it. */
export function ceiling(all: readonly Bar[]): number {
  return Math.max(1, ...all.map((b) => Math.max(b.peak, b.max ?? 0)));
}
