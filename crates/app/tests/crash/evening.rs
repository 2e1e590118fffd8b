//! People who start, pause and stop films for as long as they are let, never the same film twice.

use std::sync::Arc;
use std::time::Duration;

use sim::plex::{SessionSeed, World};

/// Seeded choices.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// At most so many play at once.
const AT_ONCE: usize = 6;

/// Goes on until it is aborted.
pub(crate) async fn goes_on(world: Arc<World>, mut chance: Chance) {
    let mut films = 0;
    loop {
        step(&world, &mut chance, &mut films);
        tokio::time::sleep(Duration::from_millis(20 + chance.below(150))).await;
    }
}

fn step(world: &World, chance: &mut Chance, films: &mut u32) {
    let keys = world.session_keys();
    let some = |chance: &mut Chance| keys[usize::try_from(chance.below(keys.len() as u64)).unwrap()].clone();
    match chance.below(10) {
        _ if keys.is_empty() => begin(world, chance, films),
        0..=3 if keys.len() < AT_ONCE => begin(world, chance, films),
        0..=3 => world.stop(&some(chance)),
        4 => world.vanish(&some(chance)),
        5 | 6 => world.pause(&some(chance)),
        7 | 8 => world.resume(&some(chance)),
        _ => world.notify_progress_all(),
    }
}

fn begin(world: &World, chance: &mut Chance, films: &mut u32) {
    *films += 1;
    let user = i64::try_from(chance.below(4)).unwrap() + 10;
    let seed = SessionSeed::movie(format!("Film {films}")).user(user, format!("user {user}"));
    let position_ms = chance.below(600_000);
    world.start(seed.position_ms(position_ms));
}
