//! What notifications are good for: saying that a look is worth it now. Pure; times are milliseconds of
//! `base::Clock::mono_ms`.

use std::time::Duration;

/// A look follows a notification after this time, so that those of the same instant share one.
const GATHER_MS: u64 = 50;

/// Least time between the end of a look and the next one for a hint's sake.
const REST_MS: u64 = 1_000;

/// Each of our looks at the old statistics is itself announced to everybody; for this long after one, such an
/// announcement says nothing.
const ECHO_MS: u64 = 1_000;

/// What an event of its web socket is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Channels; sent also whenever anybody asks for the old statistics.
    Channels,
    /// Films, and programmes of the past.
    OnDemand,
    /// Everything else.
    Other,
}

impl Event {
    /// Of the `type` of its data.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "channel_stats" => Self::Channels,
            _ if name.starts_with("vod_") || name.starts_with("timeshift_") => Self::OnDemand,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Hints {
    /// When something happened that no look has seen.
    wanted_ms: Option<u64>,
    /// When the last look ended.
    looked_ms: Option<u64>,
    /// A look that is announced is under way.
    looking: bool,
    /// The last look was announced.
    echoes: bool,
    received: u64,
}

impl Hints {
    /// Takes in one message.
    pub(super) fn notice(&mut self, event: Event, now_ms: u64) {
        self.received += 1;
        let echo = self.looking
            || (self.echoes
                && self
                    .looked_ms
                    .is_some_and(|at| now_ms < at.saturating_add(ECHO_MS)));
        match event {
            Event::Other => {}
            Event::Channels if echo => {}
            Event::Channels | Event::OnDemand => {
                self.wanted_ms.get_or_insert(now_ms);
            }
        }
    }

    /// A connection stands again: what it missed is unknown.
    pub(super) fn reconnected(&mut self, now_ms: u64) {
        self.wanted_ms.get_or_insert(now_ms);
    }

    /// A look begins; it answers everything noticed so far. `echoes`: it is announced to everybody, us included.
    pub(super) fn look_begins(&mut self, echoes: bool) {
        (self.wanted_ms, self.looking, self.echoes) = (None, echoes, echoes);
    }

    pub(super) fn look_ended(&mut self, now_ms: u64) {
        (self.looking, self.looked_ms) = (false, Some(now_ms));
    }

    /// How long until the next look is due because of a hint.
    pub(super) fn due_in(&self, now_ms: u64) -> Option<Duration> {
        let rested_ms = self.looked_ms.map_or(0, |at| at.saturating_add(REST_MS));
        let due_ms = self.wanted_ms?.saturating_add(GATHER_MS).max(rested_ms);
        Some(Duration::from_millis(due_ms.saturating_sub(now_ms)))
    }

    /// Messages since last asked.
    pub(super) fn take_received(&mut self) -> u64 {
        std::mem::take(&mut self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart() {
        for (name, event) in [
            ("channel_stats", Event::Channels),
            ("vod_started", Event::OnDemand),
            ("vod_stats", Event::OnDemand),
            ("timeshift_stats", Event::OnDemand),
            ("m3u_refresh", Event::Other),
            ("", Event::Other),
        ] {
            assert_eq!(Event::of(name), event, "{name}");
        }
    }

    #[test]
    fn a_hint_brings_a_look_and_a_look_answers_all_hints() {
        let mut hints = Hints::default();
        assert_eq!(hints.due_in(5), None);
        hints.notice(Event::Other, 5);
        assert_eq!(hints.due_in(5), None);
        hints.notice(Event::Channels, 10);
        hints.notice(Event::OnDemand, 40);
        assert_eq!(hints.due_in(10), Some(Duration::from_millis(GATHER_MS)));
        hints.look_begins(false);
        assert_eq!(hints.due_in(60), None);
        hints.look_ended(70);
        // Said while the look was under way or after: it may have missed that.
        hints.notice(Event::Channels, 71);
        assert_eq!(hints.due_in(71), Some(Duration::from_millis(REST_MS - 1)));
        assert_eq!(hints.due_in(5_000), Some(Duration::ZERO));
        assert_eq!((hints.take_received(), hints.take_received()), (4, 0));
    }

    #[test]
    fn our_own_looks_bring_no_others() {
        let mut hints = Hints::default();
        hints.look_begins(true);
        hints.notice(Event::Channels, 10);
        hints.look_ended(20);
        hints.notice(Event::Channels, 30);
        assert_eq!(hints.due_in(30), None);
        // What is not announced is news even then.
        hints.notice(Event::OnDemand, 40);
        assert_eq!(hints.due_in(40), Some(Duration::from_millis(REST_MS - 20)));
        hints.look_begins(true);
        hints.look_ended(100);
        hints.notice(Event::Channels, 100 + ECHO_MS);
        assert!(hints.due_in(100 + ECHO_MS).is_some());
    }
}
