//! The server itself: who it is, how loaded it is, and which half of it fails.

use export::Profile;
use model::{Endpoint, Feature};
use sim::plex::{Fault, HostLoad, Seed, SessionSeed};

use crate::rig::{Rig, Setup};
use crate::scrape::RIVALS;

const LOAD: HostLoad = HostLoad {
    host_cpu: 25.0,
    process_cpu: 12.5,
    host_memory: 50.0,
    process_memory: 6.25,
};

/// The machine's CPU in each naming; all agree, or none has it.
fn cpu(rig: &Rig) -> Option<f64> {
    let one = |profile, name, scale: f64| {
        let scrape = rig.scrape(profile);
        let found = scrape.all(name, &[]);
        assert!(found.len() < 2, "{found:?}");
        found.first().map(|s| s.value / scale)
    };
    let native = one(Profile::Native, "media_server_host_cpu_ratio", 1.0);
    for (profile, name, scale) in [
        (Profile::Cplieger, "plex_host_cpu_utilization_ratio", 1.0),
        (Profile::Cplieger202604, "plex_host_cpu_utilization_ratio", 1.0),
        (Profile::TimothyStewart6, "host_cpu_util", 100.0),
    ] {
        assert_eq!(one(profile, name, scale), native, "{profile}");
    }
    native
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_leaves_one_server_info_series() {
    let rig = Setup::polling().start().await;
    rig.world.set_version("1.99.0.1-abc");
    rig.until("the new version", |s| {
        s.info
            .as_ref()
            .is_some_and(|i| i.version.as_deref() == Some("1.99.0.1-abc"))
    })
    .await;
    for (profile, name) in [
        (Profile::Native, "media_server_info"),
        (Profile::Cplieger, "plex_server_info"),
        (Profile::Cplieger202604, "plex_server_info"),
        (Profile::TimothyStewart6, "server_info"),
    ] {
        let scrape = rig.scrape(profile);
        assert_eq!(
            scrape.one(name, &[]).label("version"),
            "1.99.0.1-abc",
            "{profile}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_plex_pass_the_load_is_absent_not_zero() {
    let rig = Setup::polling().seed(Seed::without_pass).start().await;
    assert_eq!(cpu(&rig), None);
    let feature = [("feature", "resources")];
    assert_eq!(
        rig.native().value("media_server_feature_available", &feature),
        0.0
    );
    assert_eq!(
        rig.scrape(Profile::Cplieger)
            .one("plex_server_info", &[])
            .label("plex_pass"),
        "false"
    );
}

#[tokio::test(start_paused = true)]
async fn a_load_nobody_confirms_any_more_goes() {
    let rig = Setup::polling()
        .before(|world| world.set_host(Some(LOAD)))
        .start()
        .await;
    rig.until("a load", |s| s.host.is_some()).await;
    assert_eq!(cpu(&rig), Some(0.25));
    for fault in [Fault::Status(500), Fault::BadJson, Fault::Hang] {
        let broken = rig.world.fault(fault.clone().on("/statistics/resources"));
        rig.until("no load", |s| s.host.is_none()).await;
        assert_eq!(cpu(&rig), None, "{fault:?}");
        rig.world.release(broken);
        rig.until("a load again", |s| s.host.is_some()).await;
        assert_eq!(cpu(&rig), Some(0.25));
    }
    rig.world.set_plex_pass(false);
    rig.until("no such feature", |s| {
        s.features.get(&Feature::Resources) == Some(&model::Availability::Unavailable)
    })
    .await;
    assert_eq!(cpu(&rig), None);
}

#[tokio::test(start_paused = true)]
async fn a_load_does_not_outlive_its_server() {
    let rig = Setup::polling()
        .before(|world| world.set_host(Some(LOAD)))
        .start()
        .await;
    rig.until("a load", |s| s.host.is_some()).await;
    rig.world.fault(Fault::Refuse);
    rig.until_down().await;
    assert_eq!(cpu(&rig), None);
}

#[tokio::test(start_paused = true)]
async fn no_series_has_an_empty_server_label_while_the_server_is_down_at_the_start() {
    let rig = Setup::usual()
        .before(|world| {
            world.start(SessionSeed::movie("Harbour Lights").silent());
            world.fault(Fault::Refuse);
        })
        .launch()
        .await;
    rig.until_down().await;
    for profile in Profile::ALL {
        let scrape = rig.scrape(profile);
        assert!(!scrape.label_values("server").contains(""), "{profile}");
    }
    let native = rig.native();
    assert_eq!(native.value("media_server_up", &[("server", "attic")]), 0.0);
    assert_eq!(
        native.value(
            "media_server_outage",
            &[("server", "attic"), ("cause", "unreachable")]
        ),
        1.0
    );
    native.none("media_server_sessions", &[]);
    let polling = rig.scrape(Profile::Cplieger);
    assert_eq!(polling.value("plex_http_reachable", &[("server", "attic")]), 0.0);
    assert_eq!(
        polling.value("plex_session_poll_reachable", &[("server", "attic")]),
        0.0
    );
    for rival in RIVALS {
        let scrape = rig.scrape(rival.profile);
        scrape.none("plex_server_info", &[]);
        scrape.none("server_info", &[]);
    }
    rig.world.clear_faults();
    rig.settled().await;
    let native = rig.native();
    assert_eq!(
        native.value("media_server_up", &[("server", "attic")]),
        1.0,
        "under the same label"
    );
    native.none("media_server_outage", &[]);
    assert_eq!(native.value("media_server_sessions", &[("server", "attic")]), 1.0);
    let polling = rig.scrape(Profile::Cplieger);
    assert_eq!(
        polling.one("plex_server_info", &[]).label("server"),
        "Attic",
        "one server under one name"
    );
    assert_eq!(polling.all("plex_http_reachable", &[]).len(), 1);
}

fn expect_only_the_session_list_to_fail(rig: &Rig) {
    let polling = rig.scrape(Profile::Cplieger);
    assert_eq!(polling.value("plex_session_poll_reachable", &[]), 0.0);
    assert_eq!(polling.value("plex_http_reachable", &[]), 1.0);
    let failed = [("type", "sessions_fetch")];
    assert!(polling.value("plex_exporter_errors_total", &failed) >= 1.0);
    assert_eq!(rig.native().value("projectionist_source_up", &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_session_list_that_fails_later_is_told_from_a_server_that_is_gone() {
    let rig = Setup::polling().start().await;
    let broken = rig.world.fault(Fault::Status(500).on("/status/sessions"));
    rig.until_down().await;
    expect_only_the_session_list_to_fail(&rig);
    rig.world.release(broken);
    rig.until_up().await;
    rig.world.fault(Fault::Refuse);
    rig.until_down().await;
    let polling = rig.scrape(Profile::Cplieger);
    assert_eq!(polling.value("plex_http_reachable", &[]), 0.0);
    assert_eq!(polling.value("plex_session_poll_reachable", &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_session_list_that_never_worked_is_not_called_reachable() {
    let rig = Setup::polling()
        .before(|world| {
            world.fault(Fault::Status(500).on("/status/sessions"));
        })
        .launch()
        .await;
    rig.until_down().await;
    rig.asked(Endpoint::Sessions, 3).await;
    expect_only_the_session_list_to_fail(&rig);
}
