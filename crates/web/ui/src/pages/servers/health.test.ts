import { describe, expect, it } from "vitest";
import type { Endpoint, Server, Sink } from "../../api/schema";
import { failing, hintOf, inOrder, sinkState, sum, withCounts } from "./health";

const good: Endpoint = { requests: 3, retries: 0, errors: {}, last_ok: true, last_duration_ms: 2 };
const bad: Endpoint = { ...good, last_ok: false, errors: { timeout: 1 } };

function server(id: string, change: Partial<Server> = {}): Server {
  return {
    id,
    name: id,
    kind: "plex",
    state: "up",
    endpoints: { sessions: good },
    features: {},
    estimated_bytes: 0,
    link: "websocket",
    notifications: 0,
    sessions: 0,
    ...change,
  };
}

describe("inOrder", () => {
  it("shows trouble first and keeps the order of the configuration", () => {
    const all = [
      server("a"),
      server("b", { endpoints: { sessions: bad } }),
      server("c", { state: "starting" }),
      server("d"),
      server("e", { state: "down" }),
      server("f", { state: "down" }),
    ];
    expect(inOrder(all).map((s) => s.id)).toEqual(["e", "f", "c", "b", "a", "d"]);
  });
});

it("what a licence lacks is no failure", () => {
  expect(
    failing(server("a", { endpoints: { bandwidth: bad }, features: { bandwidth: "unavailable" } })),
  ).toEqual([]);
  expect(failing(server("a", { endpoints: { bandwidth: bad, sessions: good } }))).toEqual(["bandwidth"]);
});

it("a hint is there for what is known, and only for an error", () => {
  expect(hintOf(server("a"))).toBeUndefined();
  expect(hintOf(server("a", { error: { kind: "tls", message: "m", since: "s" } }))).toContain("certificate");
  expect(hintOf(server("a", { error: { kind: "quite new", message: "m", since: "s" } }))).toBeUndefined();
});

it("counts come from the question, the state from the event", () => {
  const told = server("a", { state: "down", last_success_at: "2026-11-21T19:00:00Z" });
  const asked = server("a", {
    endpoints: { sessions: { ...good, requests: 9 } },
    last_success_at: "2026-11-21T19:00:05Z",
  });
  const both = withCounts(told, asked);
  expect([both.state, both.endpoints.sessions?.requests, both.last_success_at]).toEqual([
    "down",
    9,
    "2026-11-21T19:00:05Z",
  ]);
  expect(withCounts(asked, told).last_success_at).toBe("2026-11-21T19:00:05Z");
  expect(withCounts(told, undefined)).toBe(told);
});

it("a sum of nothing is unknown", () => {
  expect(sum([undefined, undefined])).toBeUndefined();
  expect(sum([1, undefined, 2])).toBe(3);
  expect(sum([0])).toBe(0);
});

describe("sinkState", () => {
  const sink: Sink = {
    id: "a",
    kind: "influxdb",
    points_dropped: {},
    points_waiting: 0,
    points_written: 1,
    retries: 0,
    spool_bytes: 0,
  };
  const cases: Array<[Partial<Sink>, string]> = [
    [{}, "Not asked yet"],
    [{ up: false }, "Fails"],
    [{ up: true }, "Writes"],
    [{ up: true, points_waiting: 3, oldest_waiting_at: "2026-11-21T19:00:00Z" }, "Writes, some wait"],
  ];
  for (const [change, text] of cases)
    it(text, () => expect(sinkState({ ...sink, ...change }).text).toBe(text));
});
