// Where in a long list each row is: plays come in pages, days stand above their first play, an unfolded group lists
// its plays below itself. Places are kept for all pages ever seen, the plays themselves are not.
import type { HistoryPlay } from "../../api/schema";
import { localDay } from "../../format/times";

export type Row =
  | { kind: "day"; page: number; day: string }
  | { kind: "play"; page: number; at: number; day: string }
  | { kind: "member"; page: number; at: number; member: number };

interface PageOfRows {
  plays: number;
  /** The day of the page's first play. */
  firstDay: string;
  /** Indices of plays above which a day stands, with that day. */
  days: Map<number, string>;
  /** Unfolded groups: index of the play, and how many plays it has. */
  open: Map<number, number>;
}

export class RowIndex {
  readonly #pages: PageOfRows[] = [];
  /** The first row of each page, and at the end the number of all rows. */
  readonly #starts: number[] = [0];
  /** Of a few pages, since a drawing asks for many rows of one or two. */
  readonly #drawn = new Map<number, Row[]>();

  get count(): number {
    return this.#starts[this.#starts.length - 1] ?? 0;
  }

  get pages(): number {
    return this.#pages.length;
  }

  /** Appends a page; `dayBefore`: of the last play of the page before. Tells the day of its own last play. */
  add(plays: readonly HistoryPlay[], dayBefore: string | undefined): string | undefined {
    const days = new Map<number, string>();
    let day = dayBefore;
    for (const [at, play] of plays.entries()) {
      const own = dayOf(play);
      // The order is that of the newest parts' starts, which a grouped play does not tell: its day never goes up.
      if (day === undefined || own < day) {
        day = own;
        days.set(at, own);
      }
    }
    const firstDay = days.get(0) ?? dayBefore ?? "";
    this.#pages.push({ plays: plays.length, firstDay, days, open: new Map() });
    this.#starts.push(this.count + plays.length + days.size);
    return day;
  }

  isOpen(page: number, at: number): boolean {
    return this.#pages[page]?.open.has(at) ?? false;
  }

  /** Unfolds the play, which has `members` plays, or folds it again. */
  toggle(page: number, at: number, members: number): void {
    const own = this.#pages[page];
    if (!own) return;
    const by = own.open.has(at) ? -members : members;
    if (by < 0) own.open.delete(at);
    else own.open.set(at, members);
    for (let n = page + 1; n < this.#starts.length; n++) this.#starts[n] = (this.#starts[n] ?? 0) + by;
    this.#drawn.delete(page);
  }

  /** The page that row `index` belongs to. */
  pageOf(index: number): number {
    let [low, high] = [0, this.#pages.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  at(index: number): Row | undefined {
    const page = this.pageOf(index);
    let rows = this.#drawn.get(page);
    if (!rows) {
      rows = this.#rowsOf(page);
      if (this.#drawn.size >= DRAWN_MAX) this.#drawn.clear();
      this.#drawn.set(page, rows);
    }
    return rows[index - (this.#starts[page] ?? 0)];
  }

  #rowsOf(page: number): Row[] {
    const own = this.#pages[page];
    if (!own) return [];
    const rows: Row[] = [];
    let day = own.firstDay;
    for (let at = 0; at < own.plays; at++) {
      const begins = own.days.get(at);
      if (begins !== undefined) rows.push({ kind: "day", page, day: (day = begins) });
      rows.push({ kind: "play", page, at, day });
      for (let member = 0; member < (own.open.get(at) ?? 0); member++) rows.push({ kind: "member", page, at, member });
    }
    return rows;
  }
}

/** Pages whose rows are kept laid out; beyond it all are laid out anew. */
const DRAWN_MAX = 8;

/** The day a play is listed under, in this browser's zone: `2026-11-21`. */
export function dayOf(play: HistoryPlay): string {
  return localDay(play.plays > 1 ? (play.stopped_at ?? play.started_at) : play.started_at);
}
