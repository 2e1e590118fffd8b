//! Time and bytes earned by plays, and the counters they feed.

use std::sync::Arc;

use model::{CounterMap, Counters, Play, PlayTotals, State, Timestamp};

use crate::rules;

/// Bits per second × milliseconds that make one byte.
const BIT_MS_PER_BYTE: u64 = 8_000;

/// A play and what reconciling needs to know beyond what is published.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) play: Arc<Play>,
    /// Everything before this moment has been credited.
    pub(crate) credited_mono_ms: u64,
    /// First look, on the monotonic clock.
    pub(crate) started_mono_ms: u64,
    /// When a notification said it stopped.
    pub(crate) stop_hint: Option<StopHint>,
    /// Newest notification about this play; a look asked for earlier does not overrule it.
    pub(crate) hinted_mono_ms: Option<u64>,
    /// Bit rate × played time of this play.
    pub(crate) bit_ms: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StopHint {
    pub(crate) at: Timestamp,
    pub(crate) mono_ms: u64,
}

/// Where credited time goes besides the play.
#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    pub(crate) counters: &'a mut Arc<CounterMap>,
    /// Bit rate × played time of the whole server.
    pub(crate) bit_ms: &'a mut u64,
}

impl Track {
    /// A play that an earlier process left open. Nothing is credited before the first good look.
    pub(crate) fn carried(play: Play) -> Self {
        Self {
            bit_ms: bit_ms_of(play.totals.estimated_bytes.unwrap_or(0)),
            play: Arc::new(play),
            credited_mono_ms: 0,
            started_mono_ms: 0,
            stop_hint: None,
            hinted_mono_ms: None,
        }
    }

    /// Credits the time since the last call to the state the play was in. Called only when a look or a notification
    /// proves that the server was up all the while.
    pub(crate) fn credit(&mut self, until_mono_ms: u64, ledger: &mut Ledger<'_>) {
        let span_ms = until_mono_ms.saturating_sub(self.credited_mono_ms);
        self.credited_mono_ms = self.credited_mono_ms.max(until_mono_ms);
        if span_ms == 0 {
            return;
        }
        let mut earned = Counters::default();
        match self.play.session.state {
            State::Playing => earned.played_ms = span_ms,
            State::Paused => earned.paused_ms = span_ms,
            State::Buffering => earned.buffering_ms = span_ms,
            State::Stopped | State::Unknown => return,
        }
        let play = Arc::make_mut(&mut self.play);
        add_totals(&mut play.totals, &earned);
        if earned.played_ms > 0 {
            if let Some(last) = Arc::make_mut(&mut play.segments).last_mut() {
                last.played_ms += earned.played_ms;
            }
            if let Some(bps) = play.session.delivery.bitrate_bps {
                let bit_ms = bps.saturating_mul(earned.played_ms);
                self.bit_ms = self.bit_ms.saturating_add(bit_ms);
                *ledger.bit_ms = ledger.bit_ms.saturating_add(bit_ms);
                play.totals.estimated_bytes = Some(self.bit_ms / BIT_MS_PER_BYTE);
            }
        }
        if !rules::counts(&play.session.item) {
            return;
        }
        if self.play.counted {
            add(ledger.counters, &self.play, &earned);
        }
    }

    /// Skips time nobody vouches for.
    pub(crate) fn skip_to(&mut self, mono_ms: u64) {
        self.credited_mono_ms = self.credited_mono_ms.max(mono_ms);
    }

    /// Adds the play to the counters once its key is complete, or has had its time, or the play is over.
    pub(crate) fn count_when_ready(&mut self, now_mono_ms: u64, over: bool, ledger: &mut Ledger<'_>) {
        let age_ms = now_mono_ms.saturating_sub(self.started_mono_ms);
        let ready = over || age_ms >= rules::COUNT_AFTER_MS || rules::key_is_complete(&self.play.session);
        if self.play.counted || !ready || !rules::counts(&self.play.session.item) {
            return;
        }
        let play = Arc::make_mut(&mut self.play);
        play.counted = true;
        let first = Counters {
            plays: 1,
            played_ms: play.totals.played_ms,
            paused_ms: play.totals.paused_ms,
            buffering_ms: play.totals.buffering_ms,
        };
        add(ledger.counters, play, &first);
    }
}

/// Bytes of an accumulated bit rate × time.
pub(crate) fn bytes_of(bit_ms: u64) -> u64 {
    bit_ms / BIT_MS_PER_BYTE
}

/// The least that makes this many bytes.
pub(crate) fn bit_ms_of(bytes: u64) -> u64 {
    bytes.saturating_mul(BIT_MS_PER_BYTE)
}

fn add(counters: &mut Arc<CounterMap>, play: &Play, earned: &Counters) {
    let entry = Arc::make_mut(counters)
        .entry(rules::counter_key(&play.session))
        .or_default();
    *entry = sum(*entry, *earned);
}

fn sum(a: Counters, b: Counters) -> Counters {
    Counters {
        plays: a.plays + b.plays,
        played_ms: a.played_ms + b.played_ms,
        paused_ms: a.paused_ms + b.paused_ms,
        buffering_ms: a.buffering_ms + b.buffering_ms,
    }
}

fn add_totals(totals: &mut PlayTotals, earned: &Counters) {
    totals.played_ms += earned.played_ms;
    totals.paused_ms += earned.paused_ms;
    totals.buffering_ms += earned.buffering_ms;
}
