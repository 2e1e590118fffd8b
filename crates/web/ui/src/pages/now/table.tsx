// Many streams, one row each.
import { href } from "../../app/router";
import { bitrate } from "../../format/numbers";
import { DECISIONS, NETWORKS, subline, word } from "../../format/words";
import { Icon } from "../../ui/icon";
import { Opener, playerText, viewerPath } from "./cards";
import { explain } from "./explain";
import { type Live, Progress, StateSign, useSteady } from "./live";
import { gist, hardware } from "./media";

export function Table({ list }: { list: readonly Live[] }) {
  return (
    <div class="card now-table scroller" tabIndex={0} role="region" aria-label="What plays">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Title</th>
            <th scope="col">User</th>
            <th scope="col">Player</th>
            <th scope="col">Progress</th>
            <th scope="col">Quality</th>
            <th scope="col">Stream</th>
            <th scope="col" class="n">
              Bandwidth
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((live) => (
            <Row key={live.peek().id} live={live} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ live }: { live: Live }) {
  const session = useSteady(live);
  const path = viewerPath(session);
  const { decision, bitrate_bps } = session.delivery;
  return (
    <tr data-session={session.id} data-state={session.state}>
      <th scope="row">
        <span class="now-cell">
          <StateSign state={session.state} />
          <span class="clip" dir="auto">
            <Opener session={session} /> <span class="soft">{subline(session.item)}</span>
          </span>
        </span>
      </th>
      <td class="clip" dir="auto">
        {path ? <a href={href(path)}>{session.user?.name}</a> : "–"}
      </td>
      <td class="clip soft" dir="auto" title={playerText(session)}>
        {playerText(session) || "–"}
      </td>
      <td>
        <Progress session={live} />
      </td>
      <td class="clip" title={gist(session)}>
        {gist(session) ?? "–"}
      </td>
      <td title={explain(session)[0]?.why}>
        {decision ? <span class={`tag ${decision}`}>{word(DECISIONS, decision)}</span> : "–"}
        {hardware(session) && (
          <span class="now-chip" title="In hardware">
            <Icon name="chip" />
            <span class="unseen">in hardware</span>
          </span>
        )}
      </td>
      <td class="n">
        {bitrate(bitrate_bps)}
        <span class="soft tiny now-under">{word(NETWORKS, session.player.network ?? "unknown")}</span>
      </td>
    </tr>
  );
}
