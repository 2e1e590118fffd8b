// Queries that people begin with, made from what a series is.

import type { MetricFamily } from "../../api/schema";

export type Family = MetricFamily;

interface Query {
  /** What it answers. */
  title: string;
  promql: string;
}

/** Labels that name one thing of many for a short time, or the same thing a second time: not to be grouped by. */
const FLEETING = new Set([
  "session",
  "session_id",
  "session_key",
  "server_id",
  "machine_id",
  "uuid",
  "channel_uuid",
  "client_id",
  "le",
  "quantile",
  "transcode_session",
  "ip",
  "player_id",
]);

/** Labels that people ask for first, in this order. */
const WANTED = [
  "server",
  "source",
  "library",
  "user",
  "account",
  "account_name",
  "profile",
  "channel",
  "name",
];

/** Labels a sum is split by: more would be the single series again. */
const SPLIT_MAX = 2;

/** What can be added up: neither ratios nor lengths, moments, places or limits. */
const NOT_ADDED = /_(ratio|seconds|percent|index|limit|fps|speed|state|priority|progress)$/;

function labelsOf(family: Family): string[] {
  return [...new Set(family.samples.flatMap((s) => Object.keys(s.labels)))];
}

/** The labels that a sum of this family is worth being split by. */
export function splitBy(family: Family): string[] {
  const useful = labelsOf(family).filter((n) => !FLEETING.has(n));
  const place = (n: string) => (WANTED.includes(n) ? WANTED.indexOf(n) : WANTED.length);
  return useful.sort((a, b) => place(a) - place(b)).slice(0, SPLIT_MAX);
}

function by(labels: readonly string[]): string {
  return labels.length > 0 ? ` by (${labels.join(", ")})` : "";
}

function words(labels: readonly string[]): string {
  return labels.length > 0 ? ` by ${labels.join(" and ").replaceAll("_", " ")}` : "";
}

/** Queries for a family; none is empty, and each is complete as it is. */
export function queries(family: Family): Query[] {
  const { name, type } = family;
  const split = splitBy(family);
  if (type === "counter") return ofCounter(name, split);
  if (type === "histogram") return ofHistogram(name, split);
  if (type === "summary") return ofSummary(name, split);
  if (type === "info" || name.endsWith("_info")) return ofInfo(name, family);
  return ofGauge(
    name,
    split,
    labelsOf(family).some((l) => !split.includes(l)),
  );
}

function ofCounter(name: string, split: readonly string[]): Query[] {
  const seconds = name.includes("_seconds");
  const bytes = name.includes("_bytes");
  const rate = `sum${by(split)} (rate(${name}[5m]))`;
  return [
    bytes
      ? { title: `Mbit/s${words(split)}`, promql: `${rate} * 8e-6` }
      : { title: seconds ? `At once, on average${words(split)}` : `A second${words(split)}`, promql: rate },
    { title: `In the last day${words(split)}`, promql: `sum${by(split)} (increase(${name}[1d]))` },
  ];
}

function ofHistogram(name: string, split: readonly string[]): Query[] {
  return [
    {
      title: `95 of 100 are below${words(split)}`,
      promql: `histogram_quantile(0.95, sum by (${["le", ...split].join(", ")}) (rate(${name}_bucket[5m])))`,
    },
    {
      title: `Average${words(split)}`,
      promql: `sum${by(split)} (rate(${name}_sum[5m])) / sum${by(split)} (rate(${name}_count[5m]))`,
    },
  ];
}

function ofSummary(name: string, split: readonly string[]): Query[] {
  return [
    {
      title: `Average${words(split)}`,
      promql: `sum${by(split)} (rate(${name}_sum[5m])) / sum${by(split)} (rate(${name}_count[5m]))`,
    },
    { title: "Each quantile", promql: `max by (quantile) (${name})` },
  ];
}

function ofInfo(name: string, family: Family): Query[] {
  const labels = labelsOf(family);
  const told = labels.includes("version")
    ? ["version"]
    : labels.filter((l) => !FLEETING.has(l)).slice(0, SPLIT_MAX + 1);
  return [
    { title: `What there is${words(told)}`, promql: `group${by(told)} (${name})` },
    { title: `How many${words(told.slice(0, 1))}`, promql: `count${by(told.slice(0, 1))} (${name})` },
  ];
}

function ofGauge(name: string, split: readonly string[], more: boolean): Query[] {
  if (name.endsWith("_timestamp_seconds"))
    return /expiry|expires/.test(name)
      ? [{ title: `Seconds left${words(split)}`, promql: `min${by(split)} (${name}) - time()` }]
      : [{ title: `Seconds ago${words(split)}`, promql: `time() - max${by(split)} (${name})` }];
  if (/_(up|reachable|connected|available|writable)$/.test(name))
    return [
      { title: "Which are not", promql: `${name} == 0` },
      {
        title: `Share of the last day${words(split)}`,
        promql: `avg${by(split)} (avg_over_time(${name}[1d]))`,
      },
    ];
  if (name.endsWith("_bytes_per_second"))
    return [
      { title: `Mbit/s${words(split)}`, promql: `sum${by(split)} (${name}) * 8e-6` },
      { title: "Mbit/s, the most of the last day", promql: `max_over_time(sum(${name})[1d:1m]) * 8e-6` },
    ];
  if (more && !NOT_ADDED.test(name))
    return [
      { title: `Together${words(split)}`, promql: `sum${by(split)} (${name})` },
      { title: "The most of the last day", promql: `max_over_time(sum(${name})[1d:1m])` },
    ];
  return [
    { title: `Highest${words(split)}`, promql: `max${by(split)} (${name})` },
    {
      title: `Average of the last hour${words(split)}`,
      promql: `avg${by(split)} (avg_over_time(${name}[1h]))`,
    },
  ];
}

/** A label as Prometheus writes it. */
export function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
}

/** Families with every word of `search` in name, help or a label, of a type if one is asked for. */
export function found(families: readonly Family[], search: string, type?: string): Family[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  return families.filter((family) => {
    if (type && family.type !== type) return false;
    const text =
      `${family.name} ${family.help} ${Object.keys(family.samples[0]?.labels ?? {}).join(" ")}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** What Prometheus needs to know to scrape `profile` of the page at `address` (with its final slash). */
export function scrapeConfig(address: string, profile: string, usual: boolean): string {
  const url = new URL(address);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return [
    "scrape_configs:",
    "  - job_name: projectionist",
    ...(url.protocol === "https:" ? ["    scheme: https"] : []),
    ...(url.pathname === "/" && usual
      ? []
      : [`    metrics_path: ${url.pathname}metrics${usual ? "" : `/${profile}`}`]),
    "    scrape_interval: 15s",
    '    # With metrics = "key" under [access]:',
    "    # authorization: { credentials_file: /etc/prometheus/projectionist.key }",
    "    static_configs:",
    `      - targets: ["${url.hostname}:${port}"]`,
    "",
  ].join("\n");
}
