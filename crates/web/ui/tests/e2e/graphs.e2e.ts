// The page of graphs: what it draws is what the interface says, and each way to a number works.
import { readFileSync } from "node:fs";
import type { Download, Locator, Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";

const ZONE = "Europe/Berlin";
/** For tests of many graphs or pages on a slow machine. */
const SLOW_MS = 150_000;

const TWELVE = [
  "Daily Play Count by Media Type",
  "Play Count by Day of Week",
  "Play Count by Hour of Day",
  "Play Count by Top 10 Platforms",
  "Play Count by Top 10 Users",
  "Daily Play Count by Stream Type",
  "Daily Concurrent Stream Count by Stream Type",
  "Play Count by Source Resolution",
  "Play Count by Stream Resolution",
  "Play Count by Platform and Stream Type",
  "Play Count by User and Stream Type",
  "Total Plays per Month",
] as const;

interface Table {
  categories: string[];
  series: Array<{ name: string; values: number[] }>;
  total: number[];
}

interface Transcodes {
  reasons: Array<{ reason: string; value: number }>;
  hardware: { full: number; part: number; software: number };
}

/** Days that are over, so that what plays meanwhile changes nothing. */
function closedDays(): string {
  const date = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  return `from=${date(12)}&to=${date(3)}`;
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(new URL(`api/v1/${path}&time_zone=${encodeURIComponent(ZONE)}`, inject("demo")));
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

async function table(path: string): Promise<Table> {
  return (await ask<{ table: Table }>(`analytics/${path}`)).table;
}

/** The card of a graph, scrolled to, with something drawn or said in it. */
async function graph(page: Page, title: string): Promise<Locator> {
  const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
  const save = card.getByRole("button", { name: `Save ${title} as CSV` });
  // At once: the empty card gives way to the drawn one. And again: after a step back the page scrolls to where it was.
  const seen = async () => {
    await card.evaluate((own) => own.scrollIntoView({ block: "center" }));
    return save.isVisible();
  };
  await expect.poll(seen, { timeout: 30_000, interval: 100 }).toBe(true);
  return card;
}

/** Goes to a column by `key`. The graph is drawn a moment after its card, and hears no keys before. */
async function column(page: Page, card: Locator, key: string): Promise<void> {
  const canvas = card.locator(".canvas");
  await canvas.locator("canvas").waitFor();
  await canvas.focus();
  await page.keyboard.press(key);
  await page.locator(".chart-tip").waitFor();
}

async function csv(page: Page, card: Locator): Promise<string[][]> {
  const text = readFileSync(await (await saved(page, card, "as CSV")).path(), "utf8");
  const rows = text.trimEnd().split("\r\n");
  return rows.map((row) => row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((cell) => cell.replace(/^"|"$/g, "")));
}

async function saved(page: Page, card: Locator, how: "as CSV" | "as a picture"): Promise<Download> {
  const button = card.getByRole("button", { name: how });
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return download;
}

/** The rows of the table view, with its head. */
async function shown(card: Locator): Promise<string[][]> {
  await card.getByRole("button", { name: "as a table" }).click();
  const rows = card.locator(".scroller.values tr");
  await rows.first().waitFor();
  return rows.evaluateAll((all) =>
    all.map((row) => [...(row as HTMLTableRowElement).cells].map((cell) => cell.innerText.trim())),
  );
}

/** Rows of numbers under names of columns, as `csv` reads them, out of an answer. */
function columnsOf({ series, total }: Table, words: Record<string, string>): Record<string, string[]> {
  const named = series.map((s) => [words[s.name] ?? s.name, s.values.map(String)]);
  return Object.fromEntries([...named, ["Total", total.map(String)]]) as Record<string, string[]>;
}

function columnsIn([head = [], ...rows]: string[][]): Record<string, string[]> {
  return Object.fromEntries(head.slice(1).map((name, n) => [name, rows.map((row) => row[n + 1] ?? "")]));
}

const MEDIA = { episode: "TV", movie: "Movies", track: "Music", live: "Live TV" };
const DECISIONS = { directplay: "Direct play", copy: "Direct stream", transcode: "Transcode" };

/** A place within column `index` of `columns`, just above the axis. */
async function placeIn(card: Locator, index: number, columns: number): Promise<{ x: number; y: number }> {
  const over = card.locator(".u-over");
  await over.waitFor();
  const box = await over.boundingBox();
  if (!box) throw new Error("the graph is not drawn");
  return { x: box.x + (box.width * (index + 0.6)) / (columns + 0.2), y: box.y + box.height - 2 };
}

/** How many plays the history has for the address that `page` is at. */
async function playsAt(page: Page, rest = ""): Promise<number> {
  const { pathname, search } = new URL(page.url());
  expect(pathname).toBe(`${new URL(inject("demo")).pathname}history`);
  return (await ask<{ meta: { total: number } }>(`history${search}${rest}&limit=1`)).meta.total;
}

describe("graphs", () => {
  it("are the twelve people know, each with data", async () => {
    const { page, done } = await open("/graphs");
    for (const title of TWELVE) {
      const [head, ...rows] = await shown(await graph(page, title));
      expect(head?.length, title).toBeGreaterThan(1);
      const numbers = rows.flatMap((row) => row.slice(1)).map((text) => Number(text.replaceAll(",", "")));
      expect(numbers.every(Number.isFinite), title).toBe(true);
      expect(Math.max(...numbers), title).toBeGreaterThan(0);
    }
    await done();
  }, SLOW_MS);

  it("are asked for only when they come near", async () => {
    const { page, done } = await open("/graphs");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await graph(page, TWELVE[0]);
    expect(asked.filter((url) => url.includes("analytics/transcodes"))).toEqual([]);
    await graph(page, "Transcode Reasons");
    expect(asked.some((url) => url.includes("analytics/transcodes"))).toBe(true);
    await done();
  });

  it("tell in files and tables what the interface says, also of time", async () => {
    const days = closedDays();
    const { page, done } = await open(`/graphs?${days}`);
    const cases = [
      ["Daily Play Count by Media Type", `plays?by=date&${days}`, MEDIA],
      ["Play Count by Hour of Day", `plays?by=hour&${days}`, MEDIA],
      ["Daily Play Count by Stream Type", `streams?by=date&${days}`, DECISIONS],
      ["Play Count by User and Stream Type", `streams?by=user&limit=10&${days}`, DECISIONS],
      ["Total Plays per Month", `plays?by=month&${days}`, MEDIA],
    ] as const;
    for (const [title, path, words] of cases) {
      const plays = await table(path);
      expect(columnsIn(await csv(page, await graph(page, title))), title).toEqual(columnsOf(plays, words));
    }
    const card = await graph(page, TWELVE[0]);
    const dates = await table(`plays?by=date&${days}`);
    const [head, ...rows] = await shown(card);
    expect(head?.slice(1)).toEqual(["TV", "Movies", "Music", "Live TV", "Total"]);
    expect(rows.map((row) => row.at(-1))).toEqual(dates.total.map(String));

    await page.getByRole("button", { name: "Duration" }).click();
    await page.waitForURL(/measure=seconds/);
    for (const [title, path, words] of cases) {
      const named = title.replace("Play Count", "Play Duration").replace("Total Plays", "Total Play Duration");
      const seconds = await table(`${path}&measure=seconds`);
      const own = await graph(page, named);
      const told = async () => columnsIn(await csv(page, own));
      await expect.poll(told, { timeout: 10_000 }).toEqual(columnsOf(seconds, words));
      expect(await page.getByRole("heading", { name: title, exact: true }).count(), title).toBe(0);
    }
    await done();
  }, SLOW_MS);

  it("add the media of the top users and platforms to what the rankings say", async () => {
    const days = closedDays();
    const { page, done } = await open(`/graphs?${days}`);
    for (const [title, of] of [
      ["Play Count by Top 10 Platforms", "platforms"],
      ["Play Count by Top 10 Users", "users"],
    ] as const) {
      const { entries } = await ask<{ entries: Array<{ name: string; plays: number }> }>(
        `analytics/top?of=${of}&limit=10&${days}`,
      );
      const card = await graph(page, title);
      const told = async () => {
        const columns = columnsIn(await csv(page, card));
        const media = Object.entries(columns).filter(([name]) => name !== "Total");
        return columns.Total?.map((_, n) => media.reduce((sum, [, values]) => sum + Number(values[n]), 0));
      };
      await expect.poll(told, { timeout: 10_000 }).toEqual(entries.map((e) => e.plays));
    }
    await done();
  });

  it("obey the filter of the address", async () => {
    const days = closedDays();
    const everybody = await table(`streams?by=user&${days}`);
    const user = everybody.categories[0] ?? "";
    const filter = `${days}&user=${encodeURIComponent(user)}`;
    const [own, all] = [await table(`plays?by=date&${filter}`), await table(`plays?by=date&${days}`)];
    expect(own.total).not.toEqual(all.total);
    const { page, done } = await open(`/graphs?${filter}`);
    const rows = (await shown(await graph(page, TWELVE[0]))).slice(1);
    expect(rows.map((row) => row.at(-1))).toEqual(own.total.map(String));
    await done();
  });

  it("lead from a bar to exactly its plays", async () => {
    const days = closedDays();
    const { page, done } = await open(`/graphs?${days}`);
    const dates = await table(`plays?by=date&${days}`);
    // The lowest series of a column, which is what the pointer is on just above the axis.
    const episodes = dates.series.find((s) => s.name === "episode")?.values ?? [];
    const at = episodes.indexOf(Math.max(...episodes));
    const place = await placeIn(await graph(page, TWELVE[0]), at, dates.categories.length);
    await page.mouse.move(place.x, place.y);
    const tip = page.locator(".chart-tip");
    await tip.waitFor();
    expect(await tip.locator(".marked").innerText()).toMatch(new RegExp(`TV\\s+${episodes[at]}$`));
    expect(await tip.locator(".sum").innerText()).toMatch(new RegExp(`Total\\s+${dates.total[at]}$`));
    await page.mouse.click(place.x, place.y);
    await page.waitForURL(/\/history\?/);
    expect(new URL(page.url()).searchParams.getAll("from")).toEqual([dates.categories[at]]);
    expect(await playsAt(page)).toBe(episodes[at]);

    await page.goBack();
    const platforms = await table(`streams?by=platform&limit=10&${days}`);
    await column(page, await graph(page, "Play Count by Platform and Stream Type"), "ArrowRight");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/history\?/);
    expect(new URL(page.url()).searchParams.get("platform")).toBe(platforms.categories[0]);
    expect(await playsAt(page)).toBe(platforms.total[0]);
    await done();
  }, SLOW_MS);

  it("lead from every kind of column to the plays behind it", async () => {
    const days = closedDays();
    const { page, done } = await open(`/graphs?${days}`);
    const hours = await table(`plays?by=hour&${days}`);
    const tiers = await table(`completion?${days}`);
    // How something was delivered is told of a grouped play by the first of its parts, and asked of each of them:
    // where parts are plays for themselves, it is the same.
    const apart = `${days}&grouped=false`;
    const sources = await table(`streams?by=source_resolution&limit=10&${apart}`);
    const transcodes = await ask<Transcodes>(`analytics/transcodes?${apart}`);
    const mostReasons = Math.max(...transcodes.reasons.map((r) => r.value));
    for (const [title, key, wanted, rest] of [
      ["Play Count by Hour of Day", "End", hours.total.at(-1), ""],
      ["How Far Plays Got", "Home", tiers.total[0], ""],
      ["Play Count by Source Resolution", "Home", sources.total[0], "&grouped=false"],
      ["Transcode Reasons", "Home", mostReasons, "&grouped=false"],
      ["Hardware Share of Video Transcodes", "End", transcodes.hardware.software, "&grouped=false"],
    ] as const) {
      await column(page, await graph(page, title), key);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/history\?/);
      expect(await playsAt(page, rest), title).toBe(wanted);
      await page.goBack();
    }
    const week = await table(`plays?by=hour_weekday&${days}`);
    const at = week.total.indexOf(Math.max(...week.total));
    const row = (await graph(page, "Play Count by Hour and Weekday")).locator(".heat tbody tr").nth(Math.floor(at / 24));
    await row.locator("td").nth(at % 24).click();
    await page.waitForURL(/\/history\?/);
    expect(await playsAt(page)).toBe(week.total[at]);
    await page.getByRole("button", { name: /^Without Hour/ }).waitFor();
    await done();
  }, SLOW_MS);

  it("lead to the part of a month that was asked about", async () => {
    const days = closedDays();
    const months = await table(`plays?by=month&${days}`);
    const { page, done } = await open(`/graphs?${days}`);
    await column(page, await graph(page, "Total Plays per Month"), "End");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/history\?/);
    expect(await playsAt(page)).toBe(months.total.at(-1));
    await done();
  });

  it("tell their values to the keyboard, column by column and series by series", async () => {
    const days = closedDays();
    const dates = await table(`plays?by=date&${days}`);
    const { page, done } = await open(`/graphs?${days}`);
    const card = await graph(page, TWELVE[0]);
    const said = card.getByRole("status");
    await column(page, card, "Home");
    await expect.poll(() => said.innerText()).toContain(`total ${dates.total[0]}`);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => said.innerText()).toContain(`total ${dates.total[1]}`);
    await page.keyboard.press("ArrowUp");
    const episodes = dates.series.find((s) => s.name === "episode")?.values ?? [];
    await expect.poll(() => said.innerText()).toMatch(new RegExp(`: TV ${episodes[1]}$`));
    await page.locator(".chart-tip").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".chart-tip").waitFor({ state: "detached" });
    await done();
  });

  it("switch series off and on", async () => {
    const days = closedDays();
    const dates = await table(`plays?by=date&${days}`);
    const { page, done } = await open(`/graphs?${days}`);
    const card = await graph(page, TWELVE[0]);
    const music = card.getByRole("group").getByRole("button", { name: "Music" });
    expect(await music.getAttribute("aria-pressed")).toBe("true");
    await music.click();
    expect(await music.getAttribute("aria-pressed")).toBe("false");
    const tracks = dates.series.find((s) => s.name === "track")?.values ?? [];
    const at = tracks.indexOf(Math.max(...tracks));
    const place = await placeIn(card, at, dates.categories.length);
    await page.mouse.move(place.x, place.y);
    const tip = page.locator(".chart-tip");
    await tip.waitFor();
    const rest = (dates.total[at] ?? 0) - (tracks[at] ?? 0);
    expect(await tip.locator(".sum").innerText()).toMatch(new RegExp(`Total\\s+${rest}$`));
    expect(await tip.getByText("Music").count()).toBe(0);
    await music.click();
    await page.mouse.move(place.x, place.y);
    await expect.poll(() => tip.locator(".sum").innerText()).toMatch(new RegExp(`Total\\s+${dates.total[at]}$`));
    await done();
  });

  it("are saved as pictures on a ground, with their name and legend", async () => {
    const { page, done } = await open("/graphs");
    for (const title of [TWELVE[0], "Play Count by Hour and Weekday"]) {
      const file = await saved(page, await graph(page, title), "as a picture");
      expect(file.suggestedFilename()).toMatch(/^[a-z0-9-]+\.png$/);
      const seen = await look(page, readFileSync(await file.path()).toString("base64"));
      expect(seen.width, title).toBeGreaterThan(500);
      expect(seen.height, title).toBeGreaterThan(200);
      expect(seen.clear, title).toBe(0);
      expect(seen.titled, title).toBe(true);
      expect(seen.colors, title).toBeGreaterThan(5);
    }
    await done();
  });

  it("are drawn in the colours of the theme", async () => {
    const { page, done } = await open("/graphs", { colorScheme: "dark" });
    const canvas = (await graph(page, TWELVE[0])).locator(".u-wrap canvas");
    await canvas.waitFor();
    const drawing = () => canvas.evaluate((own) => (own as HTMLCanvasElement).toDataURL());
    const dark = await drawing();
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(drawing).not.toBe(dark);
    await done();
  });

  it("name hours and begin weeks as people there do", async () => {
    const first = async (locale: string) => {
      const { page, done } = await open("/graphs", { locale });
      const weekdays = await shown(await graph(page, "Play Count by Day of Week"));
      const hours = await shown(await graph(page, "Play Count by Hour of Day"));
      await done();
      return [weekdays[1]?.[0], hours[1]?.[0]];
    };
    expect(await first("en-GB")).toEqual(["Monday", "00–01"]);
    expect(await first("en-US")).toEqual(["Sunday", "12 am–1 am"]);
  }, SLOW_MS);

  it("say where there is nothing, without a graph", async () => {
    const { page, done } = await open("/graphs?q=no-title-is-called-this");
    const card = await graph(page, TWELVE[0]);
    await card.getByText("No plays in this time").waitFor();
    expect(await card.locator(".u-over").count()).toBe(0);
    expect(await card.getByRole("button", { name: "as a picture" }).isDisabled()).toBe(true);
    await done();
  });

  it("show the values to a finger before they lead anywhere", async () => {
    const days = closedDays();
    const dates = await table(`plays?by=date&${days}`);
    const { page, done } = await open(`/graphs?${days}`, { viewport: PHONE, hasTouch: true, isMobile: true });
    const at = dates.total.indexOf(Math.max(...dates.total));
    const { x, y } = await placeIn(await graph(page, TWELVE[0]), at, dates.categories.length);
    await page.touchscreen.tap(x, y);
    const tip = page.locator(".chart-tip");
    await tip.waitFor();
    const box = await tip.boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= PHONE.width).toBe(true);
    expect(new URL(page.url()).pathname).toMatch(/graphs$/);
    await page.touchscreen.tap(x, y);
    await page.waitForURL(/\/history\?/);
    expect(new URL(page.url()).searchParams.get("to")).toBe(dates.categories[at]);

    await page.goBack();
    const week = await table(`plays?by=hour_weekday&${days}`);
    const most = week.total.indexOf(Math.max(...week.total));
    const map = await graph(page, "Play Count by Hour and Weekday");
    const cell = map.locator(".heat tbody tr").nth(Math.floor(most / 24)).locator("td").nth(most % 24);
    await cell.tap();
    await tip.waitFor();
    expect(new URL(page.url()).pathname).toMatch(/graphs$/);
    await cell.tap();
    await page.waitForURL(/\/history\?/);
    expect(await playsAt(page)).toBe(week.total[most]);
    await page.goBack();
    await graph(page, "Play Count by Hour and Weekday");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await done();
  });
});

/** What a picture is made of: pixels without a ground, colours, and whether there is writing at its top. */
function look(page: Page, base64: string) {
  return page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, image.width, image.height);
    const pixels = new Uint32Array(data.buffer);
    let clear = 0;
    for (let n = 3; n < data.length; n += 4) if (data[n] !== 255) clear++;
    const head = pixels.subarray(0, image.width * Math.round(image.height / 6));
    return {
      width: image.width,
      height: image.height,
      clear,
      titled: new Set(head).size > 3,
      colors: new Set(pixels).size,
    };
  }, base64);
}
