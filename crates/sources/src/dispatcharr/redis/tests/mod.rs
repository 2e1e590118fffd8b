//! Against real servers: what is read, what is refused, what is never done.

mod server;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;

use base::Kind;
use serde_json::Value as Json;

use super::*;
use server::{Admin, Server};

const CHANNEL: &str = "7063b7c3-f09c-493a-91c2-8dd2db307389";

/// Longer than any test takes: none of them waits for it.
const TIMEOUT: Duration = Duration::from_mins(1);

fn reader(url: &str) -> Reader {
    Reader::new(&Secret::new(url), &Trust::default(), TIMEOUT).unwrap()
}

fn ask(profiles: &[i64], live: &[&str], vod: &[&str]) -> Ask {
    let texts = |list: &[&str]| list.iter().map(|t| Text::from(*t)).collect();
    Ask {
        prefix: Prefix::Live,
        profiles: profiles.iter().map(|id| ProfileId(*id)).collect(),
        live: texts(live),
        vod: texts(vod),
    }
}

fn bitrates(video: Option<u64>, output: Option<u64>) -> LiveExtras {
    LiveExtras {
        video_bitrate_bps: video,
        output_bitrate_bps: output,
    }
}

async fn fill(admin: &mut Admin, prefix: &str) {
    let channel = format!("{prefix}:channel:{CHANNEL}:metadata");
    admin
        .hash(
            &channel,
            &[("video_bitrate", "5500"), ("ffmpeg_output_bitrate", "2786.1")],
        )
        .await;
    admin.run::<()>(&["SET", "profile_connections:2", "4"]).await;
    admin
        .hash(
            "vod_persistent_connection:vod_1_2",
            &[
                ("active_streams", "0"),
                ("worker_id", "vm-1"),
                ("stream_url", "http://planted-secret/"),
            ],
        )
        .await;
}

#[tokio::test]
async fn what_is_there_is_read_and_what_is_not_is_absent() {
    let server = Server::start(&[]).await;
    let mut admin = server.admin("").await;
    fill(&mut admin, "live").await;
    admin.run::<()>(&["SET", "profile_connections:3", "-1"]).await;
    admin.run::<()>(&["SET", "profile_connections:5", "many"]).await;
    admin
        .hash(
            "live:channel:odd:metadata",
            &[("video_bitrate", "N/A"), ("ffmpeg_output_bitrate", "0")],
        )
        .await;
    // One that holds something else than it should costs itself only.
    admin.run::<()>(&["SET", "live:channel:text:metadata", "x"]).await;
    let ask = ask(
        &[2, 3, 4, 5],
        &["text", "odd", "gone", CHANNEL],
        &["vod_1_2", "vod_9_9"],
    );
    let read = reader(&server.url()).read(&ask).await.unwrap();
    let expected = Extras {
        reserved: BTreeMap::from([(ProfileId(2), 4)]),
        live: BTreeMap::from([(CHANNEL.into(), bitrates(Some(5_500_000), Some(2_786_100)))]),
        vod: BTreeMap::from([(
            "vod_1_2".into(),
            VodExtras {
                streams: Some(0),
                worker_id: Some("vm-1".into()),
            },
        )]),
    };
    assert_eq!(read, expected);
    // Nothing asked for, nobody asked: there is no such server.
    let nothing = reader("redis://127.0.0.1:1")
        .read(&self::ask(&[], &[], &[]))
        .await;
    assert_eq!(nothing.unwrap(), Extras::default());
}

#[tokio::test]
async fn old_versions_use_another_prefix() {
    let server = Server::start(&[]).await;
    fill(&mut server.admin("").await, "ts_proxy").await;
    let mut ask = ask(&[], &[CHANNEL], &[]);
    let mut reader = reader(&server.url());
    assert_eq!(reader.read(&ask).await.unwrap(), Extras::default());
    ask.prefix = Prefix::TsProxy;
    assert_eq!(reader.read(&ask).await.unwrap().live.len(), 1);
    for (version, prefix) in [
        ("0.24.9", Prefix::TsProxy),
        ("v0.24.0-20260101", Prefix::TsProxy),
        ("0.9.1", Prefix::TsProxy),
        ("0.25.0", Prefix::Live),
        ("v0.29.0-20260819", Prefix::Live),
        ("1.0.0", Prefix::Live),
        ("nightly", Prefix::Live),
        ("", Prefix::Live),
    ] {
        assert_eq!(Prefix::of_version(version), prefix, "{version}");
    }
}

/// The error and its causes must not tell what stands in the address.
fn told(e: &Fault) -> String {
    let all = format!("{e} {e:?} {:?} {}", e.hint(), base::error::Chain(e));
    assert!(!all.contains("planted"), "{all}");
    e.to_string()
}

#[tokio::test]
async fn a_password_is_wanted_and_its_refusal_is_told() {
    let server = Server::start(&["--requirepass", "planted-right"]).await;
    fill(&mut server.admin(":planted-right@").await, "live").await;
    let ask = ask(&[2], &[CHANNEL], &[]);
    let shown = format!("Redis at redis://127.0.0.1:{}", server.port);
    for (login, kind, what) in [
        ("", Kind::Unauthorized, "wants a password"),
        (
            ":planted-wrong@",
            Kind::Unauthorized,
            "refused the user or password of `redis_url`",
        ),
        (
            "planted-user:planted-right@",
            Kind::Unauthorized,
            "refused the user or password of `redis_url`",
        ),
    ] {
        let mut reader = reader(&format!("redis://{login}127.0.0.1:{}", server.port));
        assert!(!format!("{reader:?}").contains("planted"));
        // Again and again: what was refused once is not taken for open.
        for _ in 0..2 {
            let e = reader.read(&ask).await.unwrap_err();
            assert_eq!(
                (told(&e), e.kind()),
                (format!("{shown}: {what}"), kind),
                "{login}"
            );
            assert!(e.hint().is_some());
        }
    }
    let right = format!("redis://:planted-right@127.0.0.1:{}", server.port);
    assert_eq!(reader(&right).read(&ask).await.unwrap().reserved.len(), 1);
    // A database that is not there.
    let e = reader(&format!("{right}/99")).read(&ask).await.unwrap_err();
    assert_eq!(told(&e), format!("{shown}/99: refused a command"));
}

/// The narrowest user that our own hint asks for: nothing that writes, nothing that searches.
#[tokio::test]
async fn a_user_who_may_read_only_is_enough() {
    let server = Server::start(&[]).await;
    let mut admin = server.admin("").await;
    fill(&mut admin, "live").await;
    let keys = [
        "~profile_connections:*",
        "~live:channel:*",
        "~vod_persistent_connection:*",
    ];
    for (user, commands) in [("watcher", vec!["+mget", "+hmget"]), ("half", vec!["+mget"])] {
        let mut words = vec!["ACL", "SETUSER", user, "on", ">planted-pw", "-@all"];
        words.extend(commands);
        words.extend(keys);
        admin.run::<()>(&words).await;
    }
    let ask = ask(&[2], &[CHANNEL], &["vod_1_2"]);
    let url = |user: &str| format!("redis://{user}:planted-pw@127.0.0.1:{}", server.port);
    let read = reader(&url("watcher")).read(&ask).await.unwrap();
    assert_eq!((read.reserved.len(), read.live.len(), read.vod.len()), (1, 1, 1));
    // What may not be read is not absent.
    let e = reader(&url("half")).read(&ask).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Forbidden);
    assert!(told(&e).ends_with("does not let this user read what is needed"));
}

#[tokio::test]
async fn nothing_but_reading_is_ever_sent() {
    let server = Server::start(&[]).await;
    let mut admin = server.admin("").await;
    fill(&mut admin, "live").await;
    admin.run::<()>(&["CONFIG", "RESETSTAT"]).await;
    let mut reader = reader(&server.url());
    for _ in 0..3 {
        reader
            .read(&ask(&[2, 3], &[CHANNEL, "gone"], &["vod_1_2"]))
            .await
            .unwrap();
    }
    let stats: String = admin.run(&["INFO", "commandstats"]).await;
    let mut sent: Vec<_> = stats
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(','))
        .map(|(calls, _)| calls)
        .filter(|calls| !calls.starts_with("config"))
        .collect();
    sent.sort_unstable();
    // One question for all logins, one for each channel and film: three times.
    assert_eq!(sent, ["hmget:calls=9", "mget:calls=3"]);
}

#[tokio::test]
async fn one_that_dies_is_told_and_found_again() {
    let mut server = Server::start(&[]).await;
    fill(&mut server.admin("").await, "live").await;
    let ask = ask(&[2], &[], &[]);
    let mut reader = reader(&server.url());
    assert_eq!(reader.read(&ask).await.unwrap().reserved.len(), 1);

    // Hung up on, but alive: nobody notices.
    let mut admin = server.admin("").await;
    admin
        .run::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
        .await;
    assert_eq!(reader.read(&ask).await.unwrap().reserved.len(), 1);

    server.kill();
    for _ in 0..2 {
        let e = reader.read(&ask).await.unwrap_err();
        assert_eq!(e.kind(), Kind::Unreachable);
        assert!(told(&e).ends_with("refused the connection"));
    }
    server.start_again().await;
    // It kept nothing, so nothing is told.
    assert_eq!(reader.read(&ask).await.unwrap(), Extras::default());
}

#[tokio::test]
async fn one_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://:planted@{}", silent.local_addr().unwrap());
    let mut reader = Reader::new(&Secret::new(&url), &Trust::default(), Duration::from_millis(50)).unwrap();
    let e = reader.read(&ask(&[1], &[], &[])).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Timeout);
    assert!(told(&e).ends_with("did not answer within 0.05 s"));
}

#[tokio::test]
async fn one_that_falls_silent_is_given_up_and_asked_anew() {
    let server = Server::start(&[]).await;
    let mut admin = server.admin("").await;
    fill(&mut admin, "live").await;
    let ask = ask(&[2], &[], &[]);
    let mut reader = reader(&server.url());
    reader.read(&ask).await.unwrap();
    server.signal("STOP");
    reader.timeout = Duration::from_millis(50);
    let e = reader.read(&ask).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Timeout);
    server.signal("CONT");
    reader.timeout = TIMEOUT;
    assert_eq!(reader.read(&ask).await.unwrap().reserved.len(), 1);
}

#[tokio::test]
async fn something_else_at_the_port_is_told() {
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = web.local_addr().unwrap();
    let serve = std::thread::spawn(move || {
        let (mut stream, _) = web.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 planted\r\n\r\n").unwrap();
        // Until the other side has had enough.
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new());
    });
    let e = reader(&format!("redis://{address}"))
        .read(&ask(&[1], &[], &[]))
        .await
        .unwrap_err();
    // The client hangs up at the first byte it does not understand, and says no more than that.
    assert_eq!(e.kind(), Kind::Unreachable);
    assert!(told(&e).ends_with("closed the connection"));
    assert!(e.hint().unwrap().starts_with("is it a Redis"));
    serve.join().unwrap();
}

#[tokio::test]
async fn tls_is_ours() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let args = [
        "--tls-port".to_owned(),
        port.to_string(),
        "--tls-auth-clients".to_owned(),
        "no".to_owned(),
    ]
    .into_iter()
    .chain([
        "--tls-cert-file".to_owned(),
        path(&cert),
        "--tls-key-file".to_owned(),
        path(&key),
    ])
    .collect();
    let server = Server::start_in(dir, args).await;
    fill(&mut server.admin("").await, "live").await;
    let url = Secret::new(&format!("rediss://127.0.0.1:{port}"));
    let ask = ask(&[2], &[], &[]);
    let pem = made.cert.pem();
    let trusted = [
        Trust {
            extra_ca_pem: Some(pem.as_str().into()),
            ..Trust::default()
        },
        Trust {
            skip_verification: true,
            ..Trust::default()
        },
    ];
    for trust in trusted {
        let mut reader = Reader::new(&url, &trust, TIMEOUT).unwrap();
        assert_eq!(reader.read(&ask).await.unwrap().reserved.len(), 1, "{trust:?}");
    }
    let mut reader = Reader::new(&url, &Trust::default(), TIMEOUT).unwrap();
    let e = reader.read(&ask).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Tls);
    assert!(told(&e).ends_with("no secure connection"));
}

#[test]
fn addresses_that_cannot_work_are_told_without_their_password() {
    for (url, what) in [
        (
            "http://:planted@attic:6379",
            "must begin with redis:// or rediss://",
        ),
        ("attic:6379", "must begin with redis:// or rediss://"),
        ("planted", "is not an address"),
        ("redis://:planted@", "is not an address"),
        ("redis:///0", "names no host"),
        (
            "redis://:planted@attic:6379/planted",
            "has a part that is not understood",
        ),
    ] {
        let e = Reader::new(&Secret::new(url), &Trust::default(), TIMEOUT).unwrap_err();
        assert_eq!(told(&e), format!("redis_url: {what}"), "{url}");
        assert_eq!(e.kind(), Kind::Config);
    }
    for (url, shown) in [
        ("redis://attic", "Redis at redis://attic"),
        ("redis://me:planted@attic:6380/2", "Redis at redis://attic:6380/2"),
        ("rediss://:planted%40@[::1]:6380", "Redis at rediss://[::1]:6380"),
    ] {
        let reader = Reader::new(&Secret::new(url), &Trust::default(), TIMEOUT).unwrap();
        assert_eq!(reader.target.shown, shown);
    }
}

/// Keys of a real Dispatcharr, where recordings lie at hand.
#[tokio::test]
async fn recorded_keys_give_what_the_plugin_printed() {
    let Some(folder) = std::env::var_os("PROJECTIONIST_SHARED") else {
        return;
    };
    let file = PathBuf::from(folder).join("captures/dispatcharr/redis-keys-active-clean.json");
    let keys: BTreeMap<String, Json> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let server = Server::start(&[]).await;
    let mut admin = server.admin("").await;
    let mut live = Vec::new();
    for (key, entry) in &keys {
        match &entry["value"] {
            Json::String(value) => admin.run::<()>(&["SET", key, value]).await,
            Json::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
                    .collect();
                admin.hash(key, &fields).await;
            }
            _ => {}
        }
        let id = key
            .strip_prefix("live:channel:")
            .and_then(|rest| rest.strip_suffix(":metadata"));
        live.extend(id);
    }
    let session = "vod_1795239557228_5165";
    let read = reader(&server.url())
        .read(&ask(&[2, 3, 4, 5], &live, &[session]))
        .await
        .unwrap();
    let counted = [(ProfileId(2), 4), (ProfileId(3), 2), (ProfileId(5), 1)];
    assert_eq!(read.reserved, BTreeMap::from(counted));
    // Six on the air; nothing is measured of the radio and of what is only passed on.
    let output: Vec<_> = read
        .live
        .values()
        .map(|live| live.output_bitrate_bps.unwrap())
        .collect();
    assert_eq!(
        (live.len(), output),
        (6, vec![2_786_100, 1_855_200, 2_787_100, 2_789_800])
    );
    assert!(read.live.values().all(|live| live.video_bitrate_bps.is_none()));
    let film = &read.vod[session];
    assert_eq!(
        (film.streams, film.worker_id.as_deref()),
        (Some(1), Some("vm-11065"))
    );
}
