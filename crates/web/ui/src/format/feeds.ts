// How channels that stream managers carry are called, and how they are getting on.
import type { FeedChannel } from "../api/schema";

/** What stands in large type. */
export function channelName(channel: FeedChannel, key: string): string {
  return channel.series ?? channel.name ?? key.slice(0, 12);
}

export const FEED_STATES: Record<string, { text: string; tag: string }> = {
  active: { text: "On the air", tag: "good" },
  waiting_for_clients: { text: "Nobody watches", tag: "info" },
  initializing: { text: "Starting", tag: "info" },
  connecting: { text: "Connecting", tag: "info" },
  buffering: { text: "Buffering", tag: "wait" },
  paused: { text: "Paused", tag: "" },
  error: { text: "Error", tag: "bad" },
  stopping: { text: "Stopping", tag: "" },
  stopped: { text: "Stopped", tag: "" },
};
