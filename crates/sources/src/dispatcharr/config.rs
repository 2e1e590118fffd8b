//! What a user may say about a Dispatcharr.

use std::fmt;
use std::path::PathBuf;

use base::Secret;
use serde::Deserialize;

/// One `[[dispatcharr]]` table. Give an API key, or a user and a password.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Our short name for it, unique. Default: the host in `url`.
    pub id: String,
    /// Address, `http://host:9191`. A path behind a proxy is kept.
    pub url: String,
    /// API key of an administrator. Default: none.
    pub api_key: Option<Secret>,
    /// File that holds the API key; read again when it is refused. Default: none.
    pub api_key_file: Option<PathBuf>,
    /// Name of an administrator, to sign in with a password instead of a key. Default: none.
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// Its Redis, read only: `redis://[user:password@]host:6379/0`, `rediss://` with TLS. Default: none.
    pub redis_url: Option<Secret>,
    /// File that holds it.
    pub redis_url_file: Option<PathBuf>,
    /// Listen to its WebSocket and look at once when something changes. It takes a token in the address, so it is off
    /// by default, and it needs user and password.
    pub notifications: bool,
    /// Seconds between two looks at what is on the air. Default: 5.
    pub poll_interval_s: f64,
    /// Seconds between two looks at accounts, guides, users and channels. Default: 300.
    pub inventory_interval_s: u64,
    /// Seconds a request may take. Default: 10.
    pub timeout_s: f64,
    /// PEM file of certificate authorities to trust besides the usual ones. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Check the certificate for this host name instead of the one in `url`. Default: none.
    pub tls_name: Option<String>,
    /// Do not check the certificate at all. Default: false.
    pub tls_skip_verify: bool,
    /// What is asked for beyond what everyone needs; follows from what is shown.
    #[serde(skip)]
    pub wants: Wants,
}

/// What costs further questions and is only asked for if somebody wants to see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Bytes and rates of every viewer: one question for each channel on the air at every look.
    pub viewer_details: bool,
    /// The whole list of channels with every look at the inventory.
    pub channel_list: bool,
    pub plugins: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            id: String::new(),
            url: String::new(),
            api_key: None,
            api_key_file: None,
            user: None,
            password: None,
            password_file: None,
            redis_url: None,
            redis_url_file: None,
            notifications: false,
            poll_interval_s: 5.0,
            inventory_interval_s: 300,
            timeout_s: 10.0,
            ca_file: None,
            tls_name: None,
            tls_skip_verify: false,
            wants: Wants::default(),
        }
    }
}

impl fmt::Debug for Config {
    /// Without what people paste into addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("id", &self.id)
            .field("api_key", &self.api_key)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("redis_url", &self.redis_url)
            .field("wants", &self.wants)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Finds what cannot work before anything is asked of anyone.
    pub fn validate(&self) -> Result<(), super::Error> {
        Ok(())
    }
}
