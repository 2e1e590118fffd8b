//! Servers found by their name at plex.tv.

use std::path::PathBuf;

use base::{Kind, Secret};
use model::{Body, Endpoint};
use sim::plex::{Fault, Plex, Seed, SessionSeed};
use sim::plex_tv::{AccountSeed, ConnectionSeed, Place, PlexTv, ServerSeed, TvSeed};
use sources::plex::tv::start_pin;
use sources::plex::{Config, TvConfig, check};

use crate::watch::{Watch, lively, still_server};

fn published(plex: &Plex) -> ServerSeed {
    ServerSeed::new("Attic", &plex.machine_id(), "marlo", plex.token()).connection(Place::Local, &plex.url())
}

/// An account that owns one server.
pub(crate) async fn plex_tv(plex: &Plex) -> (PlexTv, TvConfig) {
    let server = published(plex);
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

/// Given by its address, without a token.
pub(crate) fn address_alone(plex: &Plex) -> Config {
    Config {
        token: None,
        ..lively(plex)
    }
}

/// An account whose token is kept in a file.
pub(crate) struct Account {
    pub(crate) cfg: TvConfig,
    file: PathBuf,
}

impl Account {
    pub(crate) fn signed_in(cfg: TvConfig, name: &str) -> Self {
        let file = std::env::temp_dir().join(format!("account-{}-{name}", std::process::id()));
        std::fs::write(&file, "account-token").unwrap();
        let cfg = TvConfig {
            token: None,
            token_file: Some(file.clone()),
            ..cfg
        };
        Self { cfg, file }
    }

    /// All devices were signed out, and the owner has signed in again: account and server have new tokens.
    pub(crate) async fn sign_in_anew(&self, plex: &Plex, tv: &PlexTv) {
        plex.world().set_token("newer-token");
        tv.set_server(ServerSeed {
            access_token: "newer-token".to_owned(),
            ..published(plex)
        });
        tv.revoke("account-token");
        let pin = start_pin(&self.cfg).await.unwrap();
        std::fs::write(&self.file, tv.link_pin(pin.code(), "marlo").unwrap()).unwrap();
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Paths that were asked for with a token.
fn with_token(plex: &Plex) -> Vec<String> {
    let requests = plex.world().requests().into_iter();
    requests.filter(|r| r.had_token).map(|r| r.path).collect()
}

/// Another machine that says to be `plex`, and takes any token it could be sent.
async fn impersonator(plex: &Plex) -> Plex {
    let seed = Seed::default().still().machine_id(plex.machine_id());
    Plex::start(seed.token(plex.token()).shared("account-token", 1, &[])).await
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
    assert!(check(&address_alone(&plex), None).await.is_err());
    let report = check(&address_alone(&plex), Some(&tv_cfg)).await.unwrap();
    assert_eq!((report.sessions, report.notes.len()), (1, 0), "{report:?}");
    let mut watch = Watch::start_with(address_alone(&plex), Some(tv_cfg.clone()));
    watch.shows(&["Silt"]).await;
    // What was noted about the address is still said.
    let bare = Config {
        url: Some(plex.url().replace("http://", "")),
        ..address_alone(&plex)
    };
    let report = check(&bare, Some(&tv_cfg)).await.unwrap();
    assert!(report.notes[0].contains("no scheme given"), "{report:?}");
    // A name that leads there is used as what it leads to.
    let named = Config {
        url: Some(plex.url().replace("127.0.0.1", "localhost")),
        ..address_alone(&plex)
    };
    assert_eq!(check(&named, Some(&tv_cfg)).await.unwrap().url_used, plex.url());

    tv.set_down(true);
    let mut own = tv_cfg;
    own.shared = TvConfig::default().shared;
    let away = check(&address_alone(&plex), Some(&own)).await.unwrap_err();
    assert!(away.to_string().starts_with("plex.tv: "), "{away}");
    let nobody = TvConfig { token: None, ..own };
    let refused = check(&address_alone(&plex), Some(&nobody)).await.unwrap_err();
    assert!(
        refused.to_string().ends_with("asks for a token, and none is set"),
        "{refused}"
    );
}

#[tokio::test]
async fn who_says_to_be_the_server_somewhere_else_gets_no_token() {
    let plex = still_server().await;
    let (_tv, tv_cfg) = plex_tv(&plex).await;
    let liar = impersonator(&plex).await;
    let refused = check(&address_alone(&liar), Some(&tv_cfg)).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Unauthorized);
    assert!(
        refused.to_string().contains("at other addresses only"),
        "{refused}"
    );
    assert!(
        refused.hint().unwrap().contains(&*plex.machine_id()),
        "{refused:?}"
    );
    let mut watch = Watch::start_with(address_alone(&liar), Some(tv_cfg.clone()));
    watch.outage_of("unauthorized").await;
    watch.outage_of("unauthorized").await;
    assert!(liar.world().request_count("/status/sessions") >= 2);
    assert_eq!(with_token(&liar), Vec::<String>::new());

    // Unless its user has said who is there.
    let vouched = Config {
        machine_id: Some(plex.machine_id()),
        ..address_alone(&liar)
    };
    check(&vouched, Some(&tv_cfg)).await.unwrap();
    assert!(!with_token(&liar).contains(&"/identity".to_owned()));
}

#[tokio::test]
async fn the_token_of_the_account_goes_to_no_server() {
    let plex = Plex::start(Seed::default().still().token("account-token")).await;
    let (tv, tv_cfg) = plex_tv(&plex).await;
    let server = published(&plex);
    let fresh = || TvConfig {
        shared: TvConfig::default().shared,
        ..tv_cfg.clone()
    };
    tv.set_server(server.clone().without_access_token());
    for cfg in [address_alone(&plex), by_name(&plex)] {
        let refused = check(&cfg, Some(&fresh())).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Unauthorized, "{refused}");
    }
    let mut friends = server.shared_with("marlo", "account-token");
    friends.owner = "ada".to_owned();
    tv.set_server(friends);
    let refused = check(&address_alone(&plex), Some(&fresh())).await.unwrap_err();
    assert!(refused.to_string().contains("only shared"), "{refused}");
    tv.remove_server(&plex.machine_id());
    let refused = check(&address_alone(&plex), Some(&fresh())).await.unwrap_err();
    assert!(refused.to_string().contains("not among the servers"), "{refused}");
    assert_eq!(with_token(&plex), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_needs_no_token_is_watched_whatever_plex_tv_does() {
    let mut seed = Seed::default().still();
    seed.allow_without_token = true;
    let plex = Plex::start(seed).await;
    plex.world().start(SessionSeed::movie("Silt"));
    let (tv, tv_cfg) = plex_tv(&plex).await;
    tv.set_down(true);
    let nobody = TvConfig {
        token: None,
        ..tv_cfg.clone()
    };
    for tv_cfg in [tv_cfg, nobody] {
        let mut watch = Watch::start_with(address_alone(&plex), Some(tv_cfg));
        watch.shows(&["Silt"]).await;
        let failed = watch.seen.iter().any(|o| matches!(o.body, Body::Outage(_)));
        assert!(!failed, "{:?}", watch.seen);
    }
    tv.set_down(false);
    assert_eq!(tv.requests().len(), 0);
    assert_eq!(with_token(&plex), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_of_the_account_that_is_refused_is_asked_for_again() {
    let plex = still_server().await;
    plex.world().start(SessionSeed::movie("Silt"));
    let (tv, tv_cfg) = plex_tv(&plex).await;
    let account = Account::signed_in(tv_cfg, "watch");
    let mut watch = Watch::start_with(address_alone(&plex), Some(account.cfg.clone()));
    watch.shows(&["Silt"]).await;
    account.sign_in_anew(&plex, &tv).await;
    watch.outage_of("unauthorized").await;
    watch.shows(&["Silt"]).await;
}

#[tokio::test]
async fn nobody_is_given_a_token_before_saying_who_it_is() {
    let plex = still_server().await;
    let cfg = lively(&plex);
    check(&cfg, None).await.unwrap();
    let asked = with_token(&plex);
    assert!(asked.contains(&"/status/sessions".to_owned()) && !asked.contains(&"/identity".to_owned()));
    assert_eq!(plex.world().request_count("/identity"), 1);
    let other = Config {
        machine_id: Some("0the5".to_owned()),
        ..cfg
    };
    plex.world().clear_requests();
    assert_eq!(check(&other, None).await.unwrap_err().kind(), Kind::WrongTarget);
    assert_eq!(with_token(&plex), Vec::<String>::new());
}
