import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { shifted } from "./virtual-origin";

/** Rows drawn beyond what is seen, at each end, so that a quick finger finds no gap. */
const BEYOND = 12;

/** After a jump to elsewhere those rows come once nothing has moved for this long: what is seen comes first. */
const REST_MS = 80;

/** Tallest box, in pixels: browsers place nothing right beyond some 16 to 33 million. Longer lists move within it. */
const BOX_MAX_PX = 8_000_000;

/**
 * A long list of rows of one height in the page's own scroll, of which only the seen ones exist. `onEnd` is called
 * when the last rows come near.
 */
export function VirtualList(props: {
  count: number;
  rowPx: number;
  row: (index: number) => ComponentChildren;
  onEnd?: () => void;
  /** Rows before the end at which `onEnd` is called. */
  endRows?: number;
  /** Rows that are drawn from now on: `from` and all before `to`. */
  onRange?: (from: number, to: number) => void;
  /** Tells whether rows have changed while `count` has not. */
  version?: unknown;
  /** Of the box, for tests of lists that are longer. */
  boxMaxPx?: number;
  /** Where the list remembers the first row of its box, so that it can be drawn again as it was left. */
  view?: { origin: number };
}) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 40, origin: props.view?.origin ?? 0 });
  const boxRows = Math.floor((props.boxMaxPx ?? BOX_MAX_PX) / props.rowPx);
  const measure = () => {
    const own = box.current;
    if (!own) return;
    const above = Math.floor(-own.getBoundingClientRect().top / props.rowPx);
    const seenRows = Math.ceil(innerHeight / props.rowPx);
    const origin = shifted(range.origin, above, above + seenRows, boxRows, props.count);
    // What is seen stays where it is while the box moves below it. The effect of the new origin scrolls.
    const top = range.origin + above;
    const bottom = Math.max(0, top) + seenRows + 1;
    const beyond = bottom < range.from || top > range.to ? 0 : BEYOND;
    const from = Math.max(0, Math.min(top - beyond, props.count - 1));
    const to = Math.min(props.count, bottom + beyond);
    setRange((old) => (old.from === from && old.to === to && old.origin === origin ? old : { from, to, origin }));
    props.onRange?.(from, to);
    if (to >= props.count - (props.endRows ?? BEYOND)) props.onEnd?.();
  };
  const latest = useRef(measure);
  latest.current = measure;
  const placed = useRef(range.origin);
  useLayoutEffect(() => {
    const moved = range.origin - placed.current;
    placed.current = range.origin;
    if (props.view) props.view.origin = range.origin;
    if (moved !== 0) scrollBy({ top: -moved * props.rowPx, behavior: "instant" });
  }, [range.origin]);
  useLayoutEffect(() => latest.current(), [props.count, props.rowPx]);
  useEffect(() => {
    let due = 0;
    let rest: ReturnType<typeof setTimeout>;
    const later = () => {
      clearTimeout(rest);
      rest = setTimeout(() => latest.current(), REST_MS);
      due ||= requestAnimationFrame(() => {
        due = 0;
        latest.current();
      });
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(due);
      clearTimeout(rest);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, []);
  const rows = [];
  for (let n = range.from; n < Math.min(range.to, props.count); n++) rows.push(props.row(n));
  const boxed = Math.min(props.count - range.origin, boxRows);
  const style = { height: `${boxed * props.rowPx}px`, position: "relative", overflowAnchor: "none" } as const;
  return (
    <div ref={box} style={style}>
      <div style={{ transform: `translateY(${(range.from - range.origin) * props.rowPx}px)` }}>{rows}</div>
    </div>
  );
}
