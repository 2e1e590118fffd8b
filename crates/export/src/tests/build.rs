//! Snapshots for tests: short to write, complete where a test does not care.

use std::sync::Arc;

use model::{
    AudioStream, Availability, ContentCount, ContentKind, Decision, Delivery, Feature, Health, HostLoad,
    Item, Library, LibraryId, LibraryKind, LibraryRef, MediaKind, Network, Play, PlayId, PlayTotals, Player,
    Segment, ServerInfo, ServerSnapshot, Session, SessionKey, Snapshot, SourceId, SourceMedia, State,
    Timestamp, Transcode, User, VideoStream,
};

use crate::sinks::{DropReason, SinkFigures};
use crate::{HistoryFigures, ImportFigures, Process};

/// Seconds after an arbitrary evening.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_763_700_000 + seconds).expect("in range")
}

pub(crate) fn process() -> Process {
    Process {
        version: "0.1.0",
        started_at: at(-3600),
        tasks: std::collections::BTreeMap::from([("live".to_owned(), base::supervise::TaskStat::default())]),
        event_listeners: 2,
        dropped: vec![("events", "lagged", 3), ("events", "lagged", 4)],
        resident_bytes: Some(7_340_032),
        cpu_seconds: Some(1.25),
        history: Some(history()),
        sinks: vec![sink()],
    }
}

fn sink() -> SinkFigures {
    SinkFigures {
        id: "influx.lan".to_owned(),
        kind: "influxdb",
        written: 1_200,
        dropped: [(DropReason::Full, 3), (DropReason::TypeConflict, 1)].into(),
        retries: 2,
        waiting: 40,
        spool_bytes: 8_192,
        oldest_waiting_at: Some(at(30)),
        up: Some(false),
        last_success_at: Some(at(20)),
    }
}

fn history() -> HistoryFigures {
    HistoryFigures {
        plays: 1_000,
        groups: 900,
        file_bytes: 700_000,
        open_plays: 2,
        waiting: 1,
        queue_length: 3,
        writable: true,
        last_write_at: Some(at(58)),
        last_write_took_ms: 4,
        failures: 5,
        kept: 6,
        ignored: 7,
        backfilled: 8,
        import: Some(ImportFigures {
            from: "tautulli".to_owned(),
            rows: 10,
            expected_rows: Some(20),
        }),
    }
}

pub(crate) fn snapshot(servers: impl IntoIterator<Item = ServerSnapshot>) -> Snapshot {
    Snapshot {
        version: 7,
        servers: servers.into_iter().map(Arc::new).collect(),
    }
}

/// A server that has just been looked at and has nothing but a name.
pub(crate) fn server(id: &str) -> ServerSnapshot {
    let mut s = ServerSnapshot::new(id.into(), "plex");
    s.health = Health::Up;
    s.last_success_at = Some(at(59));
    s.last_sessions_ok = Some(true);
    s.info = Some(Arc::new(ServerInfo {
        machine_id: format!("machine-of-{id}").as_str().into(),
        name: Some(format!("The {id}").as_str().into()),
        version: Some("1.43.3.10000".into()),
        platform: Some("Linux".into()),
        platform_version: Some("6.1".into()),
        plex_pass: Some(true),
        video_transcodes: Some(1),
    }));
    s
}

/// A server with one of everything.
pub(crate) fn rich(id: &str) -> ServerSnapshot {
    let mut s = server(id);
    s.host = Some(HostLoad {
        host_cpu_ratio: Some(0.225),
        host_memory_ratio: Some(0.415),
        process_cpu_ratio: Some(0.1),
        process_memory_ratio: Some(0.05),
    });
    s.features.insert(Feature::Bandwidth, Availability::Available);
    s.libraries = Some(Arc::new(vec![
        library("1", "Movies", LibraryKind::Movie, &[(ContentKind::Movies, 100)]),
        library(
            "2",
            "TV Shows",
            LibraryKind::Show,
            &[(ContentKind::Shows, 10), (ContentKind::Episodes, 900)],
        ),
    ]));
    s.plays = vec![
        Arc::new(play(id, watching("11", "Movie 11", Decision::DirectPlay))),
        Arc::new(play(id, watching("12", "Movie 12", Decision::Transcode))),
    ];
    s
}

pub(crate) fn library(id: &str, title: &str, kind: LibraryKind, counts: &[(ContentKind, u64)]) -> Library {
    Library {
        id: id.into(),
        title: title.into(),
        kind,
        storage_bytes: Some(1_000_000_000_004),
        duration_ms: Some(360_000_000),
        refreshing: Some(false),
        counts: counts
            .iter()
            .map(|(kind, items)| ContentCount {
                kind: *kind,
                items: *items,
            })
            .collect(),
    }
}

pub(crate) fn library_ref(id: &str, title: &str, kind: LibraryKind) -> LibraryRef {
    LibraryRef {
        id: LibraryId::from(id),
        title: title.into(),
        kind,
    }
}

pub(crate) fn item(kind: MediaKind, title: &str) -> Item {
    Item {
        rating_key: Some("1001".into()),
        guid: None,
        kind,
        title: Some(title.into()),
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        index: None,
        parent_index: None,
        year: None,
        duration_ms: Some(7_200_000),
        library: None,
        thumb: None,
        live: None,
        extra: false,
        details: model::ItemDetails::default(),
    }
}

/// Somebody watches a movie at home.
pub(crate) fn watching(key: &str, title: &str, decision: Decision) -> Session {
    let mut item = item(MediaKind::Movie, title);
    item.library = Some(library_ref("1", "Movies", LibraryKind::Movie));
    Session {
        key: SessionKey::from(key),
        client_run: None,
        state: State::Playing,
        position_ms: Some(61_500),
        item: Arc::new(item),
        user: Some(User {
            id: Some("1".into()),
            name: "dave".into(),
        }),
        player: Arc::new(player()),
        source: Arc::new(SourceMedia {
            video_resolution: Some("1080".into()),
            ..SourceMedia::default()
        }),
        delivery: Arc::new(delivery(decision)),
    }
}

pub(crate) fn player() -> Player {
    Player {
        title: Some("Dave's phone".into()),
        product: Some("Plex for iOS".into()),
        platform: Some("iOS".into()),
        device: Some("iPhone".into()),
        address: Some("203.0.113.77".into()),
        local: Some(true),
        network: Some(Network::Lan),
        location: Some("lan".into()),
        ..Player::default()
    }
}

pub(crate) fn delivery(decision: Decision) -> Delivery {
    Delivery {
        decision: Some(decision),
        bitrate_bps: Some(8_000_000),
        reserved_bps: Some(9_600_000),
        video: Some(VideoStream {
            decision: Some(decision),
            codec: Some("h264".into()),
            resolution: Some("1080".into()),
            width: None,
            height: None,
        }),
        audio: Some(AudioStream {
            decision: Some(decision),
            codec: Some("aac".into()),
            channels: Some(2),
            language: None,
        }),
        transcode: (decision == Decision::Transcode).then(Transcode::default),
        ..Delivery::default()
    }
}

pub(crate) fn play(source: &str, session: Session) -> Play {
    let source = SourceId::from(source);
    Play {
        id: PlayId::of(&source, &session.key, at(0).as_millisecond()),
        source,
        started_at: at(0),
        started_position_ms: None,
        ended_at: None,
        session: Arc::new(session),
        totals: PlayTotals {
            played_ms: 16_825,
            ..PlayTotals::default()
        },
        segments: Arc::new(vec![Segment {
            started_at: at(0),
            decision: None,
            resolution: None,
            bitrate_bps: None,
            video_codec: None,
            audio_codec: None,
            reasons: Vec::new(),
            played_ms: 16_825,
        }]),
        seen_at: at(59),
        counted: true,
    }
}
