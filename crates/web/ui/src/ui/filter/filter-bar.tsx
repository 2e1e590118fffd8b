// Which plays are looked at. The filter is the query of the address, under the names of /api/v1 ("History" in its
// reference), so that every page passes it on as it is.
import type { ComponentChildren } from "preact";
import { place, setQuery } from "../../app/router";
import { zone } from "../../format/times";
import type { Params } from "../../api/client";
import { Segments } from "../parts";
import { AddFilter } from "./add-filter";
import { Chips } from "./chips";
import { Dates } from "./dates";
import "./filter.css";

/** Parameters that choose plays, with how a chip names them. */
export const FILTERS: Record<string, string> = {
  server: "Server",
  library: "Library",
  user: "User",
  user_id: "User",
  platform: "Platform",
  player: "Player",
  decision: "Stream",
  media: "Media",
  network: "Network",
  origin: "Origin",
  title: "Title",
  rating_key: "Item",
  group_id: "Group",
  q: "Search",
};

const RANGES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "Year"],
  ["0", "All time"],
] as const;

/** The filter of the present address as parameters of the interface, days counted in this browser's zone. */
export function filterParams(days = "30"): Params {
  const { query } = place.value;
  const params: Record<string, string | readonly string[]> = { time_zone: zone() };
  for (const name of Object.keys(FILTERS)) if (query.has(name)) params[name] = query.getAll(name);
  const [from, to] = [query.get("from"), query.get("to")];
  if (from) params.from = from;
  if (to) params.to = to;
  if (!from && !to) params.days = query.get("days") ?? days;
  return params;
}

export function FilterBar(props: {
  /** Range while the address names none, in days; 0 is all time. */
  days?: string;
  /** Without a choice of the range. */
  noRange?: boolean;
  /** Parameters that the page shows and changes by itself, such as a search box. */
  without?: readonly string[];
  children?: ComponentChildren;
}) {
  const { query } = place.value;
  const range = query.has("from") || query.has("to") ? "custom" : (query.get("days") ?? props.days ?? "30");
  const shown = Object.entries(FILTERS).filter(([name]) => !props.without?.includes(name));
  return (
    <div class="row wrap filters">
      {!props.noRange && (
        <>
          <Segments
            label="Range"
            value={range}
            options={RANGES}
            onChange={(days) => setQuery({ days, from: undefined, to: undefined })}
          />
          <Dates />
        </>
      )}
      <AddFilter params={filterParams(props.days ?? (props.noRange ? "0" : undefined))} />
      {props.children}
      <Chips filters={Object.fromEntries(shown)} />
    </div>
  );
}
