// Small signs of a play that lists and the sheet share.
import type { HistoryItem, HistoryPlay } from "../../api/schema";
import { percent } from "../../format/numbers";
import { DECISIONS, episodeNumber, word } from "../../format/words";

/** `text` with every place marked that a search for `q` found, in any case. */
export function Marked({ text, q }: { text: string; q: string | undefined }) {
  return <>{piecesOf(text, q).map((piece, n) => (n % 2 === 1 ? <mark key={n}>{piece}</mark> : piece))}</>;
}

/** `text` cut around the places where `q` is: every second piece is one of them. */
export function piecesOf(text: string, q: string | undefined): string[] {
  const wanted = q?.trim();
  if (!wanted) return [text];
  return text.split(new RegExp(`(${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "giu"));
}

export function DecisionTag({ play }: { play: HistoryPlay }) {
  if (!play.decision) return null;
  return <span class={`tag ${play.decision}`}>{word(DECISIONS, play.decision)}</span>;
}

const RADIUS = 8;
const ROUND = 2 * Math.PI * RADIUS;

/** How far it got, as a ring, with a tick once it counts as watched; nothing where that is not known. */
export function Ring({ play }: { play: HistoryPlay }) {
  const { progress_percent: progress, watched } = play;
  if (progress === undefined && !watched) return null;
  const told = progress === undefined ? "Watched" : `${percent(progress / 100)}${watched ? ", watched" : ""}`;
  const part = Math.min(100, Math.max(0, progress ?? 100)) / 100;
  return (
    <span class={watched ? "ring watched" : "ring"} role="img" aria-label={told} title={told}>
      <svg viewBox="0 0 20 20" fill="none" aria-hidden="true">
        <circle cx="10" cy="10" r={RADIUS} />
        {part > 0 && <circle class="part" cx="10" cy="10" r={RADIUS} stroke-dasharray={`${part * ROUND} ${ROUND}`} />}
        {watched && <path d="M6.500 10.300l2.400 2.400 4.600-5" />}
      </svg>
    </span>
  );
}

/** What stands in large type: the film, the show, the artist. */
export function headOf(item: HistoryItem): string {
  return item.grandparent_title || item.title || item.full_title || "Untitled";
}

/** What stands below: episode, track and album, year. */
export function subOf(item: HistoryItem): string {
  const title = item.grandparent_title ? item.title : undefined;
  const parts =
    item.live
      ? [title, "Live TV"]
      : item.kind === "episode"
        ? [episodeNumber(item.parent_index, item.index), title]
        : item.kind === "track"
          ? [title, item.parent_title]
          : [title, item.year];
  return parts.filter(Boolean).join(" · ");
}
