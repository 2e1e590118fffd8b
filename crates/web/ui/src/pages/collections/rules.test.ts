import { describe, expect, it } from "vitest";
import type { CollectAnswer, CollectionSnapshot } from "../../api/schema";
import { added, change, collectionPath, places, rotationsOf, told, watchedShare } from "./rules";

const snapshot = (rotation_id: string | undefined, collected_at: string, rating_key: number): CollectionSnapshot => ({
  id: rating_key,
  collection: "C",
  server: "a",
  library: "L",
  rating_key,
  window_days: 30,
  plays: 1,
  duration_s: 1,
  unique_users: 1,
  collected_at,
  rotation_id,
});

describe("watchedShare", () => {
  it.each([
    [{ items: 8, items_watched: 4 }, 0.5],
    [{ items: 8, items_watched: 0 }, 0],
    [{ items: 0, items_watched: 0 }, undefined],
    [{ items: null, items_watched: 1 }, undefined],
    [{ items: 8 }, undefined],
    [undefined, undefined],
  ])("%j", (of, share) => expect(watchedShare(of)).toBe(share));
});

describe("places", () => {
  it("tells where it is shown, and the unknown from nowhere", () => {
    expect(places({ visibility: { own_home: true, shared_home: false, recommended: true } })).toEqual(["Home", "Library"]);
    expect(places({ visibility: { own_home: false, shared_home: false, recommended: false } })).toEqual([]);
    expect(places({})).toBeUndefined();
  });
});

describe("rotationsOf", () => {
  it("begins each with its first snapshot and counts a collection once", () => {
    const all = [
      snapshot("42", "2026-11-03T00:00:00Z", 1),
      snapshot("42", "2026-11-02T00:00:00Z", 1),
      snapshot("43", "2026-11-09T00:00:00Z", 1),
      snapshot("42", "2026-11-02T00:00:00Z", 2),
      snapshot(undefined, "2026-11-10T00:00:00Z", 3),
    ];
    expect(rotationsOf(all)).toEqual([
      { id: "43", since: "2026-11-09T00:00:00Z", collections: 1 },
      { id: "42", since: "2026-11-02T00:00:00Z", collections: 2 },
    ]);
  });
});

describe("change", () => {
  it.each([
    [1, 4, "+3"],
    [4, 1, "−3"],
    [2, 2, "±0"],
  ])("from %d to %d", (before, after, text) => expect(change(before, after)).toBe(text));
});

describe("added", () => {
  it("adds plays and time", () => {
    const one = { plays: 2, duration_s: 60, items_watched: 1, unique_users: 1 };
    expect(added([one, one])).toEqual({ plays: 4, duration_s: 120 });
    expect(added([])).toEqual({ plays: 0, duration_s: 0 });
  });
});

describe("told", () => {
  const answer = (status: CollectAnswer["status"], n: number, failed: number): CollectAnswer => ({
    status,
    collected: Array.from({ length: n }, () => ({ snapshot: snapshot("1", "2026-11-02T00:00:00Z", 1) })),
    failed: Array.from({ length: failed }, () => ({ kind: "timeout", reason: "it took too long" })),
  });
  it.each([
    [answer("success", 1, 0), "1 collection counted."],
    [answer("partial", 2, 3), "2 collections counted, 3 could not be."],
    [answer("skipped", 0, 0), "There was nothing to count."],
    [answer("error", 0, 1), "No collection could be counted."],
  ])("%#", (of, text) => expect(told(of)).toBe(text));
});

describe("collectionPath", () => {
  it("escapes", () => expect(collectionPath("my house", 5)).toBe("/collections/my%20house/5"));
});
