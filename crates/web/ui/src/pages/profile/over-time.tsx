import { useMemo } from "preact/hooks";
import type { Params } from "../../api/client";
import type { ProfileAnswer, TableAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { go } from "../../app/router";
import { Chart } from "../../charts/chart";
import type { Unit } from "../../charts/units";
import { day } from "../../format/times";
import { MEDIA, word } from "../../format/words";
import { monthDays, monthName, playsAt } from "./rules";

/** With fewer months than this, days tell more. */
const MONTHS_MIN = 4;

/** Plays by month, of a short time by date; by media. */
export function OverTime(props: { answer: ProfileAnswer; params: Params; behind: Params; unit: Unit }) {
  const { answer, params, behind, unit } = props;
  const short = answer.months.categories.length < MONTHS_MIN;
  const dates = useGet<TableAnswer>(short ? "api/v1/analytics/plays" : null, { ...datesOf(answer, params), by: "date" });
  const table = short ? dates.data?.table : answer.months;
  const series = useMemo(
    () =>
      (table?.series ?? [])
        .filter((s) => s.values.some((v) => v > 0))
        .map((s) => ({ name: word(MEDIA, s.name), values: s.values, color: `--${s.name}` })),
    [table],
  );
  const what = unit === "seconds" ? "Time" : "Plays";
  return (
    <Chart
      title={short ? `${what} by day` : `${what} by month`}
      categories={table?.categories ?? []}
      series={series}
      kind="bars"
      stacked
      unit={unit}
      label={(category) => (short ? day(String(category)) : monthName(String(category)))}
      heightPx={200}
      note={unit === "plays" && `A play that was resumed counts in each ${short ? "day" : "month"} it has a part.`}
      onSelect={(n) => {
        const chosen = table?.categories[n];
        if (chosen) go(playsAt(behind, short ? { from: chosen, to: chosen } : monthDays(chosen)));
      }}
    />
  );
}

/** All time begins with the first play, and not decades before it. */
function datesOf(answer: ProfileAnswer, params: Params): Params {
  if (params.days !== "0" || answer.first_started_at === undefined) return params;
  const { days: _, ...rest } = params;
  return { ...rest, from: answer.first_started_at };
}
