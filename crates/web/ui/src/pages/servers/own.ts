// Values out of the list of metrics.

import type { MetricFamily } from "../../api/schema";

/** Of a metric with one series. */
export function valueOf(all: readonly MetricFamily[], name: string): number | undefined {
  return all.find((f) => f.name === name)?.samples[0]?.value;
}

/** Of all series of a metric; absent where there are none. */
export function sumOf(all: readonly MetricFamily[], name: string): number | undefined {
  const samples = all.find((f) => f.name === name)?.samples;
  return samples && samples.length > 0 ? samples.reduce((n, s) => n + s.value, 0) : undefined;
}
