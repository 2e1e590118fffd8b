// The page "History", against whatever the demo has played by now.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";
import { type Cost, costOf, metered, slowness } from "./cost";
import { demo } from "./programs";

interface Play {
  id: number;
  plays: number;
  play_ids: number[];
  item: { full_title: string; title?: string; grandparent_title?: string };
  user?: { id?: string; name?: string };
}

async function plays(query: string): Promise<{ plays: Play[]; meta: { total: number } }> {
  const answer = await fetch(new URL(`api/v1/history?${query}`, inject("demo")));
  return (await answer.json()) as { plays: Play[]; meta: { total: number } };
}

/** Rows of plays that have been drawn. */
const rows = (page: Page) => page.locator(".history-row:not(.history-head, .history-none)");

async function listed(page: Page): Promise<void> {
  await rows(page).first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".history-table.stale"));
}

/** How many plays the page says there are. */
async function countTold(page: Page): Promise<number> {
  return Number((await page.locator(".history-count").innerText()).replace(/\D/g, ""));
}

/** A busy machine draws within this. */
const PATIENT = { timeout: 20_000 };

describe("the history", () => {
  it("is searched while typing, and marks what was found", async () => {
    const { page, done } = await open("/history");
    await listed(page);
    const wanted = (await plays("limit=1")).plays[0]?.item.full_title.slice(0, 6) ?? "";
    const all = (await plays("limit=1")).meta.total;
    const found = (await plays(`q=${encodeURIComponent(wanted)}&limit=1`)).meta.total;
    const box = page.getByRole("searchbox", { name: "Search the history" });
    await box.pressSequentially(wanted.toUpperCase(), { delay: 15 });
    await page.waitForURL((url) => url.searchParams.get("q") === wanted.toUpperCase().trim());
    await page.locator(".history-row mark").first().waitFor();
    const marked = await page.locator(".history-row mark").first().innerText();
    expect(marked.toLowerCase()).toBe(wanted.toLowerCase().trim());
    // The demo plays on meanwhile.
    await expect.poll(() => countTold(page), PATIENT).toBeLessThan(all);
    expect(await countTold(page)).toBeGreaterThanOrEqual(found);
    await box.fill("no such title anywhere");
    await page.getByText("Nothing was played that fits").waitFor();
    await done();
  });

  it.each([150, 175])("loses no letter that is typed every %i ms", async (delay) => {
    const { page, done } = await open("/history");
    await listed(page);
    const box = page.getByRole("searchbox", { name: "Search the history" });
    const text = "the quick brown fox jumps over it";
    await box.pressSequentially(text, { delay });
    await page.waitForURL((url) => url.searchParams.get("q") === text);
    expect(await box.inputValue()).toBe(text);
    // What changes the address by itself is taken over.
    await page.getByRole("navigation").getByRole("link", { name: "History" }).click();
    await expect.poll(() => box.inputValue()).toBe("");
    await done();
  });

  it("is filtered by its address, and chips take the filter away", async () => {
    const user = (await plays("limit=1")).plays[0]?.user;
    const { page, done } = await open(`/history?user_id=${user?.id}&media=movie&media=episode&unknown=1`);
    await listed(page);
    const chips = page.locator(".filters .chip");
    await chips.getByText(user?.name ?? "").waitFor();
    expect(await chips.count()).toBe(3);
    await page.getByRole("button", { name: "Without Media movie" }).click();
    await page.waitForURL((url) => url.searchParams.getAll("media").join() === "episode");
    await page.getByRole("button", { name: "Clear all" }).click();
    await page.waitForURL((url) => !url.searchParams.has("user_id") && !url.searchParams.has("media"));
    expect(await chips.count()).toBe(0);
    await done();
  });

  it("offers filters with counts, several of a kind, by keyboard", async () => {
    const { page, done } = await open("/history");
    await listed(page);
    await page.getByRole("button", { name: "Add filter" }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".filters .panel").getByRole("button", { name: "Platform" }).press("Enter");
    const boxes = page.locator(".filters .panel").getByRole("checkbox");
    await boxes.nth(1).waitFor();
    await boxes.nth(0).press("Space");
    await page.waitForURL((url) => url.searchParams.getAll("platform").length === 1);
    await boxes.nth(1).press("Space");
    await page.waitForURL((url) => url.searchParams.getAll("platform").length === 2);
    expect(await page.locator(".filters .panel .n").first().innerText()).toMatch(/\d/);
    await page.keyboard.press("Escape");
    await page.locator(".filters .panel").waitFor({ state: "detached" });
    const chosen = new URL(page.url()).searchParams.getAll("platform");
    const query = chosen.map((p) => `platform=${encodeURIComponent(p)}`).join("&");
    await listed(page);
    const found = (await plays(`${query}&limit=1`)).meta.total;
    await expect.poll(async () => Math.abs((await countTold(page)) - found), PATIENT).toBeLessThan(20);
    await done();
  });

  it("covers a range of dates of the user's own", async () => {
    const { page, done } = await open("/history");
    await listed(page);
    await page.getByRole("button", { name: "Choose dates" }).click();
    await page.getByLabel("First day").fill("2001-02-03");
    await page.getByLabel("Last day").fill("2001-02-04");
    await page.waitForURL((url) => url.search.includes("from=2001-02-03") && url.search.includes("to=2001-02-04"));
    await page.getByText("Nothing was played that fits").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("group", { name: "Range" }).getByRole("button", { name: "All time" }).click();
    await listed(page);
    await done();
  });

  it("unfolds plays that continue one another", async () => {
    const group = (await plays("limit=500")).plays.find((p) => p.plays > 1);
    if (!group) throw new Error("the demo has no resumed play");
    const { page, done } = await open(`/history?title=${encodeURIComponent(group.item.full_title)}`);
    await listed(page);
    const fold = page.locator(".history-fold").first();
    const parts = Number.parseInt(await fold.innerText(), 10);
    await fold.click();
    await expect.poll(() => page.locator(".history-member").count(), PATIENT).toBe(parts);
    await fold.click();
    await expect.poll(() => page.locator(".history-member").count(), PATIENT).toBe(0);
    await page.getByLabel("Join resumed plays").uncheck();
    await page.waitForURL((url) => url.searchParams.get("grouped") === "false");
    await expect.poll(() => page.locator(".history-fold").count(), PATIENT).toBe(0);
    await done();
  });

  it("keeps the chosen columns", async () => {
    const { page, done } = await open("/history");
    await listed(page);
    const head = page.getByRole("columnheader");
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "Library" }).check();
    await page.getByRole("checkbox", { name: "Player" }).uncheck();
    await head.getByText("Library").waitFor();
    await page.reload();
    await listed(page);
    const titles = await head.allInnerTexts();
    expect(titles).toContain("Library");
    expect(titles).not.toContain("Player");
    await done();
  });

  it("keeps a filter with its columns as a view", async () => {
    const { page, done } = await open("/history?media=track&days=90");
    await listed(page);
    const views = page.getByRole("button", { name: "Saved views" });
    await views.click();
    await page.getByLabel("Name of the view").fill("Music <b>");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Rename Music <b>" }).click();
    await page.getByLabel("New name of Music <b>").fill("Songs");
    await page.getByLabel("New name of Music <b>").press("Enter");
    await page.reload();
    await page.getByRole("button", { name: "Without Media track" }).click();
    await page.waitForURL((url) => !url.searchParams.has("media"));
    await views.click();
    await page.getByRole("button", { name: "Songs", exact: true }).click();
    await page.waitForURL((url) => url.search === "?media=track&days=90");
    await views.click();
    await page.getByRole("button", { name: "Delete Songs" }).click();
    await page.getByText("A view keeps the filter").waitFor();
    await done();
  });

  it("is downloaded as CSV with the same filter", async () => {
    const { page, done } = await open("/history?media=movie");
    await listed(page);
    const link = page.getByRole("link", { name: "CSV" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    const [head, ...lines] = readFileSync(await download.path(), "utf8").trim().split("\n");
    expect(head?.split(",")).toEqual(expect.arrayContaining(["id", "started_ms", "full_title", "user"]));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => line.includes(",movie,"))).toBe(true);
    await done();
  });

  it("announces new plays and does not move the rows", async () => {
    const { page, done } = await open("/history?user=nobody-at-all-yet&days=0");
    await page.getByText("Nothing was played that fits").waitFor();
    // Only the look for new plays asks for one.
    await page.route(/api\/v1\/history\?.*limit=1(&|$)/, async (route) => {
      const answer = await route.fetch();
      const told = (await answer.json()) as { plays: object[]; meta: { total: number } };
      told.meta.total += 3;
      told.plays = [{ ...told.plays[0], id: 999_999_999 }];
      await route.fulfill({ response: answer, json: told });
    });
    await page.getByRole("button", { name: /^Without User/ }).click();
    await listed(page);
    const first = await rows(page).first().innerText();
    await page.getByRole("button", { name: /\d+ new plays/ }).waitFor({ timeout: 45_000 });
    expect(await rows(page).first().innerText()).toBe(first);
    await page.getByRole("button", { name: /\d+ new plays/ }).click();
    await page.getByRole("button", { name: /\d+ new plays/ }).waitFor({ state: "detached" });
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await done();
  });

  it("is as it was left, for who goes back", async () => {
    const { page, done } = await open("/history?days=0");
    await listed(page);
    let asked = 0;
    page.on("request", (request) => (asked += /\/api\/v1\/history\?.*limit=[15]00/.test(request.url()) ? 1 : 0));
    // Beyond the first page of plays, so that the list is longer than it is at first.
    await page.waitForFunction(() => (scrollTo(0, 120 * 54), scrollY === 120 * 54));
    const row = page.locator("[role=row][aria-rowindex='124']:not(.history-none)");
    await row.waitFor();
    await page.evaluate(() => scrollTo(0, 118 * 54));
    const [text, at] = [await row.innerText(), await page.evaluate(() => scrollY)];
    const before = asked;
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
    await page.getByRole("heading", { name: "Users" }).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await row.waitFor();
    expect(await row.innerText()).toBe(text);
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(at);
    expect(asked).toBe(before);
    // Who opens the page anew begins at its top, with what is there now.
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
    await page.getByRole("heading", { name: "Users" }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "History" }).click();
    await listed(page);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    expect(asked).toBeGreaterThan(before);
    await done();
  });

  it("says how to switch the history on where none is kept", async () => {
    const { page, faults, done } = await open("/settings");
    await page.route("**/api/v1/history?*", (route) =>
      route.fulfill({ status: 404, json: { error: { kind: "not_found", message: "no history is kept" } } }),
    );
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("No history is kept.").waitFor();
    await page.getByText("enabled = true").waitFor();
    // The browser itself reports the refusal.
    faults.length = 0;
    await done();
  });
});

describe("the sheet of a play", () => {
  it("opens by click, steps by keyboard, closes by Escape and by going back", async () => {
    const { page, done } = await open("/history");
    await listed(page);
    const sheet = page.getByRole("dialog");
    await rows(page).nth(2).click({ position: { x: 400, y: 8 } });
    await page.waitForURL((url) => url.searchParams.has("play"));
    await sheet.getByRole("heading", { name: "Who and where" }).waitFor();
    const first = new URL(page.url()).searchParams.get("play");
    await page.keyboard.press("j");
    await page.waitForURL((url) => url.searchParams.get("play") !== first);
    await page.keyboard.press("k");
    await page.waitForURL((url) => url.searchParams.get("play") === first);
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.has("play")).toBe(false);
    await rows(page).nth(1).locator(".history-name").press("Enter");
    await sheet.waitFor();
    await page.goBack();
    await sheet.waitFor({ state: "detached" });
    await done();
  });

  it("is an address, and tells in words when there is no such play", async () => {
    const [play] = (await plays("limit=1")).plays;
    const { page, faults, done } = await open(`/history?play=${play?.id}`);
    await page.getByRole("dialog").getByText("Started").waitFor();
    await page.goto(new URL("history?play=999999999", inject("demo")).href);
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    faults.length = 0;
    await done();
  });
});

describe("on a phone", () => {
  it("has two lines a row, its sheet, and filters at the foot", async () => {
    const { page, done } = await open("/history", { viewport: PHONE, hasTouch: true, isMobile: true });
    await listed(page);
    const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await sideways()).toBeLessThanOrEqual(0);
    await page.getByRole("button", { name: "Add filter" }).tap();
    const panel = await page.locator(".filters .panel").boundingBox();
    expect(panel?.x).toBeGreaterThanOrEqual(0);
    expect((panel?.x ?? 0) + (panel?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
    await page.keyboard.press("Escape");
    await rows(page).nth(1).tap();
    await page.getByRole("dialog").getByText("Started").waitFor();
    expect(await sideways()).toBeLessThanOrEqual(0);
    await done();
  });
});

/** Rows that exist at once: what a screen shows, and some at each end. */
const ROWS_MAX = 90;

/** What a screen of plays may cost until it is drawn, wherever it is. */
const SCREEN_MAX_MS = 100;

/** Where in the list the jumps go: mostly to plays that were forgotten, so that two screens are drawn, one of places. */
const JUMPS = [0, 0.5, 0.11, 0.93, 0.37, 0.72, 0.02, 0.61, 0.25, 0.84];

/** Puts what scrolls into the page. It looks without asking for a layout, which would cost more than what it waits for. */
function equip(): void {
  const table = document.querySelector("[role=table]") as Element;
  const drawn = () => table.querySelectorAll("[role=row]");
  const last = () => Number([...drawn()].at(-1)?.getAttribute("aria-rowindex"));
  const all = () => Number(table.getAttribute("aria-rowcount"));
  const isWhole = () => !table.querySelector(".history-none");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const until = async (is: () => boolean) => {
    const began = performance.now();
    while (!is()) {
      if (performance.now() - began > 20_000) throw new Error(`stuck at row ${last()} of ${all()}`);
      await new Promise((done) => setTimeout(done, 4));
    }
    await frame();
  };
  const toEnd = async () => {
    let [screens, rows] = [0, 0];
    for (; last() !== all(); screens++) {
      const before = last();
      scrollTo(0, Number.MAX_SAFE_INTEGER);
      await until(() => last() > before && isWhole());
      rows = Math.max(rows, drawn().length);
    }
    return { screens, rows, all: all() };
  };
  // What was forgotten is asked for again.
  const jump = async (part: number) => {
    scrollTo(0, part * (document.documentElement.scrollHeight - innerHeight));
    await frame();
    await until(isWhole);
    return drawn().length;
  };
  // Whether the rows are where the eye is.
  const isFull = () => {
    const at = (y: number) => document.elementFromPoint(innerWidth / 2, y)?.closest("[role=row]");
    return [0.5, 0.7, 0.9].every((part) => at(part * innerHeight) != null);
  };
  Object.assign(globalThis, { scrolling: { toEnd, jump, isFull } });
}

interface Equipped {
  scrolling: {
    toEnd: () => Promise<{ screens: number; rows: number; all: number }>;
    jump: (part: number) => Promise<number>;
    isFull: () => boolean;
  };
}

/** Bytes in use by scripts, garbage not counted. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = (await session.send("Runtime.getHeapUsage")) as { usedSize: number };
  await session.detach();
  return usedSize;
}

/** Plays of eight pages, and the places of all others. */
const HEAP_MAX_BYTES = 40e6;

describe.skipIf(!inject("program"))("a long history", () => {
  it("scrolls through 100,000 plays", async () => {
    const { page, done } = await open("/history?grouped=false", {}, await demo(["--days", "1900"]));
    await listed(page);
    const total = await countTold(page);
    expect(total).toBeGreaterThan(100_000);
    const devtools = await metered(page);
    await page.evaluate(equip);
    const slow = await slowness(devtools, page);
    const before = await heapOf(page);
    const [end, scrolled] = await costOf(devtools, () =>
      page.evaluate(() => (globalThis as unknown as Equipped).scrolling.toEnd()),
    );
    const grown = (await heapOf(page)) - before;
    let rows = end.rows;
    const jumped: Cost = { ms: 0, passedMs: 0 };
    for (const part of JUMPS) {
      const [drawn, cost] = await costOf(devtools, () =>
        page.evaluate((to) => (globalThis as unknown as Equipped).scrolling.jump(to), part),
      );
      rows = Math.max(rows, drawn);
      jumped.ms += cost.ms;
      jumped.passedMs += cost.passedMs;
      expect(await page.evaluate(() => (globalThis as unknown as Equipped).scrolling.isFull()), `at ${part}`).toBe(true);
    }
    const each = ({ ms, passedMs }: Cost, times: number) =>
      `${(ms / times).toFixed()} ms of the main thread each, ${(passedMs / times).toFixed()} ms with the server`;
    console.log(
      `${total} plays in ${end.screens} screens, ${each(scrolled, end.screens)}; jumps, ${each(jumped, JUMPS.length)}; ` +
        `${rows} rows at once, heap +${(grown / 1e6).toFixed(1)} MB`,
    );
    // Every play has its row, and days have theirs.
    expect(end.all).toBeGreaterThanOrEqual(total + 1);
    expect(rows).toBeLessThanOrEqual(ROWS_MAX);
    expect(scrolled.ms / end.screens).toBeLessThanOrEqual(SCREEN_MAX_MS * slow);
    expect(jumped.ms / JUMPS.length).toBeLessThanOrEqual(2 * SCREEN_MAX_MS * slow);
    expect(grown).toBeLessThan(HEAP_MAX_BYTES);
    await done();
  }, 540_000);
});
