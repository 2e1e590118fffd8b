//! A run and a viewing to begin from, for tests.

use std::sync::Arc;

use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedSegment, FeedState, FeedStream, FeedTotals, Iptv,
    ProfileId, ProviderCounters, ViewCounters, ViewKey, Viewer, Viewing,
};
use model::{DISPATCHARR, FeedKey, RunId, ServerSnapshot, Snapshot, SourceId, Text, Timestamp, ViewingId};

use super::super::details::Details;
use super::super::policy::Policy;
use super::super::{rows, save};
use super::{Book, Save};
use crate::History;
use crate::record::build::START_MS;

/// Milliseconds after [`START_MS`].
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(START_MS + ms).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "whatever it fills may be absent")]
pub(crate) fn text(text: &str) -> Option<Text> {
    Some(text.into())
}

pub(crate) fn channel(n: i64) -> Channel {
    Channel {
        id: Some(n),
        uuid: Some(format!("uuid-{n}").into()),
        name: Some(format!("Channel {n} \"News\"").into()),
        number: Some(n as f64 + 0.5),
        group: text("Group"),
        logo: text("/logo/1"),
        content_type: text("episode"),
        series: text("Harbour"),
        season: Some(1),
        episode: Some(2),
        year: Some(1999),
        duration_ms: Some(3),
    }
}

pub(crate) fn segment(from_ms: i64, profile: i64) -> FeedSegment {
    FeedSegment {
        started_at: at(from_ms),
        stream_id: Some(7),
        stream_name: text("stream"),
        stream_index: Some(0),
        profile: Some(ProfileId(profile)),
        profile_name: Some(format!("login {profile}").into()),
        account: text("provider"),
        max_connections: Some(4),
        buffering_ms: 5,
        error_ms: 6,
        received_bytes: 1_000,
    }
}

/// A run of channel `n` on `attic` with every field that can be set, seen until `seen_ms`.
pub(crate) fn run(n: i64, from_ms: i64, seen_ms: i64) -> FeedRun {
    let source = SourceId::from("attic");
    let key = FeedKey::new(format!("uuid-{n}"));
    FeedRun {
        id: RunId::of(&source, &key, START_MS + from_ms),
        source,
        started_at: at(from_ms),
        ended_at: None,
        seen_at: at(seen_ms),
        feed: Arc::new(feed(n, key, from_ms)),
        totals: FeedTotals {
            active_ms: 1,
            buffering_ms: 2,
            error_ms: 3,
            viewer_ms: 4,
            peak_viewers: 5,
            failovers: 0,
            errors: 7,
            received_bytes: Some(8),
            sent_bytes: Some(9),
        },
        segments: Arc::new(vec![segment(from_ms, 1)]),
        viewings: Vec::new(),
    }
}

fn feed(n: i64, key: FeedKey, from_ms: i64) -> Feed {
    Feed {
        key,
        kind: FeedKind::Live,
        state: Some(FeedState::Active),
        channel: Arc::new(channel(n)),
        stream: Arc::new(FeedStream {
            id: Some(7),
            name: text("stream"),
            index: Some(0),
            available: Some(2),
            stream_profile: text("ffmpeg"),
        }),
        media: Arc::new(FeedMedia {
            video_codec: text("h264"),
            resolution: text("1920x1080"),
            fps: Some(25.0),
            audio_codec: text("aac"),
            audio_channels: text("stereo"),
            container: text("mpegts"),
            video_bitrate_bps: Some(1),
            output_bitrate_bps: Some(2),
            speed: Some(1.01),
        }),
        profile: Some(ProfileId(1)),
        programme: None,
        started_at: Some(at(from_ms)),
        uptime_ms: Some(10),
        received_bytes: Some(11),
        sent_bytes: Some(12),
        viewer_count: Some(1),
        viewers: Arc::default(),
    }
}

pub(crate) fn viewing(client: &str, run: &FeedRun, from_ms: i64, seen_ms: i64) -> Viewing {
    Viewing {
        id: ViewingId::of(&run.source, client, START_MS + from_ms),
        source: run.source.clone(),
        run: run.id.clone(),
        feed: run.feed.key.clone(),
        kind: run.feed.kind,
        channel: run.feed.channel.clone(),
        profile: run.feed.profile,
        account: text("provider"),
        started_at: at(from_ms),
        ended_at: None,
        seen_at: at(seen_ms),
        viewer: Viewer {
            client_id: client.into(),
            user_id: Some(3),
            user: text("ada"),
            address: text("10.0.0.3"),
            user_agent: text("VLC"),
            worker_id: None,
            connected_at: Some(at(from_ms)),
            sent_bytes: Some(20),
            mean_bps: None,
            now_bps: None,
        },
        sent_bytes: Some(21),
    }
}

/// The run with these viewings, which its feed lists too.
pub(crate) fn watched(mut run: FeedRun, viewings: Vec<Viewing>) -> FeedRun {
    let viewers = viewings.iter().map(|v| v.viewer.clone()).collect();
    Arc::make_mut(&mut run.feed).viewers = Arc::new(viewers);
    run.viewings = viewings.into_iter().map(Arc::new).collect();
    run
}

/// `attic` with these runs and `count` of everything that is counted.
pub(crate) fn server(runs: Vec<FeedRun>, count: u64) -> ServerSnapshot {
    let mut server = ServerSnapshot::new("attic".into(), DISPATCHARR);
    let provider = ProviderCounters {
        connection_ms: count,
        received_bytes: count + 1,
        failovers: count + 2,
        buffering_ms: count + 3,
        errors: count + 4,
    };
    let views = ViewCounters {
        views: count,
        viewed_ms: count + 5,
    };
    let key = |user: Option<Text>| ViewKey {
        kind: FeedKind::Live,
        user,
    };
    server.iptv = Some(Arc::new(Iptv {
        inventory: None,
        runs: runs.into_iter().map(Arc::new).collect(),
        providers: Arc::new([(ProfileId(1), provider)].into()),
        views: Arc::new([(key(None), views), (key(text("ada")), views)].into()),
    }));
    server
}

pub(crate) fn snapshot(server: ServerSnapshot) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        version: 1,
        servers: vec![Arc::new(server)],
    })
}

/// Writes down everything of a snapshot and these ends, as a recorder that has just begun.
pub(crate) fn keep(history: &History, runs: Vec<FeedRun>, ended: (Vec<FeedRun>, Vec<Viewing>)) {
    let mut book = Book::default();
    ended.0.into_iter().for_each(|run| book.run_ended(Arc::new(run)));
    ended
        .1
        .into_iter()
        .for_each(|viewing| book.viewing_ended(Arc::new(viewing)));
    let snapshot = snapshot(server(runs, 1));
    while !book.plan(&snapshot, 0).is_empty() {
        let save = book.plan(&snapshot, 0);
        write(history, save.clone());
        book.committed(&save, &snapshot, 0);
    }
}

/// One transaction.
pub(in crate::record) fn write(history: &History, iptv: Save) {
    write_by(history, iptv, Policy::default());
}

/// The same by a policy.
pub(in crate::record) fn write_by(history: &History, iptv: Save, policy: Policy) {
    let save = save::Save {
        iptv,
        ..save::Save::default()
    };
    history
        .change(move |txn| rows::save(txn, &save, &policy, &Details::default()))
        .wait()
        .unwrap();
}
