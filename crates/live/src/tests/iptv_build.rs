//! A tiny stream manager to observe.

use std::sync::Arc;

use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedState, FeedStream, Inventory, Iptv, ProfileId,
    ProviderAccount, ProviderCounters, ProviderProfile, Viewer, Viewing,
};
use model::{Body, Event, Timestamp};

use super::build::World;
use crate::State;

impl World {
    pub(super) fn manager() -> Self {
        Self {
            state: State::new([("attic".into(), model::DISPATCHARR)]),
            now_ms: 1_000_000,
            events: Vec::new(),
        }
    }

    pub(super) fn feeds(&mut self, feeds: Vec<Feed>) -> &mut Self {
        self.see(Body::Feeds { feeds })
    }

    pub(super) fn iptv(&self) -> Arc<Iptv> {
        self.server().iptv.clone().unwrap()
    }

    pub(super) fn run(&self) -> Arc<FeedRun> {
        let iptv = self.iptv();
        assert_eq!(iptv.runs.len(), 1, "one open run expected");
        iptv.runs[0].clone()
    }

    pub(super) fn provider(&self, id: i64) -> ProviderCounters {
        self.iptv()
            .providers
            .get(&ProfileId(id))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn ended_runs(&self) -> Vec<Arc<FeedRun>> {
        let ended = |e: &Event| match e {
            Event::RunEnded(r) => Some(r.clone()),
            _ => None,
        };
        self.events.iter().filter_map(ended).collect()
    }

    pub(super) fn ended_viewings(&self) -> Vec<Arc<Viewing>> {
        let ended = |e: &Event| match e {
            Event::ViewingEnded(v) => Some(v.clone()),
            _ => None,
        };
        self.events.iter().filter_map(ended).collect()
    }

    /// What the events since the last call were, in short.
    pub(super) fn told(&mut self) -> Vec<String> {
        let short = |e: Event| match e {
            Event::RunStarted(r) => Some(format!("run {} started", r.feed.key)),
            Event::RunChanged(r) => Some(format!("run {} changed", r.feed.key)),
            Event::RunEnded(r) => Some(format!("run {} ended", r.feed.key)),
            Event::ViewingEnded(v) => Some(format!("viewing {} ended", v.viewer.client_id)),
            _ => None,
        };
        self.events.drain(..).filter_map(short).collect()
    }
}

/// A live channel on stream 1 of login 7, as told without any clock.
pub(super) fn feed(key: &str) -> Feed {
    Feed {
        key: key.into(),
        kind: FeedKind::Live,
        state: Some(FeedState::Active),
        channel: Arc::new(Channel {
            name: Some(format!("Channel {key}").into()),
            ..Channel::default()
        }),
        stream: Arc::new(FeedStream {
            id: Some(1),
            ..FeedStream::default()
        }),
        media: Arc::new(FeedMedia::default()),
        profile: Some(ProfileId(7)),
        programme: None,
        started_at: None,
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: None,
        viewer_count: Some(0),
        viewers: Arc::new(Vec::new()),
    }
}

pub(super) fn change(feed: &Feed, change: impl FnOnce(&mut Feed)) -> Feed {
    let mut f = feed.clone();
    change(&mut f);
    f
}

/// Watched by these, all of them listed.
pub(super) fn watched(feed: &Feed, viewers: &[Viewer]) -> Feed {
    change(feed, |f| {
        f.viewer_count = Some(u32::try_from(viewers.len()).unwrap());
        f.viewers = Arc::new(viewers.to_vec());
    })
}

/// Fed by another stream and login.
pub(super) fn fed_by(feed: &Feed, stream: Option<i64>, profile: Option<i64>) -> Feed {
    change(feed, |f| {
        Arc::make_mut(&mut f.stream).id = stream;
        f.profile = profile.map(ProfileId);
    })
}

pub(super) fn in_state(feed: &Feed, state: FeedState) -> Feed {
    change(feed, |f| f.state = Some(state))
}

pub(super) fn received(feed: &Feed, bytes: u64) -> Feed {
    change(feed, |f| f.received_bytes = Some(bytes))
}

/// As a manager tells it: a start by its clock and the time since.
pub(super) fn since(feed: &Feed, started_at: Timestamp, uptime_ms: u64) -> Feed {
    change(feed, |f| {
        f.started_at = Some(started_at);
        f.uptime_ms = Some(uptime_ms);
    })
}

pub(super) fn viewer(client_id: &str) -> Viewer {
    Viewer {
        client_id: client_id.into(),
        user_id: Some(3),
        user: Some("ada".into()),
        address: Some("192.0.2.7".into()),
        user_agent: Some("VLC/3.0".into()),
        worker_id: None,
        connected_at: None,
        sent_bytes: None,
        mean_bps: None,
        now_bps: None,
    }
}

pub(super) fn sent(viewer: &Viewer, bytes: u64) -> Viewer {
    Viewer {
        sent_bytes: Some(bytes),
        ..viewer.clone()
    }
}

/// Logins 7 and 8 of one provider, with two and no limit.
pub(super) fn inventory() -> Arc<Inventory> {
    let profile = |id: i64, max| ProviderProfile {
        id: ProfileId(id),
        name: format!("login {id}").into(),
        is_active: Some(true),
        max_connections: Some(max),
        expires_at: None,
        reserved_connections: None,
    };
    Arc::new(Inventory {
        accounts: Some(vec![ProviderAccount {
            id: 1,
            name: "Acme".into(),
            kind: "XC".into(),
            status: None,
            is_active: Some(true),
            username: None,
            server_url: None,
            streams: None,
            updated_at: None,
            message: None,
            profiles: vec![profile(7, 2), profile(8, 0)],
        }]),
        ..Inventory::default()
    })
}
