// How imports are told.
import type { Import } from "../api/schema";
import { count, counted } from "./numbers";

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
