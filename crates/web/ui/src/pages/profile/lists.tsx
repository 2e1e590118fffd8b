// Rankings and shares within a profile.
import type { ComponentChildren } from "preact";
import type { Params } from "../../api/client";
import type { RankedEntry } from "../../api/schema";
import { href } from "../../app/router";
import { shownValue, type Unit } from "../../charts/units";
import { counted, NOTHING, percent } from "../../format/numbers";
import { titlePath, userPath } from "../../format/paths";
import { ago, span } from "../../format/times";
import { Icon, iconOf } from "../../ui/icon";
import { Avatar, Card, Poster } from "../../ui/parts";
import { playsAt, type Share } from "./rules";

interface ListProps {
  title: string;
  entries: readonly RankedEntry[];
  /** What the ranking counts. */
  unit: Unit;
  /** The plays that were counted. */
  behind: Params;
}

const valueOf = (entry: RankedEntry, unit: Unit): number => (unit === "seconds" ? entry.seconds : entry.plays);

function Rows(
  props: ListProps & { row: (entry: RankedEntry) => { lead: ComponentChildren; to: string; note?: ComponentChildren } },
) {
  const { entries, unit } = props;
  const most = Math.max(1, ...entries.map((e) => valueOf(e, unit)));
  return (
    <Card title={props.title}>
      {entries.length === 0 && <p class="soft">No play in this time.</p>}
      <ol class="profile-rows">
        {entries.map((entry, n) => {
          const { lead, to, note } = props.row(entry);
          return (
            <li class="profile-row" key={n}>
              {lead}
              <div class="grow">
                <a class="clip profile-name" href={href(to)} title={entry.name}>
                  {entry.name ?? NOTHING}
                </a>
                <div class="soft small clip">{note}</div>
                <span class="profile-bar" aria-hidden="true">
                  <span style={{ width: `${(Math.max(0, valueOf(entry, unit)) / most) * 100}%` }} />
                </span>
              </div>
              <div class="profile-figure number">
                <span>{unit === "seconds" ? span(entry.seconds) : shownValue(entry.plays, unit)}</span>
                <span class="soft small">{unit === "seconds" ? counted(entry.plays, "play") : span(entry.seconds)}</span>
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

export function Titles(props: ListProps) {
  return (
    <Rows
      {...props}
      row={(entry) => ({
        lead: (
          <Poster
            server={entry.server_id}
            ratingKey={entry.rating_key}
            width={38}
            icon={iconOf(entry)}
            square={entry.kind === "track"}
          />
        ),
        to: titlePath(entry.server_id, entry.rating_key) ?? playsAt(props.behind, { title: entry.name }),
        note: [entry.year, ago(entry.last_started_at)].filter(Boolean).join(" · "),
      })}
    />
  );
}

export function Players(props: ListProps) {
  return (
    <Rows
      {...props}
      row={(entry) => ({
        lead: <Icon name="tv" />,
        to: playsAt(props.behind, { player: entry.name }),
        note: [entry.product ?? entry.platform, ago(entry.last_started_at)].filter(Boolean).join(" · "),
      })}
    />
  );
}

export function People(props: ListProps) {
  return (
    <Rows
      {...props}
      row={(entry) => ({
        lead: <Avatar name={entry.name ?? ""} />,
        to: entry.user_id === undefined ? playsAt(props.behind, { user: entry.name }) : userPath(entry.user_id),
        note: ago(entry.last_started_at),
      })}
    />
  );
}

/** Parts of a whole, each with a bar. */
export function Shares(props: {
  title: string;
  note?: ComponentChildren;
  unit: Unit;
  shares: ReadonlyArray<Share & { color?: string; to?: string }>;
}) {
  return (
    <Card title={props.title}>
      {props.shares.length === 0 && <p class="soft">No play in this time.</p>}
      <ul class="profile-shares">
        {props.shares.map((share) => (
          <li key={share.name}>
            <span class="row">
              {share.to ? <a href={href(share.to)}>{share.name}</a> : <span>{share.name}</span>}
              <span class="profile-share number">
                {shownValue(share.value, props.unit)} <span class="soft small">{percent(share.ratio)}</span>
              </span>
            </span>
            <span class="profile-bar" aria-hidden="true">
              <span style={{ width: `${share.ratio * 100}%`, background: share.color && `var(${share.color})` }} />
            </span>
          </li>
        ))}
      </ul>
      {props.note && <p class="soft small profile-note">{props.note}</p>}
    </Card>
  );
}
