// The order of the rows of a table.

type Key = string | number | undefined;

/** Made when it is first used: the browser reads large tables for it, and the first page sorts no words. */
let words: Intl.Collator | undefined;

function inWords(a: string, b: string): number {
  return (words ??= new Intl.Collator(undefined, { numeric: true, sensitivity: "base" })).compare(a, b);
}

/** A sorted copy. What is not known comes last in either direction; equals keep their order. */
export function sorted<T>(rows: readonly T[], key: (row: T) => Key, down: boolean): T[] {
  const compare = (a: Key, b: Key): number => {
    if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : inWords(String(a), String(b));
    return down ? -order : order;
  };
  return rows.slice().sort((a, b) => compare(key(a), key(b)));
}
