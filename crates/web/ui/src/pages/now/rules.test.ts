import { describe, expect, it } from "vitest";
import type { Session } from "../../api/schema";
import { densityOf } from "./density";
import { continued, drawn, fromLoad, NAMED_MAX, NOTHING_YET } from "./recent";
import { passes, steady, tallyOf, type Wanted } from "./tally";

type Some = Pick<Session, "state" | "delivery" | "player" | "user" | "server_id">;

function stream(more: Partial<Some> = {}): Some {
  return { server_id: "house", state: "playing", delivery: {}, player: {}, ...more };
}

describe("the density", () => {
  it.each<[Parameters<typeof densityOf>, ReturnType<typeof densityOf>]>([
    [["auto", 0, false], "rich"],
    [["auto", 10, false], "rich"],
    [["auto", 11, false], "compact"],
    [["auto", 49, false], "compact"],
    [["auto", 50, false], "table"],
    [["auto", 50, true], "compact"],
    // One that comes and goes turns nothing over.
    [["auto", 10, false, "compact"], "compact"],
    [["auto", 8, false, "compact"], "rich"],
    [["auto", 11, false, "rich"], "compact"],
    [["auto", 49, false, "table"], "table"],
    [["auto", 47, false, "table"], "compact"],
    [["rich", 100, false], "rich"],
    [["compact", 1, false], "compact"],
    [["table", 1, false], "table"],
    [["table", 1, true], "compact"],
  ])("of %j is %s", (given, expected) => {
    expect(densityOf(...given)).toBe(expected);
  });
});

describe("the tally", () => {
  it("counts by decision, and what flows by network", () => {
    const sent = (bitrate_bps: number) => ({ bitrate_bps });
    const tally = tallyOf([
      stream({ delivery: { decision: "directplay", ...sent(8) }, player: { network: "lan" } }),
      stream({ delivery: { decision: "copy", ...sent(4) }, player: { network: "wan" } }),
      stream({ delivery: { decision: "copy", ...sent(2) }, player: { network: "relay" } }),
      stream({ delivery: { decision: "copy", ...sent(1) }, player: { network: "cellular" } }),
      stream({ delivery: sent(16), player: { local: true } }),
      stream({ delivery: sent(32), player: {} }),
      stream({ delivery: { decision: "directplay", ...sent(64) }, player: { network: "lan" }, state: "paused" }),
      stream({
        delivery: { decision: "transcode", video: { decision: "transcode" }, transcode: { reasons: [], hw_encode: "qsv" } },
      }),
    ]);
    expect(tally).toEqual({ streams: 8, directplay: 2, copy: 3, transcode: 1, hardware: 1, lanBps: 24, wanBps: 39 });
  });

  it("stays the same object while nothing differs", () => {
    const one = tallyOf([stream()]);
    expect(steady(one, tallyOf([stream()]))).toBe(one);
    expect(steady(one, tallyOf([]))).not.toBe(one);
  });
});

describe("a filter", () => {
  const own = stream({ user: { name: "anna" }, delivery: { decision: "copy" } });
  const all: Wanted = { server: [], user: [], decision: [] };
  it.each<[Partial<Wanted>, boolean]>([
    [{}, true],
    [{ server: ["house"] }, true],
    [{ server: ["cabin"] }, false],
    [{ user: ["bert", "anna"] }, true],
    [{ user: ["bert"] }, false],
    [{ decision: ["copy"], user: ["anna"] }, true],
    [{ decision: ["transcode"], user: ["anna"] }, false],
  ])("%j", (wanted, expected) => {
    expect(passes(own, { ...all, ...wanted })).toBe(expected);
  });
  it("for a user lets nobody through who is not known", () => {
    expect(passes(stream(), { ...all, user: ["anna"] })).toBe(false);
  });
});

describe("the last hour", () => {
  const user = (name: string, bitrate_bps: number, state: Session["state"] = "playing") =>
    stream({ user: { name }, state, delivery: { bitrate_bps } });

  it("is continued from what the server told", () => {
    const load = fromLoad({ times: ["2026-11-21T20:00:00Z"], users: [{ name: "anna", bps: [5] }] });
    const at = Date.parse("2026-11-21T20:00:05Z") / 1000;
    const more = continued(load, at, [user("anna", 2), user("anna", 3), user("bert", 7), user("carl", 9, "paused")]);
    expect(more.times).toEqual([at - 5, at]);
    expect([...more.users]).toEqual([
      ["anna", [5, 5]],
      ["bert", [0, 7]],
    ]);
    expect(continued(more, at, [])).toBe(more);
  });

  it("forgets what is older", () => {
    let recent = NOTHING_YET;
    for (let at = 0; at <= 7_200; at += 600) recent = continued(recent, at, [user("anna", at)]);
    expect(recent.times).toEqual([4_200, 4_800, 5_400, 6_000, 6_600, 7_200]);
    expect(recent.users.get("anna")).toEqual([4_200, 4_800, 5_400, 6_000, 6_600, 7_200]);
  });

  it("names those with the most and sums up the others", () => {
    const many = Array.from({ length: NAMED_MAX + 3 }, (_, n) => user(`u${n}`, (n + 1) * 10));
    const columns = drawn(continued(NOTHING_YET, 1, [...many, user("idle", 0)]));
    expect(columns.map((c) => c.name)).toEqual(["u3", "u4", "u5", "u6", "u7", "u8", "u9", "others"]);
    expect(columns.at(-1)?.values).toEqual([60]);
  });

  it("keeps what is not known unknown", () => {
    const names = Array.from({ length: NAMED_MAX + 2 }, (_, n) => ({ name: `u${n}`, bps: [null, n + 1] }));
    const times = ["2026-11-21T20:00:00Z", "2026-11-21T20:00:05Z"];
    const columns = drawn(fromLoad({ times, users: names }));
    expect(columns.at(-1)).toEqual({ name: "others", values: [null, 3] });
  });
});
