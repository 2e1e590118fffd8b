import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HistoryPlay } from "../../api/schema";
import { setQuery } from "../../app/router";
import { narrow } from "../../app/screen";
import { counted } from "../../format/numbers";
import { localDay, longDay, span, timeOfDay } from "../../format/times";
import { Icon, iconOf } from "../../ui/icon";
import { Failed, Poster } from "../../ui/parts";
import { VirtualList } from "../../ui/virtual-list";
import { playHref } from "./address";
import { type Column, columnsOf, TITLE_PX } from "./columns";
import { DecisionTag, headOf, Marked, Ring, subOf } from "./marks";
import type { Plays } from "./plays";
import type { Row } from "./rows";
import { columns } from "./stored";

const ROW_PX = 54;
const PHONE_ROW_PX = 66;

/** Rows before the end at which the next page is asked for, so that it is there when they are reached. */
const AHEAD_ROWS = 80;

/** A picture is asked for once its row has been there this long: a list that rushes by needs none. */
const REST_MS = 120;

/** Pixels that `own` is wide. */
function useWidth() {
  const own = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState<number>();
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    if (own.current) watch.observe(own.current);
    return () => watch.disconnect();
  }, []);
  return { own, width };
}

interface Shown {
  plays: Plays;
  q: string | undefined;
  columns: Column[];
  phone: boolean;
  /** Of the play whose sheet is open. */
  open: number | undefined;
}

export function Table(props: { plays: Plays; q: string | undefined; open: number | undefined; stale: boolean }) {
  const { plays } = props;
  const { own, width } = useWidth();
  const isPhone = narrow.value;
  const chosen = useMemo(() => columnsOf(columns.value), [columns.value]);
  const leastPx = chosen.reduce((sum, c) => sum + c.px + 12, TITLE_PX + 48);
  const isWide = !isPhone && width !== undefined && leastPx > width;
  const tracks = chosen.map((c) => (c.share ? `minmax(${c.px}px, ${c.share}fr)` : `${c.px}px`)).join(" ");
  const shown: Shown = { plays, q: props.q, columns: chosen, phone: isPhone, open: props.open };
  const { rows } = plays;
  return (
    <div
      ref={own}
      class={isWide ? "history-box scroller" : "history-box"}
      {...(isWide ? { tabIndex: 0, role: "region", "aria-label": "Table of plays" } : {})}
    >
      <div
        role="table"
        aria-label="Plays"
        aria-busy={props.stale}
        aria-rowcount={plays.isComplete ? rows.count + 1 : -1}
        class={props.stale ? "history-table stale" : "history-table"}
        style={{ "--history-tracks": `minmax(${TITLE_PX}px, 3fr) ${tracks}`, minWidth: isWide ? `${leastPx}px` : undefined }}
      >
        <div role="row" aria-rowindex={1} class={isPhone ? "unseen" : "history-row history-head"}>
          <span role="columnheader">Title</span>
          {!isPhone &&
            chosen.map((c) => (
              <span key={c.key} role="columnheader" class={c.end ? "end" : undefined}>
                {c.title}
              </span>
            ))}
        </div>
        <VirtualList
          count={rows.count}
          rowPx={isPhone ? PHONE_ROW_PX : ROW_PX}
          version={plays.version.value}
          view={plays.view}
          endRows={AHEAD_ROWS}
          onEnd={() => plays.more()}
          onRange={(from, to) => plays.see(from, to)}
          row={(index) => <OneRow key={index} index={index} row={rows.at(index)} shown={shown} />}
        />
      </div>
      {plays.error && <Failed error={plays.error} retry={() => plays.retry()} />}
      {!plays.error && !plays.isComplete && <p class="history-more soft small">More plays are on their way …</p>}
    </div>
  );
}

function OneRow({ index, row, shown }: { index: number; row: Row | undefined; shown: Shown }) {
  const play = row && row.kind !== "day" ? shown.plays.play(row.page, row.at) : undefined;
  const drawn = play && row?.kind === "member" ? shown.plays.member(play, row.member) : play;
  const isOpen = row?.kind === "play" && shown.plays.rows.isOpen(row.page, row.at);
  const day = row?.kind === "member" ? undefined : row?.day;
  const isShown = drawn !== undefined && shown.open === drawn.id;
  // The same row is not drawn again because another page has come: that would cost more than the page.
  return useMemo(
    () => row && <DrawnRow index={index} row={row} play={drawn} shown={shown} />,
    [index, row?.kind, day, drawn, isOpen, shown.q, shown.columns, shown.phone, isShown],
  );
}

function DrawnRow(props: { index: number; row: Row; play: HistoryPlay | undefined; shown: Shown }) {
  const { index, row, play, shown } = props;
  const place = { role: "row", "aria-rowindex": index + 2 } as const;
  if (row.kind === "day") {
    return (
      <div {...place} class="history-day">
        <span role="rowheader">{dayName(row.day)}</span>
      </div>
    );
  }
  if (!play) {
    return (
      <div {...place} class="history-row history-none">
        <span role="cell">
          <span class="unseen">Loading</span>
        </span>
      </div>
    );
  }
  const name = row.kind === "member" ? "history-row history-member" : "history-row";
  return (
    <div
      {...place}
      class={shown.phone ? `${name} history-phone` : name}
      data-open={shown.open === play.id ? "" : undefined}
      onClick={(event) => (event.target as Element).closest("a, button") ?? setQuery({ play: String(play.id) })}
    >
      <Title play={play} row={row} shown={shown} />
      {!shown.phone &&
        shown.columns.map((c) => (
          <span key={c.key} role="cell" class={c.end ? "end" : undefined}>
            {c.cell(play, shown.q, row.kind === "play" ? row.day : undefined)}
          </span>
        ))}
    </div>
  );
}

function Title({ play, row, shown }: { play: HistoryPlay; row: Row; shown: Shown }) {
  const { item } = play;
  const sub = subOf(item);
  return (
    <span role="cell" class="history-title">
      <RestedPoster play={play} />
      <span class="grow">
        <a class="clip history-name" href={playHref(play.id)} title={headOf(item)}>
          <Marked text={headOf(item)} q={shown.q} />
        </a>
        <span class="clip soft small history-sub">
          {shown.phone ? <PhoneLine play={play} q={shown.q} sub={sub} /> : sub && <Marked text={sub} q={shown.q} />}
        </span>
      </span>
      {row.kind === "play" && play.plays > 1 && <Fold play={play} row={row} plays={shown.plays} />}
      {shown.phone && (
        <span class="history-phone-end">
          <DecisionTag play={play} />
          <Ring play={play} />
        </span>
      )}
    </span>
  );
}

function PhoneLine({ play, q, sub }: { play: HistoryPlay; q: string | undefined; sub: string }) {
  const name = play.user?.name ?? play.user?.id;
  return (
    <>
      {name && (
        <b>
          <Marked text={name} q={q} />
        </b>
      )}
      {name && " · "}
      {timeOfDay(play.plays > 1 ? (play.stopped_at ?? play.started_at) : play.started_at)}
      {play.played_s !== undefined && ` · ${span(play.played_s)}`}
      {sub && " · "}
      <Marked text={sub} q={q} />
    </>
  );
}

function Fold({ play, row, plays }: { play: HistoryPlay; row: Row & { kind: "play" }; plays: Plays }) {
  const open = plays.rows.isOpen(row.page, row.at);
  const toggle = () => plays.toggle(row.page, row.at, play);
  const label = `${counted(play.plays, "part")} of ${headOf(play.item)}`;
  return (
    <button type="button" class="history-fold" aria-expanded={open} aria-label={label} title={label} onClick={toggle}>
      {play.plays}× <Icon name={open ? "up" : "down"} />
    </button>
  );
}

function RestedPoster({ play }: { play: HistoryPlay }) {
  const [rested, setRested] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRested(true), REST_MS);
    return () => clearTimeout(timer);
  }, []);
  const { item } = play;
  return (
    <Poster
      server={play.server_id}
      ratingKey={rested ? item.rating_key : undefined}
      icon={iconOf(item)}
      width={28}
      square={item.kind === "track"}
    />
  );
}

/** `Today`, `Yesterday`, `Friday 20 November 2026`. */
function dayName(date: string): string {
  const now = new Date();
  if (date === localDay(now.getTime())) return "Today";
  now.setDate(now.getDate() - 1);
  return date === localDay(now.getTime()) ? "Yesterday" : longDay(date);
}
