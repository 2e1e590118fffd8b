//! A request, taken apart: path, query, paging, who asks.

use http::HeaderMap;
use http::request::Parts;

use crate::plex::value::Spelling;

/// A request as the handlers see it.
#[derive(Debug)]
pub(super) struct Request {
    /// Decoded, without base path and without a trailing slash; "" for the root.
    pub(super) path: String,
    pub(super) raw_query: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
}

/// A window of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) start: usize,
    pub(super) size: usize,
}

impl Request {
    /// `None` if the path is outside the base path.
    pub(super) fn new(parts: &Parts, base_path: &str) -> Option<Self> {
        let path = parts.uri.path().strip_prefix(base_path)?;
        let raw_query = parts.uri.query().unwrap_or("").to_owned();
        Some(Self {
            path: decode(path).trim_end_matches('/').to_owned(),
            query: split_query(&raw_query),
            raw_query,
            headers: parts.headers.clone(),
        })
    }

    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').skip(1).collect()
    }

    pub(super) fn arg(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.arg(name)?.parse().ok()
    }

    /// The bound of a filter whose operator is part of the key: `at>=5`.
    pub(super) fn at_least(&self, name: &str) -> Option<i64> {
        let key = format!("{name}>");
        self.number(&key)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token, and whether it came in the query.
    pub(super) fn token(&self) -> Option<(&str, bool)> {
        let header = self.header("x-plex-token").map(|t| (t, false));
        header
            .or_else(|| self.arg("X-Plex-Token").map(|t| (t, true)))
            .filter(|(t, _)| !t.is_empty())
    }

    pub(super) fn spelling(&self) -> Spelling {
        let accept = self.header("accept").unwrap_or("");
        if accept.contains("application/json") {
            Spelling::Json
        } else {
            Spelling::Xml
        }
    }

    /// Start and size, from headers or from the query. In the query a size without a start is ignored.
    pub(super) fn paging(&self) -> Option<Paging> {
        const START: &str = "X-Plex-Container-Start";
        const SIZE: &str = "X-Plex-Container-Size";
        if let (Some(start), Some(size)) = (self.number(START), self.number(SIZE)) {
            return Some(Paging { start, size });
        }
        let size = self.header(SIZE)?.parse().ok()?;
        let start = self.header(START).and_then(|s| s.parse().ok()).unwrap_or(0);
        Some(Paging { start, size })
    }
}

fn split_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|p| !p.is_empty());
    pairs
        .map(|pair| {
            // Decoded first: clients escape the operator, too (`at%3E=5`).
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Percent-decoding; a stray `%` stays, and bytes that are not UTF-8 are replaced.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [a, b, tail @ ..] if *first == b'%' => hex(*a).zip(hex(*b)).map(|(a, b)| (a * 16 + b, tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, after));
        out.push(byte);
        rest = tail;
    }
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = http::Request::builder().uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        Request::new(&builder.body(()).unwrap().into_parts().0, "").unwrap()
    }

    type Case = (
        &'static str,
        &'static [(&'static str, &'static str)],
        Option<Paging>,
    );

    #[test]
    fn paging_needs_a_start_in_the_query_but_not_in_headers() {
        let page = |start, size| Some(Paging { start, size });
        let cases: [Case; 6] = [
            ("/a", &[], None),
            ("/a?X-Plex-Container-Size=0", &[], None),
            (
                "/a?X-Plex-Container-Start=0&X-Plex-Container-Size=0",
                &[],
                page(0, 0),
            ),
            ("/a", &[("X-Plex-Container-Size", "5")], page(0, 5)),
            (
                "/a",
                &[("X-Plex-Container-Start", "7"), ("X-Plex-Container-Size", "5")],
                page(7, 5),
            ),
            (
                "/a?X-Plex-Container-Start=1&X-Plex-Container-Size=2",
                &[("X-Plex-Container-Size", "5")],
                page(1, 2),
            ),
        ];
        for (uri, headers, want) in cases {
            assert_eq!(request(uri, headers).paging(), want, "{uri} {headers:?}");
        }
    }

    #[test]
    fn operators_and_escapes() {
        for uri in ["/s?at>=5", "/s?at%3E=5", "/s?timespan=6&at%3e=5"] {
            assert_eq!(
                request(&uri.replace('>', "%3E"), &[]).at_least("at"),
                Some(5),
                "{uri}"
            );
        }
        assert_eq!(decode("%41%zz%4"), "A%zz%4");
        assert_eq!(
            request("/%3A/websockets/notifications/", &[]).path,
            "/:/websockets/notifications"
        );
    }

    #[test]
    fn tokens_in_header_or_query() {
        assert_eq!(request("/?X-Plex-Token=q", &[]).token(), Some(("q", true)));
        assert_eq!(
            request("/?X-Plex-Token=q", &[("X-Plex-Token", "h")]).token(),
            Some(("h", false))
        );
        assert_eq!(request("/", &[("X-Plex-Token", "")]).token(), None);
    }
}
