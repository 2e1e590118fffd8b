// Settings: what a browser prefers, and the pages of an administrator. The flows of signing in have tests of their own;
// here the interface of access is played, so that they also hold where nobody has to sign in.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { open, PHONE } from "./browser";

const within = { timeout: 20_000, interval: 200 };

interface Key {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
}

interface Account {
  name: string;
  role: string;
  created_at: string;
}

const SHOWN_ONCE = "pj_only-this-once";

/** Answers for keys, accounts and imports, kept for one page. */
async function play(page: Page) {
  const at = new Date().toISOString();
  const state = {
    keys: [] as Key[],
    accounts: [{ name: "admin", role: "admin", created_at: at }] as Account[],
    imports: [] as Array<Record<string, unknown>>,
    sent: [] as unknown[],
  };
  const meta = { count: 0, version: 1, answered_at: at };
  const path = (url: string) => new URL(url).pathname;
  const header = (headers: Record<string, string>) => expect(headers["x-projectionist"]).toBe("1");
  await page.route(/\/api\/v1\/access\/keys/, async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fulfill({ json: { keys: state.keys, meta } });
    header(request.headers());
    if (request.method() === "DELETE") {
      state.keys = state.keys.filter((k) => !path(request.url()).endsWith(`/${k.id}`));
      return route.fulfill({ status: 204 });
    }
    const made = {
      id: `k${state.keys.length}`,
      ...(request.postDataJSON() as { name: string; scopes: string[] }),
      created_at: at,
    };
    state.keys.push(made);
    return route.fulfill({ json: { ...made, key: SHOWN_ONCE } });
  });
  await page.route(/\/api\/v1\/access\/accounts/, async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fulfill({ json: { accounts: state.accounts, meta } });
    header(request.headers());
    if (request.method() === "DELETE") {
      state.accounts = state.accounts.filter(
        (a) => !path(request.url()).endsWith(`/${encodeURIComponent(a.name)}`),
      );
      return route.fulfill({ status: 204 });
    }
    const body = request.postDataJSON() as { name: string; role: string };
    if (state.accounts.some((a) => a.name === body.name)) {
      return route.fulfill({
        status: 400,
        json: { error: { kind: "bad_payload", message: "there is an account of that name" } },
      });
    }
    state.accounts.push({ name: body.name, role: body.role, created_at: at });
    return route.fulfill({ json: {} });
  });
  await page.route(/\/api\/v1\/imports/, async (route) => {
    const request = route.request();
    const running = state.imports.find((i) => i.state === "running");
    if (request.method() === "GET") {
      // Each question finds it a quarter further.
      if (running) running.rows_done = Math.min(400, Number(running.rows_done) + 100);
      if (running?.rows_done === 400) Object.assign(running, { state: "done", added: 400, ended_at: at });
      return route.fulfill({ json: { imports: state.imports, meta } });
    }
    header(request.headers());
    state.sent.push(request.postDataJSON());
    const begun = {
      id: "1",
      server: "house",
      source: "http://tautulli:8181",
      state: "running",
      started_at: at,
      rows_done: 0,
      rows_total: 400,
      added: 0,
      known: 0,
      refused: 0,
    };
    state.imports.push(begun);
    return route.fulfill({ json: begun });
  });
  await page.reload();
  return state;
}

function card(page: Page, title: string) {
  return page
    .locator("section.card")
    .filter({ has: page.getByRole("heading", { name: title, exact: true }) });
}

describe("settings", () => {
  it("changes the colours at once, and they survive a reload", async () => {
    const { page, done } = await open("/settings", { colorScheme: "dark" });
    await play(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const colours = page.getByRole("group", { name: "Colours" });
    await colours.waitFor();
    const night = await ground();
    await colours.getByRole("button", { name: "Light" }).click();
    await expect.poll(ground, within).not.toBe(night);
    const day = await ground();
    await page.reload();
    await colours.waitFor();
    expect(await ground()).toBe(day);
    expect(await colours.getByRole("button", { name: "Light" }).getAttribute("aria-pressed")).toBe("true");
    await colours.getByRole("button", { name: "As the system" }).click();
    await expect.poll(ground, within).toBe(night);
    await done();
  });

  it("shows times of day as a person wants them", async () => {
    const { page, done } = await open("/settings");
    await play(page);
    const hours = page.getByRole("group", { name: "Time of day" });
    const shown = () => hours.locator("xpath=..").locator("span.number").innerText();
    await hours.getByRole("button", { name: "12 hours" }).click();
    await expect.poll(shown, within).toMatch(/[ap]\.?m/i);
    await page.reload();
    await expect.poll(shown, within).toMatch(/[ap]\.?m/i);
    await hours.getByRole("button", { name: "24 hours" }).click();
    await expect.poll(shown, within).not.toMatch(/[ap]\.?m/i);
    await done();
  });

  it("makes a key, shows it once, and revokes it only when asked twice", async () => {
    const { page, done } = await open("/settings", { permissions: ["clipboard-read", "clipboard-write"] });
    const state = await play(page);
    const keys = card(page, "API keys");
    await keys.getByText("Make a key").click();
    await keys.getByLabel("What it is for").fill("Prometheus");
    await keys.getByRole("checkbox", { name: /^Metrics/ }).check();
    await keys.getByRole("checkbox", { name: /^Read/ }).uncheck();
    await keys.getByRole("button", { name: "Make it" }).click();
    const dialog = page.getByRole("dialog", { name: "The key of Prometheus" });
    await dialog.getByRole("button", { name: "Copy the key" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), within).toBe(SHOWN_ONCE);
    await dialog.getByRole("button", { name: "I have it" }).click();
    expect(state.keys.map((k) => [k.name, k.scopes])).toEqual([["Prometheus", ["metrics"]]]);
    await keys.getByText("never used").waitFor();
    expect(await page.content()).not.toContain(SHOWN_ONCE);
    await keys.getByRole("button", { name: "Revoke Prometheus" }).click();
    expect(state.keys).toHaveLength(1);
    await keys.getByRole("button", { name: "Really revoke Prometheus" }).click();
    await keys.getByText("There is none.").waitFor();
    expect(state.keys).toEqual([]);
    await done();
  });

  it("adds and removes accounts, and tells what the server refuses", async () => {
    const { page, faults } = await open("/settings");
    const state = await play(page);
    const accounts = card(page, "Accounts");
    const add = async (name: string, password: string) => {
      await accounts.getByLabel("Name").fill(name);
      await accounts.getByLabel(/^Password/).fill(password);
      await accounts.getByRole("button", { name: "Add", exact: true }).click();
    };
    await accounts.getByText("Add an account").click();
    await add("ines", "short");
    await accounts.getByText("8 characters or more.").waitFor();
    expect(state.accounts).toHaveLength(1);
    await add("ines", "long enough");
    await accounts.getByText("ines can sign in now.").waitFor();
    expect(state.accounts.at(-1)).toMatchObject({ name: "ines", role: "viewer" });
    await add("ines", "long enough");
    await accounts.getByText("there is an account of that name").waitFor();
    await accounts.getByRole("button", { name: "Remove ines" }).click();
    await accounts.getByRole("button", { name: "Really remove ines" }).click();
    await expect.poll(() => state.accounts.map((a) => a.name), within).toEqual(["admin"]);
    // The refusal is in the console of the browser, and nothing else is.
    expect(faults.filter((f) => !f.includes("400"))).toEqual([]);
    await page.context().close();
  });

  it("takes over a history, with its progress", async () => {
    const { page, done } = await open("/settings");
    const state = await play(page);
    const imports = card(page, "History from Tautulli");
    await imports.getByText("Take over a history").click();
    await imports.getByLabel("Address").fill("tautulli:8181");
    await imports.getByLabel(/^API key/).fill("a key of tautulli");
    await imports.getByRole("combobox", { name: "Plays of" }).selectOption("house");
    await imports.getByRole("button", { name: "Begin" }).click();
    await imports.getByText("Done").waitFor();
    await imports.getByText("400 of 400 rows, 400 added").waitFor();
    expect(await imports.getByRole("meter").getAttribute("aria-valuenow")).toBe("100");
    expect(state.sent).toEqual([{ url: "tautulli:8181", api_key: "a key of tautulli", server: "house" }]);
    expect(await imports.getByLabel(/^API key/).inputValue()).toBe("");
    await done();
  });

  it("sends a file, says how far it is, and what was wrong with it", async () => {
    const { page, done } = await open("/settings");
    const imports = card(page, "History from Tautulli");
    await imports.getByText("Take over a history").click();
    await imports.getByRole("button", { name: "Its database" }).click();
    const buffer = Buffer.alloc(6_000_000, "no database ");
    await imports.locator("input[type=file]").setInputFiles({ name: "tautulli.db", mimeType: "", buffer });
    await imports.getByRole("combobox", { name: "Plays of" }).selectOption("house");
    const devtools = await page.context().newCDPSession(page);
    const line = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 };
    await devtools.send("Network.emulateNetworkConditions", line);
    await imports.getByRole("button", { name: "Send 5.7 MiB" }).click();
    const meter = imports.getByRole("meter", { name: "Sent of the file" });
    await expect
      .poll(async () => Number(await meter.getAttribute("aria-valuenow")), { ...within, interval: 50 })
      .toBeGreaterThan(0);
    await meter.waitFor({ state: "detached" });
    await imports.getByText("Failed").first().waitFor();
    await imports.getByText("the file: it is neither a SQLite database").waitFor();
    await done();
  });

  it("works by keyboard alone", async () => {
    const { page, done } = await open("/settings", { colorScheme: "light" });
    await play(page);
    await page.getByRole("group", { name: "Colours" }).getByRole("button", { name: "Light" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator('html[data-theme="dark"]').waitFor();
    await card(page, "API keys").locator("summary").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("By hand");
    expect(await page.getByLabel("What it is for").inputValue()).toBe("By hand");
    await done();
  });

  it("fits a phone with every form open", async () => {
    const { page, done } = await open("/settings", { viewport: PHONE, isMobile: true, hasTouch: true });
    const state = await play(page);
    const long = "averylongnamewithoutanyspace".repeat(2) + "🎬".repeat(20);
    state.accounts.push({ name: long, role: "viewer", created_at: new Date().toISOString() });
    await page.reload();
    await card(page, "API keys").locator("summary").waitFor();
    await page
      .locator("details")
      .evaluateAll((all) => all.forEach((d) => ((d as HTMLDetailsElement).open = true)));
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await done();
  });
});
