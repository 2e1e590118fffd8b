// Small parts of pages.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, address } from "../api/client";
import { Icon, type IconName } from "./icon";

export function Head(props: { title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="pagehead">
      <h1>{props.title}</h1>
      {props.children && <div class="tools">{props.children}</div>}
    </div>
  );
}

export function Card(props: {
  title?: ComponentChildren;
  tools?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={props.class ? `card ${props.class}` : "card"}>
      {(props.title || props.tools) && (
        <header>
          {props.title && <h2>{props.title}</h2>}
          {props.tools && <div class="tools">{props.tools}</div>}
        </header>
      )}
      {props.children}
    </section>
  );
}

export function Stat(props: { name: string; value: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div class="stat">
      <span class="value">{props.value}</span>
      <span class="name">{props.name}</span>
      {props.note && <span class="soft tiny">{props.note}</span>}
    </div>
  );
}

/** A fact with its name, within a `<dl>`; nothing where it is not known. */
export function Fact({ name, class: own, children }: { name: string; class?: string; children: ComponentChildren }) {
  if (children === undefined || children === null || children === "" || children === false) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class={own} dir="auto">
        {children}
      </dd>
    </div>
  );
}

export function Waiting() {
  return (
    <div class="waiting" role="status" aria-label="Loading">
      <span class="busy" />
    </div>
  );
}

/** Why there is nothing to see, in the server's words. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const said = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ApiError ? error.hint : undefined;
  return (
    <div class="empty" role="alert">
      <Icon name="warn" />
      <p>{said}</p>
      {hint && <p class="small">{hint}</p>}
      {retry && (
        <button type="button" class="button" onClick={retry}>
          <Icon name="refresh" /> Try again
        </button>
      )}
    </div>
  );
}

export function Empty(props: { icon: IconName; children: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      {props.children}
    </div>
  );
}

/** One of a few choices. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: ReadonlyArray<readonly [T, string]>;
  onChange: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <button type="button" key={value} aria-pressed={value === props.value} onClick={() => props.onChange(value)}>
          {text}
        </button>
      ))}
    </div>
  );
}

/** A part of a whole, 0 to 1. */
export function Meter(props: { ratio: number; label: string; bad?: boolean }) {
  const ratio = Math.min(1, Math.max(0, props.ratio));
  return (
    <div
      class={props.bad ? "meter bad" : "meter"}
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(ratio * 100)}
    >
      <span style={{ width: `${ratio * 100}%` }} />
    </div>
  );
}

/** Neither a space nor punctuation. Not `\p{L}`, for which the browser reads through all of Unicode. */
const SIGN = /[^\s!-/:-@[-`{-~]/u;

/** A round sign for a person: first letter, and a colour that stays the same for the name. */
export function Avatar({ name }: { name: string }) {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return (
    <span class="avatar" style={{ background: `hsl(${hash % 360} 55% 68%)` }} aria-hidden="true">
      {(name.match(SIGN)?.[0] ?? "?").toUpperCase()}
    </span>
  );
}

/** The picture of an item, through us and never from elsewhere; a sign while there is none. */
export function Poster(props: {
  server: string;
  ratingKey: string | undefined;
  icon?: IconName;
  /** Pixels it is drawn wide, at most; asked for twice as large. */
  width?: number;
  square?: boolean;
}) {
  const [failed, setFailed] = useState<string>();
  const width = props.width ?? 120;
  const src =
    props.ratingKey === undefined
      ? undefined
      : address(`api/v1/images/${encodeURIComponent(props.server)}/${encodeURIComponent(props.ratingKey)}`, {
          kind: "poster",
          width: width * 2,
        });
  return (
    <div class={props.square ? "poster square" : "poster"} style={{ width: `${width}px` }}>
      <Icon name={props.icon ?? "film"} />
      {src && src !== failed && <img src={src} alt="" loading="lazy" decoding="async" onError={() => setFailed(src)} />}
    </div>
  );
}

/** A button that opens a panel below it; Escape and a click elsewhere close it. */
export function Popover(props: {
  label: ComponentChildren;
  /** What the label does not say by itself, for who cannot see where it stands. */
  title?: string;
  left?: boolean;
  children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const own = useRef<HTMLDivElement>(null);
  const close = () => setOpen(false);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => !own.current?.contains(event.target as Node) && close();
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      close();
      own.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div class={props.left ? "popover left" : "popover"} ref={own}>
      <button type="button" class="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {props.title && <span class="unseen">{props.title}: </span>}
        {props.label}
      </button>
      {open && <div class="panel">{props.children(close)}</div>}
    </div>
  );
}

/** Calls `draw` again every second while the page is seen. */
export function useSeconds(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && setNow(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
