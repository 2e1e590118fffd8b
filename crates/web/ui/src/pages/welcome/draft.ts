// What the first run has gathered and will save.
import type { Entry, Save } from "../../api/schema";

export type Kind = "plex" | "dispatcharr" | "tautulli" | "influxdb";

export interface Added {
  kind: Kind;
  /** How it is shown. */
  label: string;
  entry: Entry;
  /** Of a Tautulli: taken over once, not followed. */
  once?: boolean;
}

/** Two of the same: the later takes the place of the earlier. */
export function sameThing(a: Added, b: Added): boolean {
  const by = (x: Added) => x.entry.machine_id ?? x.entry.url?.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  return a.kind === b.kind && by(a) === by(b);
}

export function withAdded(list: readonly Added[], one: Added): Added[] {
  return [...list.filter((other) => !sameThing(other, one)), one];
}

/** The body of `POST /api/v1/setup/save`. */
export function toSave(list: readonly Added[]): Save {
  const of = (kind: Kind, once = false) =>
    list.filter((a) => a.kind === kind && (a.once ?? false) === once).map((a) => a.entry);
  return {
    plex: of("plex"),
    dispatcharr: of("dispatcharr"),
    tautulli: of("tautulli"),
    influxdb: of("influxdb"),
    import: of("tautulli", true),
  };
}
