//! Signing in at plex.tv, and servers found there.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use sim::plex::Plex;
use sim::plex_tv::{AccountSeed, Place, PlexTv, ServerSeed, TvSeed};

use crate::support::{Home, Running, closed_port, json, plex, server_in_state, until};

const ACCOUNT_TOKEN: &str = "planted-account-token";
const SERVER_TOKEN: &str = "planted-server-token";

/// An account with one server, and plex.tv.
async fn house() -> (Plex, PlexTv) {
    let server = plex(|seed| seed.token(SERVER_TOKEN)).await;
    let published = ServerSeed::new("Attic", &server.machine_id(), "marlo", SERVER_TOKEN)
        .connection(Place::Local, &server.url());
    let account = AccountSeed::new("marlo", "planted-password", ACCOUNT_TOKEN);
    let tv = PlexTv::start(TvSeed::default().account(account).server(published))
        .await
        .unwrap();
    (server, tv)
}

fn at(tv: &PlexTv) -> [(&'static str, String); 2] {
    [
        ("PROJECTIONIST__PLEX_TV__BASE_URL", tv.url()),
        ("PROJECTIONIST__PLEX_TV__CLIENTS_URL", tv.url()),
    ]
}

fn borrowed<'a>(all: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    all.iter().map(|(k, v)| (*k, v.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_signs_in_and_what_it_brought_is_used() {
    let (server, tv) = house().await;
    let home = Home::new();
    let variables = at(&tv);
    let login = home.start(&["login", "plex"], &borrowed(&variables));
    until("a PIN is asked for", async || !tv.pin_codes().is_empty()).await;
    let code = tv.pin_codes().pop().unwrap();
    until("link and code are shown", async || {
        login.out().contains(&format!("The code is {code}"))
    })
    .await;
    assert!(
        login.out().contains("https://app.plex.tv/auth#?clientID="),
        "{}",
        login.out()
    );
    let token = tv.link_pin(&code, "marlo").unwrap();
    let ended = login.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("Signed in as marlo") && ended.out.contains("[[plex]]\nname = \"Attic\""),
        "{}",
        ended.out
    );
    assert!(!(ended.out + &ended.err).contains(&token));
    let file = home.path().join("data/plex-token");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), token);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    // The snippet it printed, and nothing else.
    home.write("projectionist.toml", "[[plex]]\nname = \"Attic\"\n");
    let checked = home.run(&["check"], &borrowed(&variables));
    assert_eq!(checked.code(), Some(0), "{checked:?}");
    let running = home.start(&["--listen", "127.0.0.1:0"], &borrowed(&variables));
    let url = running.url().await;
    server_in_state(&url, "up").await;
    until("it is the right one", async || {
        json(&format!("{url}/api/v1/servers")).await["servers"][0]["machine_id"] == server.machine_id()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_signs_in_from_standard_input() {
    let (_server, tv) = house().await;
    let home = Home::new();
    let variables = at(&tv);
    let attempt = async |password: &str, args: &[&str]| {
        let file = home.write("password", password);
        let mut all = vec!["login", "plex", "--user", "marlo"];
        all.extend(args);
        let mut command = home.command(&all, &borrowed(&variables));
        let input = std::fs::File::open(file).unwrap();
        Running::spawn_with(command.stdin(Stdio::from(input)))
            .ended()
            .await
    };
    let wrong = attempt("planted-wrong\n", &[]).await;
    assert_eq!(wrong.code(), Some(1));
    assert_eq!(
        wrong.complaint(),
        "error: plex.tv: user name or password is wrong\nhint: the user name may also be the account's e-mail address"
    );
    let right = attempt("planted-password\n", &["--output", "my-token", "--show-token"]).await;
    assert_eq!(right.code(), Some(0), "{}", right.err);
    let token = std::fs::read_to_string(home.path().join("my-token")).unwrap();
    assert!(
        right.out.contains(token.trim()) && right.out.contains("[plex_tv]\ntoken_file = "),
        "{}",
        right.out
    );
    assert!(!(wrong.err + &right.err).contains("planted"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_server_of_the_account_is_found_and_none_watched_twice() {
    let (server, tv) = house().await;
    let other = plex(|seed| seed.name("Shed").machine_id("5ed").token(SERVER_TOKEN)).await;
    tv.set_server(
        ServerSeed::new("Shed", "5ed", "marlo", SERVER_TOKEN).connection(Place::Local, &other.url()),
    );
    let home = Home::new();
    let mut variables = at(&tv).to_vec();
    variables.extend([
        ("PROJECTIONIST__PLEX_TV__ALL_SERVERS", "true".to_owned()),
        ("PROJECTIONIST__PLEX_TV__TOKEN", ACCOUNT_TOKEN.to_owned()),
        ("PLEX_SERVER", server.url()),
        ("PLEX_TOKEN", SERVER_TOKEN.to_owned()),
    ]);
    let running = home.start(&["--listen", "127.0.0.1:0"], &borrowed(&variables));
    let url = running.url().await;
    let mut servers = serde_json::Value::Null;
    until("both are up", async || {
        servers = json(&format!("{url}/api/v1/servers")).await["servers"].clone();
        let all = servers.as_array().cloned().unwrap_or_default();
        all.len() > 1 && all.iter().all(|s| s["state"] == "up")
    })
    .await;
    let names: Vec<&str> = servers
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["name"].as_str())
        .collect();
    assert_eq!(names, ["Attic", "Shed"]);
    assert!(!running.err().contains("planted"));
}

#[test]
fn plex_tv_is_away() {
    let away = format!("http://127.0.0.1:{}", closed_port());
    let ended = Home::new().run(&["login", "plex"], &[("PROJECTIONIST__PLEX_TV__BASE_URL", &away)]);
    assert_eq!(ended.code(), Some(1));
    let complaint = ended.complaint();
    assert!(
        complaint.starts_with("error: plex.tv: asking for a PIN: no answer from 127.0.0.1"),
        "{complaint}"
    );
    assert!(complaint.contains("\nhint: "), "{complaint}");
}
