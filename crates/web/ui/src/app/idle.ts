/** The latest moment at which it is done on a machine that is never idle. */
const IDLE_MAX_MS = 2_000;

/** Calls when there is nothing else to do. Returns what takes that back. */
export function whenIdle(call: () => void): () => void {
  if (typeof requestIdleCallback === "undefined") {
    const later = setTimeout(call, IDLE_MAX_MS / 10);
    return () => clearTimeout(later);
  }
  const idle = requestIdleCallback(call, { timeout: IDLE_MAX_MS });
  return () => cancelIdleCallback(idle);
}
