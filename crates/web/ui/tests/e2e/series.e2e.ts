// The browser of metrics: what it lists, what it copies, where it leads.
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";

interface Metrics {
  profile: string;
  profiles: string[];
  families: Array<{ name: string; type: string; series: number; samples: unknown[] }>;
}

async function metrics(profile: string): Promise<Metrics> {
  const response = await fetch(new URL(`api/v1/metrics?profile=${profile}`, inject("demo")));
  expect(response.status).toBe(200);
  return (await response.json()) as Metrics;
}

const within = { timeout: 20_000, interval: 200 };

async function listed(page: Page): Promise<string[]> {
  return page.locator(".series-list summary code").allInnerTexts();
}

function row(page: Page, name: string) {
  return page.locator(".series-list > li").filter({ has: page.locator(`summary code:text-is("${name}")`) });
}

describe("series", () => {
  it("lists every metric of the profile, under its name and with its type", async () => {
    const { page, done } = await open("/series");
    await page.locator(".series-list > li").first().waitFor();
    await expect
      .poll(async () => {
        const { families } = await metrics("native");
        return JSON.stringify(await listed(page)) === JSON.stringify(families.map((f) => f.name));
      }, within)
      .toBe(true);
    const up = row(page, "media_server_up");
    expect(await up.locator("summary .tag").innerText()).toBe("gauge");
    await up.locator("summary").click();
    const told = (await metrics("native")).families.find((f) => f.name === "media_server_up");
    expect(await up.locator("tbody tr").count()).toBe(told?.samples.length);
    await done();
  });

  it("finds by name, meaning and type, and the address keeps it", async () => {
    const { page, done } = await open("/series");
    await page.locator(".series-list > li").first().waitFor();
    const all = (await listed(page)).length;
    await page.getByRole("searchbox", { name: "Search metrics" }).fill("play seconds");
    await expect.poll(async () => (await listed(page)).length, within).toBeLessThan(all);
    await page.getByRole("group", { name: "Type" }).getByRole("button", { name: "counter" }).click();
    await expect.poll(() => listed(page), within).toContain("media_play_seconds_total");
    const found = await listed(page);
    expect(found.length).toBeLessThan(all);
    expect(await page.locator(".series-list summary .tag").allInnerTexts()).toEqual(
      found.map(() => "counter"),
    );
    await page.reload();
    await expect.poll(() => listed(page), within).toEqual(found);
    await page.getByRole("searchbox").fill("no metric has these words");
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(async () => (await listed(page)).length, within).toBeGreaterThanOrEqual(all);
    await done();
  });

  it("copies queries, series and the configuration of Prometheus", async () => {
    const { page, done } = await open("/series", { permissions: ["clipboard-read", "clipboard-write"] });
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const plays = row(page, "media_plays_total");
    await plays.locator("summary").click();
    const query = plays.locator(".snippet").first();
    const shown = await query.locator("pre").innerText();
    expect(shown).toMatch(/^sum by \(server.*\) \(rate\(media_plays_total\[5m\]\)\)$/);
    await query.getByRole("button", { name: /^Copy query/ }).click();
    await expect.poll(clipboard, within).toBe(shown);
    await plays
      .locator("tbody")
      .getByRole("button", { name: /^Copy media_plays_total\{/ })
      .first()
      .click();
    await expect.poll(clipboard, within).toMatch(/^media_plays_total\{.*server="/);
    await page.locator(".series-scrape summary").click();
    await page.getByRole("button", { name: "Copy the configuration of Prometheus" }).click();
    await expect.poll(clipboard, within).toContain(`- targets: ["${new URL(inject("demo")).host}"]`);
    expect(await clipboard()).toContain("metrics_path: /metrics/native");
    await done();
  });

  it("shows the names of other exporters, and links to what they would be scraped at", async () => {
    const { page, done } = await open("/series");
    const profile = page.getByRole("combobox", { name: "Profile" });
    await profile.selectOption("cplieger");
    await page.waitForURL(/profile=cplieger/);
    await expect
      .poll(async () => (await listed(page)).some((name) => name.startsWith("plex_")), within)
      .toBe(true);
    expect(await listed(page)).not.toContain("media_server_up");
    const raw = page.getByRole("link", { name: "/metrics/cplieger" });
    expect(await raw.getAttribute("href")).toBe("/metrics/cplieger");
    // The page's own links stay within it; this one must not.
    expect(await raw.getAttribute("data-outside")).not.toBeNull();
    const { profiles } = await metrics("native");
    expect(
      await profile.locator("option").evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value)),
    ).toEqual(profiles);
    await done();
  });

  it("works by keyboard alone", async () => {
    const { page, done } = await open("/series");
    const up = row(page, "media_server_up");
    await up.locator("summary").focus();
    await page.keyboard.press("Enter");
    await up.locator(".snippet").first().waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(focused).toMatch(/^Copy query/);
    await done();
  });

  it("fits a phone, opened or not", async () => {
    const { page, done } = await open("/series", { viewport: PHONE, isMobile: true, hasTouch: true });
    const wide = row(page, "media_session_info");
    await wide.locator("summary").click();
    await wide.locator("tbody tr").first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await done();
  });
});
