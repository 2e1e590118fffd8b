import { useState } from "preact/hooks";
import type { CollectAnswer, CollectionFailure, CollectionList, CollectionRow } from "../../api/schema";
import { send } from "../../api/client";
import { useGet } from "../../api/useGet";
import { isAdmin } from "../../app/access";
import { href, place, setQuery } from "../../app/router";
import { count, percent } from "../../format/numbers";
import { ago, dateTime, span } from "../../format/times";
import { serverName } from "../../live/store";
import { Card, Empty, Failed, Head, Popover, Poster, Segments, Waiting } from "../../ui/parts";
import { orderOf, SortHead } from "../../ui/sort";
import { sorted } from "../../ui/sorted";
import { Rotations } from "./rotations";
import { collectionPath, places, told, watchedShare } from "./rules";
import "./collections.css";

const KEYS: Record<string, (row: CollectionRow) => string | number | undefined> = {
  title: (row) => row.title,
  items: (row) => row.items ?? undefined,
  plays: (row) => row.latest?.plays,
  users: (row) => row.latest?.unique_users,
  time: (row) => row.latest?.duration_s,
  share: (row) => watchedShare(row.latest),
  counted: (row) => row.latest?.collected_at,
};

const VIEWS = [
  ["ranking", "Ranking"],
  ["rotations", "Rotations"],
] as const;

export default function Collections() {
  const got = useGet<CollectionList>("api/v1/collections", {});
  const [round, setRound] = useState(0);
  const find = place.value.query.get("find") ?? "";
  const { query } = place.value;
  const view = query.has("rotation") || query.get("view") === "rotations" ? "rotations" : "ranking";
  const [said, say] = useState<Said>();
  const recounted = (what: Said) => {
    say(what);
    got.reload();
    setRound(round + 1);
  };
  return (
    <>
      <Head title="Collections">
        <input
          class="input collections-find"
          type="search"
          placeholder="Find a collection"
          aria-label="Find a collection"
          value={find}
          onInput={(event) => setQuery({ find: event.currentTarget.value || undefined }, true)}
        />
        {isAdmin() && <CountNow done={recounted} />}
      </Head>
      <div class="stack">
        {got.data ? (
          <>
            <Failures failed={got.data.failed} />
            <div class="row wrap">
              <Segments
                label="View"
                value={view}
                options={VIEWS}
                onChange={(to) => setQuery({ view: to === "ranking" ? undefined : to, rotation: undefined })}
              />
              <span role="status" class="collections-said">{said && <span class={said.good ? "tag good" : "tag wait"}>{said.text}</span>}</span>
            </div>
            {view === "rotations" ? <Rotations key={round} /> : <Ranking rows={got.data.collections} find={find} />}
          </>
        ) : got.error ? (
          <Failed error={got.error} retry={got.reload} />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  );
}

/** What came of a counting. */
interface Said {
  good: boolean;
  text: string;
}

function CountNow({ done }: { done: (what: Said) => void }) {
  const [busy, setBusy] = useState(false);
  const [rotation, setRotation] = useState("");
  const count = async (close: () => void) => {
    setBusy(true);
    const body = rotation.trim() ? { rotation_id: rotation.trim() } : {};
    try {
      const answer = await send<CollectAnswer>("POST", "api/v1/collections/collect", body);
      done({ good: answer.status === "success", text: told(answer) });
    } catch (error) {
      done({ good: false, text: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
    close();
  };
  return (
    <Popover label="Count now">
      {(close) => (
        <form
          class="stack collections-count"
          onSubmit={(event) => {
            event.preventDefault();
            void count(close);
          }}
        >
          <p class="small soft">Asks the servers what is in each collection, and keeps what was watched of it.</p>
          <label class="field">
            <span>For a rotation</span>
            <input
              class="input"
              value={rotation}
              placeholder="its number or name, if any"
              onInput={(event) => setRotation(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button main" disabled={busy}>
            {busy ? "Counting…" : "Count"}
          </button>
        </form>
      )}
    </Popover>
  );
}

/** What could not be asked or counted, each once. */
export function Failures({ failed }: { failed: readonly CollectionFailure[] }) {
  if (failed.length === 0) return null;
  return (
    <ul class="notice wait">
      {[...new Set(failed.map((f) => [f.server && serverName(f.server), f.library, f.collection, f.reason].filter(Boolean).join(": ")))].map(
        (text) => (
          <li key={text}>{text}</li>
        ),
      )}
    </ul>
  );
}

function Ranking({ rows, find }: { rows: readonly CollectionRow[]; find: string }) {
  const order = orderOf("-plays");
  const wanted = find.toLocaleLowerCase();
  const found = rows.filter((row) => !wanted || `${row.title} ${row.library}`.toLocaleLowerCase().includes(wanted));
  const shown = sorted(found, KEYS[order.by] ?? KEYS.plays!, order.down);
  if (shown.length === 0) {
    return (
      <Empty icon="collection">
        <p>
          {rows.length === 0
            ? "Your servers have no collections yet. Those you make in Plex appear here by themselves."
            : `No collection has “${find}” in its name.`}
        </p>
      </Empty>
    );
  }
  const windows = new Set(rows.map((row) => row.latest?.window_days).filter((days) => days !== undefined));
  const [days] = windows;
  return (
    <Card class="collections-card">
      {windows.size === 1 && (
        <p class="soft small collections-window">
          What was watched {days === 0 ? "of all time" : `in the ${days} days`} before each was last counted.
        </p>
      )}
      {rows.every((row) => !row.latest) && (
        <p class="soft small collections-window">Nothing was counted yet. It happens once a day by itself, or on demand.</p>
      )}
      <div class="scroller" tabIndex={0} role="region" aria-label="Collections, ranked">
        <table class="table">
          <thead>
            <tr>
              <SortHead by="title" order={order} text>
                Collection
              </SortHead>
              <SortHead by="plays" order={order} n>
                Plays
              </SortHead>
              <SortHead by="users" order={order} n>
                Users
              </SortHead>
              <SortHead by="time" order={order} n>
                Time
              </SortHead>
              <SortHead by="items" order={order} n>
                Items
              </SortHead>
              <SortHead by="share" order={order}>
                Watched of it
              </SortHead>
              <th scope="col">Shown</th>
              <SortHead by="counted" order={order}>
                Counted
              </SortHead>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={`${row.server}/${row.library}/${row.rating_key ?? row.title}`} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Row({ row }: { row: CollectionRow }) {
  const { latest } = row;
  const share = watchedShare(latest);
  const key = row.rating_key;
  return (
    <tr>
      <td>
        <div class="row collections-what">
          <Poster server={row.server} ratingKey={key?.toString()} icon="collection" width={34} />
          <div class="collections-names">
            {key === undefined ? (
              <span class="clip">{row.title}</span>
            ) : (
              <a class="clip" href={href(collectionPath(row.server, key))} title={row.title}>
                {row.title}
              </a>
            )}
            <span class="soft small clip">
              {[row.library, serverName(row.server), row.smart && "smart"].filter(Boolean).join(" · ")}
            </span>
          </div>
        </div>
      </td>
      <td class="n">{count(latest?.plays)}</td>
      <td class="n">{count(latest?.unique_users)}</td>
      <td class="n collections-time">{span(latest?.duration_s)}</td>
      <td class="n">{count(row.items)}</td>
      <td>
        <Watched share={share} />
      </td>
      <td>
        <Shown row={row} />
      </td>
      <td class="collections-time">
        {latest ? (
          <time dateTime={latest.collected_at} title={dateTime(latest.collected_at)}>
            {ago(latest.collected_at)}
          </time>
        ) : (
          <span class="soft">not yet</span>
        )}
      </td>
    </tr>
  );
}

function Watched({ share }: { share: number | undefined }) {
  if (share === undefined) return <span class="soft">{percent(undefined)}</span>;
  return (
    <span class="row">
      <span class="collections-bar" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span class="number small">{percent(share)}</span>
    </span>
  );
}

export function Shown({ row }: { row: Pick<CollectionRow, "visibility"> }) {
  const at = places(row);
  if (!at) return <span class="soft">–</span>;
  if (at.length === 0) return <span class="soft small">nowhere</span>;
  return (
    <span class="collections-places">
      {at.map((name) => (
        <span class="tag good" key={name}>
          {name}
        </span>
      ))}
    </span>
  );
}
