// Keeps the status page current: an event says that something changed, the page itself says what, so there is one
// place that knows how a session looks. Progress between events is counted here.
"use strict";
(() => {
  const REFRESH_EVERY_MS = 400; // several changes of one moment, one request
  const RETRY_MS = 5000;
  const AGES_EVERY_MS = 60000; // "down for 3 min" grows without an event
  const DRIFT_MS = 4000; // players report every few seconds; smaller corrections would only make the bar twitch

  const clocks = new Map(); // card id → { told, seen, base, playing, since }
  let source = null;
  let version = "";
  let lastRefresh = -Infinity;
  let pending = 0;

  const page = () => document.getElementById("page");

  const say = (text, state) => {
    const link = document.getElementById("link");
    link.textContent = text;
    link.className = state;
  };

  // ---- progress -----------------------------------------------------------------------------------------------

  const at = (clock, playing) => clock.base + (playing ? performance.now() - clock.since : 0);

  // `told`: the position the server was told at the moment `seen` (its clock); `ageMs`: how long ago that was.
  const position = (card, told, seen, ageMs) => {
    const playing = card.dataset.state === "playing";
    const clock = clocks.get(card.id);
    const base = told + (playing ? Math.max(0, ageMs) : 0);
    if (clock && clock.playing === playing) {
      if (seen < clock.seen) return; // a page on its way while an event overtook it
      const same = clock.told === told;
      clock.told = told;
      clock.seen = seen;
      if (same || (playing && Math.abs(at(clock, playing) - base) < DRIFT_MS)) return;
    }
    clocks.set(card.id, { told, seen, base, playing, since: performance.now() });
  };

  const readClocks = () => {
    const now = Number(page().dataset.nowMs);
    const seen = new Set();
    for (const card of document.querySelectorAll("[data-position-ms]")) {
      seen.add(card.id);
      const toldAt = Number(card.dataset.seenMs);
      position(card, Number(card.dataset.positionMs), toldAt, now - toldAt);
    }
    for (const id of clocks.keys()) if (!seen.has(id)) clocks.delete(id);
  };

  const two = (n) => String(n).padStart(2, "0");
  const clockText = (ms) => {
    const s = Math.floor(ms / 1000);
    const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
    return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  };

  const tick = () => {
    for (const [id, clock] of clocks) {
      const card = document.getElementById(id);
      if (!card) continue;
      const end = Number(card.dataset.durationMs ?? Infinity);
      const ms = Math.min(at(clock, clock.playing), end);
      const bar = card.querySelector("progress");
      if (bar) bar.value = ms;
      const text = card.querySelector(".position");
      if (text && text.textContent !== clockText(ms)) text.textContent = clockText(ms);
    }
  };

  // ---- the page -----------------------------------------------------------------------------------------------

  // Makes `old` like `fresh`, touching only what differs, so that selections and scroll positions survive.
  const merge = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.id === "link") return; // ours
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const byId = new Map([...old.children].filter((c) => c.id).map((c) => [c.id, c]));
    let here = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      const known = next.id ? byId.get(next.id) : here && !here.id ? here : null;
      if (!known) {
        old.insertBefore(next, here);
        continue;
      }
      if (known === here) here = here.nextSibling;
      else old.insertBefore(known, here);
      merge(known, next);
    }
    while (here) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
  };

  const refresh = async () => {
    pending = 0;
    lastRefresh = performance.now();
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const script = (doc) => doc.querySelector("script[src]")?.getAttribute("src");
    if (script(fresh) !== script(document)) {
      location.reload(); // another version of the program answers
      return;
    }
    document.title = fresh.title;
    version = fresh.getElementById("page").dataset.version;
    merge(page(), fresh.getElementById("page"));
    readClocks();
    tick();
  };

  const refreshSoon = () => {
    if (pending) return;
    const wait = Math.max(0, lastRefresh + REFRESH_EVERY_MS - performance.now());
    pending = setTimeout(() => refresh().catch(() => {}), wait);
  };

  // ---- events -------------------------------------------------------------------------------------------------

  const onProgress = (event) => {
    for (const told of JSON.parse(event.data).sessions) {
      const card = document.getElementById(`session-${told.id}`);
      if (card && card.dataset.positionMs !== undefined && told.position_ms !== undefined) {
        position(card, told.position_ms, Date.parse(told.seen_at), 0);
      }
    }
  };

  const close = () => {
    source?.close();
    source = null;
  };

  const open = () => {
    if (source) return;
    source = new EventSource(document.body.dataset.events);
    source.addEventListener("open", () => say("Live", "live"));
    source.addEventListener("snapshot", (event) => {
      if (event.lastEventId !== version) refreshSoon();
    });
    for (const name of [
      "session.started", "session.updated", "session.ended", "feed.started", "feed.updated", "feed.ended",
      "server.updated", "libraries.updated",
    ]) {
      source.addEventListener(name, refreshSoon);
    }
    source.addEventListener("session.progress", onProgress);
    source.addEventListener("error", () => {
      say("Connection lost, trying again", "lost");
      // A browser gives up by itself when it was refused; then look from time to time.
      if (source && source.readyState === EventSource.CLOSED) {
        close();
        setTimeout(() => {
          if (document.hidden) return;
          refresh().then(() => say("Every few seconds", ""), () => {}).finally(open);
        }, RETRY_MS);
      }
    });
  };

  // A tab nobody looks at keeps no connection.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));

  version = page().dataset.version;
  readClocks();
  tick();
  setInterval(tick, 500);
  setInterval(() => document.hidden || refreshSoon(), AGES_EVERY_MS);
  if (!document.hidden) open();
})();
