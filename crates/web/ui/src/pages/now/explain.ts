// Why a server has work with a stream, and what would spare it that: rules of thumb of Plex, in plain words.
import type { Session } from "../../api/schema";
import { bitrate } from "../../format/numbers";
import { channelsName, codecName, rangeName } from "../../format/media";

type Playing = Pick<Session, "source" | "delivery" | "item" | "player">;
type Reason = NonNullable<Session["delivery"]["transcode"]>["reasons"][number];

interface Explanation {
  /** One sentence. */
  why: string;
  /** What somebody can change, if there is anything. */
  change?: string;
}

/** The one that costs the most, and explains the others, first. */
const WEIGHT: readonly Reason[] = ["subtitle_burn", "quality", "video_codec", "audio_codec", "container", "unknown"];

/** Why the server does what it does with this stream; the weightiest reason first, at least one. */
export function explain(session: Playing): Explanation[] {
  const { delivery } = session;
  const reasons = WEIGHT.filter((r) => delivery.transcode?.reasons.includes(r));
  if (reasons.length > 0) return reasons.map((reason) => RULES[reason](session));
  switch (delivery.decision) {
    case "directplay":
      return [{ why: "The file is sent as it is: no work for the server." }];
    case "copy":
      return [RULES.container(session)];
    case "transcode":
      return [RULES.unknown(session)];
    default:
      return [{ why: "The server has not told yet how it sends this." }];
  }
}

const RULES: Record<Reason, (session: Playing) => Explanation> = {
  subtitle_burn: subtitleBurn,
  quality,
  video_codec: videoCodec,
  audio_codec: audioCodec,
  container,
  unknown: () => ({ why: "The server converts this and does not say why." }),
};

/** Subtitles that are pictures, which no player of Plex draws over a stream by itself. */
const PICTURES = new Set(["pgs", "vobsub", "dvd_subtitle", "dvb_subtitle", "hdmv_pgs_subtitle"]);
const STYLED = new Set(["ass", "ssa"]);

function subtitleBurn({ source, delivery }: Playing): Explanation {
  const codec = source.subtitle_codec ?? delivery.subtitle?.codec;
  const name = codecName(codec);
  if (codec !== undefined && PICTURES.has(codec)) {
    return {
      why: `The subtitles are pictures (${name}), so they are burned in.`,
      change: "Choose a text subtitle (SRT), or switch subtitles off.",
    };
  }
  if (codec !== undefined && STYLED.has(codec)) {
    return {
      why: `The player cannot draw styled subtitles (${name}), so they are burned in.`,
      change: "Choose an SRT subtitle, or burn only image formats in the player's settings.",
    };
  }
  return {
    why: "Subtitles are burned into the picture.",
    change: "Burn only image formats in the player's settings, or switch subtitles off.",
  };
}

function quality({ source, delivery, player }: Playing): Explanation {
  const limit = delivery.bitrate_bps === undefined ? "less than the file has" : bitrate(delivery.bitrate_bps);
  const full = source.bitrate_bps === undefined ? "" : ` of ${bitrate(source.bitrate_bps)}`;
  switch (player.network) {
    case "relay":
      return {
        why: `Plex's relay carries no more than ${limit}${full}.`,
        change: "Make remote access work (an open port), so that the player comes straight to the server.",
      };
    case "cellular":
      return {
        why: `The app asks for ${limit}${full} on mobile data.`,
        change: "Raise the cellular quality in the app, if the data plan allows.",
      };
    case "wan":
      return {
        why: `The player asks for ${limit}${full} when away from home.`,
        change: "Set remote quality to Original in the player, if the upload of your line allows.",
      };
    case "lan":
      return {
        why: `The player asks for ${limit}${full}, though it is at home.`,
        change: "Set home streaming quality to Original (Maximum) in the player.",
      };
    default:
      return {
        why: `The player asks for ${limit}${full}.`,
        change: "Set its quality to Original (Maximum).",
      };
  }
}

function videoCodec({ source, delivery, item, player }: Playing): Explanation {
  const from = codecName(source.video_codec) ?? "this kind of picture";
  const by = player.product ?? "The player";
  const range = rangeName(source.dynamic_range);
  if (item.live) {
    return {
      why: `${by} cannot show the ${from} of the broadcast.`,
      change: "A player that shows it (Apple TV, Shield, most TVs) spares the server this.",
    };
  }
  if (source.video_codec !== undefined && source.video_codec === delivery.video?.codec) {
    return {
      why: `${by} cannot show this kind of ${from} (profile, bit depth or interlacing).`,
      change: "Let Plex make an optimised version, or keep a plain 8-bit one.",
    };
  }
  if (range !== undefined) {
    return {
      why: `${by} cannot show ${from} in ${range}; colours are converted too.`,
      change: "Use a player and screen with HDR, or keep a 1080p SDR version beside it.",
    };
  }
  if (isBrowser(player)) {
    return { why: `This browser cannot show ${from}.`, change: "Use the Plex app, or keep an H.264 version." };
  }
  return { why: `${by} cannot show ${from}.`, change: "Keep an H.264 version, or use a player that shows it." };
}

const BROWSERS = new Set(["chrome", "firefox", "safari", "microsoft edge", "edge", "opera"]);

function isBrowser(player: Session["player"]): boolean {
  return player.product === "Plex Web" || BROWSERS.has(player.platform?.toLowerCase() ?? "");
}

/** Sound that a receiver understands, if the player hands it on. */
const PASSED_ON = new Set(["dca", "dts", "dca-ma", "truehd", "ac3", "eac3"]);

function audioCodec({ source, delivery, item, player }: Playing): Explanation {
  const from = codecName(source.audio_codec) ?? "this kind of sound";
  const by = player.product ?? "The player";
  if (item.kind === "track") {
    return {
      why: `${by} asks for ${codecName(delivery.audio?.codec) ?? "other sound"} instead of ${from}.`,
      change: "Set music quality to Original in the player.",
    };
  }
  const [had, has] = [source.audio_channels, delivery.audio?.channels];
  if (source.audio_codec !== undefined && source.audio_codec === delivery.audio?.codec && had !== has) {
    return {
      why: `${channelsName(had) ?? "Surround"} sound is mixed down to ${channelsName(has) ?? "fewer channels"}.`,
      change: "Choose a stereo track, or set the player's audio output to surround.",
    };
  }
  if (isBrowser(player)) {
    return { why: `Browsers cannot play ${from}.`, change: "Choose an AAC track, or use the Plex app." };
  }
  if (source.audio_codec !== undefined && PASSED_ON.has(source.audio_codec)) {
    return {
      why: `${by} cannot play ${from}.`,
      change: "Switch on passthrough if a receiver is connected, or choose an AAC track.",
    };
  }
  return { why: `${by} cannot play ${from}.`, change: "Choose another audio track, such as AAC." };
}

function container({ source, delivery, player }: Playing): Explanation {
  const from = codecName(source.container);
  const why = `${player.product ?? "The player"} cannot read ${from ? `${from} files` : "this file"}, so it is repacked`;
  if (delivery.decision === "transcode") return { why: `${why}.` };
  return { why: `${why}; picture and sound stay as they are.`, change: "That costs little. MP4 files need none of it." };
}

/** What makes a viewer wait: conversion slower than the film runs. Speed is 0 while the server rests. */
export function trouble({ delivery, state }: Pick<Session, "delivery" | "state">): string | undefined {
  const own = delivery.transcode;
  if (!own || own.throttled || own.complete || own.speed === undefined || state === "stopped") return undefined;
  // While it starts, nothing has been measured.
  if (own.speed <= 0 || own.speed >= 0.98) return undefined;
  return `Converted at ${own.speed.toFixed(1)}× of the speed it is watched at: the viewer will wait.`;
}
