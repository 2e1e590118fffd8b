// What of the stream managers is looked at: the query of the address, under the names of /api/v1 ("IPTV" in its
// reference).
import { place } from "../../app/router";
import type { Params } from "../../api/client";
import type { Feed } from "../../api/schema";
import { zone } from "../../format/times";

/** Parameters that choose feeds, with how a chip names them. */
export const FILTERS: Record<string, string> = {
  server: "Manager",
  kind: "Kind",
  channel: "Channel",
  group: "Group",
  account: "Provider",
  user: "Viewer",
};

export const RANGES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "Year"],
  ["0", "All time"],
] as const;

const DEFAULT_DAYS = "30";

export function days(): string {
  return place.value.query.get("days") ?? DEFAULT_DAYS;
}

/** For questions about the past. */
export function pastParams(): Params {
  const { query } = place.value;
  const params: Record<string, string | readonly string[]> = { time_zone: zone(), days: days() };
  for (const name of Object.keys(FILTERS)) if (query.has(name)) params[name] = query.getAll(name);
  return params;
}

/** Whether a feed of now is one of those, as the interface decides it. */
export function passes(feed: Feed, query: URLSearchParams): boolean {
  const any = (name: string, is: (value: string) => boolean) =>
    !query.has(name) || query.getAll(name).some(is);
  return (
    any("server", (v) => feed.server_id === v) &&
    any("kind", (v) => feed.kind === v) &&
    any("channel", (v) => feed.key === v || feed.channel.uuid === v) &&
    any("group", (v) => feed.channel.group === v) &&
    any("account", (v) => feed.segments.some((s) => s.profile?.account === v)) &&
    any("user", (v) =>
      feed.viewers.some((viewer) => (viewer.user ?? viewer.address ?? viewer.client_id) === v),
    )
  );
}
