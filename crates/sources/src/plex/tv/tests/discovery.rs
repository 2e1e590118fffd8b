//! Lists of servers and choosing an address.

use super::*;
use crate::plex::error::Error;

#[tokio::test]
async fn both_forms_of_the_list_say_the_same() {
    let (tv, config) = house().await;
    publish(
        &tv,
        &[
            (Place::Relay, "http://127.0.0.1:3"),
            (Place::Local, "http://127.0.0.1:1"),
        ],
    );
    let mut player = ServerSeed::new("Telly", "m-telly", "ada", "st-telly");
    player.provides = "client,player".to_owned();
    tv.set_server(player);
    let newer = servers(&config, &Secret::new("at-ada")).await.unwrap();
    assert_eq!(newer.len(), 1, "players are no servers: {newer:?}");
    assert_eq!(
        (&*newer[0].name, &*newer[0].machine_id, newer[0].owned),
        ("Attic", "m-attic", true)
    );
    assert_eq!(newer[0].access_token, Some(Secret::new("st-attic")));
    let classes: Vec<Class> = newer[0].connections.iter().map(|c| c.class).collect();
    assert_eq!(classes, [Class::Relay, Class::Local]);
    assert_eq!(tv.request_count("/api/resources"), 0);
    for fault in [FaultKind::Status(404), FaultKind::BadJson, FaultKind::WebPage] {
        tv.clear_faults();
        tv.fault(Fault::always(fault.clone()).at("/api/v2/resources"));
        let older = servers(&config, &Secret::new("at-ada")).await.unwrap();
        assert_eq!(older, newer, "{fault:?}");
    }
    assert!(!servers(&config, &Secret::new("at-bob")).await.unwrap()[0].owned);
    assert_clean_log(&tv);
}

#[tokio::test]
async fn a_wrong_name_is_answered_with_the_right_ones() {
    let (tv, config) = house().await;
    tv.set_server(ServerSeed::new("Cellar", "m-cellar", "ada", "st-cellar"));
    let e = discover(&config, &named("attick"), &Trust::default())
        .await
        .unwrap_err();
    assert_eq!(
        e.to_string(),
        "plex.tv: no server is named \"attick\"; there are \"Attic\", \"Cellar\""
    );
    assert_eq!(e.kind(), Kind::NotFound);
    let wrapped = Error::from(e);
    assert_eq!(
        wrapped.to_string(),
        "plex.tv: no server is named \"attick\"; there are \"Attic\", \"Cellar\""
    );
    assert!(wrapped.hint().is_some());
    let bob = TvConfig {
        token: Some(Secret::new("at-bob")),
        ..config
    };
    let e = discover(&bob, &named("attic"), &Trust::default())
        .await
        .unwrap_err();
    assert_eq!(
        (e.kind(), e.to_string().contains("shared")),
        (Kind::Forbidden, true)
    );
}

#[tokio::test]
async fn a_dead_local_address_gives_way_to_the_remote_one() {
    let (tv, config) = house().await;
    let (remote, relay) = (plex("m-attic").await, plex("m-attic").await);
    publish(
        &tv,
        &[
            (Place::Relay, &relay.url),
            (Place::Remote, &remote.url),
            (Place::Local, &dead().await),
        ],
    );
    let found = discover(&config, &named("ATTIC"), &Trust::default())
        .await
        .unwrap();
    assert_eq!(
        (found.url.as_str(), found.class),
        (remote.url.as_str(), Class::Remote)
    );
    assert_eq!(
        (
            found.token.as_ref().unwrap().expose(),
            &*found.machine_id,
            &*found.name
        ),
        ("st-attic", "m-attic", "Attic")
    );
    let asked = format!("{}{}", remote.seen.lock().unwrap(), relay.seen.lock().unwrap()).to_lowercase();
    assert!(
        asked.contains("get /identity ") && !asked.contains("token"),
        "no token before the proof: {asked}"
    );
    assert_eq!(*relay.seen.lock().unwrap(), "", "the relay need not be asked");
    let printed = format!("{found:?} {config:?}");
    assert!(!SECRETS.iter().any(|s| printed.contains(s)), "{printed}");
    assert_clean_log(&tv);
}

#[tokio::test]
async fn a_silent_local_address_costs_a_moment_only() {
    let (tv, config) = house().await;
    let ((_listener, local), remote) = (silent().await, plex("m-attic").await);
    publish(&tv, &[(Place::Local, &local), (Place::Remote, &remote.url)]);
    let start = std::time::Instant::now();
    let found = discover(&config, &named("attic"), &Trust::default())
        .await
        .unwrap();
    assert_eq!(found.class, Class::Remote);
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "less than the time-out of one probe"
    );
}

#[tokio::test]
async fn whoever_is_not_the_server_is_passed_over() {
    let (tv, config) = house().await;
    let (other, page) = (
        plex("m-other").await,
        answerer("200 OK", "<html>Welcome</html>".to_owned()).await,
    );
    let (relay, gone) = (plex("m-attic").await, dead().await);
    publish(
        &tv,
        &[
            (Place::Local, &other.url),
            (Place::Remote, &page.url),
            (Place::Relay, &relay.url),
        ],
    );
    let wanted = Wanted {
        name: None,
        machine_id: Some("m-attic".to_owned()),
    };
    let found = discover(&config, &wanted, &Trust::default()).await.unwrap();
    assert_eq!(
        (found.url.as_str(), found.class),
        (relay.url.as_str(), Class::Relay)
    );

    publish(
        &tv,
        &[
            (Place::Local, &other.url),
            (Place::Remote, &page.url),
            (Place::Relay, &gone),
        ],
    );
    later(Duration::from_secs(20)).await;
    let e = discover(&config, &wanted, &Trust::default()).await.unwrap_err();
    let expected = format!(
        "plex.tv: server \"Attic\" answers at none of its addresses: local {} (another server answers there); \
         remote {} (something else than Plex answers there); relay {gone} (not reachable)",
        other.url, page.url
    );
    assert_eq!(e.to_string(), expected);
    assert!(other.seen.lock().unwrap().contains("/identity"));
    assert!(
        !other.seen.lock().unwrap().to_lowercase().contains("token"),
        "strangers learn nothing"
    );
}

#[tokio::test]
async fn a_starting_server_and_one_without_addresses_are_told_apart() {
    let (tv, config) = house().await;
    let e = discover(&config, &named("attic"), &Trust::default())
        .await
        .unwrap_err();
    assert_eq!(
        e.to_string(),
        "plex.tv: server \"Attic\" has published no address that can be used from here"
    );
    let body = r#"<Response code="503" title="Maintenance" status="Running database migrations."/>"#;
    let starting = answerer("503 Service Unavailable", body.to_owned()).await;
    publish(
        &tv,
        &[(Place::Local, &starting.url), (Place::Remote, &dead().await)],
    );
    later(Duration::from_secs(20)).await;
    let e = discover(&config, &named("attic"), &Trust::default())
        .await
        .unwrap_err();
    assert_eq!(e.kind(), Kind::Starting, "{e}");
}

#[tokio::test]
async fn while_plex_tv_is_away_the_list_known_before_serves() {
    let (tv, config) = house().await;
    let (local, remote) = (plex("m-attic").await, plex("m-attic").await);
    publish(&tv, &[(Place::Local, &local.url), (Place::Remote, &remote.url)]);
    let find = async || discover(&config.clone(), &named("attic"), &Trust::default()).await;
    let (a, b) = tokio::join!(find(), find());
    assert_eq!((a.unwrap().class, b.unwrap().class), (Class::Local, Class::Local));
    assert_eq!(
        tv.request_count("/api/v2/resources"),
        1,
        "asked together, asked once"
    );

    later(Duration::from_secs(20)).await;
    tv.set_down(true);
    assert_eq!(find().await.unwrap().url, local.url);
    later(Duration::from_secs(20)).await;
    tv.clear_faults();
    tv.fault(Fault::always(FaultKind::Status(500)));
    assert_eq!(find().await.unwrap().url, local.url);

    let stranger = TvConfig {
        shared: Shared::default(),
        ..config.clone()
    };
    let failed = async || {
        discover(&stranger, &named("attic"), &Trust::default())
            .await
            .unwrap_err()
    };
    let (first, second) = (failed().await, failed().await);
    assert_eq!(
        (first.kind(), second.kind()),
        (Kind::ServerError, Kind::ServerError)
    );
    assert_eq!(first.to_string(), second.to_string());
    tv.clear_faults();
    tv.set_down(true);
    later(Duration::from_secs(20)).await;
    let e = failed().await;
    assert_eq!(
        e.to_string(),
        "plex.tv: listing the account's servers: no answer from 127.0.0.1"
    );
    assert!(e.hint().unwrap().contains("without plex.tv"));
}

#[tokio::test]
async fn too_many_requests_means_none_until_told() {
    let (tv, config) = house().await;
    let limited = FaultKind::RateLimited {
        retry_after: Some("90".to_owned()),
    };
    tv.fault(Fault::always(limited).times(1));
    let ask = async || servers(&config, &Secret::new("at-ada")).await;
    let e = ask().await.unwrap_err();
    assert_eq!(
        (e.to_string().as_str(), e.kind()),
        ("plex.tv: too many requests, no more for 90 s", Kind::RateLimited)
    );
    later(Duration::from_secs(80)).await;
    assert_eq!(ask().await.unwrap_err().kind(), Kind::RateLimited);
    assert_eq!(start_pin(&config).await.unwrap_err().kind(), Kind::RateLimited);
    assert_eq!(tv.requests().len(), 1, "not asked again before the time");
    later(Duration::from_secs(11)).await;
    assert_eq!(ask().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_read_again_and_an_expired_one_named() {
    let (tv, config) = house().await;
    let local = plex("m-attic").await;
    publish(&tv, &[(Place::Local, &local.url)]);
    let file = temporary_file("token", "at-old\n");
    let from_file = TvConfig {
        token: None,
        token_file: Some(file.clone()),
        ..config.clone()
    };
    let e = discover(&from_file, &named("attic"), &Trust::default())
        .await
        .unwrap_err();
    assert_eq!(
        e.to_string(),
        "plex.tv: listing the account's servers: the account token was refused"
    );
    std::fs::write(&file, "at-ada\n").unwrap();
    assert_eq!(
        discover(&from_file, &named("attic"), &Trust::default())
            .await
            .unwrap()
            .url,
        local.url
    );
    std::fs::write(&file, " \n").unwrap();
    assert_eq!(account_token(&from_file).await.unwrap_err().kind(), Kind::Config);
    std::fs::remove_file(&file).unwrap();
    let e = account_token(&from_file).await.unwrap_err();
    assert!(
        e.to_string()
            .starts_with("plex.tv: reading the account token from /"),
        "{e}"
    );

    let by_password = TvConfig {
        token: None,
        user: Some("ada".to_owned()),
        password: Some(Secret::new(PASSWORD)),
        ..config.clone()
    };
    let first = account_token(&by_password).await.unwrap();
    tv.revoke(first.expose());
    assert_eq!(list(&by_password).await.unwrap().len(), 1);
    let second = account_token(&by_password).await.unwrap();
    assert_ne!(second, first, "signed in anew");
    assert!(!format!("{by_password:?}").contains(second.expose()));

    tv.expire_token("at-ada");
    let alone = TvConfig {
        shared: Shared::default(),
        ..config
    };
    let e = list(&alone).await.unwrap_err();
    assert_eq!(
        e.to_string(),
        "plex.tv: listing the account's servers: the account token has expired"
    );
    assert_eq!(
        (e.kind(), e.hint().unwrap().contains("sign in again")),
        (Kind::Unauthorized, true)
    );
    let printed = format!("{alone:?} {by_password:?} {e:?}");
    assert!(!SECRETS.iter().any(|s| printed.contains(s)), "{printed}");
    assert_clean_log(&tv);
}
