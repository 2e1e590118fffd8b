//! `projectionist run`: watch the configured servers, and take up another configuration when the page saves one.

use base::Secret;

use super::block_on;
use crate::config::{self, Config, Env, Flags, Loaded};
use crate::failure::Failure;
use crate::keeping::Kept;
use crate::setup::Desk;
use crate::signals::Signals;
use crate::wiring::{self, App, Doors};
use crate::{installation, keeping, listen, logging};

pub(super) fn run(flags: &Flags, env: &Env) -> Result<(), Failure> {
    let mut loaded = config::load(flags, env)?;
    start_log(&loaded.config, env);
    config::check_files(&loaded.merged)?;
    tell_of(&mut loaded);
    let kept = keeping::open(&loaded.config);
    block_on(serve(loaded, kept, flags, env))
}

/// Runs until a signal. Each time the page saves, everything stops and starts with the new configuration; one that
/// cannot be used leaves the old one running.
async fn serve(mut standing: Loaded, kept: Option<Kept>, flags: &Flags, env: &Env) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let desk = Desk::new(flags, env);
    let mut doors = Doors::bind(&standing.config, None).await?;
    let mut app = begin(&standing, kept, &doors, &desk).await?;
    loop {
        let outcome = tokio::select! {
            outcome = until_signal(&mut app, &mut signals) => outcome,
            () = desk.changed() => {
                match next(flags, env, &doors).await {
                    Ok((new, new_doors)) => {
                        let before = (&standing, &doors);
                        let changed = change(app, before, (&new, &new_doors), &desk, &mut signals).await?;
                        let Some((now, taken)) = changed else {
                            return Ok(());
                        };
                        app = now;
                        if taken {
                            (standing, doors) = (new, new_doors);
                        }
                    }
                    Err(failure) => {
                        tracing::error!("the configuration is not taken up: {}", failure.message);
                        desk.refused(Some(&failure));
                        app.set_ready(true);
                    }
                }
                continue;
            }
        };
        // Who connects from now on is to be refused, not to wait.
        drop(doors);
        signals.exit_at_next();
        app.shut_down().await;
        return outcome;
    }
}

/// The configuration as it is now, with its sockets. Nothing has been stopped for it.
async fn next(flags: &Flags, env: &Env, doors: &Doors) -> Result<(Loaded, Doors), Failure> {
    let (flags, env) = (flags.clone(), env.clone());
    let read = tokio::task::spawn_blocking(move || {
        let loaded = config::load(&flags, &env)?;
        config::check_files(&loaded.merged)?;
        Ok(loaded)
    });
    let mut loaded: Loaded = read.await.unwrap_or_else(|e| Err(Failure::chain(&e)))?;
    let doors = Doors::bind(&loaded.config, Some(doors)).await?;
    logging::also_hide(&loaded.config);
    tell_of(&mut loaded);
    Ok((loaded, doors))
}

/// From one configuration to the next; back to the one before, and false, if that cannot be started. `None` if a
/// signal came while nothing ran.
async fn change(
    app: App,
    before: (&Loaded, &Doors),
    next: (&Loaded, &Doors),
    desk: &Desk,
    signals: &mut Signals,
) -> Result<Option<(App, bool)>, Failure> {
    tracing::info!("stopping, to start with the configuration that was saved");
    app.shut_down().await;
    desk.refused(None);
    let Some(kept) = reopened(&next.0.config, signals).await else {
        return Ok(None);
    };
    match begin(next.0, kept, next.1, desk).await {
        Ok(app) => Ok(Some((app, true))),
        Err(failure) => {
            tracing::error!("going back to the configuration before: {}", failure.message);
            desk.refused(Some(&failure));
            let Some(kept) = reopened(&before.0.config, signals).await else {
                return Ok(None);
            };
            let app = begin(before.0, kept, before.1, desk).await?;
            Ok(Some((app, false)))
        }
    }
}

/// The history for `config`, once nothing uses it any more; `None` if a signal comes first.
async fn reopened(config: &Config, signals: &mut Signals) -> Option<Option<Kept>> {
    tokio::select! {
        kept = keeping::reopen(config) => Some(kept),
        name = signals.next() => {
            tracing::info!("{name}, stopping");
            None
        }
    }
}

/// Starts everything, and says where it listens and what it watches.
async fn begin(loaded: &Loaded, kept: Option<Kept>, doors: &Doors, desk: &Desk) -> Result<App, Failure> {
    let mut config = loaded.config.clone();
    let salt = identify(&mut config);
    let plays = kept.as_ref().map_or(0, |k| k.history.columns().len());
    let servers = config.servers().count();
    let all_servers = config.plex_tv.all_servers;
    let base_path = config.base_path.clone();
    desk.stands(loaded.clone());
    let app = wiring::build(config, doors.open()?, &salt, kept, desk).await?;
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
        0 => {
            let page = app
                .addrs
                .first()
                .map(|l| listen::url(l.addr, &base_path))
                .unwrap_or_default();
            tracing::warn!(
                "no server is configured: open {page}/ in a browser, or set PLEX_SERVER=http://192.168.1.10:32400 and \
                 PLEX_TOKEN, or write a [[plex]] table into projectionist.toml, or try `projectionist demo`"
            );
        }
        1 => tracing::info!("watching 1 server"),
        n => tracing::info!("watching {n} servers"),
    }
    Ok(app)
}

fn tell_of(loaded: &mut Loaded) {
    if let Some(path) = &loaded.file {
        tracing::info!("configuration read from {}", path.display());
    }
    for remark in std::mem::take(&mut loaded.remarks) {
        tracing::info!("{remark}");
    }
}

/// Runs until a signal, or until something without which there is no point ends.
async fn until_signal(app: &mut App, signals: &mut Signals) -> Result<(), Failure> {
    app.run_until(async {
        let name = signals.next().await;
        tracing::info!("{name}, stopping; once more to leave at once");
    })
    .await
}

/// Runs until a signal, then ends in order.
pub(super) async fn live(mut app: App, mut signals: Signals) -> Result<(), Failure> {
    let outcome = until_signal(&mut app, &mut signals).await;
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
