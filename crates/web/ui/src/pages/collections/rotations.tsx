// What a change of the home screen brought: the same collections before and after it.
import { useState } from "preact/hooks";
import type { CollectionSnapshots, ComparedCollection, RotationComparison } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href, place, setQuery } from "../../app/router";
import { count, counted } from "../../format/numbers";
import { ago, dateTime, span } from "../../format/times";
import { Card, Failed, Segments, Stat, Waiting } from "../../ui/parts";
import { sorted } from "../../ui/sorted";
import { Failures } from "./collections";
import { added, change, collectionPath, rotationsOf } from "./rules";

/** Snapshots that are searched for rotations; older ones are found by their id. */
const LOOKED_THROUGH = 500;
const DAYS = [
  ["7", "7 days"],
  ["14", "14 days"],
  ["30", "30 days"],
] as const;

export function Rotations() {
  const got = useGet<CollectionSnapshots>("api/v1/collections/snapshots", { limit: LOOKED_THROUGH });
  const [typed, type] = useState("");
  const chosen = place.value.query.get("rotation") ?? undefined;
  if (got.data === undefined && got.error) return <Failed error={got.error} retry={got.reload} />;
  if (got.data === undefined) return <Waiting />;
  const known = rotationsOf(got.data.snapshots);
  return (
    <Card
      title="Rotations"
      tools={
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim()) setQuery({ rotation: typed.trim(), view: "rotations" });
          }}
        >
          <input
            class="input collections-id"
            aria-label="Rotation by its id"
            placeholder="Another id"
            value={typed}
            onInput={(event) => type(event.currentTarget.value)}
          />
          <button type="submit" class="button" disabled={!typed.trim()}>
            Compare
          </button>
        </form>
      }
    >
      <div class="stack">
        {known.length === 0 && chosen === undefined && (
          <p class="soft small">
            A rotation is whatever changes your home screen. Count with its id when it begins, and what was watched before
            and after stands here.
          </p>
        )}
        {known.length > 0 && (
          <ul class="row wrap" aria-label="Known rotations">
            {known.map((rotation) => (
              <li key={rotation.id}>
                <button
                  type="button"
                  class="button collections-rotation"
                  aria-pressed={rotation.id === chosen}
                  onClick={() => setQuery({ rotation: rotation.id, view: "rotations" })}
                >
                  <span class="clip">{rotation.id}</span>
                  <span class="soft small">
                    {ago(rotation.since)} · {counted(rotation.collections, "collection")}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {chosen !== undefined && <Compared id={chosen} key={chosen} />}
      </div>
    </Card>
  );
}

function Compared({ id }: { id: string }) {
  const said = place.value.query.get("stretch");
  const days = DAYS.find(([value]) => value === said)?.[0] ?? "14";
  const got = useGet<RotationComparison>(`api/v1/rotations/${encodeURIComponent(id)}/compare`, { days });
  if (!got.data) return got.error ? <Failed error={got.error} retry={got.reload} /> : <Waiting />;
  const { data } = got;
  const [before, after] = [added(data.collections.map((c) => c.before)), added(data.collections.map((c) => c.after))];
  return (
    <div class="stack">
      <div class="row wrap">
        <Segments
          label="Length of each stretch"
          value={days}
          options={DAYS}
          onChange={(to) => setQuery({ stretch: to }, true)}
        />
        <p class="soft small">
          {span(data.length_s)} before and after {dateTime(data.started_at)}
          {data.ended_at && `, when it began; it ended ${dateTime(data.ended_at)}`}
        </p>
      </div>
      <div class="collections-sums">
        <Stat
          name="plays, all collections"
          value={`${count(before.plays)} → ${count(after.plays)}`}
          note={change(before.plays, after.plays, count)}
        />
        <Stat
          name="time, all collections"
          value={`${span(before.duration_s)} → ${span(after.duration_s)}`}
          note={change(before.duration_s, after.duration_s, span)}
        />
      </div>
      <p class="soft small">A play counts in each collection it belongs to.</p>
      <Failures failed={data.failed} />
      <div class="scroller" tabIndex={0} role="region" aria-label={`Before and after the rotation ${id}`}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Collection</th>
              <th scope="col" class="n">
                Plays before
              </th>
              <th scope="col" class="n">
                after
              </th>
              <th scope="col" class="n">
                Users before
              </th>
              <th scope="col" class="n">
                after
              </th>
              <th scope="col" class="n">
                Time before
              </th>
              <th scope="col" class="n">
                after
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted(data.collections, (one) => one.before.plays + one.after.plays, true).map((one) => (
              <ComparedRow key={`${one.server}/${one.rating_key}`} one={one} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function ComparedRow({ one }: { one: ComparedCollection }) {
  const { before, after } = one;
  return (
    <tr>
      <th scope="row">
        <a class="text" href={href(collectionPath(one.server, one.rating_key))}>
          {one.collection}
        </a>
        <div class="soft">{one.library}</div>
      </th>
      <td class="n">{count(before.plays)}</td>
      <After from={before.plays} to={after.plays} shown={count} />
      <td class="n">{count(before.unique_users)}</td>
      <After from={before.unique_users} to={after.unique_users} shown={count} />
      <td class="n collections-time">{span(before.duration_s)}</td>
      <After from={before.duration_s} to={after.duration_s} shown={span} />
    </tr>
  );
}

function After({ from, to, shown }: { from: number; to: number; shown: (n: number) => string }) {
  const tone = to > from ? "tag good" : "tag bad";
  return (
    <td class="n collections-time">
      {shown(to)} {to !== from && <span class={tone}>{change(from, to, shown)}</span>}
    </td>
  );
}
