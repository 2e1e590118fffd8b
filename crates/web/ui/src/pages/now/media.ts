// What a file is and what reaches the player, in a few words.
import type { Session } from "../../api/schema";
import { bitrate } from "../../format/numbers";
import { channelsName, codecName, rangeName, resolutionName } from "../../format/media";

function words(...parts: Array<string | undefined>): string | undefined {
  return parts.filter(Boolean).join(" ") || undefined;
}

/** One part of a stream: as it lies in the file, and as it reaches the player. */
export interface Part {
  name: "Video" | "Audio" | "Subtitle" | "Container";
  from: string;
  to: string;
  /** `same`: nothing is done to it. */
  done: "same" | "changed" | "burned";
}

/** What happens to each part of a stream; parts that it has not are left out. */
export function parts(session: Pick<Session, "source" | "delivery" | "item">): Part[] {
  return [video(session), audio(session), subtitle(session), container(session)].filter((p) => p !== undefined);
}

/** The two names; where one of them is not known, the other alone. */
function part(name: Part["name"], from: string | undefined, to: string | undefined, changed: boolean): Part | undefined {
  const own = from ?? to;
  if (own === undefined) return undefined;
  if (!changed || from === undefined) return { name, from: own, to: own, done: "same" };
  return { name, from, to: to ?? "converted", done: "changed" };
}

function video({ source, delivery }: Pick<Session, "source" | "delivery">): Part | undefined {
  const own = delivery.video;
  const changed = own?.decision === "transcode";
  const range = rangeName(source.dynamic_range);
  const from = words(codecName(source.video_codec), resolutionName(source.video_resolution), range);
  const to = words(codecName(own?.codec), resolutionName(own?.resolution), changed ? undefined : range);
  return part("Video", from, changed ? to : (from ?? to), changed);
}

function audio({ source, delivery }: Pick<Session, "source" | "delivery">): Part | undefined {
  const own = delivery.audio;
  const changed = own?.decision === "transcode";
  const from = words(codecName(source.audio_codec), channelsName(source.audio_channels));
  const to = words(codecName(own?.codec), channelsName(own?.channels));
  // Of a file with several tracks the source tells the first, so what is sent unchanged is named as it is sent.
  return changed ? part("Audio", from, to, true) : part("Audio", to ?? from, to ?? from, false);
}

function subtitle({ source, delivery }: Pick<Session, "source" | "delivery">): Part | undefined {
  const own = delivery.subtitle;
  if (!own) return undefined;
  const from = words(codecName(source.subtitle_codec ?? own.codec), own.language) ?? "on";
  if (own.action === "burn") return { name: "Subtitle", from, to: "in the picture", done: "burned" };
  const changed = own.action === "transcode";
  if (!changed) return { name: "Subtitle", from, to: from, done: "same" };
  return { name: "Subtitle", from, to: codecName(own.codec) ?? "converted", done: "changed" };
}

function container({ source, delivery }: Pick<Session, "source" | "delivery">): Part | undefined {
  const changed = delivery.container_decision !== undefined && delivery.container_decision !== "directplay";
  const to = words(codecName(delivery.container), delivery.protocol && `(${delivery.protocol.toUpperCase()})`);
  const from = codecName(source.container);
  return changed ? part("Container", from, to, from !== to) : part("Container", from ?? to, from ?? to, false);
}

/** The one line of a small card: what becomes of the picture, or of music's sound. */
export function gist(session: Pick<Session, "source" | "delivery" | "item">): string | undefined {
  const all = parts(session);
  const main = all.find((p) => p.name === (session.item.kind === "track" ? "Audio" : "Video")) ?? all[0];
  if (!main) return undefined;
  return main.done === "same" ? main.from : `${main.from} → ${main.to}`;
}

/** Who converts the picture: the engines of the machine, part of it, or nobody. */
export function hardware(session: Pick<Session, "delivery">): "full" | "part" | undefined {
  const own = session.delivery.transcode;
  if (session.delivery.video?.decision !== "transcode" || !own) return undefined;
  if (own.hw_decode !== undefined && own.hw_encode !== undefined) return "full";
  return own.hw_decode !== undefined || own.hw_encode !== undefined ? "part" : undefined;
}

/** The bit rate that is delivered, over the file's where that is another. */
export function rates({ source, delivery }: Pick<Session, "source" | "delivery">): string | undefined {
  if (delivery.bitrate_bps === undefined) return undefined;
  const saved = source.bitrate_bps !== undefined && delivery.bitrate_bps < source.bitrate_bps * 0.9;
  return saved ? `${bitrate(delivery.bitrate_bps)} of ${bitrate(source.bitrate_bps)}` : bitrate(delivery.bitrate_bps);
}
