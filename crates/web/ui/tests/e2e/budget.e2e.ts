// How long it takes until the first page can be used, on a machine made four times slower. A second is the aim; on the two
// shared cores where this was written it takes one to two, half of which the browser needs for itself. This is the fence
// behind it, far enough away for a busy day of the machine.
import { expect, inject, it } from "vitest";
import { DESKTOP, launched } from "./browser";

const INTERACTIVE_MAX_MS = 3000;
const SLOWER = 4;
/** The best of these counts: what a neighbour on the same machine costs is not the page's. */
const LOADS = 5;

it("is soon interactive on a processor four times slower", async () => {
  const times: number[] = [];
  for (let n = 0; n < LOADS; n++) {
    const context = await (await launched()).newContext({ viewport: DESKTOP });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    // Long tasks from the start on: interactive is when the last of them before the content is over.
    await page.addInitScript(() => {
      const own = window as unknown as { longUntil: number };
      own.longUntil = 0;
      new PerformanceObserver((list) => {
        for (const task of list.getEntries()) own.longUntil = Math.max(own.longUntil, task.startTime + task.duration);
      }).observe({ type: "longtask", buffered: true });
    });
    await page.goto(inject("demo"), { waitUntil: "commit" });
    await page.locator("main h1").waitFor();
    await page.locator("[data-session]").first().waitFor();
    times.push(
      await page.evaluate(() => {
        const own = window as unknown as { longUntil: number };
        const shown = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
        return Math.max(shown, own.longUntil, performance.timing.domContentLoadedEventEnd - performance.timeOrigin);
      }),
    );
    await context.close();
  }
  console.log(`interactive after ${times.map(Math.round).join(", ")} ms, ${SLOWER} times slower`);
  expect(Math.min(...times), times.map(Math.round).join(", ")).toBeLessThanOrEqual(INTERACTIVE_MAX_MS);
});
