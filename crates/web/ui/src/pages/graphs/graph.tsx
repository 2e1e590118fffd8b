// One graph: asked for when it comes near, with its room kept until then.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Params } from "../../api/client";
import type { AnalyticsMeta, RankingAnswer, TableAnswer } from "../../api/schema";
import { type Got, useGet } from "../../api/useGet";
import { go, place } from "../../app/router";
import { weekStart } from "../../app/prefs";
import { Chart, type ChartProps } from "../../charts/chart";
import { MEDIA } from "../../format/words";
import { Card, Failed } from "../../ui/parts";
import { FILTERS, filterParams } from "../../ui/filter/filter-bar";
import { type Changes, type Measure, playsQuery, rankedTable, titled, weekFrom } from "./rules";
import { MEDIA_ORDER, seriesOf, type Spec } from "./specs";

/** How far below the window a graph is asked for. */
const NEAR = "500px";

/** What every graph is asked with: the filter of the address and the measure. */
export function useQuestion(): { params: Params; measure: Measure } {
  const measure: Measure = place.value.query.get("measure") === "seconds" ? "seconds" : "plays";
  return { params: { ...filterParams(), measure }, measure };
}

/** True from when the element first came near the window. */
function useNear<T extends Element>() {
  const own = useRef<T>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const { current } = own;
    if (!current || near) return;
    const seen = new IntersectionObserver((all) => all.some((e) => e.isIntersecting) && setNear(true), {
      rootMargin: `${NEAR} 0px`,
    });
    seen.observe(current);
    return () => seen.disconnect();
  }, [near]);
  return { own, near };
}

/** Goes to the plays that the present filter and `changes` leave. */
export function showPlays(changes: Changes): void {
  go(`/history?${playsHere(changes)}`);
}

export function playsHere(changes: Changes): string {
  return playsQuery(place.value.query, Object.keys(FILTERS), changes);
}

/** A place in the page for what `ask` asks and `draw` draws; the room of a graph while nothing is known. */
export function Room<T>(props: {
  title: string;
  path: string;
  params: Params;
  wide?: boolean;
  draw: (data: T) => ComponentChildren;
}) {
  const { own, near } = useNear<HTMLDivElement>();
  const got = useGet<T>(near ? props.path : null, props.params);
  // Of the filter before, until the answer to the present one comes.
  const old = got.loading && got.data !== undefined;
  const classes = ["graphs-room", props.wide && "wide", old && "old"].filter(Boolean).join(" ");
  return (
    <div ref={own} class={classes} aria-busy={got.loading || !near}>
      {got.data ? props.draw(got.data) : <Blank title={props.title} got={near ? got : undefined} />}
    </div>
  );
}

function Blank({ title, got }: { title: string; got: Got<unknown> | undefined }) {
  return (
    <Card title={title} class="chart">
      <div class="graphs-blank">{got?.error && <Failed error={got.error} retry={got.reload} />}</div>
    </Card>
  );
}

export function SpecGraph({ spec, note }: { spec: Spec; note?: (data: TableAnswer) => ComponentChildren }) {
  const { params, measure } = useQuestion();
  const title = titled(spec.title, measure);
  return (
    <Room<TableAnswer>
      title={title}
      path={`api/v1/analytics/${spec.path}`}
      params={{ ...params, ...spec.params }}
      wide={spec.wide}
      draw={(data) => <Drawn spec={spec} title={title} data={data} note={note?.(data)} />}
    />
  );
}

const unitOf = (meta: AnalyticsMeta): ChartProps["unit"] => (meta.measure === "seconds" ? "seconds" : "plays");

function Drawn(props: { spec: Spec; title: string; data: TableAnswer; note?: ComponentChildren }) {
  const { spec, title, data } = props;
  const first = weekStart();
  const table = useMemo(
    () => (spec.params.by === "weekday" ? weekFrom(data.table, first) : data.table),
    [data.table, first],
  );
  const series = useMemo(() => seriesOf(table, spec.words), [table]);
  const { label, longLabel, target } = spec;
  const changesOf = (index: number) => target(table.categories[index] ?? "", data.meta);
  const onSelect = (index: number, name?: string) => {
    const changes = changesOf(index);
    if (changes) showPlays({ ...changes, ...(name === undefined ? {} : { [spec.filter]: name }) });
  };
  return (
    <Chart
      title={title}
      categories={table.categories}
      series={series}
      totals={table.total}
      kind={spec.kind ?? "bars"}
      stacked
      unit={unitOf(data.meta)}
      label={label && ((c) => label(String(c)))}
      longLabel={longLabel && ((c) => longLabel(String(c)))}
      names={spec.names}
      note={props.note}
      onSelect={onSelect}
      canSelect={(index) => changesOf(index) !== undefined}
    />
  );
}

/** Places of the other rankings, in which those of the first are looked up. */
const LOOKED_UP_MAX = 500;

/** The ten top users or platforms, with what they played by media: a ranking of all, and one of each media. */
export function TopGraph({ title, kind }: { title: string; kind: "user" | "platform" }) {
  const { params, measure } = useQuestion();
  const asked = { ...params, of: `${kind}s` };
  return (
    <Room<RankingAnswer>
      title={titled(title, measure)}
      path="api/v1/analytics/top"
      params={{ ...asked, limit: 10 }}
      draw={(all) => <Top title={titled(title, measure)} kind={kind} all={all} asked={asked} />}
    />
  );
}

function Top(props: { title: string; kind: "user" | "platform"; all: RankingAnswer; asked: Params }) {
  const { title, kind, all, asked } = props;
  const chosen = place.value.query.getAll("media");
  const of = (media: string) => {
    const wanted = chosen.length === 0 || chosen.includes(media);
    const params = { ...asked, media, limit: LOOKED_UP_MAX };
    return { media, wanted, got: useGet<RankingAnswer>(wanted ? "api/v1/analytics/top" : null, params) };
  };
  const answers = MEDIA_ORDER.map(of);
  const { columns, table } = useMemo(() => {
    const known = answers.filter((a) => a.wanted).map((a) => [a.media, a.got.data] as const);
    return rankedTable(kind, all, known);
  }, [all, asked.media, ...answers.map((a) => a.got.data)]);
  const onSelect = (index: number, name?: string) => {
    const changes = columns[index]?.changes;
    if (changes) showPlays({ ...changes, ...(name === undefined ? {} : { media: name }) });
  };
  const series = useMemo(() => seriesOf(table, MEDIA), [table]);
  // Half of the media would be a wrong graph.
  const lacking = answers.filter((a) => a.wanted && !a.got.data);
  if (lacking.length > 0) return <Blank title={title} got={lacking.find((a) => a.got.error)?.got} />;
  return (
    <Chart
      title={title}
      categories={table.categories}
      series={series}
      totals={table.total}
      kind="bars"
      stacked
      unit={unitOf(all.meta)}
      names
      onSelect={onSelect}
      canSelect={(index) => columns[index]?.changes !== undefined}
    />
  );
}
