//! Failures in words: what happened, what kind of failure it is, and what the user can do about it.

use std::time::Duration;

use base::Kind;
use base::error::Chain;
use reqwest::StatusCode;

/// One failure, without saying whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) what: String,
    pub(super) kind: Kind,
    pub(super) hint: Option<String>,
    /// True if the underlying error says more than these words.
    pub(super) more: bool,
}

impl Words {
    fn new(kind: Kind, what: String) -> Self {
        Self {
            what,
            kind,
            hint: None,
            more: false,
        }
    }

    fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }
}

/// No answer. `server` is the address as shown to people, `path` what was asked for.
pub(super) fn transport(e: &reqwest::Error, server: &str, path: &str, timeout: Duration) -> Words {
    let chain = Chain(e).to_string();
    let kind = base::http::kind_of_error(e);
    match kind {
        Kind::Tls => tls(&chain, server),
        Kind::Timeout if e.is_connect() => {
            Words::new(kind, format!("{server} did not answer: the connection timed out"))
                .hint("is the host on, and does a firewall let us through?")
        }
        Kind::Timeout => {
            let s = timeout.as_secs_f64();
            Words::new(kind, format!("{server} did not answer {path} within {s} s"))
                .hint("a larger `timeout_s` helps if the server is merely slow")
        }
        Kind::Unreachable => unreachable(&chain, server),
        _ => Words {
            more: true,
            ..Words::new(kind, format!("reading {path} from {server}"))
        },
    }
}

/// The library keeps the operating system's word only in the text of its errors.
fn unreachable(chain: &str, server: &str) -> Words {
    let kind = Kind::Unreachable;
    let has = |text| chain.contains(text);
    if has("dns error") || has("failed to lookup address") {
        Words::new(kind, format!("the host name of {server} is unknown")).hint(
            "check the spelling; inside a container the names of the host's network may not resolve, an address does",
        )
    } else if has("Connection refused") {
        Words::new(kind, format!("{server} refused the connection"))
            .hint("is the server running, and is the port right? Plex listens on 32400")
    } else if has("No route to host") || has("Network is unreachable") || has("Host is unreachable") {
        Words::new(kind, format!("there is no route to {server}"))
    } else if has("connection closed") || has("Connection reset") || has("Broken pipe") || has("end of file")
    {
        Words::new(kind, format!("{server} closed the connection without an answer"))
            .hint("if the server requires secure connections, use https://")
    } else {
        Words {
            more: true,
            ..Words::new(kind, format!("{server} could not be reached"))
        }
    }
}

/// Likewise: certificate errors are told apart by the verifier's words.
fn tls(chain: &str, server: &str) -> Words {
    let kind = Kind::Tls;
    let has = |text| chain.contains(text);
    if has("not valid for") || has("NotValidForName") {
        Words::new(kind, format!("the certificate of {server} is for another name")).hint(
            "use the server's plex.direct name, or say in `tls_name` which name its certificate has \
             (`tls_skip_verify = true` checks nothing)",
        )
    } else if has("UnknownIssuer") || has("CaUsedAsEndEntity") || has("BadSignature") {
        Words::new(
            kind,
            format!("the certificate of {server} is signed by nobody we trust, perhaps by itself"),
        )
        .hint(
            "use the server's plex.direct name, give the certificate's authority in `ca_file`, \
                 or check nothing with `tls_skip_verify = true`",
        )
    } else if has("Expired") || has("expired") || has("NotValidYet") || has("not valid yet") {
        Words::new(
            kind,
            format!("the certificate of {server} is not valid at this time"),
        )
        .hint("check the clocks of both hosts, and renew the certificate if it has run out")
    } else if has("InvalidContentType") || has("corrupt message") {
        Words::new(kind, format!("{server} does not speak TLS on this port"))
            .hint("try http:// instead of https://")
    } else {
        Words {
            more: true,
            ..Words::new(kind, format!("no secure connection to {server}"))
        }
    }
}

/// An answer other than a success. `maintenance` is the server's own sentence while it starts.
pub(super) fn status(
    status: StatusCode,
    server: &str,
    path: &str,
    has_token: bool,
    maintenance: Option<&str>,
) -> Words {
    let kind = base::http::kind_of_status(status).unwrap_or(Kind::Internal);
    match (status.as_u16(), maintenance) {
        (503, Some(sentence)) => {
            let sentence = one_line(sentence);
            Words::new(Kind::Starting, format!("{server} is starting: {sentence}"))
        }
        (401, _) if path == "/identity" => Words::new(
            kind,
            format!("{server} does not say who it is without being asked to sign in (401 on {path})"),
        )
        .hint("Plex tells that to everyone: a proxy in front of it wants a password, and must let /identity through"),
        (401, _) if !has_token => Words::new(kind, format!("{server} asks for a token, and none is set"))
            .hint("set `token` or `token_file`; `projectionist login plex` gets one"),
        (401, _) => Words::new(
            kind,
            format!("{server} does not accept the token (401 on {path})"),
        )
        .hint("is it this server's token, and not revoked? `projectionist login plex` gets a new one"),
        (403, _) => Words::new(
            kind,
            format!("the token has no right to {path} of {server} (403)"),
        )
        .hint("use the token of the server's owner"),
        (300..=399, _) => Words::new(
            kind,
            format!("{server} redirects {path} elsewhere ({})", status.as_u16()),
        )
        .hint("give the final address; redirects are not followed, so that the token stays where it belongs"),
        _ => Words::new(kind, format!("{server} answered {path} with {status}")),
    }
}

/// Something answered that cannot be a Plex server.
pub(super) fn not_plex(server: &str) -> Words {
    Words::new(
        Kind::WrongTarget,
        format!("{server} answered, but it is not a Plex server"),
    )
    .hint("is the port right? Plex listens on 32400; behind a proxy the address may need a path")
}

/// A Plex server, but not ours.
pub(super) fn other_server(server: &str, found: &str, expected: &str) -> Words {
    Words::new(
        Kind::WrongTarget,
        format!("{server} is the server {found}, not {expected}"),
    )
    .hint(
        "if the server was set up anew, change `machine_id`, or restart us if it is not set; \
         its figures are not mixed with the old ones",
    )
}

/// Why a server that wants a token gets none of the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// No server of the account has this identifier.
    Unknown,
    NotOwned,
    /// plex.tv lists the server without a token.
    NoToken,
    /// plex.tv lists the server, but at other addresses.
    Elsewhere,
}

/// A server given by its address alone that the account does not open.
pub(super) fn not_opened(server: &str, machine_id: &str, why: NotOpened) -> Words {
    let why_not = match why {
        NotOpened::Unknown => "it is not among the servers of the plex.tv account",
        NotOpened::NotOwned => "it is only shared with the plex.tv account",
        NotOpened::NoToken => "plex.tv has told no token for it",
        NotOpened::Elsewhere => "plex.tv knows this server at other addresses only",
    };
    let words = Words::new(
        Kind::Unauthorized,
        format!("{server} asks for a token, and gets none from the account: {why_not}"),
    );
    match why {
        NotOpened::Elsewhere => words.hint(&format!(
            "anyone can claim to be your server: give one of its own addresses, or, if you are sure, \
             `machine_id = \"{machine_id}\"` or `token`"
        )),
        NotOpened::NotOwned => words.hint("sign in with the owner's account, or set `token`"),
        NotOpened::Unknown | NotOpened::NoToken => words.hint("set `token` or `token_file`"),
    }
}

/// Foreign text, made fit for a message.
fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_in_words() {
        let cases = [
            (
                401,
                true,
                None,
                Kind::Unauthorized,
                "http://a does not accept the token (401 on /x)",
            ),
            (
                401,
                false,
                None,
                Kind::Unauthorized,
                "http://a asks for a token, and none is set",
            ),
            (
                403,
                true,
                None,
                Kind::Forbidden,
                "the token has no right to /x of http://a (403)",
            ),
            (
                404,
                true,
                None,
                Kind::NotFound,
                "http://a answered /x with 404 Not Found",
            ),
            (
                302,
                true,
                None,
                Kind::WrongTarget,
                "http://a redirects /x elsewhere (302)",
            ),
            (
                503,
                true,
                None,
                Kind::ServerError,
                "http://a answered /x with 503 Service Unavailable",
            ),
            (
                503,
                true,
                Some("Running\nmigrations."),
                Kind::Starting,
                "http://a is starting: Running migrations.",
            ),
            (
                500,
                true,
                None,
                Kind::ServerError,
                "http://a answered /x with 500 Internal Server Error",
            ),
        ];
        for (code, has_token, maintenance, kind, what) in cases {
            let words = status(
                StatusCode::from_u16(code).unwrap(),
                "http://a",
                "/x",
                has_token,
                maintenance,
            );
            assert_eq!((words.kind, words.what.as_str()), (kind, what), "{code}");
        }
    }

    #[test]
    fn a_refusal_to_say_who_is_there_is_not_about_the_token() {
        let words = status(StatusCode::UNAUTHORIZED, "http://a", "/identity", true, None);
        assert!(
            words.what.contains("who it is") && !words.what.contains("token"),
            "{words:?}"
        );
    }

    #[test]
    fn certificate_errors_say_what_to_do() {
        let cases = [
            (
                "invalid peer certificate: UnknownIssuer",
                "signed by nobody we trust",
                "ca_file",
            ),
            (
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                "perhaps by itself",
                "tls_skip_verify",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"127.0.0.1\"",
                "another name",
                "tls_name",
            ),
            (
                "invalid peer certificate: Expired",
                "not valid at this time",
                "clocks",
            ),
            (
                "received corrupt message of type InvalidContentType",
                "does not speak TLS",
                "http://",
            ),
        ];
        for (chain, what, hint) in cases {
            let words = tls(chain, "https://a");
            assert!(
                words.what.contains(what) && words.hint.unwrap().contains(hint),
                "{chain}"
            );
        }
    }
}
