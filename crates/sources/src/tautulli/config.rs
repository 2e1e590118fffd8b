//! What a user may say about a Tautulli.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base::tls::Trust;
use base::{Kind, Secret};
use model::SourceId;

use super::address;
use base::Fault as Error;

/// One Tautulli to take history from.
#[derive(Clone)]
pub struct Config {
    /// Address, with the path in front of `/api/v2` if it has one.
    pub url: String,
    pub api_key: Option<Secret>,
    /// File that holds the key; read again for every transfer. Wins over `api_key`.
    pub api_key_file: Option<PathBuf>,
    /// The server its plays are attributed to.
    pub server: SourceId,
    /// Between two looks for new history.
    pub interval: Duration,
    /// A request may take this long; a download, this long without a byte.
    pub timeout: Duration,
    pub trust: Trust,
    /// Largest database to download, in bytes.
    pub download_limit: u64,
    /// Databases are downloaded into this directory.
    pub scratch: PathBuf,
    /// Rows of a page of history.
    pub page_rows: usize,
    /// Rows that are asked for one by one, for how they were delivered; of more than these only the latest.
    pub detail_rows: usize,
}

impl Config {
    pub fn new(url: impl Into<String>, server: SourceId, scratch: impl Into<PathBuf>) -> Self {
        Self {
            url: url.into(),
            api_key: None,
            api_key_file: None,
            server,
            interval: Duration::from_mins(5),
            timeout: Duration::from_secs(30),
            trust: Trust::default(),
            download_limit: 64 << 30,
            scratch: scratch.into(),
            page_rows: 1000,
            detail_rows: 2000,
        }
    }

    /// The address, cleaned; without a slash at the end.
    pub(super) fn base(&self) -> Result<String, Error> {
        address::parse(&self.url).map_err(|what| self.error(what))
    }

    /// What it is called in messages.
    pub(super) fn who(&self) -> String {
        address::parse(&self.url).map_or_else(
            |_| "Tautulli".to_owned(),
            |base| format!("Tautulli at {}", address::shown(&base)),
        )
    }

    pub(super) fn key(&self) -> Result<Secret, Error> {
        let key = match &self.api_key_file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|e| self.error(format!("reading the key file {}: {e}", path.display())))?;
                Some(Secret::new(&text))
            }
            None => self.api_key.clone(),
        };
        key.filter(|key| !key.is_empty()).ok_or_else(|| {
            self.error("its API key is missing".to_owned())
                .with_hint("the key stands in Tautulli's settings under Web Interface")
        })
    }

    fn error(&self, what: String) -> Error {
        Error::new(&self.who(), Kind::Config, what)
    }
}

impl fmt::Debug for Config {
    /// Without what people paste into addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("who", &self.who())
            .field("api_key", &self.api_key)
            .field("api_key_file", &self.api_key_file)
            .field("server", &self.server)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
