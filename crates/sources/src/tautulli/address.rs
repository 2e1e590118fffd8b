//! The address of a Tautulli, as people paste it.

pub(super) use crate::address::shown;

/// Tautulli's own port, assumed where somebody gives a bare host name.
const DEFAULT_PORT: u16 = 8181;

/// Pages of Tautulli's web interface, any of which an address bar may show.
const PAGES: [&str; 10] = [
    "/home",
    "/history",
    "/libraries",
    "/users",
    "/graphs",
    "/settings",
    "/logs",
    "/auth/login",
    "/api/v2",
    "/api",
];

/// Cleans what was given: white space, a missing scheme, a page, a query. The error says what is wrong with it,
/// without repeating it: it may hold a key.
pub(super) fn parse(given: &str) -> Result<String, String> {
    let mut url = crate::address::parse(given, DEFAULT_PORT)?;
    let path = url.path().trim_end_matches('/');
    let path = PAGES
        .iter()
        .find_map(|page| path.strip_suffix(page))
        .unwrap_or(path)
        .to_owned();
    url.set_path(&path);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_paste_them() {
        for (given, expected) in [
            ("http://attic:8181", "http://attic:8181"),
            (" attic \n", "http://attic:8181"),
            ("attic:80", "http://attic"),
            (
                "https://example.org/tautulli/home",
                "https://example.org/tautulli",
            ),
            (
                "http://attic:8181/api/v2?apikey=abc&cmd=arnold",
                "http://attic:8181",
            ),
            ("http://attic:8181/history#top", "http://attic:8181"),
            ("http://attic/tautulli/", "http://attic/tautulli"),
        ] {
            assert_eq!(parse(given).as_deref(), Ok(expected), "{given}");
        }
        for bad in ["", "ftp://attic", "http://", "http://a b"] {
            let message = parse(bad).unwrap_err();
            assert!(bad.is_empty() || !message.contains(bad), "{message}");
        }
        assert_eq!(shown("http://me:pw@attic/x?apikey=k"), "http://attic/x");
    }
}
