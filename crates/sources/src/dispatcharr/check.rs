//! `projectionist check`: does it answer, and may we see what we need?

use base::Kind;
use model::iptv::ProfileId;

use super::client::Client;
use super::redis::{self, Prefix};
use super::stats::{Statistics, numbers};
use super::{Config, Error, inventory, map, sides, wire};

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Without user info.
    pub url_used: String,
    pub version: Option<String>,
    pub channels: Option<u64>,
    pub accounts: Option<usize>,
    /// On the air at the moment.
    pub feeds: usize,
    /// What does not work as it might, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Asks once for everything a watcher would ask for. The error is the first thing that must be put right.
pub async fn check(cfg: &Config) -> Result<CheckReport, Error> {
    let client = Client::new(cfg, None)?;
    let version = inventory::version(&client).await?;
    let mut statistics = Statistics::new(version.clone());
    let stats = statistics.look(&client).await?;
    let mut notes = Vec::new();
    if cfg.tls_skip_verify {
        notes.push("its certificate is not checked".to_owned());
    }
    notes.extend(old(version.as_deref(), &statistics));
    let channels = noted(inventory::channels(&client).await, &mut notes)?.flatten();
    let accounts = noted(inventory::accounts(&client).await, &mut notes)?;
    let profiles = accounts.as_deref().map(profiles).unwrap_or_default();
    if sides::has_redis(cfg) {
        // With nothing to read it would not even be connected to: a number that no login has is read, too.
        let profiles = profiles.into_iter().chain([ProfileId(0)]).collect();
        let ask = redis::Ask {
            prefix: Prefix::of_version(version.as_deref().unwrap_or_default()),
            profiles,
            live: map::on_air(&stats).live,
            vod: Vec::new(),
        };
        if let Err(e) = sides::read_redis(cfg, &mut None, &ask).await {
            notes.push(format!(
                "its Redis will not be read: {}",
                crate::outbox::one_line(&e)
            ));
        }
    }
    if cfg.notifications
        && let Err(e) = client.open_socket(1 << 20).await
    {
        notes.push(format!(
            "no notifications, changes show at the next look: {}",
            crate::outbox::one_line(&e)
        ));
    }
    Ok(CheckReport {
        url_used: client.shown().to_owned(),
        version: version.map(|v| v.to_string()),
        channels,
        accounts: accounts.map(|rows| map::accounts(&rows).len()),
        feeds: map::feeds(&stats, &map::Names::default()).len(),
        notes,
    })
}

/// Whoever may see the statistics is an administrator; what else fails makes a note.
fn noted<T>(answer: Result<T, Error>, notes: &mut Vec<String>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == Kind::Unauthorized => Err(e),
        Err(e) => {
            notes.push(e.what().to_owned());
            Ok(None)
        }
    }
}

fn profiles(accounts: &[wire::Account]) -> Vec<ProfileId> {
    let profiles = accounts.iter().flat_map(|account| &account.profiles);
    profiles.filter_map(|profile| profile.id.map(ProfileId)).collect()
}

/// What a version does not have.
fn old(version: Option<&str>, statistics: &Statistics) -> Vec<String> {
    let mut notes = Vec::new();
    if statistics.echoes() {
        let what = "it has no combined statistics (Dispatcharr 0.28), so each look takes several questions";
        notes.push(what.to_owned());
    }
    let Some((0, minor)) = version.and_then(numbers) else {
        return notes;
    };
    for (since, what) in [
        (22, "who watches a channel is told"),
        (28, "programmes of the past are told"),
    ] {
        if minor < since {
            notes.push(format!("{what} by Dispatcharr 0.{since} and later"));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_version_does_not_have_is_noted() {
        for (version, notes) in [
            ("0.29.0", 0),
            ("1.0.0", 0),
            ("0.27.1", 2),
            ("0.15.0", 3),
            ("main", 0),
        ] {
            let statistics = Statistics::new(Some(version.into()));
            assert_eq!(old(Some(version), &statistics).len(), notes, "{version}");
        }
    }
}
