import { useState } from "preact/hooks";
import { address } from "../../api/client";
import type { HistoryItem, ProfileAnswer } from "../../api/schema";
import type { PageProps } from "../../app/pages";
import { href } from "../../app/router";
import { dateTime, span } from "../../format/times";
import { episodeNumber } from "../../format/words";
import type { LiveSession } from "../../live/store";
import { Icon, type IconName } from "../../ui/icon";
import { Empty, Head, Poster } from "../../ui/parts";
import { LastPlay } from "../profile/last-play";
import { Profile } from "../profile/profile";
import { titlePath } from "../../format/paths";
import type { Choice } from "../profile/rules";
import "./titles.css";

const LEVELS: Record<string, [string, IconName]> = {
  movie: ["Movie", "film"],
  show: ["Show", "tv"],
  season: ["Season", "tv"],
  episode: ["Episode", "tv"],
  artist: ["Artist", "music"],
  album: ["Album", "music"],
  track: ["Track", "music"],
};

export default function Title({ params }: PageProps) {
  const { server = "", key = "" } = params;
  return (
    <Profile
      path={`api/v1/titles/${encodeURIComponent(server)}/${encodeURIComponent(key)}`}
      kind="title"
      choice={(answer) => choiceOf(answer, server, key)}
      matches={(answer) => (session) => isOf(session, server, key, answer)}
      head={(answer) => <Hero answer={answer} server={server} ratingKey={key} />}
      missing={() => (
        <>
          <Head title="No such title" />
          <Empty icon="film">
            <p>
              Nothing that was played is kept of the item {key} of the server {server}.
            </p>
            <p class="small">A title appears with its first play, and has another address after it was added anew.</p>
            <a class="button" href={href("/titles")}>
              All titles
            </a>
          </Empty>
        </>
      )}
    />
  );
}

const WHOLE: Record<string, string> = { movie: "movie", show: "episode", artist: "track" };

/**
 * The same film, show or artist on several servers is one title, so it is chosen by name; what is within one has a
 * name that others have too ("Season 1"), and is chosen by its key.
 */
function choiceOf(answer: ProfileAnswer, server: string, key: string): Choice {
  const media = WHOLE[answer.level ?? ""];
  return media && answer.name ? { title: answer.name, media } : { server, rating_key: key };
}

function isOf(session: LiveSession, server: string, key: string, answer: ProfileAnswer | undefined): boolean {
  const { item } = session;
  if (session.server_id === server && item.rating_key === key) return true;
  const whole = answer?.level === "show" || answer?.level === "artist";
  return whole && answer.name !== undefined && item.grandparent_title === answer.name;
}

function Hero({ answer, server, ratingKey }: { answer: ProfileAnswer; server: string; ratingKey: string }) {
  const [level, icon] = LEVELS[answer.level ?? ""] ?? ["Title", "film"];
  const item = answer.last_play?.item;
  // Of a whole show or album the newest play tells an episode's or a track's year.
  const own = item && item.rating_key === ratingKey ? item : undefined;
  const name = answer.name ?? own?.title ?? "Untitled";
  const facts = [
    own?.year,
    own && episodeNumber(own.parent_index, own.kind === "episode" ? own.index : undefined),
    own?.duration_ms !== undefined && span(own.duration_ms / 1000),
    answer.last_play?.library?.title,
    answer.first_started_at && `first play ${dateTime(answer.first_started_at)}`,
  ];
  return (
    <header>
      <a class="profile-back" href={href("/titles")}>
        <Icon name="left" /> Titles
      </a>
      <div class="titles-hero">
        <Art server={server} ratingKey={ratingKey} />
        <div class="titles-lead">
          <Poster server={server} ratingKey={ratingKey} icon={icon} width={128} square={icon === "music"} />
          <div class="text">
            <span class="titles-level">{level}</span>
            <h1>{name}</h1>
            <Within item={item} server={answer.last_play?.server_id ?? server} level={answer.level} />
            <p class="small soft">{facts.filter(Boolean).join(" · ")}</p>
            <LastPlay answer={answer} by />
          </div>
        </div>
      </div>
    </header>
  );
}

/** The show and season, or the artist and album, that a title is part of. */
function Within({ item, server, level }: { item: HistoryItem | undefined; server: string; level: string | undefined }) {
  if (!item || !level || level in WHOLE) return null;
  const parent = level === "season" || level === "album" ? [] : [[item.parent_title, item.parent_rating_key] as const];
  const chain = [[item.grandparent_title, item.grandparent_rating_key] as const, ...parent];
  return (
    <p class="small soft titles-crumbs">
      {chain.map(([title, key], n) => {
        const path = titlePath(server, key);
        if (!title) return null;
        return (
          <span key={n}>
            {n > 0 && " › "}
            {path ? <a href={href(path)}>{title}</a> : title}
          </span>
        );
      })}
    </p>
  );
}

/** A quiet picture behind the words; nothing where there is none. */
function Art({ server, ratingKey }: { server: string; ratingKey: string }) {
  const [failed, setFailed] = useState(false);
  if (failed) return null;
  const path = `api/v1/images/${encodeURIComponent(server)}/${encodeURIComponent(ratingKey)}`;
  return <img class="titles-art" src={address(path, { kind: "art", width: 960 })} alt="" onError={() => setFailed(true)} />;
}
