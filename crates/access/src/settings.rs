//! How access is decided.

use base::Secret;

use crate::network::Networks;

/// Name of the account that is made first.
pub const ADMIN: &str = "admin";

/// Days a browser stays signed in unless the settings say otherwise.
const SESSION_DAYS: u32 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Open to this machine where only this machine can connect, else passwords.
    Auto,
    /// Passwords for everybody.
    Password,
    /// A reverse proxy says who asks.
    Proxy,
    /// Everybody who can connect may do everything.
    Off,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    /// True if no listener can be reached from another machine.
    pub only_here: bool,
    /// The password of [`ADMIN`]; it cannot be changed through the interface then.
    pub admin_password: Option<Secret>,
    /// Header in which a trusted proxy names the user, in small letters.
    pub proxy_header: Option<String>,
    /// Whose headers are believed.
    pub proxies: Networks,
    /// Users named by the proxy who are admins, in any case of letters; absent, everybody is.
    pub proxy_admins: Option<Vec<String>>,
    /// Whether `/metrics` wants a key.
    pub metrics_key: bool,
    /// Days after which a browser has to sign in again.
    pub session_days: u32,
}

impl Settings {
    /// Of `mode`, and nothing else said.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            only_here: false,
            admin_password: None,
            proxy_header: None,
            proxies: Networks::default(),
            proxy_admins: None,
            metrics_key: false,
            session_days: SESSION_DAYS,
        }
    }
}
