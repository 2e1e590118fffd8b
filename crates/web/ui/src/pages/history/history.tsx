import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { address, get, type Params } from "../../api/client";
import type { HistoryPage } from "../../api/schema";
import { access } from "../../app/access";
import { isReturn, place } from "../../app/router";
import { counted } from "../../format/numbers";
import { sessions } from "../../live/store";
import { FilterBar, filterParams } from "../../ui/filter/filter-bar";
import { Icon } from "../../ui/icon";
import { Empty, Failed, Head, Waiting } from "../../ui/parts";
import { openIn, useOpenPlay } from "./address";
import { PlaySheet } from "./play-sheet";
import { PATH, Plays } from "./plays";
import { Table } from "./table";
import { Grouping, Search, Tools } from "./tools";
import "./history.css";

/** Without a session that ended, plays may still come: by an import, or by another address. */
const LOOK_MS = 30_000;

/** A play is written down within this after its session ended. */
const WRITTEN_MS = 1_500;

export default function Page() {
  const params = paramsNow();
  const q = place.value.query.get("q") ?? undefined;
  const { plays, stale, again } = usePlays(params);
  const open = useOpenPlay();
  const fresh = useNewPlays(plays);
  const step = (by: 1 | -1) => {
    // Of this moment: a second key may come before the page has drawn what the first one did.
    const from = openIn(place.peek().query);
    if (!plays || from === undefined) return;
    void plays.neighbour(from, by).then((id) => id !== undefined && open.show(id));
  };
  const renew = () => {
    again();
    scrollTo({ top: 0 });
  };
  return (
    <>
      <Head title="History">
        <Tools params={params} />
      </Head>
      <div class="row wrap history-bar">
        <Search />
        <span class="soft history-count" role="status">
          {plays?.total !== undefined && counted(plays.total, "play")}
        </span>
        <Grouping />
      </div>
      <FilterBar days="0" without={["q"]} />
      {fresh > 0 && (
        <div class="history-fresh">
          <button type="button" class="button main" onClick={renew}>
            <Icon name="up" /> {counted(fresh, "new play")}
          </button>
        </div>
      )}
      <List plays={plays} stale={stale} q={q} open={open.id} again={again} />
      {open.id !== undefined && <PlaySheet id={open.id} onClose={open.close} onStep={plays && step} />}
    </>
  );
}

function paramsNow(): Params {
  const params = filterParams("0");
  return place.value.query.get("grouped") === "false" ? { ...params, grouped: false } : params;
}

interface ListProps {
  plays: Plays | undefined;
  stale: boolean;
  q: string | undefined;
  open: number | undefined;
  again: () => void;
}

function List({ plays, stale, q, open, again }: ListProps) {
  // Read here, so that a page of plays draws the list and not the whole page.
  void plays?.version.value;
  if (!plays) return <Waiting />;
  if (plays.rows.count > 0) return <Table plays={plays} stale={stale} q={q} open={open} />;
  if (plays.error?.status === 404) {
    return (
      <Empty icon="history">
        <p>No history is kept.</p>
        <p class="small">
          Set <code>enabled = true</code> under <code>[history]</code> in the configuration and restart.
        </p>
      </Empty>
    );
  }
  if (plays.error) return <Failed error={plays.error} retry={again} />;
  const filtered = [...place.value.query.keys()].some((name) => name !== "play" && name !== "grouped");
  return (
    <Empty icon={filtered ? "search" : "history"}>
      <p>
        {filtered
          ? "Nothing was played that fits. Take away a filter or search for less."
          : "Nothing was played yet. A play is listed here as soon as it ends; an earlier history can be imported."}
      </p>
    </Empty>
  );
}

/** The list as it was left, and by whom, for who comes back to it by the browser's own step. */
let left: { plays: Plays; asked: string; who: typeof access.value } | undefined;

function leave(plays: Plays, asked: string): void {
  const whole = plays.rows.pages > 0 && !plays.error;
  left = whole ? { plays, asked, who: access.peek() } : undefined;
}

/** Once: who then filters, and takes the filter away, sees what is there now. */
function asLeft(asked: string): Plays | undefined {
  const found = isReturn() && left?.asked === asked && left.who === access.peek() ? left.plays : undefined;
  left = undefined;
  return found;
}

/** The plays of the filter; those of the one before stay, as stale, until the first page of the new ones has come. */
function usePlays(params: Params): { plays: Plays | undefined; stale: boolean; again: () => void } {
  const [round, setRound] = useState(0);
  const asked = address(PATH, params);
  const key = `${round} ${asked}`;
  const plays = useMemo(() => asLeft(asked) ?? new Plays(params), [key]);
  const [shown, setShown] = useState(plays.rows.count > 0 ? { plays, key } : undefined);
  const latest = useRef({ plays, asked });
  latest.current = { plays, asked };
  useEffect(() => {
    let gone = false;
    void plays.ready.then(() => !gone && setShown({ plays, key }));
    return () => {
      gone = true;
      plays.close();
    };
  }, [plays]);
  useEffect(() => () => leave(latest.current.plays, latest.current.asked), []);
  return { plays: shown?.plays, stale: shown !== undefined && shown.key !== key, again: () => setRound((n) => n + 1) };
}

/** How many plays have been added to the list since it was asked for. */
function useNewPlays(plays: Plays | undefined): number {
  const [fresh, setFresh] = useState(0);
  useEffect(() => {
    setFresh(0);
    if (!plays || plays.error) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      timer = setTimeout(look, LOOK_MS);
      if (document.visibilityState !== "visible") return;
      const now = await get<HistoryPage>(PATH, { ...plays.params, limit: 1 }, stop.signal).catch(() => undefined);
      const newest = now?.plays[0]?.id;
      if (!now || newest === undefined || newest === plays.newestId) return;
      // A play that continues another adds none to the total.
      setFresh(Math.max(1, now.meta.total - (plays.total ?? 0)));
    };
    timer = setTimeout(look, LOOK_MS);
    let before = new Set<string>();
    const watch = effect(() => {
      const ids = new Set(sessions.value.map((s) => s.peek().id));
      const ended = [...before].some((id) => !ids.has(id));
      before = ids;
      if (!ended) return;
      clearTimeout(timer);
      timer = setTimeout(look, WRITTEN_MS);
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
      watch();
    };
  }, [plays]);
  return fresh;
}
