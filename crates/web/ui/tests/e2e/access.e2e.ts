// Who may look and who may change: the first password, signing in and out, a viewer, keys.
import { type Page } from "playwright-core";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { open } from "./browser";
import { type Program, projectionist } from "./programs";

const PASSWORD = "correct horse battery";
const VIEWER = { name: "guest", password: "staple of the guest", role: "viewer" };
/** Refusals are what these tests are about; a browser writes each into its console. */
const refusals = (fault: string) => /40[13]|503/.test(fault);

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** What the interface answers to a change asked for by the page itself, with its cookie. */
function status(page: Page, method: string, path: string, body?: object): Promise<number> {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers = { "X-Projectionist": "1", "Content-Type": "application/json" };
      const answer = await fetch(new URL(path as string, document.baseURI), { method: method as string, headers, body: body as string });
      return answer.status;
    },
    [method, path, body && JSON.stringify(body)],
  );
}

describe.skipIf(!inject("program"))("who may do what", () => {
  let own: Program;
  beforeAll(async () => {
    own = await projectionist({ PROJECTIONIST__ACCESS__MODE: "password" });
  });

  it("a first visitor sets the password, signs out, and signs in with it alone", async () => {
    const { page, done } = await open("/graphs?days=7", {}, own.url);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    expect(await fetch(new URL("api/v1/history", own.url)).then((r) => r.status)).toBe(401);
    await page.getByLabel("Password, at least 8 characters").fill(PASSWORD);
    await page.getByLabel("The same again").fill("something else");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("The two passwords differ.").waitFor();
    await page.getByLabel("The same again").fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    // Where the visitor wanted to go in the first place.
    await page.waitForURL("**/graphs?days=7");
    await page.getByRole("heading", { name: "Graphs" }).waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in*");
    await signIn(page, "admin", "wrong password");
    await page.getByRole("alert").waitFor();
    await signIn(page, "admin", PASSWORD);
    await page.getByRole("heading", { name: "Graphs" }).waitFor();
    expect(await status(page, "POST", "api/v1/access/accounts", VIEWER)).toBe(201);
    await done(refusals);
    expect(own.log.join("\n")).not.toContain(PASSWORD);
  });

  it("a viewer looks and changes nothing", async () => {
    const { page, done } = await open("/", {}, own.url);
    await signIn(page, VIEWER.name, VIEWER.password);
    await page.getByRole("heading", { name: "Now" }).waitFor();
    for (const [method, path] of [
      ["POST", "api/v1/setup/save"],
      ["POST", "api/v1/setup/plex/pin"],
      ["POST", "api/v1/imports"],
      ["POST", "api/v1/collections/collect"],
      ["POST", "api/v1/access/keys"],
      ["DELETE", "api/v1/access/accounts/admin"],
      ["GET", "api/v1/access/keys"],
    ] as const)
      expect(await status(page, method, path, method === "POST" ? {} : undefined), `${method} ${path}`).toBe(403);
    await page.goto(new URL("settings", own.url).href);
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    expect(await page.getByText("API keys").count()).toBe(0);
    await page.goto(new URL("welcome", own.url).href);
    await page.getByText("Only an administrator").waitFor();
    await done(refusals);
  });

  it("a change from another site's page is refused", async () => {
    // Not the first page: as nothing is watched here, it leads an administrator on to the welcome.
    const { page, done } = await open("/graphs", {}, own.url);
    await signIn(page, "admin", PASSWORD);
    await page.getByRole("heading", { name: "Graphs" }).waitFor();
    const without = await page.evaluate(async () => {
      const answer = await fetch(new URL("api/v1/access/sign-out", document.baseURI), { method: "POST" });
      return answer.status;
    });
    expect(without).toBe(403);
    await done(refusals);
  });
});
