//! Makes the libraries of watched servers askable: one task a server, which reads the questions put to it.

use std::sync::Arc;

use base::supervise::Supervisor;
use sources::{Ctx, plex};
use tokio::sync::Mutex;
use web::Catalog;

/// Answers questions about one server until the end.
pub(crate) fn attend(
    supervisor: &mut Supervisor,
    catalog: &Catalog,
    config: plex::Config,
    tv: Option<plex::TvConfig>,
    ctx: Ctx,
) {
    // The queue outlives a panic: questions wait for the next try.
    let asked = Arc::new(Mutex::new(catalog.add(ctx.id.clone())));
    supervisor.restart(format!("catalog:{}", ctx.id), move || {
        let (config, tv, ctx, asked) = (config.clone(), tv.clone(), ctx.clone(), asked.clone());
        async move { plex::catalog::run(config, tv, ctx, &mut *asked.lock().await).await }
    });
}
