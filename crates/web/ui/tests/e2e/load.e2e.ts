// What a hundred streams that change every second cost the browser.
import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { open } from "./browser";
import { type Many, many } from "./many";

const STREAMS = 100;
/** The budgets: a tenth of a core, and memory that does not grow over ten minutes. */
const CORE_RATIO_MAX = 0.1;
/** Heap after a full collection may differ by this much: samples of the last minute and caches that fill up. */
const GROWTH_MAX_BYTES = 1_500_000;
/** Sparklines and caches are full after a minute; before that, growth says nothing. */
const WARM_S = 20;
const MEASURED_S = Number(process.env.PROJECTIONIST_LOAD_S ?? 60);

interface Cost {
  /** Seconds the page's main thread worked. */
  taskS: number;
  /** Seconds of processor time of its whole process. */
  processS: number;
  atS: number;
  heapBytes: number;
}

async function cost(devtools: CDPSession): Promise<Cost> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((m) => m.name === name)?.value ?? Number.NaN;
  return { taskS: of("TaskDuration"), processS: of("ProcessTime"), atS: of("Timestamp"), heapBytes: of("JSHeapUsedSize") };
}

/** Lets the page work for `seconds` of its own clock. */
async function worked(page: Page, seconds: number): Promise<void> {
  await page.evaluate((s) => new Promise((done) => setTimeout(done, s * 1_000)), seconds);
}

describe("a hundred streams", () => {
  let fake: Many;
  beforeAll(async () => {
    fake = await many(STREAMS, inject("demo"));
  });
  afterAll(() => fake.close());

  it("redraw what an event changes, and nothing else", async () => {
    const { page, done } = await open("/", {}, fake.base);
    await page.locator("[data-session]").nth(STREAMS - 1).waitFor();
    await page.evaluate(() => {
      const changed = new Set<string>();
      Object.assign(globalThis, { changed });
      new MutationObserver((all) => {
        for (const { target } of all) {
          const element = target instanceof Element ? target : target.parentElement;
          // The clocks go on by themselves.
          if (element?.closest(".now-progress")) continue;
          changed.add(element?.closest<HTMLElement>("[data-session]")?.dataset.session ?? "the list");
        }
      }).observe(document.querySelector(".now-table") as Element, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
    });
    fake.tell("session.updated", { ...fake.sessions[42], state: "paused" });
    await page.locator('[data-session="s42"][data-state="paused"]').waitFor();
    expect(await page.evaluate(() => [...(globalThis as unknown as { changed: Set<string> }).changed])).toEqual(["s42"]);
    await done();
  });

  it(
    "cost at most a tenth of a core and no memory, each changing every second",
    async () => {
      const { page, done } = await open("/", {}, fake.base);
      await page.locator("[data-session]").nth(STREAMS - 1).waitFor();
      const first = await page.locator("[data-session] .at").first().innerText();
      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Performance.enable");
      const stop = fake.updateAll();
      try {
        await worked(page, WARM_S);
        const before = await cost(devtools);
        await worked(page, MEASURED_S);
        const after = await cost(devtools);
        const overS = after.atS - before.atS;
        const ratio = (after.taskS - before.taskS) / overS;
        const whole = (after.processS - before.processS) / overS;
        const grown = after.heapBytes - before.heapBytes;
        console.log(
          `100 streams over ${overS.toFixed(0)} s: main thread ${(ratio * 100).toFixed(1)} % of a core, ` +
            `process ${(whole * 100).toFixed(1)} %, heap ${(after.heapBytes / 1e6).toFixed(1)} MB, ` +
            `grown by ${(grown / 1e6).toFixed(2)} MB`,
        );
        // It did follow.
        expect(await page.locator("[data-session] .at").first().innerText()).not.toBe(first);
        // Processor time of the whole process of the page, painting included. The time its main thread was busy, told
        // above, is wall-clock time, and on a machine with other work mostly waiting for a core.
        expect(whole).toBeLessThanOrEqual(CORE_RATIO_MAX);
        expect(grown).toBeLessThanOrEqual(GROWTH_MAX_BYTES);
      } finally {
        stop();
      }
      await done();
    },
    (WARM_S + MEASURED_S + 60) * 1_000,
  );
});
