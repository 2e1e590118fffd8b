// What stands above the list: search, columns, saved views, the file.
import { useState } from "preact/hooks";
import { address, type Params } from "../../api/client";
import { go, place, setQuery } from "../../app/router";
import { FILTERS } from "../../ui/filter/filter-bar";
import { Icon } from "../../ui/icon";
import { Popover } from "../../ui/parts";
import { SearchBox } from "../../ui/search";
import { COLUMNS } from "./columns";
import { chooseColumns, columns, deleteView, renameView, saveView, views, type View } from "./stored";

export function Search() {
  return (
    <label class="history-search">
      <Icon name="search" />
      <SearchBox label="Search the history" placeholder="Title, user, player, address" />
    </label>
  );
}

export function Grouping() {
  const grouped = place.value.query.get("grouped") !== "false";
  return (
    <label class="row history-grouping">
      <input
        type="checkbox"
        checked={grouped}
        onChange={() => setQuery({ grouped: grouped ? "false" : undefined })}
      />
      Join resumed plays
    </label>
  );
}

export function Tools({ params }: { params: Params }) {
  return (
    <>
      <Views />
      <span class="history-columns">
        <Popover
          label={
            <>
              <Icon name="columns" /> Columns
            </>
          }
        >
          {() => <ColumnChoice />}
        </Popover>
      </span>
      <a
        class="button"
        href={address("api/v1/history/export", { ...params, format: "csv" })}
        download="history.csv"
        title="All plays of this filter as a CSV file"
      >
        <Icon name="download" /> CSV
      </a>
    </>
  );
}

function ColumnChoice() {
  const chosen = columns.value;
  const toggle = (key: string) =>
    chooseColumns(COLUMNS.map((c) => c.key).filter((k) => (k === key ? !chosen.includes(k) : chosen.includes(k))));
  return (
    <ul class="pick tall">
      {COLUMNS.map((column) => (
        <li key={column.key}>
          <label>
            <input type="checkbox" checked={chosen.includes(column.key)} onChange={() => toggle(column.key)} />
            {column.title}
          </label>
        </li>
      ))}
    </ul>
  );
}

/** What a view keeps of an address: all but the play that is looked at. */
function queryOfView(): string {
  const kept = new URLSearchParams();
  for (const [name, value] of place.value.query) {
    if (name in FILTERS || ["from", "to", "days", "grouped"].includes(name)) kept.append(name, value);
  }
  return kept.toString();
}

function Views() {
  const [query, now] = [queryOfView(), columns.value.join()];
  const current = views.value.find((v) => v.query === query && v.columns.join() === now);
  return (
    <Popover
      title="Saved views"
      label={
        <>
          <Icon name="bookmark" /> <span class="clip history-view">{current?.name ?? "Views"}</span>
        </>
      }
    >
      {(close) => (
        <div class="stack history-views">
          {views.value.length === 0 && <p class="soft small">A view keeps the filter and the columns under a name.</p>}
          <ul class="pick">
            {views.value.map((view) => (
              <li key={view.name}>
                <OneView view={view} current={view === current} close={close} />
              </li>
            ))}
          </ul>
          <NameForm
            label="Name of the view"
            action="Save"
            onName={(name) => saveView({ name, query, columns: columns.value })}
          />
        </div>
      )}
    </Popover>
  );
}

function OneView({ view, current, close }: { view: View; current: boolean; close: () => void }) {
  const [renamed, setRenamed] = useState(false);
  if (renamed) {
    const rename = (name: string) => {
      renameView(view.name, name);
      setRenamed(false);
    };
    return <NameForm label={`New name of ${view.name}`} action="Rename" start={view.name} onName={rename} />;
  }
  const apply = () => {
    chooseColumns(view.columns);
    go(place.value.path + (view.query ? `?${view.query}` : ""));
    close();
  };
  return (
    <div class="row">
      <button type="button" class="grow" aria-current={current ? "true" : undefined} onClick={apply}>
        <span class="clip">{view.name}</span>
        {current && <Icon name="check" />}
      </button>
      <button type="button" class="history-small" onClick={() => setRenamed(true)} aria-label={`Rename ${view.name}`}>
        Rename
      </button>
      <button
        type="button"
        class="history-small"
        onClick={() => deleteView(view.name)}
        aria-label={`Delete ${view.name}`}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}

function NameForm(props: { label: string; action: string; start?: string; onName: (name: string) => void }) {
  const [name, setName] = useState(props.start ?? "");
  const submit = (event: Event) => {
    event.preventDefault();
    if (!name.trim()) return;
    props.onName(name.trim());
    setName("");
  };
  return (
    <form class="row" onSubmit={submit}>
      <input
        class="input grow"
        aria-label={props.label}
        placeholder={props.label}
        maxLength={60}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={!name.trim()}>
        {props.action}
      </button>
    </form>
  );
}
