import { describe, expect, it } from "vitest";
import type { ProviderDay } from "../../api/schema";
import { bars, ceiling } from "./limit";

function on(date: string, peak: number, max?: number): ProviderDay {
  return {
    server_id: "antenna",
    profile_id: 1,
    date,
    starts_at: `${date}T00:00:00Z`,
    peak_connections: peak,
    max_connections: max,
    connection_ms: 1,
    failovers: 0,
    errors: 0,
    buffering_ms: 0,
  };
}

describe("bars", () => {
  it("has one for each date, also where nothing ran", () => {
    const all = bars([on("2026-02-27", 1, 2), on("2026-03-01", 2, 2)], "2026-02-27", "2026-03-02");
    expect(all.map((b) => [b.date, b.peak, b.full])).toEqual([
      ["2026-02-27", 1, false],
      ["2026-02-28", 0, false],
      ["2026-03-01", 2, true],
      ["2026-03-02", 0, false],
    ]);
    expect(all.every((b) => b.max === 2)).toBe(true);
  });
  it("without a limit nothing is full", () => {
    expect(bars([on("2026-02-27", 9)], "2026-02-27", "2026-02-27")[0]?.full).toBe(false);
    expect(bars([on("2026-02-27", 9, 0)], "2026-02-27", "2026-02-27")[0]?.full).toBe(false);
  });
  it("joins days of a long time under their most", () => {
    const all = bars([on("2026-03-05", 3, 3)], "2025-03-01", "2026-03-05");
    expect(all.length).toBeLessThanOrEqual(120);
    expect(Math.max(...all.map((b) => b.peak))).toBe(3);
    expect(all.some((b) => b.full)).toBe(true);
  });
});

it("the limit is in the picture", () => {
  expect(ceiling(bars([on("2026-02-27", 1, 4)], "2026-02-27", "2026-02-27"))).toBe(4);
  expect(ceiling([])).toBe(1);
});
