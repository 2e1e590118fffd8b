// The pages of users, against whatever the demo has played by now.
import { describe, expect, it } from "vitest";
import type { HistoryPage, ProfileAnswer, Sessions, UsersAnswer } from "../../src/api/schema";
import { answers, HOSTILE, instead, refused, shown, wider } from "./answers";
import { open, PHONE, settled } from "./browser";

const LIST = /^users\?/;

describe("users", () => {
  it("are ranked as the interface tells, reached from the menu", async () => {
    const { page, done } = await open("/titles");
    const told = answers(page);
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
    await page.locator(".users-table tbody tr").first().waitFor();
    const { users } = await told.newest<UsersAnswer>(LIST);
    const names = await page.locator(".users-table tbody .users-name > :first-child").allInnerTexts();
    expect(names).toEqual(users.map((u) => u.name));
    const plays = await page.locator(".users-table tbody tr td:nth-child(3)").allInnerTexts();
    expect(plays).toEqual(users.map((u) => shown(u.plays)));
    expect(await page.locator(".users-table tbody tr").first().innerText()).toContain(users[0]?.last_title);
    await done();
  });

  it("are put in order by keyboard, and the order is in the address", async () => {
    const { page, done } = await open("/users");
    await page.locator(".users-table tbody tr").first().waitFor();
    await page.getByRole("columnheader", { name: "User" }).getByRole("button").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("sort") === "name");
    const names = () => page.locator(".users-table tbody .users-name > :first-child").allInnerTexts();
    const upwards = await names();
    expect(upwards).toEqual(upwards.slice().sort((a, b) => a.localeCompare(b)));
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("sort") === "-name");
    expect(await names()).toEqual(upwards.slice().reverse());
    expect(await page.getByRole("columnheader", { name: "User" }).getAttribute("aria-sort")).toBe("descending");
    await page.reload();
    await page.locator(".users-table tbody tr").first().waitFor();
    expect(await names()).toEqual(upwards.slice().reverse());
    await done();
  });

  it("are found by a part of their name", async () => {
    const { page, done } = await open("/users");
    const rows = page.locator(".users-table tbody tr");
    await rows.first().waitFor();
    const [first = ""] = await page.locator(".users-name > :first-child").allInnerTexts();
    await page.getByRole("searchbox", { name: "Find a name" }).fill(first.slice(0, 3).toUpperCase());
    await page.waitForURL((url) => url.searchParams.has("find"));
    expect((await page.locator(".users-name > :first-child").allInnerTexts()).includes(first)).toBe(true);
    await page.getByRole("searchbox", { name: "Find a name" }).fill("nobody is called so");
    await page.getByText("No name has").waitFor();
    expect(await rows.count()).toBe(0);
    await done();
  });

  it("are marked while they play", async () => {
    const { page, done } = await open("/users");
    const told = async () => {
      const answer = await page.request.get(new URL("api/v1/sessions", page.url()).href);
      const { sessions } = (await answer.json()) as Sessions;
      return [...new Set(sessions.map((s) => s.user?.name))].sort();
    };
    const marked = async () =>
      (await page.locator("tr:has(.users-who > .tag) .users-name > :first-child").allInnerTexts()).sort();
    await expect.poll(async () => JSON.stringify(await marked()) === JSON.stringify(await told()), { timeout: 20_000 }).toBe(true);
    await done();
  });

  it("without an account lead to the plays under their name; markup in a name is text", async () => {
    const { page, done } = await open("/titles");
    await instead<UsersAnswer>(page, /\/api\/v1\/users\?/, ({ users }) => {
      delete users[0]!.id;
      users[0]!.name = HOSTILE;
    });
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).click();
    const link = page.locator(".users-who a").first();
    await link.waitFor();
    expect(await page.locator(".users-name > :first-child").first().innerText()).toBe(HOSTILE);
    expect(await page.locator("main img[src='x'], main b").count()).toBe(0);
    const to = new URL((await link.getAttribute("href")) ?? "", page.url());
    expect(to.pathname.endsWith("/history")).toBe(true);
    expect(to.searchParams.get("user")).toBe(HOSTILE);
    await done();
  });

  it("fit a phone", async () => {
    const { page, done } = await open("/users", { viewport: PHONE, hasTouch: true, isMobile: true });
    await page.locator(".users-table tbody tr").first().waitFor();
    expect(await wider(page)).toBe(false);
    await page.locator(".users-who a").first().click();
    await page.locator(".profile-tiles").waitFor();
    await settled(page);
    expect(await wider(page)).toBe(false);
    await done();
  });
});

describe("a user", () => {
  it("has the sums, titles, devices and plays that the interface tells", async () => {
    const { page, done } = await open("/users");
    await page.locator(".users-who a").first().waitFor();
    const told = answers(page);
    await page.locator(".users-who a").first().click();
    await page.locator(".plays li").first().waitFor();
    const profile = await told.newest<ProfileAnswer>(/^users\/\d+\?/);
    expect(await page.locator("h1").innerText()).toBe(profile.name);
    const tiles = await page.locator(".profile-tiles .value").allInnerTexts();
    const sums = [...profile.windows.map((w) => w.plays), profile.plays];
    expect(tiles.map((t) => Number(t.replace(/\D/g, "")))).toEqual(sums);
    const titles = page.locator(".card", { has: page.getByRole("heading", { name: "Top titles" }) });
    expect(await titles.locator(".profile-name").allInnerTexts()).toEqual(profile.titles.map((t) => t.name));
    const devices = page.locator(".card", { has: page.getByRole("heading", { name: "Devices" }) });
    expect(await devices.locator(".profile-figure > :first-child").allInnerTexts()).toEqual(
      profile.players.map((p) => shown(p.plays)),
    );
    const { plays } = await told.newest<HistoryPage>(/^users\/\d+\/history/);
    expect(await page.locator(".plays li").count()).toBe(plays.length);
    await done();
  });

  it("is counted anew when the range or the measure changes", async () => {
    const { page, done } = await open("/users/1");
    await page.locator(".profile-columns").waitFor();
    const told = answers(page);
    await page.getByRole("group", { name: "Range" }).getByRole("button", { name: "7 days" }).click();
    await page.waitForURL((url) => url.searchParams.get("days") === "7");
    const week = await told.newest<ProfileAnswer>(/^users\/1\?.*days=7/);
    const titles = page.locator(".card", { has: page.getByRole("heading", { name: "Top titles" }) });
    const names = week.titles.map((t) => t.name);
    await expect.poll(() => titles.locator(".profile-name").allInnerTexts()).toEqual(names);
    await page.getByRole("group", { name: "What is counted" }).getByRole("button", { name: "Time" }).click();
    const time = await told.newest<ProfileAnswer>(/^users\/1\?.*measure=seconds/);
    await expect.poll(() => titles.locator(".profile-name").allInnerTexts()).toEqual(time.titles.map((t) => t.name));
    // The sums above stay those of all time.
    expect(await page.locator(".profile-tiles li").count()).toBe(5);
    await done();
  });

  it("leads from its sums to exactly those plays", async () => {
    const { page, done } = await open("/users/1");
    const tile = page.locator(".profile-tiles a").nth(2);
    await tile.waitFor();
    const plays = Number((await tile.locator(".value").innerText()).replace(/\D/g, ""));
    const to = new URL((await tile.getAttribute("href")) ?? "", page.url());
    const list = await page.request.get(new URL(`api/v1/history?${to.searchParams}`, new URL("/", page.url())).href);
    const { meta } = (await list.json()) as HistoryPage;
    // A play may have ended meanwhile.
    expect(meta.total).toBeGreaterThanOrEqual(plays);
    expect(meta.total).toBeLessThanOrEqual(plays + 3);
    await done();
  });

  it("that is not known says what to do", async () => {
    const { page, done } = await open("/users/987654321");
    await page.getByText("Nothing is kept of an account").waitFor();
    await page.getByRole("link", { name: "All users" }).click();
    await page.locator(".users-table").waitFor();
    await done(refused("/users/987654321"));
  });
});
