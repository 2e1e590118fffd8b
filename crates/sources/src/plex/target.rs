//! Where the server is: at the configured address, or where plex.tv says. And which token opens it.
//!
//! Anybody can answer `/identity` with any machine's identifier. So a token from plex.tv goes only to an address that
//! plex.tv lists for that server, or where the user has said (`machine_id`) which server is there.

use std::net::{IpAddr, UdpSocket};

use base::{Kind, Secret};
use model::Endpoint;
use reqwest::Url;
use tokio::time::Instant;

use super::client::{Client, Target};
use super::config::Config;
use super::error::Error;
use super::server::{Outbox, Server};
use super::shared::Shared;
use super::tv::{self, Found, TvConfig, TvError, Wanted};
use super::{address, ask, words};

/// A target, and what it was found to be.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) target: Target,
    /// As plex.tv knows it; whoever answers there must be this one.
    pub(super) machine_id: Option<String>,
    /// What the user should know about the address given.
    pub(super) note: Option<String>,
}

/// True if the address or the token comes from plex.tv, so that it is asked again when either fails.
pub(super) fn is_by_account(cfg: &Config, tv: Option<&TvConfig>) -> bool {
    let has_token = cfg.token_file.is_some() || cfg.token.as_ref().is_some_and(|token| !token.is_empty());
    cfg.url.is_none() || (tv.is_some() && !has_token)
}

/// Finds the server. `outbox`: where questions to plex.tv are reported.
pub(super) async fn locate(
    cfg: &Config,
    tv: Option<&TvConfig>,
    outbox: Option<&Outbox>,
) -> Result<Located, Error> {
    cfg.validate()?;
    let own_token = cfg.own_token()?;
    if let Some(url) = &cfg.url {
        let address = address::parse(url).map_err(|what| cfg.error(what, None))?;
        let mut located = Located {
            target: Target {
                base: address.base,
                token: own_token,
            },
            machine_id: cfg.machine_id.clone(),
            note: address.note,
        };
        if let (None, Some(tv)) = (&located.target.token, tv) {
            open_by_account(cfg, tv, outbox, &mut located).await?;
        }
        return Ok(located);
    }
    let Some(tv) = tv else {
        let hint = "run `projectionist login plex`, or set `url`";
        return Err(cfg.error(
            "finding a server by name needs an account at plex.tv".to_owned(),
            Some(hint),
        ));
    };
    let started = Instant::now();
    let wanted = Wanted {
        name: cfg.name.clone(),
        machine_id: cfg.machine_id.clone(),
    };
    let found = tv::discover(tv, &wanted, &cfg.trust()?)
        .await
        .map_err(Error::from);
    report(outbox, started, found.as_ref().err()).await;
    let found = found?;
    let token = own_token.or(found.token);
    let note = token
        .is_none()
        .then(|| "plex.tv has told no token for it".to_owned());
    let target = Target {
        base: found.url,
        token,
    };
    Ok(Located {
        target,
        machine_id: Some(found.machine_id.to_string()),
        note,
    })
}

/// Opens a server that is given by its address alone. plex.tv is asked only if the server wants a token: one that
/// wants none is watched whatever becomes of plex.tv.
async fn open_by_account(
    cfg: &Config,
    tv: &TvConfig,
    outbox: Option<&Outbox>,
    located: &mut Located,
) -> Result<(), Error> {
    let target = Target {
        base: located.target.base.clone(),
        token: None,
    };
    let server = Server::new(Client::new(cfg, target)?, cfg.machine_id.as_deref(), None);
    let identity = server.identify().await?;
    located.machine_id = Some(identity.machine_id.to_string());
    match server.client.get(&ask::SESSIONS).await.0 {
        Ok(_) => return Ok(()),
        Err(e) if matches!(e.kind(), Kind::Unauthorized | Kind::Forbidden) => {}
        Err(e) => return Err(e),
    }
    let started = Instant::now();
    let listed = match tv::list(tv).await {
        // Its own refusal says what is missing.
        Err(TvError::NoCredentials) => return Ok(()),
        listed => listed.map_err(Error::from),
    };
    report(outbox, started, listed.as_ref().err()).await;
    let listed = listed?;
    let found = listed.iter().find(|s| s.machine_id == identity.machine_id);
    match opened(cfg, found, &located.target.base).await {
        Ok((base, token)) => {
            located.target = Target {
                base,
                token: Some(token),
            };
            Ok(())
        }
        Err(why) => {
            let words = words::not_opened(&server.client.shown(), &identity.machine_id, why);
            Err(server.client.error(words, None))
        }
    }
}

/// The address and the token to use for the server `found` at plex.tv, or why it gets none.
async fn opened(
    cfg: &Config,
    found: Option<&Found>,
    base: &str,
) -> Result<(String, Secret), words::NotOpened> {
    let found = found.ok_or(words::NotOpened::Unknown)?;
    if !found.owned {
        return Err(words::NotOpened::NotOwned);
    }
    let token = found.access_token.clone().ok_or(words::NotOpened::NoToken)?;
    // Then it is the user's word that this server is there, as it is with a token in the configuration.
    if cfg.machine_id.is_some() {
        return Ok((base.to_owned(), token));
    }
    let typed = Url::parse(base).map_err(|_| words::NotOpened::Elsewhere)?;
    let checked = typed.scheme() == "https" && !cfg.tls_skip_verify;
    let ips = if checked {
        Vec::new()
    } else {
        ips(&typed, found).await
    };
    let there = tv::published(found, &typed, &ips, checked).ok_or(words::NotOpened::Elsewhere)?;
    Ok((there.as_str().trim_end_matches('/').to_owned(), token))
}

/// Where the host in an address leads. This machine's own name for itself leads to the addresses it has outside too:
/// those are what a server here publishes.
async fn ips(typed: &Url, found: &Found) -> Vec<IpAddr> {
    let host = typed.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = typed.port_or_known_default().unwrap_or_default();
    let mut ips: Vec<IpAddr> = match tokio::net::lookup_host((host, port)).await {
        Ok(all) => all.map(|a| a.ip()).collect(),
        Err(_) => return Vec::new(),
    };
    if ips.iter().any(IpAddr::is_loopback) {
        let listed = found
            .connections
            .iter()
            .filter_map(|c| c.address.as_ref()?.parse().ok());
        ips.extend(listed.filter(|ip: &IpAddr| UdpSocket::bind((*ip, 0)).is_ok()));
    }
    ips
}

async fn report(outbox: Option<&Outbox>, started: Instant, failed: Option<&Error>) {
    if let Some(outbox) = outbox {
        outbox
            .report(Endpoint::Discovery, started, failed.map(Error::kind), 0)
            .await;
    }
}

/// Asks plex.tv again; true if the server has moved. After an error the address we have is kept.
pub(super) async fn rediscover(shared: &Shared) -> Result<bool, Error> {
    let found = locate(&shared.cfg, shared.tv.as_ref(), Some(&shared.outbox)).await?;
    let old = shared.server.client.target();
    let moved = found.target.base != old.base;
    if moved || found.target.token != old.token {
        shared.server.client.retarget(found.target);
    }
    Ok(moved)
}

/// Tells that the server could not even be found.
pub(super) fn outage(e: &Error) -> model::Body {
    let message = super::server::one_line(e).into();
    model::Body::Outage(model::Outage {
        kind: e.kind().as_str(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plex::tv::{Class, Connection};

    fn found(addresses: &[&str]) -> Found {
        let connection = |address: &&str| Connection {
            url: format!("https://{address}.plex.direct:32400"),
            class: Class::Local,
            address: Some((*address).to_owned()),
            port: Some(32400),
        };
        Found {
            name: "Attic".into(),
            machine_id: "m1".into(),
            version: None,
            owned: true,
            access_token: None,
            public_address_matches: false,
            https_required: false,
            connections: addresses.iter().map(connection).collect(),
        }
    }

    #[tokio::test]
    async fn here_is_where_our_own_addresses_are_and_nowhere_else() {
        // Of the addresses listed, the first is this machine's too and the second nobody's.
        let found = found(&["127.0.0.2", "192.0.2.1"]);
        for (typed, expected) in [
            ("http://127.0.0.1:32400", "127.0.0.1 127.0.0.2"),
            ("http://192.0.2.7:32400", "192.0.2.7"),
            ("http://[fd00::5]:32400", "fd00::5"),
        ] {
            let ips = ips(&Url::parse(typed).unwrap(), &found).await;
            let ips: Vec<_> = ips.iter().map(ToString::to_string).collect();
            assert_eq!(ips.join(" "), expected);
        }
    }

    #[test]
    fn the_account_matters_where_no_token_is_set() {
        let tv = TvConfig::default();
        let with = |url: Option<&str>, token: Option<&str>| Config {
            url: url.map(str::to_owned),
            token: token.map(Secret::new),
            ..Config::default()
        };
        let from_file = Config {
            token_file: Some("token".into()),
            ..with(Some("http://a"), None)
        };
        for (cfg, tv, expected) in [
            (with(None, Some("t")), Some(&tv), true),
            (with(Some("http://a"), None), Some(&tv), true),
            (with(Some("http://a"), Some("")), Some(&tv), true),
            (with(Some("http://a"), None), None, false),
            (with(Some("http://a"), Some("t")), Some(&tv), false),
            (from_file, Some(&tv), false),
        ] {
            assert_eq!(is_by_account(&cfg, tv), expected, "{cfg:?}");
        }
    }
}
