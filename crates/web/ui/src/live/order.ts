// The order of what runs: by server, then by start. It never changes while something runs, so that nothing jumps.

export interface Placed {
  id: string;
  server_id: string;
  started_at: string;
}

/** The place of a server among all; one that is not known yet comes last. */
export type Rank = (serverId: string) => number;

/** Below 0 if `a` comes before `b`. Moments are compared as such: `39.9Z` is text that comes before `39Z`. */
export function compare(a: Placed, b: Placed, rank: Rank): number {
  return (
    rank(a.server_id) - rank(b.server_id) ||
    (a.server_id < b.server_id ? -1 : a.server_id > b.server_id ? 1 : 0) ||
    Date.parse(a.started_at) - Date.parse(b.started_at) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

export function inOrder<T extends Placed>(list: readonly T[], rank: Rank): T[] {
  return [...list].sort((a, b) => compare(a, b, rank));
}

/** Where `one` goes in a list of `length` that is in order: behind everything that comes before it. */
export function placeFor(one: Placed, length: number, at: (index: number) => Placed, rank: Rank): number {
  let n = length;
  while (n > 0 && compare(one, at(n - 1), rank) < 0) n -= 1;
  return n;
}
