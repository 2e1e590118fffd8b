import type { ComponentChildren } from "preact";
import type { TableAnswer } from "../../api/schema";
import { setQuery } from "../../app/router";
import { percent } from "../../format/numbers";
import { FilterBar } from "../../ui/filter/filter-bar";
import { Head, Segments } from "../../ui/parts";
import { SpecGraph, TopGraph, useQuestion } from "./graph";
import "./graphs.css";
import { ConcurrentGraph, HardwareGraph, Peaks, ReasonsGraph, WeekGraph } from "./more";
import { BY_DATE, BY_HOUR, BY_MONTH, BY_STREAM_DATE, BY_WEEKDAY, COMPLETION, STREAMS } from "./specs";

const MEASURES = [
  ["plays", "Plays"],
  ["seconds", "Duration"],
] as const;

export default function Graphs() {
  const { measure } = useQuestion();
  return (
    <>
      <Head title="Graphs">
        <Segments
          label="Measure"
          value={measure}
          options={MEASURES}
          onChange={(next) => setQuery({ measure: next === "plays" ? undefined : next })}
        />
      </Head>
      <FilterBar />
      <Section title="Media type">
        <SpecGraph spec={BY_DATE} />
        <SpecGraph spec={BY_WEEKDAY} />
        <SpecGraph spec={BY_HOUR} />
        <TopGraph title="Play Count by Top 10 Platforms" kind="platform" />
        <TopGraph title="Play Count by Top 10 Users" kind="user" />
      </Section>
      <Section title="Stream type">
        <SpecGraph spec={BY_STREAM_DATE} />
        <ConcurrentGraph />
        {STREAMS.map((spec) => (
          <SpecGraph key={spec.title} spec={spec} />
        ))}
      </Section>
      <Section title="Totals">
        <SpecGraph spec={BY_MONTH} />
        <Peaks />
      </Section>
      <Section title="Habits">
        <WeekGraph />
      </Section>
      <Section title="Quality" three>
        <SpecGraph spec={COMPLETION} note={watchedNote} />
        <ReasonsGraph />
        <HardwareGraph />
      </Section>
    </>
  );
}

function watchedNote(data: TableAnswer): ComponentChildren {
  const { watched_ratio } = data as TableAnswer & { watched_ratio?: number };
  return watched_ratio !== undefined && `${percent(watched_ratio)} of what is known was watched`;
}

function Section({ title, three, children }: { title: string; three?: boolean; children: ComponentChildren }) {
  return (
    <section class="graphs-section" aria-label={title}>
      <h2>{title}</h2>
      <div class={three ? "graphs-grid three" : "graphs-grid"}>{children}</div>
    </section>
  );
}
