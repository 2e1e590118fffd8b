// What stands around every page: the way past the menu, and what happens while no events come.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, settled } from "./browser";

/** How often the page asks for an address that fits, from now on. */
function asked(page: Page, fits: RegExp): () => number {
  let n = 0;
  page.on("request", (request) => {
    if (fits.test(request.url())) n += 1;
  });
  return () => n;
}

describe("the frame", () => {
  it("leads past the menu without leaving the page", async () => {
    const { page, done } = await open("/history?days=7");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Skip");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("main");
    expect(new URL(page.url()).pathname).toMatch(/\/history$/);
    expect(new URL(page.url()).search).toBe("?days=7");
    await page.getByRole("heading", { name: "History" }).waitFor();
    await done();
  });

  it("asks who looks once for each attempt while events are lost, and says since when", async () => {
    const { page, done } = await open("/servers");
    await settled(page);
    await page.clock.install();
    let attempts = 0;
    await page.route("**/api/v1/events", (route) => {
      attempts += 1;
      return route.abort();
    });
    const access = asked(page, /\/api\/v1\/access$/);
    await page.reload();
    await page.getByText("The connection is lost").waitFor();
    for (const wanted of [2, 3, 4]) {
      await page.clock.runFor(5_000);
      await expect.poll(() => attempts).toBeGreaterThanOrEqual(wanted);
    }
    // Once at the start, and never more often than it tried.
    expect(access()).toBeLessThanOrEqual(attempts + 1);
    await page.clock.runFor(125_000);
    await page.getByText(/The connection was lost [23] min ago/).waitFor();
    await done((fault) => fault.includes("ERR_FAILED"));
  });
});
