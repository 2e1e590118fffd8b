import { describe, expect, it } from "vitest";
import { numberByHand, TIME, timeByHand } from "./first";

describe("what the first picture writes by hand", () => {
  const own = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  it.each([0, 1, 9.94, 9.95, 12, 27.4, 99.96, 999, 999.4])("writes %s as the browser will", (n) => {
    expect(numberByHand(n)).toBe(own.format(n));
  });

  const times = ["00:00", "00:30", "09:05", "12:00", "12:59", "13:00", "23:59"];
  it.each(times)("writes %s as the browser will", (time) => {
    const at = new Date(`2026-11-21T${time}:00`);
    const as = (locale: string) => new Intl.DateTimeFormat(locale, TIME).format(at);
    expect(timeByHand(at, true)).toBe(as("en-US"));
    expect(timeByHand(at, false)).toBe(as("en-GB"));
  });
});
