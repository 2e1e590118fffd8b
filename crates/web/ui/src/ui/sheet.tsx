import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

/** A panel at the side, over the page; the browser keeps the focus within it. `box`: a small one in the middle. */
export function Sheet(props: { title: string; onClose: () => void; children: ComponentChildren; box?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to who had it.
  useLayoutEffect(() => {
    const own = dialog.current;
    own?.showModal();
    return () => own?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.box ? "box" : "sheet"}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      <header class={props.box ? "row" : undefined}>
        <h2 class="grow">{props.title}</h2>
        <button type="button" class="button bare icon" aria-label="Close" onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="body">{props.children}</div>
    </dialog>
  );
}
