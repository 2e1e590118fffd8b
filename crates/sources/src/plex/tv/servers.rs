//! The servers of an account, and picking one of them.

use std::sync::Arc;

use base::Secret;
use base::error::Chain;
use model::Text;
use reqwest::Method;
use tokio::time::Instant;

use super::api::{self, Reply};
use super::config::TvConfig;
use super::error::TvError;
use super::shared::{FRESH, Failed, Known, Listing};
use super::sign_in::{account_token, renewed_token};
use crate::plex::map;

const DOING: &str = "listing the account's servers";
const ARGUMENTS: &str = "?includeHttps=1&includeRelay=1&includeIPv6=1";

/// A server as plex.tv knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Not unique.
    pub name: Text,
    pub machine_id: Text,
    pub version: Option<Text>,
    /// Only the owner sees all sessions.
    pub owned: bool,
    /// This account's token for this server.
    pub access_token: Option<Secret>,
    /// We ask from the server's own public address, so its local addresses may work even if it is not owned.
    pub public_address_matches: bool,
    pub https_required: bool,
    pub connections: Vec<Connection>,
}

/// One address a server has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub url: String,
    pub class: Class,
    /// The bare address behind the name in `url`.
    pub address: Option<String>,
    pub port: Option<u16>,
}

/// How an address reaches the server; best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Local,
    Remote,
    /// Through plex.tv's relay: slow.
    Relay,
}

impl Class {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
            Self::Relay => "relay",
        }
    }
}

/// Which server is wanted. The machine identifier decides if it is given; with neither, the account must own
/// exactly one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub name: Option<String>,
    pub machine_id: Option<String>,
}

/// Asks plex.tv for the servers the account owns or has shared with it; players are left out.
pub async fn servers(tv: &TvConfig, account_token: &Secret) -> Result<Vec<Found>, TvError> {
    let ask = async |base_url: &str, path: &str| {
        let request = api::request(
            tv,
            Method::GET,
            base_url,
            &format!("{path}{ARGUMENTS}"),
            Some(account_token),
        )?;
        api::send(tv, DOING, request).await
    };
    let reply = ask(&tv.clients_url, "/api/v2/resources").await?;
    let newer = if reply.is_unknown_address() {
        None
    } else {
        Some(read(reply))
    };
    match newer {
        Some(Ok(list)) => Ok(list),
        // The older form is still served, by another host at that.
        None | Some(Err(TvError::BadReply { .. })) => read(ask(&tv.base_url, "/api/resources").await?),
        Some(Err(e)) => Err(e),
    }
}

fn read(reply: Reply) -> Result<Vec<Found>, TvError> {
    let body = reply.ok(DOING)?;
    let decoded = map::tv_resources(&body).map_err(|source| TvError::BadReply { doing: DOING, source })?;
    if let Some(first) = decoded.issues.first() {
        let count = decoded.issues.len();
        tracing::debug!(
            count,
            "left out {count} fields of plex.tv's list, first {}: {}",
            first.path,
            first.what
        );
    }
    Ok(decoded.value.into_iter().map(Found::from).collect())
}

impl From<map::TvServer> for Found {
    fn from(s: map::TvServer) -> Self {
        let connection = |c: map::TvConnection| {
            let class = match (c.relay, c.local) {
                (true, _) => Class::Relay,
                (false, true) => Class::Local,
                (false, false) => Class::Remote,
            };
            Connection {
                url: c.uri,
                class,
                address: c.address,
                port: c.port,
            }
        };
        Self {
            name: s.name,
            machine_id: s.machine_id,
            version: s.version,
            owned: s.owned,
            access_token: s.access_token.filter(|token| !token.is_empty()),
            public_address_matches: s.public_address_matches,
            https_required: s.https_required,
            connections: s.connections.into_iter().map(connection).collect(),
        }
    }
}

/// The list with the configuration's own account token; for `all_servers`, watch those that are owned.
pub async fn list(tv: &TvConfig) -> Result<Arc<[Found]>, TvError> {
    let token = account_token(tv).await?;
    match shared_list(tv, &token).await {
        Err(e @ TvError::Unauthorized { .. }) => match renewed_token(tv, &token).await? {
            Some(token) => shared_list(tv, &token).await,
            None => Err(e),
        },
        outcome => outcome,
    }
}

/// The list, asked for at most once per [`FRESH`] by all clones of the configuration. While plex.tv is away
/// the last known list serves on: an address in it may well answer.
pub(super) async fn shared_list(tv: &TvConfig, account_token: &Secret) -> Result<Arc<[Found]>, TvError> {
    let mut listing = tv.shared.0.listing.lock().await;
    if listing
        .known
        .as_ref()
        .is_some_and(|k| k.account != *account_token)
    {
        *listing = Listing::default();
    }
    if let Some(known) = listing.known.as_ref().filter(|k| k.at.elapsed() < FRESH) {
        return Ok(Arc::clone(&known.servers));
    }
    if let Some(again) = listing.failed.as_ref().and_then(Failed::again) {
        return listing
            .known
            .as_ref()
            .map(|k| Arc::clone(&k.servers))
            .ok_or(again);
    }
    match servers(tv, account_token).await {
        Ok(servers) => {
            let servers: Arc<[Found]> = servers.into();
            let known = Known {
                account: account_token.clone(),
                at: Instant::now(),
                servers: Arc::clone(&servers),
            };
            *listing = Listing {
                known: Some(known),
                failed: None,
            };
            Ok(servers)
        }
        Err(e) => {
            let failed = Failed::of(&e);
            let passes = failed.is_some();
            listing.failed = failed.or(listing.failed.take());
            let Some(known) = listing.known.as_ref().filter(|_| passes) else {
                return Err(e);
            };
            tracing::info!("{}; using the list of servers known before", Chain(&e));
            Ok(Arc::clone(&known.servers))
        }
    }
}

/// Picks the wanted server, or says what there is to pick from.
pub fn select<'a>(servers: &'a [Found], wanted: &Wanted) -> Result<&'a Found, TvError> {
    let owned = || servers.iter().filter(|s| s.owned);
    let describe = |s: &Found| format!("\"{}\" ({})", s.name, s.machine_id);
    if let Some(id) = &wanted.machine_id {
        let wanted = format!("identified by {id}");
        let found = servers.iter().map(describe).collect();
        return servers
            .iter()
            .find(|s| *s.machine_id == **id)
            .ok_or(TvError::NoServer { wanted, found });
    }
    let (text, candidates): (String, Vec<&Found>) = match &wanted.name {
        Some(name) => (
            format!("named \"{name}\""),
            owned().filter(|s| same_name(&s.name, name)).collect(),
        ),
        None => ("owned, and none was named".to_owned(), owned().collect()),
    };
    match candidates[..] {
        [one] => Ok(one),
        [] if wanted.name.is_none() => Err(TvError::NoServer {
            wanted: "owned by this account".to_owned(),
            found: Vec::new(),
        }),
        [] => {
            if let Some(name) = wanted
                .name
                .as_ref()
                .filter(|n| servers.iter().any(|s| same_name(&s.name, n)))
            {
                return Err(TvError::NotOwned { wanted: name.clone() });
            }
            let found = owned().map(|s| format!("\"{}\"", s.name)).collect();
            Err(TvError::NoServer { wanted: text, found })
        }
        _ => {
            let found = candidates.into_iter().map(describe).collect();
            Err(TvError::Ambiguous { wanted: text, found })
        }
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, machine_id: &str, owned: bool) -> Found {
        Found {
            name: name.into(),
            machine_id: machine_id.into(),
            version: None,
            owned,
            access_token: None,
            public_address_matches: false,
            https_required: false,
            connections: Vec::new(),
        }
    }

    /// Servers, name and machine identifier asked for, the identifier picked or the refusal.
    type Case<'a> = (
        &'a [Found],
        Option<&'a str>,
        Option<&'a str>,
        Result<&'a str, &'a str>,
    );

    #[test]
    fn a_server_is_picked_or_the_choice_is_told() {
        let house = [
            server("Attic", "m1", true),
            server("Cellar", "m2", true),
            server("CELLAR ", "m3", true),
            server("Bob's", "m4", false),
            server("attic", "m5", false),
        ];
        let one = [server("Only", "m9", true), server("Bob's", "m4", false)];
        let bobs = [server("Bob's", "m4", false)];
        let cases: [Case; 10] = [
            (&house, Some("ATTIC"), None, Ok("m1")),
            (&house, Some(" attic"), None, Ok("m1")),
            (&house, Some("nonsense"), Some("m4"), Ok("m4")),
            (&one, None, None, Ok("m9")),
            (
                &house,
                Some("attick"),
                None,
                Err("plex.tv: no server is named \"attick\"; there are \"Attic\", \"Cellar\", \"CELLAR \""),
            ),
            (
                &house,
                Some("cellar"),
                None,
                Err("plex.tv: 2 servers are named \"cellar\": \"Cellar\" (m2), \"CELLAR \" (m3)"),
            ),
            (
                &house,
                Some("bob's"),
                None,
                Err("plex.tv: \"bob's\" is shared with this account, not owned by it"),
            ),
            (
                &one,
                None,
                Some("m8"),
                Err("plex.tv: no server is identified by m8; there are \"Only\" (m9), \"Bob's\" (m4)"),
            ),
            (
                &bobs,
                Some("x"),
                None,
                Err("plex.tv: no server is named \"x\"; this account owns none"),
            ),
            (
                &house[..2],
                None,
                None,
                Err("plex.tv: 2 servers are owned, and none was named: \"Attic\" (m1), \"Cellar\" (m2)"),
            ),
        ];
        for (servers, name, machine_id, expected) in cases {
            let wanted = Wanted {
                name: name.map(str::to_owned),
                machine_id: machine_id.map(str::to_owned),
            };
            let got = select(servers, &wanted)
                .map(|s| &*s.machine_id)
                .map_err(|e| e.to_string());
            assert_eq!(got, expected.map_err(str::to_owned), "{name:?} {machine_id:?}");
        }
    }
}
