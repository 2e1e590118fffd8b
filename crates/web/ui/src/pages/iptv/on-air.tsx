// Channels on the air. Changes come as events; what merely grows is asked for.
import { useGet } from "../../api/useGet";
import type { Feed, Feeds, FeedViewer, Server } from "../../api/schema";
import { place, setQuery } from "../../app/router";
import { channelName, FEED_STATES } from "../../format/feeds";
import { bitrate, bytes, count, counted, NOTHING } from "../../format/numbers";
import { ago, span, timeOfDay } from "../../format/times";
import { word } from "../../format/words";
import { clockAheadMs, feeds } from "../../live/store";
import { Avatar, Card, Fact, Meter, Stat, useSeconds } from "../../ui/parts";
import { passes } from "./query";
import {
  channelNote,
  feedBps,
  KINDS,
  loginName,
  playerName,
  programmeRatio,
  streamPlace,
  viewerName,
} from "./words";

/** Between two questions for what merely grows. */
const SUMS_EVERY_MS = 5_000;

/** Viewers that are shown before the rest is folded away. */
const VIEWERS_SHOWN = 4;

const WARN = "iptv-warn";

export function OnAir({ managers }: { managers: readonly Server[] }) {
  const asked = useGet<Feeds>("api/v1/iptv/channels", undefined, SUMS_EVERY_MS);
  const sums = new Map(asked.data?.channels.map((f) => [f.id, f]));
  const shown = feeds.value
    .map((feed) => newer(feed, sums.get(feed.id)))
    .filter((f) => passes(f, place.value.query));
  const viewers = shown.reduce((n, f) => n + viewersOf(f), 0);
  const troubled = shown.filter(
    (f) => f.state === "buffering" || f.state === "error" || (f.stream.index ?? 0) > 0,
  );
  return (
    <>
      <Card class="iptv-figures">
        <Stat name="On the air" value={count(shown.length)} />
        <Stat name="Viewers" value={count(viewers)} />
        <Stat name="Failed over or stalling" value={count(troubled.length)} />
        <Inventory managers={managers} />
      </Card>
      {managers
        .filter((m) => m.state !== "up" && m.state !== "unknown")
        .map((m) => (
          <p class="notice bad" role="status" key={m.id}>
            {m.name} does not answer{m.error ? `: lost ${ago(m.error.since)}, ${m.error.message}` : ""}. What is shown
            is as of then.
          </p>
        ))}
      {shown.length === 0 ? (
        <p class="soft iptv-quiet">
          Nothing is on the air. A channel appears here as soon as somebody tunes in.
        </p>
      ) : (
        <ul class="grid iptv-feeds" aria-label="Channels on the air">
          {shown.map((feed) => (
            <FeedCard key={feed.id} feed={feed} />
          ))}
        </ul>
      )}
    </>
  );
}

function newer(told: Feed, asked: Feed | undefined): Feed {
  return asked && asked.seen_at >= told.seen_at ? asked : told;
}

function viewersOf(feed: Feed): number {
  return feed.viewer_count ?? feed.viewers.length;
}

function Inventory({ managers }: { managers: readonly Server[] }) {
  const sum = (of: (m: Server) => number | undefined) => {
    const told = managers.map(of).filter((n) => n !== undefined);
    return told.length > 0 ? told.reduce((a, b) => a + b, 0) : undefined;
  };
  const channels = sum((m) => m.inventory?.channels);
  const groups = sum((m) => m.inventory?.groups);
  return (
    <Stat
      name={groups === undefined ? "Channels" : `Channels in ${counted(groups, "group")}`}
      value={count(channels)}
    />
  );
}

function FeedCard({ feed }: { feed: Feed }) {
  const state = FEED_STATES[feed.state ?? ""] ?? { text: word({}, feed.state ?? "unknown"), tag: "" };
  const { channel, media } = feed;
  const number = feed.kind === "live" ? channel.number : undefined;
  return (
    <li class="card iptv-feed">
      <header class="row">
        {number !== undefined && <span class="iptv-number number">{number}</span>}
        <div class="grow">
          <h2 class="clip" title={channel.name}>
            {channelName(channel, feed.key)}
          </h2>
          <p class="soft small clip">{channelNote(channel) || word(KINDS, feed.kind)}</p>
        </div>
        {feed.kind !== "live" && <span class="tag">{word(KINDS, feed.kind)}</span>}
        <span class={`tag ${state.tag}`}>{state.text}</span>
      </header>
      <Programme feed={feed} />
      <dl class="iptv-facts">
        <Fact name="Stream" class={(feed.stream.index ?? 0) > 0 ? WARN : undefined}>
          {streamPlace(feed) ?? NOTHING}
        </Fact>
        <Fact name="Picture">{media.resolution?.replace("x", "×") ?? NOTHING}</Fact>
        <Fact name="Frames/s">{media.fps === undefined ? NOTHING : count(media.fps)}</Fact>
        <Fact name="Bit rate">{bitrate(feedBps(media))}</Fact>
        <Fact name="Codecs">
          {[media.video_codec, media.audio_codec].filter(Boolean).join(" · ") || NOTHING}
        </Fact>
        <Fact name="Speed" class={media.speed !== undefined && media.speed < 0.97 ? WARN : undefined}>
          {media.speed === undefined ? NOTHING : `${media.speed.toFixed(2)}×`}
        </Fact>
      </dl>
      <p class="small clip" title={feed.stream.name}>
        <span class="soft">From </span>
        {loginName(feed.profile) ?? NOTHING}
        {feed.stream.name && <span class="soft"> · {feed.stream.name}</span>}
      </p>
      <Viewers feed={feed} />
      <Foot feed={feed} />
    </li>
  );
}

function Programme({ feed }: { feed: Feed }) {
  const { programme } = feed;
  if (!programme?.title) return <p class="soft small iptv-programme">Nothing in the guide</p>;
  const ratio = programmeRatio(programme, Date.now() + clockAheadMs.value);
  return (
    <div class="iptv-programme">
      <p class="clip" title={programme.description}>
        {programme.title}
        {programme.subtitle && <span class="soft"> · {programme.subtitle}</span>}
      </p>
      {ratio !== undefined && (
        <div class="row small soft">
          <span class="number">{timeOfDay(programme.starts_at)}</span>
          <div class="grow">
            <Meter ratio={ratio} label={`${programme.title}, ${Math.round(ratio * 100)} % over`} />
          </div>
          <span class="number">{timeOfDay(programme.ends_at)}</span>
        </div>
      )}
    </div>
  );
}

function Viewers({ feed }: { feed: Feed }) {
  const { viewers } = feed;
  const hidden = viewersOf(feed) - viewers.length;
  const [first, rest] = [viewers.slice(0, VIEWERS_SHOWN), viewers.slice(VIEWERS_SHOWN)];
  return (
    <div class="iptv-viewers">
      <ul>{first.map(viewerLine)}</ul>
      {rest.length > 0 && (
        <details>
          <summary class="small">{counted(rest.length, "more viewer")}</summary>
          <ul>{rest.map(viewerLine)}</ul>
        </details>
      )}
      {hidden > 0 && <p class="soft small">and {counted(hidden, "viewer")} of whom nothing is told</p>}
      {viewers.length === 0 && hidden <= 0 && <p class="soft small">No viewers</p>}
    </div>
  );
}

function viewerLine(viewer: FeedViewer) {
  const name = viewerName(viewer);
  const bps = viewer.now_bps ?? viewer.mean_bps;
  return (
    <li class="row small" key={viewer.id}>
      <Avatar name={name} />
      <button
        type="button"
        class="iptv-link clip"
        onClick={() => setQuery({ user: name })}
        title={`Only what ${name} watches`}
      >
        {name}
      </button>
      <span class="soft clip grow">{playerName(viewer.user_agent)}</span>
      {bps !== undefined && <span class="soft number">{bitrate(bps)}</span>}
    </li>
  );
}

function Foot({ feed }: { feed: Feed }) {
  useSeconds();
  const { totals } = feed;
  const since = (Date.now() + clockAheadMs.value - Date.parse(feed.started_at)) / 1000;
  return (
    <footer class="row wrap small soft">
      <span>On the air for {span(Math.max(0, since))}</span>
      {totals.failovers > 0 && <span class="tag wait">{counted(totals.failovers, "failover")}</span>}
      {totals.errors > 0 && <span class="tag bad">{counted(totals.errors, "error")}</span>}
      {totals.received_bytes !== undefined && <span>{bytes(totals.received_bytes)} received</span>}
      {totals.buffering_ms > 0 && <span>buffered {span(totals.buffering_ms / 1000)}</span>}
    </footer>
  );
}
