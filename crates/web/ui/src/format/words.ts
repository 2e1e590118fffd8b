// The interface's words in people's words.
import type { HistoryPlay, Item, Session } from "../api/schema";

export const DECISIONS: Record<string, string> = {
  directplay: "Direct play",
  copy: "Direct stream",
  transcode: "Transcode",
  unknown: "Unknown",
};

export const MEDIA: Record<string, string> = {
  movie: "Movies",
  episode: "TV",
  track: "Music",
  live: "Live TV",
};

export const NETWORKS: Record<string, string> = {
  lan: "LAN",
  wan: "WAN",
  relay: "Relay",
  cellular: "Cellular",
  unknown: "Unknown",
};

export const WEEKDAYS: Record<string, string> = {
  monday: "Monday",
  tuesday: "Tuesday",
  wednesday: "Wednesday",
  thursday: "Thursday",
  friday: "Friday",
  saturday: "Saturday",
  sunday: "Sunday",
};

/** Who transcoded a picture. */
export const HARDWARE: Record<string, string> = {
  full: "In hardware",
  part: "Partly in hardware",
  software: "In software",
};

/** How far plays got. */
export const TIERS: Record<string, string> = {
  "0-25": "0–25 %",
  "25-50": "25–50 %",
  "50-75": "50–75 %",
  "75-watched": "75 % – watched",
  watched: "Watched",
  unknown: "Unknown",
};

export const STATES: Record<string, string> = {
  playing: "Playing",
  paused: "Paused",
  buffering: "Buffering",
  stopped: "Stopped",
  unknown: "Unknown",
};

/** `Transcode` for `transcode`; a word we do not know as it is, in readable form. */
export function word(of: Record<string, string>, key: string): string {
  return of[key] ?? (key.charAt(0).toUpperCase() + key.slice(1)).replaceAll("_", " ");
}

/** What stands in large type: the film, the show, the artist, the channel's programme. */
export function headline(item: Item | Session["item"]): string {
  return item.grandparent_title ?? item.title ?? item.live?.title ?? item.live?.call_sign ?? "Untitled";
}

/** What stands below: year, `S02E05 · title`, album and track. */
export function subline(item: Item): string {
  if (item.live) return [item.grandparent_title && item.title, channel(item.live)].filter(Boolean).join(" · ");
  if (item.kind === "episode") {
    return [episodeNumber(item.parent_index, item.index), item.title].filter(Boolean).join(" · ");
  }
  if (item.kind === "track") return [item.title, item.parent_title].filter(Boolean).join(" · ");
  return item.year === undefined ? "" : String(item.year);
}

function channel(live: NonNullable<Item["live"]>): string | undefined {
  return [live.number, live.call_sign ?? live.title].filter(Boolean).join(" ") || undefined;
}

export function episodeNumber(season: number | undefined, episode: number | undefined): string | undefined {
  if (season === undefined && episode === undefined) return undefined;
  const two = (n: number) => String(n).padStart(2, "0");
  return (season === undefined ? "" : `S${two(season)}`) + (episode === undefined ? "" : `E${two(episode)}`);
}

/** The title of a play of the past, with what tells it apart. */
export function playTitle(play: HistoryPlay): string {
  return play.item.full_title ?? play.item.title ?? "Untitled";
}
