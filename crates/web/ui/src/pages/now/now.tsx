// What plays now: the first thing anyone sees.
import type { Load } from "../../api/schema";
import { useComputed } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isAdmin } from "../../app/access";
import { whenIdle } from "../../app/idle";
import { type Prefs, prefer, prefs } from "../../app/prefs";
import { href } from "../../app/router";
import { narrow } from "../../app/screen";
import { type Got, useGet } from "../../api/useGet";
import { counted } from "../../format/numbers";
import { known, servers, sessions } from "../../live/store";
import { Empty, Head, Segments, Waiting } from "../../ui/parts";
import { watchBuffers } from "./buffer";
import { CompactCard, RichCard } from "./cards";
import { densityOf, type Density } from "./density";
import { Detail } from "./detail";
import { clearFilters, Filters, isFiltered, wantedStreams } from "./filters";
import type { Live } from "./live";
import { OnAir, Quiet } from "./quiet";
import { Strip } from "./strip";
import { Table } from "./table";
import { passes } from "./tally";
import "./now.css";

/** The server's own samples of the load replace ours this often, for what happened while the page was not seen. */
const LOAD_EVERY_MS = 5 * 60_000;

const DENSITIES = [
  ["auto", "Auto"],
  ["rich", "Cards"],
  ["compact", "Compact"],
  ["table", "Table"],
] as const satisfies ReadonlyArray<readonly [Prefs["density"], string]>;

export default function Page() {
  useEffect(watchBuffers, []);
  return (
    <>
      <Head title="Now">
        {known.value && sessions.value.length > 0 && <Filters />}
        <Segments
          label="Density"
          value={prefs.value.density}
          options={DENSITIES}
          onChange={(density) => prefer({ density })}
        />
      </Head>
      {known.value ? <Everything /> : <Waiting />}
      <Detail />
    </>
  );
}

function Everything() {
  // What nobody waits for is asked for, and drawn, once the streams are there.
  const [settled, settle] = useState(false);
  const load = useGet<Load>(settled ? "api/v1/load" : null, { minutes: 60 }, LOAD_EVERY_MS);
  const empty = sessions.value.length === 0;
  useEffect(() => {
    if (empty) settle(true);
  }, [empty]);
  if (servers.value.length === 0) return <Nobody />;
  return (
    <div class="stack">
      <Strip uploadLimitBps={load.data?.upload_limit_bps} />
      {empty ? <Quiet /> : <Wall onDrawn={() => settle(true)} />}
      {settled && <OnAir />}
      {settled && <Later load={load} />}
    </div>
  );
}

function Nobody() {
  return (
    <Empty icon="server">
      <p>No server is watched yet.</p>
      {isAdmin() && (
        <a class="button main" href={href("/welcome")}>
          Add a server
        </a>
      )}
    </Empty>
  );
}

function Wall({ onDrawn }: { onDrawn: () => void }) {
  const before = useRef<Density | undefined>(undefined);
  // Compared as text, so that what merely moves does not draw the list again.
  const ids = useComputed(() => {
    const wanted = wantedStreams();
    return isFiltered(wanted)
      ? JSON.stringify(sessions.value.filter((s) => passes(s.value, wanted)).map((s) => s.value.id))
      : undefined;
  });
  const shown = ids.value === undefined ? undefined : new Set(JSON.parse(ids.value) as string[]);
  const list = shown ? sessions.value.filter((s) => shown.has(s.peek().id)) : sessions.value;
  const density = densityOf(prefs.value.density, list.length, narrow.value, before.current);
  before.current = density;
  if (list.length === 0) {
    return (
      <Empty icon="filter">
        <p>None of the {counted(sessions.value.length, "stream")} is of this kind.</p>
        <button type="button" class="button" onClick={clearFilters}>
          Show all
        </button>
      </Empty>
    );
  }
  return <Streams list={list} density={density} onDrawn={onDrawn} />;
}

/** Streams drawn at once when the page opens, so that a slow machine shows the first of them and answers meanwhile. */
const FIRST = 2;

/** How many of `all` are drawn: the first few, then twice as many, until there are no more; `onDrawn` then. */
function useGrowing(all: number, onDrawn: () => void): number {
  const [drawn, draw] = useState(FIRST);
  useEffect(() => {
    if (drawn === Number.POSITIVE_INFINITY) return;
    const next = setTimeout(() => {
      if (drawn < all) return draw(drawn * 2);
      // What comes from now on is drawn when it comes.
      draw(Number.POSITIVE_INFINITY);
      onDrawn();
    });
    return () => clearTimeout(next);
  }, [drawn, all]);
  return drawn;
}

function Streams(props: { list: readonly Live[]; density: Density; onDrawn: () => void }) {
  const { density } = props;
  const list = props.list.slice(0, useGrowing(props.list.length, props.onDrawn));
  if (density === "table") return <Table list={list} />;
  const OneCard = density === "rich" ? RichCard : CompactCard;
  return (
    <ul class={`now-wall ${density}`} aria-label="What plays">
      {list.map((live) => (
        <OneCard key={live.peek().id} live={live} />
      ))}
    </ul>
  );
}

let Lines: ComponentType<{ load: Got<Load> }> | undefined;

/** The graph, once the cards are there and the page rests. */
function Later({ load }: { load: Got<Load> }) {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (Lines) return;
    return whenIdle(() => {
      import("./bandwidth").then(
        (module) => {
          Lines = module.default;
          redraw(1);
        },
        // After an update of the program; the page says so when it is next changed.
        () => {},
      );
    });
  }, []);
  return Lines ? <Lines load={load} /> : <div class="card now-lines" />;
}
