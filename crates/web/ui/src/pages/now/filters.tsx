// Which streams are shown: the query of the address, under the names of /api/v1/sessions.
import { useComputed } from "@preact/signals";
import { place, setQuery } from "../../app/router";
import { DECISIONS, word } from "../../format/words";
import { servers, sessions } from "../../live/store";
import { Icon } from "../../ui/icon";
import type { Wanted } from "./tally";

/** From this many streams on, a choice among them is offered. */
const OFFERED_MIN = 6;

export function wantedStreams(): Wanted {
  const { query } = place.value;
  return { server: query.getAll("server"), user: query.getAll("user"), decision: query.getAll("decision") };
}

export function isFiltered({ server, user, decision }: Wanted): boolean {
  return server.length + user.length + decision.length > 0;
}

export function clearFilters(): void {
  setQuery({ server: undefined, user: undefined, decision: undefined });
}

/** In the order of the alphabet: the browser's own where there are letters it takes to know, since asking it is slow. */
function byName(names: readonly string[]): string[] {
  if (names.some((name) => /[^ -~]/.test(name))) return names.toSorted((a, b) => a.localeCompare(b));
  const key = (name: string) => name.toLowerCase();
  return names.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

export function Filters() {
  const wanted = wantedStreams();
  const users = useComputed(() =>
    byName([...new Set(sessions.value.flatMap((s) => s.value.user?.name ?? []))]).join("\n"),
  );
  const homes = servers.value.filter((s) => s.kind !== "dispatcharr");
  if (sessions.value.length < OFFERED_MIN && !isFiltered(wanted)) return null;
  return (
    <div class="row wrap now-filters" role="group" aria-label="Which streams">
      {homes.length > 1 && (
        <Choice name="server" all="All servers" own={wanted.server} options={homes.map((s) => [s.id, s.name])} />
      )}
      <Choice
        name="user"
        all="All users"
        own={wanted.user}
        options={users.value ? users.value.split("\n").map((name) => [name, name]) : []}
      />
      <Choice
        name="decision"
        all="All streams"
        own={wanted.decision}
        options={["directplay", "copy", "transcode"].map((d) => [d, word(DECISIONS, d)])}
      />
      {isFiltered(wanted) && (
        <button type="button" class="button bare" onClick={clearFilters}>
          <Icon name="close" /> Show all
        </button>
      )}
    </div>
  );
}

function Choice(props: {
  name: keyof Wanted;
  all: string;
  own: readonly string[];
  options: ReadonlyArray<readonly [string, string]>;
}) {
  const own = props.own[0] ?? "";
  const known = own === "" || props.options.some(([value]) => value === own);
  return (
    <select
      class={own ? "input now-choice set" : "input now-choice"}
      aria-label={props.all.replace("All", "Only of the")}
      value={own}
      onChange={(event) => setQuery({ [props.name]: event.currentTarget.value || undefined })}
    >
      <option value="">{props.all}</option>
      {/* Chosen, and gone meanwhile. */}
      {!known && <option value={own}>{own}</option>}
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
