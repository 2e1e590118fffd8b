// Which plays are looked at. The filter is the query of the address, under the names of /api/v1 ("History" in its
// reference), so that every page passes it on as it is.
import type { ComponentChildren } from "preact";
import { place, setQuery } from "../../app/router";
import type { Params } from "../../api/client";
import { Segments } from "../parts";
import { asked, days, RANGES } from "../query";
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
  weekday: "Day",
  hour: "Hour",
  source_resolution: "Source",
  stream_resolution: "Stream resolution",
  reason: "Reason",
  hardware: "Transcoded",
  completion: "Got to",
  q: "Search",
};

/** The filter of the present address as parameters of the interface, days counted in this browser's zone. */
export function filterParams(usual = "30"): Params {
  const { query } = place.value;
  const params = asked(Object.keys(FILTERS));
  const [from, to] = [query.get("from"), query.get("to")];
  if (from) params.from = from;
  if (to) params.to = to;
  if (!from && !to) params.days = days(usual);
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
  const range = query.has("from") || query.has("to") ? "custom" : days(props.days);
  const shown = Object.entries(FILTERS).filter(([name]) => !props.without?.includes(name));
  return (
    <div class="row wrap filters">
      {!props.noRange && (
        <>
          <Segments
            label="Range"
            value={range}
            options={RANGES}
            onChange={(to) => setQuery({ days: to, from: undefined, to: undefined })}
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
