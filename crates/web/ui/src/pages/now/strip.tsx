// The head of the page: how much plays, where it goes, how the machines cope.
import { computed, useComputed } from "@preact/signals";
import { href } from "../../app/router";
import type { Server } from "../../api/schema";
import { bitrate, percent } from "../../format/numbers";
import { dateTime } from "../../format/times";
import { DECISIONS, word } from "../../format/words";
import { servers, sessions } from "../../live/store";
import { Meter } from "../../ui/parts";
import { steady, type Tally, tallyOf } from "./tally";

let last: Tally | undefined;
export const tally = computed(() => (last = steady(last, tallyOf(sessions.value.map((s) => s.value)))));

export function Strip({ uploadLimitBps }: { uploadLimitBps: number | undefined }) {
  return (
    <div class="now-strip">
      <Streams />
      <Bandwidth limitBps={uploadLimitBps} />
      <Machines />
      <Servers />
    </div>
  );
}

const KINDS = ["directplay", "copy", "transcode"] as const;

function Streams() {
  const all = tally.value;
  return (
    <section class="card now-tile" aria-labelledby="now-streams">
      <h2 id="now-streams">Streams</h2>
      <p class="now-figure">{all.streams}</p>
      <div class="now-share" aria-hidden="true">
        {KINDS.map((kind) => (
          <i key={kind} class={kind} style={{ flexGrow: all[kind] }} />
        ))}
      </div>
      <ul class="now-key">
        {KINDS.map((kind) => (
          <li key={kind}>
            <i class={`now-dot ${kind}`} aria-hidden="true" />
            <a href={href(`/?decision=${kind}`)}>
              <b>{all[kind]}</b> {word(DECISIONS, kind).toLowerCase()}
            </a>
            {kind === "transcode" && all.hardware > 0 && <span class="soft"> ({all.hardware} in hardware)</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Bandwidth({ limitBps }: { limitBps: number | undefined }) {
  const { lanBps, wanBps } = tally.value;
  const ratio = limitBps ? wanBps / limitBps : undefined;
  return (
    <section class="card now-tile" aria-labelledby="now-bandwidth" title="By the bit rates of what plays">
      <h2 id="now-bandwidth">Bandwidth out</h2>
      <p class="now-figure">{bitrate(lanBps + wanBps)}</p>
      {ratio === undefined ? (
        <div class="now-share" aria-hidden="true">
          <i class="wan" style={{ flexGrow: wanBps }} />
          <i class="lan" style={{ flexGrow: lanBps }} />
        </div>
      ) : (
        <Meter ratio={ratio} bad={ratio >= 0.9} label="Upload in use" />
      )}
      <ul class="now-key">
        <li>
          <i class="now-dot wan" aria-hidden="true" /> <b>{bitrate(wanBps)}</b> WAN
          {limitBps !== undefined && <span class="soft"> of {bitrate(limitBps)}</span>}
        </li>
        <li>
          <i class="now-dot lan" aria-hidden="true" /> <b>{bitrate(lanBps)}</b> LAN
        </li>
      </ul>
    </section>
  );
}

/** Above this, a machine is short of something. */
const BUSY_RATIO = 0.9;

function Machines() {
  const told = useComputed(() =>
    JSON.stringify(servers.value.filter((s) => s.host).map(({ id, name, host }) => ({ id, name, host }))),
  );
  const list = JSON.parse(told.value) as Array<Pick<Server, "id" | "name" | "host">>;
  if (list.length === 0) return null;
  return (
    <section class="card now-tile" aria-labelledby="now-machines">
      <h2 id="now-machines">Machines</h2>
      <ul class="now-machines">
        {list.map(({ id, name, host }) => (
          <li key={id}>
            <span class="clip name">{name}</span>
            <Gauge name="CPU" of={name} ratio={host?.host_cpu_ratio} />
            <Gauge name="Memory" of={name} ratio={host?.host_memory_ratio} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Gauge({ name, of, ratio }: { name: string; of: string; ratio: number | undefined }) {
  if (ratio === undefined) return null;
  return (
    <div class="now-gauge">
      <span class="soft">{name}</span>
      <Meter ratio={ratio} bad={ratio >= BUSY_RATIO} label={`${name} of ${of}`} />
      <b class="number">{percent(ratio)}</b>
    </div>
  );
}

function Servers() {
  const told = useComputed(() =>
    JSON.stringify(servers.value.map(({ id, name, state, error }) => ({ id, name, state, error }))),
  );
  const list = JSON.parse(told.value) as Array<Pick<Server, "id" | "name" | "state" | "error">>;
  const up = list.filter((s) => s.state === "up");
  const ailing = list.filter((s) => s.state !== "up");
  return (
    <section class="card now-tile" aria-labelledby="now-servers">
      <h2 id="now-servers">
        <a href={href("/servers")}>Servers</a>
      </h2>
      <p class="now-figure">
        {up.length} <span class="soft">of {list.length} up</span>
      </p>
      {ailing.length === 0 ? (
        <p class="soft small now-names">{list.map((s) => s.name).join(", ")}</p>
      ) : (
        <ul class="now-ailing small" role="status">
          {ailing.map(({ id, name, state, error }) => (
            <li key={id}>
              <span class={`tag ${state}`}>{state === "unknown" ? "not seen yet" : state}</span> <b>{name}</b>
              {error && (
                <span class="soft">
                  {" "}
                  since {dateTime(error.since)}: {error.message}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
