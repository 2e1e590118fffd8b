//! Answers that are odd in one place and right in all others.

use export::Profile;
use model::{Link, State};
use sim::plex::{Fault, Item, SessionSeed};

use crate::rig::{Rig, Setup, frame};
use crate::scrape::RIVALS;

#[tokio::test(start_paused = true)]
async fn one_field_of_the_wrong_type_loses_neither_the_answer_nor_the_session() {
    let rig = Setup::listening().start().await;
    let odd = SessionSeed::movie("Harbour Lights")
        .print("Media", "bitrate", "8500")
        .print("Session", "bandwidth", "plenty")
        .print("Metadata", "year", "MMXI")
        .print("Metadata", "addedAt", "yesterday")
        .print("Metadata", "viewedAt", true);
    let odd = rig.world.start(odd);
    let plain = rig.world.start(SessionSeed::movie("Low Tide"));
    rig.until("both", |s| s.plays.len() == 2).await;
    let rates = rig.scrape(Profile::Cplieger);
    for key in [&odd, &plain] {
        let labels = [("session", key.as_str())];
        assert_eq!(rates.value("plex_session_bitrate_kbps", &labels), 8500.0);
    }
    rates.none("plex_session_bandwidth_kbps", &[("session", &odd)]);
    rates.one("plex_session_bandwidth_kbps", &[("session", &plain)]);
    assert!(rig.server().health.is_up());
}

/// Every sample but those of the clock, as text.
fn everything(rig: &Rig) -> Vec<String> {
    let moves = |name: &str| {
        [
            "seconds",
            "estimated",
            "projectionist_",
            "bytes_total",
            "retries",
            "speed",
            "progress",
            "ahead",
        ]
        .iter()
        .any(|part| name.contains(part))
    };
    let of = |profile| {
        let scrape = rig.scrape(profile);
        let still = scrape.samples().iter().filter(|s| !moves(&s.name));
        still
            .map(|s| format!("{profile} {} {:?} {}", s.name, s.labels, s.value))
            .collect::<Vec<_>>()
    };
    Profile::ALL.into_iter().flat_map(of).collect()
}

async fn told_with(fault: Option<Fault>) -> Vec<String> {
    let rig = Setup::usual()
        .before(move |world| {
            world.set_host(Some(sim::plex::HostLoad {
                host_cpu: 25.0,
                process_cpu: 12.5,
                host_memory: 50.0,
                process_memory: 6.25,
            }));
            let burnt = SessionSeed::movie("Harbour Lights").delivery(sim::plex::Delivery::burn());
            world.start(burnt.position_ms(600_000));
            world.start(SessionSeed::episode("Low Tide", 2, 5, "The Weir").user(20_417_733, "Wren"));
            world
                .start(SessionSeed::track("The Weirs", "Sluice", "Gate").state(sim::plex::PlayState::Paused));
            if let Some(fault) = fault {
                world.fault(fault);
            }
        })
        .start()
        .await;
    rig.until("looked up", |s| {
        s.plays.len() == 3 && s.plays.iter().all(|p| p.session.source.bitrate_bps.is_some())
    })
    .await;
    everything(&rig)
}

#[tokio::test(start_paused = true)]
async fn numbers_and_ids_in_quotes_change_nothing() {
    let plain = told_with(None).await;
    assert!(plain.len() > 100, "{}", plain.len());
    assert_eq!(told_with(Some(Fault::StringTypes)).await, plain);
    assert_eq!(told_with(Some(Fault::WrongTypes)).await, plain);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_eleven_megabytes_is_read_whole() {
    let rig = Setup::polling().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.world
        .fault(Fault::HugeBody(11_000_000).on("/status/sessions"));
    rig.until_shown(&key).await;
    rig.looks(1).await;
    assert!(rig.server().health.is_up());
}

#[tokio::test(start_paused = true)]
async fn a_notification_of_two_megabytes_does_not_break_the_connection() {
    let rig = Setup::listening().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.calm().await;
    let told = serde_json::json!({"title": "x".repeat(2_000_000), "state": 1, "type": 1});
    rig.world.notify_raw(frame("timeline", "TimelineEntry", &told));
    rig.world.pause(&key);
    rig.until_state(&key, State::Paused).await;
    assert_eq!(rig.server().link, Link::WebSocket);
    let connections = rig.world.request_count("/:/websockets/notifications");
    assert_eq!(connections, 1);
}

#[tokio::test(start_paused = true)]
async fn names_with_quotes_backslashes_and_line_breaks_stay_whole_and_break_no_scrape() {
    let name = "O\"Brien \\ the\n2nd {a=\"b\"} 家族";
    let rig = Setup::listening().start().await;
    rig.world.rename_library(1, name);
    rig.until("the library", |s| {
        s.libraries
            .iter()
            .any(|all| all.iter().any(|l| &*l.title == name))
    })
    .await;
    let key = rig.world.start(SessionSeed::movie(name).user(5, name));
    rig.until_shown(&key).await;
    let native = rig.native();
    let info = native.one("media_session_info", &[("session", &key)]);
    for label in ["user", "title", "library"] {
        assert_eq!(info.label(label), name);
    }
    let counted = [("user", name), ("library", name)];
    assert_eq!(native.value("media_plays_total", &counted), 1.0);
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        let labels = [("user", name), ("title", name), ("library", name)];
        scrape.one(rival.plays, &labels);
        scrape.one(rival.seconds, &labels);
    }
}

#[tokio::test(start_paused = true)]
async fn text_that_is_not_utf_8_loses_nothing() {
    let rig = Setup::polling()
        .before(|world| {
            world.fault(Fault::NonUtf8);
            world.start(SessionSeed::of(Item::movie("Harbour Lights")));
            world.start(SessionSeed::movie("Low Tide"));
        })
        .start()
        .await;
    assert_eq!(rig.native().value("media_server_sessions", &[]), 2.0);
    for rival in RIVALS {
        assert_eq!(rig.scrape(rival.profile).all(rival.plays, &[]).len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_session_list_does_not_say_that_nothing_plays() {
    let rig = Setup::usual().start().await;
    let key = rig.world.start(SessionSeed::movie("Harbour Lights"));
    let play = rig.until_shown(&key).await.id.clone();
    for fault in [
        Fault::NotPlex,
        Fault::BadJson,
        Fault::Truncate,
        Fault::Empty,
        Fault::Status(500),
        Fault::Status(404),
        Fault::Maintenance,
        Fault::Unauthorized,
        Fault::Redirect("http://127.0.0.1:1/".to_owned()),
        Fault::Hang,
        Fault::HugeBody(64 << 20),
    ] {
        let broken = rig.world.fault(fault.clone().on("/status/sessions"));
        rig.until_down().await;
        assert_eq!(rig.until_shown(&key).await.id, play, "{fault:?}");
        rig.world.release(broken);
        rig.until_up().await;
        rig.looks(1).await;
        assert_eq!(rig.until_shown(&key).await.id, play, "{fault:?}");
        assert_eq!(rig.ended(0).await.len(), 0, "{fault:?}");
    }
    assert_eq!(rig.native().sum("media_plays_total", &[]), 1.0);
}
