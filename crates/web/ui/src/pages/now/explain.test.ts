import { describe, expect, it } from "vitest";
import type { Session } from "../../api/schema";
import { explain, trouble } from "./explain";
import { rangeName, resolutionName } from "../../format/media";
import { gist, hardware, parts, rates } from "./media";

type Playing = Pick<Session, "source" | "delivery" | "item" | "player">;
type Reason = NonNullable<Session["delivery"]["transcode"]>["reasons"][number];

function playing(reasons: Reason[], more: Partial<Playing> = {}): Playing {
  const { delivery, ...rest } = more;
  return {
    item: { kind: "movie", extra: false },
    player: { product: "Plex for Roku", platform: "Roku", network: "wan" },
    source: { container: "mkv", video_codec: "hevc", video_resolution: "1080", audio_codec: "dca", audio_channels: 6 },
    delivery: { decision: "transcode", ...delivery, transcode: { reasons, ...delivery?.transcode } },
    ...rest,
  };
}

const web = { product: "Plex Web", platform: "Firefox", network: "lan" as const };

const CASES: Array<[string, Playing, RegExp, RegExp | undefined]> = [
  ["picture subtitles", playing(["subtitle_burn"], { source: { subtitle_codec: "pgs" } }), /pictures \(PGS\)/, /SRT/],
  ["DVD subtitles", playing(["subtitle_burn"], { source: { subtitle_codec: "vobsub" } }), /pictures \(VobSub\)/, /SRT/],
  ["styled subtitles", playing(["subtitle_burn"], { source: { subtitle_codec: "ass" } }), /styled subtitles \(ASS\)/, /SRT/],
  ["text subtitles", playing(["subtitle_burn"], { source: { subtitle_codec: "srt" } }), /burned into/, /only image formats/],
  ["unknown subtitles", playing(["subtitle_burn"], { source: {} }), /burned into/, /switch subtitles off/],
  [
    "quality at home",
    playing(["quality"], { player: { network: "lan" }, source: { bitrate_bps: 20e6 }, delivery: { bitrate_bps: 8e6 } }),
    /8 Mbit\/s of 20 Mbit\/s, though it is at home/,
    /home streaming quality/,
  ],
  ["quality away", playing(["quality"], { delivery: { bitrate_bps: 4e6 } }), /4 Mbit\/s when away/, /remote quality/],
  ["quality over the relay", playing(["quality"], { player: { network: "relay" } }), /relay/, /open port/],
  ["quality on mobile data", playing(["quality"], { player: { network: "cellular" } }), /mobile data/, /data plan/],
  ["quality, network unknown", playing(["quality"], { player: {} }), /asks for less/, /Original/],
  ["a codec", playing(["video_codec"]), /Plex for Roku cannot show HEVC\./, /H\.264 version/],
  ["a codec in a browser", playing(["video_codec"], { player: web }), /browser cannot show HEVC/, /Plex app/],
  [
    "HDR",
    playing(["video_codec"], { source: { video_codec: "hevc", dynamic_range: "HDR10" } }),
    /HEVC in HDR; colours/,
    /SDR version/,
  ],
  [
    "Dolby Vision",
    playing(["video_codec"], { source: { video_codec: "hevc", dynamic_range: "DV" } }),
    /Dolby Vision/,
    /HDR/,
  ],
  [
    "the same codec in another form",
    playing(["video_codec"], { source: { video_codec: "h264" }, delivery: { video: { codec: "h264" } } }),
    /this kind of H\.264/,
    /8-bit/,
  ],
  [
    "a broadcast",
    playing(["video_codec"], { item: { kind: "episode", extra: false, live: {} }, source: { video_codec: "mpeg2video" } }),
    /MPEG-2 of the broadcast/,
    /player that shows it/,
  ],
  ["sound", playing(["audio_codec"]), /cannot play DTS/, /passthrough/],
  ["sound in a browser", playing(["audio_codec"], { player: web }), /Browsers cannot play DTS/, /AAC/],
  ["odd sound", playing(["audio_codec"], { source: { audio_codec: "cook" } }), /cannot play COOK/, /another audio track/],
  [
    "surround mixed down",
    playing(["audio_codec"], {
      source: { audio_codec: "aac", audio_channels: 6 },
      delivery: { audio: { codec: "aac", channels: 2 } },
    }),
    /5\.1 sound is mixed down to stereo/,
    /surround/,
  ],
  [
    "music",
    playing(["audio_codec"], {
      item: { kind: "track", extra: false },
      source: { audio_codec: "flac" },
      delivery: { audio: { codec: "opus" } },
    }),
    /asks for Opus instead of FLAC/,
    /music quality/,
  ],
  ["a container", playing(["container"], { delivery: { decision: "copy" } }), /MKV files, so it is repacked; picture/, /MP4/],
  ["a container beside more", playing(["container"]), /repacked\.$/, undefined],
  ["no reason given", playing([]), /does not say why/, undefined],
  ["an unknown reason", playing(["unknown"]), /does not say why/, undefined],
  ["direct play", playing([], { delivery: { decision: "directplay" } }), /sent as it is/, undefined],
  ["a copy without reasons", playing([], { delivery: { decision: "copy" } }), /repacked/, /MP4/],
  ["nothing known", playing([], { delivery: { decision: undefined } }), /has not told yet/, undefined],
];

describe("why a server has work", () => {
  it.each(CASES)("%s", (_, session, why, change) => {
    const [first] = explain(session);
    expect(first?.why).toMatch(why);
    if (change) expect(first?.change).toMatch(change);
    else expect(first?.change).toBeUndefined();
  });

  it("names the reason that costs the most first, and every one once", () => {
    const all = explain(playing(["audio_codec", "container", "quality", "subtitle_burn", "video_codec"]));
    expect(all.map((e) => e.why.split(" ")[0])).toEqual(["Subtitles", "The", "Plex", "Plex", "Plex"]);
    expect(all).toHaveLength(5);
  });
});

describe("a viewer will wait", () => {
  it.each<[string, Partial<NonNullable<Session["delivery"]["transcode"]>>, boolean]>([
    ["too slow", { speed: 0.7 }, true],
    ["fast", { speed: 1.4 }, false],
    ["as fast as it plays", { speed: 1 }, false],
    ["resting", { speed: 0, throttled: true }, false],
    ["slow before it rests", { speed: 0.7, throttled: true }, false],
    ["done", { speed: 0.7, complete: true }, false],
    ["not measured yet", { speed: 0 }, false],
    ["not told", {}, false],
  ])("%s", (_, transcode, expected) => {
    const told = trouble({ state: "playing", delivery: { transcode: { reasons: [], ...transcode } } });
    expect(told !== undefined).toBe(expected);
  });
});

describe("source and delivery", () => {
  const whole: Playing = {
    item: { kind: "movie", extra: false },
    player: {},
    source: {
      container: "mkv",
      bitrate_bps: 58e6,
      video_codec: "hevc",
      video_resolution: "4k",
      dynamic_range: "HDR10",
      audio_codec: "truehd",
      audio_channels: 8,
      subtitle_codec: "pgs",
    },
    delivery: {
      decision: "transcode",
      container_decision: "transcode",
      container: "mp4",
      protocol: "dash",
      bitrate_bps: 8e6,
      video: { decision: "transcode", codec: "h264", resolution: "1080" },
      audio: { decision: "transcode", codec: "aac", channels: 2 },
      subtitle: { action: "burn", codec: "pgs", language: "English" },
    },
  };

  it("are told for every part", () => {
    expect(parts(whole).map((p) => [p.name, p.from, p.to, p.done])).toEqual([
      ["Video", "HEVC 4K HDR", "H.264 1080p", "changed"],
      ["Audio", "TrueHD 7.1", "AAC stereo", "changed"],
      ["Subtitle", "PGS English", "in the picture", "burned"],
      ["Container", "MKV", "MP4 (DASH)", "changed"],
    ]);
    expect(gist(whole)).toBe("HEVC 4K HDR → H.264 1080p");
    expect(rates(whole)).toBe("8 Mbit/s of 58 Mbit/s");
  });

  it("are one where nothing is changed, and absent where nothing is known", () => {
    const direct: Playing = {
      ...whole,
      delivery: { decision: "directplay", container_decision: "directplay", container: "mkv", bitrate_bps: 58e6 },
    };
    expect(parts(direct).map((p) => [p.name, p.from, p.to, p.done])).toEqual([
      ["Video", "HEVC 4K HDR", "HEVC 4K HDR", "same"],
      ["Audio", "TrueHD 7.1", "TrueHD 7.1", "same"],
      ["Container", "MKV", "MKV", "same"],
    ]);
    expect(rates(direct)).toBe("58 Mbit/s");
    expect(parts({ ...whole, source: {}, delivery: {} })).toEqual([]);
    expect(gist({ ...whole, source: {}, delivery: {} })).toBeUndefined();
    expect(rates({ source: {}, delivery: {} })).toBeUndefined();
  });

  it("tell one side alone where the other is not known", () => {
    const live: Playing = { ...whole, source: {}, delivery: { ...whole.delivery, video: { decision: "transcode" } } };
    expect(parts(live).map((p) => [p.name, p.from, p.to, p.done])).toEqual([
      ["Audio", "AAC stereo", "AAC stereo", "same"],
      ["Subtitle", "PGS English", "in the picture", "burned"],
      ["Container", "MP4 (DASH)", "MP4 (DASH)", "same"],
    ]);
    const half: Playing = { ...whole, delivery: { video: { decision: "transcode" } } };
    expect(parts(half)[0]).toEqual({ name: "Video", from: "HEVC 4K HDR", to: "converted", done: "changed" });
  });

  it("have the names people use", () => {
    expect([resolutionName("4k"), resolutionName("720"), resolutionName("sd")]).toEqual(["4K", "720p", "SD"]);
    expect([rangeName("SDR"), rangeName("HLG"), rangeName("DV")]).toEqual([undefined, "HLG", "Dolby Vision"]);
  });

  it.each<[string, Session["delivery"], "full" | "part" | undefined]>([
    ["both", { video: { decision: "transcode" }, transcode: { reasons: [], hw_decode: "vaapi", hw_encode: "vaapi" } }, "full"],
    ["one", { video: { decision: "transcode" }, transcode: { reasons: [], hw_encode: "qsv" } }, "part"],
    ["software", { video: { decision: "transcode" }, transcode: { reasons: [], hw_requested: true } }, undefined],
    ["no picture", { audio: { decision: "transcode" }, transcode: { reasons: [], hw_decode: "vaapi" } }, undefined],
    ["none", {}, undefined],
  ])("tell whose work it is: %s", (_, delivery, expected) => {
    expect(hardware({ delivery })).toBe(expected);
  });
});
