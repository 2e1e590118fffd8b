import { useEffect, useRef, useState } from "preact/hooks";
import type { Params } from "../../api/client";
import type { RankingAnswer, TableAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { place, setQuery } from "../../app/router";
import { count } from "../../format/numbers";
import { Icon } from "../icon";
import { Failed, Popover, Waiting } from "../parts";
import { type Choice, choicesOf, FACETS, type Facet, isChosen, toggled } from "./facets";

/** Choices from which on a search box stands above them. */
const SEARCHED_FROM = 9;

/** `params`: what the page asks with now; each facet counts the plays that the other filters leave. */
export function AddFilter({ params }: { params: Params }) {
  return (
    <Popover
      left
      title="Add filter"
      label={
        <>
          <Icon name="filter" /> Filter
        </>
      }
    >
      {() => <Panel params={params} />}
    </Popover>
  );
}

function Panel({ params }: { params: Params }) {
  const [facet, setFacet] = useState<Facet>();
  const [last, setLast] = useState<string>();
  if (facet) {
    const back = () => {
      setLast(facet.name);
      setFacet(undefined);
    };
    return <Choices facet={facet} params={params} back={back} />;
  }
  return <Facets last={last} choose={setFacet} />;
}

function Facets(props: { last: string | undefined; choose: (facet: Facet) => void }) {
  const own = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const wanted = FACETS.findIndex((f) => f.name === props.last);
    own.current?.querySelectorAll("button")[Math.max(0, wanted)]?.focus();
  }, []);
  const { query } = place.value;
  return (
    <ul class="pick tall" ref={own}>
      {FACETS.map((facet) => {
        const chosen = query.getAll(facet.name).length + (facet.name === "user" ? query.getAll("user_id").length : 0);
        return (
          <li key={facet.name}>
            <button type="button" onClick={() => props.choose(facet)}>
              {facet.title}
              <span class="n">{chosen > 0 ? `${chosen} chosen` : ""}</span>
              <Icon name="right" />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Choices({ facet, params, back }: { facet: Facet; params: Params; back: () => void }) {
  const [wanted, setWanted] = useState("");
  const own = useRef<HTMLDivElement>(null);
  const others = { ...params, ...facet.params, [facet.name]: undefined };
  if (facet.name === "user") others.user_id = undefined;
  const { data, error, reload } = useGet<RankingAnswer | TableAnswer>(facet.path, others);
  const ready = facet.path === null || data !== undefined;
  useEffect(() => {
    // A phone would open its keyboard over the choices.
    const first = matchMedia("(hover: hover)").matches ? "input" : "button";
    own.current?.querySelector<HTMLElement>(first)?.focus();
  }, [ready]);
  const choices = choicesOf(facet, data);
  const part = wanted.trim().toLocaleLowerCase();
  const seen = choices.filter((c) => c.label.toLocaleLowerCase().includes(part));
  return (
    <div ref={own} class="stack filters-choices">
      <button type="button" class="button bare filters-back" onClick={back}>
        <Icon name="left" /> {facet.title}
      </button>
      {choices.length >= SEARCHED_FROM && (
        <input
          class="input"
          type="search"
          placeholder={`Find a ${facet.title.toLowerCase()}`}
          aria-label={`Find a ${facet.title.toLowerCase()}`}
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      {error && <Failed error={error} retry={reload} />}
      {!ready && !error && <Waiting />}
      {ready && seen.length === 0 && <p class="soft small">Nothing of that kind was played.</p>}
      <ul class="pick">
        {seen.map((choice) => (
          <li key={choice.value}>
            <Box facet={facet} choice={choice} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Box({ facet, choice }: { facet: Facet; choice: Choice }) {
  const { query } = place.value;
  return (
    <label>
      <input
        type="checkbox"
        checked={isChosen(query, facet, choice)}
        onChange={() => setQuery(toggled(query, facet, choice))}
      />
      <span class="clip">{choice.label}</span>
      {choice.plays !== undefined && <span class="n">{count(choice.plays)}</span>}
    </label>
  );
}
