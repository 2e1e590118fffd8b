//! From an empty directory to a watched server with its imported history, over HTTP alone.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use sim::dispatcharr::{Dispatcharr, Seed as ManagerSeed};
use sim::plex::Plex;
use sim::plex_tv::{AccountSeed, Place, PlexTv, ServerSeed, TvSeed};
use sim::tautulli::{Play, Seed as TautulliSeed, Tautulli};

use crate::support::{Home, PATIENCE, Running, closed_port, get, json as ask, plex, until};

const SERVER_TOKEN: &str = "planted-server-token";
const TAUTULLI_KEY: &str = "planted-tautulli-key";

/// An account with one server, and plex.tv.
async fn house() -> (Plex, PlexTv) {
    let server = plex(|seed| seed.token(SERVER_TOKEN)).await;
    let published = ServerSeed::new("Attic", &server.machine_id(), "marlo", SERVER_TOKEN)
        .connection(Place::Local, &server.url());
    let account = AccountSeed::new("marlo", "planted-password", "planted-account-token");
    let tv = PlexTv::start(TvSeed::default().account(account).server(published))
        .await
        .unwrap();
    (server, tv)
}

async fn tautulli(plays: i64) -> Tautulli {
    Tautulli::start(TautulliSeed {
        api_key: TAUTULLI_KEY.to_owned(),
        plays: (1..=plays)
            .map(|n| Play::movie(n, (7, "wren"), "A Film", 1_700_000_000 + n * 9000, 5400, 95))
            .collect(),
        ..TautulliSeed::default()
    })
    .await
    .unwrap()
}

async fn post(url: &str, body: &Value) -> (u16, Value) {
    let client = base::http::client(&base::tls::Trust::default(), PATIENCE).unwrap();
    let sent = client
        .post(url)
        .header("content-type", "application/json")
        .header("x-projectionist", "1")
        .body(body.to_string());
    let answer = sent.send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// Saves, and waits until the process is ready with what was saved.
async fn save(url: &str, wanted: &Value) -> Value {
    let (status, saved) = post(&format!("{url}/api/v1/setup/save"), wanted).await;
    assert_eq!(status, 200, "{saved}");
    // It is told not to be ready before it has answered.
    until("it is ready again", async || {
        get(&format!("{url}/ready")).await.0 == 200
    })
    .await;
    saved
}

async fn begin(home: &Home, env: &[(&str, &str)]) -> (Running, String) {
    let running = home.start(&["--listen", "127.0.0.1:0"], env);
    let url = running.url().await;
    until("it is ready", async || {
        get(&format!("{url}/ready")).await.0 == 200
    })
    .await;
    (running, url)
}

/// The newest import, once it is over.
async fn imported(url: &str) -> Value {
    let mut newest = Value::Null;
    until("the import is over", async || {
        newest = ask(&format!("{url}/api/v1/imports")).await["imports"][0].clone();
        newest["state"].is_string() && newest["state"] != "running"
    })
    .await;
    newest
}

async fn servers_up(url: &str, ids: &[&str]) {
    until(&format!("{ids:?} are up"), async || {
        let servers = ask(&format!("{url}/api/v1/servers")).await;
        ids.iter().all(|id| {
            let all = servers["servers"].as_array().into_iter().flatten();
            all.into_iter().any(|s| s["id"] == *id && s["state"] == "up")
        })
    })
    .await;
}

fn at(tv: &PlexTv) -> [(&'static str, String); 2] {
    [
        ("PROJECTIONIST__PLEX_TV__BASE_URL", tv.url()),
        ("PROJECTIONIST__PLEX_TV__CLIENTS_URL", tv.url()),
    ]
}

/// Somebody signs in: the server found, as it is saved, and the account's token.
async fn sign_in(url: &str, tv: &PlexTv) -> (Value, String) {
    let (_, pin) = post(&format!("{url}/api/v1/setup/plex/pin"), &json!({})).await;
    assert!(pin["auth_url"].as_str().unwrap().contains("app.plex.tv"), "{pin}");
    let state = format!("{url}/api/v1/setup/plex/pin/{}", pin["id"].as_str().unwrap());
    assert_eq!(ask(&state).await["state"], "waiting");
    let token = tv.link_pin(pin["code"].as_str().unwrap(), "marlo").unwrap();
    let mut signed_in = Value::Null;
    until("the sign-in is seen", async || {
        signed_in = ask(&state).await;
        signed_in["state"] == "signed_in"
    })
    .await;
    assert_eq!(signed_in["account"], "marlo");
    let found = &signed_in["servers"][0];
    let server = json!({ "pin": pin["id"], "machine_id": found["machine_id"], "name": found["name"] });
    (server, token)
}

/// Asks whether all of it would work, and whether nobody does.
async fn test_all(url: &str, all: &[(&str, &Value, &str)]) {
    let test = format!("{url}/api/v1/setup/test");
    for (kind, entry, said) in all {
        let mut candidate = (*entry).clone();
        candidate["kind"] = (*kind).into();
        let (status, tested) = post(&test, &candidate).await;
        assert_eq!((status, &tested["ok"]), (200, &json!(true)), "{tested}");
        assert!(tested["message"].as_str().unwrap().starts_with(said), "{tested}");
    }
    let nobody = format!("127.0.0.1:{}", closed_port());
    let nobody = json!({ "kind": "plex", "url": nobody, "token": "planted-t" });
    let (status, tested) = post(&test, &nobody).await;
    assert_eq!((status, &tested["ok"]), (200, &json!(false)), "{tested}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_nothing_to_a_watched_server_with_its_history() {
    let (_server, tv) = house().await;
    let (antenna, past) = (
        Dispatcharr::start(ManagerSeed::default()).await,
        tautulli(40).await,
    );
    let home = Home::new();
    let variables = at(&tv);
    let env: Vec<(&str, &str)> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let (running, url) = begin(&home, &env).await;
    assert!(
        running.err().contains(&format!("open {url}/ in a browser")),
        "{}",
        running.err()
    );
    let before = ask(&format!("{url}/api/v1/setup")).await;
    assert_eq!(
        (&before["configured"], &before["writable"]),
        (&json!(false), &json!(true))
    );

    let (attic, token) = sign_in(&url, &tv).await;
    let key = "planted-key-admin";
    let manager = json!({ "url": antenna.url(), "api_key": key, "id": "antenna" });
    let history = json!({ "url": past.url(), "api_key": TAUTULLI_KEY, "server": "Attic" });
    let all = [
        ("plex", &attic, "plex \"Attic\": "),
        ("dispatcharr", &manager, "dispatcharr \"antenna\": Dispatcharr"),
        ("tautulli", &history, "tautulli for \"Attic\": Tautulli"),
    ];
    test_all(&url, &all).await;

    // And saved, and in use on the same port.
    let saved = save(
        &url,
        &json!({ "plex": [attic], "dispatcharr": [manager], "import": [history] }),
    )
    .await;
    servers_up(&url, &["Attic", "antenna"]).await;
    let import = imported(&url).await;
    assert_eq!(
        (&import["state"], &import["added"]),
        (&json!("done"), &json!(40)),
        "{import}"
    );
    assert_eq!(import["server"], "Attic");
    let plays = ask(&format!("{url}/api/v1/history?server=Attic")).await;
    assert!(!plays["plays"].as_array().unwrap().is_empty(), "{plays}");
    let after = ask(&format!("{url}/api/v1/setup")).await;
    assert_eq!(
        (&after["configured"], &after["servers"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(after["file"], saved["file"]);
    let (status, tested) = post(&format!("{url}/api/v1/servers/Attic/test"), &json!({})).await;
    assert_eq!((status, &tested["ok"]), (200, &json!(true)), "{tested}");

    // What was written is for its owner alone, holds no more than it must, and is enough for the next process.
    let file = std::path::PathBuf::from(saved["file"].as_str().unwrap());
    for secret in [&file, &home.path().join("data/plex-token")] {
        assert_eq!(
            std::fs::metadata(secret).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&token));
    running.signal("-TERM");
    let ended = running.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(!(ended.out + &ended.err).contains("planted"));
    let (_running, url) = begin(&home, &env).await;
    servers_up(&url, &["Attic", "antenna"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_saved_later_joins_what_is_there() {
    let server = plex(|seed| seed.token(SERVER_TOKEN)).await;
    let past = tautulli(5).await;
    let home = Home::new();
    let (running, url) = begin(&home, &[]).await;
    let first = json!({ "plex": [{ "id": "attic", "url": server.url(), "token": "planted-wrong" }] });
    let saved = save(&url, &first).await;
    // The same address again takes the place of the first; a Tautulli that is followed stands on the list of imports.
    let second = json!({
        "plex": [{ "url": server.url(), "token": SERVER_TOKEN }],
        "tautulli": [{ "url": past.url(), "api_key": TAUTULLI_KEY }],
    });
    assert_eq!(save(&url, &second).await, saved);
    servers_up(&url, &["attic"]).await;
    let import = imported(&url).await;
    assert_eq!(
        (&import["state"], &import["added"], &import["server"]),
        (&json!("done"), &json!(5), &json!("attic"))
    );
    let now = ask(&format!("{url}/api/v1/setup")).await;
    assert_eq!(
        (&now["servers"], &now["tautulli"]),
        (&json!(1), &json!([{ "id": "attic" }]))
    );
    let text = std::fs::read_to_string(saved["file"].as_str().unwrap()).unwrap();
    assert!(!text.contains("planted-wrong") && text.contains(SERVER_TOKEN));

    // What makes no sense changes nothing.
    for (wanted, said) in [
        (json!({}), "nothing to save"),
        (
            json!({ "plex": [{ "url": "gopher://x" }] }),
            "must begin with http:// or https://",
        ),
        (json!({ "dispatcharr": [{ "url": "tv" }] }), "api_key"),
        (
            json!({ "plex": [{ "pin": "none", "machine_id": "m" }] }),
            "sign in again",
        ),
        (json!({ "tautulli": [{ "url": "tv" }] }), "api_key"),
        (json!({ "influxdb": [{ "url": "tsdb", "api": "v9" }] }), "api"),
        (
            json!({ "dispatcharr": [{ "url": "tv", "api_key": "k", "id": "attic" }] }),
            "called \"attic\"",
        ),
    ] {
        let (status, refused) = post(&format!("{url}/api/v1/setup/save"), &wanted).await;
        assert_eq!(status, 400, "{refused}");
        assert!(
            refused["error"]["message"].as_str().unwrap().contains(said),
            "{refused}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(saved["file"].as_str().unwrap()).unwrap(),
        text
    );
    assert_eq!(get(&format!("{url}/ready")).await.0, 200);
    assert!(!running.err().contains("planted"), "{}", running.err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_say_is_left_alone() {
    let server = plex(|seed| seed.token(SERVER_TOKEN)).await;
    let entry = json!({ "plex": [{ "url": server.url(), "token": SERVER_TOKEN }] });
    // By hand.
    let home = Home::new();
    home.write("projectionist.toml", "# mine\n[log]\nlevel = \"debug\"\n");
    let (_running, url) = begin(&home, &[]).await;
    let overview = ask(&format!("{url}/api/v1/setup")).await;
    assert_eq!(overview["writable"], false);
    assert!(
        overview["why_not"].as_str().unwrap().contains("written by hand"),
        "{overview}"
    );
    let (status, _) = post(&format!("{url}/api/v1/setup/save"), &entry).await;
    assert_eq!(status, 403);
    let (status, _) = post(&format!("{url}/api/v1/setup/plex/pin"), &json!({})).await;
    assert_eq!(status, 403);
    // By variables.
    let home = Home::new();
    let (server_url, past) = (server.url(), tautulli(3).await);
    let env = [("PLEX_SERVER", server_url.as_str()), ("PLEX_TOKEN", SERVER_TOKEN)];
    let (_running, url) = begin(&home, &env).await;
    let overview = ask(&format!("{url}/api/v1/setup")).await;
    assert_eq!(
        (&overview["configured"], &overview["writable"]),
        (&json!(true), &json!(true))
    );
    let (status, refused) = post(&format!("{url}/api/v1/setup/save"), &entry).await;
    assert_eq!(status, 403);
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("variable PLEX_"),
        "{refused}"
    );
    // What they do not speak of can be added all the same.
    let history = json!({ "url": past.url(), "api_key": TAUTULLI_KEY });
    save(&url, &json!({ "tautulli": [history] })).await;
    assert_eq!(imported(&url).await["added"], 3);
    // Once more, by hand: everything is known.
    let (status, begun) = post(&format!("{url}/api/v1/imports"), &history).await;
    assert_eq!((status, &begun["state"]), (200, &json!("running")), "{begun}");
    let import = imported(&url).await;
    assert_eq!(
        (&import["state"], &import["added"]),
        (&json!("done"), &json!(0)),
        "{import}"
    );
    let wrong = json!({ "url": past.url(), "api_key": "planted-wrong", "server": "other" });
    post(&format!("{url}/api/v1/imports"), &wrong).await;
    let import = imported(&url).await;
    assert_eq!(import["state"], "failed");
    assert!(
        !import["message"].as_str().unwrap().contains("planted"),
        "{import}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_cannot_be_used_leaves_the_old_one_running() {
    let server = plex(|seed| seed.token(SERVER_TOKEN)).await;
    let home = Home::new();
    let (running, url) = begin(&home, &[]).await;
    let attic = json!({ "plex": [{ "id": "attic", "url": server.url(), "token": SERVER_TOKEN }] });
    let saved = save(&url, &attic).await;
    servers_up(&url, &["attic"]).await;
    // Somebody adds to it by hand that it listens where somebody else does.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = saved["file"].as_str().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let elsewhere = format!("listen_as = [\"cplieger={}\"]", taken.local_addr().unwrap());
    std::fs::write(file, text.replacen("\n\n", &format!("\n{elsewhere}\n\n"), 1)).unwrap();
    let (status, _) = post(&format!("{url}/api/v1/setup/save"), &attic).await;
    assert_eq!(status, 200);
    let mut overview = Value::Null;
    until("it says why", async || {
        overview = ask(&format!("{url}/api/v1/setup")).await;
        overview["last_error"].is_string()
    })
    .await;
    assert!(
        overview["last_error"]
            .as_str()
            .unwrap()
            .contains("the port is in use"),
        "{overview}"
    );
    until("it is ready again", async || {
        get(&format!("{url}/ready")).await.0 == 200
    })
    .await;
    servers_up(&url, &["attic"]).await;
    running.signal("-TERM");
    assert_eq!(running.ended().await.code(), Some(0));
}

/// A Tautulli's database with this many films, as its bytes.
fn database(plays: i64) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tautulli.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "CREATE TABLE session_history (id INTEGER PRIMARY KEY, reference_id, started, stopped, user_id, user, media_type,
           rating_key);
         CREATE TABLE session_history_metadata (id INTEGER PRIMARY KEY, rating_key, title, full_title, media_type,
           duration);
         CREATE TABLE session_history_media_info (id INTEGER PRIMARY KEY, transcode_decision);",
    )
    .unwrap();
    for n in 1..=plays {
        let started = 1_700_000_000 + n * 9000;
        conn.execute_batch(&format!(
            "INSERT INTO session_history VALUES ({n}, {n}, {started}, {started} + 5400, 7, 'wren', 'movie', 100);
             INSERT INTO session_history_metadata VALUES ({n}, 100, 'A Film', 'A Film', 'movie', 5400000);
             INSERT INTO session_history_media_info VALUES ({n}, 'direct play');"
        ))
        .unwrap();
    }
    drop(conn);
    std::fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_uploaded_and_leaves_nothing_behind() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("data")).unwrap();
    home.write("data/projectionist-upload-of-a-killed-process.db", "half");
    home.write("data/upload-of-mine", "not to be touched");
    let (_running, url) = begin(&home, &[]).await;
    let upload = async |bytes: Vec<u8>| {
        let client = base::http::client(&base::tls::Trust::default(), PATIENCE).unwrap();
        let sent = client
            .post(format!("{url}/api/v1/imports/file?server=attic"))
            .header("x-projectionist", "1")
            .body(bytes);
        assert_eq!(sent.send().await.unwrap().status(), 200);
        imported(&url).await
    };
    let import = upload(database(12)).await;
    assert_eq!(
        (
            &import["state"],
            &import["added"],
            &import["server"],
            &import["source"]
        ),
        (&json!("done"), &json!(12), &json!("attic"), &json!("file")),
        "{import}"
    );
    let import = upload(b"no database at all".to_vec()).await;
    assert_eq!(import["state"], "failed", "{import}");
    let why = "the file: it is neither a SQLite database nor a zip archive (encrypted, or damaged?)";
    assert_eq!(import["message"], why, "{import}");
    until("no upload is left", async || {
        let files = std::fs::read_dir(home.path().join("data")).unwrap();
        files.flatten().all(|f| {
            !f.file_name()
                .to_string_lossy()
                .starts_with("projectionist-upload-")
        })
    })
    .await;
    assert!(home.path().join("data/upload-of-mine").exists());
}
