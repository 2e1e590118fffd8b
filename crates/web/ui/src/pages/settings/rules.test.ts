import { describe, expect, it } from "vitest";
import { passwordFault } from "./rules";

describe("passwordFault", () => {
  const cases: Array<[string, string, RegExp | undefined]> = [
    ["short", "short", /8 characters/],
    ["long enough", "long enouhg", /not the same/],
    ["long enough", "long enough", undefined],
    // Eight characters of two UTF-16 units each are eight, and seven are not.
    ["🎬🎬🎬🎬🎬🎬🎬🎬", "🎬🎬🎬🎬🎬🎬🎬🎬", undefined],
    ["🎬🎬🎬🎬🎬🎬🎬", "🎬🎬🎬🎬🎬🎬🎬", /8 characters/],
  ];
  for (const [password, again, fault] of cases)
    it(`${password}, ${again}`, () => {
      if (fault) expect(passwordFault(password, again)).toMatch(fault);
      else expect(passwordFault(password, again)).toBeUndefined();
    });
});
