import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { link, lostAt, retryNow, servers, sessions } from "../live/store";
import { ago } from "../format/times";
import { Icon, Mark } from "../ui/icon";
import { useSeconds } from "../ui/parts";
import { Sheet } from "../ui/sheet";
import { access } from "./access";
import { PAGES } from "./pages";
import { prefer, prefs } from "./prefs";
import { href } from "./router";
import { signOut } from "./session";

/** The menu around every page. `under`: the pattern of its entry that is marked. */
export function Frame({ under, children }: { under?: string; children: ComponentChildren }) {
  const slim = prefs.value.slimMenu;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <Lost />
      <div class={slim ? "frame slim" : "frame"}>
        <Menu under={under} />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </>
  );
}

/** By hand, since an address that begins with # is one of <base> and not of this page. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Before this nobody needs to be told when. */
const JUST_NOW_MS = 60_000;

function Lost() {
  return link.value === "lost" ? <LostSince /> : null;
}

function LostSince() {
  useSeconds();
  const at = lostAt.value ?? Date.now();
  const since = Date.now() - at < JUST_NOW_MS ? "is lost" : `was lost ${ago(at)}`;
  return (
    <div class="lost" role="status">
      <span>The connection {since}. What you see is as of then.</span>
      <button type="button" class="button" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}

/** Pages that would be empty are not offered. */
function offered() {
  const iptv = servers.value.some((s) => s.kind === "dispatcharr");
  return PAGES.filter((p) => p.icon && (p.pattern !== "/iptv" || iptv));
}

function Menu({ under }: { under?: string }) {
  const [more, setMore] = useState(false);
  const pages = offered();
  return (
    <nav class="menu" aria-label="Pages">
      <a class="brand" href={href("/")} title="Projectionist">
        <Mark />
        <span>Projectionist</span>
      </a>
      {pages.map((page) => (
        <a
          key={page.pattern}
          class={page.phone ? "item" : "item only-wide"}
          href={href(page.pattern)}
          title={page.title}
          aria-current={page.pattern === under ? "page" : undefined}
        >
          <Icon name={page.icon ?? "play"} />
          <span class="label">{page.title}</span>
          {page.pattern === "/" && sessions.value.length > 0 && <span class="badge">{sessions.value.length}</span>}
        </a>
      ))}
      <button type="button" class="item only-phone" onClick={() => setMore(true)} aria-haspopup="dialog">
        <Icon name="more" />
        <span class="label">More</span>
      </button>
      <Foot />
      {more && (
        <Sheet title="More" onClose={() => setMore(false)}>
          <ul class="pick tall" onClick={() => setMore(false)}>
            {pages
              .filter((p) => !p.phone)
              .map((p) => (
                <li key={p.pattern}>
                  <a class="line" href={href(p.pattern)}>
                    <Icon name={p.icon ?? "play"} /> {p.title}
                  </a>
                </li>
              ))}
            <li>
              <SignOut class="line" />
            </li>
          </ul>
        </Sheet>
      )}
    </nav>
  );
}

function Foot() {
  return (
    <div class="foot">
      <button
        type="button"
        class="item"
        title={prefs.value.slimMenu ? "Widen the menu" : "Narrow the menu"}
        onClick={() => prefer({ slimMenu: !prefs.value.slimMenu })}
      >
        <Icon name={prefs.value.slimMenu ? "right" : "left"} />
        <span class="label">Narrow</span>
      </button>
      <SignOut class="item" />
    </div>
  );
}

function SignOut({ class: name }: { class: string }) {
  const state = access.value;
  if (!state || state.mode !== "password" || !state.signed_in) return null;
  return (
    <button type="button" class={name} onClick={() => void signOut()} title={`Sign out ${state.name ?? ""}`}>
      <Icon name="out" />
      <span class="label">Sign out</span>
    </button>
  );
}
