// A play's sheet is an address: `?play=17` beside whatever the page is filtered by.
import { useRef } from "preact/hooks";
import { href, place, setQuery } from "../../app/router";

/** The address of the sheet of play `id` over the present page. */
export function playHref(id: number): string {
  const query = new URLSearchParams(place.value.query);
  query.set("play", String(id));
  return href(`${place.value.path}?${query}`);
}

interface OpenPlay {
  /** Of the play whose sheet is open. */
  id: number | undefined;
  close: () => void;
  /** Puts another play in its place; going back still closes the sheet. */
  show: (id: number) => void;
}

/** Of the play whose sheet `query` opens. */
export function openIn(query: URLSearchParams): number | undefined {
  const told = query.get("play");
  return told !== null && /^\d{1,15}$/.test(told) ? Number(told) : undefined;
}

export function useOpenPlay(): OpenPlay {
  const id = openIn(place.value.query);
  // Where the page was seen without the sheet, the step back is that page.
  const seenWithout = useRef(false);
  if (id === undefined) seenWithout.current = true;
  return {
    id,
    close: () => (seenWithout.current ? history.back() : setQuery({ play: undefined }, true)),
    show: (other) => setQuery({ play: String(other) }, true),
  };
}
