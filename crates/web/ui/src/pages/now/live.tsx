// Parts of a stream that move: they look at its signal themselves, so that the card around them need not be redrawn.
import { effect, type Signal, useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Sparkline } from "../../charts/sparkline";
import { NOTHING } from "../../format/numbers";
import { clock, timeOfDay } from "../../format/times";
import { STATES, word } from "../../format/words";
import { clockAheadMs, type LiveSession, positionMs } from "../../live/store";
import { Icon } from "../../ui/icon";
import { samplesOf } from "./buffer";
import { everySecond } from "./ticker";

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
    const draw = () => drawProgress(own, session.peek());
    const stop = everySecond(draw);
    const end = effect(() => {
      session.value;
      draw();
    });
    return () => {
      stop();
      end();
    };
  }, [session]);
  const { item } = session.peek();
  const glides = even && item.duration_ms !== undefined && item.duration_ms <= SHORT_MS;
  return (
    <div class="now-progress" ref={box}>
      <div class={glides ? "now-bar even" : "now-bar"} role="progressbar" aria-label="Watched" aria-valuemin={0} aria-valuemax={100}>
        <i class="ahead" />
        <i class="done" />
      </div>
      <div class="now-clock number">
        <span class="at" />
        <span class="left soft" />
      </div>
    </div>
  );
}

function drawProgress(box: HTMLElement, session: LiveSession): void {
  const length = session.item.duration_ms;
  const at = positionMs(session);
  const part = length && at !== undefined ? Math.min(1, at / length) : undefined;
  const ahead = session.delivery.transcode?.buffer_ahead_ms;
  const ready = length && at !== undefined && ahead !== undefined ? Math.min(1, (at + ahead) / length) : 0;
  const bar = box.firstElementChild as HTMLElement;
  const [aheadBar, doneBar] = [bar.children[0] as HTMLElement, bar.children[1] as HTMLElement];
  const place = (ratio: number) => `translateX(${(ratio * 100 - 100).toFixed(2)}%)`;
  put(aheadBar, place(ready));
  put(doneBar, place(part ?? 0));
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

function put(element: HTMLElement, transform: string): void {
  if (element.style.transform !== transform) element.style.transform = transform;
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
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
