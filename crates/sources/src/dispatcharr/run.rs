//! One Dispatcharr, watched until cancelled.

use std::sync::Arc;

use base::backoff::Backoff;
use base::outage::OutageLog;
use model::Body;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::client::Client;
use super::config::Config;
use super::shared::Shared;
use super::{inventory, notify, poll};
use crate::Ctx;
use crate::outbox::{Outbox, one_line};

/// Watches one Dispatcharr until cancelled. One that is down or wrongly configured is told as an outage and tried
/// again; nothing makes this return early.
pub async fn run(cfg: Config, ctx: Ctx) {
    let span = tracing::info_span!("source", id = %ctx.id, kind = model::DISPATCHARR);
    let cancel = ctx.cancel.clone();
    tokio::select! {
        () = cancel.cancelled() => {}
        () = watch(cfg, ctx).instrument(span) => {}
    }
}

async fn watch(mut cfg: Config, ctx: Ctx) {
    // What is logged and told is named alike.
    cfg.id = ctx.id.to_string();
    let outbox = Outbox::new(ctx);
    let kind = model::DISPATCHARR;
    outbox.send(Body::Hello { kind }).await;
    if cfg.tls_skip_verify {
        tracing::warn!(
            "{}: its certificate is not checked (`tls_skip_verify`)",
            cfg.who()
        );
    }
    let client = client(&cfg, &outbox).await;
    let shared = Arc::new(Shared::new(cfg, client, outbox));
    let mut tasks = JoinSet::new();
    tasks.spawn(poll::run(shared.clone()).in_current_span());
    tasks.spawn(inventory::run(shared.clone()).in_current_span());
    if shared.cfg.notifications {
        tasks.spawn(notify::run(shared.clone()).in_current_span());
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(e) = ended
            && e.is_panic()
        {
            // Whoever supervises us starts all three again.
            std::panic::resume_unwind(e.into_panic());
        }
    }
}

/// Tries until there is a client: the file of a certificate authority may come later.
async fn client(cfg: &Config, outbox: &Outbox) -> Client {
    let (mut backoff, mut log) = (Backoff::reconnect(), OutageLog::default());
    loop {
        let e = match Client::new(cfg, Some(outbox.clone())) {
            Ok(client) => return client,
            Err(e) => e,
        };
        if log.failed(e.kind(), Instant::now()) {
            let hint = e.hint().map(|h| format!(" (hint: {h})")).unwrap_or_default();
            tracing::warn!(kind = e.kind().as_str(), "{}{hint}", one_line(&e));
        }
        outbox.send(Body::Outage(poll::outage(&e))).await;
        sleep(backoff.next_wait()).await;
    }
}
