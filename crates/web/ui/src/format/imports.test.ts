import { expect, it } from "vitest";
import type { Import } from "../api/schema";
import { importRatio, importText } from "./imports";

const running: Import = {
  id: "1",
  server: "house",
  source: "file",
  state: "running",
  started_at: "2026-11-21T19:00:00Z",
  rows_done: 50,
  rows_total: 200,
  added: 40,
  known: 10,
  refused: 0,
};

it("an import is as far as its rows, and unknown without a total", () => {
  expect(importRatio(running)).toBe(0.25);
  expect(importRatio({ ...running, rows_total: undefined })).toBeUndefined();
  expect(importRatio({ ...running, rows_total: 0 })).toBeUndefined();
  expect(importRatio({ ...running, rows_total: undefined, state: "done" })).toBe(1);
});

it("an import tells only what there is", () => {
  expect(importText(running)).toBe("50 of 200 rows, 40 added, 10 known already");
  expect(importText({ ...running, rows_done: 0, rows_total: undefined, added: 0, known: 0 })).toBe("");
  expect(importText({ ...running, refused: 1 })).toContain("1 cannot be kept");
});
