//! An endless evening in front of a Dispatcharr: zapping, a failing stream, a full provider, films, catch-up.

mod busy;
mod lineup;
mod past;
mod tuner;

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use self::lineup::{BACK, Seat, films, first_stream, numbers, seats};
use crate::dispatcharr::{Viewer, World};

pub use busy::{iptv_busy, iptv_busy_seed, iptv_fill};
pub use lineup::iptv_seed;
pub use past::{PastKind, PastRun, PastSegment, PastViewing, iptv_past};
pub use tuner::tuner;

/// Pause between two things that happen.
const TURN_MS: std::ops::Range<u64> = 2_500..7_000;

/// Turns a picture stutters before it is well again.
const STUTTER_TURNS: u32 = 5;

struct Zapping {
    world: Arc<World>,
    rng: Rng,
    seats: Vec<Seat>,
    /// By seat: channel and client.
    watching: Vec<Option<(f64, String)>>,
    /// Channels with a bad picture, and turns until it is well.
    stutters: Vec<(f64, u32)>,
    film: Option<String>,
    back: Option<(String, bool)>,
    preview: Option<String>,
}

/// Plays an evening on this server until cancelled.
pub async fn iptv(world: Arc<World>, cancel: CancellationToken) {
    let mut zapping = Zapping::new(world);
    zapping.begin();
    loop {
        let wait = Duration::from_millis(zapping.rng.u64(TURN_MS));
        if cancel
            .run_until_cancelled(tokio::time::sleep(wait))
            .await
            .is_none()
        {
            return;
        }
        zapping.turn();
    }
}

impl Zapping {
    fn new(world: Arc<World>) -> Self {
        let (seats, random) = (seats(), world.lock().have.random);
        Self {
            rng: Rng::with_seed(random),
            watching: vec![None; seats.len()],
            seats,
            stutters: Vec::new(),
            film: None,
            back: None,
            preview: None,
            world,
        }
    }

    /// The evening is under way when one joins.
    fn begin(&mut self) {
        for seat in 0..5 {
            self.zap(seat);
        }
        self.film();
    }

    fn turn(&mut self) {
        self.calm_down();
        match self.rng.u32(0..100) {
            0..50 => self.sit(),
            50..60 => self.stutter(),
            60..68 => self.fail(),
            68..78 => self.film(),
            78..92 => self.back(),
            _ => self.preview(),
        }
    }

    /// Somebody switches on, over or off.
    fn sit(&mut self) {
        let seat = self.rng.usize(..self.seats.len());
        let gone = match &self.watching[seat] {
            None => false,
            // A restart of the server, or its admin, may have ended it.
            Some((number, client)) => !self.world.clients(*number).contains(client),
        };
        if gone {
            self.watching[seat] = None;
        }
        if self.watching[seat].is_none() || self.rng.u8(..) < 150 {
            self.zap(seat);
        } else {
            self.switch_off(seat);
        }
    }

    fn switch_off(&mut self, seat: usize) {
        if let Some((_, client)) = self.watching[seat].take() {
            self.world.leave(&client);
        }
    }

    fn zap(&mut self, seat: usize) {
        self.switch_off(seat);
        let (likes, viewer) = (self.seats[seat].likes, self.seats[seat].viewer.clone());
        let number = if self.rng.u8(..) < 200 {
            self.rng.choice(likes).copied()
        } else {
            self.rng.choice(numbers().collect::<Vec<_>>())
        };
        // A provider that is full shows nothing; one tries again later.
        if let Some(number) = number
            && let Ok(client) = self.world.tune(number, viewer)
        {
            self.watching[seat] = Some((number, client));
        }
    }

    fn someone_s_channel(&mut self) -> Option<f64> {
        let on: Vec<f64> = self.watching.iter().flatten().map(|w| w.0).collect();
        self.rng.choice(on)
    }

    fn stutter(&mut self) {
        if let Some(number) = self.someone_s_channel()
            && self.world.set_state(number, "buffering")
        {
            self.stutters.push((number, STUTTER_TURNS));
        }
    }

    fn calm_down(&mut self) {
        let (world, mut well) = (&self.world, Vec::new());
        self.stutters.retain_mut(|(number, turns)| {
            *turns -= 1;
            if *turns == 0 {
                well.push(*number);
            }
            *turns > 0
        });
        for number in well {
            world.set_state(number, "active");
        }
    }

    /// A stream dies; where there is no other one, it comes back after a while.
    fn fail(&mut self) {
        if let Some(number) = self.someone_s_channel()
            && !self.world.fail_stream(number)
        {
            self.stutters.push((number, STUTTER_TURNS));
        }
    }

    fn film(&mut self) {
        if let Some(session) = self.film.take() {
            self.world.end_vod(&session);
            return;
        }
        let viewer = self.seats[self.rng.usize(1..4)].viewer.clone();
        if let Some(film) = self.rng.choice(films()) {
            self.film = self.world.vod(film, viewer).ok();
        }
    }

    /// Catch-up: begins, pauses, goes on, ends.
    fn back(&mut self) {
        match self.back.take() {
            Some((session, false)) if self.rng.u8(..) < 120 => {
                if self.world.pause_timeshift(&session, true) {
                    self.back = Some((session, true));
                }
            }
            Some((session, true)) => {
                if self.world.pause_timeshift(&session, false) {
                    self.back = Some((session, false));
                }
            }
            Some((session, false)) => {
                self.world.end_timeshift(&session);
            }
            None => {
                let viewer = self.seats[self.rng.usize(1..4)].viewer.clone();
                let hours = self.rng.i64(2..40);
                let then_ms = (self.world.now_ms() / 3_600_000 - hours) * 3_600_000;
                let number = self.rng.choice(BACK).unwrap_or(BACK[0]);
                let begun = self.world.timeshift(number, viewer, then_ms);
                self.back = begun.ok().map(|session| (session, false));
            }
        }
    }

    /// The admin tries a stream out for a moment.
    fn preview(&mut self) {
        if let Some(client) = self.preview.take() {
            self.world.leave(&client);
            return;
        }
        let stream = first_stream(&mut self.rng);
        let viewer = Viewer::new("192.168.7.5", "Mozilla/5.0 (X11; Linux x86_64)").user(1);
        self.preview = self.world.preview(stream, viewer).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evening_keeps_to_the_limits_and_shows_everything() {
        let world = World::new(iptv_seed());
        let mut zapping = Zapping::new(Arc::clone(&world));
        zapping.begin();
        assert!(world.on_air().len() >= 3);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3_000 {
            zapping.turn();
            world.advance(Duration::from_secs(4));
            for (profile, limit) in [(2, 2), (3, 1), (4, 3)] {
                let used = world.connections(profile);
                assert!(used <= limit, "{profile}: {used}");
                if used == limit {
                    seen.insert(format!("full {profile}"));
                }
            }
            let state = world.lock();
            let now_ms = world.now_ms();
            for feed in state.feeds.values() {
                assert!(!feed.clients.is_empty());
                seen.insert(feed.state(now_ms).0.to_owned());
                if feed.switched.is_some() {
                    seen.insert("switched".to_owned());
                }
                if feed.channel.is_none() {
                    seen.insert("preview".to_owned());
                }
            }
            if !state.vods.is_empty() {
                seen.insert("vod".to_owned());
            }
            if state.shifts.values().any(|s| s.paused_ms.is_some()) {
                seen.insert("paused".to_owned());
            }
        }
        for part in [
            "active",
            "buffering",
            "error",
            "connecting",
            "switched",
            "preview",
            "vod",
            "paused",
            "full 2",
            "full 4",
        ] {
            assert!(seen.contains(part), "no {part}: {seen:?}");
        }
    }
}
