// How a server is, in words, and which ones to look at first.
import type { Server, Sink } from "../../api/schema";

/** What to do about it, by the kind of the error. */
const HINTS: Record<string, string> = {
  unreachable: "Is it running, and is its address right? Another machine may reach it by another address.",
  starting: "It answers that it is starting. After an update this can take minutes.",
  timeout: "It takes longer to answer than we wait. Is its machine or its database busy?",
  tls: "Its certificate is not trusted. Use the address the certificate is made for, or name the authority with ca_file.",
  unauthorized:
    "The token or key is not accepted any more. Sign in again, or put a new one into the configuration.",
  forbidden: "The account has no right to see this. Use the owner's, or an administrator's.",
  not_found: "Nothing is at this address that speaks as it should. Is it the right port, and the right path?",
  bad_payload: "What answers is not the expected program, or one of a version we do not know.",
  rate_limited: "It asks us to come back less often. Raise poll_interval_s.",
  wrong_target:
    "Another server than the configured one answers at its address. Is the machine_id still right?",
  server_error: "It has an error of its own; its log tells which.",
};

export function hintOf(server: Server): string | undefined {
  return server.error ? HINTS[server.error.kind] : undefined;
}

/** Errors of the last request to something the server is watched by; features that need a licence do not count. */
export function failing(server: Server): string[] {
  const lacking = new Set(Object.keys(server.features).filter((f) => server.features[f] === "unavailable"));
  return Object.entries(server.endpoints)
    .filter(([name, e]) => !e.last_ok && !lacking.has(name))
    .map(([name]) => name);
}

/** 0 is down, then what is starting or not yet known, then what answers with failures, then what is well. */
export function rank(server: Server): number {
  if (server.state === "down") return 0;
  if (server.state !== "up") return 1;
  return failing(server).length > 0 ? 2 : 3;
}

/** Those with trouble first, else in the order of the configuration. */
export function inOrder(servers: readonly Server[]): Server[] {
  return servers
    .map((server, n) => ({ server, n, rank: rank(server) }))
    .sort((a, b) => a.rank - b.rank || a.n - b.n)
    .map((s) => s.server);
}

/** A server as the last event told it, with the counts of a later question. */
export function withCounts(told: Server, asked: Server | undefined): Server {
  if (!asked) return told;
  const { endpoints, notifications, transmitted_bytes, last_success_at: seen } = asked;
  const last =
    told.last_success_at && seen && told.last_success_at > seen
      ? told.last_success_at
      : (seen ?? told.last_success_at);
  return { ...told, endpoints, notifications, transmitted_bytes, last_success_at: last };
}

/** Sum of what was told; absent where nothing was. */
export function sum(values: ReadonlyArray<number | undefined>): number | undefined {
  const told = values.filter((v) => v !== undefined);
  return told.length > 0 ? told.reduce((a, b) => a + b, 0) : undefined;
}

/** How a target of points does. */
export function sinkState(sink: Sink): { text: string; tag: string } {
  if (sink.up === undefined) return { text: "Not asked yet", tag: "" };
  if (!sink.up) return { text: "Fails", tag: "bad" };
  return sink.points_waiting > 0 && sink.oldest_waiting_at
    ? { text: "Writes, some wait", tag: "wait" }
    : { text: "Writes", tag: "good" };
}
