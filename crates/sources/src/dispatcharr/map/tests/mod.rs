//! Answers in, feeds and inventory out.

mod captures;
mod inventory;
mod on_demand;
mod properties;
mod rules;

use model::iptv::Feed;
use serde_json::{Value, json};

use super::*;
use crate::dispatcharr::wire;

const CHANNEL: &str = "7063b7c3-f09c-493a-91c2-8dd2db307389";
const HASH: &str = "92ce8d2956b953bd1e755d6206365bee2186deaaec18e31a19316aa6c39bab44";

fn list<T: for<'de> crate::lenient::Object<'de>>(rows: &Value) -> Vec<T> {
    wire::list(rows.to_string().as_bytes()).unwrap().value
}

/// An answer of `/proxy/stats/`.
fn stats(live: &Value, vod: &Value, catchup: &Value) -> wire::Stats {
    let body = json!({
        "live": {"channels": live, "count": 1},
        "vod": {"vod_connections": vod, "timestamp": 1_795_239_600.5},
        "catchup": {"timeshift_sessions": catchup, "timestamp": 1_795_239_600.5},
        "timestamp": 1_795_239_600.6,
    });
    wire::stats(body.to_string().as_bytes()).unwrap().value
}

fn live(channels: &Value) -> wire::Stats {
    stats(channels, &json!([]), &json!([]))
}

/// The one feed of one channel with `fields`.
fn one(fields: &Value, names: &Names) -> Feed {
    let mut channel = json!({"channel_id": CHANNEL, "started_at": 1_795_239_500.25});
    for (name, value) in fields.as_object().unwrap() {
        channel[name] = value.clone();
    }
    let mut feeds = feeds(&live(&json!([channel])), names);
    assert_eq!(feeds.len(), 1);
    feeds.remove(0)
}

/// Two channels, of which the first has three streams.
fn names() -> Names {
    let mut names = Names::default();
    names.set_groups(&list(&json!([{"id": 2, "name": "News"}, {"id": 3}])));
    names.set_stream_profiles(&list(
        &json!([{"id": 1, "name": "ffmpeg"}, {"id": 3, "name": "Proxy"}]),
    ));
    names.set_users(&list(&json!([{"id": 3, "username": "kid"}])));
    names.add_channels(list(&json!([
        {"id": 1, "uuid": CHANNEL, "name": "News One HD", "channel_number": 101.0, "channel_group_id": 2, "logo_id": 7,
         "streams": [11, "x", 12]},
        {"id": 2, "uuid": "other", "name": "raw", "effective_name": "seen", "channel_number": 5,
         "effective_channel_number": 102.5, "channel_group_id": 9, "effective_channel_group_id": 2, "streams": []},
    ])));
    names.add_streams(list(&json!([
        {"id": 11, "name": "one", "stream_stats": {"ffmpeg_output_bitrate": 2776.1},
         "stream_stats_updated_at": "2026-11-21T05:39:28.073917Z"},
        {"id": 12, "name": "two", "stream_stats": {"ffmpeg_output_bitrate": "1854"},
         "stream_stats_updated_at": "2026-11-20T05:39:28Z"},
    ])));
    names
}
