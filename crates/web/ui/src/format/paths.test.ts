import { describe, expect, it } from "vitest";
import { titlePath, userPath } from "./paths";

describe("titlePath", () => {
  it("escapes, and knows when there is no page", () => {
    expect(titlePath("my house", "5/6")).toBe("/titles/my%20house/5%2F6");
    expect(titlePath("house", undefined)).toBeUndefined();
  });
});

it("escapes the name of an account", () => {
  expect(userPath("a/b c")).toBe("/users/a%2Fb%20c");
  expect(userPath(7)).toBe("/users/7");
});
