//! Addresses as people paste them, whatever they lead to.

use reqwest::Url;

/// The URL in what was given: trimmed, with a scheme, a host, and without query and fragment; `port` is taken where a
/// bare host name stands. The error says what is wrong with it, without repeating it: it may hold a secret.
pub(crate) fn parse(given: &str, port: u16) -> Result<Url, String> {
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
    // A port that is the scheme's own is forgotten by the parser, so the text itself is asked.
    let names_port = given
        .rsplit(':')
        .next()
        .is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
        && given.contains(':');
    if !has_scheme && !names_port && url.path() == "/" {
        let _ = url.set_port(Some(port));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The address without user name and password, for people to read.
pub(crate) fn shown(base: &str) -> String {
    Url::parse(base)
        .map_or_else(|_| "(no address)".to_owned(), |url| base::http::redacted(&url))
        .trim_end_matches('/')
        .to_owned()
}

/// The host in an address, as a name for who is there; with the port if it is not the `usual` one.
pub(crate) fn host(url: &Url, usual: u16) -> Option<String> {
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some(match url.port() {
        None => host,
        Some(port) if port == usual => host,
        Some(port) => format!("{host}:{port}"),
    })
}
