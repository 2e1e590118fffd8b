// How far the transcoder of each stream was ahead over the last minute. Only this page wants to know, so it alone
// remembers.
import { type LiveSession, sessions } from "../../live/store";
import { everySecond } from "./ticker";

/** Samples kept: a minute, one a second. */
const SAMPLES = 60;

const kept = new Map<string, Array<number | null>>();

/** One sample of each session that has a transcoder; sessions that are over are forgotten. */
export function sample(all: readonly LiveSession[]): void {
  const present = new Set<string>();
  for (const { id, delivery } of all) {
    if (!delivery.transcode) continue;
    present.add(id);
    const values = kept.get(id) ?? [];
    if (values.push(delivery.transcode.buffer_ahead_ms ?? null) > SAMPLES) values.shift();
    kept.set(id, values);
  }
  for (const id of kept.keys()) if (!present.has(id)) kept.delete(id);
}

/** Oldest first; blank in front, so that a line grows from the right. */
export function samplesOf(id: string): Array<number | null> {
  const own = kept.get(id) ?? [];
  return [...Array.from({ length: SAMPLES - own.length }, () => null), ...own];
}

/** Samples while the page is shown. */
export function watchBuffers(): () => void {
  return everySecond(() => sample(sessions.peek().map((s) => s.peek())));
}
