"""Reads a served history through the PyPI package `tautulli`, objects and plain answers. Arguments: URL, key."""

import sys
import warnings
from datetime import datetime, timezone

import tautulli

warnings.simplefilter("error")
url, key = sys.argv[1:]
api = tautulli.ObjectAPI(base_url=url, api_key=key, verify=True)
raw = tautulli.RawAPI(base_url=url, api_key=key, verify=True)

NOW = 1_790_000_400


def equal(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, not {wanted!r}")


def series(graph):
    return {line.name: list(line.data) for line in graph.series}


# Ourselves and the server.
assert isinstance(api.arnold, str) and api.arnold
equal("version", api.tautulli_info.tautulli_version, "v2.17.2")
equal("status", raw.status(), {})
equal("connected", api.server_status.connected, True)
equal("docs", "get_history" in raw.docs, True)
equal("docs", bool(api.docs.get_home_stats), True)
equal("identity", api.server_identity.machine_identifier, "5e1f0c9a7b3d482e96a0d4c1f8b27e3360a94d15")
info = api.server_info
equal("server", (info.pms_name, info.pms_port, info.pms_plexpass, info.pms_url), ("Attic", 32499, 1, "http://127.0.0.1:32499"))
equal("servers", [(s.name, s.host, int(s.port)) for s in api.servers_info], [("Attic", "127.0.0.1", 32499)])

# The history, with what plays now on top.
page = api.get_history(grouping=True)
equal("history", [(r.full_title, r.play_duration, r.state) for r in page.data],
      [("Harbour", 0, "playing"), ("Harbour", 3600, None), ("Coast - Ebb", 1100, None), ("Coast - Pilot", 1800, None),
       ("The Shore - Tide", 200, None)])
film = page.data[1]
equal("film", (film.friendly_name, film.started, film.stopped, film.percent_complete, film.watched_status, film.group_ids),
      ("Anna", NOW - 86400, NOW - 86400 + 4200, 100, 1.0, str(film.row_id)))
equal("counts", (page.recordsFiltered, page.recordsTotal), (5, 4))
equal("of a user", len(api.get_history(user_id=101).data), 2)
equal("of a user by name", len(api.get_history(user="bert").data), 3)
equal("of a library", len(api.get_history(section_id="2").data), 2)
equal("of a kind", len(api.get_history(media_type="movie").data), 2)
equal("by decision", [r.title for r in api.get_history(transcode_decision="copy").data], ["Ebb"])
equal("searched", [r.title for r in api.get_history(search="coast").data], ["Ebb", "Pilot"])
equal("ordered", [r.title for r in api.get_history(order_column="full_title", order_direction="asc").data],
      ["Ebb", "Pilot", "Harbour", "Harbour", "Tide"])
equal("paged", [r.row_id for r in api.get_history(start=1, length=1).data], [film.row_id])
equal("of an item", len(api.get_history(rating_key="2003").data), 1)
equal("of a show", len(api.get_history(grandparent_rating_key="2001").data), 2)
equal("of a day", [r.row_id for r in api.get_history(start_date=datetime(2026, 9, 20)).data], [film.row_id])
stream = api.get_stream_data(row_id=film.row_id)
equal("stream", (stream.bitrate, stream.container, stream.video_decision, stream.title), (9500, "mkv", "direct play", "Harbour"))

# What plays.
activity = api.activity()
equal("activity", (activity.stream_count, activity.total_bandwidth, activity.wan_bandwidth, activity.stream_count_direct_play), ("1", 10000, 10000, 1))
session = activity.sessions[0]
equal("session", (session.title, session.user, str(session.progress_percent), session.state), ("Harbour", "bert", "50", "playing"))
equal("stream now", api.get_stream_data(session_key=7).title, "Harbour")

# The cards.
cards = {card.stat_id: card for card in api.get_home_stats()}
equal("cards", len(cards), 11)
equal("films", [(r.title, r.total_plays, r.total_duration) for r in cards["top_movies"].rows], [("Harbour", 1, 3600)])
equal("shows", [(r.title, r.total_plays) for r in cards["top_tv"].rows], [("Coast", 2)])
equal("artists", [r.title for r in cards["top_music"].rows], ["The Shore"])
equal("users", sorted((r.user, r.total_plays) for r in cards["top_users"].rows), [("anna", 2), ("bert", 2)])
equal("platforms", sorted((r.platform, r.platform_name) for r in cards["top_platforms"].rows), [("Chrome", "chrome"), ("Roku", "roku")])
equal("last watched", [r.title for r in cards["last_watched"].rows], ["Harbour"])
equal("by time", raw.get_home_stats(stats_type="duration")[0]["stat_type"], "total_duration")

# The graphs.
def days(name, data):
    wanted = {"TV": [0] * 30, "Movies": [0] * 30, "Music": [0] * 30, "Total": [0] * 30}
    for line, at, value in data:
        wanted[line][at] += value
        wanted["Total"][at] += value
    return wanted


equal("by date", series(api.get_plays_by_date(time_range=30)), days("by date", [("TV", 27, 2), ("Movies", 28, 1), ("Music", 24, 1)]))
equal("by date, time", series(api.get_plays_by_date(time_range=30, y_axis="duration")),
      days("time", [("TV", 27, 2900), ("Movies", 28, 3600), ("Music", 24, 200)]))
equal("by date, one user", sum(series(api.get_plays_by_date(user_ids=["101"]))["Total"]), 2)
equal("by weekday", series(api.get_plays_by_day_of_week())["Movies"], [1, 0, 0, 0, 0, 0, 0])
equal("by hour", series(api.get_plays_by_hour_of_day())["TV"][14], 2)
equal("per month", series(api.get_plays_per_month())["TV"][-1], 2)
equal("platforms", api.get_plays_by_top_10_platforms().categories, ["Roku", "Chrome"] if api.get_plays_by_top_10_platforms().categories[0] == "Roku" else ["Chrome", "Roku"])
equal("users", sorted(api.get_plays_by_top_10_users().categories), ["Anna", "bert"])
equal("stream types", {n: sum(d) for n, d in series(api.get_plays_by_stream_type()).items()}, {"Direct Play": 2, "Direct Stream": 1, "Transcode": 1})
sources = api.get_plays_by_source_resolution()
equal("source resolutions", dict(zip(sources.categories, zip(*[d.data for d in sources.series]))), {"1080p": (1, 1, 0), "4k": (0, 0, 1)})
streams = api.get_plays_by_stream_resolution()
equal("stream resolutions", sorted(streams.categories), ["1080p", "720p"])
equal("stream types of users", sorted(api.get_stream_type_by_top_10_users().categories), ["Anna", "bert"])
equal("stream types of platforms", sorted(api.get_stream_type_by_top_10_platforms().categories), ["Chrome", "Roku"])

# Users.
equal("names", [(u.user_id, u.friendly_name) for u in api.user_names], [(101, "Anna"), (102, "bert")])
equal("users", [(u.username, u.is_admin) for u in api.users], [("anna", 1), ("bert", 0)])
equal("user", api.get_user(user_id="102").username, "bert")
table = api.get_users_table()
equal("users table", [(r.friendly_name, r.plays, r.duration) for r in table.data], [("bert", 2, 2900), ("Anna", 2, 3800)])
equal("addresses", [(r.ip_address, r.play_count) for r in api.get_user_ips(user_id="101").data], [("192.0.2.7", 2)])
times = raw.get_user_watch_time_stats(user_id="101", query_days=[1, 7, 0])
equal("time of a user", [(t["query_days"], t["total_plays"], t["total_time"]) for t in times], [(1, 1, 3600), (7, 2, 3800), (0, 2, 3800)])
equal("objects", len(api.get_user_watch_time_stats(user_id="101")), 4)
players = api.get_user_player_stats(user_id="101")
equal("players", [(p.player_name, p.total_plays) for p in players], [("Roku at home", 2)])

# Libraries.
equal("library names", [(s.section_id, s.section_name) for s in api.library_names], [(1, "Films"), (2, "Series"), (3, "Music")])
equal("libraries", [(str(s.section_id), s.section_name, int(s.count)) for s in api.libraries], [("1", "Films", 1), ("2", "Series", 1)])
equal("library", api.get_library(section_id="2").section_name, "Series")
rows = api.get_libraries_table().data
equal("libraries table", (rows[0].section_name, rows[0].plays, rows[0].duration), ("Series", 2, 2900))
equal("time of a library", raw.get_library_watch_time_stats(section_id="2", query_days=[0]), [{"query_days": 0, "total_time": 2900, "total_plays": 2}])
equal("objects", len(api.get_library_watch_time_stats(section_id="2")), 4)
equal("users of a library", [(u.username, u.total_plays) for u in api.get_library_user_stats(section_id="2")], [("bert", 2)])

# Items and collections.
equal("film", (api.get_metadata(rating_key="1001").title, str(api.get_metadata(rating_key="1001").year)), ("Harbour", "1999"))
children = api.get_children_metadata(rating_key="2002", media_type="season")
equal("episodes", (int(children.children_count), [c.title for c in children.children_list]), (2, ["Pilot", "Ebb"]))
# Its objects want a text where Tautulli sends a number.
equal("collections", [(c["title"], c["childCount"]) for c in raw.get_collections_table(section_id="1")["data"]], [("Sea", 1)])
equal("time of a show", [t["total_time"] for t in raw.get_item_watch_time_stats(rating_key="2001", query_days=[30])], [2900])
equal("users of a show", [u["username"] for u in raw.get_item_user_stats(rating_key="2001")], ["bert"])
equal("users of a collection", [u["total_time"] for u in raw.get_item_user_stats(rating_key="800001", media_type="collection")], [3600])
equal("objects", len(api.get_item_watch_time_stats(rating_key="800001", media_type="collection")), 4)
equal("objects", [u.username for u in api.get_item_user_stats(rating_key="1001")], ["anna"])

# Shortcuts, and a wrong key.
equal("ping", api.shortcuts.ping(), True)
equal("pass", api.shortcuts.has_plex_pass, True)
equal("api version", api.shortcuts.api_version, "v2.17.2")
try:
    tautulli.RawAPI(base_url=url, api_key="wrong", verify=False).server_info
    sys.exit("a wrong key was taken")
except tautulli.exceptions.http_exception.HttpException:
    pass
assert datetime.now(timezone.utc)
print("all read")
