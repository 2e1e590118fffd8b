//! Access, as the program's user meets it: asked, let in, and told what is wrong.

use std::io::Write as _;
use std::process::Stdio;

use base::tls::Trust;

use crate::support::{Ended, Home, PATIENCE, Running, until};

const MODE: (&str, &str) = ("PROJECTIONIST__ACCESS__MODE", "password");
const LISTEN: (&str, &str) = ("PROJECTIONIST_LISTEN", "127.0.0.1:0");

/// Runs with something on standard input.
fn typed(home: &Home, args: &[&str], env: &[(&str, &str)], input: &str) -> Ended {
    let mut command = home.command(args, env);
    Running::spawn_with(command.stdin(Stdio::from(pipe(home, input)))).wait()
}

fn pipe(home: &Home, input: &str) -> std::fs::File {
    let path = home.path().join("typed");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(input.as_bytes()).unwrap();
    std::fs::File::open(path).unwrap()
}

/// Status of `GET` with a header.
async fn status(url: &str, header: Option<(&str, &str)>) -> u16 {
    let client = base::http::client(&Trust::default(), PATIENCE).unwrap();
    let mut request = client.get(url);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}

async fn sign_in(url: &str, password: &str) -> u16 {
    let client = base::http::client(&Trust::default(), PATIENCE).unwrap();
    let body = serde_json::json!({ "password": password }).to_string();
    let request = client
        .post(format!("{url}/api/v1/access/sign-in"))
        .header("content-type", "application/json")
        .header("x-projectionist", "1")
        .body(body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_password_and_a_key_from_the_command_line_count_at_once() {
    let home = Home::new();
    let running = home.start(&[], &[MODE, LISTEN]);
    let url = running.url().await;
    let servers = format!("{url}/api/v1/servers");
    assert_eq!(status(&servers, None).await, 401);
    assert_eq!(status(&format!("{url}/metrics"), None).await, 200);

    let short = typed(&home, &["access", "password"], &[], "short\n");
    assert_eq!(short.complaint(), "error: a password has at least 8 characters");
    let set = typed(&home, &["access", "password"], &[], "planted-one\n");
    assert_eq!(set.code(), Some(0), "{}", set.err);
    until("the password counts", async || {
        sign_in(&url, "planted-one").await == 200
    })
    .await;

    let made = home.run(&["access", "key", "script", "--scope", "read"], &[]);
    let key = made.out.trim().to_owned();
    assert_eq!(key.len(), 32, "{made:?}");
    until("the key counts", async || {
        status(&servers, Some(("x-api-key", &key))).await == 200
    })
    .await;
    let unknown = home.run(&["access", "key", "script", "--scope", "root"], &[]);
    assert_eq!(unknown.code(), Some(64));

    let list = home.run(&["access", "list"], &[]).out;
    assert!(list.contains("admin") && list.contains("script"), "{list}");
    let nobody = typed(
        &home,
        &["access", "password", "--name", "anna"],
        &[],
        "planted-two\n",
    );
    assert_eq!(nobody.complaint(), "error: no account has this name");
    running.signal("-TERM");
    let ended = running.ended().await;
    let all = ended.out + &ended.err + &list;
    assert!(!all.contains("planted-") && !all.contains(&key), "{all}");
}

#[tokio::test]
async fn a_configured_password_is_the_one() {
    let home = Home::new();
    let password = ("PROJECTIONIST_ADMIN_PASSWORD", "planted-configured");
    let running = home.start(&[], &[MODE, LISTEN, password]);
    let url = running.url().await;
    assert_eq!(sign_in(&url, "planted-configured").await, 200);
    assert_eq!(sign_in(&url, "planted-another").await, 401);
    assert!(!running.err().contains("setup code"), "{}", running.err());
    let elsewhere = typed(&home, &["access", "password"], &[password], "planted-other\n");
    assert!(
        elsewhere.complaint().contains("set in the configuration"),
        "{elsewhere:?}"
    );
}

#[test]
fn what_cannot_work_ends_the_start() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("data")).unwrap();
    let file = home.path().join("data").join(access::FILE_NAME);
    std::fs::write(&file, "{\"format\":1,\"acc").unwrap();
    let damaged = home.run(&[], &[LISTEN]);
    assert_eq!(damaged.code(), Some(1));
    let said = damaged.complaint();
    assert!(said.contains("access.json is damaged: line 1"), "{said}");
    std::fs::remove_file(&file).unwrap();
    for (name, value, expected) in [
        ("PROJECTIONIST__ACCESS__MODE", "proxy", "needs proxy_header"),
        (
            "PROJECTIONIST__ACCESS__MODE",
            "maybe",
            "auto, password, proxy, off",
        ),
        ("PROJECTIONIST__ACCESS__PROXIES", "here", "such as 10.0.0.0/8"),
        (
            "PROJECTIONIST__ACCESS__PROXY_HEADER",
            "a b",
            "no name of a header",
        ),
        ("PROJECTIONIST_ADMIN_PASSWORD", "short", "less than 8 characters"),
    ] {
        let ended = home.run(&[], &[LISTEN, (name, value)]);
        let said = ended.complaint();
        assert_eq!(ended.code(), Some(78), "{name}: {said}");
        assert!(said.contains(expected) && !said.contains("short"), "{said}");
    }
}
