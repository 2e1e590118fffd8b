import { describe, expect, it } from "vitest";
import { shifted } from "./virtual-origin";

describe("the first row of a box of 1,000 rows", () => {
  // origin, seen from, seen to, rows of the list, expected
  const cases: Array<[string, number, number, number, number, number]> = [
    ["a short list stays", 0, 0, 20, 300, 0],
    ["a long list stays in the middle", 0, 400, 420, 5000, 0],
    ["near the end of the box it moves half a box on", 0, 870, 890, 5000, 500],
    ["but not beyond the list", 3900, 870, 890, 5000, 4000],
    ["and not at all where the box holds the end", 4000, 980, 1000, 5000, 4000],
    ["near its beginning it moves back", 2000, 100, 120, 5000, 1500],
    ["to the beginning of the list at most", 300, 100, 120, 5000, 0],
    ["a list that became shorter has its end in the box", 3000, 400, 420, 2000, 1000],
  ];
  it.each(cases)("%s", (_, origin, from, to, count, wanted) => {
    expect(shifted(origin, from, to, 1000, count)).toBe(wanted);
  });

  it("does not swing: after a move what is seen is near no end", () => {
    for (const [origin, from] of [[0, 876], [2000, 124]] as const) {
      const next = shifted(origin, from, from + 20, 1000, 9000);
      const now = origin + from - next;
      expect(next).not.toBe(origin);
      expect(shifted(next, now, now + 20, 1000, 9000)).toBe(next);
    }
  });
});
