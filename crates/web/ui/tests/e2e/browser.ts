// A page in Debian's Chromium that keeps an account of what must never happen.
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, expect, inject } from "vitest";

let browser: Browser | undefined;

/** One browser per file of tests; each page has a fresh profile. */
export async function launched(): Promise<Browser> {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // A root user has no sandbox; without the rest it asks for hosts that a closed network refuses.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return browser;
}

afterAll(async () => {
  await browser?.close();
  browser = undefined;
});

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** What a page did that it must not. */
export interface Watched {
  page: Page;
  /** Errors in the console, uncaught ones, and requests that left the origin. */
  faults: string[];
  /** Closes it, and fails if there was a fault but of the kind that is `expected`. */
  done: (expected?: (fault: string) => boolean) => Promise<void>;
}

/** Waits until a page has its title and waits for nothing more. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => !document.querySelector(".busy"));
}

/** Opens `path` (with its leading slash) of the demo, or of `base`. */
export async function open(path: string, options: BrowserContextOptions = {}, base = inject("demo")): Promise<Watched> {
  const context = await (await launched()).newContext({
    viewport: DESKTOP,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    // A picture that an item does not have, or that came too late on a busy machine, is no fault of the page.
    const missing = /404|50[34]/.test(message.text()) && message.location().url.includes("/api/v1/images/");
    if (message.type() === "error" && !missing) faults.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("blob:") && !url.startsWith("data:")) faults.push(`asked for ${url}`);
  });
  await page.goto(new URL(path.slice(1), base).href);
  return {
    page,
    faults,
    done: async (expected = () => false) => {
      await context.close();
      expect(faults.filter((fault) => !expected(fault))).toEqual([]);
    },
  };
}
