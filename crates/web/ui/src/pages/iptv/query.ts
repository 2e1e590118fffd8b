// What of the stream managers is looked at: the query of the address, under the names of /api/v1 ("IPTV" in its
// reference).
import type { Params } from "../../api/client";
import type { Feed } from "../../api/schema";
import { asked, days } from "../../ui/query";

/** Parameters that choose feeds, with how a chip names them. */
export const FILTERS: Record<string, string> = {
  server: "Manager",
  kind: "Kind",
  channel: "Channel",
  group: "Group",
  account: "Provider",
  user: "Viewer",
};

/** For questions about the past. */
export function pastParams(): Params {
  return { ...asked(Object.keys(FILTERS)), days: days() };
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
