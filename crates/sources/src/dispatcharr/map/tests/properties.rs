//! Whatever one channel, film or viewer is, the others stay as they are.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Names that the wire knows, so that a mutation hits something.
const FIELDS: [&str; 24] = [
    "channel_id",
    "state",
    "stream_profile",
    "client_count",
    "uptime",
    "started_at",
    "channel_name",
    "logo_id",
    "m3u_profile_id",
    "stream_id",
    "stream_name",
    "total_bytes",
    "clients",
    "video_codec",
    "resolution",
    "source_fps",
    "ffmpeg_speed",
    "client_id",
    "user_id",
    "connected_at",
    "bytes_sent",
    "avg_rate_KBps",
    "connections",
    "content_metadata",
];

fn anything() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[-0-9.eE]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec!["0", "unknown", "active", "1e400", "-1", CHANNEL, HASH]).prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 24, 6, |inner| {
        let keys = select(FIELDS.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(keys, inner, 0..8).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Every place of a value, as a JSON pointer.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(list) => {
            for (i, inner) in list.iter().enumerate() {
                places(inner, &format!("{at}/{i}"), out);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map {
                places(inner, &format!("{at}/{key}"), out);
            }
        }
        _ => {}
    }
}

fn channel(id: &str, client: &str) -> Value {
    json!({"channel_id": id, "state": "active", "stream_profile": "1", "client_count": 2, "uptime": 46.46,
        "started_at": 1_795_239_525.17, "channel_name": "News", "m3u_profile_id": 2, "stream_id": 11,
        "stream_name": "one", "total_bytes": 16_022_032, "video_codec": "h264", "resolution": "1280x720",
        "source_fps": 25.0, "ffmpeg_speed": "1.12",
        "clients": [{"client_id": client, "user_id": "3", "connected_at": 1_795_239_556.9},
                    {"client_id": format!("{client}-2"), "avg_rate_KBps": 487.0}]})
}

fn film(session: &str) -> Value {
    json!({"content_type": "movie", "content_name": "Film", "content_uuid": "u", "content_metadata": {"year": 2019},
        "connections": [{"client_id": session, "user_id": "unknown", "connected_at": "1795239557.2", "m3u_profile_id": "3",
            "bytes_sent": 17, "duration": 14}]})
}

fn look() -> Value {
    json!({"live": {"channels": [channel("first", "a"), channel("second", "b"), channel(HASH, "c")]},
        "vod": {"vod_connections": [film("v1"), film("v2")], "timestamp": 1_795_239_600.5},
        "catchup": {"timeshift_sessions": [
            {"session_id": "t1", "channel_uuid": "first", "connections": [{"client_id": "d"}]},
            {"session_id": "t2", "channel_uuid": "second", "connections": [{"client_id": "e"}]}]}})
}

fn feeds_of(look: &Value) -> Vec<Feed> {
    feeds(&wire::stats(look.to_string().as_bytes()).unwrap().value, &names())
}

/// The second of each list, and where it stands.
const VICTIMS: [(&str, &str); 3] = [
    ("/live/channels/1", "second"),
    ("/vod/vod_connections/1", "v2"),
    ("/catchup/timeshift_sessions/1", "t2"),
];

proptest! {
    /// Nothing that one of them holds, in any place, harms another or ends the look.
    #[test]
    fn one_bad_feed_costs_that_one(
        (victim, key) in select(VICTIMS.to_vec()),
        place in any::<prop::sample::Index>(),
        with in anything(),
    ) {
        let mut look = look();
        let others = |feeds: Vec<Feed>| -> Vec<Feed> {
            // What the mutation may call itself is not what is compared.
            feeds.into_iter().filter(|f| f.key.as_str() != key).collect()
        };
        let before = others(feeds_of(&look));
        let mut all = Vec::new();
        places(look.pointer(victim).unwrap(), victim, &mut all);
        *look.pointer_mut(place.get(all.as_slice()).as_str()).unwrap() = with;
        let after = feeds_of(&look);
        // It comes before this one, and of a key told twice the first counts.
        let is_hijacked = look["live"]["channels"][1]["channel_id"] == HASH;
        for feed in before {
            let is_lost = !after.contains(&feed);
            prop_assert!(!is_lost || is_hijacked && feed.key.as_str() == HASH, "{:?}", feed.key);
        }
    }

    /// A field that cannot be read costs that field: the viewers of a channel stay.
    #[test]
    fn one_bad_field_costs_that_field(field in select(FIELDS.to_vec()), with in anything()) {
        prop_assume!(field != "clients" && field != "channel_id" && field != "client_count");
        let mut look = look();
        look["live"]["channels"][1][field] = with;
        let feeds = feeds_of(&look);
        let feed = feeds.iter().find(|f| f.key.as_str() == "second").unwrap();
        let clients: Vec<_> = feed.viewers.iter().map(|v| &*v.client_id).collect();
        prop_assert_eq!(clients, ["b", "b-2"]);
        prop_assert_eq!(feed.viewer_count, Some(2));
    }

    /// Any answer at all is read or refused; nothing panics, and nothing is asked about twice.
    #[test]
    fn no_answer_breaks_it(body in anything(), text in any::<String>(), cut in any::<prop::sample::Index>()) {
        let whole = look().to_string();
        for body in [body.to_string(), text, whole[..cut.index(whole.len())].to_owned()] {
            if let Ok(read) = wire::stats(body.as_bytes()) {
                let seen = on_air(&read.value);
                prop_assert!(seen.live.is_sorted() && seen.streams.is_sorted());
                feeds(&read.value, &names());
            }
        }
    }

    /// Lists of anything: rows that are none are left out, the rest is kept.
    #[test]
    fn no_inventory_breaks_it(rows in vec(anything(), 0..6)) {
        let mut rows = rows;
        rows.push(json!({"id": 7, "name": "last", "account_type": "XC", "source_type": "xmltv", "username": "u",
            "uuid": "u", "key": "k", "profiles": [{"id": 1, "name": "p"}]}));
        let rows = Value::from(rows);
        let parts = Parts {
            channels: None,
            groups: Some(list(&rows)),
            accounts: Some(list(&rows)),
            epg_sources: Some(list(&rows)),
            users: Some(list(&rows)),
            channel_list: Some(list(&rows)),
            plugins: Some(list(&rows)),
        };
        let read = inventory(&parts);
        prop_assert_eq!(read.accounts.unwrap().last().unwrap().id, 7);
        prop_assert_eq!(read.users.unwrap().last().unwrap().id, 7);
        prop_assert_eq!(read.epg_sources.unwrap().last().unwrap().id, 7);
        prop_assert_eq!(read.channel_list.unwrap().last().unwrap().id, 7);
    }
}
