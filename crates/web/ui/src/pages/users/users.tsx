import type { UserEntry, UsersAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href, place, setQuery } from "../../app/router";
import { count, counted, NOTHING, percent } from "../../format/numbers";
import { userPath } from "../../format/paths";
import { ago, dateTime, span } from "../../format/times";
import { FilterBar, filterParams } from "../../ui/filter/filter-bar";
import { Avatar, Empty, Failed, Head, Waiting } from "../../ui/parts";
import { SortHead, orderOf } from "../../ui/sort";
import { sorted } from "../../ui/sorted";
import { playsAt } from "../profile/rules";
import { playsNow } from "./now";
import "./users.css";

/** The most the interface tells at once; whoever played less is found through the history. */
const MOST = 500;
const EVERY_MS = 60_000;

const KEYS: Record<string, (user: UserEntry) => string | number | undefined> = {
  name: (user) => user.name,
  plays: (user) => user.plays,
  time: (user) => user.seconds,
  seen: (user) => user.last_started_at,
};

export default function Users() {
  const params = { ...filterParams("0"), limit: MOST };
  const got = useGet<UsersAnswer>("api/v1/users", params, EVERY_MS);
  const find = place.value.query.get("find") ?? "";
  return (
    <>
      <Head title="Users">
        <input
          class="input users-find"
          type="search"
          placeholder="Find a name"
          aria-label="Find a name"
          value={find}
          onInput={(event) => setQuery({ find: event.currentTarget.value || undefined }, true)}
        />
      </Head>
      <div class="stack">
        <FilterBar days="0" />
        {got.data ? (
          <Ranking answer={got.data} find={find} />
        ) : got.error ? (
          <Failed error={got.error} retry={got.reload} />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  );
}

function Ranking({ answer, find }: { answer: UsersAnswer; find: string }) {
  const order = orderOf("-plays");
  const wanted = find.toLocaleLowerCase();
  const all = answer.users.reduce((sum, user) => sum + user.plays, 0);
  const found = answer.users.filter((user) =>
    [user.name, user.username].some((name) => name?.toLocaleLowerCase().includes(wanted)) || !wanted,
  );
  const rows = sorted(found, KEYS[order.by] ?? KEYS.plays!, order.down);
  if (answer.users.length === 0) {
    return (
      <Empty icon="users">
        <p>Nobody is known yet. Accounts appear here after their first play, or with an import from Tautulli.</p>
      </Empty>
    );
  }
  if (rows.length === 0) {
    return (
      <Empty icon="search">
        <p>No name has “{find}” in it.</p>
      </Empty>
    );
  }
  return (
    <div class="card users-card">
      <table class="table users-table">
        <thead>
          <tr>
            <th scope="col" class="n users-rank">
              <span class="unseen">Rank</span>
            </th>
            <SortHead by="name" order={order} text>
              User
            </SortHead>
            <SortHead by="plays" order={order} n>
              Plays
            </SortHead>
            <SortHead by="time" order={order} n>
              Time
            </SortHead>
            <th scope="col" class="users-wide">
              Share of plays
            </th>
            <SortHead by="seen" order={order} class="users-wide">
              Last seen
            </SortHead>
          </tr>
        </thead>
        <tbody>
          {rows.map((user, n) => (
            <Row key={user.id ?? user.name} user={user} place={n + 1} all={all} />
          ))}
        </tbody>
      </table>
      {answer.users_total > answer.users.length && (
        <p class="soft small users-more">
          {count(answer.users.length)} of {count(answer.users_total)} are shown, the most played first. Choose a server
          or a library to see others.
        </p>
      )}
    </div>
  );
}

function Row({ user, place: rank, all }: { user: UserEntry; place: number; all: number }) {
  const ratio = all > 0 ? user.plays / all : 0;
  const name = user.name ?? user.username ?? "Nobody named";
  const to = user.id === undefined ? playsAt({ user: user.name }) : userPath(user.id);
  const playing = playsNow(user);
  const last = [user.last_title, user.last_player].filter(Boolean).join(" · ");
  return (
    <tr>
      <td class="n soft users-rank">{rank}</td>
      <td class="users-who">
        <a class="row" href={href(to)}>
          <Avatar name={name} />
          <span class="users-name">
            <span class="clip" title={name}>
              {name}
            </span>
            <span class={playing ? "users-seen playing tiny clip" : "users-seen tiny clip"} aria-hidden={playing}>
              {playing ? "Playing" : user.last_started_at ? ago(user.last_started_at) : "not yet"}
            </span>
          </span>
        </a>
        {playing && <span class="tag good">Playing</span>}
      </td>
      <td class="n">{count(user.plays)}</td>
      <td class="n">{span(user.seconds)}</td>
      <td class="users-wide">
        <span class="row">
          <span class="users-bar" aria-hidden="true">
            <span style={{ width: `${ratio * 100}%` }} />
          </span>
          <span class="number small users-percent">{percent(ratio)}</span>
        </span>
      </td>
      <td class="users-wide">
        {user.last_started_at ? (
          <div class="users-last">
            <time dateTime={user.last_started_at} title={dateTime(user.last_started_at)}>
              {playing ? "now" : ago(user.last_started_at)}
            </time>
            <div class="soft small clip" title={last}>
              {last || NOTHING}
            </div>
          </div>
        ) : (
          <span class="soft">{counted(0, "play")}</span>
        )}
      </td>
    </tr>
  );
}
