//! Opens the history as the configuration wants it, and finds the key of the Tautulli-compatible API.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use base::error::Chain;
use base::{Clock, Secret};
use history::record::{self, Policy, Restored};
use history::rules::{WatchedMarker, WatchedRule};
use history::{History, PrunePolicy};
use jiff::tz::TimeZone;
use model::SourceId;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Keeping, plain};
use crate::failure::Failure;
use crate::{installation, logging};

const PRUNE_EVERY: Duration = Duration::from_hours(24);

/// Between two looks at a history that is still in use.
const REOPEN_PAUSE: Duration = Duration::from_millis(250);

/// Looks after which the log says once more what is waited for: some seconds.
const REOPEN_TOLD: u32 = 20;

/// Name of the file with the key that was drawn, within the data directory.
const KEY_FILE: &str = "tautulli-api-key";

/// The history, and what an earlier process left in it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) history: History,
    pub(crate) policy: Policy,
    pub(crate) restored: Restored,
}

/// Opens the history, or says why there is none. Watching and `/metrics` go on without it.
pub(crate) fn open(config: &Config) -> Option<Kept> {
    if config.history.enabled {
        told(config, take_up(config))
    } else {
        None
    }
}

/// As [`open`], a moment after this process used it with another configuration. Whatever still works at it is waited
/// for, however long that takes: what an import changed is summed up to its end, and going on without a history would
/// lose what is played. Cancel it by dropping it.
pub(crate) async fn reopen(config: &Config) -> Option<Kept> {
    if !config.history.enabled {
        return None;
    }
    for tries in 0_u32.. {
        let of = config.clone();
        let opened = tokio::task::spawn_blocking(move || take_up(&of)).await;
        let opened = opened.unwrap_or(Err(history::Error::Closed));
        if !matches!(opened, Err(history::Error::InUse { .. })) {
            return told(config, opened);
        }
        if tries % REOPEN_TOLD == REOPEN_TOLD - 1 {
            tracing::warn!(
                "not ready: the history in {} is still in use; what an import changed in it is summed up, or another \
                 process has taken it",
                config.data_dir.display()
            );
        }
        tokio::time::sleep(REOPEN_PAUSE).await;
    }
    None
}

fn told(config: &Config, opened: Result<Kept, history::Error>) -> Option<Kept> {
    match opened {
        Ok(kept) => {
            let (plays, zone) = (kept.history.columns().len(), zone_name(kept.history.settings()));
            tracing::info!(
                plays,
                "history of {plays} plays opened in {}, days in {zone}",
                config.data_dir.display()
            );
            Some(kept)
        }
        Err(e) => {
            tracing::error!(
                kind = e.kind().as_str(),
                "going on without a history: {}; --data-dir names another directory, [history] enabled = false \
                 turns it off",
                Chain(&e)
            );
            None
        }
    }
}

fn take_up(config: &Config) -> Result<Kept, history::Error> {
    let history = History::open(&config.data_dir, settings(&config.history))?;
    let policy = policy(&config.history);
    // Servers found at plex.tv are not known yet; what ran on them may go on.
    let may_appear =
        |id: &SourceId| config.plex_tv.all_servers || config.servers().any(|(known, _)| known == *id);
    let restored = record::restore(&history, &policy, may_appear)?;
    Ok(Kept {
        history,
        policy,
        restored,
    })
}

fn policy(keeping: &Keeping) -> Policy {
    Policy {
        ignore_below_s: keeping.ignore_below_s,
        ignore_music_below_s: keeping.ignore_music_below_s,
        ignore_users: keeping.ignore_users.clone(),
        ignore_libraries: keeping.ignore_libraries.clone(),
    }
}

/// As [`open`], for commands that are nothing without it.
pub(crate) fn require(config: &Config) -> Result<History, Failure> {
    History::open(&config.data_dir, settings(&config.history)).map_err(|e| failure(&e))
}

pub(crate) fn failure(e: &history::Error) -> Failure {
    let hint = match e {
        history::Error::InUse { .. } => "stop the Projectionist that runs there first",
        history::Error::Damaged { .. } => "projectionist history restore FILE puts a backup in its place",
        _ => "--data-dir names another directory",
    };
    Failure::failed(Chain(e).to_string()).hint(hint)
}

fn settings(keeping: &Keeping) -> history::Settings {
    let percent = keeping.watched_percent.0;
    history::Settings {
        time_zone: time_zone(keeping),
        watched: WatchedRule {
            movie_percent: percent,
            episode_percent: percent,
            track_percent: percent,
            marker: match keeping.watched_marker.as_str() {
                "percent" => WatchedMarker::Threshold,
                "final_credits" => WatchedMarker::FinalCredits,
                "first_credits" => WatchedMarker::FirstCredits,
                _ => WatchedMarker::Earliest,
            },
        },
    }
}

/// Forgets what is too old, now and once a day, until cancelled.
pub(crate) async fn forget_daily(
    history: History,
    keeping: Keeping,
    clock: Clock,
    cancel: CancellationToken,
) {
    let days = |n: u32| (n > 0).then_some(n);
    let (keep_days, details_days) = (days(keeping.keep_days), days(keeping.thin_after_days));
    if keep_days.is_none() && details_days.is_none() {
        return cancel.cancelled().await;
    }
    loop {
        let policy = PrunePolicy {
            now_s: clock.now().as_second(),
            keep_days,
            details_days,
            // The room is used again by what is played next.
            compact: false,
        };
        match history.prune(policy).done().await {
            Ok(report) => {
                let (plays, thinned) = (report.plays_removed, report.plays_thinned);
                let (runs, viewings) = (report.runs_removed, report.viewings_removed);
                if plays + thinned + runs + viewings > 0 {
                    tracing::info!(
                        plays,
                        thinned,
                        runs,
                        viewings,
                        "history: {plays} plays, {runs} runs and {viewings} viewings were too old and are gone, \
                         {thinned} plays lost their details"
                    );
                }
            }
            Err(e) => tracing::warn!(
                kind = e.kind().as_str(),
                "forgetting old plays failed: {}",
                Chain(&e)
            ),
        }
        if cancel
            .run_until_cancelled(tokio::time::sleep(PRUNE_EVERY))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// The configured zone, else the machine's, else UTC.
pub(crate) fn time_zone(keeping: &Keeping) -> TimeZone {
    keeping
        .time_zone
        .as_ref()
        .map(|z| z.0.clone())
        .or_else(|| TimeZone::try_system().ok())
        .unwrap_or(TimeZone::UTC)
}

fn zone_name(settings: &history::Settings) -> String {
    settings.time_zone.iana_name().unwrap_or("UTC").to_owned()
}

/// The key clients of `/api/v2` must send: the configured one, else the one drawn before, else a new one, which is
/// logged this once. `None` if the API is off.
pub(crate) fn tautulli_key(config: &Config) -> Result<Option<Secret>, Failure> {
    let api = &config.tautulli_api;
    if !api.enabled {
        return Ok(None);
    }
    if let Some(key) = &api.key {
        return Ok(Some(key.clone()));
    }
    let path = api
        .key_file
        .clone()
        .unwrap_or_else(|| config.data_dir.join(KEY_FILE));
    match read(&path) {
        Ok(key) => Ok(Some(key)),
        Err(e) if api.key_file.is_none() => {
            let key = draw().map_err(|e| Failure::failed(format!("drawing a key: {}", plain(&e))))?;
            let kept = match installation::write_private(&path, &key) {
                Ok(()) => format!("kept in {}", path.display()),
                Err(why) => format!(
                    "not kept, since {} cannot be written ({})",
                    path.display(),
                    plain(&why)
                ),
            };
            tracing::debug!("no key in {}: {}", path.display(), plain(&e));
            // The one moment at which it is shown, so that a client can be set up; a log that hides secrets leads to
            // the file.
            logging::censor().hide(&key);
            tracing::info!("Tautulli-compatible API at /api/v2 with the new key {key}, {kept}");
            Ok(Some(Secret::new(&key)))
        }
        Err(e) => Err(Failure::config(format!(
            "cannot read {}: {}",
            path.display(),
            plain(&e)
        ))),
    }
}

fn read(path: &Path) -> io::Result<Secret> {
    let text = fs::read_to_string(path)?;
    match text.trim() {
        "" => Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty")),
        key => Ok(Secret::new(key)),
    }
}

/// 32 hexadecimal digits, as Tautulli's keys are.
fn draw() -> io::Result<String> {
    Ok(installation::random()?.replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_history_in_use_is_waited_for_however_long_it_takes() {
        let dir = tempfile::tempdir().unwrap();
        let place = ("data-dir", dir.path().display().to_string());
        let config = crate::config::only(vec![place]).unwrap();
        let busy = require(&config).unwrap();
        let reopened = tokio::spawn(async move { reopen(&config).await.is_some() });
        tokio::time::sleep(Duration::from_mins(3)).await;
        assert!(!reopened.is_finished(), "it is still in use");
        tokio::task::spawn_blocking(move || busy.close()).await.unwrap();
        assert!(reopened.await.unwrap());
    }
}
