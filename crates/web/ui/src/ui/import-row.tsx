import type { Import } from "../api/schema";
import { bytes } from "../format/numbers";
import { dateTime } from "../format/times";
import { importRatio, importText } from "../format/imports";
import { Meter } from "./parts";
import "./import-row.css";

const STATES: Record<Import["state"], [string, string]> = {
  running: ["Running", "info"],
  done: ["Done", "good"],
  failed: ["Failed", "bad"],
};

/** An import: how far it is, and what came of it. */
export function ImportRow({ one }: { one: Import }) {
  const [text, tag] = STATES[one.state];
  const ratio = importRatio(one);
  return (
    <li class="import-row">
      <div class="row">
        <span class="grow clip">
          <b>{one.source}</b> <span class="soft">to {one.server}</span>
        </span>
        <span class={`tag ${tag}`}>{text}</span>
      </div>
      {one.state !== "failed" &&
        (ratio === undefined ? (
          <div class="meter" />
        ) : (
          <Meter ratio={ratio} label={`Import from ${one.source}`} />
        ))}
      <p class="soft small number">
        {[
          one.state === "running" &&
            one.rows_done === 0 &&
            one.downloaded_bytes !== undefined &&
            `${bytes(one.downloaded_bytes)} arrived`,
          importText(one),
          one.ended_at ? `ended ${dateTime(one.ended_at)}` : `since ${dateTime(one.started_at)}`,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {one.message && <p class={one.state === "failed" ? "small import-bad" : "small"}>{one.message}</p>}
    </li>
  );
}
