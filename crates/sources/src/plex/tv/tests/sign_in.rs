//! Tokens.

use super::*;

#[tokio::test]
async fn a_confirmed_pin_brings_a_token() {
    let (tv, config) = house().await;
    let pin = start_pin(&config).await.unwrap();
    let link = format!("https://app.plex.tv/auth#?clientID={CLIENT}&code={}", pin.code());
    assert!(pin.auth_url().starts_with(&link), "{}", pin.auth_url());
    assert_eq!(pin.life(), Duration::from_mins(15));
    let waiting = await_pin(&config, &pin);
    let linking = async {
        while tv.request_count("/api/v2/pins/") == 0 {
            tokio::task::yield_now().await;
        }
        tv.link_pin(pin.code(), "ada").unwrap()
    };
    let (token, linked) = tokio::join!(waiting, linking);
    let token = token.unwrap();
    assert_eq!(token.expose(), linked);
    assert_eq!(user_name(&config, &token).await.unwrap(), "ada");
    assert!(!format!("{pin:?}").contains(pin.code()));
    assert_clean_log(&tv);
}

#[tokio::test]
async fn a_pin_that_nobody_confirms_ends() {
    let tv = PlexTv::start(TvSeed {
        pin_lifetime: Duration::from_secs(1),
        ..seed()
    })
    .await
    .unwrap();
    let config = config(&tv);
    let pin = start_pin(&config).await.unwrap();
    let e = await_pin(&config, &pin).await.unwrap_err();
    assert_eq!(e.to_string(), "plex.tv: the sign-in was not confirmed in time");
    assert!(e.hint().unwrap().contains("projectionist login plex"));

    let tv = PlexTv::start(seed()).await.unwrap();
    let config = TvConfig {
        base_url: tv.url(),
        ..config
    };
    let pin = start_pin(&config).await.unwrap();
    tv.expire_pin(pin.code());
    assert!(matches!(await_pin(&config, &pin).await, Err(TvError::PinExpired)));
}

#[tokio::test]
async fn passwords_and_verification_codes() {
    for older in [false, true] {
        let (tv, config) = house().await;
        if older {
            tv.fault(Fault::always(FaultKind::Status(404)).at("/api/v2/users/signin"));
        }
        let password = Secret::new(PASSWORD);
        for (user, password, code, refusal) in [
            ("ada", PASSWORD, None, None),
            ("ADA@example.net", PASSWORD, Some("000000"), None),
            (
                "ada",
                "wrong",
                None,
                Some("plex.tv: user name or password is wrong"),
            ),
            (
                "nobody",
                PASSWORD,
                None,
                Some("plex.tv: user name or password is wrong"),
            ),
            ("bob", PASSWORD, Some(" 123456 "), None),
            (
                "bob",
                PASSWORD,
                None,
                Some("plex.tv: the account asks for a verification code besides the password"),
            ),
            (
                "bob",
                PASSWORD,
                Some("654321"),
                Some("plex.tv: the verification code is wrong or too old"),
            ),
        ] {
            // Nothing but the password travels the older way, so it cannot tell whose fault it was.
            let unclear = older && code.is_some_and(|c| c != " 123456 ");
            let got = sign_in(&config, user, &Secret::new(password), code).await;
            match (got, refusal) {
                (Ok(token), None) => assert!(user_name(&config, &token).await.is_ok()),
                (Err(e), _) if unclear => assert_eq!(e.kind(), Kind::Unauthorized),
                (Err(e), Some(refusal)) => assert_eq!(e.to_string(), refusal, "{user} {older}"),
                (got, _) => panic!("{user} {code:?} {older}: {got:?}"),
            }
        }
        assert_eq!(tv.request_count("/users/sign_in.json") > 0, older);
        tv.fault(Fault::always(FaultKind::Status(500)));
        let e = sign_in(&config, "ada", &password, None).await.unwrap_err();
        assert_eq!(
            (e.to_string().as_str(), e.kind()),
            ("plex.tv: signing in: answered 500", Kind::ServerError)
        );
        assert_clean_log(&tv);
    }
}

#[tokio::test]
async fn clones_sign_in_once_and_a_refused_password_is_not_repeated() {
    let (tv, config) = house().await;
    let with = |user: &str, password: &str| TvConfig {
        token: None,
        user: Some(user.to_owned()),
        password: Some(Secret::new(password)),
        shared: Shared::default(),
        ..config.clone()
    };
    let right = with("ada", PASSWORD);
    let (a, b) = (right.clone(), right.clone());
    let (a, b) = tokio::join!(account_token(&a), account_token(&b));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(tv.request_count("/api/v2/users/signin"), 1);

    for (user, password, kind) in [("ada", "wrong", "wrong"), ("bob", PASSWORD, "verification code")] {
        let before = tv.request_count("/api/v2/users/signin");
        let refused = with(user, password);
        for _ in 0..3 {
            let e = account_token(&refused).await.unwrap_err();
            assert!(e.to_string().contains(kind), "{e}");
        }
        assert_eq!(tv.request_count("/api/v2/users/signin"), before + 1);
    }
    let none = TvConfig {
        token: None,
        ..config.clone()
    };
    assert!(
        account_token(&none)
            .await
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("login plex")
    );
    let nameless = TvConfig {
        client_id: String::new(),
        ..config
    };
    assert_eq!(start_pin(&nameless).await.unwrap_err().kind(), Kind::Config);
}

#[tokio::test]
async fn trouble_with_signing_in_is_not_tried_again_at_once() {
    let (tv, config) = house().await;
    let by_password = TvConfig {
        token: None,
        user: Some("ada".to_owned()),
        password: Some(Secret::new(PASSWORD)),
        ..config
    };
    tv.fault(Fault::always(FaultKind::Status(500)));
    for _ in 0..3 {
        let e = account_token(&by_password.clone()).await.unwrap_err();
        assert_eq!(
            (e.to_string().as_str(), e.kind()),
            ("plex.tv: signing in: answered 500", Kind::ServerError)
        );
    }
    assert_eq!(tv.requests().len(), 1);
    tv.clear_faults();
    later(Duration::from_secs(16)).await;
    account_token(&by_password).await.unwrap();
    assert_eq!(tv.requests().len(), 2);
}

#[test]
fn unknown_keys_are_refused_and_defaults_are_plex_tv() {
    let config: TvConfig = serde_json::from_str(r#"{"token": "at-ada", "all_servers": true}"#).unwrap();
    assert_eq!(
        (config.base_url.as_str(), config.clients_url.as_str()),
        ("https://plex.tv", "https://clients.plex.tv")
    );
    assert!(config.all_servers && config.token.is_some());
    for key in ["tokens", "shared"] {
        let e = serde_json::from_str::<TvConfig>(&format!(r#"{{"{key}": {{}}}}"#))
            .unwrap_err()
            .to_string();
        assert!(e.contains("unknown field"), "{e}");
    }
}
