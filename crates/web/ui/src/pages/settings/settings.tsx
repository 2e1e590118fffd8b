// What this browser prefers, who may come in, and what is taken over from Tautulli.
import type { ComponentChildren } from "preact";
import { isAdmin } from "../../app/access";
import { type Prefs, prefer, prefs, weekStart } from "../../app/prefs";
import { href } from "../../app/router";
import { known, servers } from "../../live/store";
import { counted } from "../../format/numbers";
import { dateTime } from "../../format/times";
import { AddServer, useWritable } from "../../ui/add-server";
import { Icon } from "../../ui/icon";
import { Card, Head, Segments } from "../../ui/parts";
import { About } from "./about";
import { OwnAccess } from "./own-access";
import { Accounts } from "./accounts";
import { Imports } from "./imports";
import { Keys } from "./keys";
import "./settings.css";

export default function Page() {
  return (
    <>
      <Head title="Settings" />
      <div class="settings-cards">
        <div class="stack">
          <Appearance />
          <OwnAccess />
          {isAdmin() && <Accounts />}
        </div>
        <div class="stack">
          {isAdmin() && (
            <>
              <Keys />
              <Imports />
              <Servers />
            </>
          )}
          <About />
        </div>
      </div>
    </>
  );
}

function Appearance() {
  const own = prefs.value;
  return (
    <Card title="Appearance">
      <p class="soft small settings-note">Kept in this browser.</p>
      <dl class="settings-choices">
        <Choice name="Colours">
          <Segments<Prefs["theme"]>
            label="Colours"
            value={own.theme}
            options={[
              ["system", "As the system"],
              ["light", "Light"],
              ["dark", "Dark"],
            ]}
            onChange={(theme) => prefer({ theme })}
          />
        </Choice>
        <Choice name="Time of day" note={dateTime(Date.now())}>
          <Segments<Prefs["hours"]>
            label="Time of day"
            value={own.hours}
            options={[
              ["system", "As the system"],
              ["24", "24 hours"],
              ["12", "12 hours"],
            ]}
            onChange={(hours) => prefer({ hours })}
          />
        </Choice>
        <Choice name="Weeks begin on">
          <Segments<"0" | "1" | "6">
            label="Weeks begin on"
            value={`${weekStart()}`}
            options={[
              ["1", "Monday"],
              ["0", "Sunday"],
              ["6", "Saturday"],
            ]}
            onChange={(first) => prefer({ weekStart: Number(first) as Prefs["weekStart"] })}
          />
        </Choice>
        <Choice name="What plays now">
          <Segments<Prefs["density"]>
            label="What plays now"
            value={own.density}
            options={[
              ["auto", "By number"],
              ["rich", "Rich"],
              ["compact", "Compact"],
              ["table", "Table"],
            ]}
            onChange={(density) => prefer({ density })}
          />
        </Choice>
      </dl>
    </Card>
  );
}

function Choice({ name, note, children }: { name: string; note?: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note && <span class="soft small number">{note}</span>}
      </dd>
    </div>
  );
}

function Servers() {
  return (
    <Card title="Servers">
      <p class="soft settings-note">
        {known.value && `${counted(servers.value.length, "server")} watched. `}
        {useWritable() &&
          "Add a Plex server, a Dispatcharr, a Tautulli or an InfluxDB on the page that sets everything up; each can be " +
            "tested there before it is kept."}
      </p>
      <div class="row wrap">
        <AddServer />
        <a class="button" href={href("/servers")}>
          <Icon name="server" /> How they are
        </a>
      </div>
    </Card>
  );
}
