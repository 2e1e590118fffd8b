// What holds for every page: it draws, it fits a phone, axe finds nothing serious, it asks nobody but us.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { open, PHONE } from "./browser";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Paths of every kind of page, the ones of single things with what the demo has. */
async function paths(): Promise<string[]> {
  const ask = async <T>(path: string) => (await (await fetch(new URL(path, inject("demo")))).json()) as T;
  const { users } = await ask<{ users: Array<{ id: string }> }>("api/v1/users?limit=1");
  const { collections } = await ask<{ collections: Array<{ server: string; rating_key: number }> }>("api/v1/collections");
  const { entries } = await ask<{ entries: Array<{ server_id: string; rating_key: string }> }>(
    "api/v1/analytics/top?of=titles&limit=1&media=movie",
  );
  return [
    "/",
    "/history",
    "/graphs",
    "/users",
    `/users/${users[0]?.id}`,
    "/libraries",
    "/libraries/house/1",
    "/titles",
    `/titles/${entries[0]?.server_id}/${entries[0]?.rating_key}`,
    "/collections",
    `/collections/${collections[0]?.server}/${collections[0]?.rating_key}`,
    "/iptv",
    "/servers",
    "/series",
    "/settings",
  ];
}

interface Violation {
  id: string;
  impact: string;
  nodes: Array<{ html: string }>;
}

async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: Violation[];
  };
  return violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" … ").slice(0, 400)}`);
}

async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  await page.waitForFunction(() => !document.querySelector(".busy"));
}

describe("every page", () => {
  it("draws in both colours without a serious violation, and alone", async () => {
    for (const path of await paths()) {
      for (const colorScheme of ["dark", "light"] as const) {
        const { page, done } = await open(path, { colorScheme });
        await settled(page);
        expect(await page.locator("[role=alert]").allInnerTexts(), path).toEqual([]);
        expect(await seriousViolations(page), `${path} ${colorScheme}`).toEqual([]);
        await done();
      }
    }
  }, 300_000);

  it("fits a phone without scrolling sideways", async () => {
    for (const path of await paths()) {
      const { page, done } = await open(path, { viewport: PHONE, hasTouch: true, isMobile: true });
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, path).toBeLessThanOrEqual(0);
      await done();
    }
  }, 300_000);
});
