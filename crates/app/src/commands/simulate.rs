//! `projectionist simulate`: a Plex server without Plex, or a Dispatcharr without providers, for other people's
//! dashboards and for measuring.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sim::dispatcharr::{self, Dispatcharr};
use sim::plex::{Plex, Seed};
use sim::scenario::{self, Options};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::block_on;
use crate::cli::Simulate;
use crate::config::plain;
use crate::failure::Failure;
use crate::output;
use crate::signals::Signals;

/// Where they listen unless told.
const PLEX_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 32_400);
const DISPATCHARR_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_191);

pub(super) fn simulate(args: &Simulate) -> Result<(), Failure> {
    if args.dispatcharr {
        return block_on(stream_manager(args));
    }
    let implied = if args.sessions.is_some() {
        "busy"
    } else {
        "household"
    };
    let name = args.scenario.as_deref().unwrap_or(implied);
    let defaults = Options::default();
    let options = Options {
        sessions: args.sessions.unwrap_or(defaults.sessions),
        notifications_per_s: args.notifications,
        changes_per_s: args.changes,
        libraries: args.libraries,
        random: args.seed,
    };
    block_on(async {
        let mut signals = Signals::new()?;
        let cancel = CancellationToken::new();
        let mut servers = Vec::new();
        let mut playing = JoinSet::new();
        for n in 0..args.servers {
            let options = Options {
                random: options.random.wrapping_add(n.into()),
                ..options.clone()
            };
            let plex = start(args, name, &options, n).await?;
            output::line(format!("PLEX_SERVER={} PLEX_TOKEN={}", plex.url(), plex.token()));
            let (world, name, cancel) = (plex.world(), name.to_owned(), cancel.clone());
            playing.spawn(async move { scenario::run(&name, world, &options, cancel).await });
            servers.push(plex);
        }
        output::complain("Ctrl-C ends it");
        signals.next().await;
        cancel.cancel();
        while playing.join_next().await.is_some() {}
        for plex in servers {
            plex.stop().await;
        }
        Ok(())
    })
}

async fn stream_manager(args: &Simulate) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let cancel = CancellationToken::new();
    let listen = args.listen.unwrap_or(DISPATCHARR_ADDR);
    let seed = dispatcharr::Seed {
        listen,
        random: args.seed,
        ..scenario::iptv_seed()
    };
    let simulated = Dispatcharr::try_start(seed)
        .await
        .map_err(|e| taken(listen, &e))?;
    output::line(format!(
        "PROJECTIONIST_DISPATCHARR_URL={} PROJECTIONIST_DISPATCHARR_API_KEY={}",
        simulated.url(),
        simulated.admin_key().unwrap_or_default()
    ));
    output::complain("Ctrl-C ends it");
    let evening = tokio::spawn(scenario::iptv(simulated.world(), cancel.clone()));
    signals.next().await;
    cancel.cancel();
    // A panic in there has been printed already and is no reason to fail at the end.
    let _ = evening.await;
    simulated.stop().await;
    Ok(())
}

fn taken(listen: SocketAddr, e: &std::io::Error) -> Failure {
    let why = if e.kind() == std::io::ErrorKind::AddrInUse {
        "the port is in use".to_owned()
    } else {
        plain(e)
    };
    Failure::failed(format!("cannot listen on {listen}: {why}")).hint("choose another address with --listen")
}

async fn start(args: &Simulate, scenario: &str, options: &Options, n: u16) -> Result<Plex, Failure> {
    let unknown = |e: scenario::UnknownScenario| Failure::usage(e.to_string());
    let listen = nth_address(args.listen.unwrap_or(PLEX_ADDR), n)?;
    let seed = scenario::seed(scenario, options).map_err(unknown)?;
    let mut seed = Seed {
        listen,
        plex_pass: seed.plex_pass && !args.without_plex_pass,
        ..seed
    }
    .token(&args.token);
    if let Some(name) = &args.name {
        seed = seed.name(name.clone());
    }
    if n > 0 {
        let (name, machine_id) = (
            format!("{} {}", seed.name, n + 1),
            format!("{n:08x}{}", seed.machine_id.get(8..).unwrap_or_default()),
        );
        seed = seed.name(name).machine_id(machine_id);
    }
    Plex::try_start(seed).await.map_err(|e| taken(listen, &e))
}

fn nth_address(first: SocketAddr, n: u16) -> Result<SocketAddr, Failure> {
    if first.port() == 0 {
        return Ok(first);
    }
    let port = first
        .port()
        .checked_add(n)
        .ok_or_else(|| Failure::usage("there are not that many ports"))?;
    Ok(SocketAddr::new(first.ip(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_stand_on_consecutive_ports_or_on_free_ones() {
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            nth_address(at("127.0.0.1:32400"), 2).unwrap(),
            at("127.0.0.1:32402")
        );
        assert_eq!(nth_address(at("127.0.0.1:0"), 2).unwrap(), at("127.0.0.1:0"));
        assert!(nth_address(at("127.0.0.1:65535"), 1).is_err());
    }
}
