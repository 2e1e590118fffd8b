import { NOTHING } from "../format/numbers";
import { dateTime } from "../format/times";
import type { ChartProps } from "./chart";

/** How a column is called above its values, in the table and in files. */
export function columnName({ categories, label, longLabel, time }: ChartProps, index: number): string {
  const category = categories[index];
  if (category === undefined) return NOTHING;
  const named = longLabel ?? label;
  return named ? named(category) : time ? dateTime(Number(category) * 1000) : String(category);
}
