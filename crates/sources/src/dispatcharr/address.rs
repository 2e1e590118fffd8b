//! The address of a Dispatcharr, as people paste it.

pub(super) use crate::address::shown;

/// Dispatcharr's own port, assumed where somebody gives a bare host name.
const DEFAULT_PORT: u16 = 9191;

/// Pages of its web interface, any of which an address bar may show, and what people copy out of its settings: the
/// addresses it gives to players.
const PAGES: [&str; 21] = [
    "/channels",
    "/sources",
    "/guide",
    "/dvr",
    "/stats",
    "/plugins",
    "/plugins/my-plugins",
    "/users",
    "/settings",
    "/logos",
    "/vods",
    "/login",
    "/connect",
    "/connect/logs",
    "/output/m3u",
    "/output/epg",
    "/hdhr",
    "/hdhr/discover.json",
    "/api/core/version",
    "/api",
    "/swagger",
];

/// Cleans what was given: white space, a missing scheme, a page, a query. The error says what is wrong with it,
/// without repeating it: it may hold a password.
pub(super) fn parse(given: &str) -> Result<String, String> {
    let mut url = crate::address::parse(given, DEFAULT_PORT)?;
    let path = url.path().trim_end_matches('/');
    let path = PAGES
        .iter()
        .filter_map(|page| path.strip_suffix(page))
        .min_by_key(|rest| rest.len())
        .unwrap_or(path)
        .to_owned();
    url.set_path(&path);
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The host in an address, as a name for the manager; with the port if it is not the usual one.
pub(super) fn host(given: &str) -> Option<String> {
    crate::address::host(&crate::address::parse(given, DEFAULT_PORT).ok()?, DEFAULT_PORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_paste_them() {
        for (given, expected) in [
            ("http://attic:9191", "http://attic:9191"),
            (" attic \n", "http://attic:9191"),
            ("attic:80", "http://attic"),
            ("http://attic", "http://attic"),
            ("https://tv.example.org/", "https://tv.example.org"),
            ("http://attic:9191/stats", "http://attic:9191"),
            (
                "http://attic:9191/plugins/my-plugins?tab=1#top",
                "http://attic:9191",
            ),
            ("https://example.org/tv/channels/", "https://example.org/tv"),
            (
                "http://attic:9191/output/m3u?cachedlogos=false",
                "http://attic:9191",
            ),
            ("http://attic:9191/api/core/version/", "http://attic:9191"),
            ("http://[::1]:9191/guide", "http://[::1]:9191"),
            ("attic/dispatcharr", "http://attic/dispatcharr"),
        ] {
            assert_eq!(parse(given).as_deref(), Ok(expected), "{given}");
        }
        for bad in ["", "ftp://attic", "http://", "http://a b", "http://me:pw@attic:x"] {
            let message = parse(bad).unwrap_err();
            assert!(bad.is_empty() || !message.contains(bad), "{message}");
        }
    }

    #[test]
    fn passwords_are_not_shown_and_hosts_make_names() {
        assert_eq!(shown("http://me:pw@attic:9191/x?y"), "http://attic:9191/x");
        assert_eq!(host("http://me:pw@attic:9191/guide").as_deref(), Some("attic"));
        assert_eq!(host("attic").as_deref(), Some("attic"));
        assert_eq!(host("https://attic:8443").as_deref(), Some("attic:8443"));
        assert_eq!(host("::::"), None);
    }
}
