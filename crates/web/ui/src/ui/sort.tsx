// Tables that a person puts in order. The order is in the address: `sort=plays`, downwards `sort=-plays`.
import type { ComponentChildren } from "preact";
import { place, setQuery } from "../app/router";

export interface Order {
  by: string;
  down: boolean;
}

/** The order of the present address, else the usual one. */
export function orderOf(usual: string): Order {
  const said = place.value.query.get("sort") ?? usual;
  return said.startsWith("-") ? { by: said.slice(1), down: true } : { by: said, down: false };
}

/** The head of a column that sorts. Chosen first, numbers go downwards and `text` upwards. */
export function SortHead(props: {
  by: string;
  order: Order;
  /** Of numbers, which stand at the right. */
  n?: boolean;
  text?: boolean;
  class?: string;
  children: ComponentChildren;
}) {
  const { by, order } = props;
  const own = order.by === by;
  const down = own ? !order.down : !props.text;
  return (
    <th
      scope="col"
      class={[props.n && "n", props.class].filter(Boolean).join(" ") || undefined}
      aria-sort={own ? (order.down ? "descending" : "ascending") : undefined}
    >
      <button type="button" class="sorter" onClick={() => setQuery({ sort: (down ? "-" : "") + by }, true)}>
        {props.children}
        <span aria-hidden="true">{own ? (order.down ? "↓" : "↑") : ""}</span>
      </button>
    </th>
  );
}
