//! What a user may say about plex.tv.

use std::path::PathBuf;

use base::Secret;
use serde::Deserialize;

use super::shared::Shared;

/// The `[plex_tv]` table: signing in at plex.tv and finding servers there.
///
/// Clones share what they have learnt (see [`Shared`]): make one and clone it, so that a hundred servers ask
/// plex.tv once and not a hundred times.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TvConfig {
    /// The plex.tv API. Default: `https://plex.tv`.
    pub base_url: String,
    /// The API that lists servers. Default: `https://clients.plex.tv`.
    pub clients_url: String,
    /// The page on which a person confirms a sign-in. Default: `https://app.plex.tv/auth`.
    pub auth_url: String,
    /// Account token, from `projectionist login plex`. Default: none.
    pub token: Option<Secret>,
    /// File that holds the account token; read again when plex.tv refuses it. Default: none.
    pub token_file: Option<PathBuf>,
    /// User name or e-mail address, for signing in with a password where there is no token. Default: none.
    pub user: Option<String>,
    /// Password. Default: none.
    pub password: Option<Secret>,
    /// File that holds the password. Default: none.
    pub password_file: Option<PathBuf>,
    /// How plex.tv tells installations apart (`X-Plex-Client-Identifier`); should stay the same for ever.
    /// Default: made at the first start and kept.
    pub client_id: String,
    /// Watch every server this account owns, also those nobody named. Default: false.
    pub all_servers: bool,
    /// Not a setting: what clones of this configuration share.
    #[serde(skip)]
    pub shared: Shared,
}

impl Default for TvConfig {
    fn default() -> Self {
        Self {
            base_url: "https://plex.tv".to_owned(),
            clients_url: "https://clients.plex.tv".to_owned(),
            auth_url: "https://app.plex.tv/auth".to_owned(),
            token: None,
            token_file: None,
            user: None,
            password: None,
            password_file: None,
            client_id: String::new(),
            all_servers: false,
            shared: Shared::default(),
        }
    }
}
