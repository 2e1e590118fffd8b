//! Bad input that is refused before anything starts: one line with the cause, one with a hint.

use crate::support::{Home, plex};

/// Exit code and complaint of a run that must fail, without the directory's name.
fn refused(home: &Home, args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let ended = home.run(args, env);
    assert!(!ended.status.success());
    assert_eq!(
        ended.err.lines().filter(|l| l.starts_with("error: ")).count(),
        1,
        "{}",
        ended.err
    );
    (
        ended.code(),
        ended.complaint().replace(&home.path().display().to_string(), "~"),
    )
}

#[test]
fn a_file_that_makes_no_sense() {
    let cases = [
        (
            "listen = \":0\"\n[[plex]\nurl = 1",
            "error: projectionist.toml:2:8: not valid TOML: unclosed array table, expected `]`\n\
             hint: texts stand in double quotes: url = \"http://192.168.1.10:32400\"",
        ),
        (
            "[[plex]]\nurl = \"http://x:1\"\ntokn = \"planted-s3cret\"\n",
            "error: projectionist.toml:3: unknown key \"plex[0].tokn\"\nhint: did you mean \"token\"?",
        ),
        (
            "[[plex]]\nurl = \"http://x:1\"\ntimeout_s = \"long\"\n",
            "error: projectionist.toml:3: plex[0].timeout_s: expected a number of seconds, at least 0.1, found the text \"long\"",
        ),
        (
            "[[plex]]\nurl = \"gopher://x\"\n",
            "error: projectionist.toml:2: plex[0].url: plex \"plex\": the address must begin with http:// or https://, not gopher://\n\
             hint: set `url = \"http://host:32400\"`, or `name` to the server's name at plex.tv",
        ),
    ];
    for (toml, expected) in cases {
        let home = Home::new();
        home.write("projectionist.toml", toml);
        for command in [
            &["run"][..],
            &["check"],
            &["check", "--print"],
            &["healthcheck"],
            &[],
        ] {
            let (code, text) = refused(&home, command, &[]);
            assert_eq!((code, text.as_str()), (Some(78), expected), "{command:?}");
        }
    }
}

#[test]
fn a_file_that_is_not_there() {
    let home = Home::new();
    let (code, text) = refused(&home, &["--config", "/nowhere/p.toml"], &[]);
    assert_eq!(code, Some(78));
    assert_eq!(
        text,
        "error: cannot read /nowhere/p.toml: no such file or directory\n\
         hint: --config names this file: create it, or leave --config away"
    );
    home.write("ca.pem", "rubbish");
    let cases = [
        (
            ("PLEX_TOKEN_FILE", "/nowhere/token"),
            "error: variable PLEX_TOKEN_FILE: plex[0].token_file: cannot read /nowhere/token: no such file or directory\n\
             hint: check that the file exists and that the user we run as may read it",
        ),
        (
            ("PLEX_CA_CERT_PATH", "ca.pem"),
            "error: variable PLEX_CA_CERT_PATH: plex[0].ca_file: ca.pem: the CA text holds no PEM certificate\n\
             hint: it must hold certificates in PEM form: -----BEGIN CERTIFICATE-----",
        ),
    ];
    for (variable, expected) in cases {
        let (code, text) = refused(&home, &[], &[("PLEX_SERVER", "http://127.0.0.1:1"), variable]);
        assert_eq!((code, text.as_str()), (Some(78), expected));
    }
}

#[test]
fn a_command_line_that_makes_no_sense() {
    let home = Home::new();
    let (code, text) = refused(&home, &["--lisen", ":1"], &[]);
    assert_eq!(code, Some(64));
    assert_eq!(
        text,
        "error: unexpected argument '--lisen' found\nhint: a similar argument exists: '--listen'"
    );
    let (code, text) = refused(&home, &["--plex-url", "http://x", "demo"], &[]);
    assert_eq!(code, Some(64));
    assert!(text.starts_with("error: demo reads no configuration"), "{text}");
}

#[test]
fn a_port_in_use() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = refused(&home, &["--listen", &address], &[]);
    assert_eq!(code, Some(1));
    let hint = "hint: stop the program that uses it, perhaps another projectionist, or choose another with";
    assert_eq!(
        text,
        format!("error: cannot listen on {address}: the port is in use\n{hint} --listen")
    );
    let extra = format!("cplieger={address}");
    let (code, text) = refused(&home, &["--listen", "127.0.0.1:0", "--listen-as", &extra], &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        format!("error: cannot listen on {address}: the port is in use\n{hint} --listen-as cplieger=ADDRESS")
    );
}

#[test]
fn nothing_to_check() {
    let (code, text) = refused(&Home::new(), &["check"], &[]);
    assert_eq!(code, Some(78));
    assert!(
        text.starts_with("error: no server is configured\nhint: set PLEX_SERVER and PLEX_TOKEN"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_check_prints_tells_origins_and_no_secret() {
    let server = plex(|seed| seed).await;
    let home = Home::new();
    home.write("projectionist.toml", "listen = \"127.0.0.1:0\"\n");
    let ended = home.run(
        &["check", "--print"],
        &[("PLEX_SERVER", &server.url()), ("PLEX_TOKEN", "planted-s3cret")],
    );
    assert!(ended.status.success(), "{ended:?}");
    assert!(!ended.out.contains("planted-s3cret"));
    let line = |start: &str| {
        ended
            .out
            .lines()
            .find(|l| l.starts_with(start))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        line("listen = ").ends_with("# projectionist.toml:1"),
        "{}",
        ended.out
    );
    assert!(
        line("token = \"[redacted]\"").ends_with("# variable PLEX_TOKEN"),
        "{}",
        ended.out
    );
    assert_eq!(server.world().request_count("/"), 0);
}
