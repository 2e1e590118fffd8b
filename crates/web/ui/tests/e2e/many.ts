// A server of the interface that invents what plays: the page itself comes from the demo. It says as much as a house
// with many streams would, and only what a test tells it to.
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Server, Session, Snapshot } from "../../src/api/schema";

const iso = (ms: number) => new Date(ms).toISOString();
const HOUR_SAMPLES = 720;

export function server(id: string): Server {
  const host = { host_cpu_ratio: 0.4, host_memory_ratio: 0.5 };
  return {
    id,
    name: id,
    kind: "plex",
    state: "up",
    link: "websocket",
    notifications: 0,
    sessions: 0,
    estimated_bytes: 0,
    endpoints: {},
    features: {},
    host,
  };
}

/** The nth of many sessions: every third one is transcoded, with a figure that moves. */
function session(n: number, startedMs: number): Session {
  const transcoded = n % 3 === 0;
  return {
    id: `s${n}`,
    server_id: n % 2 === 0 ? "house" : "cabin",
    session_key: String(n),
    state: "playing",
    started_at: iso(startedMs + n),
    seen_at: iso(Date.now()),
    position_ms: n * 10_000,
    item: { kind: "movie", title: `Film ${n}`, year: 2000 + (n % 25), duration_ms: 7_200_000, extra: false },
    user: { id: String(n % 30), name: `user ${n % 30}` },
    player: { title: `Room ${n}`, product: "Plex for Roku", platform: "Roku", network: n % 4 === 0 ? "wan" : "lan" },
    source: { container: "mkv", video_codec: "hevc", video_resolution: "1080", audio_codec: "ac3", audio_channels: 6 },
    delivery: {
      decision: transcoded ? "transcode" : "directplay",
      bitrate_bps: 4_000_000 + n * 1000,
      video: { decision: transcoded ? "transcode" : "directplay", codec: transcoded ? "h264" : "hevc", resolution: "1080" },
      audio: { decision: "directplay", codec: "ac3", channels: 6 },
      ...(transcoded && { transcode: { reasons: ["video_codec"], speed: 2, throttled: false, buffer_ahead_ms: 30_000 } }),
    },
    played_ms: 0,
    paused_ms: 0,
    buffering_ms: 0,
    segments: [],
  };
}

export interface Many {
  /** With a final slash. */
  base: string;
  /** Tells everybody who listens. */
  tell: (event: string, data: unknown) => void;
  sessions: Session[];
  /** Ends all streams of events and refuses new ones, or takes them again. */
  silence: (on: boolean) => void;
  /** Says of each session, every second, that it has moved on; until the returned function is called. */
  updateAll: () => () => void;
  close: () => Promise<void>;
}

/** How many bursts a second's updates come in: as many looks of servers would. */
const BURSTS = 10;

export async function many(count: number, demo: string): Promise<Many> {
  const startedMs = Date.now() - 600_000;
  const sessions = Array.from({ length: count }, (_, n) => session(n, startedMs));
  const listeners = new Set<ServerResponse>();
  let version = 1;
  let silent = false;
  const tell = (event: string, data: unknown) => {
    version += 1;
    for (const to of listeners) to.write(`event: ${event}\nid: ${version}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const snapshot = (): Snapshot => ({
    servers: [server("house"), server("cabin")],
    libraries: [],
    feeds: [],
    sessions,
    meta: { count, version, answered_at: iso(Date.now()) },
  });
  const http = createServer((asked, answer) => {
    const path = new URL(asked.url ?? "/", "http://fake").pathname;
    if (path === "/api/v1/events" && silent) answer.writeHead(503).end();
    else if (path === "/api/v1/events") {
      answer.writeHead(200, { "Content-Type": "text/event-stream" });
      answer.write(`event: snapshot\nid: ${version}\ndata: ${JSON.stringify(snapshot())}\n\n`);
      listeners.add(answer);
      asked.on("close", () => listeners.delete(answer));
    } else if (path === "/api/v1/load") json(answer, lastHour());
    else if (path === "/api/v1/access") json(answer, { mode: "open", signed_in: true, role: "admin", password_set: false });
    else pass(asked, answer, demo);
  });
  await new Promise<void>((ready) => http.listen(0, "127.0.0.1", ready));
  return {
    base: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    tell,
    sessions,
    silence: (on) => {
      silent = on;
      if (on) for (const to of listeners) to.end();
    },
    updateAll: () => updates(sessions, tell),
    close: async () => {
      for (const to of listeners) to.end();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
}

function updates(sessions: Session[], tell: Many["tell"]): () => void {
  let burst = 0;
  const timer = setInterval(() => {
    burst = (burst + 1) % BURSTS;
    for (let n = burst; n < sessions.length; n += BURSTS) {
      const old = sessions[n] as Session;
      const { transcode } = old.delivery;
      const buffer_ahead_ms = 20_000 + Math.round(Math.random() * 60_000);
      const delivery = transcode ? { ...old.delivery, transcode: { ...transcode, buffer_ahead_ms } } : old.delivery;
      const position_ms = (old.position_ms ?? 0) + 1_000;
      sessions[n] = { ...old, delivery, position_ms, seen_at: iso(Date.now()), played_ms: old.played_ms + 1_000 };
      tell("session.updated", sessions[n]);
    }
  }, 1_000 / BURSTS);
  return () => clearInterval(timer);
}

function lastHour() {
  const now = Date.now();
  const times = Array.from({ length: HOUR_SAMPLES }, (_, n) => iso(now - (HOUR_SAMPLES - n) * 5_000));
  const users = Array.from({ length: 21 }, (_, n) => ({ name: n < 20 ? `user ${n}` : "others", bps: times.map(() => 1e6 * n) }));
  return { step_s: 5, from: times[0], times, servers: [], users, upload_limit_bps: 500_000_000 };
}

function json(answer: ServerResponse, body: unknown): void {
  answer.writeHead(200, { "Content-Type": "application/json" });
  answer.end(JSON.stringify(body));
}

function pass(asked: IncomingMessage, answer: ServerResponse, demo: string): void {
  const to = request(new URL((asked.url ?? "/").slice(1), demo), { headers: { accept: asked.headers.accept ?? "*/*" } }, (from) => {
    answer.writeHead(from.statusCode ?? 502, from.headers);
    from.pipe(answer);
  });
  to.on("error", () => answer.writeHead(502).end());
  to.end();
}
