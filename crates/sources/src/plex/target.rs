//! Where the server is: at the configured address, or where plex.tv says.

use model::{Body, Endpoint};
use tokio::time::Instant;

use super::address;
use super::client::{Client, Target};
use super::config::Config;
use super::error::Error;
use super::server::{Outbox, Server};
use super::shared::Shared;
use super::tv::{self, TvConfig, Wanted};

/// A target, and what it was found to be.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) target: Target,
    /// As plex.tv knows it; whoever answers there must be this one.
    pub(super) machine_id: Option<String>,
    /// What the user should know about the address given.
    pub(super) note: Option<String>,
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
    let token = own_token.unwrap_or(found.token);
    let target = Target {
        base: found.url,
        token: Some(token),
    };
    Ok(Located {
        target,
        machine_id: Some(found.machine_id.to_string()),
        note: None,
    })
}

/// Finds the token of a server that is given by its address alone, in the list of the account's servers. It is asked
/// who it is first, without a token: the account's own never goes to a server that the account does not own.
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
    let started = Instant::now();
    let listed = tv::list(tv).await.map_err(Error::from);
    report(outbox, started, listed.as_ref().err()).await;
    let listed = listed?;
    located.machine_id = Some(identity.machine_id.to_string());
    match listed.iter().find(|s| s.machine_id == identity.machine_id) {
        Some(found) => {
            located.target.token = match &found.access_token {
                Some(token) => Some(token.clone()),
                None if found.owned => Some(tv::account_token(tv).await.map_err(Error::from)?),
                None => None,
            };
        }
        // It may need none; if it does, its refusal says so.
        None => located.note = Some("it is not among the servers of the plex.tv account".to_owned()),
    }
    Ok(())
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
pub(super) fn outage(e: &Error) -> Body {
    let message = super::server::one_line(e).into();
    Body::Outage(model::Outage {
        kind: e.kind().as_str(),
        message,
    })
}
