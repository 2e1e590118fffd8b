// The page "Now": it follows what happens, moves by itself in between, and says when it cannot.
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { DESKTOP, open, PHONE } from "./browser";
import { many, server } from "./many";

/** What the issue allows between an event and its picture. */
const SHOWN_WITHIN_MS = 1_000;

interface Told {
  sessions: Array<{ id: string; state: string; item: { duration_ms?: number } }>;
}

async function sessionsNow(): Promise<Told["sessions"]> {
  const answer = await fetch(new URL("api/v1/sessions", inject("demo")));
  return ((await answer.json()) as Told).sessions;
}

/** Opens the page and waits for its streams; the demo always plays something. */
async function shown(density = "rich", options: Parameters<typeof open>[1] = {}) {
  const watched = await open("/settings", options);
  await watched.page.evaluate((d) => localStorage.setItem("projectionist.prefs", JSON.stringify({ density: d })), density);
  await watched.page.goto(inject("demo"));
  await watched.page.locator("[data-session]").first().waitFor();
  return watched;
}

/** Cuts the page off, as a server that goes away does, until it is let back. */
async function cutOff(page: Page): Promise<void> {
  await page.context().setOffline(true);
  await page.route("**/api/v1/events", (route) => route.abort());
}

describe("now", () => {
  it("shows a change within a second of its event", async () => {
    const { page, done } = await shown();
    // In the page, so that both are seen by one clock: the event, and the card that follows it.
    const tookMs = await page.evaluate(async () => {
      type One = { id: string; state: string };
      const states = new Map<string, string>();
      const said = new Map<string, { state: string; at: number }>();
      const drawnState = (id: string) => document.querySelector<HTMLElement>(`[data-session="${id}"]`)?.dataset.state;
      const source = new EventSource("api/v1/events");
      return new Promise<number>((found) => {
        const look = () => {
          for (const [id, { state, at }] of said) {
            if (drawnState(id) !== state) continue;
            source.close();
            seen.disconnect();
            found(performance.now() - at);
          }
        };
        const seen = new MutationObserver(look);
        seen.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
        const read = <T>(event: Event) => JSON.parse((event as MessageEvent<string>).data) as T;
        source.addEventListener("snapshot", (event) => {
          for (const { id, state } of read<{ sessions: One[] }>(event).sessions) states.set(id, state);
        });
        source.addEventListener("session.progress", (event) => {
          for (const { id, state } of read<{ sessions: One[] }>(event).sessions) states.set(id, state);
        });
        source.addEventListener("session.updated", (event) => {
          const { id, state } = read<One>(event);
          const isChange = states.has(id) && states.get(id) !== state && drawnState(id) !== undefined;
          states.set(id, state);
          if (isChange) said.set(id, { state, at: performance.now() });
          // The page may have been told first, and have drawn it already.
          look();
        });
      });
    });
    expect(tookMs).toBeLessThanOrEqual(SHOWN_WITHIN_MS);
    await done();
  }, 120_000);

  it("shows exactly the sessions there are, in an order that stays", async () => {
    const { page, done } = await shown("table");
    const drawn = () => page.locator("[data-session]").evaluateAll((all) => all.map((e) => (e as HTMLElement).dataset.session));
    const first = await drawn();
    await page.waitForFunction((before) => {
      const now = [...document.querySelectorAll<HTMLElement>("[data-session]")].map((e) => e.dataset.session);
      return now.join() !== before.join();
    }, first);
    const second = await drawn();
    const both = (list: typeof first, other: typeof first) => list.filter((id) => other.includes(id));
    expect(both(second, first)).toEqual(both(first, second));
    const present = (await sessionsNow()).map((s) => s.id);
    await expect.poll(drawn).toEqual(expect.arrayContaining(both(second, present)));
    await done();
  });

  it("moves on between two events", async () => {
    const { page, done } = await shown();
    // A film that plays; without any event, since the connection is cut and its end not noticed at once.
    const bar = page.locator('[data-session][data-state="playing"]', { has: page.locator(".now-clock .at:text-matches('/')") });
    await bar.first().waitFor();
    const before = await bar.first().evaluate((e) => {
      const bar = e.querySelector<HTMLElement>(".now-bar");
      const drawn = bar?.style.backgroundSize || (bar?.lastElementChild as HTMLElement | null)?.style.transform;
      return { id: (e as HTMLElement).dataset.session ?? "", text: e.querySelector(".at")?.textContent, drawn };
    });
    await cutOff(page);
    await page.waitForFunction(({ id, text }) => {
      const card = document.querySelector(`[data-session="${id}"]`);
      return card !== null && card.querySelector(".at")?.textContent !== text;
    }, before);
    expect(before.drawn).toMatch(/^(translateX\()?-?[\d.]+%/);
    await page.context().setOffline(false);
    await page.context().close();
    // The errors of the cut connection are meant.
    void done;
  });

  it("says that the connection is lost, and heals", async () => {
    const fake = await many(3, inject("demo"));
    const { page } = await open("/", {}, fake.base);
    await page.locator('[data-session="s1"][data-state="playing"]').waitFor();
    fake.silence(true);
    await page.locator(".lost").waitFor();
    expect(await page.locator(".lost").innerText()).toMatch(/connection is lost/i);
    expect(await page.locator("[data-session]").count()).toBe(3);
    // What changed meanwhile is there as soon as the connection is.
    fake.sessions[1] = { ...fake.sessions[1], state: "paused" } as (typeof fake.sessions)[1];
    fake.silence(false);
    // It also comes back by itself; whoever looks at it does not want to wait.
    await page.getByRole("button", { name: "Try now" }).click({ timeout: 2_000 }).catch(() => {});
    await page.locator('[data-session="s1"][data-state="paused"]').waitFor();
    expect(await page.locator(".lost").count()).toBe(0);
    await page.context().close();
    await fake.close();
  });

  it("is calm when nothing plays, and tells what was played last", async () => {
    const fake = await many(0, inject("demo"));
    const { page, done } = await open("/", {}, fake.base);
    await page.getByRole("heading", { name: "All quiet" }).waitFor();
    await page.getByRole("heading", { name: "Played last" }).waitFor();
    expect(await page.locator(".now-last li").count()).toBe(5);
    await done();
    await fake.close();
  });

  it("names a server that is down, and why", async () => {
    const fake = await many(2, inject("demo"));
    const { page, done } = await open("/", {}, fake.base);
    await page.locator("[data-session]").first().waitFor();
    const error = { kind: "unreachable", message: "cabin does not answer", since: new Date().toISOString() };
    fake.tell("server.updated", { ...server("cabin"), state: "down", error });
    await page.locator(".now-ailing", { hasText: "cabin does not answer" }).waitFor();
    expect(await page.locator("#now-servers + .now-figure").innerText()).toBe("1 of 2 up");
    await done();
    await fake.close();
  });

  it("chooses the density by the number of streams", async () => {
    for (const [streams, shape] of [
      [10, ".now-card.rich"],
      [11, ".now-card.compact"],
      [50, ".now-table tbody tr"],
    ] as const) {
      const fake = await many(streams, inject("demo"));
      const { page, done } = await open("/", {}, fake.base);
      await page.locator(shape).nth(streams - 1).waitFor();
      await done();
      await fake.close();
    }
  });

  it("shows streams in the density that is chosen", async () => {
    const { page, done } = await shown();
    const group = page.getByRole("group", { name: "Density" });
    await page.locator(".now-card.rich .now-parts").first().waitFor();
    await group.getByRole("button", { name: "Compact" }).click();
    await page.locator(".now-card.compact").first().waitFor();
    expect(await page.locator(".now-card.rich").count()).toBe(0);
    await group.getByRole("button", { name: "Table" }).click();
    await page.getByRole("columnheader", { name: "Bandwidth" }).waitFor();
    expect(await page.locator(".now-card").count()).toBe(0);
    await page.reload();
    await page.getByRole("columnheader", { name: "Bandwidth" }).waitFor();
    await done();
  });

  it("opens and closes a stream by keyboard alone", async () => {
    const { page, done } = await shown();
    const opener = page.locator(".now-open").first();
    await opener.focus();
    const title = await opener.innerText();
    await page.keyboard.press("Enter");
    const sheet = page.getByRole("dialog");
    await sheet.waitFor();
    expect(await sheet.locator("h2").innerText()).toBe(title);
    expect(new URL(page.url()).searchParams.get("session")).toBeTruthy();
    await sheet.getByText("Player", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.has("session")).toBe(false);
    await page.waitForFunction(() => document.activeElement?.classList.contains("now-open"));
    await done();
  });

  it("has an address for a stream, and for one that is over", async () => {
    const { page, done } = await shown();
    await page.goto(new URL("?session=none-1-1", inject("demo")).href);
    await page.getByRole("dialog").getByText("This stream has ended.").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await done();
  });

  it("shows only what is filtered for, and tells when that is nothing", async () => {
    const { page, done } = await shown();
    await page.goto(new URL("?user=nobody-of-this-name", inject("demo")).href);
    await page.getByText(/^None of the \d+ streams?/).waitFor();
    expect(await page.locator("[data-session]").count()).toBe(0);
    await page.locator("main").getByRole("button", { name: "Show all" }).last().click();
    await page.locator("[data-session]").first().waitFor();
    expect(new URL(page.url()).search).toBe("");
    await done();
  });

  it("keeps to the width of a phone in every density", async () => {
    for (const density of ["rich", "compact", "table"]) {
      const { page, done } = await shown(density, { viewport: PHONE, hasTouch: true, isMobile: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide, density).toBeLessThanOrEqual(0);
      await page.locator(".now-open").first().tap();
      await page.getByRole("dialog").waitFor();
      const within = await page.getByRole("dialog").evaluate((e) => e.scrollWidth - e.clientWidth);
      expect(within, density).toBeLessThanOrEqual(0);
      await done();
    }
  });

  it("tells the tally of what plays", async () => {
    const { page, done } = await shown("table", { viewport: DESKTOP });
    await page.waitForFunction(() => {
      const said = document.querySelector("#now-streams + .now-figure")?.textContent;
      return said === String(document.querySelectorAll("[data-session]").length);
    });
    await done();
  });
});
