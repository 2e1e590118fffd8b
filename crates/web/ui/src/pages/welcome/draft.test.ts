import { describe, expect, it } from "vitest";
import { type Added, sameThing, toSave, withAdded } from "./draft";

const plex = (url: string): Added => ({ kind: "plex", label: url, entry: { url } });

describe("the draft of the first run", () => {
  it("knows one thing by its machine or by its address", () => {
    const byMachine = (machine_id: string): Added => ({ kind: "plex", label: "", entry: { machine_id, pin: "p" } });
    const table: Array<[Added, Added, boolean]> = [
      [plex("http://a:32400"), plex("a:32400/"), true],
      [plex("http://a:32400"), plex("http://b:32400"), false],
      [plex("a"), { ...plex("a"), kind: "tautulli" }, false],
      [byMachine("1"), byMachine("1"), true],
      [byMachine("1"), byMachine("2"), false],
    ];
    for (const [a, b, same] of table) expect(sameThing(a, b)).toBe(same);
  });

  it("keeps the later of two, and saves each where it belongs", () => {
    const corrected: Added = { ...plex("http://a"), entry: { url: "http://a", token: "new" } };
    const list = [
      plex("a"),
      { kind: "tautulli", label: "t", entry: { url: "t" }, once: true } as Added,
      { kind: "tautulli", label: "u", entry: { url: "u" } } as Added,
      corrected,
    ].reduce<Added[]>(withAdded, []);
    expect(toSave(list)).toEqual({
      plex: [{ url: "http://a", token: "new" }],
      dispatcharr: [],
      tautulli: [{ url: "u" }],
      influxdb: [],
      import: [{ url: "t" }],
    });
  });
});
