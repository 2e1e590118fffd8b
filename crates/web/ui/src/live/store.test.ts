import { effect } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import type { Feed, Progress, Server, Session, Snapshot } from "../api/schema";
import { compare, inOrder } from "./order";
import { ALONE_MS, clockAheadMs, feeds, hear, positionMs, servers, sessions, settle, type LiveSession } from "./store";

const iso = (ms: number) => new Date(ms).toISOString();

function session(id: string, more: Partial<Session> = {}): Session {
  const at = iso(Date.now());
  return {
    id,
    server_id: "house",
    session_key: id,
    state: "playing",
    started_at: "2026-11-21T20:00:00Z",
    seen_at: at,
    position_ms: 60_000,
    item: { kind: "movie", title: id, duration_ms: 600_000, extra: false },
    player: {},
    source: {},
    delivery: {},
    played_ms: 0,
    paused_ms: 0,
    buffering_ms: 0,
    segments: [],
    ...more,
  };
}

function snapshot(all: Session[], more: Partial<Snapshot> = {}, version = 100): Snapshot {
  const meta = { count: all.length, version, answered_at: iso(Date.now()) };
  const named = ["house", "cabin"].map((id) => ({ id, name: id }) as Server);
  return { servers: named, libraries: [], feeds: [], sessions: all, meta, ...more };
}

const progress = (id: string, more: Partial<Progress> = {}): Progress => ({
  id,
  state: "playing",
  seen_at: iso(Date.now()),
  position_ms: 61_000,
  played_ms: 1_000,
  paused_ms: 0,
  buffering_ms: 0,
  ...more,
});

const ids = () => sessions.value.map((s) => s.value.id);
const one = (id: string) => sessions.value.find((s) => s.value.id === id)?.value as LiveSession;

function start(...all: Session[]): void {
  hear("snapshot", snapshot(all), 100);
  settle();
}

beforeEach(() => {
  hear("snapshot", snapshot([]), 0);
  settle();
});

describe("the order", () => {
  const rank = (id: string) => ["house", "cabin"].indexOf(id);
  it.each([
    ["by server", { server_id: "cabin", started_at: "2026-01-01T00:00:00Z" }, { started_at: "2026-01-02T00:00:00Z" }, 1],
    ["by start", { started_at: "2026-01-01T00:00:02Z" }, { started_at: "2026-01-01T00:00:03Z" }, -1],
    ["by moment, not by text", { started_at: "2026-01-01T00:00:39.9Z" }, { started_at: "2026-01-01T00:00:39Z" }, 1],
    ["by id in the end", { id: "b" }, { id: "a" }, 1],
  ])("is %s", (_, a, b, expected) => {
    const own = { id: "x", server_id: "house", started_at: "2026-01-01T00:00:00Z" };
    expect(Math.sign(compare({ ...own, ...a }, { ...own, ...b }, rank))).toBe(expected);
  });

  it("is the same whether sessions come in a snapshot or one by one", () => {
    const all = [
      session("c", { server_id: "cabin", started_at: "2026-11-21T19:00:00Z" }),
      session("b", { started_at: "2026-11-21T20:00:01Z" }),
      session("a", { started_at: "2026-11-21T20:00:01Z" }),
      session("d", { started_at: "2026-11-21T20:00:00Z" }),
    ];
    start(...all);
    const whole = ids();
    start();
    for (const each of all) hear("session.started", each);
    settle();
    expect(whole).toEqual(["d", "a", "b", "c"]);
    expect(ids()).toEqual(whole);
    expect(inOrder(all, (id) => (id === "house" ? 0 : 1)).map((s) => s.id)).toEqual(whole);
  });

  it("stays when a session changes", () => {
    start(session("a"), session("b"), session("c"));
    const before = [...sessions.value];
    hear("session.updated", session("b", { state: "paused" }));
    hear("session.progress", { server_id: "house", sessions: [progress("c"), progress("a")] });
    settle();
    expect(sessions.value).toEqual(before);
  });
});

describe("events", () => {
  it("redraw what they change and nothing else", () => {
    start(session("a"), session("b"), session("c"));
    const drawn: Record<string, number> = { list: 0, a: 0, b: 0, c: 0 };
    const ends = sessions.value.map((s) => effect(() => void (drawn[s.value.id] = (drawn[s.value.id] ?? 0) + 1)));
    ends.push(effect(() => void (sessions.value.length, (drawn.list = (drawn.list ?? 0) + 1))));
    expect(drawn).toEqual({ list: 1, a: 1, b: 1, c: 1 });
    hear("session.updated", session("b", { state: "paused" }));
    settle();
    expect(drawn).toEqual({ list: 1, a: 1, b: 2, c: 1 });
    hear("session.progress", { server_id: "house", sessions: [progress("c")] });
    settle();
    expect(drawn).toEqual({ list: 1, a: 1, b: 2, c: 2 });
    ends.forEach((end) => end());
  });

  it("that come together are one redraw", () => {
    start(session("a"));
    let drawn = 0;
    const end = effect(() => void (sessions.value[0]?.value, (drawn += 1)));
    for (let n = 0; n < 50; n++) hear("session.updated", session("a", { position_ms: n }));
    settle();
    end();
    expect(drawn).toBe(2);
    expect(one("a").position_ms).toBe(49);
  });

  it("older than the snapshot bring nothing back", () => {
    hear("snapshot", snapshot([session("b")], {}, 100), 100);
    hear("session.started", session("a"), 98);
    hear("session.updated", session("b", { state: "paused" }), 99);
    hear("session.ended", session("b"), 97);
    settle();
    expect(ids()).toEqual(["b"]);
    expect(one("b").state).toBe("playing");
  });

  it("of the snapshot's own version and later ones count", () => {
    hear("snapshot", snapshot([session("b")], {}, 100), 100);
    hear("session.updated", session("b", { state: "paused" }), 100);
    hear("session.started", session("c"), 101);
    settle();
    expect(one("b").state).toBe("paused");
    expect(ids()).toEqual(["b", "c"]);
  });

  it("heard before a snapshot that is taken after them do not survive it", () => {
    hear("session.started", session("gone"), 50);
    hear("snapshot", snapshot([session("b")], {}, 100), 100);
    settle();
    expect(ids()).toEqual(["b"]);
  });

  it("end a session once, and of an unknown one nothing", () => {
    start(session("a"), session("b"));
    hear("session.ended", session("a"));
    hear("session.ended", session("a"));
    hear("session.progress", { server_id: "house", sessions: [progress("a"), progress("never")] });
    settle();
    expect(ids()).toEqual(["b"]);
  });

  it("of progress change the figures that move, and keep the reasons", () => {
    start(session("a", { delivery: { decision: "transcode", transcode: { reasons: ["quality"], speed: 2 } } }));
    hear("session.progress", {
      server_id: "house",
      sessions: [progress("a", { transcode: { speed: 0, throttled: true, buffer_ahead_ms: 9_000 } })],
    });
    settle();
    const expected = { reasons: ["quality"], speed: 0, throttled: true, buffer_ahead_ms: 9_000 };
    expect(one("a").delivery).toEqual({ decision: "transcode", transcode: expected });
    expect(one("a").position_ms).toBe(61_000);
    expect(one("a").item.title).toBe("a");
  });

  it("keep the signal of a session over a new connection", () => {
    start(session("a"), session("b"));
    const [a] = sessions.value;
    hear("snapshot", snapshot([session("b"), session("a", { state: "paused" })], {}, 3), 3);
    settle();
    expect(sessions.value[0]).toBe(a);
    expect(a?.value.state).toBe("paused");
    // A restarted server counts versions anew.
    hear("session.updated", session("a", { state: "buffering" }), 4);
    settle();
    expect(a?.value.state).toBe("buffering");
  });

  it("put feeds in their order and servers in their places", () => {
    const feed = (id: string, started_at: string) => ({ id, server_id: "antenna", started_at }) as Feed;
    hear("feed.started", feed("late", "2026-11-21T20:00:02Z"));
    hear("feed.started", feed("early", "2026-11-21T20:00:01Z"));
    hear("feed.updated", { ...feed("late", "2026-11-21T20:00:02Z"), key: "changed" } as Feed);
    hear("server.updated", { id: "house", name: "Attic" } as Server);
    settle();
    expect(feeds.value.map((f) => [f.id, f.key])).toEqual([
      ["early", undefined],
      ["late", "changed"],
    ]);
    expect(servers.value.map((s) => s.name)).toEqual(["Attic", "cabin"]);
  });
});

describe("the position", () => {
  const live = (more: Partial<LiveSession>): LiveSession => ({ ...session("a"), receivedAt: 1_000, ...more });
  it.each<[string, Partial<LiveSession>, number, number | undefined]>([
    ["moves on while it plays", {}, 6_000, 65_000],
    ["stands while paused", { state: "paused" }, 6_000, 60_000],
    ["stands while it loads", { state: "buffering" }, 6_000, 60_000],
    ["never goes back", {}, 500, 60_000],
    ["ends with the item", { position_ms: 599_000 }, 9_000, 600_000],
    ["has no end without a length", { item: { kind: "track", extra: false } }, 6_000, 65_000],
    ["is not known where nobody told it", { position_ms: undefined }, 6_000, undefined],
    ["stands when nobody tells anything any more", {}, 1_000 + 10 * ALONE_MS, 60_000 + ALONE_MS],
  ])("%s", (_, more, now, expected) => {
    expect(positionMs(live(more), now)).toBe(expected);
  });

  it("counts from when the server confirmed it, by the server's clock", () => {
    const ahead = 3_600_000;
    const told = session("a", { seen_at: iso(Date.now() + ahead - 5_000) });
    const meta = { count: 1, version: 1, answered_at: iso(Date.now() + ahead) };
    hear("snapshot", { ...snapshot([told]), meta }, 1);
    settle();
    expect(Math.abs(clockAheadMs.value - ahead)).toBeLessThan(1_000);
    expect(positionMs(one("a")) ?? 0).toBeGreaterThanOrEqual(64_000);
    expect(positionMs(one("a")) ?? 0).toBeLessThan(67_000);
  });
});
