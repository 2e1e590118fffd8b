import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

/**
 * A panel at the side, over the page; the browser keeps the focus within it. `box`: a small one in the middle, for what
 * is shown once: a click beside it does not close it.
 */
export function Sheet(props: { title: string; onClose: () => void; children: ComponentChildren; box?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Text that is marked from within to beyond the edge ends in a click there, too.
  const pressedBeside = useRef(false);
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
      onPointerDown={(event) => {
        pressedBeside.current = event.target === dialog.current;
      }}
      onClick={(event) => {
        if (event.target === dialog.current && pressedBeside.current && !props.box) props.onClose();
      }}
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
