// The state of now, as /api/v1/events tells it. One signal per session: a change of one redraws one card.
import { batch, signal, type Signal } from "@preact/signals";
import { address } from "../api/client";
import type { Feed, Library, Progresses, Server, ServerLibraries, Session, Snapshot } from "../api/schema";

/** A session with the moment its position was told, on this browser's monotonic clock. */
export interface LiveSession extends Session {
  receivedAt: number;
}

export const link = signal<"connecting" | "live" | "lost">("connecting");
/** When the connection was lost, by this browser's clock. */
export const lostAt = signal<number | undefined>(undefined);
export const servers = signal<Server[]>([]);
export const libraries = signal<Library[]>([]);
export const feeds = signal<Feed[]>([]);
/** In the order of the servers, then of the start. */
export const sessions = signal<Array<Signal<LiveSession>>>([]);
/** Milliseconds by which the server's clock is ahead of ours. */
export const clockAheadMs = signal(0);
/** True once there was a whole picture. */
export const known = signal(false);

/** Silence after which a connection counts as lost: the server says something at least every 15 s. */
const SILENCE_MS = 35_000;
/** Waits between attempts: doubled from the first to the last, so that a restart is noticed at once. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15_000;

let source: EventSource | undefined;
let heard = 0;
let wait = FIRST_WAIT_MS;
let again: ReturnType<typeof setTimeout> | undefined;

/** Connects, and stays connected. Further calls do nothing. */
export function connect(): void {
  if (source || again) return;
  open();
  setInterval(watchSilence, 5_000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && watchSilence());
  addEventListener("online", retryNow);
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
  source = new EventSource(address("api/v1/events"));
  const on = <T>(name: string, take: (data: T) => void) =>
    source?.addEventListener(name, (event) => {
      heard = performance.now();
      batch(() => take(JSON.parse((event as MessageEvent<string>).data) as T));
    });
  on<Snapshot>("snapshot", takeSnapshot);
  on<Session>("session.started", putSession);
  on<Session>("session.updated", putSession);
  on<Progresses>("session.progress", takeProgress);
  on<Session>("session.ended", endSession);
  on<Feed>("feed.started", putFeed);
  on<Feed>("feed.updated", putFeed);
  on<Feed>("feed.ended", (feed) => {
    feeds.value = feeds.value.filter((f) => f.id !== feed.id);
  });
  on<Server>("server.updated", (server) => {
    servers.value = replaced(servers.value, server);
  });
  on<ServerLibraries>("libraries.updated", ({ server_id, libraries: own }) => {
    libraries.value = [...libraries.value.filter((l) => l.server_id !== server_id), ...own];
  });
  source.onerror = lose;
}

/** The browser would try again by itself, but at its own pace, and not at all after some answers. */
function lose(): void {
  source?.close();
  source = undefined;
  if (link.value !== "lost") lostAt.value = Date.now();
  link.value = "lost";
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
  const before = new Map(sessions.value.map((s) => [s.value.id, s]));
  sessions.value = all.sessions.map((session) => {
    const own = before.get(session.id) ?? signal(received(session));
    own.value = received(session);
    return own;
  });
  known.value = true;
}

function received(session: Session): LiveSession {
  return { ...session, receivedAt: performance.now() };
}

function putSession(session: Session): void {
  const own = sessions.value.find((s) => s.value.id === session.id);
  if (own) own.value = received(session);
  else sessions.value = [...sessions.value, signal(received(session))];
}

function endSession(session: Session): void {
  sessions.value = sessions.value.filter((s) => s.value.id !== session.id);
}

function takeProgress(told: Progresses): void {
  const byId = new Map(sessions.value.map((s) => [s.value.id, s]));
  for (const progress of told.sessions) {
    const own = byId.get(progress.id);
    if (!own) continue;
    const { transcode, ...rest } = progress;
    const old = own.value;
    const delivery = transcode
      ? { ...old.delivery, transcode: { ...old.delivery.transcode, ...transcode } as typeof old.delivery.transcode }
      : old.delivery;
    own.value = { ...old, ...rest, delivery, receivedAt: performance.now() };
  }
}

function putFeed(feed: Feed): void {
  feeds.value = replaced(feeds.value, feed);
}

function replaced<T extends { id: string }>(list: readonly T[], one: T): T[] {
  return list.some((other) => other.id === one.id)
    ? list.map((other) => (other.id === one.id ? one : other))
    : [...list, one];
}

/** Where a session is now, between two reports of the server; only what plays moves on. */
export function positionMs(session: LiveSession, nowMs: number = performance.now()): number | undefined {
  if (session.position_ms === undefined) return undefined;
  const moved = session.state === "playing" ? Math.max(0, nowMs - session.receivedAt) : 0;
  return Math.min(session.position_ms + moved, session.item.duration_ms ?? Number.POSITIVE_INFINITY);
}
