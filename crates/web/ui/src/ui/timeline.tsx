// Stretches of one quality: their lengths as a bar, then one by one.
import type { Segment } from "../api/schema";
import { codecName, REASONS, resolutionName } from "../format/media";
import { bitrate } from "../format/numbers";
import { span, timeOfDay } from "../format/times";
import { DECISIONS, word } from "../format/words";

/** `Quality`, and how often it changed. */
export function timelineTitle({ length }: readonly unknown[]): string {
  if (length < 2) return "Quality";
  return `Quality, changed ${length === 2 ? "once" : `${length - 1} times`}`;
}

export function Timeline({ segments }: { segments: readonly Segment[] }) {
  return (
    <>
      <div class="timeline-bar" aria-hidden="true">
        {segments.map((segment) => (
          // At least a sliver, so that a short stretch is seen.
          <i
            key={segment.started_at}
            class={segment.decision ?? "unknown"}
            style={{ flexGrow: Math.max(1, segment.played_ms) }}
            title={`${timeOfDay(segment.started_at)} ${quality(segment)}`}
          />
        ))}
      </div>
      <ol class="timeline">
        {segments.map((segment) => (
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
    </>
  );
}

function quality(segment: Segment): string {
  return [
    codecName(segment.video_codec),
    resolutionName(segment.resolution),
    codecName(segment.audio_codec),
    segment.bitrate_bps !== undefined && bitrate(segment.bitrate_bps),
  ]
    .filter(Boolean)
    .join(" · ");
}
