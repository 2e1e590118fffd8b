import type { Libraries as Answer, Library, LibraryKind, RankedEntry, RankingAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href } from "../../app/router";
import { bytes, count, counted, percent } from "../../format/numbers";
import { ago, dateTime, span, zone } from "../../format/times";
import { known, libraries as live, serverName, servers } from "../../live/store";
import { Icon, type IconName } from "../../ui/icon";
import { Card, Empty, Failed, Head, Stat, Waiting } from "../../ui/parts";
import { playsAt } from "../profile/rules";
import { amount, byLibrary, kindsOf, libraryPath, totals } from "./rules";
import "./libraries.css";

const EVERY_MS = 60_000;
/** More libraries than anybody has; the ranking tells the ones that were played. */
const MOST = 500;
const WINDOW_DAYS = 30;

export const PICTURES: Record<LibraryKind, IconName> = {
  movie: "film",
  show: "tv",
  artist: "music",
  photo: "image",
  homevideo: "film",
  other: "library",
};

interface Played {
  recent: Map<string, RankedEntry> | undefined;
  ever: Map<string, RankedEntry> | undefined;
}

function usePlayed(): Played {
  const top = (days: number) => ({ of: "libraries", days, limit: MOST, time_zone: zone() });
  const recent = useGet<RankingAnswer>("api/v1/analytics/top", top(WINDOW_DAYS), EVERY_MS);
  const ever = useGet<RankingAnswer>("api/v1/analytics/top", top(0), EVERY_MS);
  return { recent: recent.data && byLibrary(recent.data.entries), ever: ever.data && byLibrary(ever.data.entries) };
}

export default function Libraries() {
  const got = useGet<Answer>("api/v1/libraries", {}, EVERY_MS);
  const played = usePlayed();
  // The live connection tells changes at once; without it there is the answer.
  const all = known.value ? live.value : got.data?.libraries;
  if (!all) {
    return (
      <>
        <Head title="Libraries" />
        {got.error ? <Failed error={got.error} retry={got.reload} /> : <Waiting />}
      </>
    );
  }
  const ids = [...new Set(all.map((library) => library.server_id))];
  const here = new Set(all.map((library) => `${library.server_id}\n${library.id}`));
  const gone = [...(played.ever ?? new Map<string, RankedEntry>())].filter(([key]) => !here.has(key)).map(([, e]) => e);
  return (
    <>
      <Head title="Libraries" />
      <div class="libraries-page">
        {all.length === 0 && (
          <Empty icon="library">
            <p>No server has told its libraries yet. They appear when one answers.</p>
            <a class="button" href={href("/servers")}>
              How the servers are
            </a>
          </Empty>
        )}
        {ids.map((id) => (
          <OfServer key={id} id={id} libraries={all.filter((l) => l.server_id === id)} played={played} />
        ))}
        {gone.length > 0 && <Gone entries={gone} />}
      </div>
    </>
  );
}

function OfServer({ id, libraries, played }: { id: string; libraries: readonly Library[]; played: Played }) {
  const name = servers.value.find((s) => s.id === id)?.name ?? id;
  const sum = totals(libraries);
  return (
    <section class="stack" aria-label={name}>
      <div class="libraries-server">
        <h2>{name}</h2>
        <div class="libraries-sums">
          <Stat name={sum.libraries === 1 ? "library" : "libraries"} value={count(sum.libraries)} />
          <Stat name="storage" value={bytes(sum.storageBytes)} />
          <Stat name="to watch and hear" value={span(sum.durationMs === undefined ? undefined : sum.durationMs / 1000)} />
        </div>
      </div>
      {sum.storageBytes !== undefined && sum.storageBytes > 0 && (
        <Storage libraries={libraries} total={sum.storageBytes} />
      )}
      <ul class="libraries-cards">
        {libraries.map((library) => (
          <One key={library.id} library={library} played={played} />
        ))}
      </ul>
    </section>
  );
}

/** Which library takes how much of a server's storage. */
function Storage({ libraries, total }: { libraries: readonly Library[]; total: number }) {
  const parts = libraries
    .map((library, n) => ({ library, color: `var(--c${(n % 8) + 1})`, bytes: library.storage_bytes ?? 0 }))
    .filter((part) => part.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
  return (
    <figure class="libraries-storage">
      <div class="libraries-bar" aria-hidden="true">
        {parts.map(({ library, color, bytes: own }) => (
          <span key={library.id} style={{ flexGrow: own / total, background: color }} />
        ))}
      </div>
      <figcaption>
        <ul class="libraries-legend" aria-label="Storage by library">
          {parts.map(({ library, color, bytes: own }) => (
            <li key={library.id}>
              <i style={{ background: color }} /> {library.title} <span class="soft number">{shareOf(own, total)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

/** Something that is there is never 0 %. */
function shareOf(own: number, total: number): string {
  return own / total < 0.005 ? "<1 %" : percent(own / total);
}

function One({ library, played }: { library: Library; played: Played }) {
  const key = `${library.server_id}\n${library.id}`;
  const kinds = kindsOf(library.counts);
  const [first, ...rest] = kinds;
  const last = played.ever?.get(key)?.last_started_at;
  return (
    <li>
      <a class="card libraries-card" href={href(libraryPath(library.server_id, library.id))}>
        <span class="row">
          <span class="libraries-icon">
            <Icon name={PICTURES[library.kind] ?? "library"} />
          </span>
          <h3 class="grow clip" title={library.title}>
            {library.title}
          </h3>
          {library.refreshing && <span class="tag info">Scanning</span>}
        </span>
        <span class="libraries-counts">
          <span class="libraries-first">{first ? amount(first, library.counts[first] ?? 0) : "Nothing counted yet"}</span>
          <span class="soft small">{rest.map((kind) => amount(kind, library.counts[kind] ?? 0)).join(" · ") || "\u00a0"}</span>
        </span>
        <dl class="libraries-facts">
          <Fact name="Storage" value={bytes(library.storage_bytes)} />
          <Fact name="Length" value={span(library.duration_ms === undefined ? undefined : library.duration_ms / 1000)} />
          <Fact
            name={`Plays in ${WINDOW_DAYS} days`}
            value={played.recent ? count(played.recent.get(key)?.plays ?? 0) : "…"}
          />
          <Fact
            name="Last played"
            value={played.ever ? (last ? ago(last) : "never") : "…"}
            title={last && dateTime(last)}
          />
        </dl>
      </a>
    </li>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

/** Libraries of the history that no server lists: live television, and what was taken away. */
function Gone({ entries }: { entries: readonly RankedEntry[] }) {
  return (
    <Card title="Only in the history">
      <p class="soft small libraries-gone">Live television, and libraries that a server no longer lists.</p>
      <ul class="stack">
        {entries.map((entry) => (
          <li class="row" key={`${entry.server_id}/${entry.library_id}`}>
            <a
              class="text clip"
              href={href(
                entry.library_id === undefined
                  ? playsAt({ server: entry.server_id })
                  : libraryPath(entry.server_id, entry.library_id),
              )}
            >
              {entry.name ?? "A library without a name"}
            </a>
            <span class="soft small grow clip">{serverName(entry.server_id)}</span>
            <span class="number small">
              {counted(entry.plays, "play")} · {ago(entry.last_started_at)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
