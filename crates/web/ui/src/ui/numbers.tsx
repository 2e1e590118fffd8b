import type { ComponentChildren } from "preact";

/** A table whose first column names its rows. The first `text` columns hold words, those after them numbers. */
export function Numbers(props: {
  /** What it tells, for who cannot see it. */
  label: string;
  head: readonly string[];
  rows: ReadonlyArray<readonly ComponentChildren[]>;
  text?: number;
  class?: string;
}) {
  const kind = (n: number) => (n < (props.text ?? 1) ? undefined : "n");
  return (
    <div class={`scroller ${props.class ?? ""}`} tabIndex={0} role="region" aria-label={props.label}>
      <table class="table">
        <thead>
          <tr>
            {props.head.map((name, n) => (
              <th scope="col" class={kind(n)} key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((cells, at) => (
            <tr key={at}>
              {cells.map((cell, n) =>
                n === 0 ? (
                  <th scope="row" key={n}>
                    {cell}
                  </th>
                ) : (
                  <td class={kind(n)} key={n}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
