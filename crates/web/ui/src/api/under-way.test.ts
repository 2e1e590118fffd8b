import { describe, expect, it } from "vitest";
import { UnderWay } from "./under-way";

/** A server that answers when it is told to. */
function server() {
  const asked: Array<{ signal: AbortSignal; answer: (text: string) => void }> = [];
  const ask = (signal: AbortSignal) => new Promise<string>((answer) => asked.push({ signal, answer }));
  return { asked, ask };
}

describe("requests under way", () => {
  it("are asked once for all who wait, and anew after the answer", async () => {
    const { asked, ask } = server();
    const all = new UnderWay();
    const [one, two] = [all.join("/a", ask), all.join("/a", ask)];
    all.join("/b", ask);
    expect(asked).toHaveLength(2);
    expect(all.has("/a")).toBe(true);
    asked[0]?.answer("told");
    expect(await Promise.all([one.answer, two.answer])).toEqual(["told", "told"]);
    expect(all.has("/a")).toBe(false);
    all.join("/a", ask);
    expect(asked).toHaveLength(3);
  });

  it("end when the last one leaves, however often one says so", () => {
    const { asked, ask } = server();
    const all = new UnderWay();
    const [one, two] = [all.join("/a", ask), all.join("/a", ask)];
    one.leave();
    one.leave();
    expect(asked[0]?.signal.aborted).toBe(false);
    two.leave();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(all.has("/a")).toBe(false);
  });

  it("do not serve who asks after a change, and still answer who asked before", async () => {
    const { asked, ask } = server();
    const all = new UnderWay();
    const before = all.join("/a", ask);
    all.forget("/a");
    const after = all.join("/a", ask);
    asked[1]?.answer("new");
    asked[0]?.answer("old");
    expect(await Promise.all([before.answer, after.answer])).toEqual(["old", "new"]);
  });

  it("an old one that ends does not hide a newer one", async () => {
    const { asked, ask } = server();
    const all = new UnderWay();
    const before = all.join("/a", ask);
    all.forget("/a");
    all.join("/a", ask);
    asked[0]?.answer("old");
    await before.answer;
    expect(all.has("/a")).toBe(true);
  });

  it("that take too long are taken for lost", () => {
    const { asked, ask } = server();
    let now = 0;
    const all = new UnderWay(() => now);
    all.join("/a", ask);
    now = 59_999;
    expect(all.has("/a")).toBe(true);
    now = 60_000;
    expect(all.has("/a")).toBe(false);
    all.join("/a", ask);
    expect(asked).toHaveLength(2);
  });
});
