// When nothing plays: what was played last, and what is on the air.
import { href } from "../../app/router";
import type { Feed, HistoryPage } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { channelName, FEED_STATES } from "../../format/feeds";
import { counted } from "../../format/numbers";
import { ago } from "../../format/times";
import { playTitle, word } from "../../format/words";
import { feeds } from "../../live/store";
import { Icon, iconOf } from "../../ui/icon";
import { Card, Poster } from "../../ui/parts";

const LAST = 5;

export function Quiet() {
  // Where no history is kept there is nothing to tell, and nothing wrong.
  const { data } = useGet<HistoryPage>("api/v1/history", { limit: LAST });
  return (
    <section class="now-quiet" aria-label="Nothing plays">
      <div class="now-calm">
        <Icon name="play" />
        <h2>All quiet</h2>
        <p class="soft">Nothing plays. As soon as somebody presses play, it is here.</p>
      </div>
      {data && data.plays.length > 0 && (
        <Card
          title="Played last"
          tools={
            <a class="text small" href={href("/history")}>
              All of it
            </a>
          }
        >
          <ul class="now-last">
            {data.plays.map((play) => (
              <li key={play.id}>
                <Poster
                  server={play.server_id}
                  ratingKey={play.item.rating_key}
                  icon={iconOf(play.item)}
                  width={38}
                  square={play.item.kind === "track"}
                />
                <div class="grow">
                  <a class="clip" href={href(`/history?play=${play.id}`)} dir="auto">
                    {playTitle(play)}
                  </a>
                  <p class="soft small clip" dir="auto">
                    {[play.user?.name, play.player.title ?? play.player.product].filter(Boolean).join(" · ")}
                  </p>
                </div>
                <time class="soft small" dateTime={play.stopped_at ?? play.started_at}>
                  {ago(play.stopped_at ?? play.started_at)}
                </time>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </section>
  );
}

/** Channels that stream managers carry; each leads to the page about them. */
export function OnAir() {
  const list = feeds.value;
  if (list.length === 0) return null;
  return (
    <Card
      title="On the air"
      class="now-air"
      tools={
        <a class="text small" href={href("/iptv")}>
          {counted(list.length, "channel")}
        </a>
      }
    >
      <div class="scroller" tabIndex={0} role="region" aria-label="Channels on the air">
        <ul class="now-feeds">
          {list.map((feed) => (
            <li key={feed.id}>
              <a class="now-feed" href={href(`/iptv?q=${encodeURIComponent(channelName(feed.channel, feed.key))}`)}>
                <span class="clip name" dir="auto">
                  {feed.channel.number && <span class="soft number">{feed.channel.number} </span>}
                  {channelName(feed.channel, feed.key)}
                </span>
                <span class="soft small clip" dir="auto">
                  {feed.programme?.title ?? feed.channel.group ?? "\u00a0"}
                </span>
                <span class="row tiny">
                  <FeedState state={feed.state} />
                  <span class="soft">{counted(feed.viewer_count ?? feed.viewers.length, "viewer")}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

function FeedState({ state }: Pick<Feed, "state">) {
  const own = FEED_STATES[state ?? ""] ?? { text: word({}, state ?? "unknown"), tag: "" };
  return <span class={`tag ${own.tag}`}>{own.text}</span>;
}
