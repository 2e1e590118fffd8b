// How the quality changed while a stream ran.
import type { Session } from "../../api/schema";
import { bitrate } from "../../format/numbers";
import { span, timeOfDay } from "../../format/times";
import { DECISIONS, word } from "../../format/words";
import { codecName, resolutionName } from "./media";

type Segment = Session["segments"][number];

const REASONS: Record<string, string> = {
  subtitle_burn: "subtitles burned in",
  video_codec: "video format",
  audio_codec: "audio format",
  container: "container",
  quality: "quality limit",
  unknown: "reason unknown",
};

export function Segments({ session }: { session: Pick<Session, "segments"> }) {
  const list = session.segments;
  if (list.length === 0) return null;
  return (
    <section>
      <h3>Quality{list.length > 1 && `, changed ${list.length === 2 ? "once" : `${list.length - 1} times`}`}</h3>
      <div class="now-share tall" aria-hidden="true">
        {list.map((segment) => (
          // At least a sliver, so that a short stretch is seen.
          <i
            key={segment.started_at}
            class={segment.decision ?? "unknown"}
            style={{ flexGrow: Math.max(1, segment.played_ms) }}
            title={`${timeOfDay(segment.started_at)} ${quality(segment)}`}
          />
        ))}
      </div>
      <ol class="now-segments">
        {list.map((segment) => (
          <li key={segment.started_at}>
            <time class="soft" dateTime={segment.started_at}>
              {timeOfDay(segment.started_at)}
            </time>
            <span>
              {segment.decision && <span class={`tag ${segment.decision}`}>{word(DECISIONS, segment.decision)}</span>}{" "}
              {quality(segment)}
              {segment.reasons.length > 0 && (
                <span class="soft"> · {segment.reasons.map((r) => word(REASONS, r)).join(", ")}</span>
              )}
            </span>
            <span class="soft number">{span(segment.played_ms / 1000)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function quality(segment: Segment): string {
  return [
    codecName(segment.video_codec),
    resolutionName(segment.resolution),
    segment.audio_codec && codecName(segment.audio_codec),
    segment.bitrate_bps !== undefined && bitrate(segment.bitrate_bps),
  ]
    .filter(Boolean)
    .join(" ");
}
