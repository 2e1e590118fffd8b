//! Moves messages: observations in, snapshots and events out. Decides nothing.

use std::sync::Arc;

use model::{Event, Observation, Snapshot, SourceId};
use tokio::sync::{broadcast, mpsc, watch};

use crate::State;

/// Observations waiting for the actor. A source whose send would block waits: it may skip a poll, not lose one.
pub const OBSERVATION_QUEUE: usize = 1024;

/// Events a slow listener may fall behind; beyond that it is told so and reads the snapshot again.
const EVENT_BUFFER: usize = 1024;

/// Observations applied before one publication.
const BATCH: usize = 256;

/// Read access to the live state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
}

impl Live {
    /// The newest state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Wakes at every publication.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Changes from now on. Subscribe first, then read the snapshot, and nothing is missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

/// The one task that writes.
#[derive(Debug)]
pub struct Actor {
    state: State,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
}

/// Servers known from the configuration are visible from the start, in this order.
pub fn channel(servers: impl IntoIterator<Item = (SourceId, &'static str)>) -> (Actor, Live) {
    let state = State::new(servers);
    let (snapshots, rx) = watch::channel(Arc::new(state.snapshot()));
    let (events, _) = broadcast::channel(EVENT_BUFFER);
    (
        Actor {
            state,
            snapshots,
            events: events.clone(),
        },
        Live {
            snapshots: rx,
            events,
        },
    )
}

impl Actor {
    /// Runs until every sender is gone and the queue is empty.
    ///
    /// Whatever waits is applied together and published once; the snapshot goes out before its events, so that who
    /// hears an event finds it in the snapshot.
    pub async fn run(mut self, mut observations: mpsc::Receiver<Observation>) {
        let mut waiting = Vec::new();
        let mut events = Vec::new();
        while observations.recv_many(&mut waiting, BATCH).await > 0 {
            for seen in waiting.drain(..) {
                self.state.reconcile(seen, &mut events);
            }
            self.snapshots.send_replace(Arc::new(self.state.snapshot()));
            for event in events.drain(..) {
                // Nobody listening is fine.
                let _ = self.events.send(event);
            }
        }
    }
}
