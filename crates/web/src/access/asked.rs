//! What a request says about where it comes from, and what of that is believed.

use std::net::IpAddr;

use access::{Gate, Networks};
use base::Secret;
use base64ct::{Base64, Encoding as _};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, REFERER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use crate::serve::Peer;

/// Set by the dashboard on whatever changes something. Another site's page cannot set it without our consent, which
/// a browser would ask for and we never give.
pub(super) const OWN_HEADER: HeaderName = HeaderName::from_static("x-projectionist");

/// Set by the dashboard on all it asks: the host in the browser's address bar. A proxy that says nothing of itself and
/// makes `Host` its own (nginx from 1.29.7, unless told otherwise) leaves this as it was.
const SHOWN_AS: HeaderName = HeaderName::from_static("x-projectionist-host");

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Characters of a user's name that a proxy may send; a longer one is nobody.
const USER_CHARS_MAX: usize = 256;

/// A request, seen from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) peer: IpAddr,
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
    /// Whose headers are believed.
    pub(super) proxies: &'a Networks,
}

impl<'a> Asked<'a> {
    pub(super) fn of<B>(request: &'a http::Request<B>, gate: &'a Gate) -> Self {
        // Who did not come through a socket of ours is nobody in particular, and not this machine.
        let nobody = IpAddr::from([0, 0, 0, 0]);
        Self {
            peer: request.extensions().get::<Peer>().map_or(nobody, |p| p.0),
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            proxies: &gate.settings().proxies,
        }
    }

    /// True if it changes nothing.
    pub(super) fn is_safe(&self) -> bool {
        matches!(*self.method, Method::GET | Method::HEAD)
    }

    fn trusts_peer(&self) -> bool {
        self.proxies.contain(self.peer)
    }

    /// True if it comes from this machine, past no proxy, and names this machine wherever it names any. That keeps out
    /// pages of a site whose name was made to lead here (DNS rebinding), and what a proxy passed on that says nothing of
    /// itself. Version 1.0 is spoken by such proxies, too.
    pub(super) fn is_straight(&self) -> bool {
        self.peer.is_loopback()
            && !self.trusts_peer()
            && !matches!(self.version, Version::HTTP_09 | Version::HTTP_10)
            && !self.headers.keys().any(is_of_proxies)
            && self.uri.authority().is_none_or(|a| is_here(a.as_str()))
            && self.only(&HOST).is_some_and(is_here)
            && [ORIGIN, REFERER].iter().all(|name| self.names_here(name))
            && self.names_here(&SHOWN_AS)
    }

    /// The host under which the dashboard is shown to somebody though the request looks as if it came from this machine
    /// and named it: then something in between passes on what comes from elsewhere. Another site's page can neither set
    /// the header nor leave out its own name.
    pub(super) fn shown_elsewhere(&self) -> Option<&'a str> {
        let looks_local = self.peer.is_loopback()
            && self.only(&HOST).is_some_and(is_here)
            && !self.headers.keys().any(is_of_proxies);
        let shown = self.only(&SHOWN_AS)?;
        (looks_local && !is_here(shown)).then_some(shown)
    }

    /// True if every value of this header is a host, or an address on a host, that is this machine.
    fn names_here(&self, name: &HeaderName) -> bool {
        self.headers.get_all(name).iter().all(|value| {
            let value = text(value).unwrap_or_default();
            let authority = value.split_once("://").map_or(value, |(_, rest)| rest);
            is_here(authority.split(['/', '?', '#']).next().unwrap_or_default())
        })
    }

    /// True if it tells of others, and the peer is not believed.
    pub(super) fn is_passed_on_by_a_stranger(&self) -> bool {
        self.headers.contains_key(FORWARDED_FOR) && !self.trusts_peer()
    }

    /// Whose attempts are counted: the peer, or who is behind a proxy that is believed.
    pub(super) fn client(&self) -> IpAddr {
        if !self.trusts_peer() {
            return self.peer;
        }
        let values = self.headers.get_all(FORWARDED_FOR).iter();
        let hops: Vec<&str> = values.filter_map(text).flat_map(|v| v.split(',')).collect();
        let mut nearest = self.peer;
        // From the nearest hop on: what stands before the first that is not ours, anybody may have written.
        for hop in hops.iter().rev() {
            let Some(address) = address(hop.trim()) else {
                return nearest;
            };
            nearest = address.to_canonical();
            if !self.proxies.contain(nearest) {
                return nearest;
            }
        }
        nearest
    }

    /// True if the browser spoke TLS to a proxy that is believed.
    pub(super) fn is_secure(&self) -> bool {
        let said = self.headers.get(FORWARDED_PROTO).and_then(text);
        let first = said.and_then(|s| s.split(',').next());
        self.trusts_peer() && first.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
    }

    /// The user whom a proxy names in `header`.
    pub(super) fn proxy_user(&self, header: &str) -> Option<&'a str> {
        if !self.trusts_peer() {
            return None;
        }
        let mut values = self.headers.get_all(header).iter();
        let (value, further) = (values.next()?, values.next());
        let user = std::str::from_utf8(value.as_bytes()).ok()?.trim();
        let usable = !user.is_empty() && user.chars().count() <= USER_CHARS_MAX;
        (usable && further.is_none()).then_some(user)
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&'a str> {
        let lines = self.headers.get_all(COOKIE).iter().filter_map(text);
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whatever may be a key of ours. A browser sends `Basic` by itself once it was typed, so that opens nothing that
    /// changes anything.
    pub(super) fn keys(&self) -> Vec<Secret> {
        let own = self.only(&API_KEY).map(Secret::new);
        let said = self.only(&AUTHORIZATION).and_then(|v| v.split_once(' '));
        let authorization = said.and_then(|(scheme, rest)| {
            if scheme.eq_ignore_ascii_case("bearer") {
                return Some(Secret::new(rest));
            }
            let basic = scheme.eq_ignore_ascii_case("basic") && self.is_safe();
            let bytes = Base64::decode_vec(rest.trim()).ok().filter(|_| basic)?;
            let pair = String::from_utf8(bytes).ok()?;
            pair.split_once(':').map(|(_, password)| Secret::new(password))
        });
        own.into_iter().chain(authorization).collect()
    }

    /// True if a browser sent it, which may be on behalf of another site's page.
    pub(super) fn is_browsers(&self) -> bool {
        [ORIGIN, FETCH_SITE, COOKIE, REFERER]
            .iter()
            .any(|name| self.headers.contains_key(name))
    }

    /// True if it carries the dashboard's mark.
    pub(super) fn is_marked(&self) -> bool {
        self.only(&OWN_HEADER) == Some("1")
    }

    /// False if a browser says that another site's page sent it.
    pub(super) fn is_same_origin(&self) -> bool {
        // The browser's own word, which holds whatever a proxy made of `Host`.
        if let Some(site) = self.headers.get(FETCH_SITE) {
            return site == "same-origin";
        }
        let Some(origin) = self.headers.get(ORIGIN) else {
            return true;
        };
        let Some((scheme, authority)) = text(origin).and_then(|o| o.split_once("://")) else {
            return false;
        };
        let port = if scheme == "https" { ":443" } else { ":80" };
        let same = |host: &str| {
            let bare = |text: &str| text.trim().trim_end_matches(port).to_ascii_lowercase();
            bare(host) == bare(authority)
        };
        self.only(&HOST).is_some_and(same)
            || (self.trusts_peer() && self.only(&FORWARDED_HOST).is_some_and(same))
    }

    /// The value of a header that is there once.
    fn only(&self, name: &HeaderName) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let (value, further) = (values.next()?, values.next());
        text(value).filter(|_| further.is_none())
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// A hop, which some proxies tell with its port: `192.0.2.1:80`, `[2001:db8::1]:80`.
fn address(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip());
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(with_port)
}

/// Headers that proxies add and clients do not.
fn is_of_proxies(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-forwarded-")
        || matches!(
            name,
            "forwarded" | "via" | "x-real-ip" | "x-client-ip" | "true-client-ip" | "cf-connecting-ip"
        )
}

/// True if `authority`, a host with or without a port, is this machine whatever the names of the network say.
fn is_here(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a path would fix the lifetime"
)]
mod tests {
    use super::*;

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        all.iter().map(pair).collect()
    }

    fn check<T>(peer: &str, all: &[(&str, &str)], look: impl FnOnce(&Asked<'_>) -> T) -> T {
        check_as(&Method::GET, peer, all, look)
    }

    /// The proxies of these tests are `10.0.0.0/8` and `::1`.
    fn check_as<T>(
        method: &Method,
        peer: &str,
        all: &[(&str, &str)],
        look: impl FnOnce(&Asked<'_>) -> T,
    ) -> T {
        let proxies = ["10.0.0.0/8", "::1"].iter().map(|n| n.parse().unwrap()).collect();
        look(&Asked {
            peer: peer.parse().unwrap(),
            method,
            uri: &Uri::from_static("/api/v1/sessions"),
            version: Version::HTTP_11,
            headers: &headers(all),
            proxies: &proxies,
        })
    }

    #[test]
    fn straight_is_from_here_past_nobody_and_to_here() {
        let here = ("host", "localhost:9595");
        for (peer, all, expected) in [
            ("127.0.0.1", vec![here], true),
            ("127.8.9.1", vec![("host", "127.0.0.1")], true),
            ("127.0.0.1", vec![("host", "LOCALHOST.")], true),
            ("127.0.0.1", vec![("host", "tv.localhost:1")], true),
            ("192.0.2.1", vec![here], false),
            ("0.0.0.0", vec![here], false),
            ("127.0.0.1", vec![], false),
            ("127.0.0.1", vec![here, ("host", "localhost")], false),
            ("127.0.0.1", vec![("host", "evil.example:9595")], false),
            ("127.0.0.1", vec![("host", "localhost.evil.example")], false),
            ("127.0.0.1", vec![("host", "127.0.0.1.evil.example")], false),
            ("127.0.0.1", vec![("host", "evil-localhost")], false),
            ("127.0.0.1", vec![("host", "")], false),
            ("127.0.0.1", vec![("host", "[::1")], true),
            ("127.0.0.1", vec![("host", "[fe80::1]")], false),
            ("127.0.0.1", vec![here, ("x-forwarded-for", "127.0.0.1")], false),
            ("127.0.0.1", vec![here, ("x-forwarded-anything", "")], false),
            ("127.0.0.1", vec![here, ("forwarded", "for=127.0.0.1")], false),
            ("127.0.0.1", vec![here, ("x-real-ip", "127.0.0.1")], false),
            ("127.0.0.1", vec![here, ("via", "1.1 x")], false),
            ("127.0.0.1", vec![here, ("origin", "http://localhost:9595")], true),
            ("127.0.0.1", vec![here, ("origin", "https://tv.example")], false),
            ("127.0.0.1", vec![here, ("origin", "null")], false),
            (
                "127.0.0.1",
                vec![here, ("referer", "http://127.0.0.1:1/history?x=http://a.b/")],
                true,
            ),
            (
                "127.0.0.1",
                vec![here, ("referer", "https://tv.example/localhost")],
                false,
            ),
            (
                "127.0.0.1",
                vec![here, ("referer", "https://localhost@tv.example/")],
                false,
            ),
            (
                "127.0.0.1",
                vec![here, ("x-projectionist-host", "localhost:9595")],
                true,
            ),
            (
                "127.0.0.1",
                vec![here, ("x-projectionist-host", "[::1]:9595")],
                true,
            ),
            (
                "127.0.0.1",
                vec![here, ("x-projectionist-host", "tv.example")],
                false,
            ),
            ("127.0.0.1", vec![here, ("x-projectionist-host", "")], false),
        ] {
            assert_eq!(check(peer, &all, |a| a.is_straight()), expected, "{peer} {all:?}");
        }
    }

    #[test]
    fn neither_a_listed_proxy_nor_an_old_version_nor_a_foreign_address_is_straight() {
        let here = ("host", "localhost:9595");
        // A proxy that is listed is one, whatever it sends.
        assert!(!check("::1", &[here], |a| a.is_straight()));
        let all = headers(&[here]);
        let proxies = Networks::default();
        let asked = |version, uri| Asked {
            peer: "127.0.0.1".parse().unwrap(),
            method: &Method::GET,
            uri,
            version,
            headers: &all,
            proxies: &proxies,
        };
        let (plain, foreign) = (Uri::from_static("/"), Uri::from_static("http://evil.example/"));
        assert!(asked(Version::HTTP_11, &plain).is_straight());
        assert!(!asked(Version::HTTP_10, &plain).is_straight());
        assert!(!asked(Version::HTTP_11, &foreign).is_straight());
    }

    #[test]
    fn a_proxy_that_hides_is_found_out_by_what_the_dashboard_says() {
        let (here, shown) = (("host", "127.0.0.1:9595"), ("x-projectionist-host", "tv.example"));
        for (peer, all, expected) in [
            ("127.0.0.1", vec![here, shown], true),
            ("127.0.0.1", vec![here], false),
            (
                "127.0.0.1",
                vec![here, ("x-projectionist-host", "localhost:9595")],
                false,
            ),
            // These say so, are elsewhere, or are a page of another site.
            (
                "127.0.0.1",
                vec![here, shown, ("x-forwarded-for", "1.2.3.4")],
                false,
            ),
            ("192.0.2.1", vec![here, shown], false),
            ("127.0.0.1", vec![("host", "tv.example"), shown], false),
        ] {
            let found = check(peer, &all, |a| a.shown_elsewhere().is_some());
            assert_eq!(found, expected, "{peer} {all:?}");
        }
        let forwarded = [("x-forwarded-for", "1.2.3.4")];
        assert!(check("192.0.2.1", &forwarded, |a| a.is_passed_on_by_a_stranger()));
        assert!(!check("10.0.0.1", &forwarded, |a| a.is_passed_on_by_a_stranger()));
        assert!(!check("192.0.2.1", &[here], |a| a.is_passed_on_by_a_stranger()));
    }

    #[test]
    fn a_proxy_is_believed_as_far_as_it_is_listed() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", vec!["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                vec!["1.2.3.4", "198.51.100.7, 10.0.0.2"],
                "198.51.100.7",
            ),
            ("10.0.0.1", vec!["10.0.0.3"], "10.0.0.3"),
            ("10.0.0.1", vec!["1.2.3.4, 198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", vec!["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", vec!["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", vec!["1.2.3.4, rubbish"], "10.0.0.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
        ] {
            let all: Vec<_> = forwarded.iter().map(|v| ("x-forwarded-for", *v)).collect();
            let client = check(peer, &all, |a| a.client());
            assert_eq!(client.to_string(), expected, "{peer} {forwarded:?}");
        }
        for (peer, proto, expected) in [
            ("10.0.0.1", "https", true),
            ("10.0.0.1", "HTTPS, http", true),
            ("10.0.0.1", "http", false),
            ("192.0.2.1", "https", false),
        ] {
            let secure = check(peer, &[("x-forwarded-proto", proto)], |a| a.is_secure());
            assert_eq!(secure, expected, "{peer} {proto}");
        }
        let long = "x".repeat(257);
        for (peer, all, expected) in [
            ("10.0.0.1", vec![("remote-user", "anna")], Some("anna")),
            ("10.0.0.1", vec![("remote-user", " grün ")], Some("grün")),
            ("192.0.2.1", vec![("remote-user", "anna")], None),
            ("10.0.0.1", vec![("remote-user", " ")], None),
            ("10.0.0.1", vec![("remote-user", "a"), ("remote-user", "b")], None),
            ("10.0.0.1", vec![("remote-user", long.as_str())], None),
            ("10.0.0.1", vec![("other", "anna")], None),
        ] {
            let user = check(peer, &all, |a| a.proxy_user("remote-user").map(str::to_owned));
            assert_eq!(user.as_deref(), expected, "{peer} {all:?}");
        }
    }

    #[test]
    fn keys_come_in_headers() {
        // `x:k2`
        for (method, all, expected) in [
            (Method::GET, vec![("x-api-key", "k1")], vec!["k1"]),
            (Method::GET, vec![("authorization", "Bearer k1")], vec!["k1"]),
            (Method::GET, vec![("authorization", "basic eDprMg==")], vec!["k2"]),
            (Method::GET, vec![("authorization", "Basic eDprMg=")], vec![]),
            (Method::GET, vec![("authorization", "Digest k1")], vec![]),
            (Method::GET, vec![("authorization", "k1")], vec![]),
            (Method::POST, vec![("authorization", "Basic eDprMg==")], vec![]),
            (Method::POST, vec![("authorization", "bearer k1")], vec!["k1"]),
            (
                Method::GET,
                vec![("x-api-key", "k1"), ("authorization", "Bearer k2")],
                vec!["k1", "k2"],
            ),
        ] {
            let keys = check_as(&method, "192.0.2.1", &all, |a| a.keys());
            let keys: Vec<&str> = keys.iter().map(Secret::expose).collect();
            assert_eq!(keys, expected, "{method} {all:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let all = [("cookie", "a=1; own=two"), ("cookie", "xown=3; b")];
        for (name, expected) in [("own", Some("two")), ("a", Some("1")), ("b", None), ("wn", None)] {
            let found = check("192.0.2.1", &all, |a| a.cookie(name).map(str::to_owned));
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn another_sites_page_is_told_apart() {
        let host = ("host", "tv.example:9595");
        for (peer, all, expected) in [
            ("192.0.2.1", vec![host], true),
            (
                "192.0.2.1",
                vec![host, ("origin", "http://tv.example:9595")],
                true,
            ),
            (
                "192.0.2.1",
                vec![host, ("origin", "http://TV.example:9595")],
                true,
            ),
            ("192.0.2.1", vec![host, ("origin", "http://tv.example")], false),
            ("192.0.2.1", vec![host, ("origin", "https://evil.example")], false),
            ("192.0.2.1", vec![host, ("origin", "null")], false),
            (
                "192.0.2.1",
                vec![("host", "tv.example"), ("origin", "https://tv.example:443")],
                true,
            ),
            (
                "192.0.2.1",
                vec![("host", "tv.example:443"), ("origin", "https://tv.example")],
                true,
            ),
            (
                "192.0.2.1",
                vec![("host", "tv.example:443"), ("origin", "http://tv.example")],
                false,
            ),
            (
                "192.0.2.1",
                vec![host, ("sec-fetch-site", "same-origin"), ("origin", "https://x")],
                true,
            ),
            ("192.0.2.1", vec![host, ("sec-fetch-site", "same-site")], false),
            ("192.0.2.1", vec![host, ("sec-fetch-site", "cross-site")], false),
            ("192.0.2.1", vec![host, ("sec-fetch-site", "none")], false),
            (
                "192.0.2.1",
                vec![host, ("x-forwarded-host", "a.b"), ("origin", "https://a.b")],
                false,
            ),
            (
                "10.0.0.1",
                vec![host, ("x-forwarded-host", "a.b"), ("origin", "https://a.b")],
                true,
            ),
        ] {
            assert_eq!(
                check(peer, &all, |a| a.is_same_origin()),
                expected,
                "{peer} {all:?}"
            );
        }
    }
}
