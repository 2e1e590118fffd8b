import { describe, expect, it } from "vitest";
import type { HistoryPlay } from "../../api/schema";
import { RowIndex } from "./rows";

const play = (started: string, plays = 1, stopped?: string) =>
  ({ started_at: started, stopped_at: stopped, plays }) as unknown as HistoryPlay;

function told(index: RowIndex): string[] {
  return Array.from({ length: index.count }, (_, n) => {
    const row = index.at(n);
    if (!row) return "none";
    if (row.kind === "day") return row.day;
    return row.kind === "play" ? `${row.page}.${row.at}` : `${row.page}.${row.at}+${row.member}`;
  });
}

/** Two pages: three days, one of them over the end of the first page. */
function twoPages(): RowIndex {
  const index = new RowIndex();
  const last = index.add([play("2026-11-21T12:00:00"), play("2026-11-20T12:00:00")], undefined);
  index.add([play("2026-11-20T08:00:00"), play("2026-11-18T08:00:00")], last);
  return index;
}

describe("rows", () => {
  it("stands a day above its first play, once, over pages", () => {
    const index = twoPages();
    expect(told(index)).toEqual(["2026-11-21", "0.0", "2026-11-20", "0.1", "1.0", "2026-11-18", "1.1"]);
    expect([0, 3, 4, 6].map((n) => index.pageOf(n))).toEqual([0, 0, 1, 1]);
    expect(index.at(4)).toEqual({ kind: "play", page: 1, at: 0, day: "2026-11-20" });
    expect(index.at(7)).toBeUndefined();
  });

  it("unfolds and folds, and what follows moves", () => {
    const index = twoPages();
    index.toggle(0, 1, 2);
    expect(told(index).slice(2, 7)).toEqual(["2026-11-20", "0.1", "0.1+0", "0.1+1", "1.0"]);
    expect(index.isOpen(0, 1)).toBe(true);
    index.toggle(0, 1, 2);
    expect(told(index)).toEqual(told(twoPages()));
    expect(index.isOpen(0, 1)).toBe(false);
  });

  it("never lets a day come again", () => {
    const index = new RowIndex();
    // A group of two whose newest part began yesterday and ended today, below a play of yesterday.
    index.add(
      [play("2026-11-20T23:00:00"), play("2026-11-01T08:00:00", 2, "2026-11-21T00:30:00"), play("2026-11-19T08:00:00")],
      undefined,
    );
    expect(told(index)).toEqual(["2026-11-20", "0.0", "0.1", "2026-11-19", "0.2"]);
  });

  it("finds every row of many pages", () => {
    const index = new RowIndex();
    let last: string | undefined;
    for (let page = 0; page < 40; page++) {
      last = index.add(Array.from({ length: 100 }, () => play("2026-11-20T08:00:00")), last);
    }
    expect(index.count).toBe(4001);
    for (let n = 1; n < index.count; n += 37) {
      expect(index.at(n)).toMatchObject({ page: Math.floor((n - 1) / 100), at: (n - 1) % 100 });
    }
  });

  it("is empty without pages", () => {
    const index = new RowIndex();
    expect([index.count, index.at(0), index.pageOf(0)]).toEqual([0, undefined, 0]);
  });
});
