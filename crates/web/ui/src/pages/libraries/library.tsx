import type { Libraries, Library, ProfileAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import type { PageProps } from "../../app/pages";
import { href } from "../../app/router";
import { bytes, count } from "../../format/numbers";
import { dateTime, span } from "../../format/times";
import { known, libraries as live, serverName, servers } from "../../live/store";
import { Icon } from "../../ui/icon";
import { Empty, Head, Stat } from "../../ui/parts";
import { LastPlay } from "../profile/last-play";
import { Profile } from "../profile/profile";
import { Growth } from "./growth";
import { PICTURES } from "./libraries";
import { kindsOf } from "./rules";
import "./libraries.css";

export default function One({ params }: PageProps) {
  const { server = "", id = "" } = params;
  const path = `api/v1/libraries/${encodeURIComponent(server)}/${encodeURIComponent(id)}`;
  const got = useGet<Libraries>(known.value ? null : "api/v1/libraries", {});
  const listed = (known.value ? live.value : (got.data?.libraries ?? [])).find(
    (library) => library.server_id === server && library.id === id,
  );
  return (
    <Profile
      path={path}
      kind="library"
      choice={() => ({ server, library: id })}
      matches={() => (session) => session.server_id === server && session.item.library?.id === id}
      head={(answer) => <What answer={answer} server={server} library={listed} />}
      more={() => <Growth path={`${path}/growth`} />}
      missing={() => (
        <>
          <Head title="No such library" />
          <Empty icon="library">
            <p>
              Nothing is kept of a library {id} of the server {serverName(server)}.
            </p>
            <p class="small">A library has another id after it was made anew. What there is stands in the list.</p>
            <a class="button" href={href("/libraries")}>
              All libraries
            </a>
          </Empty>
        </>
      )}
    />
  );
}

function What(props: { answer: ProfileAnswer; server: string; library: Library | undefined }) {
  const { answer, server, library } = props;
  const name = servers.value.find((s) => s.id === server)?.name ?? server;
  return (
    <>
      <header>
        <a class="profile-back" href={href("/libraries")}>
          <Icon name="left" /> Libraries
        </a>
        <div class="profile-hero">
          <span class="libraries-icon">
            <Icon name={(library && PICTURES[library.kind]) ?? "library"} />
          </span>
          <div class="text">
            <h1>{library?.title ?? answer.name ?? "A library without a name"}</h1>
            <p class="small">
              {name}
              {library?.refreshing && " · is being scanned"}
              {!library && " · no longer listed by its server"}
              {answer.first_started_at && ` · first play ${dateTime(answer.first_started_at)}`}
            </p>
            <LastPlay answer={answer} by />
          </div>
        </div>
      </header>
      {library && <Holds library={library} />}
    </>
  );
}

function Holds({ library }: { library: Library }) {
  return (
    <div class="card libraries-tiles">
      {kindsOf(library.counts).map((kind) => (
        <Stat key={kind} name={kind.replaceAll("_", " ")} value={count(library.counts[kind])} />
      ))}
      <Stat name="storage" value={bytes(library.storage_bytes)} />
      {library.duration_ms !== undefined && <Stat name="length" value={span(library.duration_ms / 1000)} />}
    </div>
  );
}
