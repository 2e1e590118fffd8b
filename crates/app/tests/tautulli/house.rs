//! A small history made here, and a server with the same titles.

use std::sync::Arc;

use base::{Clock, Secret};
use history::History;
use model::{
    Body, Decision, Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream,
    Scalar, Section, ServerInfo, Text,
};
use sim::plex::{CollectionSeed, LibrarySeed, Plex, Seed, ShelfSeed, Shelved};
use sources::Ctx;
use sources::plex::{Config, catalog};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::served::{SERVER, Served};

/// 2026-09-21T14:20:00Z
pub(crate) const NOW_S: i64 = 1_790_000_400;

fn fields(of: &[(&str, Scalar)]) -> Fields {
    of.iter()
        .map(|(name, value)| (Text::from(*name), value.clone()))
        .collect()
}

fn word(text: &str) -> Scalar {
    Scalar::Text(text.into())
}

fn item(kind: RecordKind, keys: [Option<i64>; 3], titles: [&str; 3]) -> RecordItem {
    let title = |at: usize| Some(titles[at]).filter(|t| !t.is_empty()).map(Text::from);
    let full_title = match kind {
        RecordKind::Movie => titles[0].to_owned(),
        _ => format!("{} - {}", titles[2], titles[0]),
    };
    RecordItem {
        kind,
        live: false,
        rating_key: keys[0],
        parent_rating_key: keys[1],
        grandparent_rating_key: keys[2],
        guid: Some(format!("plex://{}/{}", kind.as_str(), keys[0].unwrap()).into()),
        title: title(0),
        parent_title: title(1),
        grandparent_title: title(2),
        original_title: None,
        full_title: full_title.into(),
        media_index: Some(1).filter(|_| kind != RecordKind::Movie),
        parent_media_index: Some(1).filter(|_| kind != RecordKind::Movie),
        year: Some(1999),
        duration_ms: Some(3_600_000),
        thumb: Some(format!("/library/metadata/{}/thumb/1", keys[0].unwrap()).into()),
        originally_available_at: Some("1999-03-31".into()),
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: fields(&[
            ("art", word("/art")),
            ("content_rating", word("PG")),
            ("rating", word("8.1")),
            ("labels", word("Kids;Family")),
        ]),
    }
}

/// A play that began `ago_s` before now and took `length_s`, of which it was paused `paused_s`.
struct Made<'a> {
    key: &'a str,
    ago_s: i64,
    length_s: i64,
    paused_s: i64,
    user: (i64, &'a str),
    section_id: i64,
    item: RecordItem,
    platform: &'a str,
    decision: Decision,
    resolutions: (&'a str, &'a str),
}

impl Made<'_> {
    fn record(self) -> Record {
        let started_ms = (NOW_S - self.ago_s) * 1000;
        let decision = match self.decision {
            Decision::DirectPlay => "direct play",
            Decision::Copy => "copy",
            Decision::Transcode => "transcode",
        };
        Record {
            server: SERVER.into(),
            origin: Origin::Recorded,
            origin_key: self.key.into(),
            wanted_id: None,
            started_ms,
            stopped_ms: Some(started_ms + self.length_s * 1000),
            paused_ms: Some(self.paused_s * 1000),
            buffering_ms: None,
            view_offset_ms: Some((self.length_s - self.paused_s) * 1000),
            user_id: Some(self.user.0),
            user: Some(self.user.1.into()),
            ip_address: Some("192.0.2.7".into()),
            section_id: Some(self.section_id),
            item: Arc::new(self.item),
            client: Arc::new(RecordClient {
                machine_id: Some("machine".into()),
                player: Some(format!("{} at home", self.platform).into()),
                product: Some("Plex".into()),
                product_version: Some("1".into()),
                platform: Some(self.platform.into()),
                ..RecordClient::default()
            }),
            stream: Arc::new(RecordStream {
                decision: Some(self.decision),
                source_resolution: Some(self.resolutions.0.into()),
                stream_resolution: Some(self.resolutions.1.into()),
                fields: fields(&[
                    ("bitrate", Scalar::Int(9500)),
                    ("container", word("mkv")),
                    ("video_decision", word(decision)),
                    ("video_full_resolution", word(self.resolutions.0)),
                    ("stream_video_full_resolution", word(self.resolutions.1)),
                ]),
            }),
            location: Some("lan".into()),
            secure: Some(true),
            relayed: Some(false),
            bandwidth_kbps: Some(10_000),
            quality_profile: Some("Original".into()),
            bytes: None,
            segments: Vec::new(),
        }
    }
}

/// Anna saw a film an hour long yesterday and half a track, Bert two episodes of one show.
fn plays() -> Vec<Record> {
    let (anna, bert) = ((101, "anna"), (102, "bert"));
    let episode = |key, title| {
        item(
            RecordKind::Episode,
            [Some(key), Some(2002), Some(2001)],
            [title, "Season 1", "Coast"],
        )
    };
    [
        Made {
            key: "track",
            ago_s: 5 * 86_400,
            length_s: 200,
            paused_s: 0,
            user: anna,
            section_id: 3,
            item: item(
                RecordKind::Track,
                [Some(3003), Some(3002), Some(3001)],
                ["Tide", "Waves", "The Shore"],
            ),
            platform: "Roku",
            decision: Decision::DirectPlay,
            resolutions: ("", ""),
        },
        Made {
            key: "pilot",
            ago_s: 2 * 86_400,
            length_s: 1800,
            paused_s: 0,
            user: bert,
            section_id: 2,
            item: episode(2003, "Pilot"),
            platform: "Chrome",
            decision: Decision::Transcode,
            resolutions: ("4k", "720p"),
        },
        Made {
            key: "second",
            ago_s: 2 * 86_400 - 1800,
            length_s: 1200,
            paused_s: 100,
            user: bert,
            section_id: 2,
            item: episode(2004, "Ebb"),
            platform: "Chrome",
            decision: Decision::Copy,
            resolutions: ("1080p", "1080p"),
        },
        Made {
            key: "film",
            ago_s: 86_400,
            length_s: 4200,
            paused_s: 600,
            user: anna,
            section_id: 1,
            item: item(RecordKind::Movie, [Some(1001), None, None], ["Harbour", "", ""]),
            platform: "Roku",
            decision: Decision::DirectPlay,
            resolutions: ("1080p", "1080p"),
        },
    ]
    .map(Made::record)
    .into()
}

/// Writes all of it down.
pub(crate) async fn fill(history: &History) {
    let changed = history.change(|txn| {
        for (user_id, username, friendly) in [(101, "anna", "Anna"), (102, "bert", "")] {
            txn.set_person(&Person {
                user_id,
                username: Some(username.into()),
                friendly_name: Some(friendly).filter(|f| !f.is_empty()).map(Text::from),
                thumb: Some("https://plex.tv/users/1/avatar".into()),
                fields: fields(&[
                    ("email", word("a@example.invalid")),
                    ("is_admin", Scalar::Int(i64::from(user_id == 101))),
                ]),
            })?;
        }
        for (section_id, name, kind, count) in [
            (1, "Films", "movie", 1),
            (2, "Series", "show", 1),
            (3, "Music", "artist", 1),
        ] {
            txn.set_section(
                &SERVER.into(),
                &Section {
                    section_id,
                    name: Some(name.into()),
                    kind: Some(kind.into()),
                    fields: fields(&[("count", Scalar::Int(count)), ("agent", word("tv.plex.agents"))]),
                },
            )?;
        }
        for record in plays() {
            txn.add(&record)?;
        }
        Ok(())
    });
    changed.done().await.unwrap();
}

/// The server runs as long as this lives.
pub(crate) struct Behind {
    _plex: Plex,
    cancel: CancellationToken,
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// A server with these titles and a collection, which `served` may ask.
pub(crate) async fn small_plex(served: &Served) -> Behind {
    let shelf = ShelfSeed {
        items: vec![
            Shelved::new(1, 1001, "movie", "Harbour")
                .attr("year", 1999)
                .attr("duration", 3_600_000),
            Shelved::new(2, 2001, "show", "Coast").attr("leafCount", 2),
            Shelved::new(2, 2002, "season", "Season 1")
                .below(2001)
                .attr("index", 1),
            Shelved::new(2, 2003, "episode", "Pilot")
                .below(2002)
                .attr("index", 1),
            Shelved::new(2, 2004, "episode", "Ebb")
                .below(2002)
                .attr("index", 2),
        ],
        collections: vec![CollectionSeed::new(1, 800_001, "Sea").members([1001])],
        playlists: Vec::new(),
    };
    let libraries = vec![
        LibrarySeed::movies("Films", 0),
        LibrarySeed::shows("Series", 0, 0, 0),
    ];
    let behind = answering(served, Seed::default().still().shelf(shelf).libraries(libraries)).await;
    served
        .tell(Body::Info(ServerInfo {
            machine_id: "5e1f0c9a7b3d482e96a0d4c1f8b27e3360a94d15".into(),
            name: Some("Attic".into()),
            version: Some("1.43.0.1-abcdef".into()),
            platform: Some("Linux".into()),
            platform_version: None,
            plex_pass: Some(true),
            video_transcodes: None,
        }))
        .await;
    behind
}

/// Starts a server that answers what `served` asks of it.
pub(crate) async fn answering(served: &Served, seed: Seed) -> Behind {
    let plex = Plex::start(seed).await;
    let cancel = CancellationToken::new();
    let mut asked = served.catalog.add(SERVER.into());
    let (reports, mut received) = mpsc::channel(1024);
    tokio::spawn(async move { while received.recv().await.is_some() {} });
    let ctx = Ctx {
        id: SERVER.into(),
        clock: Clock::system(),
        out: reports,
        cancel: cancel.clone(),
    };
    let config = Config {
        id: SERVER.to_owned(),
        url: Some(plex.url()),
        token: Some(Secret::new(plex.token())),
        ..Config::default()
    };
    tokio::spawn(async move { catalog::run(config, None, ctx, &mut asked).await });
    Behind { _plex: plex, cancel }
}
