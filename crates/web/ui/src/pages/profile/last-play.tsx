import type { ProfileAnswer } from "../../api/schema";
import { href } from "../../app/router";
import { ago, dateTime } from "../../format/times";
import { playTitle } from "../../format/words";
import { titlePath } from "../../format/paths";

/** When and what was played last, and on what. */
export function LastPlay({ answer, by }: { answer: ProfileAnswer; by?: boolean }) {
  const play = answer.last_play;
  if (!play) return null;
  const path = titlePath(play.server_id, play.item.rating_key);
  const title = playTitle(play);
  return (
    <p class="small soft profile-last">
      Last{" "}
      <time dateTime={play.started_at} title={dateTime(play.started_at)}>
        {ago(play.started_at)}
      </time>
      : {path ? <a href={href(path)}>{title}</a> : title}
      {by && play.user?.name && ` by ${play.user.name}`}
      {play.player.title && ` on ${play.player.title}`}
    </p>
  );
}
