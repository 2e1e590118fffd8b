"""Reads a Plex server with plexapi: identity, libraries, items, sessions and alerts. Exits 0 if all of it works."""

import queue
import sys
import time

from plexapi.server import PlexServer

url, token = sys.argv[1:3]
server = PlexServer(url, token)
assert server.machineIdentifier and server.friendlyName and server.version, "identity"

sections = server.library.sections()
assert sections, "libraries"
for section in sections:
    assert section.totalSize > 0, f"{section.title} counts its items"
    items = section.search(maxresults=3)
    assert items and all(item.title for item in items), f"{section.title} lists items"
print("libraries:", ", ".join(f"{s.title} ({s.type}, {s.totalSize})" for s in sections))

deadline = time.monotonic() + 30
sessions = server.sessions()
while not sessions and time.monotonic() < deadline:
    time.sleep(0.2)
    sessions = server.sessions()
assert sessions, "sessions"
for session in sessions:
    assert session.sessionKey, "every session has its key"
    assert session.players and session.players[0].state in {"playing", "paused", "buffering"}, "and a player"
    list(session.media), list(session.transcodeSessions), session.usernames
print("sessions:", len(sessions))

alerts = queue.Queue()
listener = server.startAlertListener(alerts.put, lambda error: alerts.put({"error": str(error)}))
kinds = set()
deadline = time.monotonic() + 45
while "playing" not in kinds and time.monotonic() < deadline:
    try:
        alert = alerts.get(timeout=1)
    except queue.Empty:
        continue
    assert "error" not in alert, alert
    kinds.add(alert["type"])
listener.stop()
assert "playing" in kinds, f"alerts: {kinds}"
print("alerts:", ", ".join(sorted(kinds)))
print("all read")
