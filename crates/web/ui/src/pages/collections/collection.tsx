import { useMemo, useState } from "preact/hooks";
import type { CollectionRow, CollectionSnapshots, OneCollection } from "../../api/schema";
import { useGet } from "../../api/useGet";
import type { PageProps } from "../../app/pages";
import { href, setQuery } from "../../app/router";
import { Chart } from "../../charts/chart";
import { count, counted, percent } from "../../format/numbers";
import { titlePath, userPath } from "../../format/paths";
import { ago, dateTime, day, span, zone } from "../../format/times";
import { serverName } from "../../live/store";
import { Icon, iconOf } from "../../ui/icon";
import { Avatar, Card, Empty, Failed, Head, Poster, Segments, Stat, Waiting } from "../../ui/parts";
import { days, RANGES } from "../../ui/query";
import { Shown } from "./collections";
import { watchedShare } from "./rules";
import "../profile/profile.css";
import "./collections.css";

/** The newest snapshots that are drawn. */
const SNAPSHOTS = 200;
/** Titles drawn at first, and with each further step; a collection may hold thousands. */
const STEP = 12;

export default function Collection({ params }: PageProps) {
  const { server = "", key = "" } = params;
  const path = `api/v1/collections/${encodeURIComponent(server)}/${encodeURIComponent(key)}`;
  const said = days();
  const range = RANGES.find(([value]) => value === said)?.[0] ?? "30";
  const got = useGet<OneCollection>(path, { days: range, time_zone: zone() });
  const snapshots = useGet<CollectionSnapshots>(`${path}/snapshots`, { limit: SNAPSHOTS });
  if (!got.data) {
    if (got.error?.status === 404 || got.error?.status === 400) return <Missing server={server} ratingKey={key} />;
    return (
      <>
        <Head title="Collection" />
        {got.error ? <Failed error={got.error} retry={got.reload} /> : <Waiting />}
      </>
    );
  }
  return (
    <div class="stack">
      <Hero row={got.data.collection} />
      <div class="row">
        <Segments label="Range" value={range} options={RANGES} onChange={(to) => setQuery({ days: to })} />
      </div>
      <Sums answer={got.data} />
      <Days answer={got.data} />
      <div class="profile-columns">
        <Titles answer={got.data} server={server} />
        <div class="stack">
          <Users answer={got.data} />
          {snapshots.data && <Snapshots answer={snapshots.data} />}
        </div>
      </div>
    </div>
  );
}

function Missing({ server, ratingKey }: { server: string; ratingKey: string }) {
  return (
    <>
      <Head title="No such collection" />
      <Empty icon="collection">
        <p>
          The server {serverName(server)} has no collection {ratingKey}, and none was counted.
        </p>
        <p class="small">A collection that is made anew has another number.</p>
        <a class="button" href={href("/collections")}>
          All collections
        </a>
      </Empty>
    </>
  );
}

function Hero({ row }: { row: CollectionRow }) {
  return (
    <header>
      <a class="profile-back" href={href("/collections")}>
        <Icon name="left" /> Collections
      </a>
      <div class="profile-hero">
        <Poster server={row.server} ratingKey={row.rating_key?.toString()} icon="collection" width={84} />
        <div class="text stack collections-hero">
          <h1>{row.title}</h1>
          <p class="small">
            {[row.library, serverName(row.server), row.smart && "filled by a filter", row.items != null && counted(row.items, "item")]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <div class="row wrap small">
            <span class="soft">Shown:</span> <Shown row={row} />
          </div>
          {row.summary && <p class="small">{row.summary}</p>}
        </div>
      </div>
    </header>
  );
}

function Sums({ answer }: { answer: OneCollection }) {
  const { total, collection } = answer;
  const share = watchedShare({ items: collection.items, items_watched: total.items_watched });
  return (
    <div class="card collections-tiles">
      <Stat name="plays" value={count(total.plays)} />
      <Stat name="users" value={count(total.unique_users)} />
      <Stat name="time" value={span(total.duration_s)} />
      <Stat
        name="of its items watched"
        value={`${count(total.items_watched)} of ${count(collection.items)}`}
        note={share === undefined ? undefined : percent(share)}
      />
      <Stat
        name="last play"
        value={total.last_play_at ? ago(total.last_play_at) : "–"}
        note={total.last_play_at && dateTime(total.last_play_at)}
      />
    </div>
  );
}

function Days({ answer }: { answer: OneCollection }) {
  const dates = useMemo(() => answer.days.map((d) => d.date), [answer]);
  const series = useMemo(
    () => [{ name: "plays", values: answer.days.map((d) => d.plays), color: "--accent" }],
    [answer],
  );
  return (
    <Chart
      title="Plays by day"
      categories={dates}
      series={series}
      kind="bars"
      unit="plays"
      label={(date) => day(String(date))}
      heightPx={200}
    />
  );
}

function Titles({ answer, server }: { answer: OneCollection; server: string }) {
  const { items, collection } = answer;
  const [shown, show] = useState(STEP);
  const most = Math.max(1, ...items.map((item) => item.plays));
  const icon = iconOf({ kind: collection.media_type === "movie" ? "movie" : "episode" });
  const music = collection.media_type === "artist" || collection.media_type === "album";
  const rest = (collection.items ?? 0) - items.length;
  return (
    <Card title="Watched of it">
      {items.length === 0 && <p class="soft">Nothing of it was watched in this time.</p>}
      <ol class="profile-rows">
        {items.slice(0, shown).map((item) => (
          <li class="profile-row" key={item.rating_key}>
            <Poster
              server={server}
              ratingKey={String(item.rating_key)}
              icon={music ? "music" : icon}
              width={38}
              square={music}
            />
            <div class="grow">
              <a
                class="clip profile-name"
                href={href(titlePath(server, item.rating_key) ?? "/titles")}
                title={item.title}
              >
                {item.title ?? "Untitled"}
              </a>
              <div class="soft small clip">
                {counted(item.unique_users, "user")} · {ago(item.last_play_at)}
              </div>
              <span class="profile-bar" aria-hidden="true">
                <span style={{ width: `${(item.plays / most) * 100}%` }} />
              </span>
            </div>
            <div class="profile-figure number">
              <span>{count(item.plays)}</span>
              <span class="soft small">{span(item.duration_s)}</span>
            </div>
          </li>
        ))}
      </ol>
      {shown < items.length && (
        <button type="button" class="button profile-note" onClick={() => show(shown * 2)}>
          More of {count(items.length)}
        </button>
      )}
      {rest > 0 && <p class="soft small profile-note">{counted(rest, "further item")} had no play in this time.</p>}
    </Card>
  );
}

function Users({ answer }: { answer: OneCollection }) {
  return (
    <Card title="Who watched">
      {answer.users.length === 0 && <p class="soft">Nobody in this time.</p>}
      <ol class="profile-rows">
        {answer.users.map((user) => (
          <li class="profile-row" key={user.user_id}>
            <Avatar name={user.name ?? ""} />
            <div class="grow">
              <a class="clip profile-name" href={href(userPath(user.user_id))}>
                {user.name ?? "Nobody named"}
              </a>
              <div class="soft small">{ago(user.last_play_at)}</div>
            </div>
            <div class="profile-figure number">
              <span>{count(user.plays)}</span>
              <span class="soft small">{span(user.duration_s)}</span>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Snapshots({ answer }: { answer: CollectionSnapshots }) {
  const kept = answer.snapshots;
  const oldestFirst = useMemo(() => kept.slice().reverse(), [answer]);
  const times = useMemo(() => oldestFirst.map((s) => Date.parse(s.collected_at) / 1000), [oldestFirst]);
  const series = useMemo(() => [{ name: "plays", values: oldestFirst.map((s) => s.plays), color: "--c1" }], [oldestFirst]);
  if (kept.length === 0) {
    return (
      <Card title="Snapshots">
        <p class="soft small">None was kept yet. One is kept each day, and whenever somebody counts.</p>
      </Card>
    );
  }
  return (
    <Card title="Snapshots">
      {kept.length > 1 && (
        <Chart
          bare
          title="Plays at each counting"
          time
          categories={times}
          series={series}
          kind="lines"
          unit="plays"
          heightPx={140}
        />
      )}
      <div class="scroller collections-kept" tabIndex={0} role="region" aria-label="Snapshots, newest first">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Counted</th>
              <th scope="col" class="n">
                Plays
              </th>
              <th scope="col" class="n">
                Users
              </th>
              <th scope="col" class="n">
                Watched
              </th>
              <th scope="col">Rotation</th>
            </tr>
          </thead>
          <tbody>
            {kept.map((one) => (
              <tr key={one.id}>
                <td class="collections-time">{dateTime(one.collected_at)}</td>
                <td class="n">{count(one.plays)}</td>
                <td class="n">{count(one.unique_users)}</td>
                <td class="n">{percent(watchedShare(one))}</td>
                <td>
                  {one.rotation_id === undefined ? (
                    "–"
                  ) : (
                    <a href={href(`/collections?rotation=${encodeURIComponent(one.rotation_id)}`)}>{one.rotation_id}</a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
