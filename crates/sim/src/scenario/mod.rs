//! What happens on a simulated server: an evening in a household, a load test, or nothing.

mod household;
mod iptv;
mod load;
mod past;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::plex::{Seed, World};

pub use household::{cabin_seed, household, household_seed};
pub use iptv::{
    PastKind, PastRun, PastSegment, PastViewing, iptv, iptv_busy, iptv_busy_seed, iptv_fill, iptv_past,
    iptv_seed, tuner,
};
pub use load::{big_seed, busy, fill};
pub use past::{PastPlay, past};

/// Name and meaning of every scenario, for a help text.
const SCENARIOS: [(&str, &str); 3] = [
    (
        "household",
        "an endless evening of a few people: starts, pauses, seeks, quality changes, live TV, music",
    ),
    (
        "busy",
        "a fixed number of sessions and, if asked for, a steady stream of notifications",
    ),
    ("idle", "a server on which nothing plays"),
];

/// How much happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// `busy`: how many sessions play at once.
    pub sessions: usize,
    /// `busy`: `playing` notifications a second, spread over the sessions.
    pub notifications_per_s: u32,
    /// `busy`: sessions a second that end while another one starts.
    pub changes_per_s: f64,
    /// Libraries of the server that `busy` makes.
    pub libraries: u32,
    /// Seed of every random choice: the same seed gives the same evening.
    pub random: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sessions: 50,
            notifications_per_s: 0,
            changes_per_s: 0.0,
            libraries: 12,
            random: 1,
        }
    }
}

/// There is no scenario of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no scenario \"{name}\"; there are household, busy and idle")]
pub struct UnknownScenario {
    pub name: String,
}

/// Names and meanings of the scenarios.
pub fn names() -> &'static [(&'static str, &'static str)] {
    &SCENARIOS
}

/// The server a scenario is made for.
pub fn seed(name: &str, options: &Options) -> Result<Seed, UnknownScenario> {
    let mut seed = match name {
        "household" => household_seed(),
        "busy" => big_seed(options.libraries),
        "idle" => Seed::default(),
        _ => {
            return Err(UnknownScenario {
                name: name.to_owned(),
            });
        }
    };
    seed.random = options.random;
    Ok(seed)
}

/// Plays a scenario on a server until cancelled.
pub async fn run(
    name: &str,
    world: Arc<World>,
    options: &Options,
    cancel: CancellationToken,
) -> Result<(), UnknownScenario> {
    match name {
        "household" => household(world, cancel).await,
        "busy" => busy(world, options, cancel).await,
        "idle" => cancel.cancelled().await,
        _ => {
            return Err(UnknownScenario {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}
