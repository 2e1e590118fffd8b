// What users were sent over the last hour: as the server sampled it, continued here from what plays.
import type { Load, Session } from "../../api/schema";
import { flowing } from "./tally";

/** Columns of one length. */
export interface Recent {
  /** Seconds since 1970, rising. */
  times: readonly number[];
  users: ReadonlyMap<string, ReadonlyArray<number | null>>;
}

type Sent = Pick<Session, "state" | "delivery" | "user">;

export const NOTHING_YET: Recent = { times: [], users: new Map() };

/** How far back is shown. */
const SPAN_S = 3_600;
/** Users with a colour of their own; the others are one. */
export const NAMED_MAX = 7;
export const OTHERS = "others";

export function fromLoad(load: Pick<Load, "times" | "users">): Recent {
  const times = load.times.map((time) => Date.parse(time) / 1000);
  return { times, users: new Map(load.users.map(({ name, bps }) => [name, bps])) };
}

/** One more moment; what is older than an hour is dropped. A moment that is not later changes nothing. */
export function continued(old: Recent, atS: number, sessions: readonly Sent[]): Recent {
  const last = old.times.at(-1);
  if (last !== undefined && atS <= last) return old;
  const sent = new Map<string, number>();
  for (const session of sessions) {
    const bps = flowing(session);
    if (session.user && bps > 0) sent.set(session.user.name, (sent.get(session.user.name) ?? 0) + bps);
  }
  const from = old.times.findIndex((time) => time > atS - SPAN_S);
  const kept = from < 0 ? old.times.length : from;
  const blank = old.times.slice(kept).map(() => 0);
  const users = new Map<string, ReadonlyArray<number | null>>();
  for (const name of new Set([...old.users.keys(), ...sent.keys()])) {
    const values = old.users.get(name)?.slice(kept) ?? blank;
    users.set(name, [...values, sent.get(name) ?? 0]);
  }
  return { times: [...old.times.slice(kept), atS], users };
}

/** A user, and what they were sent. */
export interface Column {
  name: string;
  values: ReadonlyArray<number | null>;
}

/** Those who were sent the most, by name so that they keep their places, and all others as one. */
export function drawn({ times, users }: Recent): Column[] {
  const sums = [...users]
    .map(([name, values]) => ({ name, values, sum: values.reduce((a: number, v) => a + (v ?? 0), 0) }))
    .filter((user) => user.sum > 0)
    .sort((a, b) => b.sum - a.sum);
  const named = sums.filter((user) => user.name !== OTHERS).slice(0, NAMED_MAX);
  const rest = sums.filter((user) => !named.includes(user));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (rest.length > 0) named.push({ name: OTHERS, values: together(rest, times.length), sum: 0 });
  return named.map(({ name, values }) => ({ name, values }));
}

function together(columns: readonly Column[], length: number): Array<number | null> {
  return Array.from({ length }, (_, n) =>
    columns.reduce<number | null>((sum, { values }) => {
      const value = values[n];
      return value == null ? sum : (sum ?? 0) + value;
    }, null),
  );
}
