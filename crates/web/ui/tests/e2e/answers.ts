// What the interface told a page, to compare with what the page shows.
import type { Page } from "playwright-core";
import { expect } from "vitest";

export interface Answers {
  /** The newest answer whose address within /api/v1 fits; waits for the first one. */
  newest: <T>(fits: RegExp) => Promise<T>;
}

/** From now on: begin before the page asks. */
export function answers(page: Page): Answers {
  const told: Array<{ path: string; body: Promise<unknown> }> = [];
  page.on("response", (response) => {
    const [, path] = response.url().split("/api/v1/");
    if (path === undefined || !response.ok() || path.startsWith("events") || path.startsWith("images")) return;
    told.push({ path, body: response.json().catch(() => undefined) });
  });
  return {
    newest: async <T>(fits: RegExp) => {
      const last = () => told.findLast(({ path }) => fits.test(path));
      await expect.poll(() => last()?.path, { message: `an answer of ${fits}`, timeout: 60_000 }).toBeDefined();
      return (await last()?.body) as T;
    },
  };
}

/** Changes an answer on its way to the page. */
export async function instead<T>(page: Page, path: RegExp, change: (answer: T) => void): Promise<void> {
  await page.route(path, async (route) => {
    try {
      const response = await route.fetch();
      const answer = (await response.json()) as T;
      change(answer);
      await route.fulfill({ response, json: answer });
    } catch (error) {
      // A test may be over before the last question of its page is answered.
      if (!page.isClosed() && !String(error).includes("disposed") && !String(error).includes("closed")) throw error;
    }
  });
}

/** A name that a page must show as it is. */
export const HOSTILE = '<img src=x onerror="document.title=1"><b>bold</b> & co';

/** As the page writes numbers in the locale of the tests. */
export const shown = (n: number): string => new Intl.NumberFormat("en-GB").format(n);

/** Whether something is wider than the screen. A phone's own width grows with what overflows, so it is not asked. */
export async function wider(page: Page): Promise<boolean> {
  const width = page.viewportSize()?.width ?? 0;
  return (await page.evaluate(() => document.documentElement.scrollWidth)) > width;
}

/** A refusal that a test provokes stands in the console. */
export const refused = (path: string) => (fault: string) => fault.includes("404") && fault.includes(path);
