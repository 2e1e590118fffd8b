// Paths within the page, relative to <base>. A page's filters are the query, under the names the interface gives
// them, so every view is an address.
import { signal } from "@preact/signals";

export interface Place {
  /** Without the base path: `/`, `/users/17`. */
  path: string;
  query: URLSearchParams;
}

const base = new URL(document.baseURI).pathname;

function read(): Place {
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length - 1) : location.pathname;
  return { path: path.length > 1 ? path.replace(/\/$/, "") : "/", query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());

/** What a step in the browser's history keeps: how far down its page stood when it was left, in pixels. */
interface Left {
  y: number;
}

let cameBack = false;

/** Whether the browser's own step led to the present page, so that it should be as it was left. */
export function isReturn(): boolean {
  return cameBack;
}

addEventListener("popstate", (event) => {
  const before = place.peek().path;
  const now = read();
  // Within a page the browser itself finds the place again.
  if (now.path !== before) {
    cameBack = true;
    returnTo((event.state as Left | null)?.y ?? 0);
  }
  place.value = now;
});

/** A page that has not what it needs for its height by then is not waited for. */
const RETURN_MAX_MS = 3_000;

/** A page is tall enough if this much is missing: a phone shows more of it when it hides the address. */
const MISSING_MAX_PX = 120;

let giveUp: () => void = () => {};

/** Scrolls to `y` as soon as the page is tall enough, unless the person has begun to do something else. */
function returnTo(y: number): void {
  giveUp();
  if (y === 0) return;
  const stop = new AbortController();
  const look = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - innerHeight < y - MISSING_MAX_PX) return;
    scrollTo({ top: y, behavior: "instant" });
    giveUp();
  });
  const late = setTimeout(() => giveUp(), RETURN_MAX_MS);
  giveUp = () => {
    stop.abort();
    clearTimeout(late);
    look.disconnect();
    giveUp = () => {};
  };
  for (const done of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(done, () => giveUp(), { passive: true, signal: stop.signal });
  }
  // Not this picture, which is still that of the page that was left.
  requestAnimationFrame(() => stop.signal.aborted || look.observe(document.body));
}

/** The address of a place, for links. `to` begins with `/`. */
export function href(to: string): string {
  return base + to.slice(1);
}

export function go(to: string, replace = false): void {
  giveUp();
  if (!replace) history.replaceState({ y: scrollY } satisfies Left, "");
  history[replace ? "replaceState" : "pushState"](null, "", href(to));
  const before = place.value.path;
  const now = read();
  if (now.path !== before) cameBack = false;
  place.value = now;
  if (now.path !== before) scrollTo(0, 0);
}

/** Changes parameters of the present place; `undefined` or an empty list takes one away. */
export function setQuery(changes: Record<string, string | readonly string[] | undefined>, replace = false): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of value === undefined ? [] : typeof value === "string" ? [value] : value) query.append(name, one);
  }
  const text = query.toString();
  go(place.value.path + (text ? `?${text}` : ""), replace);
}

/** The parts of `path` that `pattern` (`/users/:id`) names, decoded; null if it is another path. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [n, part] of wanted.entries()) {
    const own = given[n] ?? "";
    if (!part.startsWith(":")) {
      if (part !== own) return null;
    } else {
      try {
        found[part.slice(1)] = decodeURIComponent(own);
      } catch {
        return null;
      }
    }
  }
  return found;
}

/** For `onClick` on the whole page: clicks on links to our own pages stay within the page. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link?.href || link.getAttribute("href")?.startsWith("#") || link.target || link.hasAttribute("download") || link.dataset.outside !== undefined) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || !to.pathname.startsWith(base)) return;
  event.preventDefault();
  if (to.hash && to.pathname === location.pathname) return;
  go(to.pathname.slice(base.length - 1) + to.search);
}
