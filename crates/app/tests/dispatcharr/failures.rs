//! What the recordings show when its database or its Redis is gone is an outage, and never a zero.

use export::Profile;

use crate::house::House;
use crate::replay::{Mood, Replay, recorded_at_ms};

/// Of the moment: while it is down, nobody knows them.
const OF_THE_MOMENT: &[&str] = &[
    "dispatcharr_active_streams",
    "dispatcharr_active_clients",
    "dispatcharr_profile_connections",
    "dispatcharr_stream_",
    "dispatcharr_client_",
    "dispatcharr_user_active_streams",
];

fn has(text: &str, prefix: &str) -> bool {
    text.lines().any(|l| l.starts_with(prefix))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_its_parts_is_down_and_no_zero() {
    let Some(captures) = crate::captures() else { return };
    for mood in [Mood::WithoutRedis, Mood::WithoutPostgres] {
        let replay = Replay::of(&captures, "active-clean", "active-clean").await;
        let house = House::watch(&replay, recorded_at_ms(&captures, "active-clean"), None);
        house.complete().await;
        let before = house.text(Profile::DispatcharrExporter);
        for name in OF_THE_MOMENT {
            assert!(has(&before, name), "{name} was there");
        }
        replay.be(mood);
        house.until("the outage", |s| !s.health.is_up()).await;
        let during = house.text(Profile::DispatcharrExporter);
        for name in OF_THE_MOMENT {
            assert!(!has(&during, name), "{mood:?}: {name}\n{during}");
        }
        let native = house.text(Profile::Native);
        assert!(
            has(&native, "media_server_up{server=\"tv\"} 0"),
            "{mood:?}\n{native}"
        );
        for name in [
            "media_channel_feeds",
            "media_channel_viewers",
            "media_provider_connections{",
        ] {
            assert!(!has(&native, name), "{mood:?}: {name}");
        }
        replay.be(Mood::Well);
        house.until("the recovery", |s| s.health.is_up()).await;
        let after = house.text(Profile::DispatcharrExporter);
        assert!(
            has(&after, "dispatcharr_active_streams{type=\"live\"} 6"),
            "{mood:?}\n{after}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_well_shows_no_zero_either() {
    let Some(captures) = crate::captures() else { return };
    let replay = Replay::of(&captures, "idle-clean", "active-clean").await;
    replay.be(Mood::WithoutRedis);
    let house = House::watch(&replay, recorded_at_ms(&captures, "idle-clean"), None);
    house
        .until("an outage", |s| matches!(s.health, model::Health::Down { .. }))
        .await;
    let text = house.text(Profile::DispatcharrExporter);
    for name in OF_THE_MOMENT {
        assert!(!has(&text, name), "{name}\n{text}");
    }
    replay.be(Mood::Well);
    house
        .until("the first look", |s| s.last_success_at.is_some())
        .await;
    house.until("health", |s| s.health.is_up()).await;
    let text = house.text(Profile::DispatcharrExporter);
    assert!(has(&text, "dispatcharr_active_streams 0"), "a known 0\n{text}");
}
