// What "Add filter" offers, and how its choices are told by the interface.
import type { Params } from "../../api/client";
import type { RankedEntry, RankingAnswer, TableAnswer } from "../../api/schema";
import { REASONS } from "../../format/media";
import { DECISIONS, HARDWARE, MEDIA, NETWORKS, TIERS, WEEKDAYS } from "../../format/words";

export interface Facet {
  /** Its parameter. */
  name: string;
  title: string;
  /** Where the choices are counted; null where nobody counts them. */
  path: string | null;
  params: Params;
  /** All choices there can be, where that is known. */
  words?: Record<string, string>;
}

/** Choices of one facet; beyond these the search box of the page finds the plays. */
const CHOICES_MAX = 500;

const ranked = (name: string, title: string, of: string): Facet => ({
  name,
  title,
  path: "api/v1/analytics/top",
  params: { of, limit: CHOICES_MAX },
});

const uncounted = (name: string, title: string, words: Record<string, string>): Facet => ({
  name,
  title,
  path: null,
  params: {},
  words,
});

export const FACETS: readonly Facet[] = [
  ranked("user", "User", "users"),
  ranked("library", "Library", "libraries"),
  ranked("server", "Server", "servers"),
  ranked("platform", "Platform", "platforms"),
  ranked("player", "Player", "players"),
  { name: "decision", title: "Stream", path: "api/v1/analytics/streams", params: { by: "date" }, words: DECISIONS },
  { name: "media", title: "Media", path: "api/v1/analytics/plays", params: { by: "weekday" }, words: MEDIA },
  uncounted("network", "Network", NETWORKS),
  uncounted("weekday", "Day of the week", WEEKDAYS),
  uncounted("completion", "How far it got", TIERS),
  uncounted("reason", "Transcode reason", REASONS),
  uncounted("hardware", "Transcoded", HARDWARE),
];

export interface Choice {
  value: string;
  label: string;
  plays?: number;
  /** Of a user whose account is known. */
  id?: string;
}

/** The choices of `facet` out of the answer to its question. */
export function choicesOf(facet: Facet, answer: RankingAnswer | TableAnswer | undefined): Choice[] {
  if (facet.words) {
    const sums = answer && "table" in answer ? sumsOf(answer) : undefined;
    return Object.entries(facet.words).map(([value, label]) => ({
      value,
      label,
      // Plays without a decision are in no series, so nothing is known of them here.
      plays: value === "unknown" ? undefined : sums && (sums.get(value) ?? 0),
    }));
  }
  if (!answer || !("entries" in answer)) return [];
  if (facet.name === "library") return librariesOf(answer.entries);
  return answer.entries.flatMap((e) =>
    e.name === undefined ? [] : [{ value: e.name, label: e.name, plays: e.plays, id: e.user_id }],
  );
}

function sumsOf({ table }: TableAnswer): Map<string, number> {
  return new Map(table.series.map((s) => [s.name, s.values.reduce((sum, n) => sum + n, 0)]));
}

/** The filter knows ids alone: libraries of several servers with one id are one choice. */
function librariesOf(entries: readonly RankedEntry[]): Choice[] {
  const byId = new Map<string, Choice>();
  for (const { library_id: id, name = "", plays } of entries) {
    if (id === undefined) continue;
    const known = byId.get(id);
    if (!known) byId.set(id, { value: id, label: name || id, plays });
    else {
      if (name && !known.label.split(" / ").includes(name)) known.label += ` / ${name}`;
      known.plays = (known.plays ?? 0) + plays;
    }
  }
  return [...byId.values()];
}

/** Whether the address asks for `choice`. A user is asked for by name or by account. */
export function isChosen(query: URLSearchParams, facet: Facet, choice: Choice): boolean {
  return (
    query.has(facet.name, choice.value) ||
    (facet.name === "user" && choice.id !== undefined && query.has("user_id", choice.id))
  );
}

/** The change of the address that takes `choice` in, or out again. */
export function toggled(query: URLSearchParams, facet: Facet, choice: Choice): Record<string, string[]> {
  if (isChosen(query, facet, choice)) {
    const without = { [facet.name]: query.getAll(facet.name).filter((v) => v !== choice.value) };
    if (facet.name !== "user") return without;
    return { ...without, user_id: query.getAll("user_id").filter((v) => v !== choice.id) };
  }
  // Different parameters narrow one another, so names and accounts must not mix; names change, accounts do not.
  if (facet.name === "user" && choice.id !== undefined && !query.has("user"))
    return { user_id: [...query.getAll("user_id"), choice.id] };
  return { [facet.name]: [...query.getAll(facet.name), choice.value] };
}
