//! Is an address that somebody typed one of those the server has published at plex.tv?
//!
//! Machine identifiers are public, so whoever answers at an address can name any. What plex.tv lists is proof: only
//! the server itself could put it there.

use std::net::IpAddr;

use reqwest::Url;

use super::servers::{Class, Connection, Found};

impl Found {
    /// True if a token may travel in the clear to addresses of this class. Never if the server wants encryption; far
    /// away only if the server publishes nothing encrypted of that class: else whoever can break the encrypted
    /// connection would get the token.
    pub(super) fn may_be_clear(&self, class: Class) -> bool {
        let has_encrypted = || {
            self.connections
                .iter()
                .any(|c| c.class == class && c.url.starts_with("https:"))
        };
        !self.https_required && (class == Class::Local || !has_encrypted())
    }
}

/// The address to send the server's token to, if `typed` is a published one: host and port as listed, or, where no
/// certificate is checked, a name that leads to such an address. Then it is the address that is returned: the name may
/// lead elsewhere the next time it is looked up.
///
/// `ips`: where the host in `typed` leads. `checked`: its certificate is checked; a name that is not listed then proves
/// nothing, since anybody may own one.
pub(in crate::plex) fn published(found: &Found, typed: &Url, ips: &[IpAddr], checked: bool) -> Option<Url> {
    let usable = |c: &&Connection| checked || found.may_be_clear(c.class);
    found
        .connections
        .iter()
        .filter(usable)
        .find_map(|c| matching(c, typed, if checked { &[] } else { ips }))
}

fn matching(c: &Connection, typed: &Url, ips: &[IpAddr]) -> Option<Url> {
    let url = Url::parse(&c.url).ok();
    let port = c.port.or_else(|| url.as_ref()?.port_or_known_default())?;
    if typed.port_or_known_default()? != port {
        return None;
    }
    let host = typed.host_str()?;
    let listed_host = url.as_ref().and_then(Url::host_str);
    let is = |listed: &str| {
        listed
            .trim_matches(['[', ']'])
            .eq_ignore_ascii_case(host.trim_matches(['[', ']']))
    };
    if listed_host.is_some_and(is) || c.address.as_deref().is_some_and(is) {
        return Some(typed.clone());
    }
    let ip: IpAddr = c.address.as_ref()?.parse().ok()?;
    let mut there = typed.clone();
    let replaced = ips.contains(&ip) && there.set_ip_host(ip).is_ok();
    replaced.then_some(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: &str = "https://192-168-1-5.0123.plex.direct:32400";

    fn connection(class: Class, url: &str, address: &str, port: u16) -> Connection {
        Connection {
            url: url.to_owned(),
            class,
            address: Some(address.to_owned()),
            port: Some(port),
        }
    }

    fn server() -> Found {
        let far = "https://198-51-100-2.0123.plex.direct:443";
        Found {
            name: "Attic".into(),
            machine_id: "m1".into(),
            version: None,
            owned: true,
            access_token: None,
            public_address_matches: false,
            https_required: false,
            connections: vec![
                connection(Class::Local, DIRECT, "192.168.1.5", 32400),
                connection(Class::Local, "http://[fd00::5]:32400", "fd00::5", 32400),
                connection(Class::Remote, far, "198.51.100.2", 443),
                connection(Class::Remote, "https://plex.example.net", "plex.example.net", 443),
            ],
        }
    }

    #[test]
    fn an_address_is_published_or_leads_to_one_that_is() {
        // Typed, where it leads, whether a certificate is checked, what is used.
        let cases = [
            (
                "http://192.168.1.5:32400",
                "192.168.1.5",
                false,
                Some("http://192.168.1.5:32400/"),
            ),
            (
                "http://[fd00::5]:32400",
                "fd00::5",
                false,
                Some("http://[fd00::5]:32400/"),
            ),
            (
                DIRECT,
                "192.168.1.5",
                true,
                Some("https://192-168-1-5.0123.plex.direct:32400/"),
            ),
            (
                "https://Plex.example.net/base",
                "203.0.113.1",
                true,
                Some("https://plex.example.net/base"),
            ),
            (
                "https://192.168.1.5:32400",
                "192.168.1.5",
                true,
                Some("https://192.168.1.5:32400/"),
            ),
            // A name is asked for once; what it led to then is used.
            (
                "http://attic:32400",
                "192.168.1.5",
                false,
                Some("http://192.168.1.5:32400/"),
            ),
            (
                "http://attic:32400/p",
                "fd00::5",
                false,
                Some("http://[fd00::5]:32400/p"),
            ),
            (
                "https://attic:32400",
                "192.168.1.5",
                false,
                Some("https://192.168.1.5:32400/"),
            ),
            // Another port is another program.
            ("http://192.168.1.5:32401", "192.168.1.5", false, None),
            ("http://192.168.1.5", "192.168.1.5", false, None),
            ("http://192.168.1.6:32400", "192.168.1.6", false, None),
            // Whoever owns a name decides where it leads, and has a certificate for it.
            ("https://attic.example.org:32400", "192.168.1.5", true, None),
            // Far away in the clear, though there is an encrypted way.
            ("http://198.51.100.2:443", "198.51.100.2", false, None),
            ("http://plex.example.net:443", "198.51.100.2", false, None),
        ];
        for (typed, ip, checked, expected) in cases {
            let (typed, ips) = (Url::parse(typed).unwrap(), [ip.parse().unwrap()]);
            let got = published(&server(), &typed, &ips, checked).map(String::from);
            assert_eq!(got.as_deref(), expected, "{typed} {ip}");
        }
    }

    #[test]
    fn a_server_that_wants_encryption_gets_nothing_in_the_clear() {
        let strict = Found {
            https_required: true,
            ..server()
        };
        let typed = Url::parse("http://192.168.1.5:32400").unwrap();
        assert_eq!(
            published(&strict, &typed, &["192.168.1.5".parse().unwrap()], false),
            None
        );
        let bare = Found {
            connections: vec![connection(
                Class::Remote,
                "http://198.51.100.2:32400",
                "198.51.100.2",
                32400,
            )],
            ..server()
        };
        let typed = Url::parse("http://198.51.100.2:32400").unwrap();
        assert!(
            published(&bare, &typed, &[], false).is_some(),
            "it has no other way"
        );
    }
}
