//! One server, watched until cancelled.

use std::sync::Arc;

use base::backoff::Backoff;
use base::outage::OutageLog;
use model::Body;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::client::Client;
use super::config::Config;
use super::error::Error;
use super::server::{Outbox, Server, one_line};
use super::shared::Shared;
use super::tv::TvConfig;
use super::{notify, poll, slow, target};
use crate::Ctx;

/// Watches one server until cancelled. A server that is down, unknown or wrongly configured is told as an outage
/// and tried again; nothing makes this return early.
pub async fn run(cfg: Config, tv: Option<TvConfig>, ctx: Ctx) {
    let span = tracing::info_span!("source", id = %ctx.id, kind = "plex");
    let cancel = ctx.cancel.clone();
    tokio::select! {
        () = cancel.cancelled() => {}
        () = watch(cfg, tv, ctx).instrument(span) => {}
    }
}

async fn watch(mut cfg: Config, tv: Option<TvConfig>, ctx: Ctx) {
    // What is logged and told is named alike.
    cfg.id = ctx.id.to_string();
    let outbox = Outbox::new(ctx);
    outbox.send(Body::Hello { kind: "plex" }).await;
    if cfg.tls_skip_verify {
        tracing::warn!(
            "plex \"{}\": its certificate is not checked (`tls_skip_verify`)",
            cfg.id
        );
    }
    let shared = Arc::new(locate(cfg, tv, outbox).await);
    let mut tasks = JoinSet::new();
    tasks.spawn(poll::run(shared.clone()).in_current_span());
    tasks.spawn(slow::run(shared.clone()).in_current_span());
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

/// Tries until the server is found: a file may still be missing, or plex.tv be away.
async fn locate(cfg: Config, tv: Option<TvConfig>, outbox: Outbox) -> Shared {
    let (mut backoff, mut log) = (Backoff::reconnect(), OutageLog::default());
    loop {
        let e = match try_locate(&cfg, tv.as_ref(), &outbox).await {
            Ok(server) => return Shared::new(cfg, tv, server, outbox),
            Err(e) => e,
        };
        if log.failed(e.kind(), Instant::now()) {
            let hint = e.hint().map(|h| format!(" (hint: {h})")).unwrap_or_default();
            tracing::warn!(kind = e.kind().as_str(), "{}{hint}", one_line(&e));
        }
        outbox.send(target::outage(&e)).await;
        sleep(backoff.next_wait()).await;
    }
}

async fn try_locate(cfg: &Config, tv: Option<&TvConfig>, outbox: &Outbox) -> Result<Server, Error> {
    let located = target::locate(cfg, tv, Some(outbox)).await?;
    if let Some(note) = &located.note {
        tracing::info!("plex \"{}\": {note}", cfg.id);
    }
    let client = Client::new(cfg, located.target)?;
    Ok(Server::new(
        client,
        located.machine_id.as_deref(),
        Some(outbox.clone()),
    ))
}
