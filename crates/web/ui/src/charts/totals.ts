import type { ChartProps } from "./chart";
import { totals } from "./layout";

/** What stands below `Total`; undefined where series are not to be added, or there is but one. */
export function columnTotals(props: ChartProps): ReadonlyArray<number | null> | undefined {
  if (!props.stacked || props.series.length < 2) return undefined;
  return props.totals ?? totals(props.series.map((s) => s.values), [], props.categories.length);
}
