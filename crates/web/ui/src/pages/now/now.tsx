// What plays now: the first thing anyone sees.
import { signal, useComputed } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isAdmin } from "../../app/access";
import { type Prefs, prefer, prefs } from "../../app/prefs";
import { href } from "../../app/router";
import { useGet } from "../../api/useGet";
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
import type { Load } from "./recent";
import { Strip } from "./strip";
import { Table } from "./table";
import { passes } from "./tally";
import "./now.css";

const DENSITIES = [
  ["auto", "Auto"],
  ["rich", "Cards"],
  ["compact", "Compact"],
  ["table", "Table"],
] as const satisfies ReadonlyArray<readonly [Prefs["density"], string]>;

const NARROW = matchMedia("(max-width: 760px)");
const narrow = signal(NARROW.matches);
NARROW.addEventListener("change", () => {
  narrow.value = NARROW.matches;
});

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
  // The limit of the line alone: the graph asks for the series itself.
  const { data } = useGet<Load>("api/v1/load", { minutes: 1 });
  if (servers.value.length === 0) return <Nobody />;
  return (
    <div class="stack">
      <Strip uploadLimitBps={data?.upload_limit_bps} />
      {sessions.value.length === 0 ? <Quiet /> : <Wall />}
      <OnAir />
      <Later />
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

function Wall() {
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
  return <Streams list={list} density={density} />;
}

function Streams({ list, density }: { list: readonly Live[]; density: Density }) {
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

let Lines: ComponentType | undefined;

/** The graph, once the cards are there. */
function Later() {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (Lines) return;
    import("./bandwidth").then(
      (module) => {
        Lines = module.default;
        redraw(1);
      },
      // After an update of the program; the page says so when it is next changed.
      () => {},
    );
  }, []);
  return Lines ? <Lines /> : <div class="card now-lines" />;
}
