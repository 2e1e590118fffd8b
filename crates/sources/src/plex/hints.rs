//! What notifications are good for: refining sessions we know, and saying when to look again.
//!
//! Pure: a notification is only a hint, a look at `/status/sessions` is the truth. This decides which hints are
//! passed on, and when the next look is due because of one. Times are milliseconds of `base::Clock::mono_ms`.

use std::collections::HashMap;

use model::{Session, SessionDelta, SessionKey, State, Text};

use super::map::{Notification, PlayingState};

/// A look follows a notification after this time, so that those of the same instant share one.
pub(super) const GATHER_MS: u64 = 4;

/// Servers tell of a session before they list it: waits before looking again for what a look did not show. After
/// the last one the list is believed.
const UNLISTED_AGAIN_MS: [u64; 4] = [100, 250, 500, 1000];

/// The same for a session that is still listed after its end was told. Together they outlast the two seconds for
/// which readers take a notified stop for true against the list.
const LISTED_AGAIN_MS: [u64; 5] = [100, 250, 500, 1000, 1500];

/// Sessions that are told of but never listed, remembered so that each does not cost a look every time it is told
/// of; beyond this all are forgotten.
const UNLISTED_MAX: usize = 512;

/// Sessions for which a look is wanted at once; beyond that, one look answers for all.
const WANTS_MAX: usize = 2048;

/// One session of the last look, refined by what was told since.
#[derive(Clone, Debug)]
struct Seen {
    rating_key: Option<Text>,
    /// A second name the notifications use for the same item: live television has one for its hidden item.
    alias: Option<Text>,
    live: bool,
    state: State,
    told_ms: u64,
}

impl Seen {
    fn is_about(&self, told: Option<&Text>) -> bool {
        let Some(told) = told else { return true };
        self.rating_key.is_none()
            || self.rating_key.as_ref() == Some(told)
            || self.alias.as_ref() == Some(told)
    }
}

/// What a look should show for one session key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// Any look will do.
    Look,
    /// The session plays this item (`None`: any).
    Listed(Option<Text>, State),
    /// The session is gone, or plays something else.
    Gone(Option<Text>),
}

#[derive(Clone, Debug)]
struct Want {
    what: Wanted,
    since_ms: u64,
    due_ms: u64,
    looks: usize,
}

/// What is to be told on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) deltas: Vec<SessionDelta>,
    /// Notifications received, whether or not they said anything.
    pub(super) notifications: u64,
}

/// Side effects that other loops want to know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stirred {
    pub(super) activity: bool,
    pub(super) libraries: bool,
}

#[derive(Debug, Default)]
pub(super) struct Hints {
    known: HashMap<SessionKey, Seen>,
    pending: HashMap<SessionKey, SessionDelta>,
    wants: HashMap<SessionKey, Want>,
    /// A look is wanted that was asked for after this moment, whatever it shows.
    look_after_ms: Option<u64>,
    unlisted: HashMap<SessionKey, (Option<Text>, State)>,
    notifications: u64,
    urgent: bool,
    stirred: Stirred,
}

impl Hints {
    /// Takes in one notification.
    pub(super) fn notice(&mut self, notification: Notification, now_ms: u64) {
        match notification {
            Notification::Playing {
                key,
                rating_key,
                state,
                position_ms,
                ..
            } => {
                self.notice_playing(key, rating_key, state_of(state), position_ms, now_ms);
            }
            Notification::TranscodeStarted | Notification::TranscodeEnded => self.want_look(now_ms),
            Notification::TranscodeUpdated => {}
            Notification::Activity => self.stirred.activity = true,
            Notification::LibraryChanged => self.stirred.libraries = true,
        }
    }

    /// Counts messages from the server, whatever they said.
    pub(super) fn count_messages(&mut self, messages: u64) {
        self.notifications += messages;
    }

    fn notice_playing(
        &mut self,
        key: SessionKey,
        rating_key: Option<Text>,
        state: State,
        position_ms: Option<u64>,
        now_ms: u64,
    ) {
        if key.as_str().is_empty() {
            return;
        }
        let Some(seen) = self.known.get_mut(&key) else {
            return self.notice_unknown(key, rating_key, state, now_ms);
        };
        if !seen.is_about(rating_key.as_ref()) {
            if !seen.live {
                // The next item under the same key, or the late end of the one before: the look will tell.
                let what = if state == State::Stopped {
                    Wanted::Look
                } else {
                    Wanted::Listed(rating_key, state)
                };
                return self.want(key, what, now_ms);
            }
            seen.alias.clone_from(&rating_key);
            self.look_after_ms = Some(now_ms);
        }
        let changed = seen.state != state;
        seen.state = state;
        seen.told_ms = now_ms;
        // An alias would make the hint one about another item.
        let rating_key = seen.rating_key.clone();
        let delta = SessionDelta {
            key: key.clone(),
            rating_key: rating_key.clone(),
            state: (state != State::Unknown).then_some(state),
            position_ms,
        };
        merge(&mut self.pending, delta);
        if changed {
            self.urgent = true;
            let what = if state == State::Stopped {
                Wanted::Gone(rating_key)
            } else {
                Wanted::Look
            };
            self.want(key, what, now_ms);
        }
    }

    fn notice_unknown(&mut self, key: SessionKey, rating_key: Option<Text>, state: State, now_ms: u64) {
        let told = (rating_key.clone(), state);
        if self.unlisted.get(&key) == Some(&told) {
            return;
        }
        match self.wants.get(&key).map(|w| &w.what) {
            // Already on the way.
            Some(Wanted::Listed(wanted, _)) if *wanted == rating_key && state != State::Stopped => return,
            _ => {}
        }
        if state == State::Stopped {
            // Some clients end a session under a key of its own: one look, then nothing more.
            self.shrug(key.clone(), told);
            self.want(key, Wanted::Look, now_ms);
        } else {
            self.want(key, Wanted::Listed(rating_key, state), now_ms);
        }
    }

    fn want(&mut self, key: SessionKey, what: Wanted, now_ms: u64) {
        let same = self
            .wants
            .get(&key)
            .is_some_and(|w| w.what == what && w.what != Wanted::Look);
        if same {
            return;
        }
        if self.wants.len() >= WANTS_MAX && !self.wants.contains_key(&key) {
            return self.want_look(now_ms);
        }
        self.wants.insert(
            key,
            Want {
                what,
                since_ms: now_ms,
                due_ms: now_ms + GATHER_MS,
                looks: 0,
            },
        );
    }

    fn shrug(&mut self, key: SessionKey, told: (Option<Text>, State)) {
        if self.unlisted.len() >= UNLISTED_MAX {
            self.unlisted.clear();
        }
        self.unlisted.insert(key, told);
    }

    /// A look is wanted, for a reason that names no session.
    pub(super) fn want_look(&mut self, now_ms: u64) {
        self.look_after_ms = Some(now_ms);
    }

    /// The connection is new: nothing was replayed, and session keys may have begun again from 1.
    pub(super) fn reconnected(&mut self, now_ms: u64) {
        self.unlisted.clear();
        self.want_look(now_ms);
    }

    /// When the next look is due because of a hint. Maybe in the past.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let wants = self.wants.values().map(|w| w.due_ms).min();
        let look = self.look_after_ms.map(|ms| ms + GATHER_MS);
        wants.into_iter().chain(look).min()
    }

    /// True if a state was told since, so that a look asked for at `asked_ms` is no longer the newest word.
    pub(super) fn told_since(&self, asked_ms: u64) -> bool {
        self.look_after_ms.is_some_and(|ms| ms >= asked_ms)
            || self.wants.values().any(|w| w.since_ms >= asked_ms)
    }

    /// Takes in a full look that was asked for at `asked_ms`.
    pub(super) fn look(&mut self, sessions: &[Session], asked_ms: u64, now_ms: u64) {
        let before = std::mem::take(&mut self.known);
        // What was told before is in the look, or overtaken by it.
        self.pending
            .retain(|key, _| before.get(key).is_some_and(|old| old.told_ms >= asked_ms));
        for session in sessions {
            let rating_key = session.item.rating_key.clone();
            let mut seen = Seen {
                alias: None,
                live: session.item.live.is_some(),
                state: session.state,
                told_ms: 0,
                rating_key,
            };
            if let Some(old) = before
                .get(&session.key)
                .filter(|old| old.rating_key == seen.rating_key)
            {
                seen.alias.clone_from(&old.alias);
                if old.told_ms >= asked_ms {
                    // Told while the look was under way.
                    (seen.state, seen.told_ms) = (old.state, old.told_ms);
                }
            }
            self.unlisted.remove(&session.key);
            self.known.insert(session.key.clone(), seen);
        }
        self.answer_wants(asked_ms, now_ms);
    }

    fn answer_wants(&mut self, asked_ms: u64, now_ms: u64) {
        self.look_after_ms = self.look_after_ms.filter(|ms| *ms >= asked_ms);
        let mut wants = std::mem::take(&mut self.wants);
        wants.retain(|key, want| {
            // A want told while the look was under way keeps its own look.
            want.since_ms >= asked_ms || !self.is_answered(key, want, asked_ms, now_ms)
        });
        self.wants = wants;
    }

    /// True if a want is met or given up; else the next look for it is set.
    fn is_answered(&mut self, key: &SessionKey, want: &mut Want, asked_ms: u64, now_ms: u64) -> bool {
        let seen = self.known.get_mut(key);
        let met = match (&want.what, &seen) {
            (Wanted::Look, _) | (Wanted::Gone(_), None) => true,
            (Wanted::Listed(..), None) => false,
            (Wanted::Listed(item, _), Some(seen)) => seen.live || seen.is_about(item.as_ref()),
            (Wanted::Gone(item), Some(seen)) => seen.rating_key != *item,
        };
        if met {
            return true;
        }
        if asked_ms < want.due_ms {
            // A look for somebody else's sake, before ours.
            return false;
        }
        let waits = match want.what {
            Wanted::Gone(_) => &LISTED_AGAIN_MS[..],
            Wanted::Look | Wanted::Listed(..) => &UNLISTED_AGAIN_MS[..],
        };
        if let Some(wait) = waits.get(want.looks) {
            want.looks += 1;
            want.due_ms = now_ms + wait;
            return false;
        }
        match (&want.what, seen) {
            (Wanted::Listed(item, _), Some(seen)) => seen.alias.clone_from(item),
            (Wanted::Listed(item, state), None) => self.shrug(key.clone(), (item.clone(), *state)),
            _ => {}
        }
        true
    }

    /// True if something was noticed that should not wait for the next regular flush.
    pub(super) fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// True if there is something to flush at all.
    pub(super) fn has_news(&self) -> bool {
        self.notifications > 0 || !self.pending.is_empty()
    }

    /// Takes what is to be told on.
    pub(super) fn take(&mut self) -> Batch {
        self.urgent = false;
        Batch {
            deltas: self.pending.drain().map(|(_, delta)| delta).collect(),
            notifications: std::mem::take(&mut self.notifications),
        }
    }

    pub(super) fn take_stirred(&mut self) -> Stirred {
        std::mem::take(&mut self.stirred)
    }
}

fn merge(pending: &mut HashMap<SessionKey, SessionDelta>, delta: SessionDelta) {
    let Some(old) = pending.get_mut(&delta.key) else {
        pending.insert(delta.key.clone(), delta);
        return;
    };
    old.rating_key = delta.rating_key;
    old.state = delta.state.or(old.state);
    old.position_ms = delta.position_ms.or(old.position_ms);
}

fn state_of(state: PlayingState) -> State {
    match state {
        PlayingState::Playing => State::Playing,
        PlayingState::Paused => State::Paused,
        PlayingState::Buffering => State::Buffering,
        PlayingState::Stopped => State::Stopped,
        PlayingState::Error | PlayingState::Other => State::Unknown,
    }
}

#[cfg(test)]
mod tests;
