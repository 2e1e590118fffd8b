// Text to be taken elsewhere.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon";

/** How long a button says that it has copied. */
const SAID_MS = 2_000;

/** Puts `text` into the clipboard. `label` says what, for who cannot see it: "Copy the query". */
export function CopyButton({ text, label, word }: { text: string; label: string; word?: string }) {
  const [said, setSaid] = useState<"copied" | "failed">();
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => copied(text).then((ok) => setSaid(ok ? "copied" : "failed"));
  return (
    <button
      type="button"
      class={word ? "button" : "button bare icon"}
      aria-label={label}
      onClick={() => void copy()}
    >
      <Icon name={said === "copied" ? "check" : said === "failed" ? "warn" : "copy"} />
      {word}
      <span class="unseen" role="status">
        {said === "copied" ? "Copied" : said === "failed" ? "Not copied: mark the text and copy it" : ""}
      </span>
    </button>
  );
}

/** A line or a file to copy. */
export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div class="snippet">
      <pre class="mono" tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is no clipboard on pages that came by plain http from another machine; marked text can be copied there.
    return copiedByMark(text);
  }
}

function copiedByMark(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const before = document.activeElement;
  // Within an open dialog only what is in it can have the focus.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const ok = document.execCommand("copy");
  area.remove();
  (before as HTMLElement | null)?.focus();
  return ok;
}
