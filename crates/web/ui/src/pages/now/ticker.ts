// One clock for everything on the page that moves by itself.

/** How often positions are drawn: a second of a film is less than a pixel of its bar. */
const TICK_MS = 1_000;

const calls = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (document.visibilityState === "visible") for (const call of calls) call();
}

/** Calls every second while the page is seen, until the returned function is called. */
export function everySecond(call: () => void): () => void {
  calls.add(call);
  if (timer === undefined) {
    timer = setInterval(tick, TICK_MS);
    document.addEventListener("visibilitychange", tick);
  }
  return () => {
    calls.delete(call);
    if (calls.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener("visibilitychange", tick);
  };
}

const watched = new WeakMap<Element, (seen: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Tells whether an element is in sight, or nearly, until the returned function is called. */
export function whileSeen(element: Element, tell: (seen: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (all) => all.forEach(({ target, isIntersecting }) => watched.get(target)?.(isIntersecting)),
    { rootMargin: "200px" },
  );
  const own = observer;
  watched.set(element, tell);
  own.observe(element);
  return () => {
    watched.delete(element);
    own.unobserve(element);
  };
}
