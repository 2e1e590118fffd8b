//! `projectionist run`: watch the configured servers.

use base::Secret;

use super::block_on;
use crate::config::{self, Config, Env, Flags, Loaded};
use crate::failure::Failure;
use crate::signals::Signals;
use crate::wiring::{self, App, Listeners};
use crate::{installation, keeping, listen, logging};

pub(super) fn run(flags: &Flags, env: &Env) -> Result<(), Failure> {
    let Loaded {
        mut config,
        merged,
        file,
        remarks,
    } = config::load(flags, env)?;
    start_log(&config, env);
    config::check_files(&merged)?;
    if let Some(path) = &file {
        tracing::info!("configuration read from {}", path.display());
    }
    for remark in remarks {
        tracing::info!("{remark}");
    }
    let salt = identify(&mut config);
    let kept = keeping::open(&config);
    let plays = kept.as_ref().map_or(0, |k| k.history.columns().len());
    block_on(async {
        let signals = Signals::new()?;
        let listeners = Listeners::bind(&config).await?;
        let servers = config.servers().count();
        let all_servers = config.plex_tv.all_servers;
        let base_path = config.base_path.clone();
        let app = wiring::build(config, listeners, &salt, kept).await?;
        for l in &app.addrs {
            let url = listen::url(l.addr, &base_path);
            tracing::info!(
                "listening on {}: {url}/ and {url}/metrics ({})",
                l.addr,
                l.profile
            );
        }
        match servers {
            0 if all_servers => tracing::info!("watching every server of the plex.tv account"),
            0 if plays > 0 => {
                tracing::info!("no server is configured: the history is served, nothing is watched");
            }
            0 => tracing::warn!(
                "no server is configured: set PLEX_SERVER=http://192.168.1.10:32400 and PLEX_TOKEN, or write a \
                 [[plex]] table into projectionist.toml, or try `projectionist demo`"
            ),
            1 => tracing::info!("watching 1 server"),
            n => tracing::info!("watching {n} servers"),
        }
        live(app, signals).await
    })
}

/// Runs until a signal, then ends in order.
pub(super) async fn live(mut app: App, mut signals: Signals) -> Result<(), Failure> {
    let stop = async {
        let name = signals.next().await;
        tracing::info!("{name}, stopping; once more to leave at once");
    };
    let outcome = app.run_until(stop).await;
    signals.exit_at_next();
    app.shut_down().await;
    outcome
}

pub(super) fn start_log(config: &Config, env: &Env) {
    logging::start(config, env.get("NO_COLOR").is_some());
}

/// Fills in the id of this installation where something needs it; it is drawn and kept only then.
pub(super) fn identify(config: &mut Config) -> Secret {
    let hashes = config.metrics.users == "hash" || config.metrics.titles == "hash";
    let tv = config.needs_plex_tv() && config.plex_tv.client_id.is_empty();
    if !hashes && !tv {
        return Secret::new("");
    }
    let id = installation::id(&config.data_dir);
    if tv {
        id.expose().clone_into(&mut config.plex_tv.client_id);
    }
    id
}
