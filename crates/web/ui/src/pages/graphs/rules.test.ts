import { describe, expect, it } from "vitest";
import type { RankedEntry, RankingAnswer } from "../../api/schema";
import { datesOf, playsQuery, rankedTable, titled, weekFrom, within } from "./rules";

it("names a graph after what it measures", () => {
  expect(titled("Daily Play Count by Media Type", "plays")).toBe("Daily Play Count by Media Type");
  expect(titled("Daily Play Count by Media Type", "seconds")).toBe("Daily Play Duration by Media Type");
  expect(titled("Total Plays per Month", "seconds")).toBe("Total Play Duration per Month");
});

it("begins the week with the day a person begins it with", () => {
  const values = [1, 6, 7];
  const table = { categories: ["monday", "saturday", "sunday"], series: [{ name: "a", values }], total: values };
  expect(weekFrom(table, 0)).toEqual({
    categories: ["sunday", "monday", "saturday"],
    series: [{ name: "a", values: [7, 1, 6] }],
    total: [7, 1, 6],
  });
  expect(weekFrom(table, 1).categories).toEqual(["monday", "saturday", "sunday"]);
  expect(weekFrom(table, 6).total).toEqual([6, 7, 1]);
});

describe("the time behind a column", () => {
  const moment = (text: string) => new Date(text).toISOString();
  it("is its dates", () => {
    expect(within("2026-11-20", "2026-11-20", {})).toEqual({ from: "2026-11-20", to: "2026-11-20" });
    expect(within(...datesOf("2026-02"), {})).toEqual({ from: "2026-02-01", to: "2026-02-28" });
    expect(within(...datesOf("2028-02"), {})).toEqual({ from: "2028-02-01", to: "2028-02-29" });
  });
  it("is no more than what was asked about", () => {
    const meta = { from: moment("2026-11-05T00:00:00"), to: moment("2026-11-20T00:00:00") };
    expect(within(...datesOf("2026-11"), meta)).toEqual({ from: "2026-11-05", to: meta.to });
    expect(within(...datesOf("2026-12"), { from: meta.from })).toEqual({ from: "2026-12-01", to: "2026-12-31" });
    expect(within("2026-11-19", "2026-11-19", meta)).toEqual({ from: "2026-11-19", to: "2026-11-19" });
  });
  it("keeps the moment where a day was not asked about whole", () => {
    const meta = { from: moment("2026-11-05T13:30:00"), to: moment("2026-11-05T20:00:00") };
    expect(within("2026-11-05", "2026-11-05", meta)).toEqual({ from: meta.from, to: meta.to });
  });
});

describe("the query of the plays", () => {
  const names = ["user", "media"];
  const query = (present: string, changes: Record<string, string> = {}) =>
    playsQuery(new URLSearchParams(present), names, changes);
  it("keeps the filter, and not what is not one", () => {
    expect(query("user=a&user=b&measure=seconds&days=7", { media: "movie" })).toBe("user=a&user=b&days=7&media=movie");
  });
  it("names the range that the page has by itself", () => {
    expect(query("")).toBe("days=30");
    expect(query("from=2026-11-01")).toBe("from=2026-11-01");
  });
  it("puts a column's time and series in place of the filter's", () => {
    expect(query("days=7&media=movie&media=track", { from: "2026-11-20", to: "2026-11-20", media: "movie" })).toBe(
      "media=movie&from=2026-11-20&to=2026-11-20",
    );
    expect(query("from=2026-11-01&to=2026-11-30", { from: "2026-11-20", to: "2026-11-20" })).toBe(
      "from=2026-11-20&to=2026-11-20",
    );
  });
});

describe("a ranking by media", () => {
  const entry = (name: string | undefined, plays: number, user_id?: string): RankedEntry => ({
    name,
    plays,
    seconds: plays * 60,
    user_id,
    users: 1,
    server_id: "house",
    last_play_id: 1,
    last_started_at: "2026-11-20T00:00:00Z",
  });
  const answer = (measure: string, ...entries: RankedEntry[]): RankingAnswer => ({
    entries,
    entries_total: entries.length,
    meta: { measure, grouped: true, time_zone: "UTC", answered_at: "2026-11-20T00:00:00Z" },
  });
  it("has the places of the whole, and what each media is of them", () => {
    const all = answer("plays", entry("anna", 5, "1"), entry("bert", 3, "2"));
    const films = answer("plays", entry("bert", 2, "2"));
    const { columns, table } = rankedTable("user", all, [["movie", films], ["track", undefined]]);
    expect(table).toEqual({ categories: ["anna", "bert"], series: [{ name: "movie", values: [0, 2] }], total: [5, 3] });
    expect(columns[1]?.changes).toEqual({ user: "bert" });
  });
  it("measures time where that was asked", () => {
    const all = answer("seconds", entry("iOS", 5));
    expect(rankedTable("platform", all, []).table.total).toEqual([300]);
    expect(rankedTable("platform", all, []).columns[0]?.changes).toEqual({ platform: "iOS" });
  });
  it("tells people of the same name apart, and leads nowhere where that cannot be", () => {
    const annas = [entry("anna", 5, "1"), entry("anna", 3, "2")];
    const all = answer("plays", ...annas, entry("x", 1), entry("x", 1), entry(undefined, 1));
    const changes = rankedTable("user", all, []).columns.map((c) => c.changes);
    expect(changes).toEqual([{ user_id: "1" }, { user_id: "2" }, undefined, undefined, undefined]);
  });
});
