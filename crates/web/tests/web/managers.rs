//! Stream managers to watch: what they have and what they carry, with every field that can be set.

use std::sync::Arc;

use model::iptv::{
    Channel, EpgSource, Feed, FeedKind, FeedMedia, FeedState, FeedStream, Inventory, ManagerUser, ProfileId,
    Programme, ProviderAccount, ProviderProfile, Viewer,
};
use model::{Body, ServerInfo};

use crate::support::{House, START};

pub(crate) const NEWS: &str = "5f0c2a6e-1b1d-4c0e-9d53-7c2b0f8f1d10";

/// A house with a Plex in the attic and a Dispatcharr in the cellar.
pub(crate) fn mixed() -> House {
    House::of_kinds(
        [("attic", model::PLEX), ("cellar", model::DISPATCHARR)].into_iter(),
        |_| (),
    )
}

/// A house with nothing but Dispatcharrs.
pub(crate) fn alone(servers: &[&'static str]) -> House {
    House::of_kinds(servers.iter().map(|id| (*id, model::DISPATCHARR)), |_| ())
}

impl House {
    /// A full look at what a manager carries, a second after whatever came before.
    pub(crate) async fn feeds(&self, server: &str, feeds: Vec<Feed>) {
        self.clock.advance(1_000);
        self.tell(server, Body::Feeds { feeds }).await;
    }
}

pub(crate) fn info() -> Body {
    Body::Info(ServerInfo {
        machine_id: "iptv".into(),
        name: None,
        version: Some("0.29.0".into()),
        platform: None,
        platform_version: None,
        plex_pass: None,
        video_transcodes: None,
    })
}

fn login(id: i64, name: &str, max_connections: u32) -> ProviderProfile {
    ProviderProfile {
        id: ProfileId(id),
        name: name.into(),
        is_active: Some(true),
        max_connections: Some(max_connections),
        expires_at: Some(START),
        reserved_connections: Some(3),
    }
}

/// Two providers, the first with two logins; the second without a limit.
pub(crate) fn inventory() -> Inventory {
    let account = |id: i64, name: &str, profiles| ProviderAccount {
        id,
        name: name.into(),
        kind: "XC".into(),
        status: Some("success".into()),
        is_active: Some(true),
        username: Some("planted-secret".into()),
        server_url: Some("http://planted-secret.example".into()),
        streams: Some(250),
        updated_at: Some(START),
        message: Some("fetched http://planted-secret.example/get.php?password=planted-secret".into()),
        profiles,
    };
    Inventory {
        channels: Some(1),
        groups: Some(2),
        accounts: Some(vec![
            account(1, "Acme TV", vec![login(7, "main", 2), login(8, "second", 1)]),
            account(2, "Spare", vec![login(9, "Spare", 0)]),
        ]),
        epg_sources: Some(vec![EpgSource {
            id: 4,
            name: "Guide".into(),
            kind: "xmltv".into(),
            status: Some("success".into()),
            is_active: Some(true),
            priority: Some(1),
            url: Some("http://planted-secret.example".into()),
            updated_at: Some(START),
        }]),
        users: Some(vec![ManagerUser {
            id: 3,
            name: "anna".into(),
            level: Some("standard"),
            is_staff: Some(false),
            joined_at: None,
            stream_limit: Some(0),
            can_play: true,
        }]),
        channel_list: None,
        plugins: None,
    }
}

pub(crate) fn viewer(client_id: &str, user: Option<&str>, address: &str) -> Viewer {
    Viewer {
        client_id: client_id.into(),
        user_id: user.map(|_| 3),
        user: user.map(Into::into),
        address: Some(address.into()),
        user_agent: Some("VLC/3.0".into()),
        worker_id: Some("host:17".into()),
        connected_at: Some(START),
        sent_bytes: Some(4_000_000),
        mean_bps: Some(4_000_000),
        now_bps: Some(4_100_000),
    }
}

/// A channel on its second stream, watched by anna and by somebody who did not sign in.
pub(crate) fn news() -> Feed {
    Feed {
        key: NEWS.into(),
        kind: FeedKind::Live,
        state: Some(FeedState::Active),
        channel: Arc::new(Channel {
            id: Some(11),
            uuid: Some(NEWS.into()),
            name: Some("News \"24\" <b>".into()),
            number: Some(102.5),
            group: Some("News".into()),
            logo: Some("/api/channels/logos/1/cache/".into()),
            ..Channel::default()
        }),
        stream: Arc::new(FeedStream {
            id: Some(5),
            name: Some("News HD backup".into()),
            index: Some(1),
            available: Some(3),
            stream_profile: Some("ffmpeg".into()),
        }),
        media: Arc::new(FeedMedia {
            video_codec: Some("h264".into()),
            resolution: Some("1920x1080".into()),
            fps: Some(25.0),
            audio_codec: Some("aac".into()),
            audio_channels: Some("stereo".into()),
            container: Some("mpegts".into()),
            video_bitrate_bps: Some(3_500_000),
            output_bitrate_bps: Some(4_200_000),
            speed: Some(1.01),
        }),
        profile: Some(ProfileId(7)),
        programme: Some(Arc::new(Programme {
            title: Some("Evening news".into()),
            subtitle: Some("A day".into()),
            description: Some("What happened".into()),
            starts_at: Some(START),
            ends_at: Some(START),
        })),
        started_at: Some(START),
        uptime_ms: None,
        received_bytes: Some(5_000_000),
        sent_bytes: None,
        viewer_count: Some(2),
        viewers: Arc::new(vec![
            viewer("c1", Some("anna"), "192.0.2.7"),
            viewer("c2", None, "192.0.2.8"),
        ]),
    }
}

/// A film on demand of which hardly anything is known; its login is in no account.
pub(crate) fn film() -> Feed {
    Feed {
        key: "vod_1_2".into(),
        kind: FeedKind::Vod,
        state: None,
        channel: Arc::new(Channel {
            name: Some("Amber Road".into()),
            // As a manager might tell it: not one of its own paths.
            logo: Some("http://planted-secret.example/logo.png".into()),
            ..Channel::default()
        }),
        stream: Arc::default(),
        media: Arc::new(FeedMedia {
            fps: Some(f64::INFINITY),
            ..FeedMedia::default()
        }),
        profile: Some(ProfileId(99)),
        programme: None,
        started_at: None,
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: Some(1_000),
        viewer_count: None,
        viewers: Arc::default(),
    }
}
