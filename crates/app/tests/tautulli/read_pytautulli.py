"""Reads a served history through the PyPI package `pytautulli`, as Home Assistant does. Arguments: URL, key."""

import asyncio
import sys

from pytautulli import PyTautulli, PyTautulliException


def equal(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, not {wanted!r}")


async def read(url, key):
    # Below the prefix of a proxy, too.
    for base in (url, url + "/media"):
        async with PyTautulli(url=base, api_token=key) as client:
            activity = await client.async_get_activity()
            equal("streams", (int(activity.stream_count), activity.wan_bandwidth), (1, 10000))
            session = activity.sessions[0]
            equal("session", (session.full_title, session.username, str(session.state.value if hasattr(session.state, "value") else session.state)),
                  ("Harbour", "bert", "playing"))
            equal("users", [(u.username, u.is_admin) for u in await client.async_get_users()], [("anna", True), ("bert", False)])
            stats = await client.async_get_home_stats()
            equal("cards", len(stats), 11)
            equal("film", (stats[0].stat_id, stats[0].rows[0].title, stats[0].rows[0].total_plays), ("top_movies", "Harbour", 1))
            info = await client.async_get_server_info()
            equal("server", (info.pms_name, info.pms_plexpass), ("Attic", True))
            plain = await client.async_command("get_user_names")
            equal("plain", plain["response"]["data"][0], {"user_id": 101, "friendly_name": "Anna"})
    async with PyTautulli(url=url, api_token="wrong") as client:
        try:
            await client.async_get_activity()
        except PyTautulliException as e:
            assert "400" in str(e), e
        else:
            sys.exit("a wrong key was taken")


asyncio.run(read(*sys.argv[1:]))
print("all read")
