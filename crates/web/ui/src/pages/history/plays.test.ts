import { beforeEach, describe, expect, it, vi } from "vitest";
import type { HistoryPlay } from "../../api/schema";
import { Plays } from "./plays";

const { get, ApiError } = vi.hoisted(() => ({ get: vi.fn(), ApiError: class extends Error {} }));
vi.mock("../../api/client", () => ({ get, ApiError }));

const group = { id: 7, plays: 2, play_ids: [6, 7], started_at: "2026-11-21T20:00:00Z" } as HistoryPlay;
const parts = [{ id: 6 }, { id: 7 }] as HistoryPlay[];

/** The list with one group, whose plays are asked for `answer`. */
async function listed(answer: () => Promise<unknown>): Promise<{ plays: Plays; asked: () => number }> {
  get.mockImplementation((path: string) =>
    path.endsWith("/7") ? answer() : Promise.resolve({ plays: [group], meta: { total: 1 } }),
  );
  const plays = new Plays({});
  await plays.ready;
  return { plays, asked: () => get.mock.calls.filter(([path]) => String(path).endsWith("/7")).length };
}

/** Draws the rows of the group until nothing changes any more, or `most` times. */
async function drawn(plays: Plays, most = 20): Promise<void> {
  for (let n = 0; n < most; n++) {
    const before = plays.version.value;
    plays.member(group, 0);
    plays.member(group, 1);
    await new Promise((next) => setTimeout(next));
    if (plays.version.value === before) return;
  }
}

beforeEach(() => {
  get.mockReset();
});

describe("a group", () => {
  it("that cannot be loaded is asked for once, and again when it is unfolded again", async () => {
    const { plays, asked } = await listed(() => Promise.reject(new ApiError("no")));
    plays.toggle(0, 0, group);
    await drawn(plays);
    expect(asked()).toBe(1);
    expect(plays.error?.message).toBe("no");
    plays.toggle(0, 0, group);
    plays.toggle(0, 0, group);
    expect(plays.error).toBeUndefined();
    await drawn(plays);
    expect(asked()).toBe(2);
  });

  it("that failed comes after a retry, and the list stays as long as it was", async () => {
    let answer: () => Promise<unknown> = () => Promise.reject(new ApiError("no"));
    const { plays, asked } = await listed(() => answer());
    plays.toggle(0, 0, group);
    await drawn(plays);
    const rows = plays.rows.count;
    answer = () => Promise.resolve({ play: group, group: parts });
    plays.retry();
    await drawn(plays);
    expect(asked()).toBe(2);
    expect(plays.member(group, 1)?.id).toBe(7);
    expect(plays.rows.count).toBe(rows);
  });
});
