// The page that adds servers, with answers of its own: the demo has no configuration to change.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, settled } from "./browser";

async function writable(page: Page): Promise<void> {
  await page.route(/\/api\/v1\/setup$/, (route) =>
    route.fulfill({ json: { configured: true, writable: true, file: "projectionist.toml", servers: 3, tautulli: [] } }),
  );
}

describe("adding a server", () => {
  it("is not offered where it cannot be done, and its page leads back", async () => {
    const { page, done } = await open("/servers");
    const told = page.waitForResponse(/\/api\/v1\/setup$/);
    await page.reload();
    await told;
    await settled(page);
    expect(await page.getByRole("link", { name: "Add a server" }).count()).toBe(0);
    await page.goto(new URL("welcome", page.url()).href);
    await page.getByText("It cannot be set up here").waitFor();
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByRole("heading", { name: "Now", exact: true }).waitFor();
    await done();
  });

  it("is offered where it can", async () => {
    const { page, done } = await open("/history");
    await writable(page);
    await page.getByRole("navigation").getByRole("link", { name: "Servers" }).click();
    await page.getByRole("link", { name: "Add a server" }).click();
    await page.getByRole("button", { name: "Sign in with Plex" }).waitFor();
    await done();
  });

  it("by an account of Plex forgets a fault that has passed, and ends with its code", async () => {
    const { page, done } = await open("/history");
    await writable(page);
    await page.goto(new URL("welcome", page.url()).href);
    await page.route(/\/setup\/plex\/pin$/, (route) =>
      route.fulfill({ json: { id: "1", code: "ABCD", auth_url: "https://app.plex.tv/auth", expires_at: "2099-01-01T00:00:00Z" } }),
    );
    let asked = 0;
    const refusal = (kind: string, message: string) => ({ error: { kind, message } });
    await page.route(/\/setup\/plex\/pin\/1$/, (route) => {
      asked += 1;
      if (asked === 1) return route.fulfill({ status: 502, json: refusal("unreachable", "plex.tv does not answer") });
      if (asked === 2) return route.fulfill({ json: { state: "waiting", message: "still waiting" } });
      return route.fulfill({ status: 404, json: refusal("not_found", "there is no such code") });
    });
    await page.getByRole("button", { name: "Sign in with Plex" }).click();
    await page.getByRole("alert").getByText("plex.tv does not answer").waitFor();
    await page.getByText("still waiting").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.getByText("Nobody confirmed it in time").waitFor();
    await page.getByRole("button", { name: "Sign in with Plex" }).waitFor();
    expect(asked).toBe(3);
    await done((fault) => /404|502/.test(fault));
  });
});
