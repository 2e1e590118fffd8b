//! A stream manager with one of everything.

use std::sync::Arc;

use model::iptv::{
    Channel, EpgSource, Feed, FeedKind, FeedMedia, FeedRun, FeedSegment, FeedState, FeedStream, FeedTotals,
    Inventory, Iptv, ListedChannel, ManagerUser, Plugin, ProfileId, Programme, ProviderAccount,
    ProviderCounters, ProviderProfile, ViewCounters, ViewKey, Viewer, Viewing,
};
use model::{DISPATCHARR, Health, RunId, ServerInfo, ServerSnapshot, SourceId, ViewingId};

use super::build::at;
use crate::{DispatcharrOptions, Options};

pub(crate) const NEWS: &str = "7063b7c3-f09c-493a-91c2-8dd2db307389";
pub(crate) const FILM: &str = "vod_1795239557228_5165";
pub(crate) const HASH: &str = "5f0e0e1c0c5b4f6c9a8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3928";

/// All switches on.
pub(crate) fn everything() -> Options {
    Options {
        dispatcharr: DispatcharrOptions {
            include_epg_stats: true,
            include_client_stats: true,
            include_source_urls: true,
            include_user_stats: true,
            include_plugin_stats: true,
            include_channel_info: true,
            include_vod_stats: true,
            include_legacy_metrics: true,
            ..DispatcharrOptions::default()
        },
        ..Options::default()
    }
}

/// A manager that has been looked at and carries nothing.
pub(crate) fn idle(id: &str) -> ServerSnapshot {
    let mut s = ServerSnapshot::new(id.into(), DISPATCHARR);
    s.health = Health::Up;
    s.last_success_at = Some(at(59));
    s.last_sessions_ok = Some(true);
    s.info = Some(Arc::new(ServerInfo {
        machine_id: id.into(),
        name: None,
        version: Some("0.29.0".into()),
        platform: None,
        platform_version: None,
        plex_pass: None,
        video_transcodes: None,
    }));
    s.iptv = Some(Arc::new(Iptv {
        inventory: Some(Arc::new(inventory())),
        ..Iptv::default()
    }));
    s
}

/// A manager with one feed of each kind.
pub(crate) fn manager(id: &str) -> ServerSnapshot {
    let mut s = idle(id);
    let runs = [channel(), preview(), film(), catch_up()];
    let counters = ProviderCounters {
        connection_ms: 90_500,
        received_bytes: 16_000_000,
        failovers: 1,
        buffering_ms: 2_500,
        errors: 1,
    };
    let view = |kind, user: Option<&str>| ViewKey {
        kind,
        user: user.map(Into::into),
    };
    let counted = ViewCounters {
        views: 2,
        viewed_ms: 61_000,
    };
    s.iptv = Some(Arc::new(Iptv {
        inventory: Some(Arc::new(inventory())),
        runs: runs
            .into_iter()
            .map(|(feed, totals)| Arc::new(run(id, feed, totals)))
            .collect(),
        providers: Arc::new([(ProfileId(2), counters)].into()),
        views: Arc::new(
            [
                (view(FeedKind::Live, None), counted),
                (view(FeedKind::Live, Some("streamer")), counted),
                (view(FeedKind::Live, Some("standard")), counted),
            ]
            .into(),
        ),
    }));
    s
}

pub(crate) fn run(server: &str, feed: Feed, totals: FeedTotals) -> FeedRun {
    let source = SourceId::from(server);
    let id = RunId::of(&source, &feed.key, at(0).as_millisecond());
    let viewing = |viewer: &Viewer| {
        Arc::new(Viewing {
            id: ViewingId::of(&source, &viewer.client_id, at(15).as_millisecond()),
            source: source.clone(),
            run: id.clone(),
            feed: feed.key.clone(),
            kind: feed.kind,
            channel: feed.channel.clone(),
            profile: feed.profile,
            account: None,
            started_at: viewer.connected_at.unwrap_or(at(15)),
            ended_at: None,
            seen_at: at(59),
            viewer: viewer.clone(),
            sent_bytes: viewer.sent_bytes,
        })
    };
    FeedRun {
        id: id.clone(),
        source: source.clone(),
        started_at: at(0),
        ended_at: None,
        seen_at: at(59),
        totals,
        segments: Arc::new(Vec::<FeedSegment>::new()),
        viewings: feed.viewers.iter().map(viewing).collect(),
        feed: Arc::new(feed),
    }
}

pub(crate) fn feed(key: &str, kind: FeedKind) -> Feed {
    Feed {
        key: key.into(),
        kind,
        state: None,
        channel: Arc::default(),
        stream: Arc::default(),
        media: Arc::default(),
        profile: None,
        programme: None,
        started_at: Some(at(0)),
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: None,
        viewer_count: None,
        viewers: Arc::default(),
    }
}

pub(crate) fn viewer(client_id: &str, user: Option<(i64, &str)>) -> Viewer {
    Viewer {
        client_id: client_id.into(),
        user_id: user.map(|u| u.0),
        user: user.map(|u| u.1.into()),
        address: Some("203.0.113.7".into()),
        user_agent: Some("VLC/3.0.20 \"LibVLC\"".into()),
        worker_id: Some("vm:11064".into()),
        connected_at: Some(at(31)),
        sent_bytes: Some(7_164_304),
        mean_bps: Some(3_989_504),
        now_bps: Some(2_032_435),
    }
}

fn channel() -> (Feed, FeedTotals) {
    let mut new = feed(NEWS, FeedKind::Live);
    new.state = Some(FeedState::Active);
    new.channel = Arc::new(Channel {
        id: Some(1),
        uuid: Some(NEWS.into()),
        name: Some("News \"One\" \\HD".into()),
        number: Some(101.0),
        group: Some("News".into()),
        logo: Some("/api/channels/logos/1/cache/".into()),
        ..Channel::default()
    });
    new.stream = Arc::new(FeedStream {
        id: Some(5),
        name: Some("News One (backup)".into()),
        index: Some(1),
        available: Some(2),
        stream_profile: Some("ffmpeg".into()),
    });
    new.media = Arc::new(FeedMedia {
        video_codec: Some("h264".into()),
        resolution: Some("1280x720".into()),
        fps: Some(23.98),
        audio_codec: Some("aac".into()),
        audio_channels: Some("stereo".into()),
        container: Some("mpegts".into()),
        video_bitrate_bps: Some(2_500_000),
        output_bitrate_bps: Some(2_787_100),
        speed: Some(1.12),
    });
    new.profile = Some(ProfileId(2));
    new.programme = Some(Arc::new(Programme {
        title: Some("Show 1-5".into()),
        subtitle: Some("Part \"0\"".into()),
        description: Some("Line one\nline two \\ end".into()),
        starts_at: Some(at(-1740)),
        ends_at: Some(at(1860)),
    }));
    new.uptime_ms = Some(46_400);
    new.received_bytes = Some(16_022_016);
    new.viewer_count = Some(2);
    new.viewers = Arc::new(vec![
        viewer("client_1", Some((3, "streamer"))),
        viewer("client_2", None),
    ]);
    let totals = FeedTotals {
        active_ms: 46_000,
        buffering_ms: 2_500,
        failovers: 1,
        errors: 1,
        received_bytes: Some(16_022_016),
        ..FeedTotals::default()
    };
    (new, totals)
}

fn preview() -> (Feed, FeedTotals) {
    let mut new = feed(HASH, FeedKind::Preview);
    new.stream = Arc::new(FeedStream {
        id: Some(3),
        name: Some("Film Kanal".into()),
        ..FeedStream::default()
    });
    new.profile = Some(ProfileId(2));
    new.uptime_ms = Some(9_000);
    new.viewer_count = Some(0);
    (new, FeedTotals::default())
}

fn film() -> (Feed, FeedTotals) {
    let mut new = feed(FILM, FeedKind::Vod);
    new.state = Some(FeedState::Active);
    new.channel = Arc::new(Channel {
        uuid: Some("57cca6c0-3ae9-4b13-be18-9260d7d72683".into()),
        name: Some("Big Test (2019)".into()),
        group: Some("XC Movies".into()),
        content_type: Some("movie".into()),
        year: Some(2019),
        duration_ms: Some(120_000),
        ..Channel::default()
    });
    new.profile = Some(ProfileId(3));
    new.uptime_ms = Some(14_000);
    new.sent_bytes = Some(17_203_200);
    new.viewer_count = Some(1);
    new.viewers = Arc::new(vec![Viewer {
        mean_bps: None,
        now_bps: None,
        worker_id: None,
        connected_at: Some(at(0)),
        sent_bytes: Some(17_203_200),
        ..viewer(FILM, None)
    }]);
    let totals = FeedTotals {
        sent_bytes: Some(17_203_200),
        ..FeedTotals::default()
    };
    (new, totals)
}

fn catch_up() -> (Feed, FeedTotals) {
    let mut new = feed("timeshift_9", FeedKind::Timeshift);
    new.state = Some(FeedState::Paused);
    new.channel = Arc::new(Channel {
        uuid: Some(NEWS.into()),
        name: Some("News One HD".into()),
        number: Some(102.5),
        series: Some("The News".into()),
        season: Some(1),
        episode: Some(2),
        ..Channel::default()
    });
    new.viewer_count = Some(1);
    new.viewers = Arc::new(vec![viewer("catch-up", Some((2, "standard")))]);
    (new, FeedTotals::default())
}

pub(crate) fn inventory() -> Inventory {
    let user = |id, name: &str, level, can_play| ManagerUser {
        id,
        name: name.into(),
        level: Some(level),
        is_staff: Some(false),
        joined_at: Some(at(-86_400)),
        stream_limit: Some(3),
        can_play,
    };
    Inventory {
        channels: Some(6),
        groups: Some(5),
        accounts: Some(vec![standard(), panel()]),
        epg_sources: Some(vec![EpgSource {
            id: 1,
            name: "Test EPG".into(),
            kind: "xmltv".into(),
            status: Some("success".into()),
            is_active: Some(true),
            priority: Some(0),
            url: Some("http://203.0.113.1:18180/epg.xml".into()),
            updated_at: Some(at(-600)),
        }]),
        users: Some(vec![
            user(1, "admin", "admin", false),
            user(2, "standard", "standard", true),
            user(3, "streamer", "streamer", true),
        ]),
        channel_list: Some(vec![ListedChannel {
            id: 1,
            uuid: NEWS.into(),
            name: "News One HD".into(),
            number: Some(101.0),
            group: Some("News".into()),
            tvg_id: Some("news.one".into()),
            catchup_days: Some(7),
            is_catchup: Some(true),
            is_hidden: Some(true),
            streams: Some(2),
        }]),
        plugins: Some(vec![Plugin {
            key: "a_plugin".into(),
            name: "A plugin".into(),
            version: Some("1.0".into()),
            is_enabled: Some(true),
            is_deprecated: Some(false),
            is_managed: None,
        }]),
    }
}

fn standard() -> ProviderAccount {
    ProviderAccount {
        id: 2,
        name: "Provider \"A\"".into(),
        kind: "STD".into(),
        status: Some("success".into()),
        is_active: Some(true),
        username: None,
        server_url: Some("http://203.0.113.1:18180/list.m3u".into()),
        streams: Some(5),
        updated_at: Some(at(-600)),
        message: None,
        profiles: vec![
            ProviderProfile {
                id: ProfileId(2),
                name: "Provider A Default".into(),
                is_active: Some(true),
                max_connections: Some(3),
                expires_at: None,
                reserved_connections: Some(3),
            },
            ProviderProfile {
                id: ProfileId(5),
                name: "Second login".into(),
                is_active: Some(true),
                max_connections: Some(0),
                expires_at: None,
                reserved_connections: Some(0),
            },
        ],
    }
}

fn panel() -> ProviderAccount {
    ProviderAccount {
        id: 3,
        name: "XC Panel".into(),
        kind: "XC".into(),
        status: Some("idle".into()),
        is_active: Some(false),
        username: Some("xuser".into()),
        server_url: Some("http://203.0.113.1:18180".into()),
        streams: None,
        updated_at: None,
        message: None,
        profiles: vec![ProviderProfile {
            id: ProfileId(3),
            name: "XC Panel Default".into(),
            is_active: Some(true),
            max_connections: Some(2),
            expires_at: Some(at(60 + 30 * 86_400 + 5)),
            reserved_connections: None,
        }],
    }
}
