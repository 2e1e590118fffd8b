// Numbers for people. Nothing known is an en dash, never 0.

import { isReady, numberByHand, numbers } from "./first";

export const NOTHING = "–";

/** With at most one digit behind the point. */
function digits(n: number): string {
  return Math.abs(n) < 999.5 && !isReady() ? numberByHand(n) : numbers().format(n);
}

export function count(n: number | undefined | null): string {
  return n == null ? NOTHING : digits(n);
}

/** `12 plays`, `1 play`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${digits(n)} ${n === 1 ? one : many}`;
}

function scaled(n: number, step: number, units: readonly string[]): string {
  let at = 0;
  let value = n;
  while (Math.abs(value) >= step && at < units.length - 1) {
    value /= step;
    at += 1;
  }
  const shown = Math.abs(value) < 10 && at > 0 ? value : Math.round(value);
  return `${digits(shown)} ${units[at] ?? ""}`;
}

/** Bits per second in decimal units, as networks count. */
export function bitrate(bps: number | undefined | null): string {
  return bps == null ? NOTHING : scaled(bps, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

/** Bytes in binary units, as media servers show them. */
export function bytes(n: number | undefined | null): string {
  return n == null ? NOTHING : scaled(n, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/** 0 to 1 as a percentage. */
export function percent(ratio: number | undefined | null): string {
  return ratio == null ? NOTHING : `${digits(Math.round(ratio * 100))} %`;
}
