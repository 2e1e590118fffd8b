//! Where the servers are, as a stream manager sees those that come to it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use model::SourceId;
use sources::plex;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config;

/// A name that takes longer to resolve is one we do without: it only makes the path of a stream less sure.
const RESOLVE_WITHIN: Duration = Duration::from_secs(2);

/// Addresses of the servers that are given by address. Names are resolved once: who moves is found again at the next
/// start. This machine's own address for itself says nothing: everybody behind a local proxy comes from there.
pub(crate) async fn find(servers: &[plex::Config]) -> BTreeMap<SourceId, Vec<IpAddr>> {
    let mut asked = JoinSet::new();
    for server in servers {
        let Some(host) = server.url.as_deref().and_then(config::host) else {
            continue;
        };
        let (id, host) = (SourceId::new(server.id.as_str()), host.to_owned());
        asked.spawn(async move { (id, resolve(host).await) });
    }
    let mut found: BTreeMap<_, Vec<IpAddr>> = asked.join_all().await.into_iter().collect();
    found.retain(|_, addresses| {
        addresses.retain(|a| !a.is_loopback());
        !addresses.is_empty()
    });
    found
}

async fn resolve(host: String) -> Vec<IpAddr> {
    if let Ok(ip) = host.parse() {
        return vec![ip];
    }
    let Ok(Ok(found)) = timeout(RESOLVE_WITHIN, tokio::net::lookup_host((host, 0))).await else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = found.map(|a| a.ip()).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_taken_and_names_resolved() {
        let at = |id: &str, url: Option<&str>| plex::Config {
            id: id.to_owned(),
            url: url.map(str::to_owned),
            ..plex::Config::default()
        };
        let servers = [
            at("four", Some("http://192.0.2.7:32400")),
            at("six", Some("http://[2001:db8::7]:32400/web")),
            at("here", Some("http://localhost:32400")),
            at("nowhere", Some("http://no-such-host.invalid")),
            at("discovered", None),
        ];
        let found = find(&servers).await;
        let of = |id: &str| found.get(&SourceId::new(id)).cloned().unwrap_or_default();
        assert_eq!(of("four"), ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(of("six"), ["2001:db8::7".parse::<IpAddr>().unwrap()]);
        assert!(of("here").is_empty() && of("nowhere").is_empty() && of("discovered").is_empty());
        assert!(
            resolve("localhost".to_owned())
                .await
                .iter()
                .all(IpAddr::is_loopback)
        );
    }
}
