//! `projectionist collections …`: what is watched of Plex's collections.

use std::time::Duration;

use base::error::Chain;
use base::supervise::Supervisor;
use base::tls::Trust;
use base::{Clock, http};
use model::SourceId;
use sources::Ctx;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use web::Catalog;
use web::collections::{CollectRequest, Told, ToldCollection, Wish, request_json};

use super::{block_on, run};
use crate::cli::{CollectCollections, Collections};
use crate::collections::Service;
use crate::config::{self, Config, Env, Flags};
use crate::failure::{Failure, one_line};
use crate::{catalog, discovery, keeping, output};

/// Counting asks servers for everything that is in their collections.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Largest answer read.
const ANSWER_MAX: usize = 16 << 20;

/// Time for the questions that are still open when all is counted.
const DRAIN: Duration = Duration::from_secs(3);

pub(super) fn collections(flags: &Flags, env: &Env, command: &Collections) -> Result<(), Failure> {
    let Collections::Collect(args) = command;
    let mut config = config::load(flags, env)?.config;
    run::start_log(&config, env);
    let request = request(args);
    // Probes answer with and without the base path.
    let url = format!(
        "http://{}/api/v1/collections/collect",
        config.listen.as_seen_from_here()
    );
    let told = block_on(async {
        match ask_running(&url, &request).await? {
            Some(told) => Ok(told),
            None => count_here(&mut config, request).await,
        }
    })?;
    report(&told)
}

fn request(args: &CollectCollections) -> CollectRequest {
    CollectRequest {
        wish: Wish {
            names: args.name.clone(),
            libraries: args.library.clone(),
            ..Wish::default()
        },
        rotation_id: args.rotation.clone(),
        window_days: args.window_days,
        extra: None,
    }
}

/// The instance that runs here counts, if one does: it holds the history. `None` if nothing listens there.
async fn ask_running(url: &str, request: &CollectRequest) -> Result<Option<Told>, Failure> {
    let failed = |why: String| Failure::failed(format!("asking {url}: {why}"));
    // Plain HTTP to ourselves: the roots need not even be read.
    let trust = Trust {
        skip_verification: true,
        ..Trust::default()
    };
    let client = http::client(&trust, TIMEOUT).map_err(|e| failed(Chain(&e).to_string()))?;
    let post = client
        .post(url)
        .header("content-type", "application/json")
        .body(request_json(request));
    let answer = match post.send().await {
        Ok(answer) => answer,
        Err(e) if http::kind_of_error(&e) == base::Kind::Unreachable => return Ok(None),
        Err(e) => return Err(failed(Chain(&e.without_url()).to_string())),
    };
    let status = answer.status();
    let body = http::read_capped(answer, ANSWER_MAX)
        .await
        .map_err(|e| failed(Chain(&e).to_string()))?;
    Told::of_json(&body).map(Some).ok_or_else(|| {
        failed(format!("it answers {}", status.as_u16()))
            .hint("is it a Projectionist with a history that listens there? --listen names another address")
    })
}

/// Nobody runs here: the history is opened and the servers are asked by this process.
async fn count_here(config: &mut Config, request: CollectRequest) -> Result<Told, Failure> {
    let history = {
        let config = config.clone();
        let opened = tokio::task::spawn_blocking(move || keeping::require(&config)).await;
        opened.map_err(|e| Failure::chain(&e))??
    };
    run::identify(config);
    let tv = config.needs_plex_tv().then(|| config.plex_tv.clone());
    if let Some(tv) = tv.as_ref().filter(|tv| tv.all_servers) {
        let more = discovery::unconfigured(tv, &config.plex)
            .await
            .map_err(|e| Failure::failed(Chain(&e).to_string()).maybe_hint(e.hint()))?;
        config.plex.extend(more);
    }
    if config.plex.is_empty() {
        return Err(Failure::config("no server is configured")
            .hint("set PLEX_SERVER and PLEX_TOKEN, or write a [[plex]] table into projectionist.toml"));
    }
    let (cancel, catalog) = (CancellationToken::new(), Catalog::default());
    let mut supervisor = Supervisor::new(cancel.clone());
    // How requests went is told to nobody.
    let (out, mut reports) = mpsc::channel(64);
    tokio::spawn(async move { while reports.recv().await.is_some() {} });
    for server in &config.plex {
        let ctx = Ctx {
            id: SourceId::new(server.id.as_str()),
            clock: Clock::system(),
            out: out.clone(),
            cancel: cancel.clone(),
        };
        catalog::attend(&mut supervisor, &catalog, server.clone(), tv.clone(), ctx);
    }
    let service = Service::new(
        history.clone(),
        catalog,
        config.collections.clone(),
        Clock::system(),
    );
    let report = service.collect(request).await;
    cancel.cancel();
    supervisor.drain(DRAIN).await;
    let closed = tokio::task::spawn_blocking(move || history.close()).await;
    closed.map_err(|e| Failure::chain(&e))?;
    Ok(Told::from(&report))
}

/// A line each; a failure if nothing was counted that should have been.
fn report(told: &Told) -> Result<(), Failure> {
    for collection in &told.collected {
        output::line(line(collection));
    }
    for reason in &told.failed {
        output::complain(&format!("not counted: {}", one_line(reason)));
    }
    match (told.collected.len(), told.failed.len()) {
        (0, 0) => output::line("no collection fits"),
        (0, n) => {
            return Err(Failure::failed(format!(
                "nothing was counted, for {n} {}",
                if n == 1 { "reason" } else { "reasons" }
            )));
        }
        _ => {}
    }
    Ok(())
}

fn line(c: &ToldCollection) -> String {
    let days = match c.window_days {
        0 => "of all time".to_owned(),
        1 => "of 1 day".to_owned(),
        n => format!("of {n} days"),
    };
    let plays = if c.plays == 1 { "play" } else { "plays" };
    let users = if c.unique_users == 1 { "user" } else { "users" };
    let watched = match (c.items_watched, c.items) {
        (Some(watched), Some(items)) => format!(", {watched} of {items} items watched"),
        _ => String::new(),
    };
    let (hours, minutes) = (c.duration_s / 3600, c.duration_s % 3600 / 60);
    one_line(&format!(
        "{}: {}: {}: {} {plays} {days}, {hours} h {minutes:02} min, {} {users}{watched}",
        c.server, c.library, c.collection, c.plays, c.unique_users
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_a_line() {
        let told = ToldCollection {
            server: "attic".into(),
            library: "Films".into(),
            collection: "Sea\n\u{1b}[31m".into(),
            window_days: 30,
            plays: 12,
            duration_s: 3 * 3600 + 305,
            unique_users: 1,
            items: Some(16),
            items_watched: Some(9),
        };
        assert_eq!(
            line(&told),
            "attic: Films: Sea [31m: 12 plays of 30 days, 3 h 05 min, 1 user, 9 of 16 items watched"
        );
        let told = ToldCollection {
            window_days: 0,
            plays: 1,
            items: None,
            ..told
        };
        assert!(line(&told).ends_with("1 play of all time, 3 h 05 min, 1 user"));
    }

    #[test]
    fn nothing_counted_for_a_reason_is_a_failure() {
        assert!(report(&Told::default()).is_ok());
        let failed = Told {
            failed: vec!["down".to_owned()],
            ..Told::default()
        };
        assert_eq!(
            report(&failed).unwrap_err().message,
            "nothing was counted, for 1 reason"
        );
    }
}
