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

  it("keeps a sheet open while text is marked, and closes it by a click beside it", async () => {
    const { page, done } = await open("/history");
    await page.locator(".history-name").first().click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("Started").waitFor();
    const box = await sheet.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 200, 300);
    await page.mouse.down();
    await page.mouse.move(60, 320, { steps: 4 });
    await page.mouse.up();
    // The click would have gone to the address without the play.
    expect(new URL(page.url()).searchParams.has("play")).toBe(true);
    await page.mouse.click(60, 320);
    await sheet.waitFor({ state: "detached" });
    await done();
  });

  it("calls a button as it is written, and more", async () => {
    const { page, done } = await open("/history");
    await page.getByRole("button", { name: "Choose dates: Dates", exact: true }).waitFor();
    await page.getByRole("button", { name: "Columns", exact: true }).waitFor();
    await done();
  });

  it("goes nowhere else after signing in", async () => {
    const { page, done } = await open("/sign-in?to=//elsewhere.example/x");
    await page.getByRole("heading", { name: "Now", exact: true }).waitFor();
    expect(new URL(page.url()).pathname).not.toContain("elsewhere");
    await done();
  });

  it("shows nobody what was seen before they signed in", async () => {
    const { page, done } = await open("/users");
    await page.locator(".users-who").first().waitFor();
    let signedIn = true;
    const state = () => ({ mode: "password", signed_in: signedIn, role: "admin", name: "admin", password_set: true });
    await page.route(/\/api\/v1\/access$/, (route) => route.fulfill({ json: { ...state(), setup_code_needed: false } }));
    await page.route(/\/api\/v1\/access\/sign-(in|out)$/, (route) => {
      signedIn = route.request().url().endsWith("in");
      return route.fulfill({ json: {} });
    });
    await page.reload();
    await page.getByRole("link", { name: "History" }).click();
    await page.locator(".history-name").first().waitFor();
    await page.getByRole("link", { name: "Users" }).click();
    await page.locator(".users-who").first().waitFor();
    // From now on these questions stay without an answer.
    await page.route(/\/api\/v1\/(users|history)/, () => {});
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Password").fill("long enough");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Users" }).waitFor();
    await page.getByRole("status", { name: "Loading" }).waitFor();
    expect(await page.locator(".users-who").count()).toBe(0);
    await page.goBack();
    await page.getByRole("heading", { name: "History" }).waitFor();
    await page.getByRole("status", { name: "Loading" }).waitFor();
    expect(await page.locator(".history-name").count()).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await done();
  });
});
