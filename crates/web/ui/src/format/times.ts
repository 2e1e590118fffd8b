import { prefs } from "../app/prefs";
import { isReady, TIME, timeByHand } from "./first";
import { NOTHING } from "./numbers";

/** A position or length of a film: `1:02:03`, `4:05`. */
export function clock(ms: number | undefined | null): string {
  if (ms == null) return NOTHING;
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** A sum of time: `3 d 4 h`, `2 h 5 min`, `40 s`. */
export function span(seconds: number | undefined | null): string {
  if (seconds == null) return NOTHING;
  const s = Math.round(seconds);
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  return m > 0 ? `${m} min` : `${s} s`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const { hours } = prefs.value;
  const hour12 = hours === "system" ? undefined : hours === "12";
  const key = JSON.stringify([options, hours]);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(undefined, options.hour || options.timeStyle ? { ...options, hour12 } : options);
    formats.set(key, known);
  }
  return known;
}

type Moment = string | number | Date | undefined | null;

function shown(at: Moment, options: Intl.DateTimeFormatOptions): string {
  return at == null ? NOTHING : format(options).format(new Date(at));
}

/** `21 Nov, 20:15`; with the year where it is another one. */
export function dateTime(at: Moment): string {
  const other = at != null && new Date(at).getFullYear() !== new Date().getFullYear();
  const year = other ? ({ year: "numeric" } as const) : {};
  return shown(at, { day: "numeric", month: "short", ...year, hour: "numeric", minute: "2-digit" });
}

export function timeOfDay(at: Moment): string {
  if (at == null || isReady()) return shown(at, TIME);
  const { hours } = prefs.value;
  return timeByHand(new Date(at), hours === "system" ? undefined : hours === "12");
}

/** A day such as `2026-11-21`, which is a date and no moment. */
export function day(date: string): string {
  return shown(`${date}T00:00:00Z`, { day: "numeric", month: "short", timeZone: "UTC" });
}

export function longDay(date: string): string {
  return shown(`${date}T00:00:00Z`, { dateStyle: "full", timeZone: "UTC" });
}

let words: Intl.RelativeTimeFormat | undefined;

/** `5 min ago`, `yesterday`. */
export function ago(at: Moment, now = Date.now()): string {
  if (at == null) return NOTHING;
  const relative = (words ??= new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" }));
  const s = (new Date(at).getTime() - now) / 1000;
  const size = Math.abs(s);
  if (size < 45) return relative.format(0, "second");
  if (size < 2700) return relative.format(Math.round(s / 60), "minute");
  if (size < 79200) return relative.format(Math.round(s / 3600), "hour");
  if (size < 86400 * 26) return relative.format(Math.round(s / 86400), "day");
  if (size < 86400 * 320) return relative.format(Math.round(s / 86400 / 30.44), "month");
  return relative.format(Math.round(s / 86400 / 365.25), "year");
}

/** The browser's zone, which the interface is asked to count days in. */
export function zone(): string {
  return (ownZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** Asked for when it is first needed, which is not while the first page opens. */
let ownZone: string | undefined;

/** The day that a moment is on in this browser's zone: `2026-11-21`. */
export function localDay(moment: string | number | Date): string {
  const at = new Date(moment);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `20`, or `8 pm`, as this browser's person reads hours. */
export function hourName(hour: number): string {
  if (!format({ hour: "numeric" }).resolvedOptions().hour12) return String(hour).padStart(2, "0");
  return `${hour % 12 || 12} ${hour < 12 ? "am" : "pm"}`;
}

/** `20–21`, `8 pm–9 pm`. */
export function hourSpan(hour: number): string {
  return `${hourName(hour)}–${hourName((hour + 1) % 24)}`;
}
