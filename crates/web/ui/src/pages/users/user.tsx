import type { PageProps } from "../../app/pages";
import { href } from "../../app/router";
import type { ProfileAnswer } from "../../api/schema";
import { dateTime } from "../../format/times";
import { Avatar, Empty, Head } from "../../ui/parts";
import { Icon } from "../../ui/icon";
import { LastPlay } from "../profile/last-play";
import { Profile } from "../profile/profile";

export default function User({ params }: PageProps) {
  const id = params.id ?? "";
  return (
    <Profile
      path={`api/v1/users/${encodeURIComponent(id)}`}
      kind="user"
      choice={() => ({ user_id: id })}
      matches={() => (session) => session.user?.id === id}
      head={(answer) => <Who answer={answer} />}
      missing={() => (
        <>
          <Head title="Nobody known" />
          <Empty icon="users">
            <p>Nothing is kept of an account with the id {id}.</p>
            <p class="small">An account appears with its first play. It may also be one that an import named differently.</p>
            <a class="button" href={href("/users")}>
              All users
            </a>
          </Empty>
        </>
      )}
    />
  );
}

function Who({ answer }: { answer: ProfileAnswer }) {
  const name = answer.name ?? "Nobody named";
  return (
    <header>
      <a class="profile-back" href={href("/users")}>
        <Icon name="left" /> Users
      </a>
      <div class="profile-hero">
        <Avatar name={name} />
        <div class="text">
          <h1>{name}</h1>
          {answer.first_started_at && <p class="small">First play {dateTime(answer.first_started_at)}</p>}
          <LastPlay answer={answer} />
        </div>
      </div>
    </header>
  );
}
