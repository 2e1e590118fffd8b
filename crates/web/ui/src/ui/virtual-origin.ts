/** Rows from an end of the box at which it moves; more than one fling of a finger covers between two drawings. */
const NEAR_ROWS = 200;

/**
 * The row that a box of `boxRows` rows should begin with, when rows `from` to `to` of it are seen and the list has
 * `count`: half a box further on, or back, when what is seen comes near its end and the list goes on there.
 */
export function shifted(origin: number, from: number, to: number, boxRows: number, count: number): number {
  const near = Math.min(NEAR_ROWS, Math.floor(boxRows / 8));
  const by = Math.floor(boxRows / 2);
  const last = Math.max(0, count - boxRows);
  if (to > boxRows - near && origin < last) return Math.min(origin + by, last);
  if (from < near && origin > 0) return Math.max(0, origin - by);
  return Math.min(origin, last);
}
