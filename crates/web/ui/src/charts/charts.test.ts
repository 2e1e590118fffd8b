import { describe, expect, it } from "vitest";
import type { ChartProps } from "./chart";
import { flow, toCsv } from "./export";
import { beside, columnAfter, everyNth, isEmpty, segmentAt, shortened, stack, ticks, totals } from "./layout";
import { columnTotals } from "./totals";

const chart = (changes: Partial<ChartProps> = {}): ChartProps => ({
  title: "Plays",
  categories: ["a", "b"],
  series: [
    { name: "Movies", values: [1, 2] },
    { name: "TV", values: [3, null] },
  ],
  kind: "bars",
  stacked: true,
  unit: "plays",
  ...changes,
});

describe("stack", () => {
  it("puts each series on those before it", () => {
    expect(stack([[1, 2], [3, 4]], [true, true], true)).toEqual([[1, 2], [4, 6]]);
  });
  it("lets a series fall on the ones below one that is switched off", () => {
    expect(stack([[1, 2], [3, 4], [5, 6]], [true, false, true], true)).toEqual([[1, 2], [null, null], [6, 8]]);
  });
  it("draws no bar of no height, and goes on with an area", () => {
    expect(stack([[1, 0], [0, 4]], [], true)).toEqual([[1, null], [null, 4]]);
    expect(stack([[1, 0], [0, 4]], [], false)).toEqual([[1, 0], [1, 4]]);
  });
  it("keeps a gap where nothing is known, and only there", () => {
    expect(stack([[null, null], [2, null]], [], false)).toEqual([[null, null], [2, null]]);
    expect(stack([[2, null], [null, null]], [], false)).toEqual([[2, null], [2, null]]);
  });
  it("takes series of no columns", () => {
    expect(stack([[], []], [], true)).toEqual([[], []]);
    expect(stack([], [], true)).toEqual([]);
  });
});

it("adds what is shown and known", () => {
  expect(totals([[1, null, null], [2, 3, null]], [true, true], 3)).toEqual([3, 3, null]);
  expect(totals([[1, null], [2, 3]], [false, true], 2)).toEqual([2, 3]);
});

it("finds the series at a height", () => {
  const edges = stack([[2], [0], [3]], [], true);
  expect([0, 1.9, 2.1, 5].map((height) => segmentAt(edges, 0, height))).toEqual([0, 0, 2, 2]);
  expect([5.1, -1].map((height) => segmentAt(edges, 0, height))).toEqual([undefined, undefined]);
});

describe("ticks", () => {
  it.each([
    [7, "plays", 4, [0, 2, 4, 6, 8]],
    [1, "plays", 4, [0, 1]],
    [3, "count", 4, [0, 1, 2, 3]],
    [0, "plays", 4, [0, 1]],
    [null, "plays", 4, [0, 1]],
    [1234, "plays", 4, [0, 500, 1000, 1500]],
    [0.4, "ratio", 4, [0, 0.25, 0.5, 0.75, 1]],
    [9000, "seconds", 3, [0, 3600, 7200, 10_800]],
    [400_000, "seconds", 4, [0, 172_800, 345_600, 518_400]],
    [81, "plays", 4, [0, 25, 50, 75, 100]],
    [9, "plays", 4, [0, 5, 10]],
    [3_000_000, "bytes", 3, [0, 1_048_576, 2_097_152, 3_145_728]],
    [0.35, "ms", 4, [0, 0.1, 0.2, 0.3, 0.4]],
  ] as const)("of %s %s", (max, unit, wanted, expected) => {
    expect(ticks(max, unit, wanted)).toEqual(expected);
  });
  it("reach the greatest value, and are whole for what is counted", () => {
    for (let max = 1; max < 5000; max += 7) {
      const all = ticks(max, "plays", 4);
      expect(all.at(-1)).toBeGreaterThanOrEqual(max);
      expect(all.every(Number.isInteger)).toBe(true);
      expect(all.length).toBeLessThanOrEqual(6);
    }
  });
});

describe("labels", () => {
  it("are thinned so that they do not touch", () => {
    expect(everyNth(30, 740)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect(everyNth(7, 740)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(everyNth(0, 740)).toEqual([]);
    expect(everyNth(400, 300).length).toBeLessThanOrEqual(4);
    expect(everyNth(5, 0)).toEqual([0]);
  });
  it("are cut between characters", () => {
    expect(shortened("Grandpa Finch", 8)).toBe("Grandpa…");
    expect(shortened("🎬🎬🎬", 3)).toBe("🎬🎬🎬");
    expect(shortened("🎬🎬🎬🎬", 3)).toBe("🎬🎬…");
  });
});

it("moves over columns with keys", () => {
  const from = (key: string, at?: number) => columnAfter(key, at, 30);
  expect([from("ArrowRight"), from("ArrowLeft")]).toEqual([0, 29]);
  expect([from("ArrowRight", 29), from("ArrowLeft", 0)]).toEqual([29, 0]);
  expect([from("PageDown", 5), from("PageUp", 5), from("Home", 5), from("End", 5)]).toEqual([15, 0, 0, 29]);
  expect(from("a", 5)).toBeUndefined();
  expect(columnAfter("End", undefined, 0)).toBeUndefined();
});

it("keeps the values within the window, beside or above the pointer", () => {
  const [box, view] = [{ width: 100, height: 50 }, { width: 390, height: 800 }];
  expect(beside({ x: 50, y: 100 }, box, view, false)).toEqual({ left: 64, top: 75 });
  expect(beside({ x: 380, y: 100 }, box, view, false)).toEqual({ left: 266, top: 75 });
  expect(beside({ x: 10, y: 790 }, box, view, true)).toEqual({ left: 8, top: 712 });
  expect(beside({ x: 200, y: 20 }, box, view, true)).toEqual({ left: 150, top: 48 });
});

it("is empty without plays, not without load", () => {
  expect(isEmpty([[0, 0], [null]], "plays")).toBe(true);
  expect(isEmpty([[0, 1]], "seconds")).toBe(false);
  expect(isEmpty([[0, 0]], "bps")).toBe(false);
  expect(isEmpty([[null]], "bps")).toBe(true);
  expect(isEmpty([], "bps")).toBe(true);
});

it("tells the server's totals where it told them", () => {
  expect(columnTotals(chart())).toEqual([4, 2]);
  expect(columnTotals(chart({ totals: [5, 2] }))).toEqual([5, 2]);
  expect(columnTotals(chart({ stacked: false }))).toBeUndefined();
});

describe("toCsv", () => {
  it("has a column per series, totals, and nothing for what is unknown", () => {
    expect(toCsv(chart())).toBe(",Movies,TV,Total\r\na,1,3,4\r\nb,2,,2\r\n");
  });
  it("quotes, and takes formulas their effect", () => {
    const csv = toCsv(chart({ categories: ['a "b", c', "=1+1"], series: [{ name: "-x", values: [1.5, 0] }] }));
    expect(csv).toBe(`,'-x\r\n"a ""b"", c",1.5\r\n'=1+1,0\r\n`);
  });
  it("writes dates and moments as programs read them", () => {
    const label = () => "as shown";
    const dates = chart({ categories: ["2026-11-21", "iOS"], label, series: [{ name: "n", values: [1, 2] }] });
    expect(toCsv(dates)).toBe(",n\r\n2026-11-21,1\r\nas shown,2\r\n");
    const moments = chart({ categories: [1_795_219_200], time: true, series: [{ name: "n", values: [1] }] });
    expect(toCsv(moments)).toBe(",n\r\n2026-11-21T00:00:00.000Z,1\r\n");
  });
});

it("breaks a legend into lines", () => {
  expect(flow([60, 60, 60], 130)).toEqual([{ x: 0, row: 0 }, { x: 60, row: 0 }, { x: 0, row: 1 }]);
  expect(flow([200], 100)).toEqual([{ x: 0, row: 0 }]);
});
