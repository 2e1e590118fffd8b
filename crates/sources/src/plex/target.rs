//! Where the server is: at the configured address, or where plex.tv says.

use model::{Body, Endpoint};
use tokio::time::Instant;

use super::address;
use super::client::Target;
use super::config::Config;
use super::error::Error;
use super::server::Outbox;
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
        let target = Target {
            base: address.base,
            token: own_token,
        };
        return Ok(Located {
            target,
            machine_id: cfg.machine_id.clone(),
            note: address.note,
        });
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
    if let Some(outbox) = outbox {
        outbox
            .report(
                Endpoint::Discovery,
                started,
                found.as_ref().err().map(Error::kind),
                0,
            )
            .await;
    }
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
