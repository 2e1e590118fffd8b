// Everything about one stream.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { href, place, setQuery } from "../../app/router";
import type { Feed, Paths } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { bitrate, bytes, NOTHING, percent } from "../../format/numbers";
import { channelName } from "../../format/feeds";
import { titlePath } from "../../format/paths";
import { codecName } from "../../format/media";
import { dateTime, span, timeOfDay } from "../../format/times";
import { DECISIONS, headline, NETWORKS, STATES, subline, word } from "../../format/words";
import { feeds, known, serverName, servers, sessions } from "../../live/store";
import { Fact } from "../../ui/parts";
import { Sheet } from "../../ui/sheet";
import { Timeline, timelineTitle } from "../../ui/timeline";
import { Art, Marks, Parts, viewerPath, Who } from "./cards";
import { explain, trouble } from "./explain";
import { Buffer, type Live, Progress } from "./live";
import { hardware, parts, rates } from "./media";

function close(): void {
  setQuery({ session: undefined }, true);
}

/** The sheet of the session that the address names. */
export function Detail() {
  const id = place.value.query.get("session");
  const last = useRef<Live | undefined>(undefined);
  const live = id === null ? undefined : sessions.value.find((s) => s.peek().id === id);
  if (live) last.current = live;
  if (id === null || !known.value) return null;
  // What has ended stays to be read until it is closed.
  const own = live ?? (last.current?.peek().id === id ? last.current : undefined);
  return (
    <Sheet title={own ? headline(own.value.item) : "This stream has ended"} onClose={close}>
      {!live && (
        <p class="notice" role="status">
          This stream has ended. <a href={href("/history")}>The history</a> tells how it went.
        </p>
      )}
      {own && <Everything live={own} key={id} />}
    </Sheet>
  );
}

function Everything({ live }: { live: Live }) {
  const session = live.value;
  const { item, delivery } = session;
  const title = titlePath(session.server_id, item.rating_key);
  const slow = trouble(session);
  return (
    <>
      <div class="now-top">
        <Art session={session} width={110} />
        <div class="now-main">
          <p class="now-sub" dir="auto">
            {subline(item)}
          </p>
          <Who session={session} plain />
          <Marks session={session} />
          <Progress session={live} even />
          <p class="soft small">{word(STATES, session.state)}</p>
        </div>
      </div>
      {slow && <p class="notice bad">{slow}</p>}
      <section class="now-explained">
        <h3>{delivery.decision ? word(DECISIONS, delivery.decision) : "Stream"}</h3>
        {explain(session).map(({ why, change }) => (
          <p key={why}>
            {why} {change && <span class="soft">{change}</span>}
          </p>
        ))}
        <Parts list={parts(session)} />
      </section>
      {delivery.transcode && <Work live={live} />}
      {session.segments.length > 0 && (
        <section>
          <h3>{timelineTitle(session.segments)}</h3>
          <Timeline segments={session.segments} />
        </section>
      )}
      <Where live={live} />
      {item.live && <Path id={session.id} server={session.server_id} />}
      <p class="row wrap">
        {title && (
          <a class="button" href={href(title)}>
            Title
          </a>
        )}
        {viewerPath(session) && (
          <a class="button" href={href(viewerPath(session) ?? "/")}>
            User
          </a>
        )}
        {session.user && (
          <a class="button" href={href(`/history?user=${encodeURIComponent(session.user.name)}&days=0`)}>
            Plays of {session.user.name}
          </a>
        )}
        {item.rating_key && (
          <a class="button" href={href(`/history?rating_key=${encodeURIComponent(item.rating_key)}&days=0`)}>
            Plays of this title
          </a>
        )}
      </p>
    </>
  );
}

/** Names and values; what is not known is left out. */
function Facts({ title, list }: { title: string; list: ReadonlyArray<readonly [string, ComponentChildren]> }) {
  const told = list.filter(([, value]) => value !== undefined && value !== "" && value !== NOTHING && value !== false);
  if (told.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl class="now-facts">
        {told.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
    </section>
  );
}

function Work({ live }: { live: Live }) {
  const session = live.value;
  const own = session.delivery.transcode;
  if (!own) return null;
  const video = session.delivery.video?.decision === "transcode";
  const done = own.progress_percent;
  const engines = hardware(session);
  const engine = engines === "full" ? "Hardware" : engines === "part" ? "Partly hardware" : "Software";
  return (
    <Facts
      title="Transcoder"
      list={[
        ["Picture by", video && engine],
        ["Decoder", engines && (own.hw_decode ?? "software")],
        ["Encoder", engines && (own.hw_encode ?? "software")],
        ["Hardware asked for", video && own.hw_requested !== undefined && (own.hw_requested ? "yes" : "no")],
        ["Speed", own.throttled ? "throttled, far enough ahead" : own.speed && `${own.speed.toFixed(1)}×`],
        ["Converted", own.complete ? "all of it" : done !== undefined && percent(done / 100)],
        ["Ready ahead", own.buffer_ahead_ms !== undefined && <Buffer session={live} />],
      ]}
    />
  );
}

function Where({ live }: { live: Live }) {
  const session = live.value;
  const { player, delivery } = session;
  const serverPath = `/servers?server=${encodeURIComponent(session.server_id)}`;
  return (
    <>
      <Facts
        title="Player"
        list={[
          ["Name", player.title],
          ["App", [player.product, player.version].filter(Boolean).join(" ")],
          ["Platform", [...new Set([player.platform, player.device])].filter(Boolean).join(" · ")],
          ["Address", player.address],
          ["Network", player.network && word(NETWORKS, player.network)],
          ["Encrypted", player.secure !== undefined && (player.secure ? "yes" : "no")],
        ]}
      />
      <Facts
        title="Stream"
        list={[
          ["Server", <a href={href(serverPath)}>{serverName(session.server_id)}</a>],
          ["Bit rate", rates(session)],
          ["Reserved", bitrate(delivery.reserved_bps)],
          ["Subtitle", [codecName(delivery.subtitle?.codec), delivery.subtitle?.language].filter(Boolean).join(" ")],
          ["Audio language", delivery.audio?.language],
          ["Library", session.item.library?.title],
          ["Since", dateTime(session.started_at)],
          ["Played", span(session.played_ms / 1000)],
          ["Paused", session.paused_ms > 0 && span(session.paused_ms / 1000)],
          ["Loading", session.buffering_ms > 0 && span(session.buffering_ms / 1000)],
          ["Sent, estimated", bytes(session.estimated_bytes)],
          ["Session", <span class="mono">{session.session_key}</span>],
        ]}
      />
    </>
  );
}

const CONFIDENCE = { certain: "Certainly", likely: "Likely", possible: "Possibly" } as const;

/** Which feed of a stream manager a live session comes from. */
function Path({ id, server }: { id: string; server: string }) {
  const managers = servers.value.some((s) => s.kind === "dispatcharr");
  const { data } = useGet<Paths>(managers ? "api/v1/iptv/paths" : null, { server, session: id }, 15_000);
  const path = data?.paths[0];
  if (!path) return null;
  return (
    <section>
      <h3>Where the channel comes from</h3>
      {path.candidates.length === 0 && <p class="soft">No feed of a stream manager matches.</p>}
      {path.is_ambiguous && <p class="soft">Several feeds match equally well.</p>}
      <ul class="now-paths">
        {path.candidates.map((candidate) => (
          <li key={candidate.feed_id}>
            <b>{CONFIDENCE[candidate.confidence]}</b>{" "}
            <FeedLine feed={feeds.value.find((f) => f.id === candidate.feed_id)} />
            <span class="soft small">
              {" "}
              on {serverName(candidate.server_id)}, by {candidate.reasons.map((r) => r.replaceAll("_", " ")).join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FeedLine({ feed }: { feed: Feed | undefined }) {
  if (!feed) return <>a feed that is over</>;
  const login = feed.profile && [feed.profile.account, feed.profile.name].filter(Boolean).join(", ");
  return (
    <>
      <a href={href(`/iptv?q=${encodeURIComponent(channelName(feed.channel, feed.key))}`)}>{channelName(feed.channel, feed.key)}</a>
      {feed.stream.name && `, stream ${feed.stream.name}`}
      {login && `, login ${login}`}
      {`, since ${timeOfDay(feed.started_at)}`}
    </>
  );
}

