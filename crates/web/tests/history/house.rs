//! A house with a past: two servers, three people, eight plays.

use std::sync::Arc;

use history::{History, Settings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{
    Decision, Origin, Person, Reason, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar,
    Section, Segment,
};
use serde_json::Value;

use crate::support::{House, Open};

pub(crate) struct Past {
    pub(crate) open: Open,
    pub(crate) history: History,
    _dir: tempfile::TempDir,
}

pub(crate) fn ms(at: &str) -> i64 {
    at.parse::<Timestamp>().unwrap().as_millisecond()
}

fn item(kind: RecordKind, keys: [Option<i64>; 3], titles: [Option<&str>; 2]) -> RecordItem {
    let full = match titles[1] {
        Some(above) => format!("{above} - {}", titles[0].unwrap()),
        None => titles[0].unwrap().to_owned(),
    };
    RecordItem {
        kind,
        live: false,
        rating_key: keys[0],
        parent_rating_key: keys[1],
        grandparent_rating_key: keys[2],
        guid: None,
        title: titles[0].map(Into::into),
        parent_title: None,
        grandparent_title: titles[1].map(Into::into),
        original_title: None,
        full_title: full.into(),
        media_index: None,
        parent_media_index: None,
        year: None,
        duration_ms: Some(7_200_000),
        thumb: Some("/library/metadata/1/thumb/2?X-Plex-Token=planted-secret".into()),
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: [("summary".into(), Scalar::Text("planted-secret".into()))].into(),
    }
}

/// anna's film on the television at home.
pub(crate) fn film(key: &str, started: &str, minutes: i64) -> Record {
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: key.into(),
        wanted_id: None,
        started_ms: ms(started),
        stopped_ms: Some(ms(started) + minutes * 60_000),
        paused_ms: Some(0),
        buffering_ms: Some(1500),
        view_offset_ms: Some(7_100_000),
        user_id: Some(1),
        user: Some("anna".into()),
        ip_address: Some("192.0.2.7".into()),
        section_id: Some(1),
        item: Arc::new(RecordItem {
            year: Some(1999),
            guid: Some("plex://movie/amber".into()),
            ..item(
                RecordKind::Movie,
                [Some(101), None, None],
                [Some("Amber Road"), None],
            )
        }),
        client: Arc::new(RecordClient {
            machine_id: Some("m1".into()),
            player: Some("Den".into()),
            product: Some("Plex for LG".into()),
            platform: Some("webOS".into()),
            ..RecordClient::default()
        }),
        stream: Arc::new(RecordStream {
            decision: Some(Decision::DirectPlay),
            source_resolution: Some("1080p".into()),
            stream_resolution: Some("1080p".into()),
            ..RecordStream::default()
        }),
        location: Some("lan".into()),
        secure: Some(false),
        relayed: Some(false),
        bandwidth_kbps: Some(9000),
        quality_profile: Some("Original".into()),
        bytes: Some(5_000_000),
        segments: Vec::new(),
    }
}

/// bert's episode on the way, transcoded. 90 minutes over midnight in New York, then 20 more in the morning.
fn episode(key: &str, started: &str, minutes: i64, offset_min: i64) -> Record {
    let fields = [
        ("video_codec", "hevc"),
        ("stream_video_codec", "h264"),
        ("video_decision", "transcode"),
        ("stream_video_decision", "transcode"),
        ("audio_decision", "copy"),
        ("stream_audio_codec", "aac"),
        ("transcode_hw_decode", "vaapi"),
        ("transcode_hw_encode", "vaapi"),
        ("stream_subtitle_decision", "burn"),
        ("transcode_reasons", "subtitle_burn video_codec"),
        ("raw_url", "http://192.0.2.1:32400/?X-Plex-Token=planted-secret"),
    ];
    let mut fields: model::Fields = fields.map(|(k, v)| (k.into(), Scalar::Text(v.into()))).into();
    fields.insert("stream_bitrate".into(), Scalar::Int(4000));
    fields.insert("stream_video_width".into(), Scalar::Int(1280));
    Record {
        view_offset_ms: Some(offset_min * 60_000),
        user_id: Some(42),
        user: Some("bert".into()),
        ip_address: Some("198.51.100.4".into()),
        section_id: Some(2),
        item: Arc::new(RecordItem {
            media_index: Some(5),
            parent_media_index: Some(2),
            ..item(
                RecordKind::Episode,
                [Some(111), Some(110), Some(109)],
                [Some("One"), Some("Harbour")],
            )
        }),
        client: Arc::new(RecordClient {
            player: Some("Bert's phone".into()),
            platform: Some("macos".into()),
            ..RecordClient::default()
        }),
        stream: Arc::new(RecordStream {
            decision: Some(Decision::Transcode),
            source_resolution: Some("4k".into()),
            stream_resolution: Some("720p".into()),
            fields,
        }),
        location: Some("wan".into()),
        segments: vec![Segment {
            started_at: Timestamp::from_millisecond(ms(started)).unwrap(),
            decision: Some(Decision::Transcode),
            resolution: Some("720".into()),
            bitrate_bps: Some(4_000_000),
            video_codec: Some("h264".into()),
            audio_codec: None,
            reasons: vec![Reason::SubtitleBurn],
            played_ms: 60_000,
        }],
        ..film(key, started, minutes)
    }
}

/// In the order in which they are written; ids from 1. Comments tell New York's clock.
pub(crate) fn past() -> Vec<Record> {
    let mut past = long_ago();
    past.extend(lately());
    past
}

fn long_ago() -> Vec<Record> {
    vec![
        // 1: 2025-12-25 15:00, outside of the last 30 days
        Record {
            user_id: Some(42),
            user: Some("bert".into()),
            origin: Origin::Tautulli,
            item: Arc::new(item(
                RecordKind::Movie,
                [Some(103), None, None],
                [Some("Ünïcode 100%"), None],
            )),
            view_offset_ms: Some(1_000_000),
            ..film("1", "2025-12-25T20:00:00Z", 100)
        },
        // 2: 2026-11-01 01:30, the second time it is that late; the same film on another server
        Record {
            server: "cellar".into(),
            section_id: Some(9),
            item: Arc::new(RecordItem {
                year: Some(1999),
                ..item(
                    RecordKind::Movie,
                    [Some(501), None, None],
                    [Some("Amber Road"), None],
                )
            }),
            view_offset_ms: Some(3_000_000),
            relayed: Some(true),
            ..film("2", "2026-11-01T06:30:00Z", 30)
        },
        // 3: 2026-11-18 20:00, somebody without an account, live television in no library
        Record {
            server: "cellar".into(),
            section_id: None,
            user_id: None,
            user: Some("guest".into()),
            item: Arc::new(RecordItem {
                live: true,
                ..item(
                    RecordKind::Episode,
                    [Some(900), None, None],
                    [Some("Late"), Some("News")],
                )
            }),
            view_offset_ms: None,
            location: None,
            ..film("3", "2026-11-19T01:00:00Z", 60)
        },
    ]
}

fn lately() -> Vec<Record> {
    vec![
        // 4: 2026-11-19 19:00
        Record {
            item: Arc::new(RecordItem {
                duration_ms: Some(180_000),
                ..item(
                    RecordKind::Track,
                    [Some(141), Some(140), Some(139)],
                    [Some("Tide"), Some("Kelp")],
                )
            }),
            section_id: Some(3),
            view_offset_ms: Some(100_000),
            stream: Arc::new(RecordStream {
                decision: Some(Decision::Copy),
                ..RecordStream::default()
            }),
            ..film("4", "2026-11-20T00:00:00Z", 3)
        },
        // 5: 2026-11-20 20:00 to 22:00
        film("5", "2026-11-21T01:00:00Z", 120),
        // 6: 2026-11-20 21:30 to 2026-11-21 00:30
        episode("6", "2026-11-21T02:30:00Z", 180, 40),
        // 7: 2026-11-21 09:00, goes on with 6
        episode("7", "2026-11-21T14:00:00Z", 20, 60),
        // 8: 2026-11-21 10:00, found in Plex's list: no end, no device, no decision
        Record {
            origin: Origin::PlexHistory,
            stopped_ms: None,
            paused_ms: None,
            view_offset_ms: None,
            ip_address: None,
            client: Arc::default(),
            stream: Arc::default(),
            location: None,
            relayed: None,
            secure: None,
            bandwidth_kbps: None,
            quality_profile: None,
            bytes: None,
            item: Arc::new(item(
                RecordKind::Movie,
                [Some(104), None, None],
                [Some("Quiet"), None],
            )),
            ..film("8", "2026-11-21T15:00:00Z", 0)
        },
    ]
}

impl Past {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            time_zone: TimeZone::get("America/New_York").unwrap(),
            ..Settings::default()
        };
        let history = History::open(dir.path(), settings).unwrap();
        let house = House::with(&["attic"], |ctx| ctx.history = Some(history.clone()));
        let past_ = Self {
            open: house.open().await,
            history,
            _dir: dir,
        };
        past_.describe().await;
        past_.add(past()).await;
        past_
    }

    async fn describe(&self) {
        let change = self.history.change(|txn| {
            for (user_id, username, friendly_name) in
                [(1, "anna", Some("Anna A")), (42, "bert", None), (7, "idle", None)]
            {
                txn.set_person(&Person {
                    user_id,
                    username: Some(username.into()),
                    friendly_name: friendly_name.map(Into::into),
                    ..Person::default()
                })?;
            }
            for (server, section_id, name) in [
                ("attic", 1, "Films"),
                ("attic", 2, "Shows"),
                ("attic", 3, "Music"),
            ] {
                txn.set_section(
                    &server.into(),
                    &Section {
                        section_id,
                        name: Some(name.into()),
                        ..Section::default()
                    },
                )?;
            }
            Ok(())
        });
        change.done().await.unwrap();
    }

    pub(crate) async fn add(&self, records: Vec<Record>) {
        let change = self.history.change(move |txn| {
            for record in &records {
                assert!(!txn.add(record)?.known);
            }
            Ok(())
        });
        change.done().await.unwrap();
    }

    /// An answer that must be good.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.open.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(!answer.text().contains("planted-secret"), "{path}");
        answer.json()
    }
}

/// The values under `field` of every member.
pub(crate) fn column(list: &Value, field: &str) -> Vec<Value> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|member| member[field].clone())
        .collect()
}

/// A table without its zeros, as `category series=value` lines.
pub(crate) fn told(table: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, category) in table["categories"].as_array().unwrap().iter().enumerate() {
        let series = table["series"].as_array().unwrap();
        let values: Vec<_> = series
            .iter()
            .filter(|s| s["values"][at] != 0)
            .map(|s| format!("{}={}", s["name"].as_str().unwrap(), s["values"][at]))
            .collect();
        if !values.is_empty() || table["total"][at] != 0 {
            lines.push(format!(
                "{} {} of {}",
                category.as_str().unwrap(),
                values.join(" "),
                table["total"][at]
            ));
        }
    }
    lines
}
