import { useState } from "preact/hooks";
import type { RankingAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href, place, setQuery } from "../../app/router";
import { count, counted } from "../../format/numbers";
import { titlePath } from "../../format/paths";
import { span } from "../../format/times";
import { MEDIA } from "../../format/words";
import { FilterBar, filterParams } from "../../ui/filter/filter-bar";
import { iconOf } from "../../ui/icon";
import { Empty, Failed, Head, Poster, Segments, Waiting } from "../../ui/parts";
import { SearchBox } from "../../ui/search";
import { playsAt } from "../profile/rules";
import { type Placed, placed, type Rank, ranked } from "./rules";
import "./titles.css";

/** Titles drawn at first, and with each further step. */
const STEP = 60;
/** The most the interface ranks at once. */
const MOST = 500;
const EVERY_MS = 60_000;

const RANKS = [
  ["plays", "Plays"],
  ["seconds", "Time"],
  ["users", "Popular"],
] as const;

const TABS = (["movie", "episode", "track"] as const).map((media) => [media, MEDIA[media] ?? media] as const);

function chosen<T extends string>(name: string, options: ReadonlyArray<readonly [T, string]>): T {
  const said = place.value.query.get(name);
  return options.find(([value]) => value === said)?.[0] ?? options[0]![0];
}

export default function Titles() {
  const media = chosen("media", TABS);
  const rank: Rank = chosen("by", RANKS);
  const got = useGet<RankingAnswer>(
    "api/v1/analytics/top",
    { ...filterParams("30"), of: "titles", media, measure: rank === "seconds" ? "seconds" : "plays", limit: MOST },
    EVERY_MS,
  );
  return (
    <>
      <Head title="Titles">
        <SearchBox class="titles-search" label="Find what was played" placeholder="Find what was played" />
      </Head>
      <div class="stack">
        <div class="row wrap">
          <Segments label="Kind" value={media} options={TABS} onChange={(to) => setQuery({ media: to })} />
          <Segments
            label="Ranked by"
            value={rank}
            options={RANKS}
            onChange={(to) => setQuery({ by: to === "plays" ? undefined : to })}
          />
        </div>
        <FilterBar days="30" without={["media", "q"]} />
        {got.data ? (
          <Wall answer={got.data} rank={rank} key={`${media} ${rank}`} />
        ) : got.error ? (
          <Failed error={got.error} retry={got.reload} />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  );
}

function Wall({ answer, rank }: { answer: RankingAnswer; rank: Rank }) {
  const [shown, show] = useState(STEP);
  const all = placed(ranked(answer.entries, rank), rank);
  if (all.length === 0) {
    return (
      <Empty icon="film">
        <p>
          {place.value.query.get("q")
            ? "Nothing that was played in this time has that in it."
            : "Nothing of this kind was played in this time. Choose a longer one above."}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <ol class={all[0]?.entry.kind === "track" ? "titles-wall square" : "titles-wall"}>
        {all.slice(0, shown).map((one) => (
          <One key={`${one.entry.server_id}/${one.entry.rating_key ?? one.entry.name}`} {...one} rank={rank} />
        ))}
      </ol>
      {shown < all.length && (
        <button type="button" class="button titles-more" onClick={() => show(shown + STEP)}>
          {count(Math.min(STEP, all.length - shown))} more of {count(all.length)}
        </button>
      )}
      {answer.entries_total > all.length && shown >= all.length && (
        <p class="soft small">
          The first {count(all.length)} of {count(answer.entries_total)}. A shorter time or a search finds the others.
        </p>
      )}
    </>
  );
}

function One({ entry, place: at, rank }: Placed & { rank: Rank }) {
  const name = entry.name ?? "Untitled";
  const to = titlePath(entry.server_id, entry.rating_key) ?? playsAt({ title: name });
  const [plays, time, users] = [counted(entry.plays, "play"), span(entry.seconds), counted(entry.users, "user")];
  const [first, ...rest] = rank === "users" ? [users, plays] : rank === "seconds" ? [time, plays] : [plays, users];
  return (
    <li>
      <a class="titles-one" href={href(to)}>
        <span class="titles-picture">
          <Poster
            server={entry.server_id}
            ratingKey={entry.rating_key}
            icon={iconOf(entry)}
            width={180}
            square={entry.kind === "track"}
          />
          <span class="titles-rank number">
            <span class="unseen">Place </span>#{at}
          </span>
        </span>
        <span class="titles-name clip" title={name}>
          {name}
        </span>
        <span class="titles-facts small number clip">
          <b>{first}</b> · {rest.join(" · ")}
        </span>
        {entry.kind === "movie" && <span class="titles-facts tiny number">{entry.year ?? "\u00a0"}</span>}
      </a>
    </li>
  );
}
