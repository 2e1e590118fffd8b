// Parts of a stream that move: they look at its signal themselves, so that the card around them need not be redrawn.
import { effect, type Signal, useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { NOTHING } from "../../format/numbers";
import { clock, timeOfDay } from "../../format/times";
import { STATES, word } from "../../format/words";
import { clockAheadMs, type LiveSession, positionMs } from "../../live/store";
import { Icon } from "../../ui/icon";
import { samplesOf } from "./buffer";
import { Sparkline } from "./spark";
import { everySecond, whileSeen } from "./ticker";

export type Live = Signal<LiveSession>;

/** What of a session is drawn by more than the parts here: the same object while only figures moved that they draw. */
export function useSteady(session: Live): LiveSession {
  const last = useRef<LiveSession | undefined>(undefined);
  return useComputed(() => {
    const [old, now] = [last.current, session.value];
    const same =
      old !== undefined &&
      old.state === now.state &&
      old.item === now.item &&
      old.delivery === now.delivery &&
      old.segments === now.segments &&
      old.player === now.player &&
      old.user === now.user;
    if (!same) last.current = now;
    return last.current ?? now;
  }).value;
}

/** Items up to this long have a bar that visibly moves within a second, so it is moved evenly. */
const SHORT_MS = 15 * 60_000;

/** Where it is: a bar and the clock below. `even`: the bar glides, which costs more than it shows for a hundred. */
export function Progress({ session, even }: { session: Live; even?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const own = box.current;
    if (!own) return;
    let [seen, last] = [true, session.peek()];
    const draw = () => {
      last = session.peek();
      if (seen) drawProgress(own, last);
    };
    const stops = [
      whileSeen(own, (now) => {
        seen = now;
        if (seen) draw();
      }),
      everySecond(draw),
      effect(() => {
        if (leaps(last, session.value)) draw();
      }),
    ];
    draw();
    return () => stops.forEach((stop) => stop());
  }, [session]);
  const { item } = session.peek();
  const glides = even && item.duration_ms !== undefined && item.duration_ms <= SHORT_MS;
  return (
    <div class="now-progress" ref={box}>
      <div
        class={glides ? "now-bar even" : "now-bar"}
        role="progressbar"
        aria-label="Watched"
        aria-valuemin={0}
        aria-valuemax={100}
      >
        {glides && <i class="ahead" />}
        {glides && <i class="done" />}
      </div>
      <div class="now-clock number">
        <span class="at"> </span>
        <span class="left soft"> </span>
      </div>
    </div>
  );
}

/** What a second may bring beside what was expected, without being drawn before the next one. */
const LEAP_MS = 1_500;

/** Whether a report says other than that it plays on, which the clock draws by itself. */
function leaps(old: LiveSession, now: LiveSession): boolean {
  if (old.state !== now.state || old.item.duration_ms !== now.item.duration_ms) return true;
  const [expected, told] = [positionMs(old), positionMs(now)];
  return expected === undefined || told === undefined ? expected !== told : Math.abs(told - expected) > LEAP_MS;
}

function drawProgress(box: HTMLElement, session: LiveSession): void {
  const length = session.item.duration_ms;
  const at = positionMs(session);
  const part = length && at !== undefined ? Math.min(1, at / length) : undefined;
  const ahead = session.delivery.transcode?.buffer_ahead_ms;
  const ready = length && at !== undefined && ahead !== undefined ? Math.min(1, (at + ahead) / length) : 0;
  const bar = box.firstElementChild as HTMLElement;
  drawBar(bar, part ?? 0, ready);
  const percent = part === undefined ? null : String(Math.round(part * 100));
  if (bar.getAttribute("aria-valuenow") !== percent) {
    if (percent === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", percent);
  }
  const [atText, leftText] = clockTexts(session, at, Date.now());
  const foot = box.lastElementChild as HTMLElement;
  write(foot.children[0] as HTMLElement, atText);
  write(foot.children[1] as HTMLElement, leftText);
}

/** The position, and what is left of it; of live television how long it has been watched. */
export function clockTexts(session: LiveSession, at: number | undefined, now: number): [string, string] {
  const length = session.item.duration_ms;
  if (at === undefined || !length) {
    const sinceMs = now + clockAheadMs.peek() - Date.parse(session.started_at);
    return [session.item.live ? `${clock(sinceMs)} watched` : clock(at), `since ${timeOfDay(session.started_at)}`];
  }
  const left = length - at;
  const end = session.state === "playing" ? `ends ${timeOfDay(now + left)}` : `${clock(left)} left`;
  return [`${clock(at)} / ${clock(length)}`, end];
}

/** A gliding bar is moved, which the compositor does; any other is a background, which is the cheapest to repaint. */
function drawBar(bar: HTMLElement, done: number, ready: number): void {
  const [aheadBar, doneBar] = bar.children;
  if (aheadBar && doneBar) {
    put(aheadBar as HTMLElement, "transform", `translateX(${(ready * 100 - 100).toFixed(2)}%)`);
    put(doneBar as HTMLElement, "transform", `translateX(${(done * 100 - 100).toFixed(2)}%)`);
  } else put(bar, "backgroundSize", `${(done * 100).toFixed(1)}% 100%, ${(ready * 100).toFixed(1)}% 100%`);
}

function put(element: HTMLElement, name: "transform" | "backgroundSize", value: string): void {
  if (element.dataset.at === value) return;
  element.dataset.at = value;
  element.style[name] = value;
}

function write(element: HTMLElement, text: string): void {
  // The same node, since a new one would be laid out anew.
  const own = element.firstChild;
  if (own && own.nodeValue !== text) own.nodeValue = text;
}

/** How much is ready beyond the position, over the last minute. */
export function Buffer({ session }: { session: Live }) {
  const [, redraw] = useState(0);
  useEffect(() => everySecond(() => redraw((n) => n + 1)), []);
  const now = session.value.delivery.transcode?.buffer_ahead_ms;
  const values = samplesOf(session.peek().id);
  const text = now === undefined ? NOTHING : `${Math.round(now / 1000)} s`;
  return (
    <span class="now-buffer" title="How much is ready ahead of the viewer, over the last minute">
      <Sparkline values={values} label={`Ready ahead over the last minute, now ${text}`} color="--copy" />
      <span class="number">{text} ahead</span>
    </span>
  );
}

export function StateSign({ state }: { state: LiveSession["state"] }) {
  return (
    <span class={`now-state ${state}`} title={word(STATES, state)}>
      {state === "buffering" ? <span class="busy" /> : <Icon name={state === "playing" ? "play" : "pause"} />}
      <span class="unseen">{word(STATES, state)}</span>
    </span>
  );
}
