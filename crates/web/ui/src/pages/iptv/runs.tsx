// What ran lately, with each change of stream and login.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import { useGet } from "../../api/useGet";
import type { PastRun, RunsPage } from "../../api/schema";
import { channelName } from "../../format/feeds";
import { bytes, counted, NOTHING } from "../../format/numbers";
import { dateTime, span } from "../../format/times";
import { word } from "../../format/words";
import { Icon } from "../../ui/icon";
import { Numbers } from "../../ui/numbers";
import { Card, Failed, Waiting } from "../../ui/parts";
import { pastParams } from "./query";
import { KINDS, loginName } from "./words";

const PAGE = 20;

export function Runs() {
  const params = { ...pastParams(), limit: PAGE };
  const key = JSON.stringify(params);
  const { data, error, reload } = useGet<RunsPage>("api/v1/iptv/runs", params);
  const [more, setMore] = useState<{ key: string; runs: PastRun[]; next?: string }>();
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => setFailed(undefined), [key]);
  const own = more?.key === key ? more : undefined;
  const next = own ? own.next : data?.next_cursor;
  const further = () =>
    get<RunsPage>("api/v1/iptv/runs", { ...params, cursor: next }).then(
      (page) => setMore({ key, runs: [...(own?.runs ?? []), ...page.runs], next: page.next_cursor }),
      setFailed,
    );
  return (
    <Card title="Recent runs">
      {!data ? (
        error ? (
          <Failed error={error} retry={reload} />
        ) : (
          <Waiting />
        )
      ) : data.runs.length === 0 ? (
        <p class="soft">Nothing was on the air in this time.</p>
      ) : (
        <>
          <ul class="iptv-runs">
            {[...data.runs, ...(own?.runs ?? [])].map((run) => (
              <Run run={run} key={run.id} />
            ))}
          </ul>
          {failed !== undefined && <Failed error={failed} />}
          {next && (
            <button type="button" class="button" onClick={() => void further()}>
              <Icon name="down" /> Earlier runs
            </button>
          )}
        </>
      )}
    </Card>
  );
}

function lengthS(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function Run({ run }: { run: PastRun }) {
  const { totals } = run;
  return (
    <li>
      <details>
        <summary>
          <span class="iptv-run-name clip">
            {run.kind === "live" && run.channel.number !== undefined && (
              <span class="soft number">{run.channel.number} </span>
            )}
            {channelName(run.channel, run.key)}
            {run.kind !== "live" && <span class="tag">{word(KINDS, run.kind)}</span>}
          </span>
          <span class="soft small number">{dateTime(run.started_at)}</span>
          <span class="small number">
            {span(lengthS(run.started_at, run.ended_at ?? run.seen_at))}
            {run.ended_at === undefined && <span class="iptv-running"> running</span>}
          </span>
          <span class="small">{counted(totals.peak_viewers, "viewer")}</span>
          <span class="row iptv-run-tags">
            {totals.failovers > 0 && <span class="tag wait">{counted(totals.failovers, "failover")}</span>}
            {totals.errors > 0 && <span class="tag bad">{counted(totals.errors, "error")}</span>}
          </span>
          <Icon name="down" />
        </summary>
        <Segments run={run} />
      </details>
    </li>
  );
}

const HEAD = ["From", "Stream", "Login", "For", "Buffered", "In error", "Received"];

function Segments({ run }: { run: PastRun }) {
  const until = run.ended_at ?? run.seen_at;
  const rows = run.segments.map((s) => [
    dateTime(s.started_at),
    `${s.stream.index === undefined ? "" : `${s.stream.index + 1}. `}${s.stream.name ?? NOTHING}`,
    loginName(s.profile) ?? NOTHING,
    span(lengthS(s.started_at, s.ended_at ?? until)),
    span(s.buffering_ms / 1000),
    span(s.error_ms / 1000),
    bytes(s.received_bytes),
  ]);
  const label = `Streams of ${channelName(run.channel, run.key)}, ${dateTime(run.started_at)}`;
  return <Numbers label={label} head={HEAD} rows={rows} text={3} />;
}
