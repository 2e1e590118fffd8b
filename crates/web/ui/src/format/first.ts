// How the first picture writes numbers and times. Chromium lists every language it knows when its own formatting is first
// asked for, which takes longer than everything else that is drawn until then. So what is short is written by hand, and
// written again, if the browser writes it in another way, once the page is at rest.
import { signal } from "@preact/signals";
import { whenIdle } from "../app/idle";

/** There once the browser's own formatting was used, from when on it is cheap. */
let made: Intl.NumberFormat | undefined;
/** Counts how often texts that were written by hand have to be written again: never or once. */
const changes = signal(0);
let waiting = false;

/** Whether the browser's own formatting costs nothing any more. Who is told no, inside of what is drawn, draws again. */
export function isReady(): boolean {
  if (made) return true;
  void changes.value;
  if (!waiting) {
    waiting = true;
    whenIdle(prepare);
  }
  return false;
}

const SAMPLE = new Date(2026, 10, 21, 9, 5);

function prepare(): void {
  const times = new Intl.DateTimeFormat(undefined, TIME);
  const same = numbers().format(1.5) === numberByHand(1.5) && times.format(SAMPLE) === timeByHand(SAMPLE);
  if (!same) changes.value += 1;
}

/** With at most one digit behind the point; for who cannot wait, too. */
export function numbers(): Intl.NumberFormat {
  return (made ??= new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }));
}

export const TIME = { hour: "numeric", minute: "2-digit" } as const satisfies Intl.DateTimeFormatOptions;

/** A number below a thousand, which has no groups of digits. */
export function numberByHand(n: number): string {
  return String(Math.round(n * 10) / 10);
}

/** The time of day. `twelve`: in two halves of a day. */
export function timeByHand(at: Date, twelve = inHalves(navigator.language)): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const [hour, minute] = [at.getHours(), two(at.getMinutes())];
  return twelve ? `${hour % 12 || 12}:${minute} ${hour < 12 ? "AM" : "PM"}` : `${hour}:${minute}`;
}

/** Who most likely has the day in two halves; whom this gets wrong sees it put right in a moment. */
function inHalves(language: string): boolean {
  return /^en(?!-(GB|IE|ZA|150))/.test(language);
}
