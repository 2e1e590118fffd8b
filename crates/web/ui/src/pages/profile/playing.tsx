// What plays right now, of what a page is about.
import { type Signal, useComputed } from "@preact/signals";
import { href } from "../../app/router";
import { type LiveSession, positionMs, sessions } from "../../live/store";
import { clock } from "../../format/times";
import { DECISIONS, headline, STATES, subline, word } from "../../format/words";
import { Card, Meter, Poster, useSeconds } from "../../ui/parts";
import { titlePath } from "../../format/paths";

export type Matches = (session: LiveSession) => boolean;

/** Nothing while nothing of it plays. `who`: also tells the user. */
export function Playing({ matches, who }: { matches: Matches; who?: boolean }) {
  // Compared as text, so that progress does not draw the list again.
  const ids = useComputed(() =>
    sessions.value
      .filter((s) => matches(s.value))
      .map((s) => s.value.id)
      .join("\n"),
  );
  const wanted = new Set(ids.value.split("\n"));
  const own = sessions.value.filter((s) => wanted.has(s.peek().id));
  if (own.length === 0) return null;
  return (
    <Card title="Playing now" class="profile-playing">
      <ul class="profile-rows">
        {own.map((session) => (
          <Row key={session.peek().id} session={session} who={who} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ session, who }: { session: Signal<LiveSession>; who?: boolean }) {
  const now = useSeconds();
  const live = session.value;
  const { item, delivery, player, user } = live;
  const position = positionMs(live, now);
  const path = titlePath(live.server_id, item.rating_key);
  return (
    <li class="profile-row">
      <Poster server={live.server_id} ratingKey={item.rating_key} width={38} square={item.kind === "track"} />
      <div class="grow">
        <div class="row">
          {path ? (
            <a class="clip profile-name" href={href(path)}>
              {headline(item)}
            </a>
          ) : (
            <span class="clip profile-name">{headline(item)}</span>
          )}
          {delivery.decision && <span class={`tag ${delivery.decision}`}>{word(DECISIONS, delivery.decision)}</span>}
        </div>
        <div class="soft small clip">
          {[subline(item), who && user?.name, player.title ?? player.product].filter(Boolean).join(" · ")}
        </div>
        {position !== undefined && item.duration_ms !== undefined && (
          <Meter ratio={position / item.duration_ms} label={`Progress of ${headline(item)}`} />
        )}
      </div>
      <div class="profile-figure">
        <span>{word(STATES, live.state)}</span>
        <span class="soft small number">{clock(position)}</span>
      </div>
    </li>
  );
}
