// The streams of now, counted.
import type { Session } from "../../api/schema";
import { hardware } from "./media";

export interface Tally {
  streams: number;
  directplay: number;
  copy: number;
  transcode: number;
  /** Transcodes whose picture the machine's engines convert, at least in part. */
  hardware: number;
  /** What is sent to the own network, by the bit rates of what plays. */
  lanBps: number;
  /** What leaves the house: other networks, mobile data and the relay, and players of which nothing is known. */
  wanBps: number;
}

/** What flows to a session: nothing while it is paused; unknown where the server does not tell. */
export function flowing(session: Pick<Session, "state" | "delivery">): number {
  return session.state === "paused" || session.state === "stopped" ? 0 : (session.delivery.bitrate_bps ?? 0);
}

export function tallyOf(sessions: ReadonlyArray<Pick<Session, "state" | "delivery" | "player">>): Tally {
  const all: Tally = { streams: 0, directplay: 0, copy: 0, transcode: 0, hardware: 0, lanBps: 0, wanBps: 0 };
  for (const session of sessions) {
    all.streams += 1;
    const { decision } = session.delivery;
    if (decision) all[decision] += 1;
    if (hardware(session)) all.hardware += 1;
    const { network, local } = session.player;
    const home = network === undefined ? local === true : network === "lan";
    all[home ? "lanBps" : "wanBps"] += flowing(session);
  }
  return all;
}

/** `next`, or `last` where nothing differs, so that who looks at it is not called. */
export function steady<T extends object>(last: T | undefined, next: T): T {
  if (!last) return next;
  for (const key of Object.keys(next) as Array<keyof T>) if (last[key] !== next[key]) return next;
  return last;
}

export interface Wanted {
  server: readonly string[];
  user: readonly string[];
  decision: readonly string[];
}

/** Whether a stream passes a filter; an empty list lets everything through. */
export function passes(session: Pick<Session, "server_id" | "user" | "delivery">, wanted: Wanted): boolean {
  const within = (list: readonly string[], value: string | undefined) =>
    list.length === 0 || (value !== undefined && list.includes(value));
  return (
    within(wanted.server, session.server_id) &&
    within(wanted.user, session.user?.name) &&
    within(wanted.decision, session.delivery.decision)
  );
}
