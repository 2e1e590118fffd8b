//! What plays now, alone and among what was played.

use std::sync::Arc;

use model::{Body, Decision, Delivery, Network, Player, Session, State};
use serde_json::{Value, json};

use crate::managers;
use crate::past::Past;
use crate::support::sample;

/// A film of `key` minutes' position, played by whom the name says.
fn film(key: &str, user: &str, decision: Decision) -> Session {
    let mut session = sample::film(key, "42");
    session.user = Some(model::User {
        id: None,
        name: user.into(),
    });
    session.delivery = Arc::new(Delivery {
        decision: Some(decision),
        reserved_bps: Some(8_000_000),
        ..Delivery::default()
    });
    session
}

async fn busy(plays: i64) -> Past {
    let past = Past::of(plays).await;
    let mut episode = sample::episode("3");
    episode.item = Arc::new(model::Item {
        rating_key: Some("43".into()),
        ..(*episode.item).clone()
    });
    // A title that is no number stands for what is never kept.
    let sessions = vec![
        film("1", "anna", Decision::DirectPlay),
        film("2", "anna", Decision::Transcode),
        episode,
        sample::channel("4"),
        sample::episode("5"),
    ];
    past.open.house.plays("attic", sessions).await;
    past
}

fn rows(data: &Value) -> Vec<Value> {
    data["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn all_of_it_or_one_is_told_with_every_key() {
    let past = busy(1).await;
    let data = past.data("cmd=get_activity").await;
    assert_eq!(data["stream_count"], "5");
    assert_eq!(data["stream_count_direct_play"], 1);
    assert_eq!(data["stream_count_transcode"], 3);
    let sum = data["lan_bandwidth"].as_i64().unwrap() + data["wan_bandwidth"].as_i64().unwrap();
    assert_eq!(data["total_bandwidth"].as_i64().unwrap(), sum);
    assert_eq!(data["wan_bandwidth"], 12000);
    for session in data["sessions"].as_array().unwrap() {
        assert_eq!(session.as_object().unwrap().len(), 247);
        let thumb = session["thumb"].as_str().unwrap();
        assert!(!thumb.contains('?'), "{thumb}");
    }
    let sessions = data["sessions"].as_array().unwrap();
    let of = |key: &str| sessions.iter().find(|s| s["session_key"] == key).unwrap();
    for (key, expected) in [
        ("full_title", json!("A Show - The Test")),
        ("media_index", json!("5")),
        ("username", json!("bert")),
        ("location", json!("wan")),
        ("transcode_decision", json!("transcode")),
        ("stream_video_decision", json!("transcode")),
        ("stream_video_full_resolution", json!("720p")),
        ("transcode_key", json!("/transcode/sessions/bare")),
        ("transcode_progress", json!(12)),
        ("transcode_max_offset_available", json!(100)),
        ("transcode_hw_decoding", json!(1)),
        ("subtitle_decision", json!("burn")),
        ("subtitles", json!(1)),
        ("bandwidth", json!("6000")),
    ] {
        for session in ["3", "5"] {
            assert_eq!(of(session)[key], expected, "{key} of {session}");
        }
    }
    let live = of("4");
    assert_eq!(
        (&live["live"], &live["channel_title"], &live["channel_vcn"]),
        (&json!(1), &json!("Test TV"), &json!("7.1"))
    );
    assert_eq!(live["user"], "");
    assert_eq!(
        past.data("cmd=get_activity&session_key=2").await["session_key"],
        "2"
    );
    assert_eq!(
        past.data("cmd=get_activity&session_id=run").await["session_key"],
        "3"
    );
    assert_eq!(past.data("cmd=get_activity&session_key=9").await, json!({}));
    assert_eq!(
        past.data("cmd=get_activity&server=elsewhere").await["stream_count"],
        "0"
    );
    let stream = past.data("cmd=get_stream_data&session_key=3").await;
    assert_eq!(
        (&stream["stream_video_codec"], &stream["current_session"]),
        (&json!("h264"), &json!(1))
    );
    let whole =
        past.ask("cmd=get_activity").await.text().to_owned() + past.ask("cmd=get_history").await.text();
    assert!(!whole.contains("planted-secret"));
}

#[tokio::test]
async fn it_stands_among_what_was_played_in_any_order_and_page() {
    let past = busy(5).await;
    let usual = past.data("cmd=get_history").await;
    let states: Vec<_> = rows(&usual).iter().map(|r| r["state"].clone()).collect();
    let running = states.iter().filter(|s| **s == "playing").count();
    assert_eq!(running, 4, "{states:?}");
    assert_eq!(usual["recordsFiltered"].as_u64().unwrap(), 5 + running as u64);
    assert_eq!(usual["recordsTotal"], 5);
    for row in rows(&usual) {
        let is_running = row["state"] != Value::Null;
        for key in ["reference_id", "row_id", "id", "group_count", "group_ids"] {
            assert_eq!(row[key].is_null(), is_running, "{key} of {row}");
        }
    }
    let total = 5 + running;
    for order in [
        "",
        "&order_dir=asc",
        "&order_column=full_title&order_dir=asc",
        "&order_column=full_title",
        "&order_column=friendly_name,started&order_dir=asc,desc",
        "&order_column=duration",
        "&order_column=stopped&order_dir=asc",
        "&order_column=bogus",
        "&grouping=0&order_column=player",
    ] {
        let whole = rows(&past.data(&format!("cmd=get_history&length=100{order}")).await);
        assert_eq!(whole.len(), total, "{order}");
        for length in [1, 2, 3, total] {
            for start in 0..=total {
                let page = past
                    .data(&format!("cmd=get_history&start={start}&length={length}{order}"))
                    .await;
                let end = total.min(start + length);
                let expected = if start < total { &whole[start..end] } else { &[] };
                assert_eq!(rows(&page), expected, "{order} {start} {length}");
            }
        }
    }
}

#[tokio::test]
async fn filters_and_searches_hold_for_it_too() {
    let past = busy(6).await;
    for (query, expected) in [
        ("include_activity=0", 0),
        ("user=bert", 1),
        ("user=anna&transcode_decision=transcode", 1),
        ("user_id=7", 2),
        ("rating_key=42", 2),
        ("rating_key=43", 1),
        ("rating_key=44", 0),
        ("reference_id=1", 0),
        ("media_type=live", 1),
        ("media_type=track", 0),
        ("section_id=999999", 1),
        ("guid=plex://episode", 1),
        ("search=bert%27s%20PHONE", 1),
        ("search=plex%20for%20lg", 2),
        ("search=192.0.2.7&user_id=7", 2),
        ("start_date=2026-11-21&user_id=7", 2),
        ("before=2026-11-20", 0),
        ("after=2026-11-22", 0),
        ("server=attic&user_id=7", 2),
        ("server=elsewhere", 0),
        ("length=0", 0),
    ] {
        let data = past.data(&format!("cmd=get_history&length=50&{query}")).await;
        let found = rows(&data)
            .iter()
            .filter(|row| row["state"] != Value::Null)
            .count();
        assert_eq!(found, expected, "{query}");
    }
    let off = Past::with(1, |ctx| {
        ctx.tautulli.as_mut().unwrap().history_activity = false;
    })
    .await;
    off.open
        .house
        .plays("attic", vec![film("1", "anna", Decision::Copy)])
        .await;
    assert_eq!(rows(&off.data("cmd=get_history").await).len(), 1);
    assert_eq!(
        rows(&off.data("cmd=get_history&include_activity=1").await).len(),
        2
    );
}

#[tokio::test]
async fn servers_say_what_they_are() {
    let past = Past::with(1, |ctx| {
        ctx.tautulli.as_mut().unwrap().servers = vec![web::tautulli::ServerAddress {
            server: "attic".into(),
            host: "192.0.2.9".to_owned(),
            port: 32400,
            tls: true,
        }];
    })
    .await;
    assert_eq!(past.data("cmd=server_status").await, json!({ "connected": null }));
    assert_eq!(past.data("cmd=get_server_identity").await, json!({}));
    assert_eq!(past.data("cmd=get_server_info").await["pms_name"], "attic");
    for body in sample::everything() {
        past.open.house.tell("attic", body).await;
    }
    past.open.house.plays("attic", Vec::new()).await;
    assert_eq!(past.data("cmd=server_status").await, json!({ "connected": true }));
    let info = past.data("cmd=get_server_info").await;
    assert_eq!(info["pms_url"], "https://192.0.2.9:32400");
    assert_eq!(
        (&info["pms_name"], &info["pms_ssl"], &info["pms_plexpass"]),
        (&json!("Attic"), &json!(1), &json!(1))
    );
    assert_eq!(
        past.data("cmd=get_servers_info&server=Attic")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(past.data("cmd=get_server_friendly_name").await, "Attic");
    assert_eq!(past.ask("cmd=get_server_info&server=other").await.status, 400);
    past.open
        .house
        .tell(
            "attic",
            Body::Outage(model::Outage {
                kind: "unreachable",
                message: "gone".into(),
            }),
        )
        .await;
    assert_eq!(
        past.data("cmd=server_status").await,
        json!({ "connected": false })
    );
}

#[tokio::test]
async fn a_paused_player_on_a_relay_is_far() {
    let past = Past::of(1).await;
    let mut session = film("1", "anna", Decision::Copy);
    session.state = State::Paused;
    session.player = Arc::new(Player {
        network: Some(Network::Relay),
        ..Player::default()
    });
    past.open.house.plays("attic", vec![session]).await;
    let data = past.data("cmd=get_activity").await;
    assert_eq!(
        (&data["wan_bandwidth"], &data["stream_count_direct_stream"]),
        (&json!(8000), &json!(1))
    );
    let told = &data["sessions"][0];
    assert_eq!(
        (&told["state"], &told["relayed"], &told["location"]),
        (&json!("paused"), &json!(1), &json!("wan"))
    );
}

/// Everything that looks at what is watched now, with a stream manager beside the Plex or without.
async fn told(servers: &[(&'static str, &'static str)]) -> Vec<Value> {
    let past = Past::of_kinds(3, servers, |_| ()).await;
    let house = &past.open.house;
    if servers.len() > 1 {
        house.tell("cellar", managers::info()).await;
        let inventory = Arc::new(managers::inventory());
        house.tell("cellar", Body::Inventory(inventory)).await;
        house
            .feeds("cellar", vec![managers::news(), managers::film()])
            .await;
    } else {
        house.clock.advance(1_000);
    }
    let sessions = vec![film("1", "anna", Decision::DirectPlay), sample::channel("4")];
    house.plays("attic", sessions).await;
    let mut answers = Vec::new();
    for query in [
        "cmd=get_activity",
        "cmd=get_server_info",
        "cmd=get_servers_info",
        "cmd=get_libraries",
        "cmd=get_history&include_activity=1",
        "cmd=get_home_stats&time_range=30",
    ] {
        answers.push(past.data(query).await);
    }
    assert_eq!(answers[0]["stream_count"], "2");
    assert_eq!(
        past.data("cmd=get_activity&server=cellar").await["stream_count"],
        "0"
    );
    answers
}

#[tokio::test]
async fn a_stream_manager_changes_nothing() {
    let alone = told(&[("attic", model::PLEX)]).await;
    // First, where it would be taken for "the" server.
    let beside = told(&[("cellar", model::DISPATCHARR), ("attic", model::PLEX)]).await;
    assert_eq!(beside, alone);
}
