// Every series of /metrics: what it means, what it is now, and the queries people begin with.
import { useState } from "preact/hooks";
import type { Metrics, MetricFamily as Family } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href, place, setQuery } from "../../app/router";
import { counted, NOTHING } from "../../format/numbers";
import { dateTime } from "../../format/times";
import { CopyButton, Snippet } from "../../ui/copy";
import { Icon } from "../../ui/icon";
import { Numbers } from "../../ui/numbers";
import { Empty, Failed, Head, Segments, Waiting } from "../../ui/parts";
import { found, labelText, queries, scrapeConfig } from "./promql";
import "./series.css";

const EVERY_MS = 15_000;

const USUAL = "native";

export default function Page() {
  const { query } = place.value;
  const profile = query.get("profile") ?? undefined;
  const { data, error, reload } = useGet<Metrics>("api/v1/metrics", { profile }, EVERY_MS);
  const shown = profile ?? data?.profile ?? USUAL;
  return (
    <>
      <Head title="Metrics">
        {data && data.profiles.length > 1 && (
          <select
            class="input series-profile"
            aria-label="Profile"
            value={shown}
            onChange={(event) => setQuery({ profile: event.currentTarget.value })}
          >
            {data.profiles.map((name) => (
              <option key={name} value={name}>
                {name === USUAL ? "Our own names" : `As ${name}`}
              </option>
            ))}
          </select>
        )}
        <a class="button" href={href(`/metrics/${encodeURIComponent(shown)}`)} data-outside="">
          <Icon name="outside" /> /metrics/{shown}
        </a>
      </Head>
      <div class="stack">
        <Scrape profile={shown} />
        {data ? (
          <Browser families={data.families} key={shown} />
        ) : error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )}
      </div>
    </>
  );
}

function Scrape({ profile }: { profile: string }) {
  return (
    <details class="card series-scrape">
      <summary>
        <h2>Let Prometheus scrape this</h2>
        <Icon name="down" />
      </summary>
      <Snippet
        text={scrapeConfig(document.baseURI, profile, false)}
        label="the configuration of Prometheus"
      />
    </details>
  );
}

/** Types that have a button, where there are families of them. */
const TYPES = ["counter", "gauge", "info", "histogram", "summary"] as const;

function Browser({ families }: { families: readonly Family[] }) {
  const { query } = place.value;
  const [search, type] = [query.get("q") ?? "", query.get("type") ?? ""];
  const present = TYPES.filter((t) => families.some((f) => f.type === t));
  const list = found(families, search, type || undefined);
  return (
    <>
      <div class="row wrap series-tools">
        <input
          class="input series-search"
          type="search"
          aria-label="Search metrics"
          placeholder="Name, meaning or label"
          value={search}
          onInput={(event) => setQuery({ q: event.currentTarget.value || undefined }, true)}
        />
        <Segments
          label="Type"
          value={type}
          options={[["", "All"], ...present.map((t) => [t, t] as const)]}
          onChange={(value) => setQuery({ type: value || undefined })}
        />
        <span class="soft small" role="status">
          {counted(list.length, "metric")},{" "}
          {counted(
            list.reduce((n, f) => n + f.series, 0),
            "series",
            "series",
          )}
        </span>
      </div>
      {list.length === 0 ? (
        <Empty icon="search">
          <p>No metric has that in its name, its meaning or its labels.</p>
          <button type="button" class="button" onClick={() => setQuery({ q: undefined, type: undefined })}>
            Show all
          </button>
        </Empty>
      ) : (
        <ul class="series-list">
          {list.map((family) => (
            <Row family={family} key={family.name} />
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ family }: { family: Family }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="series-name">
            <code class="mono">{family.name}</code>
            <span class="soft small">{family.help}</span>
          </span>
          <span class={`tag ${TAGS[family.type] ?? ""}`}>{family.type}</span>
          <span class="soft small">{family.unit}</span>
          <span class="series-value number">{only(family)}</span>
          <Icon name="down" />
        </summary>
        {open && <Inside family={family} />}
      </details>
    </li>
  );
}

const TAGS: Record<string, string> = {
  counter: "info",
  gauge: "good",
  info: "",
  histogram: "wait",
  summary: "wait",
};

/** Its value where there is one, else how many there are. */
function only(family: Family): string {
  const one = family.samples[0];
  if (family.series === 1 && one && family.type !== "info") return valueText(family, one.value);
  return counted(family.series, "series", "series");
}

const exact = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 8 });

function valueText(family: Family, value: number | null): string {
  if (value === null) return NOTHING;
  if (family.name.endsWith("_timestamp_seconds") || family.name === "process_start_time_seconds")
    return dateTime(value * 1000);
  return exact.format(value);
}

function Inside({ family }: { family: Family }) {
  return (
    <div class="series-inside">
      <section>
        <h3>Queries</h3>
        <ul class="stack">
          {queries(family).map(({ title, promql }) => (
            <li key={promql}>
              <p class="small soft">{title}</p>
              <Snippet text={promql} label={`query of ${family.name}: ${title}`} />
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>
          Now{" "}
          {family.samples.length < family.series && (
            <span class="soft small">the first {family.samples.length}</span>
          )}
        </h3>
        {family.samples.length === 0 ? (
          <p class="soft">There is no such series now.</p>
        ) : (
          <Samples family={family} />
        )}
      </section>
    </div>
  );
}

function Samples({ family }: { family: Family }) {
  const names = [...new Set(family.samples.flatMap((s) => Object.keys(s.labels)))];
  const head = [...names, "value", "copy"];
  const rows = family.samples.map((sample) => {
    const selector = `${family.name}{${labelText(sample.labels)}}`;
    return [
      ...names.map((name) => sample.labels[name] ?? NOTHING),
      valueText(family, sample.value),
      <CopyButton text={selector} label={`Copy ${selector}`} />,
    ];
  });
  return (
    <Numbers
      class="series-samples"
      label={`Values of ${family.name}`}
      head={head}
      rows={rows}
      text={names.length}
    />
  );
}
