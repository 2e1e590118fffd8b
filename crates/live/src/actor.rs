//! Moves messages: observations in, snapshots, events and ended plays out. Decides nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Carried, Ended, Event, Observation, Snapshot, SourceId};
use tokio::sync::{broadcast, mpsc, watch};

use crate::State;
use crate::recent::Recent;

/// Observations waiting for the actor. A source whose send would block waits: it may skip a poll, not lose one.
pub const OBSERVATION_QUEUE: usize = 1024;

/// Events a slow listener may fall behind; beyond that it is told so and reads the snapshot again.
const EVENT_BUFFER: usize = 1024;

/// Observations applied before one publication.
const BATCH: usize = 256;

/// What ended, handed over and not yet taken by the one who keeps it.
const JOURNAL_QUEUE: usize = 256;

/// Ended plays that wait behind a full journal. At a play ended every second it lasts for an hour and more of a
/// store that does not move; beyond it they are dropped and counted.
const JOURNAL_BACKLOG: usize = 5_000;

/// Ended runs and viewings that wait there. A hundred stream managers that stop at once, each with 20 runs and 100
/// viewings, are 12,000: room for four times that. Beyond it they are dropped and counted; plays keep their own room.
const JOURNAL_FEEDS: usize = 50_000;

/// Read access to the live state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    unkept: Arc<AtomicU64>,
    recent: Recent,
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

    /// The load of the last hour; empty unless somebody feeds it.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Ended plays, runs and viewings that the journal had no room for, since the start.
    pub fn unkept(&self) -> u64 {
        self.unkept.load(Ordering::Relaxed)
    }
}

/// The one task that writes.
#[derive(Debug)]
pub struct Actor {
    state: State,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    journal: Option<Journal>,
    unkept: Arc<AtomicU64>,
}

/// What ended, on its way to the one who keeps them. None is lost while there is room, however slow that one is.
#[derive(Debug)]
struct Journal {
    out: mpsc::Sender<Ended>,
    backlog: Backlog,
}

impl Journal {
    /// Takes one in; false if there is no room left.
    fn add(&mut self, ended: Ended) -> bool {
        if self.out.is_closed() {
            return false;
        }
        if !self.backlog.has_room(&ended) {
            self.hand_over();
        }
        let has_room = self.backlog.has_room(&ended);
        if has_room {
            self.backlog.push(ended);
        }
        has_room
    }

    /// Passes on as many as are taken without waiting.
    fn hand_over(&mut self) {
        while !self.backlog.is_empty()
            && let Ok(place) = self.out.try_reserve()
            && let Some(ended) = self.backlog.next()
        {
            place.send(ended);
        }
    }

    /// Waits until one more is taken. For ever if there is nothing to hand over.
    async fn hand_over_one(&mut self) {
        if self.backlog.is_empty() {
            return std::future::pending().await;
        }
        let Ok(place) = self.out.reserve().await else {
            // Nobody will ever take them.
            self.backlog = Backlog::default();
            return;
        };
        if let Some(ended) = self.backlog.next() {
            place.send(ended);
        }
    }

    /// Waits until everything is taken.
    async fn finish(&mut self) {
        while !self.backlog.is_empty() {
            self.hand_over_one().await;
        }
    }
}

/// What ended, oldest first. Plays, and runs with viewings, each have their room.
#[derive(Debug, Default)]
struct Backlog {
    waiting: VecDeque<Ended>,
    plays: usize,
}

impl Backlog {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn has_room(&self, ended: &Ended) -> bool {
        if is_play(ended) {
            self.plays < JOURNAL_BACKLOG
        } else {
            self.waiting.len() - self.plays < JOURNAL_FEEDS
        }
    }

    fn push(&mut self, ended: Ended) {
        self.plays += usize::from(is_play(&ended));
        self.waiting.push_back(ended);
    }

    fn next(&mut self) -> Option<Ended> {
        let ended = self.waiting.pop_front()?;
        self.plays -= usize::from(is_play(&ended));
        Some(ended)
    }
}

fn is_play(ended: &Ended) -> bool {
    match ended {
        Ended::Play(_) => true,
        Ended::Run(_) | Ended::Viewing(_) => false,
    }
}

/// Servers known from the configuration are visible from the start, in this order.
pub fn channel(servers: impl IntoIterator<Item = (SourceId, &'static str)>) -> (Actor, Live) {
    let state = State::new(servers);
    let (snapshots, rx) = watch::channel(Arc::new(state.snapshot()));
    let (events, _) = broadcast::channel(EVENT_BUFFER);
    let unkept = Arc::new(AtomicU64::new(0));
    let actor = Actor {
        state,
        snapshots,
        events: events.clone(),
        journal: None,
        unkept: unkept.clone(),
    };
    let live = Live {
        snapshots: rx,
        events,
        unkept,
        recent: Recent::default(),
    };
    (actor, live)
}

impl Actor {
    /// Takes up what an earlier process knew; see [`State::restore`]. Visible at once.
    pub fn restore(&mut self, carried: impl IntoIterator<Item = Carried>) {
        self.state.restore(carried);
        self.publish();
    }

    /// Everything that ends from now on, in order, for the one who keeps them. Each is here before a snapshot
    /// without it is published. Dropping the receiver ends the journal.
    pub fn journal(&mut self) -> mpsc::Receiver<Ended> {
        let (out, received) = mpsc::channel(JOURNAL_QUEUE);
        self.journal = Some(Journal {
            out,
            backlog: Backlog::default(),
        });
        received
    }

    /// Runs until every sender is gone and the queue is empty, and until the journal has been taken.
    ///
    /// Whatever waits is applied together and published once; the snapshot goes out before its events, so that who
    /// hears an event finds it in the snapshot.
    pub async fn run(mut self, mut observations: mpsc::Receiver<Observation>) {
        let mut waiting = Vec::new();
        let mut events = Vec::new();
        loop {
            let received = tokio::select! {
                biased;
                received = observations.recv_many(&mut waiting, BATCH) => received,
                () = hand_over_one(&mut self.journal) => continue,
            };
            if received == 0 {
                break;
            }
            for seen in waiting.drain(..) {
                self.state.reconcile(seen, &mut events);
            }
            self.keep_ended(&events);
            self.publish();
            for event in events.drain(..) {
                // Nobody listening is fine.
                let _ = self.events.send(event);
            }
        }
        if let Some(mut journal) = self.journal.take() {
            journal.finish().await;
        }
    }

    fn publish(&self) {
        self.snapshots.send_replace(Arc::new(self.state.snapshot()));
    }

    fn keep_ended(&mut self, events: &[Event]) {
        let Some(journal) = &mut self.journal else { return };
        for event in events {
            let ended = match event {
                Event::PlayEnded(play) => Ended::Play(play.clone()),
                Event::RunEnded(run) => Ended::Run(run.clone()),
                Event::ViewingEnded(viewing) => Ended::Viewing(viewing.clone()),
                _ => continue,
            };
            if !journal.add(ended) {
                self.unkept.fetch_add(1, Ordering::Relaxed);
            }
        }
        journal.hand_over();
    }
}

async fn hand_over_one(journal: &mut Option<Journal>) {
    match journal {
        Some(journal) => journal.hand_over_one().await,
        None => std::future::pending().await,
    }
}
