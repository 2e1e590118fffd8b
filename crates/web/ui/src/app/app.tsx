import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { ApiError, get, whenUnauthorized } from "../api/client";
import { forgetAnswers } from "../api/useGet";
import { connect, disconnect, failures, known, servers } from "../live/store";
import { Failed, Waiting } from "../ui/parts";
import { access, refreshAccess } from "./access";
import { Frame } from "./frame";
import { type PageComponent, pageAt } from "./pages";
import { followLinks, go, place } from "./router";

/** Decides who sees what, then draws the page of the present place. */
export function App() {
  const [error, setError] = useState<unknown>();
  // Not after the first picture, which has nothing to show before the answer.
  useLayoutEffect(() => {
    whenUnauthorized(() => void refreshAccess().catch(setError));
    refreshAccess().catch(setError);
    document.addEventListener("click", followLinks);
    return () => document.removeEventListener("click", followLinks);
  }, []);
  useEffect(() => effect(direct), []);
  useEffect(() => effect(lookAgain), []);
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
    forgetAnswers();
    if (path !== "/sign-in") go(`/sign-in?to=${encodeURIComponent(path + (query.size ? `?${query}` : ""))}`, true);
    return;
  }
  connect();
  if (path === "/sign-in") go(within(query.get("to")), true);
  // Nothing is watched: the page that changes that, unless the history is looked at.
  if (known.value && servers.value.length === 0 && path === "/" && state.role === "admin") void welcomeIfNew();
}

/** Asks who looks, once for each attempt to hear events that failed: it may be that nobody is signed in any more. */
function lookAgain(): void {
  if (failures.value > 0 && access.peek()?.signed_in) void refreshAccess().catch(() => {});
}

/** A place of ours; `//host` would be somebody else's. */
function within(to: string | null): string {
  return to !== null && /^\/(?![/\\])/.test(to) ? to : "/";
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
