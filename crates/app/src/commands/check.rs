//! `projectionist check`: is the configuration good, and do the servers answer?

use base::error::Chain;
use tokio::task::JoinSet;

use super::{block_on, run};
use crate::config::{self, Config, Env, Flags};
use crate::discovery;
use crate::failure::Failure;
use crate::{checks, output, tautulli_sync};

pub(super) fn check(flags: &Flags, env: &Env, print: bool) -> Result<(), Failure> {
    let loaded = config::load(flags, env)?;
    run::start_log(&loaded.config, env);
    if print {
        output::print(&config::print(&loaded.merged));
        return Ok(());
    }
    config::check_files(&loaded.merged)?;
    for remark in &loaded.remarks {
        output::complain(&format!("note: {remark}"));
    }
    let mut config = loaded.config;
    let asked_for = [
        config.plex.len(),
        config.dispatcharr.len(),
        config.tautulli.len(),
        config.influxdb.len(),
    ];
    if asked_for == [0; 4] && !config.plex_tv.all_servers {
        return Err(Failure::config("no server is configured")
            .hint("set PLEX_SERVER and PLEX_TOKEN, or write a [[plex]] table into projectionist.toml"));
    }
    run::identify(&mut config);
    let (asked, failed) = block_on(async { Ok(probe(config).await) })?;
    match failed {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{failed} of {asked} checks failed"))),
    }
}

/// Asks everyone at once; prints a line each, in the configuration's order. Returns how many were asked and how many
/// failed.
async fn probe(mut config: Config) -> (usize, usize) {
    let tv = config.needs_plex_tv().then(|| config.plex_tv.clone());
    let (mut asked, mut failed) = (0, 0);
    if let Some(tv) = tv.as_ref().filter(|tv| tv.all_servers) {
        asked += 1;
        match discovery::unconfigured(tv, &config.plex).await {
            Ok(more) => {
                output::line(format!(
                    "ok      plex.tv: {} further servers of the account",
                    more.len()
                ));
                config.plex.extend(more);
            }
            Err(e) => {
                failed += 1;
                let failure = Failure::failed(Chain(&e).to_string()).maybe_hint(e.hint());
                output::line(format!("failed  {}", checks::with_hint(&failure)));
            }
        }
    }
    let mut probes = JoinSet::new();
    for server in std::mem::take(&mut config.plex) {
        let (n, tv) = (probes.len(), tv.clone());
        probes.spawn(async move { (n, checks::plex(&server, tv.as_ref()).await) });
    }
    for manager in std::mem::take(&mut config.dispatcharr) {
        let n = probes.len();
        probes.spawn(async move { (n, checks::dispatcharr(&manager).await) });
    }
    for own in &config.tautulli {
        let server = config.tautulli_server(own.server.as_deref());
        let (n, source) = (probes.len(), tautulli_sync::source(own, server, &config.data_dir));
        probes.spawn(async move { (n, checks::tautulli(&source).await) });
    }
    for target in std::mem::take(&mut config.influxdb) {
        let n = probes.len();
        probes.spawn(async move { (n, checks::influxdb(&target).await) });
    }
    let mut outcomes = probes.join_all().await;
    outcomes.sort_by_key(|(n, _)| *n);
    for (_, outcome) in &outcomes {
        match outcome {
            Ok(works) => output::line(format!("ok      {}", checks::with_notes(works))),
            Err(failure) => output::line(format!("failed  {}", checks::with_hint(failure))),
        }
    }
    (
        asked + outcomes.len(),
        failed + outcomes.iter().filter(|(_, o)| o.is_err()).count(),
    )
}
