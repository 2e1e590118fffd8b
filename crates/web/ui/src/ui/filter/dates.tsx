import { place, setQuery } from "../../app/router";
import { dateTime, day, localDay } from "../../format/times";
import { Popover } from "../parts";

/** A range of the user's own, by its first and last day. */
export function Dates() {
  const { query } = place.value;
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  const set = (change: { from?: string; to?: string }) => {
    const next = { from: dateOf(from), to: dateOf(to), ...change };
    // The end that was not touched follows, so that there is never a range without days.
    if (next.from && next.to && next.from > next.to) {
      if (change.from) next.to = next.from;
      else next.from = next.to;
    }
    setQuery({ from: next.from || undefined, to: next.to || undefined, days: undefined });
  };
  return (
    <Popover left title="Choose dates" label={rangeText(from, to) ?? "Dates"}>
      {(close) => (
        <form
          class="stack filters-dates"
          onSubmit={(event) => {
            event.preventDefault();
            close();
          }}
        >
          {(["from", "to"] as const).map((end) => (
            <label class="field" key={end}>
              <span>{end === "from" ? "First day" : "Last day"}</span>
              <input
                class="input"
                type="date"
                max="9999-12-31"
                value={dateOf(end === "from" ? from : to)}
                onChange={(event) => set({ [end]: event.currentTarget.value })}
              />
            </label>
          ))}
          <div class="row">
            <button type="button" class="button bare" onClick={() => setQuery({ from: undefined, to: undefined })}>
              Without
            </button>
            <button type="submit" class="button main grow">
              Done
            </button>
          </div>
        </form>
      )}
    </Popover>
  );
}

/** The day of `moment`, which is a date, or a moment as links from a graph have them. */
function dateOf(moment: string): string {
  if (!moment.includes("T")) return moment;
  return Number.isNaN(Date.parse(moment)) ? "" : localDay(moment);
}

function rangeText(from: string, to: string): string | undefined {
  const text = (at: string) => {
    const moment = new Date(at);
    if (Number.isNaN(moment.getTime())) return at;
    return at.includes("T") ? dateTime(at) : day(at);
  };
  if (from && from === to) return text(from);
  if (from && to) return `${text(from)} – ${text(to)}`;
  if (from) return `since ${text(from)}`;
  return to ? `until ${text(to)}` : undefined;
}
