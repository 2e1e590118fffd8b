import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows drawn beyond what is seen, at each end, so that a quick finger finds no gap. */
const BEYOND = 12;

/**
 * A long list of rows of one height in the page's own scroll, of which only the seen ones exist. `onEnd` is called
 * when the last rows come near.
 */
export function VirtualList(props: {
  count: number;
  rowPx: number;
  row: (index: number) => ComponentChildren;
  onEnd?: () => void;
  /** Tells whether rows have changed while `count` has not. */
  version?: unknown;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 40 });
  const measure = () => {
    const own = box.current;
    if (!own) return;
    const top = -own.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / props.rowPx) - BEYOND);
    const to = Math.min(props.count, Math.ceil((top + innerHeight) / props.rowPx) + BEYOND);
    setRange((old) => (old.from === from && old.to === to ? old : { from, to }));
    if (to >= props.count - BEYOND) props.onEnd?.();
  };
  const latest = useRef(measure);
  latest.current = measure;
  useLayoutEffect(() => latest.current(), [props.count, props.rowPx]);
  useEffect(() => {
    let due = 0;
    const later = () => {
      due ||= requestAnimationFrame(() => {
        due = 0;
        latest.current();
      });
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(due);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, []);
  const rows = [];
  for (let n = range.from; n < Math.min(range.to, props.count); n++) rows.push(props.row(n));
  return (
    <div ref={box} style={{ height: `${props.count * props.rowPx}px`, position: "relative" }}>
      <div style={{ transform: `translateY(${range.from * props.rowPx}px)` }}>{rows}</div>
    </div>
  );
}
