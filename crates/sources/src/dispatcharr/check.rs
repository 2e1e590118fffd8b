//! `projectionist check`: does it answer, and may we see what we need?

use super::{Config, Error};

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

/// Asks once for everything a watcher would ask for.
pub async fn check(_cfg: &Config) -> Result<CheckReport, Error> {
    Ok(CheckReport::default())
}
