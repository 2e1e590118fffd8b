import { describe, expect, it } from "vitest";
import { sorted } from "./sorted";

describe("sorted", () => {
  const rows = [
    { name: "b", n: 2 },
    { name: "A", n: undefined },
    { name: "c10", n: 2 },
    { name: "c9", n: 7 },
    { name: undefined, n: 0 },
  ];
  const cases: Array<[string, "name" | "n", boolean, Array<string | undefined>]> = [
    ["numbers upwards, unknown last", "n", false, [undefined, "b", "c10", "c9", "A"]],
    ["numbers downwards, unknown last", "n", true, ["c9", "b", "c10", undefined, "A"]],
    ["words without regard to case, numbers in them as numbers", "name", false, ["A", "b", "c9", "c10", undefined]],
    ["words downwards, unknown last", "name", true, ["c10", "c9", "b", "A", undefined]],
  ];
  it.each(cases)("%s", (_, by, down, names) => {
    expect(sorted(rows, (r) => r[by], down).map((r) => r.name)).toEqual(names);
  });
});
