// How servers are: the page against what the interface says at the same time, and what it does with trouble.
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";
import { tell } from "./told";

const within = { timeout: 20_000, interval: 200 };

interface Endpoint {
  requests: number;
  retries: number;
  errors: Record<string, number>;
  last_ok: boolean;
  last_duration_ms: number;
  last_success_at?: string;
}

interface Server {
  id: string;
  name: string;
  kind: string;
  state: string;
  version?: string;
  error?: { kind: string; message: string; since: string };
  sessions: number;
  endpoints: Record<string, Endpoint>;
  features: Record<string, string>;
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(new URL(`api/v1/${path}`, inject("demo")), init);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

/** A hundred like one of the demo, the last one down. */
async function hundred(): Promise<Server[]> {
  const [like] = (await ask<{ servers: Server[] }>("servers")).servers;
  expect(like).toBeDefined();
  // Whatever fails there just now is no part of this.
  const endpoints = Object.fromEntries(
    Object.entries(like?.endpoints ?? {}).map(([name, e]) => [name, { ...e, last_ok: true, errors: {} }]),
  );
  const all = Array.from({ length: 100 }, (_, n) => ({
    ...(like as Server),
    endpoints,
    id: `s${n}`,
    name: `Server ${n} with a name that is quite long`,
    state: "up",
    error: undefined,
  }));
  const since = new Date(Date.now() - 12 * 60_000).toISOString();
  const last = all.at(-1) as Server;
  last.state = "down";
  last.error = { kind: "tls", message: "https://s99:32400 shows a certificate for another name", since };
  return all;
}

function row(page: Page, name: string) {
  return page.locator(".servers-row").filter({ has: page.locator(".servers-name", { hasText: name }) });
}

describe("servers", () => {
  it("tells of every server what the interface does", async () => {
    const { page, done } = await open("/servers");
    await page.locator(".servers-row").first().waitFor();
    const { servers } = await ask<{ servers: Server[] }>("servers");
    expect(await page.locator(".servers-row").count()).toBe(servers.length);
    for (const server of servers) {
      const own = row(page, server.name);
      expect(await own.locator(".servers-facts dd").first().innerText()).toContain(server.version ?? "–");
      await own.locator(".servers-asked").evaluate((d) => ((d as HTMLDetailsElement).open = true));
      expect(await own.locator(".servers-endpoints tbody tr").count()).toBe(
        Object.keys(server.endpoints).length,
      );
    }
    // A number that grows: it catches up with the interface.
    const sessions = row(page, servers[0]?.name ?? "").locator(".servers-endpoints tr", {
      hasText: "sessions",
    });
    await expect
      .poll(async () => {
        const told =
          (await ask<{ servers: Server[] }>("servers")).servers[0]?.endpoints.sessions?.requests ?? 0;
        const shown = Number((await sessions.locator("td").nth(1).innerText()).replaceAll(",", ""));
        return told - shown;
      }, within)
      .toBeLessThanOrEqual(2);
    await done();
  });

  it("draws the load of the last hour", async () => {
    const { page, done } = await open("/servers");
    const { servers } = await ask<{ servers: Server[] }>("servers");
    const plex = servers.find((s) => s.features.resources === "available");
    const own = row(page, plex?.name ?? "");
    await own.locator(".servers-charts canvas").first().waitFor();
    expect(await own.locator(".servers-charts canvas").count()).toBe(2);
    await done();
  });

  it("tests a server and shows what came of it", async () => {
    const { page, done } = await open("/servers");
    const { servers } = await ask<{ servers: Server[] }>("servers");
    for (const server of servers) {
      const came = await ask<{ ok: boolean; notes?: string[] }>(`servers/${server.id}/test`, {
        method: "POST",
        headers: { "X-Projectionist": "1" },
      });
      const own = row(page, server.name);
      await own.getByRole("button", { name: "Test this" }).click();
      await own.locator(came.ok ? ".servers-test .notice.good" : ".servers-test .notice.bad").waitFor();
      expect(await own.locator(".servers-test .notice p").count()).toBeGreaterThanOrEqual(
        1 + (came.notes?.length ?? 0),
      );
    }
    await done();
  });

  it("shows the words of a test that failed", async () => {
    const { page, done } = await open("/servers");
    await page.route("**/api/v1/servers/*/test", (route) =>
      route.fulfill({ json: { ok: false, message: "the token is not accepted", hint: "Sign in again." } }),
    );
    const first = page.locator(".servers-row").first();
    await first.getByRole("button", { name: "Test this" }).click();
    const notice = first.locator(".servers-test .notice.bad");
    await notice.waitFor();
    expect(await notice.innerText()).toContain("the token is not accepted");
    expect(await notice.innerText()).toContain("Sign in again.");
    await done();
  });

  it("shows trouble first among a hundred servers, with what to do", async () => {
    const { page, done } = await open("/servers");
    await tell(page, await hundred());
    const rows = page.locator(".servers-row");
    await expect.poll(() => rows.count(), within).toBe(100);
    const first = rows.first();
    expect(await first.locator(".servers-name").innerText()).toContain("Server 99");
    await first.getByRole("button", { expanded: false }).click();
    const notice = first.locator(".notice.bad");
    expect(await notice.innerText()).toContain("shows a certificate for another name");
    expect(await notice.innerText()).toContain("12 min");
    expect(await notice.innerText()).toMatch(/certificate is not trusted/);
    expect(await page.locator(".servers-figures .stat .value").nth(1).innerText()).toBe("1");
    await page.getByRole("searchbox", { name: "Search servers" }).fill("server 42");
    await expect.poll(() => rows.count(), within).toBe(1);
    await done();
  });

  it("tells how databases that are written to do", async () => {
    const { page, done } = await open("/servers");
    const sink = {
      id: "house-influx",
      kind: "influxdb",
      up: false,
      points_written: 1200,
      points_waiting: 34,
      points_dropped: { refused: 5 },
      retries: 3,
      spool_bytes: 2048,
      oldest_waiting_at: new Date(Date.now() - 3_600_000).toISOString(),
    };
    await page.route("**/api/v1/sinks", (route) =>
      route.fulfill({
        json: { sinks: [sink], meta: { count: 1, version: 1, answered_at: new Date().toISOString() } },
      }),
    );
    await page.reload();
    const cells = page.getByRole("region", { name: "Databases that are written to" }).locator("tbody td");
    await cells.first().waitFor();
    expect(await cells.allInnerTexts()).toEqual([
      "Fails",
      "1,200",
      "34",
      "1 hr ago",
      "2 KiB",
      "5 refused",
      "3",
      "–",
    ]);
    await done();
  });

  it("tells how this program is", async () => {
    const { page, done } = await open("/servers");
    interface Metrics {
      families: Array<{ name: string; samples: Array<{ value: number }> }>;
    }
    const stat = page
      .locator("section.card", { hasText: "This program" })
      .locator(".stat", { hasText: "plays in the history" });
    await stat.waitFor();
    await expect
      .poll(async () => {
        const { families } = await ask<Metrics>("metrics?profile=native");
        const told = families.find((f) => f.name === "projectionist_history_plays")?.samples[0]?.value ?? -1;
        return told - Number((await stat.locator(".value").innerText()).replaceAll(",", ""));
      }, within)
      .toBe(0);
    await done();
  });

  it("opens and closes by keyboard, with a hundred servers on a phone", async () => {
    const { page, done } = await open("/servers", { viewport: PHONE, isMobile: true, hasTouch: true });
    await tell(page, await hundred());
    const first = page.locator(".servers-head").first();
    await first.focus();
    await page.keyboard.press("Enter");
    expect(await first.getAttribute("aria-expanded")).toBe("true");
    await page.locator(".servers-detail").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await page.keyboard.press("Enter");
    expect(await first.getAttribute("aria-expanded")).toBe("false");
    await done();
  });
});
