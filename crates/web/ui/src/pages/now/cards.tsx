// A stream as a card: in full, or in short.
import { go, href, place } from "../../app/router";
import { bitrate } from "../../format/numbers";
import { userPath } from "../../format/paths";
import { DECISIONS, headline, NETWORKS, subline, word } from "../../format/words";
import type { LiveSession } from "../../live/store";
import { Icon, iconOf } from "../../ui/icon";
import { Avatar, Poster } from "../../ui/parts";
import { explain, trouble } from "./explain";
import { Buffer, type Live, Progress, StateSign, useSteady } from "./live";
import { gist, hardware, parts, type Part, rates } from "./media";

/** The address of a stream's sheet over the present view. */
function sheetPath(id: string): string {
  const query = new URLSearchParams(place.peek().query);
  query.set("session", id);
  return `/?${query}`;
}

/** The title of a stream, which opens its sheet; its area is the whole card. */
export function Opener({ session }: { session: LiveSession }) {
  const path = sheetPath(session.id);
  return (
    <a
      class="now-open"
      href={href(path)}
      aria-haspopup="dialog"
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        // Asked anew: the filter may have changed since the card was drawn.
        go(sheetPath(session.id));
      }}
    >
      {headline(session.item)}
    </a>
  );
}

/** The page of who watches. */
export function viewerPath({ user }: Pick<LiveSession, "user">): string | undefined {
  return user && userPath(user.id ?? user.name);
}

/** `Living room · Plex for Roku · Roku`, without what is said twice. */
export function playerText({ player }: Pick<LiveSession, "player">): string {
  const said: string[] = [];
  for (const text of [player.title, player.product, player.platform]) {
    const known = text !== undefined && said.some((s) => s.toLowerCase().includes(text.toLowerCase()));
    if (text && !known) said.push(text);
  }
  return said.join(" · ");
}

export function Who({ session, plain }: { session: LiveSession; plain?: boolean }) {
  const path = viewerPath(session);
  const name = session.user?.name ?? "Unknown user";
  return (
    <p class="now-who">
      <Avatar name={name} />
      {path ? (
        <a class="now-name clip" href={href(path)} dir="auto">
          {name}
        </a>
      ) : (
        <span class="now-name clip">{name}</span>
      )}
      {!plain && (
        <span class="soft small clip" title={playerText(session)} dir="auto">
          {playerText(session)}
        </span>
      )}
    </p>
  );
}

/** Who does the work, where it goes, how quickly. */
export function Marks({ session, brief }: { session: LiveSession; brief?: boolean }) {
  const { delivery, player } = session;
  const own = delivery.transcode;
  const engines = hardware(session);
  const slow = trouble(session);
  return (
    <p class="now-marks">
      {delivery.decision && <span class={`tag ${delivery.decision}`}>{word(DECISIONS, delivery.decision)}</span>}
      {engines && (
        <span class="tag info" title={`Picture: ${own?.hw_decode ?? "software"} → ${own?.hw_encode ?? "software"}`}>
          <Icon name="chip" /> {engines === "full" ? "HW" : "Part HW"}
          <span class="unseen">, hardware</span>
        </span>
      )}
      {slow !== undefined ? (
        <span class="tag bad" title={slow}>
          <Icon name="warn" /> {own?.speed?.toFixed(1)}× too slow
        </span>
      ) : (
        !brief && own && <Pace own={own} />
      )}
      <span class="tag">
        {word(NETWORKS, player.network ?? (player.local ? "lan" : "unknown"))}
        {delivery.bitrate_bps !== undefined && ` · ${bitrate(delivery.bitrate_bps)}`}
      </span>
    </p>
  );
}

/** How the transcoder is getting on; nothing worth saying while nothing is measured. */
function Pace({ own }: { own: NonNullable<LiveSession["delivery"]["transcode"]> }) {
  if (own.complete) return <span class="tag">Converted</span>;
  if (own.throttled) {
    return (
      <span class="tag" title="Far enough ahead of the viewer: it waits.">
        Throttled
      </span>
    );
  }
  return own.speed ? <span class="tag">{own.speed.toFixed(1)}×</span> : null;
}

export function Parts({ list }: { list: readonly Part[] }) {
  return (
    <dl class="now-parts">
      {list.map((part) => (
        <div key={part.name} class={part.done}>
          <dt>{part.name}</dt>
          <dd class="clip" title={part.done === "same" ? part.from : `${part.from} → ${part.to}`}>
            {part.from}
            {part.done !== "same" && (
              <>
                <span class="arrow" role="img" aria-label="becomes">
                  →
                </span>
                <b>{part.to}</b>
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Art({ session, width }: { session: LiveSession; width: number }) {
  return (
    <div class={`now-art ${session.state}`}>
      <Poster
        server={session.server_id}
        ratingKey={session.item.rating_key}
        icon={iconOf(session.item)}
        width={width}
        square={session.item.kind === "track"}
      />
    </div>
  );
}

export function RichCard({ live }: { live: Live }) {
  const session = useSteady(live);
  const [first, ...more] = explain(session);
  const decision = session.delivery.decision ?? "unknown";
  return (
    <li class={`card now-card rich ${decision}`} data-session={session.id} data-state={session.state}>
      <div class="now-top">
        <Art session={session} width={92} />
        <div class="now-main">
          <h2 class="clip" dir="auto">
            <StateSign state={session.state} />
            <Opener session={session} />
          </h2>
          <p class="now-sub soft clip" dir="auto">
            {subline(session.item) || "\u00a0"}
          </p>
          <Who session={session} />
          <Marks session={session} />
        </div>
      </div>
      <Progress session={live} even />
      <Parts list={parts(session)} />
      <div class="now-why small">
        <p class="why">
          {first?.why}
          {more.length > 0 && <span class="soft"> And {more.length} more.</span>}
        </p>
        <p class="soft">{first?.change}</p>
        {session.delivery.transcode?.buffer_ahead_ms !== undefined && <Buffer session={live} />}
      </div>
    </li>
  );
}

export function CompactCard({ live }: { live: Live }) {
  const session = useSteady(live);
  const [first] = explain(session);
  return (
    <li class="card now-card compact" data-session={session.id} data-state={session.state}>
      <Art session={session} width={54} />
      <div class="now-main">
        <h2 class="clip" dir="auto">
          <StateSign state={session.state} />
          <Opener session={session} />
        </h2>
        <p class="soft small clip" dir="auto">
          {subline(session.item) || playerText(session) || "\u00a0"}
        </p>
        <Who session={session} />
        <Progress session={live} />
        <Marks session={session} brief />
        <p class="now-gist small soft clip" title={[rates(session), first?.why].filter(Boolean).join(". ")}>
          {gist(session) ?? "\u00a0"}
        </p>
      </div>
    </li>
  );
}
