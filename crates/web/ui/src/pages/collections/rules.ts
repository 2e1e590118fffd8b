// What collections' numbers mean, without anything drawn.
import type { CollectAnswer, CollectionNumbers, CollectionRow, CollectionSnapshot } from "../../api/schema";
import { counted } from "../../format/numbers";

/** Watched things among all that are in it, 0 to 1; absent where either is not known, or nothing is in it. */
export function watchedShare(of: { items?: number | null; items_watched?: number } | undefined): number | undefined {
  if (!of?.items || of.items_watched === undefined) return undefined;
  return of.items_watched / of.items;
}

/** Where a collection is shown; absent where the server would not tell. */
export function places(row: Pick<CollectionRow, "visibility">): string[] | undefined {
  const at = row.visibility;
  if (!at) return undefined;
  return [at.own_home && "Home", at.shared_home && "Friends", at.recommended && "Library"].filter(
    (place) => typeof place === "string",
  );
}

export interface Rotation {
  id: string;
  /** Its first counting, as far as the snapshots reach. */
  since: string;
  collections: number;
}

/** The rotations that snapshots were kept for, the newest first. */
export function rotationsOf(snapshots: readonly CollectionSnapshot[]): Rotation[] {
  const found = new Map<string, { since: string; own: Set<string> }>();
  for (const { rotation_id: id, collected_at: at, server, rating_key: key, collection } of snapshots) {
    if (id === undefined) continue;
    const known = found.get(id) ?? { since: at, own: new Set<string>() };
    if (at < known.since) known.since = at;
    known.own.add(`${server}\n${key ?? collection}`);
    found.set(id, known);
  }
  return [...found]
    .map(([id, { since, own }]) => ({ id, since, collections: own.size }))
    .sort((a, b) => b.since.localeCompare(a.since));
}

/** How much more it is afterwards: `+3`, `−2`, `±0`. */
export function change(before: number, after: number, shown: (n: number) => string = String): string {
  const by = after - before;
  return by === 0 ? "±0" : `${by > 0 ? "+" : "−"}${shown(Math.abs(by))}`;
}

export function added(all: readonly CollectionNumbers[]): { plays: number; duration_s: number } {
  return all.reduce((sum, one) => ({ plays: sum.plays + one.plays, duration_s: sum.duration_s + one.duration_s }), {
    plays: 0,
    duration_s: 0,
  });
}

/** What came of a counting, in one sentence. */
export function told(answer: CollectAnswer): string {
  const kept = counted(answer.collected.length, "collection");
  switch (answer.status) {
    case "success":
      return `${kept} counted.`;
    case "partial":
      return `${kept} counted, ${answer.failed.length} could not be.`;
    case "skipped":
      return "There was nothing to count.";
    default:
      return "No collection could be counted.";
  }
}

export function collectionPath(server: string, key: number): string {
  return `/collections/${encodeURIComponent(server)}/${key}`;
}
