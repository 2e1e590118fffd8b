//! The commands by name.

use ::history::ask::graphs as ask;

use super::commands::{Command, from_history, from_memory, from_server, with_members};
use super::envelope::Reply;
use super::graphs::graph;
use super::value::Value;
use super::{activity, catalog, history, home, libraries, quotes, server, stats, stream_data, tables, users};

/// In the order of their names.
pub(super) static COMMANDS: &[Command] = &[
    from_memory(
        "arnold",
        "A sentence, as a sign that the key is right.",
        |asked| Ok(Reply::success(quotes::quote(asked.now_s).into())),
    ),
    from_memory("docs", "This list. Needs no key.", |_| Ok(Reply::success(docs()))),
    from_history(
        "get_activity",
        "What plays now; with session_key or session_id, that alone.",
        |view, asked| Ok(activity::activity(view, asked)),
    ),
    from_server(
        "get_children_metadata",
        "What is in rating_key, which is a media_type: show, season, artist, album, collection or \
         playlist.",
        |asked| Box::pin(catalog::children(asked)),
    ),
    from_server(
        "get_collections_table",
        "The collections of section_id; with start, length, search, order_column, order_dir.",
        |asked| Box::pin(catalog::collections(asked)),
    ),
    from_history(
        "get_concurrent_streams_by_stream_type",
        "Most streams at once by day; with time_range (days), user_id.",
        |v, asked| graph(v, asked, ask::concurrent_by_stream_type),
    ),
    with_members(
        "get_history",
        "The plays; with grouping, include_activity, user, user_id, rating_key, parent_rating_key, \
         grandparent_rating_key, reference_id, section_id, media_type, transcode_decision, guid, \
         start_date, before, after, start, length, search, order_column, order_dir.",
        history::history,
    ),
    from_history(
        "get_home_stats",
        "What is watched most; with stat_id, stats_type (plays, duration), stats_start, stats_count, \
         time_range (days), before, after, section_id, user_id, grouping.",
        home::home,
    ),
    with_members(
        "get_item_user_stats",
        "Who played rating_key, or what is in it; with media_type (collection, playlist), grouping.",
        stats::item_users,
    ),
    with_members(
        "get_item_watch_time_stats",
        "Plays and time of rating_key, or of what is in it; with media_type (collection, playlist), \
         query_days, grouping.",
        stats::item_time,
    ),
    from_server(
        "get_libraries",
        "The libraries of the server, with what they hold now.",
        |asked| Box::pin(catalog::libraries(asked)),
    ),
    from_history(
        "get_libraries_table",
        "The libraries and what was played of them; with section_id, grouping, start, length, search, \
         order_column, order_dir.",
        tables::libraries,
    ),
    from_history(
        "get_library",
        "The library section_id; with include_last_accessed.",
        libraries::library,
    ),
    from_history("get_library_names", "The libraries by name.", |view, asked| {
        Ok(libraries::names(view, asked))
    }),
    from_history(
        "get_library_user_stats",
        "Who played of section_id; with grouping.",
        stats::library_users,
    ),
    from_history(
        "get_library_watch_time_stats",
        "Plays and time of section_id; with query_days, grouping.",
        stats::library_time,
    ),
    from_server(
        "get_metadata",
        "The item rating_key as the server tells of it now.",
        |asked| Box::pin(catalog::item(asked)),
    ),
    from_history(
        "get_plays_by_date",
        "Plays by day; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_date),
    ),
    from_history(
        "get_plays_by_dayofweek",
        "Plays by day of the week; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_dayofweek),
    ),
    from_history(
        "get_plays_by_hourofday",
        "Plays by hour of the day; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_hourofday),
    ),
    from_history(
        "get_plays_by_source_resolution",
        "Plays by resolution of the file; with time_range (days), y_axis (plays, duration), user_id, \
         grouping.",
        |v, asked| graph(v, asked, ask::by_source_resolution),
    ),
    from_history(
        "get_plays_by_stream_resolution",
        "Plays by resolution as sent; with time_range (days), y_axis (plays, duration), user_id, \
         grouping.",
        |v, asked| graph(v, asked, ask::by_stream_resolution),
    ),
    from_history(
        "get_plays_by_stream_type",
        "Plays by day and decision; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_stream_type),
    ),
    from_history(
        "get_plays_by_top_10_platforms",
        "Plays by platform; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_top_10_platforms),
    ),
    from_history(
        "get_plays_by_top_10_users",
        "Plays by user; with time_range (days), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::by_top_10_users),
    ),
    from_history(
        "get_plays_per_month",
        "Plays by month; with time_range (months), y_axis (plays, duration), user_id, grouping.",
        |v, asked| graph(v, asked, ask::per_month),
    ),
    // Not asked for by itself, but the way in which clients look whether we are there.
    from_memory(
        "get_server_friendly_name",
        "The server's name.",
        server::friendly_name,
    ),
    from_memory(
        "get_server_identity",
        "Id and version of the server.",
        server::identity,
    ),
    from_memory("get_server_info", "The server as it is configured.", server::info),
    from_memory("get_servers_info", "All watched servers.", server::all),
    from_history(
        "get_stream_data",
        "File and stream of the play row_id, or of session_key, which plays now.",
        stream_data::stream_data,
    ),
    from_history(
        "get_stream_type_by_top_10_platforms",
        "Plays by platform and decision; with time_range (days), y_axis (plays, duration), user_id, \
         grouping.",
        |v, asked| graph(v, asked, ask::stream_type_by_top_10_platforms),
    ),
    from_history(
        "get_stream_type_by_top_10_users",
        "Plays by user and decision; with time_range (days), y_axis (plays, duration), user_id, \
         grouping.",
        |v, asked| graph(v, asked, ask::stream_type_by_top_10_users),
    ),
    from_memory(
        "get_tautulli_info",
        "The version of Tautulli that is spoken, and the machine.",
        |asked| Ok(server::about(asked)),
    ),
    from_history(
        "get_user",
        "The user user_id; with include_last_seen.",
        users::one,
    ),
    from_history(
        "get_user_ips",
        "Where user_id played from; with start, length, search, order_column, order_dir.",
        tables::ips,
    ),
    from_history("get_user_names", "The users by name.", |view, _| {
        Ok(users::names(view))
    }),
    from_history(
        "get_user_player_stats",
        "Players of user_id; with grouping.",
        stats::players,
    ),
    from_history(
        "get_user_watch_time_stats",
        "Plays and time of user_id; with query_days, grouping.",
        stats::user_time,
    ),
    from_history("get_users", "The users.", |view, _| Ok(users::all(view))),
    from_history(
        "get_users_table",
        "The users and what they played; with user_id, grouping, start, length, search, order_column, \
         order_dir.",
        tables::users,
    ),
    from_memory(
        "server_status",
        "Whether the server is connected.",
        server::connected,
    ),
    from_memory("status", "That we answer.", |_| {
        Ok(Reply::success(Value::Null).with_message("Ok"))
    }),
];

fn docs() -> Value {
    Value::Object(COMMANDS.iter().map(|c| (c.name, Value::Word(c.about))).collect())
}
