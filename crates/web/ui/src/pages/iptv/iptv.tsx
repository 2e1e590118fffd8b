// What stream managers carry now, what it costs of the providers' limits, and what it was used for.
import { place, setQuery, href } from "../../app/router";
import { known, servers } from "../../live/store";
import { Icon } from "../../ui/icon";
import { Empty, Head, Segments, Waiting } from "../../ui/parts";
import { useWritable } from "../../ui/add-server";
import { Chip, chosenIn } from "../../ui/chip";
import { days, RANGES } from "../../ui/query";
import { Snippet } from "../../ui/copy";
import { OnAir } from "./on-air";
import { Ranking, Users, ViewersOverTime } from "./past";
import { LoginsOverTime, ProvidersNow } from "./providers";
import { FILTERS } from "./query";
import { Runs } from "./runs";
import { KINDS } from "./words";
import "./iptv.css";

const CONFIGURATION =
  '[[dispatcharr]]\nurl = "http://dispatcharr:9191"\napi_key = "an administrator\'s key"\n';

export default function Page() {
  if (!known.value)
    return (
      <>
        <Head title="IPTV" />
        <Waiting />
      </>
    );
  const managers = servers.value.filter((s) => s.kind === "dispatcharr");
  if (managers.length === 0) return <NoManager />;
  const { query } = place.value;
  return (
    <>
      <Head title="IPTV">
        {managers.length > 1 && (
          <select
            class="input iptv-manager"
            aria-label="Manager"
            value={query.get("server") ?? ""}
            onChange={(event) => setQuery({ server: event.currentTarget.value || undefined })}
          >
            <option value="">All managers</option>
            {managers.map((m) => (
              <option key={m.id} value={m.id}>
                {m.name}
              </option>
            ))}
          </select>
        )}
      </Head>
      <div class="stack">
        <Chips />
        <OnAir managers={managers} />
        <ProvidersNow />
        <div class="row wrap iptv-range">
          <h2 class="grow">Over time</h2>
          <Segments
            label="Range"
            value={days()}
            options={RANGES}
            onChange={(value) => setQuery({ days: value })}
          />
        </div>
        <LoginsOverTime />
        <ViewersOverTime />
        <Ranking />
        <Runs />
        <Users />
      </div>
    </>
  );
}

function NoManager() {
  const canAdd = useWritable();
  return (
    <>
      <Head title="IPTV" />
      <Empty icon="antenna">
        <p>
          No Dispatcharr is configured. Add it to projectionist.toml{canAdd && ", or on the page that sets everything up"}.
        </p>
        <div class="iptv-configuration">
          <Snippet text={CONFIGURATION} label="the configuration" />
        </div>
        {canAdd && (
          <a class="button" href={href("/welcome")}>
            <Icon name="plus" /> Add a Dispatcharr
          </a>
        )}
      </Empty>
    </>
  );
}

function Chips() {
  const chosen = chosenIn(place.value.query, FILTERS);
  if (chosen.length === 0) return null;
  return (
    <div class="row wrap">
      {chosen.map((one) => (
        <Chip {...one} key={one.key}>
          {one.name === "kind" ? (KINDS[one.value] ?? one.value) : one.value}
        </Chip>
      ))}
    </div>
  );
}
