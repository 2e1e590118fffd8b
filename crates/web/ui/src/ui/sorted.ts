// The order of the rows of a table.

type Key = string | number | undefined;

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** A sorted copy. What is not known comes last in either direction; equals keep their order. */
export function sorted<T>(rows: readonly T[], key: (row: T) => Key, down: boolean): T[] {
  const compare = (a: Key, b: Key): number => {
    if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
    return down ? -order : order;
  };
  return rows.slice().sort((a, b) => compare(key(a), key(b)));
}
