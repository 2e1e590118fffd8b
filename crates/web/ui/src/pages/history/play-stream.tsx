// How the file became what reached the player.
import type { Delivery, OneHistoryPlay, SourceMedia } from "../../api/schema";
import { channelsName, codecName, rangeName, REASONS, resolutionName } from "../../format/media";
import { bitrate } from "../../format/numbers";
import { DECISIONS, word } from "../../format/words";
import { Card } from "../../ui/parts";

interface Part {
  name: string;
  source: string;
  stream: string;
  decision?: string;
}

const joined = (parts: Array<string | undefined>) => parts.filter(Boolean).join(" · ");
const rate = (bps: number | undefined) => (bps === undefined ? undefined : bitrate(bps));

/** A row for each part of which anything is known. */
function partsOf({ play, source, delivery }: OneHistoryPlay): Part[] {
  const { video, audio, subtitle } = delivery;
  const parts: Part[] = [
    { name: "Video", ...videoOf(play.item.kind === "track", play, source, delivery), decision: video?.decision },
    {
      name: "Audio",
      source: joined([codecName(source.audio_codec), channelsName(source.audio_channels)]),
      stream: joined([codecName(audio?.codec), channelsName(audio?.channels), audio?.language]),
      decision: audio?.decision,
    },
    {
      name: "Subtitles",
      source: codecName(source.subtitle_codec) ?? "",
      stream: joined([codecName(subtitle?.codec), subtitle?.language]),
      decision: subtitle?.action,
    },
    {
      name: "Container",
      source: codecName(source.container) ?? "",
      stream: joined([codecName(delivery.container), delivery.protocol?.toUpperCase()]),
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
      codecName(source.video_codec),
      resolutionName(play.source_resolution ?? source.video_resolution),
      rangeName(source.dynamic_range),
    ]),
    stream: joined([codecName(video?.codec), resolutionName(play.stream_resolution ?? video?.resolution)]),
  };
}

export function StreamCard({ one }: { one: OneHistoryPlay }) {
  const parts = partsOf(one);
  const { transcode, decision } = one.delivery;
  const reasons = (transcode?.reasons ?? []).map((r) => word(REASONS, r)).join(", ");
  const note = joined([
    one.quality_profile && `Quality: ${one.quality_profile}`,
    transcode && decision === "transcode" ? hardware(transcode) : undefined,
  ]);
  if (parts.length === 0 && !note && !reasons) return null;
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
      {reasons && <p class="small playsheet-note">Why: {reasons}</p>}
      {note && <p class="small soft playsheet-note">{note}</p>}
    </Card>
  );
}

function hardware({ hw_decode: decode, hw_encode: encode }: NonNullable<Delivery["transcode"]>): string {
  if (!decode && !encode) return "Converted in software";
  return `Decoded by ${decode ?? "software"}, encoded by ${encode ?? "software"}`;
}
