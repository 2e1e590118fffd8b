// The plays of one filter, page by page: asked for when they come near, forgotten when they are far away.
import { signal } from "@preact/signals";
import { ApiError, get, type Params } from "../../api/client";
import type { HistoryPage, HistoryPlay, OneHistoryPlay } from "../../api/schema";
import { RowIndex } from "./rows";

export const PATH = "api/v1/history";

/** Plays asked for at first: a screen of them is seen at once. */
const FIRST_PLAYS = 100;

/** Plays of each further page, the most the interface gives: who scrolls far waits seldom. */
const PAGE_PLAYS = 500;

/** Pages of plays in memory; beyond them the ones furthest from what is seen are forgotten, and asked for again. */
const HELD_MAX = 8;

/** Unfolded groups whose plays are in memory; beyond them the oldest is asked for again. */
const GROUPS_MAX = 50;

export class Plays {
  readonly rows = new RowIndex();
  /** Of the list that shows them. */
  readonly view = { origin: 0 };
  /** Counts changes of what can be drawn. */
  readonly version = signal(0);
  /** Settled when the first page has come, or why not. */
  readonly ready: Promise<void>;
  /** Of all plays, when the first page was made. */
  total: number | undefined;
  /** Of the newest play then. */
  newestId: number | undefined;
  error: ApiError | undefined;
  #lastDay: string | undefined;
  readonly #held = new Map<number, HistoryPlay[]>();
  readonly #groups = new Map<number, HistoryPlay[]>();
  /** Groups that could not be loaded: asked for again when a person wants them again. */
  readonly #failedGroups = new Set<number>();
  /** What asks for each page; the first one needs none. One more than pages as long as there are more. */
  readonly #cursors: Array<string | undefined> = [undefined];
  readonly #asked = new Map<string, Promise<void>>();
  #stop = new AbortController();
  /** The page in the middle of what is seen. */
  #seen = 0;

  constructor(readonly params: Params) {
    this.ready = this.#load(0);
  }

  /** Nobody looks any more: answers on their way are not waited for. What came already stays, for who comes back. */
  close(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#asked.clear();
  }

  get isComplete(): boolean {
    return this.rows.pages > 0 && this.#cursors.length === this.rows.pages;
  }

  /** Rows `from` to `to` are drawn. */
  see(from: number, to: number): void {
    if (this.rows.pages === 0) return;
    const [first, last] = [this.rows.pageOf(from), this.rows.pageOf(Math.max(from, to - 1))];
    this.#seen = (first + last) >> 1;
    for (let page = first; page <= last; page++) if (!this.#held.has(page)) void this.#load(page);
  }

  /** The end comes near. */
  more(): void {
    if (!this.isComplete && !this.error) void this.#load(this.rows.pages);
  }

  /** After an error. */
  retry(): void {
    this.error = undefined;
    this.#failedGroups.clear();
    this.#changed();
    if (!this.isComplete) void this.#load(this.rows.pages);
  }

  /** Undefined while it is not in memory. */
  play(page: number, at: number): HistoryPlay | undefined {
    return this.#held.get(page)?.[at];
  }

  /** One of the plays of a group, oldest first; undefined until they have come. */
  member(group: HistoryPlay, member: number): HistoryPlay | undefined {
    const plays = this.#groups.get(group.id);
    if (!plays && !this.#failedGroups.has(group.id)) {
      void this.#once(`group ${group.id}`, () => this.#loadGroup(group));
    }
    const id = group.play_ids[member];
    return plays?.find((p) => p.id === id);
  }

  /** Unfolds a group, or folds it again. */
  toggle(page: number, at: number, group: HistoryPlay): void {
    if (this.#failedGroups.delete(group.id)) this.error = undefined;
    this.rows.toggle(page, at, group.play_ids.length);
    this.#changed();
  }

  /** The id of the next older (1) or newer (-1) play in the list; undefined at its ends. */
  async neighbour(id: number, by: 1 | -1): Promise<number | undefined> {
    for (const [page, plays] of this.#held) {
      const at = plays.findIndex((p) => p.play_ids.includes(id));
      if (at < 0) continue;
      const inside = plays[at + by];
      if (inside) return inside.id;
      const next = page + by;
      if (next < 0 || next >= this.#cursors.length) return undefined;
      if (!this.#held.has(next)) await this.#load(next);
      return this.#held.get(next)?.at(by === 1 ? 0 : -1)?.id;
    }
    return undefined;
  }

  #changed(): void {
    this.version.value += 1;
  }

  #load(page: number): Promise<void> {
    return this.#once(`page ${page}`, async () => {
      const params = { ...this.params, limit: page === 0 ? FIRST_PLAYS : PAGE_PLAYS, cursor: this.#cursors[page] };
      this.#take(page, await get<HistoryPage>(PATH, params, this.#stop.signal));
    });
  }

  #take(page: number, answer: HistoryPage): void {
    this.#held.set(page, answer.plays);
    if (page === 0) {
      this.total = answer.meta.total;
      this.newestId = answer.plays[0]?.id;
    }
    if (page === this.rows.pages) {
      this.#lastDay = this.rows.add(answer.plays, this.#lastDay);
      if (answer.next_cursor !== undefined) this.#cursors.push(answer.next_cursor);
    }
    while (this.#held.size > HELD_MAX) {
      const furthest = [...this.#held.keys()].reduce((a, b) => (this.#distance(b) > this.#distance(a) ? b : a));
      this.#held.delete(furthest);
    }
  }

  #distance(page: number): number {
    return Math.abs(page - this.#seen);
  }

  async #loadGroup(group: HistoryPlay): Promise<void> {
    // Until it has come.
    this.#failedGroups.add(group.id);
    const one = await get<OneHistoryPlay>(`${PATH}/${group.id}`, {}, this.#stop.signal);
    this.#failedGroups.delete(group.id);
    this.#groups.set(group.id, one.group);
    const oldest = this.#groups.keys().next();
    if (this.#groups.size > GROUPS_MAX && !oldest.done) this.#groups.delete(oldest.value);
  }

  /** Does `ask` unless it is being done; a failure is what the list then ends with. */
  #once(name: string, ask: () => Promise<void>): Promise<void> {
    const under = this.#asked.get(name);
    if (under) return under;
    const { signal } = this.#stop;
    const doing = ask()
      .catch((error: unknown) => {
        if (signal.aborted) return;
        this.error = error instanceof ApiError ? error : new ApiError(0, "internal", String(error));
      })
      .finally(() => {
        if (this.#asked.get(name) === doing) this.#asked.delete(name);
        this.#changed();
      });
    this.#asked.set(name, doing);
    return doing;
  }
}
