//! A Plex whose live television comes from a Dispatcharr.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::dispatcharr::{self, Viewer};
use crate::plex;

/// How often the Plex is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How a Plex names itself to its tuner.
const AGENT: &str = "Lavf/60.16.100";

struct Tuner {
    plex: Arc<plex::World>,
    manager: Arc<dispatcharr::World>,
    /// Address at which the manager sees the Plex.
    ip: String,
    /// By session of the Plex: the channel and the client it is here.
    tuned: BTreeMap<String, (f64, Option<String>)>,
}

/// Whenever somebody watches a channel on the Plex that the manager has, too, the manager has a viewer for it; until
/// cancelled. `ip` is where the Plex comes from.
pub async fn tuner(
    plex: Arc<plex::World>,
    manager: Arc<dispatcharr::World>,
    ip: &str,
    cancel: CancellationToken,
) {
    let mut tuner = Tuner::new(plex, manager, ip);
    let mut timer = tokio::time::interval(LOOK);
    while cancel.run_until_cancelled(timer.tick()).await.is_some() {
        tuner.look();
    }
}

impl Tuner {
    fn new(plex: Arc<plex::World>, manager: Arc<dispatcharr::World>, ip: &str) -> Self {
        Self {
            plex,
            manager,
            ip: ip.to_owned(),
            tuned: BTreeMap::new(),
        }
    }

    fn look(&mut self) {
        let number = |key: &String| -> Option<f64> { self.plex.item(key)?.channel?.number.parse().ok() };
        let keys = self.plex.session_keys();
        let on: BTreeMap<String, f64> = keys
            .into_iter()
            .filter_map(|key| Some((number(&key)?, key)))
            .map(|(n, key)| (key, n))
            .collect();
        let manager = &self.manager;
        self.tuned.retain(|key, (number, client)| {
            let goes_on = on.get(key) == Some(number);
            if !goes_on && let Some(client) = client {
                manager.leave(client);
            }
            goes_on
        });
        for (key, number) in on {
            // A channel the manager does not have comes from elsewhere; it is asked once.
            self.tuned.entry(key).or_insert_with(|| {
                let viewer = Viewer::new(self.ip.clone(), AGENT);
                (number, manager.tune(number, viewer).ok())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plex::SessionSeed;

    #[test]
    fn a_channel_on_the_plex_is_a_viewer_here() {
        let (plex, manager) = (
            plex::World::new(plex::Seed::default()),
            dispatcharr::World::new(crate::scenario::iptv_seed()),
        );
        let mut tuner = Tuner::new(Arc::clone(&plex), Arc::clone(&manager), "127.0.0.1");
        let key = plex.start(SessionSeed::live_tv("WEST", "7.1"));
        plex.start(SessionSeed::live_tv("NONE", "99.9"));
        tuner.look();
        tuner.look();
        assert_eq!((manager.clients(7.1).len(), manager.on_air().len()), (1, 1));
        plex.stop(&key);
        tuner.look();
        assert!(manager.on_air().is_empty());
    }
}
