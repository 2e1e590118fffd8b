//! One scrape of 500 sessions and 100 libraries, every profile in both forms; and one of 100 stream managers with 20
//! channels on the air each, 5 viewers each.

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use export::{Format, LabelPolicy, Options, Process, Profile, render};
use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedState, FeedStream, FeedTotals, Inventory, Iptv,
    ProfileId, ProviderAccount, ProviderProfile, Viewer, Viewing,
};
use model::{
    AudioStream, ContentCount, ContentKind, CounterKey, Counters, Decision, Delivery, Endpoint,
    EndpointStats, Health, Item, Library, LibraryKind, LibraryRef, MediaKind, Network, Play, PlayId,
    PlayTotals, Player, Reason, Segment, ServerInfo, ServerSnapshot, Session, SessionKey, Snapshot, SourceId,
    SourceMedia, State, Text, Timestamp, Transcode, User, VideoStream,
};

const SESSIONS: usize = 500;
const LIBRARIES: usize = 100;

fn main() {
    divan::main();
}

#[divan::bench(args = Profile::ALL)]
fn classic(bencher: Bencher<'_, '_>, profile: Profile) {
    scrape(bencher, profile, Format::Text, &Options::default());
}

#[divan::bench(args = Profile::ALL)]
fn open_metrics(bencher: Bencher<'_, '_>, profile: Profile) {
    scrape(bencher, profile, Format::OpenMetrics, &Options::default());
}

/// The costliest switches.
#[divan::bench(args = Profile::ALL)]
fn hashed(bencher: Bencher<'_, '_>, profile: Profile) {
    let options = Options {
        dispatcharr: export::DispatcharrOptions::default(),
        users: LabelPolicy::Hash,
        titles: LabelPolicy::Hash,
        hash_salt: "a salt of some length".into(),
    };
    scrape(bencher, profile, Format::Text, &options);
}

const MANAGERS: usize = 100;
const CHANNELS_EACH: usize = 20;
const VIEWERS_EACH: usize = 5;

/// The profiles that show them.
const OF_MANAGERS: [Profile; 3] = [
    Profile::Native,
    Profile::DispatcharrExporter,
    Profile::DispatcharrExporter2,
];

#[divan::bench(args = OF_MANAGERS)]
fn managers(bencher: Bencher<'_, '_>, profile: Profile) {
    scrape_of(
        bencher,
        profile,
        Format::Text,
        &Options::default(),
        &all_managers(),
    );
}

/// Every viewer by itself.
#[divan::bench(args = OF_MANAGERS)]
fn managers_with_clients(bencher: Bencher<'_, '_>, profile: Profile) {
    let mut options = Options::default();
    options.dispatcharr.include_client_stats = true;
    scrape_of(bencher, profile, Format::Text, &options, &all_managers());
}

fn all_managers() -> Snapshot {
    Snapshot {
        version: 1,
        servers: (0..MANAGERS).map(|n| Arc::new(manager(n))).collect(),
    }
}

fn manager(n: usize) -> ServerSnapshot {
    let id = SourceId::new(format!("dispatcharr-{n}"));
    let mut s = ServerSnapshot::new(id.clone(), model::DISPATCHARR);
    s.health = Health::Up;
    s.last_success_at = Some(Timestamp::UNIX_EPOCH);
    let profile = |id| ProviderProfile {
        id: ProfileId(id),
        name: "Default".into(),
        is_active: Some(true),
        max_connections: Some(20),
        expires_at: None,
        reserved_connections: None,
    };
    let account = ProviderAccount {
        id: 2,
        name: "The provider".into(),
        kind: "XC".into(),
        status: Some("success".into()),
        is_active: Some(true),
        username: None,
        server_url: None,
        streams: Some(50_000),
        updated_at: None,
        message: None,
        profiles: vec![profile(2), profile(3)],
    };
    s.iptv = Some(Arc::new(Iptv {
        inventory: Some(Arc::new(Inventory {
            channels: Some(5_000),
            groups: Some(80),
            accounts: Some(vec![account]),
            ..Inventory::default()
        })),
        runs: (0..CHANNELS_EACH)
            .map(|channel| Arc::new(run(&id, n * CHANNELS_EACH + channel)))
            .collect(),
        ..Iptv::default()
    }));
    s
}

fn viewer(v: usize) -> Viewer {
    Viewer {
        client_id: format!("client_1795239525857_{v}").as_str().into(),
        user_id: Some(3),
        user: Some(text("user", v)),
        address: Some("203.0.113.7".into()),
        user_agent: Some("VLC/3.0.20 LibVLC/3.0.20".into()),
        worker_id: Some("dispatcharr:11064".into()),
        connected_at: Some(Timestamp::UNIX_EPOCH),
        sent_bytes: Some(17_203_200),
        mean_bps: Some(3_989_504),
        now_bps: Some(2_032_435),
    }
}

fn feed(key: &model::FeedKey, channel: &Arc<Channel>, n: usize) -> Feed {
    Feed {
        key: key.clone(),
        kind: FeedKind::Live,
        state: Some(FeedState::Active),
        channel: channel.clone(),
        stream: Arc::new(FeedStream {
            id: Some(5),
            name: Some(text("A channel in HD, the provider's", n)),
            index: Some(0),
            available: Some(2),
            stream_profile: Some("ffmpeg".into()),
        }),
        media: Arc::new(FeedMedia {
            video_codec: Some("h264".into()),
            resolution: Some("1920x1080".into()),
            fps: Some(23.98),
            output_bitrate_bps: Some(8_123_400),
            speed: Some(1.02),
            ..FeedMedia::default()
        }),
        profile: Some(ProfileId(2)),
        programme: None,
        started_at: Some(Timestamp::UNIX_EPOCH),
        uptime_ms: Some(46_400),
        received_bytes: Some(16_022_016),
        sent_bytes: None,
        viewer_count: u32::try_from(VIEWERS_EACH).ok(),
        viewers: Arc::new((0..VIEWERS_EACH).map(viewer).collect()),
    }
}

fn run(source: &SourceId, n: usize) -> FeedRun {
    let key = model::FeedKey::new(format!("7063b7c3-f09c-493a-91c2-{n:012}"));
    let id = model::RunId::of(source, &key, 0);
    let channel = Arc::new(Channel {
        id: Some(1),
        name: Some(text("A channel in HD", n)),
        number: Some(101.0),
        group: Some("News".into()),
        logo: Some("/api/channels/logos/1/cache/".into()),
        ..Channel::default()
    });
    let viewing = |v: usize| {
        let viewer = viewer(v);
        Arc::new(Viewing {
            id: model::ViewingId::of(source, &viewer.client_id, 0),
            source: source.clone(),
            run: id.clone(),
            feed: key.clone(),
            kind: FeedKind::Live,
            channel: channel.clone(),
            profile: Some(ProfileId(2)),
            account: None,
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            seen_at: Timestamp::UNIX_EPOCH,
            sent_bytes: viewer.sent_bytes,
            viewer,
        })
    };
    let viewings: Vec<_> = (0..VIEWERS_EACH).map(viewing).collect();
    FeedRun {
        id: id.clone(),
        source: source.clone(),
        started_at: Timestamp::UNIX_EPOCH,
        ended_at: None,
        seen_at: Timestamp::UNIX_EPOCH,
        feed: Arc::new(feed(&key, &channel, n)),
        totals: FeedTotals {
            received_bytes: Some(16_022_016),
            ..FeedTotals::default()
        },
        segments: Arc::default(),
        viewings,
    }
}

fn scrape(bencher: Bencher<'_, '_>, profile: Profile, format: Format, options: &Options) {
    scrape_of(bencher, profile, format, options, &snapshot());
}

fn scrape_of(
    bencher: Bencher<'_, '_>,
    profile: Profile,
    format: Format,
    options: &Options,
    snapshot: &Snapshot,
) {
    let process = process();
    let mut out = Vec::new();
    let once = |out: &mut Vec<u8>| {
        out.clear();
        render(
            profile,
            format,
            black_box(snapshot),
            &process,
            options,
            Timestamp::UNIX_EPOCH,
            out,
        );
    };
    once(&mut out);
    let bytes = out.len();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| once(&mut out));
}

fn text(prefix: &str, n: usize) -> Text {
    format!("{prefix} {n}").as_str().into()
}

fn process() -> Process {
    Process {
        version: "0.1.0",
        started_at: Timestamp::UNIX_EPOCH,
        tasks: BTreeMap::new(),
        event_listeners: 0,
        dropped: Vec::new(),
        resident_bytes: Some(1),
        cpu_seconds: Some(1.5),
        history: None,
        sinks: Vec::new(),
    }
}

fn snapshot() -> Snapshot {
    let mut s = ServerSnapshot::new(SourceId::from("attic"), "plex");
    s.health = Health::Up;
    s.last_success_at = Some(Timestamp::UNIX_EPOCH);
    s.last_sessions_ok = Some(true);
    s.info = Some(Arc::new(ServerInfo {
        machine_id: "0123456789abcdef0123456789abcdef01234567".into(),
        name: Some("The attic".into()),
        version: Some("1.43.3.10000-abcdef123".into()),
        platform: Some("Linux".into()),
        platform_version: Some("6.1".into()),
        plex_pass: Some(true),
        video_transcodes: Some(100),
    }));
    s.libraries = Some(Arc::new((0..LIBRARIES).map(library).collect()));
    s.plays = (0..SESSIONS).map(|n| Arc::new(play(n))).collect();
    s.endpoints = Endpoint::ALL
        .iter()
        .map(|e| {
            (
                *e,
                EndpointStats {
                    requests: 9,
                    ..Default::default()
                },
            )
        })
        .collect();
    let counters = Counters {
        plays: 3,
        played_ms: 16_825,
        paused_ms: 100,
        buffering_ms: 0,
    };
    s.counters = Arc::new(s.plays.iter().map(|p| (counter_key(p), counters)).collect());
    Snapshot {
        version: 1,
        servers: vec![Arc::new(s)],
    }
}

fn kind(n: usize) -> LibraryKind {
    [LibraryKind::Movie, LibraryKind::Show, LibraryKind::Artist][n % 3]
}

fn library(n: usize) -> Library {
    Library {
        id: n.to_string().as_str().into(),
        title: text("Library of the house", n),
        kind: kind(n),
        storage_bytes: Some(1_000_000_000_000 + n as u64),
        duration_ms: Some(360_000_000),
        refreshing: Some(false),
        counts: [ContentKind::Movies, ContentKind::Episodes, ContentKind::Tracks]
            .map(|kind| ContentCount { kind, items: 12_345 })
            .into(),
    }
}

fn play(n: usize) -> Play {
    let source = SourceId::from("attic");
    let key = SessionKey::new(n.to_string());
    let decision = if n.is_multiple_of(2) {
        Decision::DirectPlay
    } else {
        Decision::Transcode
    };
    let item = Item {
        rating_key: None,
        guid: None,
        kind: [MediaKind::Movie, MediaKind::Episode, MediaKind::Track][n % 3],
        title: Some(text("A title of usual length", n)),
        parent_title: Some(text("Season", n % 9)),
        grandparent_title: Some(text("The Long Running Show", n % 40)),
        original_title: None,
        index: Some(7),
        parent_index: Some(2),
        year: None,
        duration_ms: Some(3_600_123),
        library: Some(LibraryRef {
            id: (n % LIBRARIES).to_string().as_str().into(),
            title: text("Library of the house", n % LIBRARIES),
            kind: kind(n % LIBRARIES),
        }),
        thumb: None,
        live: None,
        extra: false,
        details: model::ItemDetails::default(),
    };
    let session = Session {
        key: key.clone(),
        client_run: None,
        state: State::Playing,
        position_ms: Some(61_500 + n as u64),
        item: Arc::new(item),
        user: Some(User {
            id: None,
            name: text("user", n),
        }),
        player: Arc::new(Player {
            title: Some(text("Somebody's player", n)),
            product: Some("Plex for Android (TV)".into()),
            platform: Some("Android".into()),
            device: Some("SHIELD Android TV".into()),
            local: Some(true),
            network: Some(Network::Lan),
            location: Some("lan".into()),
            ..Player::default()
        }),
        source: Arc::new(SourceMedia {
            video_resolution: Some("4k".into()),
            ..SourceMedia::default()
        }),
        delivery: Arc::new(delivery(decision)),
    };
    Play {
        id: PlayId::of(&source, &key, 0),
        source,
        started_at: Timestamp::UNIX_EPOCH,
        started_position_ms: None,
        ended_at: None,
        session: Arc::new(session),
        totals: PlayTotals {
            played_ms: 16_825 + n as u64,
            ..PlayTotals::default()
        },
        segments: Arc::new(Vec::<Segment>::new()),
        seen_at: Timestamp::UNIX_EPOCH,
        counted: true,
    }
}

fn delivery(decision: Decision) -> Delivery {
    Delivery {
        decision: Some(decision),
        container: Some("mp4".into()),
        protocol: Some("dash".into()),
        bitrate_bps: Some(8_123_000),
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
        transcode: (decision == Decision::Transcode).then(|| Transcode {
            speed: Some(2.7),
            throttled: Some(false),
            progress_percent: Some(12.3),
            buffer_ahead_ms: Some(42_000),
            reasons: vec![Reason::VideoCodec],
            ..Transcode::default()
        }),
        ..Delivery::default()
    }
}

fn counter_key(play: &Play) -> CounterKey {
    let session = &play.session;
    CounterKey {
        library: session.item.library.clone(),
        user: session.user.as_ref().map(|u| u.name.clone()),
        media: session.item.kind,
        live: false,
        decision: session.delivery.decision,
    }
}
