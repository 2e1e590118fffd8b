// A box that searches while one types; what is searched for is `q` of the address.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { place, setQuery } from "../app/router";

/** Typing rests for this long before the address changes, so that a word is asked for and not its letters. */
const REST_MS = 150;

export function SearchBox(props: { label: string; placeholder: string; class?: string }) {
  const told = place.value.query.get("q") ?? "";
  const [text, setText] = useState(told);
  // What this box wrote itself, which must not come back to it: by then more may have been typed.
  const wrote = useRef(told);
  useLayoutEffect(() => {
    if (told === wrote.current) return;
    // The address changed by itself: going back, a saved view, a chip.
    wrote.current = told;
    setText(told);
  }, [told]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === wrote.current) return;
    const timer = setTimeout(() => {
      wrote.current = wanted;
      setQuery({ q: wanted || undefined }, true);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      class={props.class ? `input ${props.class}` : "input"}
      type="search"
      aria-label={props.label}
      placeholder={props.placeholder}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}
