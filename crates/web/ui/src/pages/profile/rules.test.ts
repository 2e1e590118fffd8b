import { describe, expect, it } from "vitest";
import { completion, monthDays, playsAt, watchedRatio } from "./rules";

const categories = ["0-25", "25-50", "50-75", "75-watched", "watched", "unknown"];
const table = (...total: number[]) => ({ categories, series: [], total });

describe("playsAt", () => {
  it.each([
    [[{ user_id: "1" }], "/history?user_id=1&days=0"],
    [[{ user_id: "1" }, { days: "7", time_zone: "Europe/Berlin" }], "/history?user_id=1&days=7"],
    [[{ user_id: "1" }, { days: "0" }, { from: "2026-11-01", to: undefined }], "/history?user_id=1&from=2026-11-01"],
    [[{ user: "a&b <i>" }, { player: "" }], "/history?user=a%26b+%3Ci%3E&days=0"],
    [[{ media: ["movie", "track"] }, { days: "30" }], "/history?media=movie&media=track&days=30"],
  ])("%j", (choices, path) => expect(playsAt(...choices)).toBe(path));
});

describe("completion", () => {
  it("tells the furthest first, the unknown last, and no tier without a play", () => {
    expect(completion(table(1, 0, 0, 2, 5, 2))).toEqual([
      { name: "Watched", value: 5, ratio: 0.5 },
      { name: "Nearly to the end", value: 2, ratio: 0.2 },
      { name: "Up to a quarter", value: 1, ratio: 0.1 },
      { name: "Not known", value: 2, ratio: 0.2 },
    ]);
  });
  it("is empty without a play", () => expect(completion(table(0, 0, 0, 0, 0, 0))).toEqual([]));
  it("keeps a tier it has no word for", () => {
    expect(completion({ categories: ["new"], series: [], total: [1] })).toEqual([{ name: "new", value: 1, ratio: 1 }]);
  });
});

describe("watchedRatio", () => {
  it.each([
    [table(1, 0, 0, 0, 3, 6), 0.75],
    [table(0, 0, 0, 0, 0, 6), undefined],
    [table(2, 0, 0, 0, 0, 0), 0],
  ])("%o", (of, ratio) => expect(watchedRatio(of)).toBe(ratio));
});

describe("monthDays", () => {
  it.each([
    ["2026-11", "2026-11-30"],
    ["2024-02", "2024-02-29"],
    ["2026-12", "2026-12-31"],
  ])("%s", (month, to) => expect(monthDays(month)).toEqual({ from: `${month}-01`, to }));
});
