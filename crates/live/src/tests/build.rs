//! A tiny world to observe.

use std::sync::Arc;

use model::{
    Body, Decision, Delivery, Event, Item, LibraryKind, LibraryRef, MediaKind, Observation, Outage, Play,
    Player, ServerSnapshot, Session, SessionDelta, SourceId, SourceMedia, State as PlayerState, Timestamp,
    User,
};

use crate::State;

pub(super) const START_MS: i64 = 1_763_700_000_000;

/// A state, a clock and the events so far.
pub(super) struct World {
    pub(super) state: State,
    pub(super) now_ms: u64,
    pub(super) events: Vec<Event>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            state: State::new([(SourceId::from("attic"), "plex")]),
            now_ms: 0,
            events: Vec::new(),
        }
    }

    pub(super) fn wait(&mut self, ms: u64) -> &mut Self {
        self.now_ms += ms;
        self
    }

    pub(super) fn see(&mut self, body: Body) -> &mut Self {
        let seen = Observation {
            source: "attic".into(),
            taken_at: at(self.now_ms),
            mono_ms: self.now_ms,
            body,
        };
        self.state.reconcile(seen, &mut self.events);
        self
    }

    /// A look asked for and answered at this very moment.
    pub(super) fn look(&mut self, sessions: Vec<Session>) -> &mut Self {
        let asked_mono_ms = self.now_ms;
        self.see(Body::Sessions {
            sessions,
            asked_mono_ms,
        })
    }

    pub(super) fn hint(&mut self, key: &str, state: PlayerState) -> &mut Self {
        self.see(Body::Hints(vec![SessionDelta {
            key: key.into(),
            rating_key: None,
            state: Some(state),
            position_ms: None,
        }]))
    }

    pub(super) fn outage(&mut self, kind: &'static str) -> &mut Self {
        self.see(Body::Outage(Outage {
            kind,
            message: "gone".into(),
        }))
    }

    pub(super) fn server(&self) -> Arc<ServerSnapshot> {
        self.state.snapshot().servers[0].clone()
    }

    pub(super) fn play(&self) -> Arc<Play> {
        let server = self.server();
        assert_eq!(server.plays.len(), 1, "one open play expected");
        server.plays[0].clone()
    }

    pub(super) fn ended(&self) -> Vec<Arc<Play>> {
        self.events
            .iter()
            .filter_map(|e| {
                if let Event::PlayEnded(p) = e {
                    Some(p.clone())
                } else {
                    None
                }
            })
            .collect()
    }

    pub(super) fn plays_counted(&self) -> u64 {
        self.server().counters.values().map(|c| c.plays).sum()
    }

    pub(super) fn played_counted_ms(&self) -> u64 {
        self.server().counters.values().map(|c| c.played_ms).sum()
    }
}

pub(super) fn at(ms: u64) -> Timestamp {
    Timestamp::from_millisecond(START_MS + i64::try_from(ms).unwrap()).unwrap()
}

pub(super) fn item(rating_key: &str) -> Item {
    Item {
        rating_key: Some(rating_key.into()),
        guid: None,
        kind: MediaKind::Movie,
        title: Some(format!("Movie {rating_key}").into()),
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        index: None,
        parent_index: None,
        year: None,
        duration_ms: Some(6_000_000),
        library: Some(LibraryRef {
            id: "1".into(),
            title: "Movies".into(),
            kind: LibraryKind::Movie,
        }),
        thumb: None,
        live: None,
        extra: false,
        details: model::ItemDetails::default(),
    }
}

pub(super) fn session(key: &str, rating_key: &str, position_ms: u64) -> Session {
    Session {
        key: key.into(),
        client_run: None,
        state: PlayerState::Playing,
        position_ms: Some(position_ms),
        item: Arc::new(item(rating_key)),
        user: Some(User {
            id: Some("1".into()),
            name: "ada".into(),
        }),
        player: Arc::new(Player {
            machine_id: Some("tv".into()),
            ..Player::default()
        }),
        source: Arc::new(SourceMedia::default()),
        delivery: Arc::new(Delivery {
            decision: Some(Decision::DirectPlay),
            bitrate_bps: Some(8_000_000),
            ..Delivery::default()
        }),
    }
}

pub(super) fn with(session: &Session, change: impl FnOnce(&mut Session)) -> Session {
    let mut s = session.clone();
    change(&mut s);
    s
}
