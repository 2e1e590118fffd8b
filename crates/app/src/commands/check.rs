//! `projectionist check`: is the configuration good, and do the servers answer?

use base::error::Chain;
use export::sinks::influx;
use sources::{dispatcharr, plex, tautulli};
use tokio::task::JoinSet;

use super::{block_on, run};
use crate::config::{self, Config, Env, Flags};
use crate::discovery;
use crate::failure::{Failure, one_line};
use crate::{output, tautulli_sync};

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
                output::line(format!(
                    "failed  {}",
                    with_hint(&one_line(&Chain(&e).to_string()), e.hint())
                ));
            }
        }
    }
    let mut probes = JoinSet::new();
    for (n, server) in config.plex.iter().cloned().enumerate() {
        let tv = tv.clone();
        probes.spawn(async move { (n, describe(&server.id, plex::check(&server, tv.as_ref()).await)) });
    }
    let plexes = config.plex.len();
    for (n, manager) in config.dispatcharr.iter().cloned().enumerate() {
        probes.spawn(async move {
            let outcome = dispatcharr::check(&manager).await;
            (plexes + n, describe_dispatcharr(&manager.id, outcome))
        });
    }
    let servers = plexes + config.dispatcharr.len();
    for (n, own) in config.tautulli.iter().enumerate() {
        let server = config.tautulli_server(own.server.as_deref());
        let source = tautulli_sync::source(own, server.clone(), &config.data_dir);
        probes.spawn(async move {
            let outcome = tautulli::check(&source).await;
            (servers + n, describe_tautulli(server.as_str(), outcome))
        });
    }
    let before = servers + config.tautulli.len();
    for (n, target) in config.influxdb.iter().cloned().enumerate() {
        probes.spawn(async move {
            (
                before + n,
                describe_influxdb(&target.id, influx::check(&target).await),
            )
        });
    }
    let mut outcomes = probes.join_all().await;
    outcomes.sort_by_key(|(n, _)| *n);
    for (_, outcome) in &outcomes {
        match outcome {
            Ok(line) => output::line(format!("ok      {line}")),
            Err(line) => output::line(format!("failed  {line}")),
        }
    }
    (
        asked + outcomes.len(),
        failed + outcomes.iter().filter(|(_, o)| o.is_err()).count(),
    )
}

fn describe(id: &str, outcome: Result<plex::CheckReport, plex::Error>) -> Result<String, String> {
    let report = outcome.map_err(|e| with_hint(&one_line(&Chain(&e).to_string()), e.hint()))?;
    let version = report.version.map(|v| format!(" {v}")).unwrap_or_default();
    let named = report.name.map(|n| format!("\"{n}\", ")).unwrap_or_default();
    let line = format!(
        "plex \"{id}\": {named}Plex Media Server{version} at {}, {}, {}",
        report.url_used,
        counted(report.sessions, "session"),
        counted(report.libraries, "library"),
    );
    Ok(with_notes(line, &report.notes))
}

fn describe_dispatcharr(
    id: &str,
    outcome: Result<dispatcharr::CheckReport, dispatcharr::Error>,
) -> Result<String, String> {
    let report = outcome.map_err(|e| with_hint(&one_line(&Chain(&e).to_string()), e.hint()))?;
    let version = report.version.map(|v| format!(" {v}")).unwrap_or_default();
    let mut line = format!(
        "dispatcharr \"{id}\": Dispatcharr{version} at {}, {} on the air",
        report.url_used,
        counted(report.feeds, "stream"),
    );
    let channels = report.channels.and_then(|n| usize::try_from(n).ok());
    for (count, what) in [(channels, "channel"), (report.accounts, "provider account")] {
        if let Some(count) = count {
            line += ", ";
            line += &counted(count, what);
        }
    }
    Ok(with_notes(line, &report.notes))
}

fn describe_tautulli(
    server: &str,
    outcome: Result<tautulli::CheckReport, tautulli::Error>,
) -> Result<String, String> {
    let report = outcome.map_err(|e| with_hint(&one_line(&Chain(&e).to_string()), e.hint()))?;
    let version = report.version.map(|v| format!(" {v}")).unwrap_or_default();
    let rows = counted(usize::try_from(report.rows).unwrap_or(usize::MAX), "play");
    let line = format!(
        "tautulli for \"{server}\": Tautulli{version} at {}, {rows}",
        report.url_used
    );
    Ok(with_notes(line, &report.notes))
}

fn describe_influxdb(
    id: &str,
    outcome: Result<influx::CheckReport, influx::Error>,
) -> Result<String, String> {
    let report = outcome.map_err(|e| with_hint(&one_line(&Chain(&e).to_string()), e.hint()))?;
    let version = report
        .version
        .map(|v| format!("version {v}, "))
        .unwrap_or_default();
    let line = format!("influxdb \"{id}\": {version}{}", report.target);
    Ok(with_notes(line, &report.notes))
}

fn with_notes(line: String, notes: &[String]) -> String {
    one_line(&notes.iter().fold(line, |line, note| format!("{line}; {note}")))
}

fn counted(n: usize, what: &str) -> String {
    // A library, libraries; but a play, plays.
    let stem = what.strip_suffix('y').filter(|stem| !stem.ends_with('a'));
    match (n, stem) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {what}s"),
    }
}

fn with_hint(message: &str, hint: Option<String>) -> String {
    hint.map_or_else(
        || message.to_owned(),
        |hint| format!("{message} (hint: {})", one_line(&hint)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_nouns() {
        for (n, what, expected) in [
            (0, "session", "0 sessions"),
            (1, "library", "1 library"),
            (4, "library", "4 libraries"),
            (2, "play", "2 plays"),
        ] {
            assert_eq!(counted(n, what), expected);
        }
    }
}
