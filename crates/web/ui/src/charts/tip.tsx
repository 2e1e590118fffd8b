// The box with the values of a column that goes along with the pointer.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { beside } from "./layout";

/** A place in the window, in pixels. */
export interface Point {
  x: number;
  y: number;
  /** Put there by a finger, which hides what is beside it. */
  touch?: boolean;
}

/** In the top layer of the page, so that nothing cuts it off, not even a dialog it stands in. */
export function Tip({ at, children }: { at: Point; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.showPopover?.(), []);
  useLayoutEffect(() => {
    const own = box.current;
    if (!own) return;
    const size = { width: own.offsetWidth, height: own.offsetHeight };
    // Without the scroll bar.
    const view = { width: document.documentElement.clientWidth, height: innerHeight };
    const { left, top } = beside(at, size, view, at.touch ?? false);
    own.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  });
  return (
    <div class="chart-tip" ref={box} popover="manual" aria-hidden="true">
      {children}
    </div>
  );
}

export interface TipRow {
  name: string;
  value: string;
  color: string;
  /** What the pointer is on. */
  marked?: boolean;
  /** Of no weight: 0 or unknown. */
  faint?: boolean;
}

/** Rows that are shown; what is more would be higher than a phone. */
const ROWS_MAX = 14;

export function TipRows(props: { title: string; rows: readonly TipRow[]; total?: string; hint?: string }) {
  const { title, rows, total, hint } = props;
  const crowded = rows.length > ROWS_MAX;
  const told = crowded ? rows.filter((row) => !row.faint).slice(0, ROWS_MAX) : rows;
  return (
    <>
      <strong>{title}</strong>
      <table>
        <tbody>
          {told.map((row) => (
            <tr key={row.name} class={row.marked ? "marked" : row.faint ? "faint" : undefined}>
              <th scope="row">
                <i style={{ background: `var(${row.color})` }} />
                <span class="clip">{row.name}</span>
              </th>
              <td>{row.value}</td>
            </tr>
          ))}
          {total !== undefined && (
            <tr class="sum">
              <th scope="row">Total</th>
              <td>{total}</td>
            </tr>
          )}
        </tbody>
      </table>
      {told.length < rows.length && <small>{rows.length - told.length} more</small>}
      {hint && <small>{hint}</small>}
    </>
  );
}
