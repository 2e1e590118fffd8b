//! The address of a server, as people paste it.

use reqwest::Url;

pub(super) use crate::address::shown;

/// Plex's own port, assumed where somebody gives a bare host name.
const DEFAULT_PORT: u16 = 32400;

/// A server's address, cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Scheme, host, port and, behind a proxy, a path; without a slash at the end.
    pub(super) base: String,
    /// What was changed, in words, if the user should know.
    pub(super) note: Option<String>,
}

/// Cleans what was given: white space, a missing scheme, `/web/index.html`, a query or a fragment.
/// The error says what is wrong with it, without repeating it: it may hold a token.
pub(super) fn parse(given: &str) -> Result<Address, String> {
    let given = given.trim();
    if given.is_empty() {
        return Err("the address is empty".to_owned());
    }
    let has_scheme = given.contains("://");
    let text = if has_scheme {
        given.to_owned()
    } else {
        format!("http://{given}")
    };
    let mut url = Url::parse(&text).map_err(|e| format!("the address is not a URL: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "the address must begin with http:// or https://, not {}://",
            url.scheme()
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the address names no host".to_owned());
    }
    let mut note = None;
    if !has_scheme {
        if url.port().is_none() && url.path() == "/" {
            let _ = url.set_port(Some(DEFAULT_PORT));
        }
        note = Some(format!("no scheme given, taken for {}", shown(url.as_str())));
    }
    if url
        .query_pairs()
        .any(|(key, _)| key.eq_ignore_ascii_case("X-Plex-Token"))
    {
        note = Some("the token in the address is not used: set `token`".to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = without_web(url.path()).to_owned();
    url.set_path(&path);
    Ok(Address {
        base: url.as_str().trim_end_matches('/').to_owned(),
        note,
    })
}

/// Cuts off the path of Plex's own web application, which is what a browser's address bar shows.
fn without_web(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/index.html").unwrap_or(path);
    path.strip_suffix("/web")
        .or_else(|| path.strip_suffix("/web/desktop"))
        .unwrap_or(path)
}

/// The host in an address, as a name for the server; with the port if it is not the usual one.
pub(super) fn host(given: &str) -> Option<String> {
    let url = Url::parse(&parse(given).ok()?.base).ok()?;
    crate::address::host(&url, DEFAULT_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_paste_them() {
        let cases = [
            ("http://attic:32400", "http://attic:32400"),
            ("http://attic:32400/", "http://attic:32400"),
            ("  https://attic.example.org \n", "https://attic.example.org"),
            ("http://attic:32400/web", "http://attic:32400"),
            ("http://attic:32400/web/", "http://attic:32400"),
            ("http://attic:32400/web/index.html", "http://attic:32400"),
            (
                "http://attic:32400/web/index.html#!/server/abc",
                "http://attic:32400",
            ),
            (
                "https://app.example.org/plex/web/desktop/#!/",
                "https://app.example.org/plex",
            ),
            (
                "https://example.org/media/plex/",
                "https://example.org/media/plex",
            ),
            ("https://example.org/web-tv", "https://example.org/web-tv"),
            ("http://[fe80::1]:32400/web", "http://[fe80::1]:32400"),
            (
                "https://192-168-1-5.0123.plex.direct:32400",
                "https://192-168-1-5.0123.plex.direct:32400",
            ),
            ("HTTP://Attic:32400", "http://attic:32400"),
            // no scheme
            ("attic:32400", "http://attic:32400"),
            ("192.168.1.5", "http://192.168.1.5:32400"),
            ("attic/plex", "http://attic/plex"),
            ("[::1]", "http://[::1]:32400"),
            // what must not be kept
            ("http://attic:32400/?X-Plex-Token=abc", "http://attic:32400"),
        ];
        for (given, base) in cases {
            assert_eq!(parse(given).map(|a| a.base), Ok(base.to_owned()), "{given}");
        }
    }

    #[test]
    fn changes_worth_knowing_are_noted() {
        assert_eq!(parse("http://attic:32400/web").unwrap().note, None);
        assert_eq!(
            parse("attic").unwrap().note.unwrap(),
            "no scheme given, taken for http://attic:32400"
        );
        let token = parse("http://attic/?x-plex-token=abc").unwrap().note.unwrap();
        assert!(token.contains("set `token`") && !token.contains("abc"));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let cases = [
            ("", "the address is empty"),
            (
                "ftp://attic",
                "the address must begin with http:// or https://, not ftp://",
            ),
            ("http://", "the address is not a URL: empty host"),
            (
                "http://attic:port",
                "the address is not a URL: invalid port number",
            ),
        ];
        for (given, error) in cases {
            assert_eq!(parse(given), Err(error.to_owned()), "{given}");
        }
    }

    #[test]
    fn passwords_are_not_shown_and_hosts_make_names() {
        assert_eq!(shown("https://me:pw@attic/plex"), "https://attic/plex");
        assert_eq!(host("http://attic:32400/web").as_deref(), Some("attic"));
        assert_eq!(host("attic:80").as_deref(), Some("attic"));
        assert_eq!(host("https://attic:8443").as_deref(), Some("attic:8443"));
        assert_eq!(host("http://[::1]:32400").as_deref(), Some("::1"));
        assert_eq!(host("::::"), None);
    }
}
