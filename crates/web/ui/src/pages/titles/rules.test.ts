import { describe, expect, it } from "vitest";
import type { RankedEntry } from "../../api/schema";
import { placed, ranked } from "./rules";

const entry = (name: string, plays: number, users: number): RankedEntry => ({
  name,
  plays,
  users,
  seconds: plays * 60,
  last_play_id: 1,
  last_started_at: "2026-11-21T00:00:00Z",
  server_id: "a",
});
const entries = [entry("a", 9, 1), entry("b", 5, 3), entry("c", 5, 3), entry("d", 1, 2)];

describe("ranked", () => {
  it.each([
    ["plays", "abcd"],
    ["seconds", "abcd"],
    ["users", "bcda"],
  ] as const)("by %s", (by, names) => expect(ranked(entries, by).map((e) => e.name).join("")).toBe(names));
});

describe("placed", () => {
  it("gives equals the same place, and the next one its own", () => {
    expect(placed(entries, "plays").map((p) => p.place)).toEqual([1, 2, 2, 4]);
    expect(placed([], "plays")).toEqual([]);
  });
});
