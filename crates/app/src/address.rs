//! Where to listen: `0.0.0.0:9595`, `:9595`, `[::1]:9595`, `localhost:9595`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use serde::Deserialize;

/// Host and port as the user wrote them, checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Address {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// Written as nothing: every address, IPv6 too where the machine has it.
    Every,
    Ip(IpAddr),
    Name(String),
}

impl Address {
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As written; every address is `0.0.0.0`.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Host::Every => Ipv4Addr::UNSPECIFIED.to_string(),
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
        }
    }

    pub(crate) fn with_port(&self, port: u16) -> Self {
        Self {
            host: self.host.clone(),
            port,
        }
    }

    /// What to bind, in order of preference.
    pub(crate) async fn resolve(&self) -> std::io::Result<Vec<SocketAddr>> {
        Ok(match &self.host {
            // Linux takes IPv4 on the IPv6 wildcard too; a machine without IPv6 takes the second.
            Host::Every => vec![
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, self.port)),
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.port)),
            ],
            Host::Ip(ip) => vec![SocketAddr::from((*ip, self.port))],
            Host::Name(name) => tokio::net::lookup_host((name.as_str(), self.port))
                .await?
                .collect(),
        })
    }

    /// True if both cannot be bound at once.
    pub(crate) fn collides(&self, other: &Self) -> bool {
        self.port != 0
            && self.port == other.port
            && (self.host == other.host || self.is_wildcard() || other.is_wildcard())
    }

    fn is_wildcard(&self) -> bool {
        match &self.host {
            Host::Every => true,
            Host::Ip(ip) => ip.is_unspecified(),
            Host::Name(_) => false,
        }
    }

    /// An address under which this machine reaches itself there: `127.0.0.1:9595`.
    pub(crate) fn as_seen_from_here(&self) -> String {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) if ip.is_unspecified() => format!("[::1]:{}", self.port),
            _ if self.is_wildcard() => format!("127.0.0.1:{}", self.port),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Every => write!(f, ":{}", self.port),
            Host::Ip(ip) => write!(f, "{}", SocketAddr::from((*ip, self.port))),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected an address such as 0.0.0.0:9595 or :9595, found \"{text}\"");
        let trimmed = text.trim();
        if let Ok(addr) = trimmed.parse::<SocketAddr>() {
            return Ok(Self {
                host: Host::Ip(addr.ip()),
                port: addr.port(),
            });
        }
        let (host, port) = trimmed.rsplit_once(':').unwrap_or(("", trimmed));
        let port = port.parse().map_err(|_| wrong())?;
        let is_name = |h: &str| {
            h.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        };
        match host {
            "" | "*" => Ok(Self {
                host: Host::Every,
                port,
            }),
            name if is_name(name) => Ok(Self {
                host: Host::Name(name.to_owned()),
                port,
            }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_understood() {
        let cases = [
            ("0.0.0.0:9595", "0.0.0.0:9595", "127.0.0.1:9595"),
            (":9594", ":9594", "127.0.0.1:9594"),
            ("9594", ":9594", "127.0.0.1:9594"),
            ("*:1", ":1", "127.0.0.1:1"),
            ("[::]:9595", "[::]:9595", "[::1]:9595"),
            ("[::1]:80", "[::1]:80", "[::1]:80"),
            ("10.1.2.3:80", "10.1.2.3:80", "10.1.2.3:80"),
            ("localhost:9595", "localhost:9595", "localhost:9595"),
        ];
        for (text, shown, from_here) in cases {
            let address: Address = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (address.to_string().as_str(), address.as_seen_from_here().as_str()),
                (shown, from_here)
            );
        }
        for wrong in ["", "localhost", "1.2.3.4:99999", "http://x:1", ":", "::1:80"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_listeners_on_one_port_collide() {
        let a = |t: &str| t.parse::<Address>().unwrap();
        assert!(a(":1").collides(&a("127.0.0.1:1")));
        assert!(a("127.0.0.1:1").collides(&a("127.0.0.1:1")));
        assert!(!a("127.0.0.1:1").collides(&a("127.0.0.2:1")));
        assert!(!a(":1").collides(&a(":2")));
        assert!(!a(":0").collides(&a(":0")));
    }
}
