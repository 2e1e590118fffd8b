// The newest plays of somebody, of a library, of a title: a short list for other pages.
import { useGet } from "../../api/useGet";
import type { Params } from "../../api/client";
import type { HistoryPage, HistoryPlay } from "../../api/schema";
import { ago, dateTime } from "../../format/times";
import { iconOf } from "../../ui/icon";
import { Avatar, Empty, Failed, Poster, Waiting } from "../../ui/parts";
import { playHref, useOpenPlay } from "./address";
import { DecisionTag, headOf, Ring, subOf } from "./marks";
import { PlaySheet } from "./play-sheet";

/** `path`: a list of plays of the interface. Choosing one opens its sheet over the page. */
export function RecentPlays(props: { path?: string; params?: Params; limit?: number; everyMs?: number }) {
  const { path = "api/v1/history", limit = 10 } = props;
  const { data, error, reload } = useGet<HistoryPage>(path, { ...props.params, limit }, props.everyMs);
  if (!data) return error ? <Failed error={error} retry={reload} /> : <Waiting />;
  if (data.plays.length === 0) {
    return (
      <Empty icon="history">
        <p>Nothing was played here yet.</p>
      </Empty>
    );
  }
  return <PlayRows plays={data.plays} />;
}

function PlayRows({ plays }: { plays: readonly HistoryPlay[] }) {
  const open = useOpenPlay();
  const at = plays.findIndex((p) => p.play_ids.includes(open.id ?? -1));
  const step = (by: 1 | -1) => {
    const next = plays[at + by];
    if (next) open.show(next.id);
  };
  return (
    <>
      <ul class="plays">
        {plays.map((play) => (
          <li key={play.id}>
            <PlayRow play={play} />
          </li>
        ))}
      </ul>
      {open.id !== undefined && at >= 0 && <PlaySheet id={open.id} onClose={open.close} onStep={step} />}
    </>
  );
}

function PlayRow({ play }: { play: HistoryPlay }) {
  const { item, user, player } = play;
  const name = user?.name ?? user?.id;
  // The list is in the order of the newest parts, of which the end is what is told.
  const at = play.plays > 1 ? (play.stopped_at ?? play.started_at) : play.started_at;
  return (
    <a class="row" href={playHref(play.id)}>
      <Poster
        server={play.server_id}
        ratingKey={item.rating_key}
        icon={iconOf(item)}
        width={32}
        square={item.kind === "track"}
      />
      <span class="grow">
        <span class="clip plays-title">{headOf(item)}</span>
        <span class="clip soft small plays-sub">{subOf(item)}</span>
      </span>
      <span class="plays-who">
        {name && (
          <span class="row">
            <Avatar name={name} />
            <span class="clip">{name}</span>
          </span>
        )}
        <span class="clip soft small">{player.title ?? player.product}</span>
      </span>
      <span class="plays-end">
        <DecisionTag play={play} />
        <time class="soft small" dateTime={at} title={dateTime(at)}>
          {ago(at)}
        </time>
      </span>
      <Ring play={play} />
    </a>
  );
}
