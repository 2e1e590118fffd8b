//! Feeds the load of the last hour.

use std::time::Duration;

use base::Clock;
use live::Live;
use live::recent::STEP_S;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Takes a sample of the newest state at every step, until cancelled. A step that was missed is left out: nothing is
/// known of a machine that slept.
pub(crate) async fn sample(live: Live, clock: Clock, cancel: CancellationToken) {
    let mut steps = tokio::time::interval(Duration::from_secs(u64::from(STEP_S)));
    steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = steps.tick() => live.recent().take(&live.snapshot(), clock.now()),
        }
    }
}
