// The graphs that are one table of the interface.
import type { AnalyticsMeta, Series, Table } from "../../api/schema";
import type { ChartProps } from "../../charts/chart";
import { day, hourName, hourSpan, longDay } from "../../format/times";
import { DECISIONS, MEDIA, TIERS, WEEKDAYS, word } from "../../format/words";
import { type Changes, datesOf, within } from "./rules";

export interface Spec {
  title: string;
  /** Below `api/v1/analytics/`. */
  path: string;
  params: Record<string, string | number>;
  /** Words for series, and the filter that a series is. */
  words: Record<string, string>;
  filter: "media" | "decision";
  label?: (category: string) => string;
  longLabel?: (category: string) => string;
  names?: boolean;
  kind?: ChartProps["kind"];
  /** Over the whole width. */
  wide?: boolean;
  /** The plays behind a column; of no result where no filter finds them. */
  target: (category: string, meta: AnalyticsMeta) => Changes | undefined;
}

const TOP = 10;

const month = (category: string, length: "short" | "long") =>
  new Intl.DateTimeFormat(undefined, { month: length, year: "numeric", timeZone: "UTC" }).format(
    new Date(`${category}-01T00:00:00Z`),
  );

const byDate = {
  label: day,
  longLabel: longDay,
  wide: true,
  target: (date: string, meta: AnalyticsMeta) => within(date, date, meta),
} as const;

const media = { words: MEDIA, filter: "media", path: "plays" } as const;
const decision = { words: DECISIONS, filter: "decision", path: "streams" } as const;
/** What is not known is a place of its own in a ranking, which no filter finds. */
const UNKNOWN = "unknown";
const named = (text: string) => (text === UNKNOWN ? "Unknown" : text);
const only = (name: string) => (value: string) => (value === UNKNOWN ? undefined : { [name]: value });

export const BY_DATE: Spec = { title: "Daily Play Count by Media Type", ...media, params: { by: "date" }, ...byDate };

export const BY_WEEKDAY: Spec = {
  title: "Play Count by Day of Week",
  ...media,
  params: { by: "weekday" },
  label: (name) => word(WEEKDAYS, name).slice(0, 3),
  longLabel: (name) => word(WEEKDAYS, name),
  target: (weekday) => ({ weekday }),
};

export const BY_HOUR: Spec = {
  title: "Play Count by Hour of Day",
  ...media,
  params: { by: "hour" },
  label: (hour) => hourName(Number(hour)),
  longLabel: (hour) => hourSpan(Number(hour)),
  target: (hour) => ({ hour: String(Number(hour)) }),
};

export const BY_MONTH: Spec = {
  title: "Total Plays per Month",
  ...media,
  params: { by: "month" },
  label: (name) => month(name, "short"),
  longLabel: (name) => month(name, "long"),
  target: (name, meta) => within(...datesOf(name), meta),
};

export const STREAMS: readonly Spec[] = [
  {
    title: "Play Count by Source Resolution",
    ...decision,
    params: { by: "source_resolution", limit: TOP },
    names: true,
    label: named,
    target: only("source_resolution"),
  },
  {
    title: "Play Count by Stream Resolution",
    ...decision,
    params: { by: "stream_resolution", limit: TOP },
    names: true,
    label: named,
    target: only("stream_resolution"),
  },
  {
    title: "Play Count by Platform and Stream Type",
    ...decision,
    params: { by: "platform", limit: TOP },
    names: true,
    label: named,
    target: only("platform"),
  },
  {
    title: "Play Count by User and Stream Type",
    ...decision,
    params: { by: "user", limit: TOP },
    names: true,
    label: named,
    target: only("user"),
  },
];

export const BY_STREAM_DATE: Spec = {
  title: "Daily Play Count by Stream Type",
  ...decision,
  params: { by: "date" },
  ...byDate,
};

export const COMPLETION: Spec = {
  title: "How Far Plays Got",
  path: "completion",
  params: {},
  words: MEDIA,
  filter: "media",
  label: (tier) => word(TIERS, tier),
  names: true,
  target: (completion) => ({ completion }),
};

/** The lowest first, the same in every graph. */
export const MEDIA_ORDER = ["episode", "movie", "track", "live"];

/** Series in people's words; `key` stays the word of the interface, which colours and filters go by. */
export function seriesOf(table: Table, words: Record<string, string>) {
  const place = (s: Series) => MEDIA_ORDER.indexOf(s.name);
  const ordered = table.series.slice().sort((a, b) => place(a) - place(b));
  return ordered.map((s) => ({ name: word(words, s.name), key: s.name, values: s.values }));
}
