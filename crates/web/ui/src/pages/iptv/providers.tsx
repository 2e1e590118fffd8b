// Logins of providers: connections now against the limit, and over time.
import { useState } from "preact/hooks";
import { useGet } from "../../api/useGet";
import type {
  Provider,
  ProviderDay,
  ProviderDays,
  ProviderLogin,
  ProviderTotal,
  ProviderTotals,
  Providers,
} from "../../api/schema";
import { place, setQuery } from "../../app/router";
import { bytes, count, counted, NOTHING } from "../../format/numbers";
import { ago, dateTime, day, span } from "../../format/times";
import { Icon } from "../../ui/icon";
import { Numbers } from "../../ui/numbers";
import { Card, Failed, Meter, Waiting } from "../../ui/parts";
import { type Bar, bars, ceiling } from "./limit";
import { days } from "../../ui/query";
import { pastParams } from "./query";
import { connectionsText, loginName } from "./words";

const NOW_EVERY_MS = 5_000;

/** An account that ends this soon is pointed out. */
const SOON_MS = 14 * 86_400_000;

export function ProvidersNow() {
  const { query } = place.value;
  const { data, error, reload } = useGet<Providers>(
    "api/v1/iptv/providers",
    { server: query.getAll("server") },
    NOW_EVERY_MS,
  );
  if (!data) return error ? <Failed error={error} retry={reload} /> : <Waiting />;
  const wanted = query.getAll("account");
  const providers = data.providers.filter((p) => wanted.length === 0 || wanted.includes(p.name ?? ""));
  if (providers.length === 0) return null;
  return (
    <section class="stack" aria-label="Providers">
      <h2>Providers</h2>
      <div class="grid">
        {providers.map((p) => (
          <ProviderCard provider={p} key={`${p.server_id}/${p.id}`} />
        ))}
      </div>
    </section>
  );
}

function ProviderCard({ provider }: { provider: Provider }) {
  const name = provider.name ?? "Logins of no listed account";
  const failed = provider.status === "error";
  return (
    <article class="card iptv-provider">
      <header class="row">
        <h3 class="grow clip">
          {provider.name === undefined ? (
            name
          ) : (
            <button
              type="button"
              class="iptv-link"
              onClick={() => setQuery({ account: name })}
              title={`Only ${name}`}
            >
              {name}
            </button>
          )}
        </h3>
        {provider.is_active === false && <span class="tag">off</span>}
        {provider.kind && <span class="tag">{provider.kind}</span>}
      </header>
      <ul class="iptv-logins">
        {provider.profiles.map((p) => (
          <Login account={provider.name} login={p} key={p.id} />
        ))}
      </ul>
      <p class="soft small">
        {provider.streams !== undefined && `${counted(provider.streams, "stream")} · `}
        {failed ? (
          <span class="iptv-warn">last refresh failed</span>
        ) : provider.updated_at ? (
          `refreshed ${ago(provider.updated_at)}`
        ) : (
          "never refreshed"
        )}
      </p>
    </article>
  );
}

function Login({ account, login }: { account?: string; login: ProviderLogin }) {
  const { connections, reserved_connections: reserved } = login;
  const text = connectionsText(connections, login.max_connections);
  const name = loginName({ account, name: login.name }) ?? `Login ${login.id}`;
  return (
    <li>
      <div class="row">
        <span class="grow clip small" title={login.name}>
          {name === account ? "Usual login" : name.replace(`${account} · `, "")}
          {login.is_active === false && <span class="soft"> (off)</span>}
        </span>
        <span class="small number">{text}</span>
      </div>
      {login.usage_ratio === undefined ? (
        <div class="meter" aria-hidden="true" />
      ) : (
        <Meter ratio={login.usage_ratio} bad={login.usage_ratio >= 1} label={`${name}: ${text}`} />
      )}
      {reserved !== undefined && connections !== undefined && reserved > connections && (
        <p class="small iptv-warn">
          The manager has {reserved} reserved, more than run: streams may be refused though there is room.
        </p>
      )}
      {login.expires_at && (
        <p class={Date.parse(login.expires_at) - Date.now() < SOON_MS ? "small iptv-warn" : "small soft"}>
          Ends {dateTime(login.expires_at)} ({ago(login.expires_at)})
        </p>
      )}
    </li>
  );
}

export function LoginsOverTime() {
  const params = pastParams();
  const totals = useGet<ProviderTotals>("api/v1/iptv/provider-totals", params);
  const perDay = useGet<ProviderDays>("api/v1/iptv/provider-days", params);
  const error = totals.error ?? perDay.error;
  const reload = () => {
    totals.reload();
    perDay.reload();
  };
  return (
    <Card title="Connections against the limit" class="iptv-over-time">
      {error && !(totals.data && perDay.data) ? (
        <Failed error={error} retry={reload} />
      ) : !totals.data || !perDay.data ? (
        <Waiting />
      ) : totals.data.providers.length === 0 ? (
        <p class="soft">No connection to a provider was used in this time.</p>
      ) : (
        <ul class="stack">
          {totals.data.providers.map((total) => (
            <LoginOverTime
              key={`${total.server_id}/${total.profile_id}`}
              total={total}
              days={(perDay.data?.days ?? []).filter(
                (d) => d.server_id === total.server_id && d.profile_id === total.profile_id,
              )}
              span={stretch(perDay.data?.days ?? [], perDay.data?.meta.answered_at ?? "")}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

/** First and last date of all logins together, so that their pictures stand one below the other. */
function stretch(all: readonly ProviderDay[], answeredAt: string): [string, string] {
  const dates = all.map((d) => d.date).sort();
  const last = dates.at(-1) ?? answeredAt.slice(0, 10);
  return [dates[0] ?? last, last];
}

function LoginOverTime({
  total,
  days: own,
  span: [first, last],
}: {
  total: ProviderTotal;
  days: ProviderDay[];
  span: [string, string];
}) {
  const [table, setTable] = useState(false);
  const name = loginName({ account: total.account, name: total.profile_name }) ?? `Login ${total.profile_id}`;
  const all = bars(own, first, last);
  return (
    <li class="iptv-login">
      <div>
        <h3 class="clip">{name}</h3>
        <p class="iptv-peak">
          <span class="number">{count(total.peak_connections)}</span>
          <span class="soft">
            {total.max_connections === undefined
              ? " at once, no limit"
              : ` of ${total.max_connections} at once`}
          </span>
        </p>
        <p class="small soft">{total.peak_at ? `first ${dateTime(total.peak_at)}` : NOTHING}</p>
        <p class={total.days_at_limit > 0 ? "small" : "small soft"}>
          {total.max_connections === undefined
            ? `used on ${counted(total.days, "day")}`
            : `at the limit on ${count(total.days_at_limit)} of ${counted(total.days, "day")}` +
              (total.at_limit_ms ? `, ${span(total.at_limit_ms / 1000)} in all` : "")}
        </p>
        <p class="small soft">
          {[
            counted(total.runs, "run"),
            total.failovers > 0 && counted(total.failovers, "failover"),
            total.errors > 0 && counted(total.errors, "error"),
            total.buffering_ms > 0 && `buffered ${span(total.buffering_ms / 1000)}`,
            total.received_bytes !== undefined && bytes(total.received_bytes),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <div class="iptv-picture">
        {table ? <DayTable name={name} days={own} /> : <LimitBars name={name} all={all} />}
        <div class="row tiny soft">
          <span class="grow">{day(first)}</span>
          <button
            type="button"
            class="button bare icon"
            aria-label={table ? `${name} as a graph` : `${name} as a table`}
            onClick={() => setTable(!table)}
          >
            <Icon name={table ? "chart" : "table"} />
          </button>
          <span class="grow iptv-right">{day(last)}</span>
        </div>
      </div>
    </li>
  );
}

const HIGH = 60;

/** Height of what was not used: seen, but not taken for a connection. */
const NONE_HIGH = 0.8;

function LimitBars({ name, all }: { name: string; all: readonly Bar[] }) {
  const top = ceiling(all);
  const y = (n: number) => HIGH - (n / top) * (HIGH - 6);
  const line = all.map((b, n) => (b.max ? `M${n} ${y(b.max)}H${n + 1}` : "")).join("");
  return (
    <svg
      class="iptv-bars"
      viewBox={`0 0 ${Math.max(1, all.length)} ${HIGH}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name}: most connections of each day over ${days()} days. The table view tells the numbers.`}
    >
      {all.map((bar, n) => (
        <rect
          key={bar.date}
          x={n + 0.12}
          width={0.76}
          y={bar.peak > 0 ? y(bar.peak) : HIGH - NONE_HIGH}
          height={bar.peak > 0 ? HIGH - y(bar.peak) : NONE_HIGH}
          class={bar.peak === 0 ? "none" : bar.full ? "full" : undefined}
        >
          <title>
            {`${day(bar.date)}: ${connectionsText(bar.peak, bar.max ?? 0)}`}
            {bar.day?.peak_at ? `, first ${dateTime(bar.day.peak_at)}` : ""}
            {bar.day?.at_limit_ms ? `, ${span(bar.day.at_limit_ms / 1000)} at the limit` : ""}
          </title>
        </rect>
      ))}
      <path d={line} class="limit" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

const DAY_HEAD = ["Date", "Most", "Limit", "At the limit", "Failovers", "Errors", "Buffered", "Received"];

function DayTable({ name, days: own }: { name: string; days: readonly ProviderDay[] }) {
  const rows = own
    .toReversed()
    .map((d) => [
      day(d.date),
      d.peak_connections,
      d.max_connections ?? NOTHING,
      d.at_limit_ms === undefined ? NOTHING : span(d.at_limit_ms / 1000),
      d.failovers,
      d.errors,
      span(d.buffering_ms / 1000),
      bytes(d.received_bytes),
    ]);
  return <Numbers label={`${name} in numbers`} class="iptv-days" head={DAY_HEAD} rows={rows} />;
}
