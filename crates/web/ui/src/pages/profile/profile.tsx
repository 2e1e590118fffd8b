// Everything about one user, library or title; the three answers have one shape, and so have their pages.
import type { ComponentChildren } from "preact";
import type { Params } from "../../api/client";
import type { ProfileAnswer, RankingAnswer, TranscodesAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href, place, setQuery } from "../../app/router";
import { HeatMap } from "../../charts/heat-map";
import type { Unit } from "../../charts/units";
import { counted, percent } from "../../format/numbers";
import { span, zone } from "../../format/times";
import { DECISIONS, word } from "../../format/words";
import { FilterBar, filterParams } from "../../ui/filter/filter-bar";
import { Card, Empty, Failed, Segments, Stat, Waiting } from "../../ui/parts";
import { RecentPlays } from "../history/recent";
import { People, Players, Shares, Titles } from "./lists";
import { type Matches, Playing } from "./playing";
import { OverTime } from "./over-time";
import { type Choice, completion, playsAt, watchedRatio } from "./rules";
import "./profile.css";

/** How often the sums are asked for again. */
const EVERY_MS = 60_000;
const RECENT = 12;

interface ProfileProps {
  /** Of the answer, without a leading slash. */
  path: string;
  kind: "user" | "library" | "title";
  /** Filters that choose the same plays, once the answer is there. */
  choice: (answer: ProfileAnswer) => Choice;
  matches: (answer: ProfileAnswer | undefined) => Matches;
  /** The head of the page; `answer` is of all time. */
  head: (answer: ProfileAnswer) => ComponentChildren;
  /** Below the sums. */
  more?: (answer: ProfileAnswer) => ComponentChildren;
  /** Shown where nothing is kept of it. */
  missing: (said: string) => ComponentChildren;
}

export function Profile(props: ProfileProps) {
  const all = useGet<ProfileAnswer>(props.path, { days: 0, time_zone: zone() }, EVERY_MS);
  if (all.data) {
    const answer = all.data;
    return (
      <div class="stack">
        {props.head(answer)}
        <Windows answer={answer} choice={props.choice(answer)} />
        <Playing matches={props.matches(answer)} who={props.kind !== "user"} />
        {props.more?.(answer)}
        <Ranged {...props} all={answer} />
      </div>
    );
  }
  if (all.error?.status === 404) {
    return (
      <div class="stack">
        {props.missing(all.error.message)}
        <Playing matches={props.matches(undefined)} who />
      </div>
    );
  }
  return all.error ? <Failed error={all.error} retry={all.reload} /> : <Waiting />;
}

const NAMES: Record<number, string> = { 1: "24 hours", 7: "7 days", 30: "30 days", 365: "365 days" };

function Windows({ answer, choice }: { answer: ProfileAnswer; choice: Choice }) {
  const now = Date.parse(answer.meta.answered_at);
  // The windows are hours back from now and no calendar days.
  const since = (days: number) => new Date(now - days * 86_400_000).toISOString();
  return (
    <ul class="profile-tiles" aria-label="Plays in the last days">
      {answer.windows.map(({ days, plays, seconds }) => (
        <Tile
          key={days}
          to={playsAt(choice, { from: since(days) })}
          name={NAMES[days] ?? `${days} days`}
          plays={plays}
          seconds={seconds}
        />
      ))}
      <Tile to={playsAt(choice)} name="All time" plays={answer.plays} seconds={answer.seconds} />
    </ul>
  );
}

function Tile(props: { to: string; name: string; plays: number; seconds: number }) {
  return (
    <li>
      <a class="card" href={href(props.to)}>
        <Stat name={props.name} value={counted(props.plays, "play")} note={span(props.seconds)} />
      </a>
    </li>
  );
}

/** What the filter chooses. */
function Ranged(props: ProfileProps & { all: ProfileAnswer }) {
  const measure = place.value.query.get("measure") === "seconds" ? "seconds" : "plays";
  const filter = filterParams("0");
  const params: Params = { ...filter, measure };
  const got = useGet<ProfileAnswer>(props.path, params, EVERY_MS);
  const choice = props.choice(props.all);
  const answer = got.data;
  return (
    <>
      <FilterBar days="0">
        <Segments
          label="What is counted"
          value={measure}
          options={[
            ["plays", "Plays"],
            ["seconds", "Time"],
          ]}
          onChange={(to) => setQuery({ measure: to === "plays" ? undefined : to }, true)}
        />
      </FilterBar>
      {answer ? (
        <Sections {...props} answer={answer} params={params} behind={{ ...filter, ...choice }} />
      ) : got.error ? (
        <Failed error={got.error} retry={got.reload} />
      ) : (
        <Waiting />
      )}
    </>
  );
}

interface SectionsProps extends ProfileProps {
  all: ProfileAnswer;
  answer: ProfileAnswer;
  params: Params;
  behind: Params;
}

function Sections({ answer, params, behind, ...props }: SectionsProps) {
  const unit: Unit = answer.meta.measure === "seconds" ? "seconds" : "plays";
  const chosen = { ...params, ...props.choice(answer) };
  if (answer.plays === 0) {
    return (
      <Empty icon="history">
        <p>{props.all.plays === 0 ? "Nothing was played of it yet." : "Nothing was played in this time. Choose a longer one."}</p>
      </Empty>
    );
  }
  return (
    <>
      <Card title="Hours of the week">
        <HeatMap title="Plays by weekday and hour" values={answer.heat_map.total} unit={unit} />
        {unit === "plays" && (
          <p class="soft small profile-note">A play that was resumed counts in each hour it has a part.</p>
        )}
      </Card>
      <Columns {...props} answer={answer} params={chosen} behind={behind} unit={unit} />
      <OverTime answer={answer} params={chosen} behind={behind} unit={unit} />
      <Card
        title="Recent plays"
        tools={
          <a class="text small" href={href(playsAt(behind))}>
            All of them
          </a>
        }
      >
        <RecentPlays path={`${props.path}/history`} params={withoutMeasure(params)} limit={RECENT} />
      </Card>
    </>
  );
}

function withoutMeasure({ measure: _, ...rest }: Params): Params {
  return rest;
}

/** Two columns of about one height: what is long stands beside several short ones. */
function Columns(props: SectionsProps & { unit: Unit }) {
  const { answer, params, behind, unit, kind } = props;
  const own = { unit, behind };
  const users = <People title="Top users" entries={answer.users} {...own} />;
  const players = <Players title="Devices" entries={answer.players} {...own} />;
  const far = <Completion answer={answer} unit={unit} />;
  const streams = <Decisions params={params} {...own} />;
  const columns = () => {
    if (kind === "user") return [[<Titles title="Top titles" entries={answer.titles} {...own} />], [players, far, streams]];
    if (kind === "library") {
      return [
        [<Titles title="Top titles" entries={answer.titles} {...own} />, far, streams],
        [users, players],
      ];
    }
    if (answer.level !== undefined && answer.level in PARTS) {
      return [[<Parts answer={answer} params={params} {...own} />, far, streams], [users, players]];
    }
    return [
      [users, far],
      [players, streams],
    ];
  };
  return (
    <div class="profile-columns">
      {columns().map((column, n) => (
        <div class="stack" key={n}>
          {column}
        </div>
      ))}
    </div>
  );
}

/** Levels with parts, and what those are called. */
const PARTS: Record<string, string> = {
  show: "Top episodes",
  season: "Top episodes",
  artist: "Top tracks",
  album: "Top tracks",
};

/** What a show, a season, an artist or an album was played of. */
function Parts(props: { answer: ProfileAnswer; params: Params; behind: Params; unit: Unit }) {
  const { answer, params, behind, unit } = props;
  const title = PARTS[answer.level ?? ""] ?? "Top titles";
  const items = useGet<RankingAnswer>("api/v1/analytics/top", { ...params, of: "items" }, EVERY_MS);
  if (items.data) return <Titles title={title} entries={items.data.entries} unit={unit} behind={behind} />;
  return <Card title={title}>{items.error ? <Failed error={items.error} retry={items.reload} /> : <Waiting />}</Card>;
}

function Completion({ answer, unit }: { answer: ProfileAnswer; unit: Unit }) {
  const ratio = watchedRatio(answer.completion);
  const note = ratio === undefined ? undefined : `${percent(ratio)} of what is known was watched to the end.`;
  return <Shares title="How far" unit={unit} note={note} shares={completion(answer.completion)} />;
}

function Decisions(props: { params: Params; unit: Unit; behind: Params }) {
  const got = useGet<TranscodesAnswer>("api/v1/analytics/transcodes", props.params, EVERY_MS);
  if (!got.data) return null;
  const { decisions, total, hardware } = got.data;
  const shares = Object.keys(DECISIONS)
    .map((key) => ({
      name: word(DECISIONS, key),
      value: decisions[key] ?? 0,
      ratio: (decisions[key] ?? 0) / Math.max(1, total),
      color: `--${key}`,
      to: playsAt(props.behind, { decision: key }),
    }))
    .filter((share) => share.value > 0);
  const note =
    hardware.hardware_ratio === undefined
      ? undefined
      : `${percent(hardware.hardware_ratio)} of the transcodes of the picture had hardware to help.`;
  return <Shares title="Streams" unit={props.unit} note={note} shares={shares} />;
}
