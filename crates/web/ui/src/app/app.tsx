import { effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError, get, whenUnauthorized } from "../api/client";
import { connect, disconnect, known, link, servers } from "../live/store";
import { Failed, Waiting } from "../ui/parts";
import { access, refreshAccess } from "./access";
import { Frame } from "./frame";
import { type PageComponent, pageAt } from "./pages";
import { followLinks, go, place } from "./router";

/** Decides who sees what, then draws the page of the present place. */
export function App() {
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    whenUnauthorized(() => void refreshAccess().catch(setError));
    refreshAccess().catch(setError);
    document.addEventListener("click", followLinks);
    return () => document.removeEventListener("click", followLinks);
  }, []);
  useEffect(() => effect(direct), []);
  if (error && !access.value) return <Failed error={error} />;
  if (!access.value) return <Waiting />;
  return <Current />;
}

/** Where who is here has to go first. */
function direct(): void {
  const state = access.value;
  if (!state) return;
  const { path, query } = place.value;
  if (!state.signed_in) {
    disconnect();
    if (path !== "/sign-in") go(`/sign-in?to=${encodeURIComponent(path + (query.size ? `?${query}` : ""))}`, true);
    return;
  }
  connect();
  if (path === "/sign-in") go(query.get("to") ?? "/", true);
  // Nothing is watched: the page that changes that, unless the history is looked at.
  if (known.value && servers.value.length === 0 && path === "/" && state.role === "admin") void welcomeIfNew();
  // A stream of events does not say why it ended.
  if (link.value === "lost") void refreshAccess().catch(() => {});
}

let asked = false;

async function welcomeIfNew(): Promise<void> {
  if (asked) return;
  asked = true;
  const { configured } = await get<{ configured: boolean }>("api/v1/setup").catch(() => ({ configured: true }));
  if (!configured) go("/welcome", true);
}

function Current() {
  const { path } = place.value;
  const at = pageAt(path);
  const Page = useLoaded(at?.page.pattern, at?.page.load);
  useEffect(() => {
    document.title = at ? `${at.page.title} · Projectionist` : "Projectionist";
  }, [at?.page.title]);
  if (!at) {
    const error = new ApiError(404, "not_found", "There is no such page.");
    return (
      <Frame>
        <Failed error={error} />
      </Frame>
    );
  }
  const content = Page instanceof Error ? <Failed error={Page} /> : Page ? <Page params={at.params} key={path} /> : <Waiting />;
  return at.page.bare ? content : <Frame under={at.page.under ?? at.page.pattern}>{content}</Frame>;
}

const loaded = new Map<string, PageComponent>();

function useLoaded(pattern: string | undefined, load?: () => Promise<{ default: PageComponent }>) {
  const [, redraw] = useState(0);
  const [error, setError] = useState<Error>();
  useEffect(() => {
    setError(undefined);
    if (!pattern || !load || loaded.has(pattern)) return;
    load().then(
      (module) => {
        loaded.set(pattern, module.default);
        redraw((n) => n + 1);
      },
      // After an update of the program the old files are gone.
      () => setError(new Error("This page has changed since it was opened. Reload it.")),
    );
  }, [pattern]);
  return error ?? (pattern ? loaded.get(pattern) : undefined);
}
