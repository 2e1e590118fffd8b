// What stream managers carry: the page against what the interface says at the same time.
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";
import { tell } from "./told";

const ZONE = "time_zone=Europe/Berlin";

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(new URL(`api/v1/${path}`, inject("demo")));
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

interface Channels {
  channels: Array<{
    key: string;
    viewer_count?: number;
    viewers: unknown[];
    channel: { name?: string; series?: string };
  }>;
}

interface Providers {
  providers: Array<{ profiles: Array<{ connections?: number; max_connections?: number }> }>;
}

interface Totals {
  providers: Array<{
    peak_connections: number;
    days: number;
    days_at_limit: number;
    max_connections?: number;
  }>;
}

interface Ranking {
  channels: Array<{ key: string; name?: string; series?: string; failovers: number }>;
}

const within = { timeout: 20_000, interval: 200 };

async function names(page: Page): Promise<string[]> {
  return (await page.locator(".iptv-feed h2").allInnerTexts()).sort();
}

describe("iptv", () => {
  it("shows the channels on the air with all their viewers", async () => {
    const { page, done } = await open("/iptv");
    await page.locator(".iptv-feed").first().waitFor();
    await expect
      .poll(async () => {
        const { channels } = await ask<Channels>("iptv/channels");
        const told = channels.map((c) => c.channel.series ?? c.channel.name ?? c.key.slice(0, 12)).sort();
        return JSON.stringify(await names(page)) === JSON.stringify(told);
      }, within)
      .toBe(true);
    await expect
      .poll(async () => {
        const { channels } = await ask<Channels>("iptv/channels");
        const viewers = channels.reduce((n, c) => n + (c.viewer_count ?? c.viewers.length), 0);
        const [onAir, watching] = await page.locator(".iptv-figures .stat .value").allInnerTexts();
        return [Number(onAir) - channels.length, Number(watching) - viewers];
      }, within)
      .toEqual([0, 0]);
    await done();
  });

  it("tells each login's connections against its limit, now and over time", async () => {
    const { page, done } = await open("/iptv?days=30");
    await page.locator(".iptv-logins li").first().waitFor();
    await expect
      .poll(async () => {
        const { providers } = await ask<Providers>("iptv/providers");
        const told = providers
          .flatMap((p) => p.profiles)
          .map((l) => [l.connections, l.max_connections || undefined]);
        const shown = (await page.locator(".iptv-logins li > .row .number").allInnerTexts()).map((text) => {
          const [, used, max] = /^(\d+)(?: of (\d+))?/.exec(text) ?? [];
          return [used && Number(used), max && Number(max)];
        });
        return JSON.stringify(shown) === JSON.stringify(told)
          ? "the same"
          : `${JSON.stringify(shown)} ${JSON.stringify(told)}`;
      }, within)
      .toBe("the same");
    const { providers } = await ask<Totals>(`iptv/provider-totals?days=30&${ZONE}`);
    const logins = page.locator(".iptv-login");
    await logins.first().waitFor();
    expect(await logins.count()).toBe(providers.length);
    expect(await page.locator(".iptv-peak .number").allInnerTexts()).toEqual(
      providers.map((p) => `${p.peak_connections}`),
    );
    const limited = providers.findIndex((p) => p.max_connections !== undefined && p.days_at_limit > 0);
    expect(await logins.nth(limited).innerText()).toContain(
      `at the limit on ${providers[limited]?.days_at_limit} of ${providers[limited]?.days} days`,
    );
    // One column per date, and the same numbers as a table.
    const bars = await logins.nth(limited).locator("rect").count();
    expect(bars).toBeGreaterThan(20);
    await logins
      .nth(limited)
      .getByRole("button", { name: /as a table/ })
      .click();
    expect(await logins.nth(limited).locator("tbody tr").count()).toBe(providers[limited]?.days);
    await done();
  });

  it("ranks channels in the order that is chosen, and keeps it in the address", async () => {
    const { page, done } = await open("/iptv");
    const orders = page.getByRole("group", { name: "Order" });
    await orders.getByRole("button", { name: "Failovers" }).click();
    await page.waitForURL(/order=failovers/);
    await page.reload();
    const { channels } = await ask<Ranking>(`iptv/ranking?order=failovers&days=30&limit=15&${ZONE}`);
    const rows = page.locator(".iptv-ranking tbody tr");
    await rows.first().waitFor();
    const failovers = await rows.locator("td:nth-child(6)").allInnerTexts();
    expect(failovers.map(Number)).toEqual(channels.map((c) => c.failovers));
    expect(await orders.getByRole("button", { name: "Failovers" }).getAttribute("aria-pressed")).toBe("true");
    await done();
  });

  it("unfolds a run to the streams it was fed from, and goes on to earlier ones", async () => {
    const { page, done } = await open("/iptv?days=0");
    const runs = page.locator(".iptv-runs > li");
    await runs.first().waitFor();
    const before = await runs.count();
    await page.getByRole("button", { name: "Earlier runs" }).click();
    await expect.poll(() => runs.count(), within).toBeGreaterThan(before);
    // A run with a failover has a line for each stream.
    const several = runs.filter({ hasText: "failover" });
    while ((await several.count()) === 0) {
      const shown = await runs.count();
      await page.getByRole("button", { name: "Earlier runs" }).click();
      await expect.poll(() => runs.count(), within).toBeGreaterThan(shown);
    }
    const one = several.first();
    const failovers = Number(/(\d+) failover/.exec(await one.innerText())?.[1]);
    await one.locator("summary").click();
    expect(await one.locator("tbody tr").count()).toBe(failovers + 1);
    await done();
  });

  it("narrows everything to one viewer, and back", async () => {
    const { page, done } = await open("/iptv");
    const users = page.getByRole("region", { name: "Viewers by what they watched" }).locator("tbody tr");
    await users.first().waitFor();
    const all = await users.count();
    const name = await users.first().locator("button").innerText();
    await users.first().locator("button").click();
    await expect.poll(() => users.count(), within).toBe(1);
    expect(new URL(page.url()).searchParams.get("user")).toBe(name);
    await page.getByRole("button", { name: `Without Viewer ${name}` }).click();
    await expect.poll(() => users.count(), within).toBeGreaterThanOrEqual(all);
    await done();
  });

  it("works by keyboard alone", async () => {
    const { page, done } = await open("/iptv");
    await page.locator(".iptv-runs summary").first().waitFor();
    await page.getByRole("group", { name: "Range" }).getByRole("button", { name: "7 days" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/days=7/);
    await page.locator(".iptv-runs summary").first().focus();
    await page.keyboard.press("Enter");
    await page.locator(".iptv-runs details[open] tbody tr").first().waitFor();
    await done();
  });

  it("says what to configure where there is no manager, also on a phone", async () => {
    const { page, done } = await open("/iptv", { viewport: PHONE, isMobile: true, hasTouch: true });
    await tell(page, []);
    await page.getByText("[[dispatcharr]]").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await done();
  });
});
