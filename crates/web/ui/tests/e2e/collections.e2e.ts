// The pages of collections. The demo counts when it is asked to.
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import type {
  CollectAnswer,
  CollectionList,
  CollectionSnapshots,
  OneCollection,
  RotationComparison,
} from "../../src/api/schema";
import { answers, HOSTILE, instead, refused, shown, wider } from "./answers";
import { open, PHONE, settled } from "./browser";

const LIST = /^collections$/;
const rows = (page: Page) => page.locator(".collections-card tbody tr");
const column = (page: Page, n: number) => page.locator(`.collections-card tbody td:nth-child(${n})`).allInnerTexts();

/** Counts now, so that there is something to show. */
async function collect(body: object = {}): Promise<CollectAnswer> {
  const answer = await fetch(new URL("api/v1/collections/collect", inject("demo")), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Projectionist": "1" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as CollectAnswer;
}

/** The list asks every server what collections it has, so it is as slow as the slowest of them. */
const SLOW_MS = 60_000;
const LONG = { timeout: 180_000 };

async function listed(page: Page): Promise<void> {
  await rows(page).first().waitFor({ timeout: SLOW_MS });
}

/** Waits for the word of a counting that was asked for; a busy machine takes long to ask all servers. */
async function counted(page: Page): Promise<void> {
  const said = page.locator(".collections-said");
  await expect.poll(() => said.innerText(), { timeout: SLOW_MS }).not.toBe("");
  expect(await said.innerText()).toMatch(/^\d+ collections? counted/);
}

describe("collections", LONG, () => {
  it("are counted at the press of a button, and ranked by what was counted", async () => {
    const { page, done } = await open("/users");
    await page.getByRole("navigation").getByRole("link", { name: "Collections" }).click();
    await listed(page);
    const told = answers(page);
    await page.getByRole("button", { name: "Count now" }).click();
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await counted(page);
    const { collections } = await told.newest<CollectionList>(LIST);
    expect(await rows(page).count()).toBe(collections.length);
    const plays = collections.map((c) => c.latest?.plays ?? -1).sort((a, b) => b - a);
    await expect.poll(() => column(page, 2)).toEqual(plays.map((n) => (n < 0 ? "–" : shown(n))));
    const best = collections.find((c) => c.latest?.plays === plays[0])!;
    const first = rows(page).first();
    expect(await first.innerText()).toContain(best.title);
    const share = Math.round((100 * (best.latest?.items_watched ?? 0)) / (best.latest?.items ?? 1));
    expect(await first.locator("td:nth-child(6)").innerText()).toBe(`${share} %`);
    await done();
  });

  it("are put in order by keyboard, and found by name", async () => {
    const { page, done } = await open("/collections");
    await listed(page);
    await page.getByRole("columnheader", { name: "Items" }).getByRole("button").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("sort") === "-items");
    const items = (await column(page, 5)).map(Number);
    expect(items).toEqual(items.slice().sort((a, b) => b - a));
    const name = (await page.locator(".collections-names a").first().innerText()).slice(0, 5);
    await page.getByRole("searchbox", { name: "Find a collection" }).fill(name.toUpperCase());
    await page.waitForURL((url) => url.searchParams.has("find"));
    for (const found of await page.locator(".collections-names").allInnerTexts()) {
      expect(found.toLowerCase()).toContain(name.toLowerCase());
    }
    await done();
  });

  it("show markup in a name as text, and an unknown count as unknown", async () => {
    const { page, done } = await open("/users");
    await instead<CollectionList>(page, /\/api\/v1\/collections$/, (answer) => {
      answer.collections = [{ server: "house", library: "Films", title: HOSTILE, rating_key: 5 }];
    });
    await page.getByRole("navigation").getByRole("link", { name: "Collections" }).click();
    await listed(page);
    expect(await page.locator(".collections-names a").innerText()).toBe(HOSTILE);
    expect(await page.locator("main img[src='x'], main b").count()).toBe(0);
    expect(await column(page, 2)).toEqual(["–"]);
    expect(await column(page, 5)).toEqual(["–"]);
    await page.getByText("Nothing was counted yet").waitFor();
    await done();
  });

  it("cannot be counted by who only looks", async () => {
    const { page, done } = await open("/users");
    await instead<{ role?: string }>(page, /\/api\/v1\/access$/, (answer) => {
      answer.role = "viewer";
    });
    await page.goto(new URL("collections", inject("demo")).href);
    await listed(page);
    expect(await page.getByRole("button", { name: "Count now" }).count()).toBe(0);
    await done();
  });

  it("fit a phone, as does each of them", async () => {
    const { page, done } = await open("/collections", { viewport: PHONE, hasTouch: true, isMobile: true });
    await listed(page);
    expect(await wider(page)).toBe(false);
    await page.locator(".collections-names a").first().click();
    await page.locator(".collections-tiles").waitFor({ timeout: SLOW_MS });
    await settled(page);
    expect(await wider(page)).toBe(false);
    await done();
  });
});

describe("a collection", LONG, () => {
  it("has its sums, its titles, who watched, and its snapshots", async () => {
    await collect();
    const { page, done } = await open("/collections");
    await listed(page);
    const told = answers(page);
    await page.locator(".collections-names a").first().click();
    await page.getByRole("heading", { name: "Who watched" }).waitFor({ timeout: SLOW_MS });
    const one = await told.newest<OneCollection>(/^collections\/[^/]+\/\d+\?/);
    expect(await page.locator("h1").innerText()).toBe(one.collection.title);
    expect(await page.locator(".collections-tiles .value").first().innerText()).toBe(shown(one.total.plays));
    const people = page.locator(".card", { has: page.getByRole("heading", { name: "Who watched" }) });
    expect(await people.locator(".profile-name").allInnerTexts()).toEqual(one.users.map((u) => u.name));
    const titles = page.locator(".card", { has: page.getByRole("heading", { name: "Watched of it" }) });
    expect(await titles.locator(".profile-name").allInnerTexts()).toEqual(one.items.slice(0, 12).map((i) => i.title));
    const { snapshots } = await told.newest<CollectionSnapshots>(/\/snapshots\?/);
    const kept = page.getByRole("region", { name: "Snapshots, newest first" }).locator("tbody tr td:nth-child(2)");
    expect(await kept.allInnerTexts()).toEqual(snapshots.map((s) => shown(s.plays)));
    await page.getByRole("button", { name: "All time" }).click();
    const ever = await told.newest<OneCollection>(/^collections\/[^/]+\/\d+\?days=0/);
    await expect
      .poll(() => page.locator(".collections-tiles .value").first().innerText(), { timeout: SLOW_MS })
      .toBe(shown(ever.total.plays));
    await done();
  });

  it("that is not known says what to do", async () => {
    const { page, done } = await open("/collections/house/987654321");
    await page.getByText("has no collection 987654321").waitFor({ timeout: SLOW_MS });
    await page.getByRole("link", { name: "All collections" }).click();
    await listed(page);
    await done(refused("/collections/house/987654321"));
  });
});

describe("a rotation", LONG, () => {
  it("is compared with the time before it", async () => {
    const { page, done } = await open("/collections");
    await listed(page);
    await page.getByRole("button", { name: "Count now" }).click();
    await page.getByLabel("For a rotation").fill("autumn <b>2026</b>");
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await counted(page);
    const told = answers(page);
    await page.getByRole("button", { name: "Rotations" }).click();
    await page.getByRole("list", { name: "Known rotations" }).getByText("autumn <b>2026</b>").click();
    await page.waitForURL((url) => url.searchParams.get("rotation") === "autumn <b>2026</b>");
    const table = page.getByRole("region", { name: /^Before and after/ });
    await table.locator("tbody tr").first().waitFor({ timeout: SLOW_MS });
    const compared = await told.newest<RotationComparison>(/^rotations\/.*compare/);
    expect(await table.locator("tbody tr").count()).toBe(compared.collections.length);
    const before = compared.collections.reduce((sum, c) => sum + c.before.plays, 0);
    const after = compared.collections.reduce((sum, c) => sum + c.after.plays, 0);
    expect(await page.locator(".collections-sums .value").first().innerText()).toBe(`${shown(before)} → ${shown(after)}`);
    await done();
  });

  it("that is not known is told in the server's words", async () => {
    const { page, done } = await open("/collections?rotation=none-such");
    await page.getByRole("alert").getByText("nothing was counted for such a rotation").waitFor();
    await done(refused("/rotations/none-such"));
  });
});
