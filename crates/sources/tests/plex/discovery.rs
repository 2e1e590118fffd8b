//! Servers found by their name at plex.tv.

use base::Secret;
use model::{Body, Endpoint};
use sim::plex::{Fault, Plex, SessionSeed};
use sim::plex_tv::{AccountSeed, ConnectionSeed, Place, PlexTv, ServerSeed, TvSeed};
use sources::plex::{Config, TvConfig, check};

use crate::watch::{Watch, lively, still_server};

async fn plex_tv(plex: &Plex) -> (PlexTv, TvConfig) {
    let server = ServerSeed::new("Attic", &plex.machine_id(), "marlo", plex.token())
        .connection(Place::Local, &plex.url());
    let seed = TvSeed::default()
        .account(AccountSeed::new("marlo", "pw", "account-token"))
        .server(server);
    let tv = PlexTv::start(seed).await.unwrap();
    let cfg = TvConfig {
        base_url: tv.url(),
        clients_url: tv.url(),
        token: Some(Secret::new("account-token")),
        client_id: "projectionist-test".to_owned(),
        ..TvConfig::default()
    };
    (tv, cfg)
}

fn by_name(plex: &Plex) -> Config {
    Config {
        url: None,
        token: None,
        name: Some("attic".to_owned()),
        ..lively(plex)
    }
}

#[tokio::test]
async fn a_server_is_found_and_watched() {
    let plex = still_server().await;
    plex.world().start(SessionSeed::movie("Silt"));
    let (_tv, tv_cfg) = plex_tv(&plex).await;
    let report = check(&by_name(&plex), Some(&tv_cfg)).await.unwrap();
    assert_eq!(report.url_used, plex.url());
    let mut watch = Watch::start_with(by_name(&plex), Some(tv_cfg));
    watch.shows(&["Silt"]).await;
    let asked =
        |b: &Body| matches!(b, Body::Request(r) if r.endpoint == Endpoint::Discovery && r.error.is_none());
    assert!(watch.seen.iter().any(|o| asked(&o.body)));
}

#[tokio::test]
async fn an_address_that_stops_answering_is_replaced_by_another() {
    let (near, far) = (still_server().await, still_server().await);
    let (tv, tv_cfg) = plex_tv(&near).await;
    tv.set_connections(
        &near.machine_id(),
        vec![
            ConnectionSeed::at(Place::Local, &near.url()),
            ConnectionSeed::at(Place::Remote, &far.url()),
        ],
    );
    let mut watch = Watch::start_with(by_name(&near), Some(tv_cfg));
    watch.sessions().await;
    assert_eq!(
        far.world().request_count("/status/sessions"),
        0,
        "near before far"
    );
    far.world().start(SessionSeed::movie("Here now"));
    near.world().fault(Fault::Refuse);
    watch.shows(&["Here now"]).await;
}

#[tokio::test]
async fn plex_tv_being_away_at_the_start_is_an_outage() {
    let plex = still_server().await;
    let (tv, tv_cfg) = plex_tv(&plex).await;
    tv.set_down(true);
    let mut watch = Watch::start_with(by_name(&plex), Some(tv_cfg));
    let (_, told) = watch.outage().await;
    assert!(told.starts_with("plex.tv: "), "{told}");
    watch.outage().await;
}

#[tokio::test]
async fn an_address_without_a_token_is_opened_by_the_account() {
    let plex = still_server().await;
    plex.world().start(SessionSeed::movie("Silt"));
    let (tv, tv_cfg) = plex_tv(&plex).await;
    let address_alone = |plex: &Plex| Config {
        token: None,
        ..lively(plex)
    };
    assert!(check(&address_alone(&plex), None).await.is_err());
    let report = check(&address_alone(&plex), Some(&tv_cfg)).await.unwrap();
    assert_eq!((report.sessions, report.notes.len()), (1, 0), "{report:?}");
    let mut watch = Watch::start_with(address_alone(&plex), Some(tv_cfg.clone()));
    watch.shows(&["Silt"]).await;

    // One that would take the account's token, and is not the account's, does not get it.
    let other = Plex::start(
        sim::plex::Seed::default()
            .machine_id("0the5")
            .token("account-token"),
    )
    .await;
    let refused = check(&address_alone(&other), Some(&tv_cfg)).await.unwrap_err();
    assert_eq!(refused.kind(), base::Kind::Unauthorized, "{refused}");

    tv.set_down(true);
    let mut own = tv_cfg;
    own.shared = sources::plex::TvConfig::default().shared;
    let away = check(&address_alone(&plex), Some(&own)).await.unwrap_err();
    assert!(away.to_string().starts_with("plex.tv: "), "{away}");
}
