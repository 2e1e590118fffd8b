import { describe, expect, it } from "vitest";
import type { RankingAnswer, TableAnswer } from "../../api/schema";
import { type Choice, choicesOf, FACETS, type Facet, isChosen, toggled } from "./facets";

const facet = (name: string): Facet => {
  const found = FACETS.find((f) => f.name === name);
  if (!found) throw new Error(name);
  return found;
};

const ranking = (entries: Array<Record<string, unknown>>) => ({ entries }) as unknown as RankingAnswer;

describe("choices", () => {
  it("joins libraries of one id, since the filter cannot tell them apart", () => {
    const answer = ranking([
      { name: "Films", library_id: "1", plays: 5 },
      { name: "Movies", library_id: "1", plays: 2 },
      { name: "Films", library_id: "1", plays: 1 },
      { library_id: "7", plays: 3 },
      { name: "gone", plays: 9 },
    ]);
    expect(choicesOf(facet("library"), answer)).toEqual([
      { value: "1", label: "Films / Movies", plays: 8 },
      { value: "7", label: "7", plays: 3 },
    ]);
  });

  it("leaves out what has no name, and knows accounts", () => {
    const answer = ranking([{ name: "Wren", user_id: "17", plays: 5 }, { plays: 2 }]);
    expect(choicesOf(facet("user"), answer)).toEqual([{ value: "Wren", label: "Wren", plays: 5, id: "17" }]);
  });

  it("counts over a table; unknown decisions are not counted there", () => {
    const answer = { table: { series: [{ name: "copy", values: [1, 2] }] } } as unknown as TableAnswer;
    expect(choicesOf(facet("decision"), answer).map((c) => [c.value, c.plays])).toEqual([
      ["directplay", 0],
      ["copy", 3],
      ["transcode", 0],
      ["unknown", undefined],
    ]);
    expect(choicesOf(facet("network"), undefined)[0]).toEqual({ value: "lan", label: "LAN", plays: undefined });
  });
});

describe("toggling", () => {
  const wren: Choice = { value: "Wren", label: "Wren", id: "17" };
  const cases: Array<[string, Choice, boolean, Record<string, string[]>]> = [
    ["", wren, false, { user_id: ["17"] }],
    ["user_id=9", wren, false, { user_id: ["9", "17"] }],
    ["user=Bo", wren, false, { user: ["Bo", "Wren"] }],
    ["user=Bo&user=Wren", wren, true, { user: ["Bo"], user_id: [] }],
    ["user_id=17", wren, true, { user: [], user_id: [] }],
    ["", { value: "X", label: "X" }, false, { user: ["X"] }],
  ];
  it.each(cases)("%s", (query, choice, chosen, change) => {
    const now = new URLSearchParams(query);
    expect(isChosen(now, facet("user"), choice)).toBe(chosen);
    expect(toggled(now, facet("user"), choice)).toEqual(change);
  });

  it("keeps several values of one facet", () => {
    const now = new URLSearchParams("platform=iOS");
    expect(toggled(now, facet("platform"), { value: "Roku", label: "Roku" })).toEqual({ platform: ["iOS", "Roku"] });
  });
});
