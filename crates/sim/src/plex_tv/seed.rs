//! What a stand-in starts with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Time a PIN may be linked in, as plex.tv has it.
const PIN_LIFETIME: Duration = Duration::from_mins(15);

/// Accounts and the servers they see.
#[derive(Clone, Debug)]
pub struct TvSeed {
    pub listen: SocketAddr,
    pub accounts: Vec<AccountSeed>,
    pub servers: Vec<ServerSeed>,
    pub pin_lifetime: Duration,
    /// Seeds tokens, PIN numbers and codes: the same seed hands out the same ones.
    pub random_seed: u64,
}

impl Default for TvSeed {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            accounts: Vec::new(),
            servers: Vec::new(),
            pin_lifetime: PIN_LIFETIME,
            random_seed: 1,
        }
    }
}

impl TvSeed {
    #[must_use]
    pub fn account(mut self, account: AccountSeed) -> Self {
        self.accounts.push(account);
        self
    }

    #[must_use]
    pub fn server(mut self, server: ServerSeed) -> Self {
        self.servers.push(server);
        self
    }
}

/// One account.
#[derive(Clone)]
pub struct AccountSeed {
    pub user: String,
    pub email: String,
    pub password: String,
    /// The verification code asked for besides the password.
    pub two_factor: Option<String>,
    /// An account token that is valid from the start.
    pub token: String,
    pub plex_pass: bool,
}

impl AccountSeed {
    pub fn new(user: &str, password: &str, token: &str) -> Self {
        Self {
            user: user.to_owned(),
            email: format!("{user}@example.net"),
            password: password.to_owned(),
            two_factor: None,
            token: token.to_owned(),
            plex_pass: true,
        }
    }

    #[must_use]
    pub fn two_factor(mut self, code: &str) -> Self {
        self.two_factor = Some(code.to_owned());
        self
    }
}

impl fmt::Debug for AccountSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSeed")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A server as it has published itself.
#[derive(Clone)]
pub struct ServerSeed {
    pub name: String,
    pub machine_id: String,
    pub version: String,
    /// User name of the owner; other accounts see the server only if it is shared with them.
    pub owner: String,
    /// The owner's token for this server; empty: plex.tv lists the server without one.
    pub access_token: String,
    /// Users it is shared with, and the token each of them has for it.
    pub shared_with: Vec<(String, String)>,
    /// `server`, or for players something else; a comma-separated list.
    pub provides: String,
    pub presence: bool,
    pub https_required: bool,
    /// The asking client comes from the server's own public address.
    pub public_address_matches: bool,
    pub dns_rebinding_protection: bool,
    pub connections: Vec<ConnectionSeed>,
}

impl ServerSeed {
    pub fn new(name: &str, machine_id: &str, owner: &str, access_token: &str) -> Self {
        Self {
            name: name.to_owned(),
            machine_id: machine_id.to_owned(),
            version: "1.43.3.10793-e8ba9a1b4".to_owned(),
            owner: owner.to_owned(),
            access_token: access_token.to_owned(),
            shared_with: Vec::new(),
            provides: "server".to_owned(),
            presence: true,
            https_required: false,
            public_address_matches: true,
            dns_rebinding_protection: false,
            connections: Vec::new(),
        }
    }

    #[must_use]
    pub fn connection(mut self, place: Place, url: &str) -> Self {
        self.connections.push(ConnectionSeed::at(place, url));
        self
    }

    /// Listed for its owner without a token.
    #[must_use]
    pub fn without_access_token(mut self) -> Self {
        self.access_token.clear();
        self
    }

    #[must_use]
    pub fn shared_with(mut self, user: &str, access_token: &str) -> Self {
        self.shared_with.push((user.to_owned(), access_token.to_owned()));
        self
    }
}

impl fmt::Debug for ServerSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSeed")
            .field("name", &self.name)
            .field("machine_id", &self.machine_id)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Where an address is, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Local,
    Remote,
    Relay,
}

/// One published address.
#[derive(Clone, Debug)]
pub struct ConnectionSeed {
    pub protocol: String,
    pub address: String,
    pub port: u16,
    pub uri: String,
    pub local: bool,
    pub relay: bool,
    pub ipv6: bool,
}

impl ConnectionSeed {
    /// Takes protocol, address and port out of `url` (`http://127.0.0.1:32400`).
    pub fn at(place: Place, url: &str) -> Self {
        let (protocol, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split('/').next().unwrap_or(rest);
        let (address, port) = match authority.rsplit_once(':') {
            Some((address, port)) => (address, port.parse().ok()),
            None => (authority, None),
        };
        let default_port = if protocol == "https" { 443 } else { 80 };
        let address = address.trim_start_matches('[').trim_end_matches(']');
        Self {
            protocol: protocol.to_owned(),
            address: address.to_owned(),
            port: port.unwrap_or(default_port),
            uri: url.to_owned(),
            local: place == Place::Local,
            relay: place == Place::Relay,
            ipv6: address.contains(':'),
        }
    }
}
