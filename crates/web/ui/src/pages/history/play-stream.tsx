// How the file became what reached the player.
import type { Delivery, OneHistoryPlay, Reason, Segment, SourceMedia } from "../../api/schema";
import { bitrate } from "../../format/numbers";
import { span, timeOfDay } from "../../format/times";
import { DECISIONS, word } from "../../format/words";
import { Card } from "../../ui/parts";

const REASONS: Record<Reason, string> = {
  subtitle_burn: "Subtitles were drawn into the picture.",
  video_codec: "The player cannot show this video codec.",
  audio_codec: "The player cannot play this audio codec.",
  container: "The player cannot read this container.",
  quality: "A lower quality was asked for.",
  unknown: "",
};

interface Part {
  name: string;
  source: string;
  stream: string;
  decision?: string;
}

const joined = (parts: Array<string | undefined>) => parts.filter(Boolean).join(" · ");
const channels = (n: number | undefined) => n && ({ 1: "mono", 2: "stereo", 6: "5.1", 8: "7.1" }[n] ?? `${n} channels`);
const rate = (bps: number | undefined) => (bps === undefined ? undefined : bitrate(bps));

/** `1080p` for the bare number of lines that servers tell. */
const lines = (resolution: string | undefined) =>
  resolution && /^\d+$/.test(resolution) ? `${resolution}p` : resolution;

/** A row for each part of which anything is known. */
function partsOf({ play, source, delivery }: OneHistoryPlay): Part[] {
  const { video, audio, subtitle } = delivery;
  const parts: Part[] = [
    { name: "Video", ...videoOf(play.item.kind === "track", play, source, delivery), decision: video?.decision },
    {
      name: "Audio",
      source: joined([source.audio_codec, channels(source.audio_channels) || undefined]),
      stream: joined([audio?.codec, channels(audio?.channels) || undefined, audio?.language]),
      decision: audio?.decision,
    },
    {
      name: "Subtitles",
      source: source.subtitle_codec ?? "",
      stream: joined([subtitle?.codec, subtitle?.language]),
      decision: subtitle?.action,
    },
    {
      name: "Container",
      source: source.container ?? "",
      stream: joined([delivery.container, delivery.protocol]),
      decision: delivery.container_decision,
    },
    { name: "Bit rate", source: rate(source.bitrate_bps) ?? "", stream: rate(delivery.bitrate_bps) ?? "" },
    { name: "Reserved", source: "", stream: rate(delivery.reserved_bps) ?? "" },
  ];
  return parts.filter((p) => p.source || p.stream);
}

type Resolutions = Pick<OneHistoryPlay["play"], "source_resolution" | "stream_resolution">;

function videoOf(isTrack: boolean, play: Resolutions, source: SourceMedia, { video }: Delivery) {
  // Servers fill in a codec of a picture that music does not have.
  if (isTrack) return { source: "", stream: "" };
  return {
    source: joined([
      source.video_codec,
      play.source_resolution ?? lines(source.video_resolution),
      source.dynamic_range,
    ]),
    stream: joined([video?.codec, play.stream_resolution ?? lines(video?.resolution)]),
  };
}

export function StreamCard({ one }: { one: OneHistoryPlay }) {
  const parts = partsOf(one);
  const { transcode, decision } = one.delivery;
  const reasons = (transcode?.reasons ?? []).map((r) => REASONS[r]).filter(Boolean);
  const note = joined([
    one.quality_profile && `Quality: ${one.quality_profile}`,
    transcode && decision === "transcode" ? hardware(transcode) : undefined,
  ]);
  if (parts.length === 0 && !note && reasons.length === 0) return null;
  return (
    <Card title="Stream" tools={decision && <span class={`tag ${decision}`}>{word(DECISIONS, decision)}</span>}>
      {parts.length > 0 && (
        <div class="scroller" tabIndex={0} role="region" aria-label="File and stream">
          <table class="table playsheet-stream">
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col">File</th>
                <th scope="col">Player got</th>
              </tr>
            </thead>
            <tbody>
              {parts.map((part) => (
                <tr key={part.name}>
                  <th scope="row">{part.name}</th>
                  <td>{part.source || "–"}</td>
                  <td>
                    {part.stream || "–"}{" "}
                    {part.decision && <span class={`tag ${part.decision}`}>{word(DECISIONS, part.decision)}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {reasons.map((reason) => (
        <p class="small playsheet-note" key={reason}>
          {reason}
        </p>
      ))}
      {note && <p class="small soft playsheet-note">{note}</p>}
    </Card>
  );
}

function hardware({ hw_decode: decode, hw_encode: encode }: NonNullable<Delivery["transcode"]>): string {
  if (!decode && !encode) return "Converted in software";
  return `Decoded by ${decode ?? "software"}, encoded by ${encode ?? "software"}`;
}

/** Stretches of one quality: their lengths as a bar, then one by one. */
export function TimelineCard({ segments }: { segments: readonly Segment[] }) {
  const all = segments.reduce((sum, s) => sum + s.played_ms, 0);
  if (all <= 0) return null;
  const name = (s: Segment) =>
    joined([
      word(DECISIONS, s.decision ?? "unknown"),
      lines(s.resolution),
      s.video_codec,
      s.audio_codec,
      rate(s.bitrate_bps),
    ]);
  return (
    <Card title={segments.length === 1 ? "Quality" : "Quality changes"}>
      <div class="playsheet-bar" aria-hidden="true">
        {segments.map((s, n) => (
          <span
            key={n}
            class={s.decision ?? "unknown"}
            style={{ flexGrow: s.played_ms / all }}
            title={`${name(s)}, ${span(s.played_ms / 1000)}`}
          />
        ))}
      </div>
      <ol class="playsheet-segments">
        {segments.map((s, n) => (
          <li key={n}>
            <time class="soft small" dateTime={s.started_at}>
              {timeOfDay(s.started_at)}
            </time>
            <span>
              {name(s)}
              {s.reasons.map((r) => REASONS[r]).filter(Boolean).length > 0 && (
                <span class="soft small"> {s.reasons.map((r) => REASONS[r]).join(" ")}</span>
              )}
            </span>
            <span class="soft small number">{span(s.played_ms / 1000)}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
