//! A request, taken apart.

use std::collections::BTreeMap;
use std::io::Read as _;

use axum::extract::Query;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Uri, header};

use crate::basic;

/// Whom a request says it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    None,
    /// Name and password, in a header or in the address.
    User(String, String),
    Token(String),
    Bearer(String),
    /// Not to be understood.
    Garbled,
}

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) credentials: Credentials,
    pub(super) gzip: bool,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(parts: &Parts, body: Bytes) -> Self {
        let query = pairs(&parts.uri);
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            credentials: credentials(&parts.headers, &query),
            gzip: parts
                .headers
                .get(header::CONTENT_ENCODING)
                .is_some_and(|v| v == "gzip"),
            query,
            body,
        }
    }

    pub(super) fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Parameters of the address, and of a form in the body.
    pub(super) fn form(&self) -> BTreeMap<String, String> {
        let text = String::from_utf8_lossy(&self.body);
        let mut all = format!("/?{text}")
            .parse()
            .map(|uri| pairs(&uri))
            .unwrap_or_default();
        all.extend(self.query.clone());
        all
    }

    /// The body unpacked, if it says that it is packed. Packed bodies may have several parts, one after another.
    pub(super) fn text(&self) -> Result<String, &'static str> {
        let mut bytes = Vec::new();
        if self.gzip {
            flate2::read::MultiGzDecoder::new(&self.body[..])
                .read_to_end(&mut bytes)
                .map_err(|_| "gzip: invalid header")?;
        } else {
            bytes.extend_from_slice(&self.body);
        }
        // A byte that is not UTF-8 is the client's fault; it shows as U+FFFD.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn pairs(uri: &Uri) -> BTreeMap<String, String> {
    Query::try_from_uri(uri)
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

fn credentials(headers: &HeaderMap, query: &BTreeMap<String, String>) -> Credentials {
    if let (Some(user), Some(password)) = (query.get("u"), query.get("p")) {
        return Credentials::User(user.clone(), password.clone());
    }
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Credentials::None;
    };
    match value.to_str().ok().and_then(|v| v.split_once(' ')) {
        Some(("Basic", rest)) => {
            basic::credentials(rest).map_or(Credentials::Garbled, |(u, p)| Credentials::User(u, p))
        }
        Some(("Token", rest)) => Credentials::Token(rest.to_owned()),
        Some(("Bearer", rest)) => Credentials::Bearer(rest.to_owned()),
        _ => Credentials::Garbled,
    }
}
