// Pictures of every page for the README and the guides: desktop and phone, dark and light.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { DESKTOP, open, PHONE, settled } from "../e2e/browser";
import { everyPath } from "../e2e/paths";

const folder = process.env.PROJECTIONIST_IMG ?? join(import.meta.dirname, "../../../../../docs/img");

/** Plays that are known before the first picture: charts and cards should have something to show. */
const SESSIONS_MIN = 6;

it("takes pictures of every page", async () => {
  mkdirSync(folder, { recursive: true });
  await expect
    .poll(
      async () => {
        const answer = await fetch(new URL("api/v1/sessions", inject("demo")));
        return ((await answer.json()) as { sessions: unknown[] }).sessions.length;
      },
      { timeout: 120_000, interval: 500 },
    )
    .toBeGreaterThanOrEqual(SESSIONS_MIN);
  for (const { name, path, base } of await everyPath()) {
    for (const colorScheme of ["dark", "light"] as const) {
      for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]] as const) {
        const { page, done } = await open(path, { viewport, colorScheme, isMobile: device === "phone" }, base);
        await settled(page);
        // A list asks for pictures only once it rests.
        await page.waitForFunction(() => !document.querySelector(".history-row .poster") || document.querySelector(".history-row img"));
        await page.waitForFunction(() =>
          [...document.images].every((i) => i.complete || i.getBoundingClientRect().top > innerHeight),
        );
        await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`), animations: "disabled" });
        await done();
      }
    }
  }
});
