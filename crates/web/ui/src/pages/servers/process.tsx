// How this program is itself, as its own metrics tell.
import type { MetricFamily, Metrics } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { bytes, count, NOTHING } from "../../format/numbers";
import { ago, span } from "../../format/times";
import { Card, Failed, Stat, Waiting } from "../../ui/parts";
import { sumOf, valueOf } from "./own";

const EVERY_MS = 60_000;

export function Process() {
  const { data, error, reload } = useGet<Metrics>("api/v1/metrics", { profile: "native" }, EVERY_MS);
  const all = data?.families;
  return (
    <Card title="This program">
      {!all ? error ? <Failed error={error} retry={reload} /> : <Waiting /> : <Figures all={all} />}
    </Card>
  );
}

function Figures({ all }: { all: readonly MetricFamily[] }) {
  const now = valueOf(all, "projectionist_time_seconds") ?? Date.now() / 1000;
  const started = valueOf(all, "process_start_time_seconds");
  const cpu = valueOf(all, "process_cpu_seconds_total");
  const running = started === undefined ? undefined : Math.max(1, now - started);
  const waiting = valueOf(all, "projectionist_history_waiting_plays");
  const written = valueOf(all, "projectionist_history_last_write_timestamp_seconds");
  const writable = valueOf(all, "projectionist_history_writable");
  const broken = sumOf(all, "projectionist_task_broken") ?? 0;
  return (
    <>
      {broken > 0 && <p class="notice bad">A part of it keeps failing; the log tells which and why.</p>}
      {writable === 0 && (
        <p class="notice bad">
          The history cannot be written; the log tells why. Nothing is lost while it waits.
        </p>
      )}
      <div class="servers-figures">
        <Stat name="memory" value={bytes(valueOf(all, "process_resident_memory_bytes"))} />
        <Stat
          name="running"
          value={span(running)}
          note={all.find((f) => f.name === "projectionist_build_info")?.samples[0]?.labels.version}
        />
        <Stat
          name="of a core, on average"
          value={
            cpu === undefined || running === undefined ? NOTHING : `${((cpu / running) * 100).toFixed(1)} %`
          }
        />
        <Stat
          name="plays in the history"
          value={count(valueOf(all, "projectionist_history_plays"))}
          note={`${bytes(valueOf(all, "projectionist_history_size_bytes"))} on disk`}
        />
        <Stat
          name="plays wait to be written"
          value={count(waiting)}
          note={written === undefined ? undefined : `last written ${ago(written * 1000)}`}
        />
        <Stat name="pages and programs listen" value={count(valueOf(all, "projectionist_event_listeners"))} />
        <Stat name="restarts of parts" value={count(sumOf(all, "projectionist_task_restarts_total"))} />
      </div>
    </>
  );
}
