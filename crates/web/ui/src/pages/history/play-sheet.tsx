import { useEffect } from "preact/hooks";
import type { HistoryPlay, OneHistoryPlay } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href } from "../../app/router";
import { bytes, percent } from "../../format/numbers";
import { clock, dateTime, span, timeOfDay } from "../../format/times";
import { NETWORKS, playTitle, word } from "../../format/words";
import { serverName } from "../../live/store";
import { Icon, iconOf } from "../../ui/icon";
import { Avatar, Card, Fact, Failed, Meter, Poster, Waiting } from "../../ui/parts";
import { Sheet } from "../../ui/sheet";
import { Timeline, timelineTitle } from "../../ui/timeline";
import { playHref } from "./address";
import { DecisionTag, headOf, Ring, subOf } from "./marks";
import { StreamCard } from "./play-stream";
import "./play.css";

const ORIGINS: Record<string, string> = {
  recorded: "Seen by Projectionist",
  tautulli: "Taken over from Tautulli",
  plex_history: "Taken over from Plex",
};

/** Everything that is kept of a play. `onStep` goes to the next older (1) or newer (-1) one of a list. */
export function PlaySheet(props: { id: number; onClose: () => void; onStep?: (by: 1 | -1) => void }) {
  const { data, error, reload } = useGet<OneHistoryPlay>(`api/v1/history/${props.id}`);
  const { onStep } = props;
  useEffect(() => {
    if (!onStep) return;
    const step = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const by = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined;
      if (!by) return;
      // There the arrows move what does not fit.
      if (event.key.startsWith("Arrow") && (event.target as Element).closest?.(".scroller")) return;
      event.preventDefault();
      onStep(by);
    };
    document.addEventListener("keydown", step);
    return () => document.removeEventListener("keydown", step);
  }, [onStep]);
  const mine = data && (data.play.id === props.id || data.group.some((p) => p.id === props.id)) ? data : undefined;
  return (
    <Sheet title={mine ? playTitle(mine.play) : "A play"} onClose={props.onClose}>
      {onStep && (
        <div class="row playsheet-steps">
          <button type="button" class="button" title="Newer (K or ←)" onClick={() => onStep(-1)}>
            <Icon name="left" /> Newer
          </button>
          <button type="button" class="button" title="Older (J or →)" onClick={() => onStep(1)}>
            Older <Icon name="right" />
          </button>
        </div>
      )}
      {error ? <Failed error={error} retry={reload} /> : mine ? <Told one={mine} /> : <Waiting />}
    </Sheet>
  );
}

function Told({ one }: { one: OneHistoryPlay }) {
  const { play } = one;
  return (
    <>
      <Hero play={play} one={one} />
      <Card title="Play">
        <dl class="facts">
          <Fact name="Started">{dateTime(play.started_at)}</Fact>
          <Fact name="Stopped">{play.stopped_at && dateTime(play.stopped_at)}</Fact>
          <Fact name="Played">{play.played_s !== undefined && span(play.played_s)}</Fact>
          <Fact name="Paused">{span(play.paused_s)}</Fact>
          <Fact name="Buffering">{one.buffering_ms !== undefined && span(one.buffering_ms / 1000)}</Fact>
          <Fact name="Data">{one.bytes !== undefined && bytes(one.bytes)}</Fact>
          <Fact name="Server">{serverName(play.server_id)}</Fact>
          <Fact name="Library">
            {play.library && (
              <a class="text" href={href(`/libraries/${enc(play.server_id)}/${enc(play.library.id)}`)}>
                {play.library.title ?? play.library.id}
              </a>
            )}
          </Fact>
          <Fact name="Record">{word(ORIGINS, play.origin)}</Fact>
        </dl>
      </Card>
      <PlayerCard play={play} />
      <StreamCard one={one} />
      {one.segments.some((s) => s.played_ms > 0) && (
        <Card title={timelineTitle(one.segments)}>
          <Timeline segments={one.segments} />
        </Card>
      )}
      <GroupCard one={one} />
    </>
  );
}

const enc = encodeURIComponent;

function Hero({ play, one }: { play: HistoryPlay; one: OneHistoryPlay }) {
  const { item } = play;
  const [title, sub] = [headOf(item), subOf(item)];
  return (
    <div class="playsheet-hero">
      <Poster
        server={play.server_id}
        ratingKey={item.rating_key}
        icon={iconOf(item)}
        width={92}
        square={item.kind === "track"}
      />
      <div class="stack grow">
        <div>
          <h3 class="playsheet-title">
            {item.rating_key ? (
              <a href={href(`/titles/${enc(play.server_id)}/${enc(item.rating_key)}`)}>{title}</a>
            ) : (
              title
            )}
          </h3>
          {sub && <p class="soft">{sub}</p>}
        </div>
        <div class="row wrap playsheet-tags">
          <DecisionTag play={play} />
          {item.live && <span class="tag">Live TV</span>}
          {play.watched && <span class="tag good">Watched</span>}
          {play.player.network && <span class="tag">{word(NETWORKS, play.player.network)}</span>}
        </div>
        {play.progress_percent !== undefined && (
          <div>
            <Meter ratio={play.progress_percent / 100} label="Furthest position" />
            <p class="small soft row playsheet-progress">
              <span>{percent(play.progress_percent / 100)}</span>
              {item.duration_ms !== undefined && (
                <span>
                  {one.position_ms !== undefined && `${clock(one.position_ms)} of `}
                  {clock(item.duration_ms)}
                </span>
              )}
            </p>
          </div>
        )}
      </div>
    </div>
  );
}

function PlayerCard({ play }: { play: HistoryPlay }) {
  const { player, user } = play;
  const name = user?.name ?? user?.id;
  const secure = player.secure === undefined ? undefined : player.secure ? "Encrypted" : "Not encrypted";
  return (
    <Card title="Who and where">
      <dl class="facts">
        <Fact name="User">
          {name && (
            <span class="row">
              <Avatar name={name} />
              {user?.id ? (
                <a class="text clip" href={href(`/users/${enc(user.id)}`)}>
                  {name}
                </a>
              ) : (
                <span class="clip">{name}</span>
              )}
            </span>
          )}
        </Fact>
        <Fact name="Player">{player.title}</Fact>
        <Fact name="Product">{[player.product, player.version].filter(Boolean).join(" ")}</Fact>
        <Fact name="Platform">{player.platform}</Fact>
        <Fact name="Network">{player.network && word(NETWORKS, player.network)}</Fact>
        <Fact name="Address">{player.address && <span class="mono">{player.address}</span>}</Fact>
        <Fact name="Connection">{secure}</Fact>
      </dl>
    </Card>
  );
}

function GroupCard({ one }: { one: OneHistoryPlay }) {
  if (one.group.length < 2) return null;
  return (
    <Card title={`Played in ${one.group.length} parts`}>
      <ul class="pick tall">
        {one.group.map((part) => (
          <li key={part.id}>
            <a
              class="row playsheet-part"
              href={playHref(part.id)}
              aria-current={part.id === one.play.id ? "true" : undefined}
            >
              <Ring play={part} />
              <span>
                {dateTime(part.started_at)}
                {part.stopped_at && ` – ${timeOfDay(part.stopped_at)}`}
              </span>
              <span class="soft small">{part.played_s !== undefined && span(part.played_s)}</span>
              <span class="grow" />
              <DecisionTag play={part} />
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}
