// The pages of libraries, against what the demo's servers hold.
import { describe, expect, it } from "vitest";
import type { Libraries, ProfileAnswer, RankingAnswer } from "../../src/api/schema";
import { answers, HOSTILE, instead, refused, shown, wider } from "./answers";
import { open, PHONE, settled } from "./browser";

const RECENT = /^analytics\/top\?of=libraries&days=30/;

describe("libraries", () => {
  it("tell what they hold and what was played of them, reached from the menu", async () => {
    const { page, done } = await open("/users");
    const told = answers(page);
    await page.getByRole("navigation").getByRole("link", { name: "Libraries" }).click();
    await page.locator(".libraries-card").first().waitFor();
    const { libraries } = await told.newest<Libraries>(/^libraries$/);
    const { entries } = await told.newest<RankingAnswer>(RECENT);
    expect(await page.locator(".libraries-card h3").allInnerTexts()).toEqual(libraries.map((l) => l.title));
    const plays = page.locator(".libraries-facts div:nth-child(3) dd");
    const counted = libraries.map(
      (l) => entries.find((e) => e.server_id === l.server_id && e.library_id === l.id)?.plays ?? 0,
    );
    await expect.poll(() => plays.allInnerTexts()).toEqual(counted.map(shown));
    const movies = libraries.find((l) => l.kind === "movie")!;
    const card = page.locator(".libraries-card", { has: page.getByRole("heading", { name: movies.title }) }).first();
    expect(await card.locator(".libraries-first").innerText()).toBe(`${shown(movies.counts.movies ?? 0)} movies`);
    await done();
  });

  it("that were never played say so, and have a page all the same", async () => {
    const { page, done } = await open("/users");
    await instead<RankingAnswer>(page, /\/api\/v1\/analytics\/top\?of=libraries/, (answer) => {
      answer.entries = answer.entries.filter((e) => e.library_id !== "1" || e.server_id !== "house");
    });
    await page.getByRole("navigation").getByRole("link", { name: "Libraries" }).click();
    await page.locator(".libraries-card").first().getByText("never").waitFor();
    const photos = page.locator(".libraries-card", { has: page.getByRole("heading", { name: "Photos" }) });
    await photos.click();
    await page.getByText("Nothing was played of it yet").waitFor();
    expect(await page.locator(".profile-tiles .value").first().innerText()).toBe("0 plays");
    await done();
  });

  it("that a server no longer lists are told apart; markup in a name is text", async () => {
    const { page, done } = await open("/users");
    await instead<RankingAnswer>(page, /\/api\/v1\/analytics\/top\?of=libraries&days=0/, ({ entries }) => {
      entries.push({ ...entries[0]!, library_id: "4711", name: HOSTILE });
    });
    await page.getByRole("navigation").getByRole("link", { name: "Libraries" }).click();
    const gone = page.locator(".card", { has: page.getByRole("heading", { name: "Only in the history" }) });
    await gone.getByText(HOSTILE).waitFor();
    expect(await page.locator("main img[src='x'], main b").count()).toBe(0);
    await done();
  });

  it("fit a phone, as does each of them", async () => {
    const { page, done } = await open("/libraries", { viewport: PHONE, hasTouch: true, isMobile: true });
    await page.locator(".libraries-card").first().waitFor();
    expect(await wider(page)).toBe(false);
    await page.locator(".libraries-card").first().click();
    await page.locator(".profile-columns").waitFor();
    await settled(page);
    expect(await wider(page)).toBe(false);
    await done();
  });
});

describe("a library", () => {
  it("has its sums and its titles, and its growth day by day", async () => {
    const { page, done } = await open("/libraries");
    await page.locator(".libraries-card").first().waitFor();
    const told = answers(page);
    const day = (date: string, movies: number) => ({ date, counts: { movies }, storage_bytes: movies * 2 ** 30 });
    const points = [day("2026-11-01", 700), day("2026-11-02", 705), day("2026-11-04", 712)];
    await page.route(/\/growth$/, (route) => route.fulfill({ json: { points, meta: {} } }));
    await page.locator(".libraries-card").first().click();
    await page.locator(".profile-columns").waitFor();
    const profile = await told.newest<ProfileAnswer>(/^libraries\/house\/1\?/);
    expect(await page.locator(".profile-tiles .value").last().innerText()).toBe(`${shown(profile.plays)} plays`);
    const users = page.locator(".card", { has: page.getByRole("heading", { name: "Top users" }) });
    expect(await users.locator(".profile-name").allInnerTexts()).toEqual(profile.users.map((u) => u.name));
    await page.getByText("12 more movies, 12 GiB more").waitFor();
    await page.getByRole("button", { name: "Number of movies as a table" }).click();
    const rows = page.getByRole("region", { name: "Number of movies in numbers" }).locator("tbody tr");
    expect(await rows.locator("td").allInnerTexts()).toEqual(["700", "705", "–", "712"]);
    await done();
  });

  it("of which no day is recorded says so", async () => {
    const { page, done } = await open("/libraries");
    await page.locator(".libraries-card").first().waitFor();
    await page.route(/\/growth$/, (route) => route.fulfill({ json: { points: [], meta: {} } }));
    await page.locator(".libraries-card").first().click();
    await page.getByText("How this library grows is recorded from today on").waitFor();
    await done();
  });

  it("that is not known says what to do", async () => {
    const { page, done } = await open("/libraries/house/987654");
    await page.getByText("Nothing is kept of a library 987654").waitFor();
    await page.getByRole("link", { name: "All libraries" }).click();
    await page.locator(".libraries-card").first().waitFor();
    await done(refused("/libraries/house/987654"));
  });
});
