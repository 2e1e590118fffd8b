// The pages of titles, against whatever the demo has played by now.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { ProfileAnswer, RankingAnswer } from "../../src/api/schema";
import { answers, HOSTILE, instead, refused, shown, wider } from "./answers";
import { open, PHONE, settled } from "./browser";

const names = (page: Page) => page.locator(".titles-wall .titles-name").allInnerTexts();
const drawn = (answer: RankingAnswer) => answer.entries.slice(0, 60);

describe("titles", () => {
  it("hang in the order of the ranking, reached from the menu", async () => {
    const { page, done } = await open("/users");
    const told = answers(page);
    await page.getByRole("navigation").getByRole("link", { name: "Titles" }).click();
    await page.locator(".titles-one").first().waitFor();
    const answer = await told.newest<RankingAnswer>(/^analytics\/top\?.*media=movie/);
    expect(await names(page)).toEqual(drawn(answer).map((e) => e.name));
    expect(await page.locator(".titles-facts b").allInnerTexts()).toEqual(
      drawn(answer).map((e) => `${shown(e.plays)} ${e.plays === 1 ? "play" : "plays"}`),
    );
    await done();
  });

  it("are where they were, for who comes back from one of them", async () => {
    const { page, done } = await open("/titles?days=0");
    const last = page.locator(".titles-one").last();
    await last.waitFor();
    await last.scrollIntoViewIfNeeded();
    const at = await page.evaluate(() => scrollY);
    expect(at).toBeGreaterThan(0);
    await last.click();
    await page.waitForURL(/\/titles\/[^/]+\/[^/]+$/);
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
    await page.goBack();
    await last.waitFor();
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(at);
    await done();
  });

  it("change with the kind and with what they are ranked by", async () => {
    const { page, done } = await open("/titles");
    await page.locator(".titles-one").first().waitFor();
    const told = answers(page);
    await page.getByRole("group", { name: "Kind" }).getByRole("button", { name: "TV" }).click();
    const shows = await told.newest<RankingAnswer>(/^analytics\/top\?.*media=episode/);
    await expect.poll(() => names(page)).toEqual(drawn(shows).map((e) => e.name));
    await page.getByRole("group", { name: "Ranked by" }).getByRole("button", { name: "Popular" }).click();
    await page.waitForURL((url) => url.searchParams.get("by") === "users");
    const most = Math.max(...shows.entries.map((e) => e.users));
    await expect.poll(() => page.locator(".titles-facts b").first().innerText()).toBe(`${most} ${most === 1 ? "user" : "users"}`);
    await page.getByRole("group", { name: "Kind" }).getByRole("button", { name: "Music" }).click();
    const music = await told.newest<RankingAnswer>(/^analytics\/top\?.*media=track/);
    const first = Math.max(...music.entries.map((e) => e.users));
    await expect.poll(() => page.locator(".titles-facts b").first().innerText()).toMatch(new RegExp(`^${first} user`));
    await done();
  });

  it("are searched while typing", async () => {
    const { page, done } = await open("/titles?media=episode&days=0");
    await page.locator(".titles-one").first().waitFor();
    const [first = ""] = await names(page);
    const told = answers(page);
    await page.getByRole("searchbox", { name: "Find what was played" }).fill(first);
    await page.waitForURL((url) => url.searchParams.get("q") === first);
    const answer = await told.newest<RankingAnswer>(/^analytics\/top\?.*q=/);
    await expect.poll(() => names(page)).toEqual(drawn(answer).map((e) => e.name));
    expect(await names(page)).toContain(first);
    await page.getByRole("searchbox", { name: "Find what was played" }).fill("no such title anywhere");
    await page.getByText("has that in it").waitFor();
    await done();
  });

  it("show markup in a name as text", async () => {
    const { page, done } = await open("/users");
    await instead<RankingAnswer>(page, /\/api\/v1\/analytics\/top\?.*of=titles/, ({ entries }) => {
      entries[0]!.name = HOSTILE;
    });
    await page.getByRole("navigation").getByRole("link", { name: "Titles" }).click();
    await page.locator(".titles-one").first().waitFor();
    expect(await page.locator(".titles-name").first().textContent()).toBe(HOSTILE);
    expect(await page.locator("main img[src='x'], main .titles-name b").count()).toBe(0);
    await done();
  });

  it("fit a phone, as does each of them", async () => {
    const { page, done } = await open("/titles?media=episode", { viewport: PHONE, hasTouch: true, isMobile: true });
    await page.locator(".titles-one").first().waitFor();
    expect(await wider(page)).toBe(false);
    await page.locator(".titles-one").first().click();
    await page.locator(".profile-columns").waitFor();
    await settled(page);
    expect(await wider(page)).toBe(false);
    await done();
  });
});

describe("a title", () => {
  it("of a show has its sums and its most played episodes, which lead on and back", async () => {
    const { page, done } = await open("/titles?media=episode&days=0");
    await page.locator(".titles-one").first().waitFor();
    const told = answers(page);
    await page.locator(".titles-one").first().focus();
    await page.keyboard.press("Enter");
    const episodes = page.locator(".card", { has: page.getByRole("heading", { name: "Top episodes" }) });
    await episodes.locator(".profile-name").first().waitFor();
    const show = await told.newest<ProfileAnswer>(/^titles\/[^/]+\/\d+\?/);
    expect(show.level).toBe("show");
    expect(await page.locator("h1").innerText()).toBe(show.name);
    expect(await page.locator(".profile-tiles .value").last().innerText()).toBe(
      `${shown(show.plays)} ${show.plays === 1 ? "play" : "plays"}`,
    );
    const { entries } = await told.newest<RankingAnswer>(/^analytics\/top\?.*of=items/);
    expect(await episodes.locator(".profile-name").allInnerTexts()).toEqual(entries.map((e) => e.name));
    await episodes.locator("a.profile-name").first().click();
    await page.getByText("Episode", { exact: true }).waitFor();
    await page.locator(".titles-crumbs a").first().click();
    await expect.poll(() => page.locator("h1").innerText()).toBe(show.name);
    await done();
  });

  it("shows markup in its name as text", async () => {
    const { page, done } = await open("/titles");
    await page.locator(".titles-one").first().waitFor();
    await instead<ProfileAnswer>(page, /\/api\/v1\/titles\/[^/]+\/\d+\?/, (answer) => {
      answer.name = HOSTILE;
    });
    await page.locator(".titles-one").first().click();
    await page.locator(".titles-hero h1").waitFor();
    expect(await page.locator("h1").innerText()).toBe(HOSTILE);
    expect(await page.locator("main img[src='x'], main h1 b").count()).toBe(0);
    await done();
  });

  it("that is not known says what to do", async () => {
    const { page, done } = await open("/titles/house/987654321");
    await page.getByText("Nothing that was played is kept of the item 987654321").waitFor();
    await page.getByRole("link", { name: "All titles" }).click();
    await page.locator(".titles-one").first().waitFor();
    await done(refused("/titles/house/987654321"));
  });
});
