import type { ComponentChildren } from "preact";
import type { HistoryPlay } from "../../api/schema";
import { NOTHING, percent } from "../../format/numbers";
import { dateTime, day, localDay, span, timeOfDay } from "../../format/times";
import { serverName } from "../../live/store";
import { NETWORKS, word } from "../../format/words";
import { Avatar } from "../../ui/parts";
import { DecisionTag, Marked, Ring } from "./marks";
import { dayOf } from "./rows";

export interface Column {
  key: string;
  title: string;
  /** Narrowest, in pixels, and its share of what is left over. */
  px: number;
  share: number;
  end?: boolean;
  /** `day`: the one it is listed under; absent where there is none above it. */
  cell: (play: HistoryPlay, q: string | undefined, day: string | undefined) => ComponentChildren;
}

const text =
  (of: (play: HistoryPlay) => string | undefined): Column["cell"] =>
  (play, q) => {
    const told = of(play);
    return told ? (
      <span class="clip" title={told}>
        <Marked text={told} q={q} />
      </span>
    ) : (
      NOTHING
    );
  };

/** The time; with the date where it is not the day that the play is listed under. */
function moment(at: string | undefined, listed: string | undefined): string {
  if (at === undefined) return NOTHING;
  return localDay(at) === listed ? timeOfDay(at) : dateTime(at);
}

function resolutions({ source_resolution: from, stream_resolution: to }: HistoryPlay): string | undefined {
  return from && to && from !== to ? `${from} → ${to}` : (to ?? from);
}

export const TITLE_PX = 220;

export const COLUMNS: readonly Column[] = [
  {
    key: "user",
    title: "User",
    px: 150,
    share: 1,
    cell: (play, q) => {
      const name = play.user?.name ?? play.user?.id;
      return name ? (
        <>
          <Avatar name={name} />
          <span class="clip" title={name}>
            <Marked text={name} q={q} />
          </span>
        </>
      ) : (
        NOTHING
      );
    },
  },
  { key: "player", title: "Player", px: 110, share: 1, cell: text((p) => p.player.title) },
  { key: "platform", title: "Platform", px: 100, share: 0.6, cell: text((p) => p.player.platform) },
  { key: "product", title: "Product", px: 130, share: 0.8, cell: text((p) => p.player.product) },
  {
    key: "decision",
    title: "Stream",
    px: 112,
    share: 0,
    cell: (p) => (p.decision ? <DecisionTag play={p} /> : NOTHING),
  },
  { key: "resolution", title: "Resolution", px: 120, share: 0, cell: text(resolutions) },
  {
    key: "network",
    title: "Network",
    px: 86,
    share: 0,
    cell: (p) => (p.player.network ? word(NETWORKS, p.player.network) : NOTHING),
  },
  { key: "address", title: "Address", px: 130, share: 0, cell: text((p) => p.player.address) },
  { key: "server", title: "Server", px: 90, share: 0.5, cell: text((p) => serverName(p.server_id)) },
  { key: "library", title: "Library", px: 110, share: 0.6, cell: text((p) => p.library?.title ?? p.library?.id) },
  { key: "date", title: "Date", px: 76, share: 0, cell: (p, _, listed) => day(listed ?? dayOf(p)) },
  { key: "started", title: "Started", px: 108, share: 0, cell: (p, _, listed) => moment(p.started_at, listed) },
  { key: "stopped", title: "Stopped", px: 108, share: 0, cell: (p, _, listed) => moment(p.stopped_at, listed) },
  { key: "paused", title: "Paused", px: 86, share: 0, end: true, cell: (p) => span(p.paused_s) },
  { key: "duration", title: "Duration", px: 84, share: 0, end: true, cell: (p) => span(p.played_s) },
  {
    key: "progress",
    title: "Progress",
    px: 78,
    share: 0,
    end: true,
    cell: (p) => (
      <>
        {p.progress_percent !== undefined && (
          <span class="small soft" aria-hidden="true">
            {percent(p.progress_percent / 100)}
          </span>
        )}
        <Ring play={p} />
      </>
    ),
  },
];

export function columnsOf(keys: readonly string[]): Column[] {
  return COLUMNS.filter((c) => keys.includes(c.key));
}
