use super::*;

fn at(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        ..Config::default()
    }
}

fn write_to(config: &Config) -> String {
    let base = config.address().unwrap();
    write_url(&base, config.effective_api(), config).to_string()
}

#[test]
fn every_interface_has_its_address_and_keeps_the_path_before_it() {
    let some = |text: &str| Some(text.to_owned());
    let token = Some(Secret::new("t"));
    for (config, expected) in [
        (
            at("http://attic:8086"),
            "http://attic:8086/write?db=plex_data&precision=ns",
        ),
        (
            at("http://vm:8480/insert/0/influx/"),
            "http://vm:8480/insert/0/influx/write?db=plex_data&precision=ns",
        ),
        (
            Config {
                database: "a & b".to_owned(),
                retention_policy: some("one year"),
                user: some("me"),
                password: Some(Secret::new("hunter2")),
                ..at("http://attic:8086")
            },
            "http://attic:8086/write?db=a+%26+b&rp=one+year&precision=ns",
        ),
        (
            Config {
                org: some("home"),
                bucket: some("plex/all"),
                token: token.clone(),
                ..at("https://attic")
            },
            "https://attic/api/v2/write?org=home&bucket=plex%2Fall&precision=ns",
        ),
        (
            Config {
                token,
                ..at("http://attic:8181/x")
            },
            "http://attic:8181/x/api/v3/write_lp?db=plex_data&precision=nanosecond&accept_partial=true",
        ),
    ] {
        assert_eq!(write_to(&config), expected);
    }
}

#[test]
fn credentials_go_into_a_header_that_nobody_can_print() {
    let basic = Config {
        user: Some("Aladdin".to_owned()),
        password: Some(Secret::new("open sesame")),
        ..at("http://attic:8086")
    };
    let bearer = Config {
        token: Some(Secret::new("abc")),
        ..at("http://attic:8086")
    };
    let token = Config {
        api: Api::V1,
        ..bearer.clone()
    };
    for (config, expected) in [
        (basic, Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        (bearer, Some("Bearer abc")),
        (token, Some("Token abc")),
        (at("http://attic:8086"), None),
    ] {
        let client = Client::new(&config, &Clock::system()).unwrap();
        let header = client.credentials.header.as_ref().map(|h| h.to_str().unwrap());
        assert_eq!(header, expected);
        let shown = format!("{client:?}");
        assert!(
            !shown.contains("QWxh") && !shown.contains("sesame") && !shown.contains("abc"),
            "{shown}"
        );
    }
}

#[test]
fn base64_is_that_of_the_rfc() {
    for (text, expected) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
        ("\u{fe}\u{ff}", "w77Dvw=="),
    ] {
        assert_eq!(base64(text.as_bytes()), expected);
    }
}

#[test]
fn a_secret_in_a_file_is_read_again_and_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "one\n").unwrap();
    let config = Config {
        token_file: Some(file.clone()),
        ..at("http://attic:8086")
    };
    let mut client = Client::new(&config, &Clock::system()).unwrap();
    assert!(!client.reload().unwrap());
    std::fs::write(&file, "two\n").unwrap();
    assert!(client.reload().unwrap());
    assert!(!client.reload().unwrap());
    std::fs::write(&file, " \n").unwrap();
    assert!(client.reload().unwrap_err().to_string().contains("is empty"));
    std::fs::remove_file(&file).unwrap();
    let e = Client::new(&config, &Clock::system()).unwrap_err();
    assert!(
        e.to_string().contains("reading the secret") && e.hint().is_some(),
        "{e}"
    );
}

#[test]
fn this_machine_gets_its_points_as_they_are() {
    for (url, expected) in [
        ("http://localhost:8086", true),
        ("http://influx.localhost", true),
        ("http://127.0.0.1:8086", true),
        ("http://127.9.9.9", true),
        ("http://[::1]:8086", true),
        ("http://influxdb:8086", false),
        ("http://192.168.1.2:8086", false),
        ("http://localhost.example.org", false),
    ] {
        assert_eq!(is_this_machine(&Url::parse(url).unwrap()), expected, "{url}");
    }
}

#[test]
fn a_name_cannot_end_its_statement() {
    assert_eq!(quoted("plex data"), "\"plex data\"");
    assert_eq!(
        quoted(r#"x"; DROP DATABASE "y\"#),
        r#""x\"; DROP DATABASE \"y\\""#
    );
    assert_eq!(quoted("a\nb"), r#""a\nb""#);
}
