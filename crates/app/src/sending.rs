//! Starts what sends the state of now to other databases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::supervise::Supervisor;
use export::sinks::{self, Addition, SinkStats, influx};
use model::{SourceId, Text};
use sources::plex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::Catalog;

use crate::additions;

/// Directory of everything that waits to be sent, within the data directory.
const SPOOL_DIR: &str = "unsent";

/// What is sent where.
#[derive(Debug)]
pub(crate) struct Sending {
    targets: Vec<(influx::Config, SinkStats)>,
    urls: Arc<BTreeMap<SourceId, Text>>,
    data_dir: PathBuf,
}

impl Sending {
    pub(crate) fn new(targets: &[influx::Config], servers: &[plex::Config], data_dir: &Path) -> Self {
        let targets = targets.iter().cloned();
        let urls = servers.iter().filter_map(|server| {
            let url: Text = server.url.as_deref()?.into();
            Some((SourceId::new(server.id.as_str()), url))
        });
        Self {
            targets: targets
                .map(|target| {
                    let stats = SinkStats::new(&target.id, influx::KIND);
                    (target, stats)
                })
                .collect(),
            urls: Arc::new(urls.collect()),
            data_dir: data_dir.to_owned(),
        }
    }

    /// In configuration order.
    pub(crate) fn stats(&self) -> Vec<SinkStats> {
        self.targets.iter().map(|(_, stats)| stats.clone()).collect()
    }

    /// Starts a task for each target, and one that asks what was added to libraries if one wants to know.
    pub(crate) fn start(
        self,
        supervisor: &mut Supervisor,
        context: &Arc<web::Context>,
        catalog: &Catalog,
        cancel: &CancellationToken,
    ) {
        let wanted = self.targets.iter().any(|(target, _)| target.wants_additions());
        let additions = wanted.then(|| watch_additions(supervisor, catalog, cancel));
        let additions = additions.unwrap_or_else(|| watch::channel(Arc::default()).1);
        for (target, stats) in self.targets {
            let process = {
                let context = context.clone();
                Arc::new(move || context.process())
            };
            let ctx = sinks::Ctx {
                clock: context.clock.clone(),
                live: context.live.watch(),
                urls: self.urls.clone(),
                additions: additions.clone(),
                process,
                options: context.options.clone(),
                dir: (target.spool_mb > 0).then(|| self.data_dir.join(SPOOL_DIR).join(directory(&target.id))),
                stats,
                cancel: cancel.clone(),
            };
            supervisor.restart(format!("influxdb:{}", target.id), move || {
                influx::run(target.clone(), ctx.clone())
            });
        }
    }
}

fn watch_additions(
    supervisor: &mut Supervisor,
    catalog: &Catalog,
    cancel: &CancellationToken,
) -> watch::Receiver<Arc<Vec<Addition>>> {
    let (tell, told) = watch::channel(Arc::default());
    let (tell, catalog, cancel) = (Arc::new(tell), catalog.clone(), cancel.clone());
    supervisor.restart("additions", move || {
        additions::run(catalog.clone(), tell.clone(), cancel.clone())
    });
    told
}

/// The id as the name of one directory: what a file system might take for something else is written as `%XX`.
pub(crate) fn directory(id: &str) -> String {
    let mut name = String::new();
    for (n, byte) in id.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-_".contains(&byte) || (byte == b'.' && n > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            // Writing into a string does not fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_a_directory_of_its_own() {
        let cases = [
            ("influx.lan", "influx.lan"),
            ("..", "%2E."),
            ("a/b", "a%2Fb"),
            ("a%2Fb", "a%252Fb"),
            ("Küche 1", "K%C3%BCche%201"),
            ("c:\\d", "c%3A%5Cd"),
        ];
        for (id, expected) in cases {
            assert_eq!(directory(id), expected, "{id}");
        }
    }
}
