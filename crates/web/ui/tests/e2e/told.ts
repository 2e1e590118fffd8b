// A page that is told of another state than the demo's, to see it with what the demo does not have.
import type { Page } from "playwright-core";

/** What the page hears of from now on: `servers`, and nothing else. */
export async function tell(page: Page, servers: readonly object[]): Promise<void> {
  const meta = { count: 0, version: 1, answered_at: new Date().toISOString() };
  const data = JSON.stringify({ servers, sessions: [], feeds: [], libraries: [], meta });
  await page.addInitScript((snapshot) => {
    // A stream that says one thing and stays open.
    class OneSnapshot extends EventTarget {
      onerror = null;
      constructor() {
        super();
        setTimeout(() => this.dispatchEvent(new MessageEvent("snapshot", { data: snapshot })));
      }
      close() {}
    }
    (window as unknown as { EventSource: unknown }).EventSource = OneSnapshot;
  }, data);
  await page.reload();
}
