// What is checked before the server is asked, and how imports are told.
import type { Import } from "../../api/schema";
import { count, counted } from "../../format/numbers";

/** As the server demands it. */
export const PASSWORD_MIN = 8;

/** What is wrong with a password that was typed twice. */
export function passwordFault(password: string, again: string): string | undefined {
  if ([...password].length < PASSWORD_MIN) return `A password has ${PASSWORD_MIN} characters or more.`;
  return password === again ? undefined : "The two are not the same.";
}

/** How far an import is, 0 to 1; absent where that is not known. */
export function importRatio({ state, rows_done, rows_total }: Import): number | undefined {
  if (state === "done") return 1;
  return rows_total === undefined || rows_total === 0 ? undefined : Math.min(1, rows_done / rows_total);
}

/** What came of an import up to now. */
export function importText(one: Import): string {
  const parts = [
    one.rows_total === undefined
      ? one.rows_done > 0 && counted(one.rows_done, "row")
      : `${count(one.rows_done)} of ${counted(one.rows_total, "row")}`,
    one.added > 0 && `${count(one.added)} added`,
    one.known > 0 && `${count(one.known)} known already`,
    one.refused > 0 && `${count(one.refused)} cannot be kept`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** The scopes of keys, with what each opens. */
export const SCOPES = [
  ["metrics", "Metrics", "/metrics, for Prometheus"],
  ["read", "Read", "everything a viewer sees"],
  ["tautulli", "Tautulli", "/api/v2, for programs made for Tautulli"],
  ["admin", "Admin", "everything"],
] as const;

export type Scope = (typeof SCOPES)[number][0];
