import { describe, expect, it } from "vitest";
import {
  channelNote,
  connectionsText,
  loginName,
  playerName,
  programmeRatio,
  streamPlace,
} from "./words";
import { channelName } from "../../format/feeds";

describe("loginName", () => {
  const cases: Array<[string, Parameters<typeof loginName>[0], string | undefined]> = [
    ["nothing is known", undefined, undefined],
    ["an account alone", { account: "Harbour" }, "Harbour"],
    ["a login alone", { name: "Second" }, "Second"],
    [
      "the usual login of an account is the account",
      { account: "Harbour", name: "Harbour Default" },
      "Harbour",
    ],
    ["another one is named", { account: "Harbour", name: "Second login" }, "Harbour · Second login"],
    ["and not twice", { account: "Harbour", name: "Harbour Second" }, "Harbour · Second"],
  ];
  for (const [name, given, wanted] of cases) it(name, () => expect(loginName(given)).toBe(wanted));
});

it("the place of a stream counts from 1", () => {
  expect(streamPlace({ stream: { index: 1, available: 3 } })).toBe("2 of 3");
  expect(streamPlace({ stream: { index: 0 } })).toBe("1");
  expect(streamPlace({ stream: { available: 3 } })).toBeUndefined();
});

it("a limit of 0 is none, and unknown is not 0", () => {
  expect(connectionsText(1, 1)).toBe("1 of 1 connection");
  expect(connectionsText(2, 0)).toBe("2 connections, no limit");
  expect(connectionsText(1, undefined)).toBe("1 connection");
  expect(connectionsText(undefined, 3)).toMatch(/not known/);
});

it("players are called by their program", () => {
  expect(playerName("TiviMate/5.1.6 (Android 12)")).toBe("TiviMate");
  expect(playerName("IPTVSmartersPro")).toBe("IPTVSmartersPro");
  expect(playerName(undefined)).toBeUndefined();
  expect(playerName("")).toBeUndefined();
});

it("a programme is only as far as its times say", () => {
  const programme = { starts_at: "2026-11-21T19:00:00Z", ends_at: "2026-11-21T20:00:00Z" };
  expect(programmeRatio(programme, Date.parse("2026-11-21T19:15:00Z"))).toBe(0.25);
  expect(programmeRatio(programme, Date.parse("2026-11-21T20:15:00Z"))).toBeUndefined();
  expect(programmeRatio({ starts_at: programme.starts_at }, 0)).toBeUndefined();
});

it("an episode on demand is called by its series", () => {
  const channel = { series: "Signal House", name: "Static", season: 2, episode: 4 };
  expect(channelName(channel, "k")).toBe("Signal House");
  expect(channelNote(channel)).toBe("S02E04 · Static");
  expect(channelName({}, "f69053c5bbdea68c3c1b")).toBe("f69053c5bbde");
});
