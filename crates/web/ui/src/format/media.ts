// What files and streams are made of, in the words people use.

const CODECS: Record<string, string> = {
  hevc: "HEVC",
  h265: "HEVC",
  h264: "H.264",
  mpeg2video: "MPEG-2",
  mpeg4: "MPEG-4",
  msmpeg4v3: "MPEG-4",
  vc1: "VC-1",
  av1: "AV1",
  vp8: "VP8",
  vp9: "VP9",
  dca: "DTS",
  dts: "DTS",
  "dca-ma": "DTS-HD",
  truehd: "TrueHD",
  eac3: "EAC3",
  opus: "Opus",
  vorbis: "Vorbis",
  matroska: "MKV",
  mpegts: "TS",
  hdmv_pgs_subtitle: "PGS",
  dvd_subtitle: "VobSub",
  dvb_subtitle: "DVB",
  vobsub: "VobSub",
  mov_text: "text",
  subrip: "SRT",
};

/** `H.264` for `h264`; short unknown ones in capitals, as they are usually written. */
export function codecName(codec: string | undefined): string | undefined {
  return codec === undefined ? undefined : (CODECS[codec] ?? codec.toUpperCase());
}

/** `1080p`, `4K`, `SD`. */
export function resolutionName(resolution: string | undefined): string | undefined {
  if (resolution === undefined) return undefined;
  return /^\d+$/.test(resolution) ? `${resolution}p` : resolution.toUpperCase();
}

/** `HDR` for HDR10 and HLG, `Dolby Vision`; nothing for SDR. */
export function rangeName(range: string | undefined): string | undefined {
  if (range === undefined || range === "SDR") return undefined;
  return range === "DV" ? "Dolby Vision" : range.startsWith("HDR") ? "HDR" : range;
}

/** `5.1` for 6. */
export function channelsName(channels: number | undefined): string | undefined {
  if (channels === undefined) return undefined;
  return { 1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1" }[channels] ?? `${channels} ch`;
}

/** Why something is converted. */
export const REASONS: Record<string, string> = {
  subtitle_burn: "Subtitle burned in",
  video_codec: "Video codec",
  audio_codec: "Audio codec",
  container: "Container",
  quality: "Quality limit",
  unknown: "Reason not told",
};
