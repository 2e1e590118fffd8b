// The page "History", against whatever the demo has played by now.
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";
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

/** From an answer of the server to its plays on the screen; and from a jump to anywhere to the plays of that place. */
const SHOWN_MS = 100;

/** Pages that may take longer: the machine collects garbage, or does something else. */
const LATE_PAGES_RATIO = 0.05;

/** Runs in the page: to the end of the list, page by page, then to places all over it. */
async function scrollThrough(): Promise<{ pages: number[]; jumps: number[]; rows: number; last: number; all: number }> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const table = document.querySelector("[role=table]");
  const drawn = () => [...document.querySelectorAll<HTMLElement>("[role=row][aria-rowindex]")];
  const last = () => drawn().reduce((most, row) => Math.max(most, Number(row.getAttribute("aria-rowindex"))), 0);
  const all = () => Number(table?.getAttribute("aria-rowcount"));
  const height = () => document.documentElement.scrollHeight;
  const until = async (is: () => boolean) => {
    const began = performance.now();
    while (!is()) {
      if (performance.now() - began > 20_000) throw new Error(`stuck at row ${last()} of ${all()}`);
      await frame();
    }
  };
  const seenOf = () =>
    drawn().filter((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return bottom > 60 && top < innerHeight && !row.classList.contains("history-head");
    });
  const whole = () => seenOf().length > 3 && seenOf().every((row) => !row.classList.contains("history-none"));
  const answeredAt = () => {
    const answers = performance.getEntriesByType("resource").filter((e) => e.name.includes("/api/v1/history?"));
    return (answers.at(-1) as PerformanceResourceTiming | undefined)?.responseEnd;
  };
  performance.setResourceTimingBufferSize(20_000);
  const [pages, jumps]: [number[], number[]] = [[], []];
  let most = 0;
  for (;;) {
    performance.clearResourceTimings();
    const before = height();
    const lastBefore = last();
    scrollTo(0, before);
    await until(() => height() > before || (all() > 0 && last() === all()));
    if (height() <= before) break;
    scrollTo(0, lastBefore > 0 ? before : 0);
    await until(() => last() > lastBefore && whole());
    const now = performance.now();
    const answered = answeredAt();
    if (answered !== undefined) pages.push(now - answered);
    most = Math.max(most, drawn().length);
  }
  for (const part of [0, 0.5, 0.11, 0.93, 0.37, 0.72, 0.02, 0.61, 0.25, 0.84]) {
    performance.clearResourceTimings();
    const began = performance.now();
    scrollTo(0, part * (height() - innerHeight));
    await frame();
    await until(whole);
    // What was forgotten is asked for again; how long the answer takes is the server's, here a debug build's.
    jumps.push(performance.now() - Math.max(began, answeredAt() ?? 0));
    most = Math.max(most, drawn().length);
  }
  return { pages, jumps, rows: most, last: last(), all: all() };
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
    const before = await heapOf(page);
    const seen = await page.evaluate(scrollThrough);
    const grown = (await heapOf(page)) - before;
    const sorted = (list: number[]) => list.toSorted((a, b) => a - b);
    const middle = (list: number[]) => sorted(list)[list.length >> 1] ?? Number.NaN;
    const late = seen.pages.filter((ms) => ms > SHOWN_MS).length;
    console.log(
      `${total} plays, ${seen.pages.length} pages: ${middle(seen.pages).toFixed()} ms after the answer, ` +
        `${late} above ${SHOWN_MS} ms; jumps ${middle(seen.jumps).toFixed()} ms; ` +
        `${seen.rows} rows at once, heap +${(grown / 1e6).toFixed(1)} MB`,
    );
    // Every play has its row, and days have theirs.
    expect(seen.all).toBeGreaterThanOrEqual(total + 1);
    expect(seen.pages.length).toBeGreaterThanOrEqual(Math.floor(total / 500) - 1);
    expect(seen.rows).toBeLessThanOrEqual(ROWS_MAX);
    expect(late).toBeLessThanOrEqual(Math.max(2, seen.pages.length * LATE_PAGES_RATIO));
    expect(middle(seen.jumps)).toBeLessThanOrEqual(SHOWN_MS);
    expect(grown).toBeLessThan(HEAP_MAX_BYTES);
    await done();
  }, 540_000);
});
