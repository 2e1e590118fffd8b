//! `plex_tv.all_servers`: which servers of the account nobody has configured.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::backoff::Backoff;
use base::error::Chain;
use live::Live;
use model::{Health, Text};
use sources::plex::{self, tv};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Time between two looks at the account's servers; people do not set up servers more often.
const LOOK_EVERY: Duration = Duration::from_mins(15);

/// How long to wait until the configured servers have said who they are, so that none is watched twice.
const INTRODUCTIONS: Duration = Duration::from_secs(10);

/// A server to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Discovered {
    pub(crate) name: Text,
    pub(crate) machine_id: Text,
}

impl Discovered {
    pub(crate) fn into_config(self, id: String) -> plex::Config {
        let (name, machine_id) = (Some(self.name.to_string()), Some(self.machine_id.to_string()));
        plex::Config {
            id,
            name,
            machine_id,
            ..plex::Config::default()
        }
    }
}

/// Sends every server the account owns once, now and when it appears, until cancelled.
pub(crate) async fn run(
    tv: plex::TvConfig,
    configured: Vec<plex::Config>,
    live: Live,
    found: mpsc::Sender<Discovered>,
    cancel: CancellationToken,
) {
    let look = async {
        let _ = tokio::time::timeout(INTRODUCTIONS, introduced(&live, configured.len())).await;
        let mut told = BTreeSet::new();
        let mut backoff = Backoff::reconnect();
        loop {
            let wait = match tv::list(&tv).await {
                Ok(servers) => {
                    backoff.reset();
                    for server in missing(&servers, &configured, |id| is_watched(&live, id)) {
                        if told.insert(server.machine_id.clone()) && found.send(server).await.is_err() {
                            return;
                        }
                    }
                    LOOK_EVERY
                }
                Err(e) => {
                    if backoff.attempts() == 0 {
                        tracing::warn!("looking for servers: {}", Chain(&e));
                    }
                    backoff.next_wait()
                }
            };
            tokio::time::sleep(wait).await;
        }
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = look => cancel.cancelled().await,
    }
}

/// Until every configured server has been asked.
async fn introduced(live: &Live, configured: usize) {
    let mut snapshots = live.watch();
    let asked = |s: &Arc<model::Snapshot>| {
        s.servers
            .iter()
            .take(configured)
            .all(|s| s.info.is_some() || matches!(s.health, Health::Down { .. }))
    };
    let _ = snapshots.wait_for(asked).await;
}

fn is_watched(live: &Live, machine_id: &str) -> bool {
    let is_it =
        |s: &Arc<model::ServerSnapshot>| s.info.as_ref().is_some_and(|i| *i.machine_id == *machine_id);
    live.snapshot().servers.iter().any(is_it)
}

/// The owned servers that are neither configured nor watched already.
fn missing(
    servers: &[tv::Found],
    configured: &[plex::Config],
    watched: impl Fn(&str) -> bool,
) -> Vec<Discovered> {
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let is_configured = |s: &tv::Found| {
        configured.iter().any(|c| match (&c.machine_id, &c.name) {
            (Some(id), _) => **id == *s.machine_id,
            (None, Some(name)) => same(name, &s.name),
            (None, None) => false,
        })
    };
    servers
        .iter()
        .filter(|s| s.owned && !is_configured(s) && !watched(&s.machine_id))
        .map(|s| Discovered {
            name: s.name.clone(),
            machine_id: s.machine_id.clone(),
        })
        .collect()
}

/// The servers of the account that nobody configured, asked for once.
pub(crate) async fn unconfigured(
    tv: &plex::TvConfig,
    configured: &[plex::Config],
) -> Result<Vec<plex::Config>, tv::TvError> {
    let servers = tv::list(tv).await?;
    let mut ids: BTreeSet<String> = configured.iter().map(|c| c.id.clone()).collect();
    let name = |server: Discovered| {
        let id = free_id(&server.name, &ids);
        ids.insert(id.clone());
        server.into_config(id)
    };
    Ok(missing(&servers, configured, |_| false)
        .into_iter()
        .map(name)
        .collect())
}

/// An id made from `name` that nobody has.
pub(crate) fn free_id(name: &str, taken: &BTreeSet<String>) -> String {
    let id = if name.trim().is_empty() {
        "plex"
    } else {
        name.trim()
    };
    if !taken.contains(id) {
        return id.to_owned();
    }
    // One more candidate than there are taken ids: one of them is free.
    (2..=taken.len() + 2)
        .map(|n| format!("{id}-{n}"))
        .find(|id| !taken.contains(id))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, machine_id: &str, owned: bool) -> tv::Found {
        tv::Found {
            name: name.into(),
            machine_id: machine_id.into(),
            version: None,
            owned,
            access_token: None,
            public_address_matches: false,
            https_required: false,
            connections: Vec::new(),
        }
    }

    #[test]
    fn only_owned_servers_nobody_configured_are_missing() {
        let servers = [
            found("Attic", "m1", true),
            found("Cellar", "m2", true),
            found("Shed", "m3", true),
            found("Bob", "m4", false),
            found("Seen", "m9", true),
        ];
        let configured = [
            plex::Config {
                name: Some("attic ".into()),
                ..plex::Config::default()
            },
            plex::Config {
                url: Some("http://x".into()),
                machine_id: Some("m2".into()),
                ..plex::Config::default()
            },
        ];
        let missing = missing(&servers, &configured, |id| id == "m9");
        assert_eq!(
            missing,
            [Discovered {
                name: "Shed".into(),
                machine_id: "m3".into()
            }]
        );
    }

    #[test]
    fn ids_stay_unique() {
        let taken = BTreeSet::from(["Attic".to_owned(), "Attic-2".to_owned()]);
        assert_eq!(free_id("Attic", &taken), "Attic-3");
        assert_eq!(free_id(" Shed", &taken), "Shed");
        assert_eq!(free_id(" ", &taken), "plex");
    }
}
