import { describe, expect, it } from "vitest";
import { piecesOf } from "./marks";

describe("the places a search found", () => {
  const cases: Array<[string, string | undefined, string[]]> = [
    ["Waltz for Ines", undefined, ["Waltz for Ines"]],
    ["Waltz for Ines", "  ", ["Waltz for Ines"]],
    ["Waltz for Ines", "ines", ["Waltz for ", "Ines", ""]],
    ["aXa", "A", ["", "a", "X", "a", ""]],
    ["50% (live) [x]", "(LIVE) [", ["50% ", "(live) [", "x]"]],
    ["Ça ira 🎬", "ça", ["", "Ça", " ira 🎬"]],
    ["<b>no</b>", "<B>", ["", "<b>", "no</b>"]],
    ["nothing", "else", ["nothing"]],
  ];
  it.each(cases)("%s / %s", (text, q, pieces) => {
    expect(piecesOf(text, q)).toEqual(pieces);
  });
});
