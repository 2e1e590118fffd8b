// Values out of the list of metrics.

export interface Family {
  name: string;
  samples: ReadonlyArray<{ labels: Record<string, string>; value: number | null }>;
}

/** Of a metric with one series. */
export function valueOf(all: readonly Family[], name: string): number | undefined {
  return all.find((f) => f.name === name)?.samples[0]?.value ?? undefined;
}

/** Of all series of a metric; absent where there are none. */
export function sumOf(all: readonly Family[], name: string): number | undefined {
  const samples = all.find((f) => f.name === name)?.samples;
  return samples && samples.length > 0 ? samples.reduce((n, s) => n + (s.value ?? 0), 0) : undefined;
}
