// What holds for every page: it draws, it fits a phone, axe finds nothing serious, it asks nobody but us.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, PHONE, settled } from "./browser";
import { everyPath } from "./paths";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

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

describe("every page", () => {
  it("draws in both colours without a serious violation, and alone", async () => {
    for (const { path, base } of await everyPath()) {
      for (const colorScheme of ["dark", "light"] as const) {
        const { page, done } = await open(path, { colorScheme }, base);
        await settled(page);
        expect(await page.locator("[role=alert]").allInnerTexts(), path).toEqual([]);
        expect(await seriousViolations(page), `${path} ${colorScheme}`).toEqual([]);
        await done();
      }
    }
  }, 300_000);

  it("fits a phone without scrolling sideways", async () => {
    for (const { path, base } of await everyPath()) {
      const { page, done } = await open(path, { viewport: PHONE, hasTouch: true, isMobile: true }, base);
      await settled(page);
      // Not `innerWidth`: that of a phone grows with what does not fit.
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(PHONE.width);
      await done();
    }
  }, 300_000);
});
