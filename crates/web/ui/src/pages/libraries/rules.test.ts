import { describe, expect, it } from "vitest";
import type { Library } from "../../api/schema";
import { amount, byLibrary, daily, grown, kindsOf, libraryPath, totals } from "./rules";

const library = (own: Partial<Library>): Library => ({
  server_id: "a",
  id: "1",
  title: "Films",
  kind: "movie",
  counts: {},
  ...own,
});

describe("kindsOf", () => {
  it("tells the largest thing first, and what it does not know last", () => {
    expect(kindsOf({ tracks: 3, albums: 2, zines: 1, artists: 1 })).toEqual(["artists", "albums", "tracks", "zines"]);
  });
});

describe("amount", () => {
  it.each([
    ["movies", 846, "846 movies"],
    ["movies", 1, "1 movie"],
    ["photo_albums", 1, "1 photo album"],
    ["series", 1, "1 series"],
  ])("%s %d", (kind, n, text) => expect(amount(kind, n)).toBe(text));
});

describe("totals", () => {
  it("adds what is known, and leaves out what nobody tells", () => {
    const sum = totals([
      library({ counts: { movies: 3 }, storage_bytes: 10 }),
      library({ id: "2", counts: { movies: 1, videos: 2 } }),
    ]);
    expect(sum).toEqual({ libraries: 2, storageBytes: 10, durationMs: undefined, counts: { movies: 4, videos: 2 } });
  });
});

describe("byLibrary", () => {
  it("keeps equal ids of two servers apart", () => {
    const entry = (server_id: string) => ({
      server_id,
      library_id: "1",
      plays: 1,
      seconds: 1,
      users: 1,
      last_play_id: 1,
      last_started_at: "2026-11-21T00:00:00Z",
    });
    expect(byLibrary([entry("a"), entry("b")]).size).toBe(2);
  });
});

describe("daily", () => {
  const point = (date: string, storage_bytes?: number) => ({ date, counts: {}, storage_bytes });
  it("fills dates nothing was recorded of with nothing", () => {
    const points = [point("2026-03-01", 5), point("2026-02-27", 3), point("2026-02-28")];
    expect(daily(points, (p) => p.storage_bytes)).toEqual({
      dates: ["2026-02-27", "2026-02-28", "2026-03-01"],
      values: [3, null, 5],
    });
  });
  it("keeps a known 0", () => expect(daily([point("2026-03-01", 0)], (p) => p.storage_bytes).values).toEqual([0]));
  it("is empty without a point", () => expect(daily([], () => 1)).toEqual({ dates: [], values: [] }));
});

describe("grown", () => {
  it.each([
    [[null, 3, null, 10, null], 7],
    [[10, 4], -6],
    [[5], undefined],
    [[], undefined],
  ])("%j", (values, more) => expect(grown(values)).toBe(more));
});

describe("libraryPath", () => {
  it("escapes", () => expect(libraryPath("my house", "a/b")).toBe("/libraries/my%20house/a%2Fb"));
});
