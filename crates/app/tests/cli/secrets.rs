//! No secret in any output: everything the process logs at `trace`, prints, serves and complains about.

use std::io::Read as _;

use sim::plex::{Fault, Plex, Seed, SessionSeed};
use sim::plex_tv::{AccountSeed, Place, PlexTv, ServerSeed, TvSeed};

use crate::support::{Home, get, json, plex, server_in_state, until};

/// Every secret that is planted holds this word.
const PLANTED: &str = "planted";

/// What everything that can be asked for answers.
async fn scrape(url: &str) -> String {
    let paths = [
        "/",
        "/metrics",
        "/metrics/cplieger",
        "/metrics/cplieger-2026.04",
        "/metrics/timothystewart6",
        "/health",
        "/live",
        "/ready",
        "/api/health",
        "/api/v1/servers",
        "/api/v1/libraries",
        "/api/v1/sessions",
        "/api/v1/sinks",
        "/api/v1/openapi.json",
        "/nothing-here",
        "/api/v1/sessions/unknown",
    ];
    let mut all = String::new();
    for path in paths {
        let (status, body) = get(&format!("{url}{path}")).await;
        assert_ne!(status, 0, "{path}");
        all += &body;
    }
    all
}

/// The beginning of the stream of events.
fn events(url: &str) -> String {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut all = String::new();
    let mut buffer = [0; 4096];
    while !all.contains("event: snapshot") {
        let n = stream.read(&mut buffer).unwrap();
        assert_ne!(n, 0, "{all}");
        all += &String::from_utf8_lossy(&buffer[..n]);
    }
    all
}

/// Servers, plex.tv and a configuration, all with planted secrets.
struct Planted {
    good: Plex,
    _others: [Plex; 2],
    _tv: PlexTv,
    home: Home,
}

impl Planted {
    async fn new() -> Self {
        let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let tls = Some((
            certified.cert.pem(),
            base::Secret::new(&certified.signing_key.serialize_pem()),
        ));
        let good = plex(|seed| seed.token("planted-token-1")).await;
        let secure = plex(|seed| Seed {
            tls,
            ..seed.machine_id("5ec").token("planted-token-2")
        })
        .await;
        let found = plex(|seed| seed.machine_id("f0d").token("planted-token-3")).await;
        let published = ServerSeed::new("Found", "f0d", "marlo", "planted-token-3")
            .connection(Place::Local, &found.url());
        let account = AccountSeed::new("marlo", "planted-password", "planted-account");
        let tv = PlexTv::start(TvSeed::default().account(account).server(published))
            .await
            .unwrap();
        for n in 0..3 {
            good.world().start(SessionSeed::movie(format!("Film {n}")));
        }
        let home = Home::new();
        home.write("token", "planted-token-2\n");
        home.write(
            "projectionist.toml",
            &configuration(&good.url(), &secure.url(), &tv.url()),
        );
        Self {
            good,
            _others: [secure, found],
            _tv: tv,
            home,
        }
    }
}

fn configuration(good: &str, secure: &str, tv: &str) -> String {
    let with_user = good.replace("http://", "http://planted-user:planted-pass@");
    format!(
        "listen = \"127.0.0.1:0\"\n\
         [log]\nlevel = \"trace\"\n\
         [[plex]]\nid = \"good\"\nurl = \"{with_user}/web?X-Plex-Token=planted-query\"\ntoken = \"planted-token-1\"\n\
         [[plex]]\nid = \"secure\"\nurl = \"{secure}\"\ntoken_file = \"token\"\ntls_skip_verify = true\n\
         [[plex]]\nid = \"wrong\"\nurl = \"{good}\"\ntoken = \"planted-wrong-token\"\n\
         [[plex]]\nid = \"strict\"\nurl = \"{secure}\"\ntoken = \"planted-token-2\"\n\
         [[plex]]\nname = \"Found\"\n\
         [[influxdb]]\nid = \"one\"\nurl = \"{good}\"\nuser = \"w\"\npassword = \"planted-influx-password\"\n\
         [[influxdb]]\nid = \"two\"\nurl = \"{good}\"\norg = \"o\"\nbucket = \"b\"\ntoken = \"planted-influx-token\"\n\
         [plex_tv]\nuser = \"marlo\"\npassword = \"planted-password\"\nbase_url = \"{tv}\"\nclients_url = \"{tv}\"\n"
    )
}

/// What is served while a server fails in every way, and recovers.
async fn provoke(server: &Plex, url: &str) -> String {
    let world = server.world();
    let mut all = String::new();
    for fault in [
        Fault::Unauthorized,
        Fault::NotPlex,
        Fault::BadJson,
        Fault::Status(500),
        Fault::Refuse,
    ] {
        world.fault(fault);
        world.drop_streams();
        server_in_state(url, "down").await;
        all += &scrape(url).await;
        world.clear_faults();
        server_in_state(url, "up").await;
    }
    all
}

/// What the other commands print, and what they write.
fn other_commands(home: &Home) -> String {
    let commands: [&[&str]; 5] = [
        &["check"],
        &["check", "--print"],
        &["capture"],
        &["--lisen"],
        &["capture", "--scrub", "--server", "good", "--output", "captured"],
    ];
    let outputs = commands
        .map(|args| home.run(args, &[]))
        .map(|ended| ended.out + &ended.err);
    let mut all = outputs.concat();
    for file in std::fs::read_dir(home.path().join("captured")).unwrap() {
        all += &std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_planted_secret_comes_out_anywhere() {
    let planted = Planted::new().await;
    let running = planted.home.start(&[], &[]);
    let url = running.url().await;
    until("good ones are up, bad ones are down", async || {
        let servers = json(&format!("{url}/api/v1/servers")).await["servers"].clone();
        let states: Vec<&str> = (0..5).filter_map(|n| servers[n]["state"].as_str()).collect();
        states == ["up", "up", "down", "down", "up"]
    })
    .await;
    let mut all = scrape(&url).await + &events(&url);
    all += &provoke(&planted.good, &url).await;
    all += &other_commands(&planted.home);
    running.signal("-TERM");
    let ended = running.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    let traced = ["\"level\":\"DEBUG\"", "\"level\":\"TRACE\""]
        .iter()
        .any(|level| ended.err.contains(level));
    assert!(traced, "the log is not at trace: {}", ended.err);
    all += &(ended.out + &ended.err);
    let found: Vec<&str> = all.lines().filter(|l| l.contains(PLANTED)).collect();
    assert!(found.is_empty(), "{} lines, first: {}", found.len(), found[0]);
    assert!(all.contains("Film 1"), "the search sees what is served");
}
