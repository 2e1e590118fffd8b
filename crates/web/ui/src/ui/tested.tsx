import type { Tested } from "../api/schema";
import { Icon } from "./icon";
import "./tested.css";

/** What came of asking a server whether it can be watched. */
export function TestedNotice({ tested }: { tested: Tested }) {
  return (
    <div class={tested.ok ? "notice good tested" : "notice bad tested"}>
      <p>
        <Icon name={tested.ok ? "check" : "warn"} /> {tested.message}
      </p>
      {tested.hint && <p class="small">{tested.hint}</p>}
      {tested.notes?.map((note) => (
        <p class="small" key={note}>
          {note}
        </p>
      ))}
    </div>
  );
}
