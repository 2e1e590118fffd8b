import { signal } from "@preact/signals";

const small = matchMedia("(max-width: 760px)");

/** Whether the screen is narrow, as the style sheets count it. */
export const narrow = signal(small.matches);

small.addEventListener("change", () => {
  narrow.value = small.matches;
});
