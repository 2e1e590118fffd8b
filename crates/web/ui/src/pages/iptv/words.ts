// How feeds are called.
import type { Feed, FeedChannel, FeedViewer } from "../../api/schema";
import { episodeNumber } from "../../format/words";

export const KINDS: Record<string, string> = {
  live: "Live",
  preview: "Preview",
  vod: "On demand",
  timeshift: "Catch-up",
};

/** What stands below: the episode of a film on demand, the group of a channel. */
export function channelNote(channel: FeedChannel): string {
  const episode = channel.series === undefined ? undefined : episodeNumber(channel.season, channel.episode);
  return [channel.group, episode, channel.series === undefined ? undefined : channel.name, channel.year]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** Account and login; the login alone where it repeats its account. */
export function loginName(profile: { account?: string; name?: string } | undefined): string | undefined {
  if (!profile) return undefined;
  const { account, name } = profile;
  if (!account || !name) return account ?? name;
  const own = name.startsWith(account) ? name.slice(account.length).trim() : name;
  return own === "" || own === "Default" ? account : `${account} · ${own}`;
}

/** `2 of 3`; absent where the place is not known. */
export function streamPlace(feed: Pick<Feed, "stream">): string | undefined {
  const { index, available } = feed.stream;
  if (index === undefined) return undefined;
  return available === undefined ? `${index + 1}` : `${index + 1} of ${available}`;
}

/** Who watches: the account, else where from. */
export function viewerName(viewer: Pick<FeedViewer, "user" | "address" | "client_id">): string {
  return viewer.user ?? viewer.address ?? viewer.client_id;
}

/** `TiviMate` of `TiviMate/5.1.6 (Android 12)`. */
export function playerName(userAgent: string | undefined): string | undefined {
  return userAgent?.split(/[/\s(]/, 1)[0] || undefined;
}

/** Connections of a login against its limit, in words. */
export function connectionsText(used: number | undefined, max: number | undefined): string {
  if (used === undefined) return "not known while the manager is down";
  const noun = (n: number) => (n === 1 ? "connection" : "connections");
  if (max === undefined) return `${used} ${noun(used)}`;
  return max === 0 ? `${used} ${noun(used)}, no limit` : `${used} of ${max} ${noun(max)}`;
}

/** How far a programme is, 0 to 1; absent where its times are not known or it is not on. */
export function programmeRatio(programme: Feed["programme"], nowMs: number): number | undefined {
  if (!programme?.starts_at || !programme.ends_at) return undefined;
  const [from, to] = [Date.parse(programme.starts_at), Date.parse(programme.ends_at)];
  return nowMs < from || nowMs > to || to <= from ? undefined : (nowMs - from) / (to - from);
}

/** What a feed brings from its provider, in bits a second: told, else what its login's stream has as video. */
export function feedBps(media: Feed["media"]): number | undefined {
  return media.output_bitrate_bps ?? media.video_bitrate_bps;
}
