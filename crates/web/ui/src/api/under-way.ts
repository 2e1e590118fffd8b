// Requests under way, one for each address however many ask.

/** A request that is this old is taken for lost: the next who asks does not wait for it. */
const LOST_AFTER_MS = 60_000;

interface Request {
  answer: Promise<unknown>;
  stop: AbortController;
  /** How many wait for it. */
  waiting: number;
  since: number;
}

export interface Joined<T> {
  answer: Promise<T>;
  /** Waits no more; the request ends when nobody waits. Further calls do nothing. */
  leave: () => void;
}

export class UnderWay {
  readonly #requests = new Map<string, Request>();

  constructor(readonly now: () => number = () => performance.now()) {}

  has(url: string): boolean {
    const one = this.#requests.get(url);
    return one !== undefined && this.now() - one.since < LOST_AFTER_MS;
  }

  /** Waits for the answer of `url`; `ask` is called only if nobody has asked yet. */
  join<T>(url: string, ask: (signal: AbortSignal) => Promise<T>): Joined<T> {
    const one = (this.has(url) && this.#requests.get(url)) || this.#begin(url, ask);
    one.waiting += 1;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      one.waiting -= 1;
      if (one.waiting > 0) return;
      this.#end(url, one);
      one.stop.abort();
    };
    return { answer: one.answer as Promise<T>, leave };
  }

  /** Who asks from now on is not content with the answer that is on its way. */
  forget(url: string): void {
    this.#requests.delete(url);
  }

  #begin(url: string, ask: (signal: AbortSignal) => Promise<unknown>): Request {
    const stop = new AbortController();
    const answer = ask(stop.signal).finally(() => this.#end(url, one));
    const one: Request = { answer, stop, waiting: 0, since: this.now() };
    this.#requests.set(url, one);
    return one;
  }

  #end(url: string, one: Request): void {
    if (this.#requests.get(url) === one) this.#requests.delete(url);
  }
}
