//! A playback in progress: where it is now, and how far its converter is.

use crate::plex::item::{Item, Version};
use crate::plex::names;
use crate::plex::session_seed::{Decision, Delivery, Network, PlayState, Player, SessionSeed, User};
use crate::plex::value::{Live, Scalar, Spelling, Template, Text};

/// Moments, in one go: monotonic milliseconds and the server's wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) mono_ms: u64,
    /// Epoch seconds on the server's clock (skew included).
    pub(crate) wall_s: i64,
    /// Media seconds per real second.
    pub(crate) speed: f64,
}

/// One session of the list.
#[derive(Debug)]
pub(crate) struct Playing {
    pub(crate) key: u64,
    pub(crate) item: Item,
    pub(crate) library: Option<(u32, Text)>,
    pub(crate) user: Option<User>,
    pub(crate) account: i64,
    pub(crate) device: i64,
    pub(crate) player: Player,
    pub(crate) network: Network,
    pub(crate) delivery: Delivery,
    pub(crate) selected: usize,
    pub(crate) subtitle: Option<usize>,
    pub(crate) bandwidth_kbps: Option<u32>,
    pub(crate) state: PlayState,
    /// `Session.id`: the client's run, not the playback.
    pub(crate) client_run: String,
    pub(crate) omitted: Vec<Text>,
    pub(crate) replaced: Vec<(&'static str, &'static str, Scalar)>,
    /// Position at `base_at_ms`.
    base_ms: f64,
    base_at_ms: u64,
    /// What the client last told the server; `None`: lists show the exact position.
    pub(crate) reported_ms: Option<u64>,
    /// Monotonic time from which the session list shows it.
    pub(crate) listed_from_ms: u64,
    pub(crate) next_report_ms: u64,
    pub(crate) next_update_ms: u64,
    pub(crate) converter: Option<Converter>,
    cache: [Option<Template>; Spelling::COUNT],
}

/// The converter of one playback.
#[derive(Clone, Debug)]
pub(crate) struct Converter {
    pub(crate) id: String,
    /// Epoch seconds with a fraction.
    pub(crate) started_s: f64,
    /// Where in the item it began.
    pub(crate) from_s: f64,
    /// Seconds ahead of the player at the playback's `base_at_ms`.
    ahead_s: f64,
}

/// What a converter reports at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) throttled: bool,
    pub(crate) complete: bool,
    /// −1 when the length is not known.
    pub(crate) percent: f64,
    pub(crate) speed: f64,
    pub(crate) remaining_s: Option<i64>,
    pub(crate) max_offset_s: f64,
}

/// The parts of a new playback that the world has worked out.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) key: u64,
    pub(crate) item: Item,
    pub(crate) library: Option<(u32, Text)>,
    pub(crate) account: i64,
    pub(crate) device: i64,
    pub(crate) client_run: String,
}

impl Playing {
    pub(crate) fn new(start: Start, seed: SessionSeed, now: Now, exact: bool) -> Self {
        let mut playing = Self {
            key: start.key,
            item: start.item,
            library: start.library,
            user: seed.user,
            account: start.account,
            device: start.device,
            player: seed.player,
            network: seed.network,
            delivery: seed.delivery,
            selected: seed.selected,
            subtitle: seed.subtitle,
            bandwidth_kbps: seed.bandwidth_kbps,
            state: seed.state,
            client_run: start.client_run,
            omitted: seed.omitted,
            replaced: seed.replaced,
            base_ms: seed.position_ms as f64,
            base_at_ms: now.mono_ms,
            reported_ms: (!exact).then_some(seed.position_ms),
            listed_from_ms: now.mono_ms + seed.listed_after_ms,
            // Spread, so that many sessions do not all report in the same instant.
            next_report_ms: now.mono_ms + 1_000 + names::pick(101, start.key, 9_000),
            next_update_ms: now.mono_ms + 1_000 + names::pick(102, start.key, 5_000),
            converter: None,
            cache: [const { None }; Spelling::COUNT],
        };
        playing.restart_converter(now, None);
        playing
    }

    /// Exact position in the item.
    pub(crate) fn position_ms(&self, now: Now) -> u64 {
        let end = self.item.duration_ms.map_or(f64::INFINITY, |d| d as f64);
        let at = (self.base_ms + self.moved_ms(now)).clamp(0.0, end);
        // Cannot overflow: at most 2⁵³ ms are 285,000 years.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the item's length"
        )]
        let at = at as u64;
        at
    }

    /// Media milliseconds since the base, 0 unless it plays.
    fn moved_ms(&self, now: Now) -> f64 {
        if self.state == PlayState::Playing {
            self.elapsed_ms(now)
        } else {
            0.0
        }
    }

    fn elapsed_ms(&self, now: Now) -> f64 {
        now.mono_ms.saturating_sub(self.base_at_ms) as f64 * now.speed
    }

    /// The position as the session list shows it.
    pub(crate) fn shown_ms(&self, now: Now) -> u64 {
        self.reported_ms.unwrap_or_else(|| self.position_ms(now))
    }

    /// The client tells the server where it is.
    pub(crate) fn report(&mut self, now: Now) {
        if self.reported_ms.is_some() {
            self.reported_ms = Some(self.position_ms(now));
        }
    }

    pub(crate) fn set_state(&mut self, state: PlayState, now: Now) {
        self.rebase(now);
        self.state = state;
        self.report(now);
    }

    pub(crate) fn seek(&mut self, position_ms: u64, now: Now) {
        self.rebase(now);
        self.base_ms = position_ms as f64;
        self.report(now);
    }

    /// Moves the base to now, so that the state may change.
    pub(crate) fn rebase(&mut self, now: Now) {
        let ahead = self.ahead(now).map(|(ahead, _)| ahead);
        self.base_ms = self.position_ms(now) as f64;
        self.base_at_ms = now.mono_ms;
        if let (Some(converter), Some(ahead)) = (&mut self.converter, ahead) {
            converter.ahead_s = ahead;
        }
    }

    /// Another item in the same session.
    pub(crate) fn play(&mut self, item: Item, library: Option<(u32, Text)>, now: Now) {
        self.item = item;
        self.library = library;
        self.selected = self.selected.min(self.item.versions.len().saturating_sub(1));
        self.base_ms = 0.0;
        self.base_at_ms = now.mono_ms;
        self.report(now);
        self.restart_converter(now, None);
    }

    /// Begins conversion anew at the current position; `keep` keeps the old converter's name.
    pub(crate) fn restart_converter(&mut self, now: Now, keep: Option<String>) {
        self.rebase(now);
        let moment = now.mono_ms ^ self.key.rotate_left(17);
        self.converter = self.delivery.conversion().map(|_| Converter {
            id: keep.unwrap_or_else(|| names::token(103, moment, 24)),
            started_s: now.wall_s as f64 + (now.mono_ms % 1000) as f64 / 1000.0,
            from_s: self.base_ms / 1000.0,
            ahead_s: 0.0,
        });
        self.forget();
    }

    /// Drops the encoded form: something other than a live value has changed.
    pub(crate) fn forget(&mut self) {
        self.cache = [const { None }; Spelling::COUNT];
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.item
            .versions
            .get(self.selected)
            .or_else(|| self.item.versions.first())
    }

    /// Bitrate of what is sent.
    pub(crate) fn sent_kbps(&self) -> Option<u32> {
        let source = self.version().and_then(|v| v.bitrate_kbps);
        let asked = self
            .delivery
            .conversion()
            .and_then(|c| c.quality)
            .map(|q| q.bitrate_kbps)
            .filter(|k| *k > 0);
        // Copied pictures keep their bitrate, whatever was asked for.
        let shrinks = self
            .delivery
            .conversion()
            .is_some_and(|c| c.video != Some(Decision::Copy));
        match (source, asked) {
            (Some(s), Some(a)) if shrinks => Some(s.min(a)),
            (None, a) => a,
            (s, _) => s,
        }
    }

    /// Seconds the converter is ahead of the player, and whether it rests.
    fn ahead(&self, now: Now) -> Option<(f64, bool)> {
        let (conversion, converter) = (self.delivery.conversion()?, self.converter.as_ref()?);
        let elapsed_s = self.elapsed_ms(now) / 1000.0;
        let playing = self.state == PlayState::Playing;
        Some(ahead(
            converter.ahead_s,
            elapsed_s,
            playing,
            conversion.speed,
            conversion.buffer_s,
        ))
    }

    pub(crate) fn progress(&self, now: Now) -> Option<Progress> {
        let (conversion, converter) = (self.delivery.conversion()?, self.converter.as_ref()?);
        let (ahead_s, throttled) = self.ahead(now)?;
        let position_s = self.position_ms(now) as f64 / 1000.0;
        let reached_s = (position_s + ahead_s).max(converter.from_s);
        let Some(length_s) = self.item.duration_ms.map(|d| d as f64 / 1000.0) else {
            let speed = conversion.speed;
            let (percent, remaining_s) = (-1.0, Some(0));
            return Some(Progress {
                throttled: false,
                complete: false,
                percent,
                speed,
                remaining_s,
                max_offset_s: reached_s,
            });
        };
        let complete = reached_s >= length_s;
        let rests = throttled || complete;
        // A real converter's speed is never constant.
        let second = now.mono_ms / 1000;
        let wobble = 0.94 + names::pick(self.key, second, 120) as f64 / 1000.0;
        let speed = if rests {
            0.0
        } else {
            round(conversion.speed * wobble, 10.0)
        };
        #[expect(clippy::cast_possible_truncation, reason = "seconds of an item's length")]
        let remaining = ((length_s - reached_s) / conversion.speed) as i64;
        Some(Progress {
            throttled: throttled && !complete,
            complete,
            percent: round((reached_s / length_s * 100.0).min(100.0), 10.0),
            speed,
            remaining_s: (!rests).then_some(remaining),
            max_offset_s: round(reached_s.min(length_s), 1000.0),
        })
    }

    /// Appends this session's list entry, encoding it first if something but a live value has changed.
    pub(crate) fn render(&mut self, spelling: Spelling, now: Now, out: &mut Vec<u8>) {
        let slot = spelling as usize;
        let template = match self.cache[slot].take() {
            Some(template) => template,
            None => Template::new(&crate::plex::session_view::entry(self, now), spelling),
        };
        let progress = self.progress(now);
        template.render(spelling, |field| self.live(field, progress, now), out);
        self.cache[slot] = Some(template);
    }

    pub(crate) fn live(&self, field: Live, progress: Option<Progress>, now: Now) -> Option<Scalar> {
        match field {
            Live::ViewOffset => Some(self.shown_ms(now).into()),
            Live::State => Some(self.state.as_str().into()),
            Live::Throttled => Some(progress?.throttled.into()),
            Live::Complete => Some(progress?.complete.into()),
            Live::Progress => Some(progress?.percent.into()),
            Live::Speed => Some(progress?.speed.into()),
            Live::Remaining => Some(progress?.remaining_s?.into()),
            Live::MaxOffset => Some(progress?.max_offset_s.into()),
        }
    }
}

fn round(x: f64, to: f64) -> f64 {
    (x * to).round() / to
}

/// Converter's lead after `elapsed_s`, starting from `from_s`, and whether it rests. It fills the buffer, rests
/// until half of it is played, and fills it again; when nothing plays it fills the buffer and rests.
fn ahead(from_s: f64, elapsed_s: f64, playing: bool, speed: f64, buffer_s: f64) -> (f64, bool) {
    if !playing {
        let ahead = from_s + speed * elapsed_s;
        return if ahead >= buffer_s {
            (buffer_s.max(from_s), true)
        } else {
            (ahead, false)
        };
    }
    let gain = speed - 1.0;
    if gain <= 0.0 {
        return ((from_s + gain * elapsed_s).max(0.0), false);
    }
    let full_at = ((buffer_s - from_s) / gain).max(0.0);
    if elapsed_s < full_at {
        return (from_s + gain * elapsed_s, false);
    }
    let (rest, fill) = (buffer_s / 2.0, buffer_s / 2.0 / gain);
    let phase = (elapsed_s - full_at) % (rest + fill);
    if phase < rest {
        (buffer_s - phase, true)
    } else {
        (buffer_s - rest + (phase - rest) * gain, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converter_fills_rests_and_fills_again() {
        let at = |t: f64| ahead(0.0, t, true, 4.0, 60.0);
        assert_eq!(at(0.0), (0.0, false));
        assert_eq!(at(10.0), (30.0, false));
        assert_eq!(at(20.0), (60.0, true));
        assert_eq!(at(49.0), (31.0, true));
        assert_eq!(at(50.0), (30.0, false));
        assert_eq!(at(60.0), (60.0, true));
    }

    proptest::proptest! {
        #[test]
        fn the_lead_stays_within_the_buffer(
            from in 0.0..60.0, elapsed in 0.0..5_000.0, playing: bool, speed in 0.1..50.0,
        ) {
            let (ahead, rests) = ahead(from, elapsed, playing, speed, 60.0);
            proptest::prop_assert!((0.0..=60.000_001).contains(&ahead), "{}", ahead);
            proptest::prop_assert!(!rests || ahead >= 29.999_999, "rests at {}", ahead);
        }
    }

    #[test]
    fn a_slow_converter_starves_its_player() {
        assert_eq!(ahead(10.0, 10.0, true, 0.5, 60.0), (5.0, false));
        assert_eq!(ahead(10.0, 60.0, true, 0.5, 60.0), (0.0, false));
    }

    #[test]
    fn a_paused_player_lets_the_buffer_fill() {
        assert_eq!(ahead(10.0, 5.0, false, 4.0, 60.0), (30.0, false));
        assert_eq!(ahead(10.0, 50.0, false, 4.0, 60.0), (60.0, true));
    }
}
