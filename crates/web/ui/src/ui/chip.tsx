import type { ComponentChildren } from "preact";
import { place, setQuery } from "../app/router";
import { Icon } from "./icon";

/** One part of the filter in the address, with a button that takes it away. `children`: the value in words. */
export function Chip(props: { name: string; title: string; value: string; children: ComponentChildren }) {
  const { name, title, value } = props;
  return (
    <span class="chip removable">
      <span class="clip">
        <span class="soft">{title}</span> {props.children}
      </span>
      <button
        type="button"
        aria-label={`Without ${title} ${value}`}
        onClick={() => setQuery({ [name]: place.value.query.getAll(name).filter((v) => v !== value) })}
      >
        <Icon name="close" />
      </button>
    </span>
  );
}

/** What the address is filtered by. `filters`: parameters and their titles. */
export function chosenIn(query: URLSearchParams, filters: Record<string, string>) {
  return Object.entries(filters).flatMap(([name, title]) =>
    query.getAll(name).map((value) => ({ name, title, value, key: `${name}=${value}` })),
  );
}
