// The state of now, as /api/v1/events tells it. One signal per session: a change of one redraws one card.
import { batch, signal, type Signal } from "@preact/signals";
import { address } from "../api/client";
import type { Feed, Library, Progress, Progresses, Server, ServerLibraries, Session, Snapshot } from "../api/schema";
import { inOrder, type Placed, placeFor } from "./order";

/** A session with the moment its position was confirmed, on this browser's monotonic clock. */
export interface LiveSession extends Session {
  receivedAt: number;
}

/** What the stream of events may say, by name. */
export interface Told {
  snapshot: Snapshot;
  "session.started": Session;
  "session.updated": Session;
  "session.progress": Progresses;
  "session.ended": Session;
  "feed.started": Feed;
  "feed.updated": Feed;
  "feed.ended": Feed;
  "server.updated": Server;
  "libraries.updated": ServerLibraries;
}

export const link = signal<"connecting" | "live" | "lost">("connecting");
/** Counts attempts to connect that came to nothing. A stream of events does not say why it ended. */
export const failures = signal(0);
/** When the connection was lost, by this browser's clock. */
export const lostAt = signal<number | undefined>(undefined);
export const servers = signal<Server[]>([]);
export const libraries = signal<Library[]>([]);
export const feeds = signal<Feed[]>([]);
/** In the order of the servers, then of the start; a session keeps its place, and its signal, for as long as it lasts. */
export const sessions = signal<Array<Signal<LiveSession>>>([]);

/** How a server is called; its id while that is not known. */
export function serverName(id: string): string {
  return servers.value.find((server) => server.id === id)?.name ?? id;
}

/** Milliseconds by which the server's clock is ahead of ours. */
export const clockAheadMs = signal(0);
/** True once there was a whole picture. */
export const known = signal(false);

/** Silence after which a connection counts as lost: the server says something at least every 15 s. */
const SILENCE_MS = 35_000;
/** Waits between attempts: doubled from the first to the last, so that a restart is noticed at once. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15_000;
/** A first event is taken after this long, with those that come with it. */
const GATHER_MS = 40;
/** When events keep coming they are taken this often, in one go: nobody reads faster. */
const FLOOD_MS = 250;
/** A position moves on for this long without a word of the server; then it stands, since nobody knows. */
export const ALONE_MS = 60_000;
/** A report is not taken for older than this: beyond it the clocks, not the report, are wrong. */
const AGE_MAX_MS = 30_000;

let source: EventSource | undefined;
let heard = 0;
let wait = FIRST_WAIT_MS;
let again: ReturnType<typeof setTimeout> | undefined;
let watched = false;

/** Connects, and stays connected. Further calls do nothing. */
export function connect(): void {
  if (source || again) return;
  open();
  if (watched) return;
  watched = true;
  setInterval(watchSilence, 5_000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && watchSilence());
  addEventListener("online", retryNow);
}

/** Ends the connection and forgets what it told: whoever looked is signed out. */
export function disconnect(): void {
  clearTimeout(again);
  again = undefined;
  source?.close();
  source = undefined;
  pending = [];
  batch(() => {
    link.value = "connecting";
    known.value = false;
    servers.value = [];
    libraries.value = [];
    feeds.value = [];
    sessions.value = [];
  });
}

/** Tries at once, for a person who does not want to wait. */
export function retryNow(): void {
  if (link.value !== "lost") return;
  clearTimeout(again);
  again = undefined;
  source?.close();
  open();
}

function watchSilence(): void {
  if (link.value === "live" && performance.now() - heard > SILENCE_MS) lose();
}

function open(): void {
  pending = [];
  source = new EventSource(address("api/v1/events"));
  for (const name of Object.keys(TAKE) as Array<keyof Told>) {
    source.addEventListener(name, (event) => {
      heard = performance.now();
      const { data, lastEventId } = event as MessageEvent<string>;
      hear(name, JSON.parse(data) as Told[typeof name], Number(lastEventId) || undefined);
    });
  }
  source.onerror = lose;
}

const TAKE: { [Name in keyof Told]: (data: Told[Name]) => void } = {
  snapshot: takeSnapshot,
  "session.started": putSession,
  "session.updated": putSession,
  "session.progress": takeProgress,
  "session.ended": endSession,
  "feed.started": putFeed,
  "feed.updated": putFeed,
  "feed.ended": (feed) => {
    feeds.value = feeds.value.filter((f) => f.id !== feed.id);
  },
  "server.updated": (server) => {
    servers.value = replaced(servers.value, server);
  },
  "libraries.updated": ({ server_id, libraries: own }) => {
    libraries.value = [...libraries.value.filter((l) => l.server_id !== server_id), ...own];
  },
};

let pending: Array<() => void> = [];
let gathering: ReturnType<typeof setTimeout> | undefined;
/** When events were taken last, on this browser's monotonic clock. */
let settledAt = Number.NEGATIVE_INFINITY;
/** The version of the last snapshot, which what is older knows less than. */
let pictured = 0;

/** Takes an event, soon; `version` is the one of the state that it belongs to. */
export function hear<Name extends keyof Told>(name: Name, data: Told[Name], version?: number): void {
  if (name === "snapshot") {
    // What was told before it is in it.
    pending = [];
    pictured = (data as Snapshot).meta.version;
  } else if (version !== undefined && version < pictured) return;
  pending.push(() => TAKE[name](data));
  const waitMs = Math.max(GATHER_MS, settledAt + FLOOD_MS - performance.now());
  gathering ??= setTimeout(settle, known.peek() ? waitMs : 0);
}

/** Takes what was heard, at once. */
export function settle(): void {
  clearTimeout(gathering);
  gathering = undefined;
  settledAt = performance.now();
  const all = pending;
  pending = [];
  batch(() => all.forEach((take) => take()));
}

/** The browser would try again by itself, but at its own pace, and not at all after some answers. */
function lose(): void {
  source?.close();
  source = undefined;
  pending = [];
  if (link.value !== "lost") lostAt.value = Date.now();
  link.value = "lost";
  failures.value += 1;
  clearTimeout(again);
  again = setTimeout(() => {
    again = undefined;
    open();
  }, wait);
  wait = Math.min(wait * 2, LAST_WAIT_MS);
}

function takeSnapshot(all: Snapshot): void {
  link.value = "live";
  lostAt.value = undefined;
  wait = FIRST_WAIT_MS;
  clockAheadMs.value = Date.parse(all.meta.answered_at) - Date.now();
  servers.value = all.servers;
  libraries.value = all.libraries;
  feeds.value = all.feeds;
  const own = inOrder(all.sessions, rank()).map((session) => {
    const one = byId.get(session.id);
    if (!one) return signal(received(session));
    one.value = received(session);
    return one;
  });
  byId = new Map(own.map((one) => [one.peek().id, one]));
  sessions.value = own;
  known.value = true;
}

let byId = new Map<string, Signal<LiveSession>>();

/** The place of a server among all. */
function rank(): (serverId: string) => number {
  const places = new Map(servers.peek().map((server, n) => [server.id, n]));
  return (id) => places.get(id) ?? places.size;
}

function received(session: Session): LiveSession {
  return { ...session, receivedAt: momentOf(session) };
}

/** When a position was confirmed, on this browser's monotonic clock. */
function momentOf({ seen_at }: Pick<Session, "seen_at">): number {
  const ageMs = Date.now() + clockAheadMs.peek() - Date.parse(seen_at);
  return performance.now() - Math.min(AGE_MAX_MS, Math.max(0, ageMs || 0));
}

function putSession(session: Session): void {
  const own = byId.get(session.id);
  if (own) {
    own.value = received(session);
    return;
  }
  const fresh = signal(received(session));
  byId.set(session.id, fresh);
  const list = sessions.peek();
  const at = placeFor(session, list.length, (n) => list[n]?.peek() as Placed, rank());
  sessions.value = [...list.slice(0, at), fresh, ...list.slice(at)];
}

function endSession({ id }: Pick<Session, "id">): void {
  if (byId.delete(id)) sessions.value = sessions.peek().filter((s) => s.peek().id !== id);
}

function takeProgress(told: Progresses): void {
  for (const progress of told.sessions) {
    const own = byId.get(progress.id);
    if (own) own.value = moved(own.peek(), progress);
  }
}

/** A session with the figures that move. */
function moved(old: LiveSession, { transcode, ...rest }: Progress): LiveSession {
  const before = old.delivery.transcode;
  const delivery = transcode ? { ...old.delivery, transcode: { reasons: [], ...before, ...transcode } } : old.delivery;
  return { ...old, ...rest, delivery, receivedAt: momentOf(rest) };
}

function putFeed(feed: Feed): void {
  const list = feeds.peek();
  if (list.some((f) => f.id === feed.id)) {
    feeds.value = replaced(list, feed);
    return;
  }
  const at = placeFor(feed, list.length, (n) => list[n] as Placed, rank());
  feeds.value = [...list.slice(0, at), feed, ...list.slice(at)];
}

function replaced<T extends { id: string }>(list: readonly T[], one: T): T[] {
  return list.some((other) => other.id === one.id)
    ? list.map((other) => (other.id === one.id ? one : other))
    : [...list, one];
}

/** Where a session is now, between two reports of the server; only what plays moves on. */
export function positionMs(session: LiveSession, nowMs: number = performance.now()): number | undefined {
  if (session.position_ms === undefined) return undefined;
  const ran = session.state === "playing" ? Math.min(ALONE_MS, Math.max(0, nowMs - session.receivedAt)) : 0;
  return Math.min(session.position_ms + ran, session.item.duration_ms ?? Number.POSITIVE_INFINITY);
}
