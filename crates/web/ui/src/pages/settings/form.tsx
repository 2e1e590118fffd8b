// A form that says what came of it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/client";

export function Form(props: {
  button: string;
  /** What is wrong before anybody is asked. */
  check?: () => string | undefined;
  /** Resolves to what to say of it, or nothing. */
  submit: () => Promise<string | undefined | void>;
  disabled?: boolean;
  children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ bad: boolean; text: string; hint?: string }>();
  const submit = async (event: Event) => {
    event.preventDefault();
    const fault = props.check?.();
    if (fault) return setSaid({ bad: true, text: fault });
    setBusy(true);
    setSaid(undefined);
    try {
      const text = await props.submit();
      setSaid(text ? { bad: false, text } : undefined);
    } catch (error) {
      const hint = error instanceof ApiError ? error.hint : undefined;
      setSaid({ bad: true, text: error instanceof Error ? error.message : String(error), hint });
    }
    setBusy(false);
  };
  return (
    <form class="settings-form" onSubmit={(event) => void submit(event)}>
      {props.children}
      <div class="row wrap">
        <button type="submit" class="button main" disabled={busy || props.disabled}>
          {busy && <span class="busy" />}
          {props.button}
        </button>
      </div>
      <div role="status">
        {said && (
          <div class={said.bad ? "notice bad" : "notice good"}>
            {said.text}
            {said.hint && <p class="small">{said.hint}</p>}
          </div>
        )}
      </div>
    </form>
  );
}

export function TextField(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  max?: number;
  type?: "text" | "url";
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        class="input"
        type="text"
        inputMode={props.type === "url" ? "url" : undefined}
        required
        maxLength={props.max}
        placeholder={props.placeholder}
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  );
}

export function SecretField(props: {
  label: string;
  note?: string;
  value: string;
  onInput: (value: string) => void;
  complete: "current-password" | "new-password" | "off";
}) {
  return (
    <label class="field">
      <span>
        {props.label}
        {props.note && <span class="soft"> · {props.note}</span>}
      </span>
      <input
        class="input"
        type="password"
        required
        autoComplete={props.complete}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** Does something that cannot be undone, when it is pressed a second time. */
export function TwiceButton(props: { label: string; name: string; sure: string; act: () => void }) {
  const [armed, setArmed] = useState(false);
  return (
    <button
      type="button"
      class="button bad"
      aria-label={armed ? `${props.sure} ${props.name}` : `${props.label} ${props.name}`}
      onClick={() => (armed ? props.act() : setArmed(true))}
      onBlur={() => setArmed(false)}
    >
      {armed ? props.sure : props.label}
    </button>
  );
}
