//! `check`: is this a Tautulli, does it accept the key, and what does it hold?

use base::Kind;
use serde_json::Value;

use super::client::Client;
use super::config::Config;
use super::wire::{About, Identity, Page};
use base::Fault as Error;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    pub version: Option<String>,
    /// The Plex server it watches.
    pub machine_id: Option<String>,
    /// The address, without secrets.
    pub url_used: String,
    /// Rows of its history.
    pub rows: u64,
    /// What works less well than it might, a line each.
    pub notes: Vec<String>,
}

/// Asks once for all that matters. The error is the first thing that must be put right.
pub async fn check(cfg: &Config) -> Result<CheckReport, Error> {
    let client = Client::new(cfg)?;
    client.ask::<Value>("status", &[]).await?;
    let mut notes = Vec::new();
    let about: About = lenient(client.ask("get_tautulli_info", &[]).await, &mut notes)?;
    let identity: Identity = lenient(client.ask("get_server_identity", &[]).await, &mut notes)?;
    let params = [("length", "0"), ("include_activity", "0")];
    let page: Page = client.ask("get_history", &params).await?;
    if identity.machine_identifier.is_none() {
        notes.push("it is not connected to a Plex server".to_owned());
    }
    Ok(CheckReport {
        version: about.tautulli_version,
        machine_id: identity.machine_identifier,
        url_used: super::address::shown(&cfg.base()?),
        rows: page.total,
        notes,
    })
}

/// What an old Tautulli cannot tell is not needed.
fn lenient<T: Default>(answer: Result<T, Error>, notes: &mut Vec<String>) -> Result<T, Error> {
    match answer {
        Err(e) if matches!(e.kind(), Kind::Unsupported | Kind::ServerError | Kind::BadPayload) => {
            notes.push(e.what().to_owned());
            Ok(T::default())
        }
        other => other,
    }
}
