// What a page costs in processor time. The time that passes is told beside it but not judged: on two cores that also run
// the test and the server, a debug build, it may be anything.
import type { CDPSession, Page } from "playwright-core";

export interface Cost {
  /** Processor time of the page's main thread. */
  ms: number;
  passedMs: number;
}

/** Devtools of a page whose metrics count processor time. */
export async function metered(page: Page): Promise<CDPSession> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  return devtools;
}

/** What doing something costs the page. */
export async function costOf<T>(devtools: CDPSession, something: () => Promise<T>): Promise<[T, Cost]> {
  const now = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    const of = (name: string) => (metrics.find((m) => m.name === name)?.value ?? Number.NaN) * 1_000;
    return { ms: of("TaskDuration"), passedMs: of("Timestamp") };
  };
  const before = await now();
  const did = await something();
  const after = await now();
  return [did, { ms: after.ms - before.ms, passedMs: after.passedMs - before.passedMs }];
}

const ROUNDS = 20;

/** What a round of `work` took on the machine that the budgets were written on, in one of its better hours. */
const USUAL_MS = 20;

/** Runs in the page: a thousand elements with a text of their own, laid out. */
function work(rounds: number): void {
  for (let n = 0; n < rounds; n++) {
    const box = document.createElement("div");
    box.style.cssText = "position: absolute; visibility: hidden; width: 900px";
    for (let row = 0; row < 50; row++) {
      const line = box.appendChild(document.createElement("div"));
      line.style.cssText = "display: grid; grid-template-columns: repeat(10, 1fr)";
      for (let cell = 0; cell < 10; cell++) {
        const outer = line.appendChild(document.createElement("span"));
        outer.appendChild(document.createElement("b")).textContent = `${n} ${row} ${cell}`;
      }
    }
    document.body.append(box);
    if (box.offsetHeight === 0) throw new Error("nothing was laid out");
    box.remove();
  }
}

/** How much slower than usual this machine is at the moment; at least 1. Budgets are given this much more. */
export async function slowness(devtools: CDPSession, page: Page): Promise<number> {
  const [, cost] = await costOf(devtools, () => page.evaluate(work, ROUNDS));
  console.log(`a round of the reference work: ${(cost.ms / ROUNDS).toFixed(1)} ms`);
  return Math.max(1, cost.ms / ROUNDS / USUAL_MS);
}
