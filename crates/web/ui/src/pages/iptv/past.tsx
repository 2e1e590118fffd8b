// What was watched through stream managers.
import { useState } from "preact/hooks";
import { useGet } from "../../api/useGet";
import type {
  ChannelRanking,
  FeedUser,
  FeedUsers,
  RankedChannel,
  ViewersOverTime as Viewers,
} from "../../api/schema";
import { place, setQuery } from "../../app/router";
import { Chart } from "../../charts/chart";
import { bytes, count, NOTHING } from "../../format/numbers";
import { ago, dateTime, day, localDay, span } from "../../format/times";
import { Numbers } from "../../ui/numbers";
import { Avatar, Card, Failed, Segments, Waiting } from "../../ui/parts";
import { days } from "../../ui/query";
import { pastParams } from "./query";
import { KINDS } from "./words";
import { word } from "../../format/words";

/** Up to this many days there is a column for each hour. */
const HOURLY_DAYS = 3;

export function ViewersOverTime() {
  const [measure, setMeasure] = useState<"peak" | "time">("time");
  const range = Number(days());
  const hourly = range > 0 && range <= HOURLY_DAYS;
  const { data, error, reload } = useGet<Viewers>("api/v1/iptv/viewers", {
    ...pastParams(),
    by: hourly ? "hour" : "day",
  });
  if (!data) return error ? <Failed error={error} retry={reload} /> : <Waiting />;
  const buckets = data.buckets;
  const title = measure === "time" ? "Watched" : "Most viewers at once";
  return (
    <div class="iptv-viewers-chart">
      <div class="row wrap">
        <Segments
          label="What of the viewers"
          value={measure}
          options={[
            ["time", "Watched"],
            ["peak", "At once"],
          ]}
          onChange={setMeasure}
        />
      </div>
      <Chart
        title={title}
        kind="bars"
        categories={buckets.map((b) => b.starts_at)}
        label={(at) => (hourly ? dateTime(at) : day(localDay(String(at))))}
        unit={measure === "time" ? "seconds" : "count"}
        series={[
          {
            name: title,
            color: "--live",
            values: buckets.map((b) => (measure === "time" ? b.viewed_ms / 1000 : b.peak_viewers)),
          },
        ]}
      />
    </div>
  );
}

const ORDERS = [
  ["viewer_time", "Watched"],
  ["views", "Views"],
  ["on_air", "On the air"],
  ["failovers", "Failovers"],
  ["buffering", "Buffering"],
  ["bytes", "Bytes"],
] as const;

type Order = (typeof ORDERS)[number][0];

const RANKED = 15;

const VALUE: Record<Order, (c: RankedChannel) => number | undefined> = {
  viewer_time: (c) => c.viewed_ms,
  views: (c) => c.views,
  on_air: (c) => c.on_air_ms,
  failovers: (c) => c.failovers,
  buffering: (c) => c.buffering_ms,
  bytes: (c) => c.received_bytes,
};

export function Ranking() {
  const order = (place.value.query.get("order") ?? "viewer_time") as Order;
  const { data, error, reload } = useGet<ChannelRanking>("api/v1/iptv/ranking", {
    ...pastParams(),
    order,
    limit: RANKED,
  });
  const value = VALUE[order] ?? VALUE.viewer_time;
  const most = Math.max(1, ...(data?.channels ?? []).map((c) => value(c) ?? 0));
  return (
    <Card
      title="Channels"
      tools={
        <Segments
          label="Order"
          value={order}
          options={ORDERS}
          onChange={(next) => setQuery({ order: next })}
        />
      }
    >
      {!data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : data.channels.length === 0 ? (
        <p class="soft">No channel was on the air in this time.</p>
      ) : (
        <Numbers
          label="Channels by what they were watched"
          class="iptv-ranking"
          head={CHANNEL_HEAD}
          rows={data.channels.map((c) => rankedRow(c, (value(c) ?? 0) / most))}
        />
      )}
    </Card>
  );
}

const CHANNEL_HEAD = [
  "Channel",
  "Watched",
  "Views",
  "Viewers",
  "On the air",
  "Failovers",
  "Errors",
  "Buffered",
  "Received",
  "Last",
];

function rankedRow(c: RankedChannel, ratio: number) {
  const name = c.series ?? c.name ?? c.key.slice(0, 12);
  return [
    <>
      <span class="iptv-share" style={{ width: `${ratio * 100}%` }} />
      <button
        type="button"
        class="iptv-link"
        onClick={() => setQuery({ channel: c.key })}
        title={`Only ${name}`}
      >
        {c.kind === "live" && c.number !== undefined && <span class="soft number">{c.number} </span>}
        {name}
      </button>
      <span class="soft small"> {c.kind === "live" ? c.group : word(KINDS, c.kind)}</span>
    </>,
    span(c.viewed_ms / 1000),
    count(c.views),
    count(c.viewers),
    span(c.on_air_ms / 1000),
    count(c.failovers),
    count(c.errors),
    span(c.buffering_ms / 1000),
    bytes(c.received_bytes),
    ago(c.last_at),
  ];
}

const USERS_SHOWN = 50;

export function Users() {
  const { data, error, reload } = useGet<FeedUsers>("api/v1/iptv/users", {
    ...pastParams(),
    limit: USERS_SHOWN,
  });
  return (
    <Card
      title="Viewers"
      tools={data && data.users_total > 0 ? <span class="soft small">{count(data.users_total)}</span> : null}
    >
      {!data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : data.users.length === 0 ? (
        <p class="soft">Nobody watched in this time.</p>
      ) : (
        <Numbers
          label="Viewers by what they watched"
          head={["Who", "Watched", "Views", "Channels", "Sent", "Last"]}
          rows={data.users.map(userRow)}
        />
      )}
    </Card>
  );
}

function userRow(u: FeedUser) {
  const name = u.user ?? u.address ?? u.client_id ?? NOTHING;
  return [
    <span class="row">
      <Avatar name={name} />
      <button
        type="button"
        class="iptv-link clip"
        onClick={() => setQuery({ user: name })}
        title={`Only ${name}`}
      >
        {name}
      </button>
      {u.user === undefined && <span class="soft small">not signed in</span>}
    </span>,
    span(u.viewed_ms / 1000),
    count(u.views),
    count(u.channels),
    bytes(u.sent_bytes),
    ago(u.last_at),
  ];
}
