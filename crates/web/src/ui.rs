//! The dashboard: the files that `build.rs` made of `ui/`, and the one page that stands at each of its addresses.
//!
//! The page decides in the browser what an address shows; it learns everything from `/api/v1`. Its files hold nothing
//! about anybody, so they are served to everyone, also to who has to sign in first.

use std::borrow::Cow;
use std::io::Read as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use base::Kind;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::respond::{Refusal, gzip};
use crate::{Context, accept};

include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// Where the page stands, beside `/`; everything below them is its own as well. `ui/src/app/pages.ts` says what is
/// shown there; a test compares the two.
const PLACES: &[&str] = &[
    "history",
    "graphs",
    "users",
    "libraries",
    "titles",
    "collections",
    "iptv",
    "servers",
    "series",
    "settings",
    "welcome",
    "sign-in",
];

/// Nothing but our own files may load, run, frame us or be sent anything. Pictures of charts are blobs of the page's
/// own making.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
);

/// Names of files in `assets/` change with their content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Everything else is asked for again and mostly answered with 304.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// One file of the dashboard.
struct File {
    /// Path below `/`.
    name: &'static str,
    content_type: &'static str,
    /// With its quotation marks.
    etag: &'static str,
    /// `bytes` are gzipped.
    zipped: bool,
    bytes: &'static [u8],
}

/// The page, for whatever stands at `/` and everywhere below it.
pub(crate) fn front(base: &str) -> MethodRouter<Arc<Context>> {
    let page = Arc::new(Page::under(base));
    get(move |headers: HeaderMap| async move { page.send(&headers) })
}

/// True if addresses of the dashboard begin with this part of a path.
pub(crate) fn is_own(first: &str) -> bool {
    first == "app" || PLACES.contains(&first) || FILES.iter().any(|f| f.name == first)
}

/// Everything of the dashboard but `/`.
pub(crate) fn routes(base: &str) -> Router<Arc<Context>> {
    let front = front(base);
    let mut routes = Router::new().route("/app/{file}", get(asset));
    for place in PLACES {
        routes = routes
            .route(&format!("/{place}"), front.clone())
            .route(&format!("/{place}/{{*rest}}"), front.clone());
    }
    for file in FILES
        .iter()
        .filter(|f| !f.name.contains('/') && f.name != "index.html")
    {
        let answer = move |headers: HeaderMap| async move { send(file, &headers) };
        routes = routes.route(&format!("/{}", file.name), get(answer));
    }
    routes
}

/// `GET /app/{file}`: scripts and styles.
async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let found = FILES
        .iter()
        .find(|f| f.name.strip_prefix("app/") == Some(file.as_str()));
    found.map_or_else(
        || Refusal::new(Kind::NotFound, "there is no such file").into_response(),
        |file| send(file, &headers),
    )
}

/// The page, which learns from `<base>` under which path a proxy shows us; made once.
struct Page {
    etag: HeaderValue,
    plain: Bytes,
    zipped: Bytes,
}

impl Page {
    fn under(base: &str) -> Self {
        let file = FILES
            .iter()
            .find(|f| f.name == "index.html")
            .expect("Vite builds an index.html");
        let text = String::from_utf8_lossy(&plain(file)).into_owned();
        let text = text.replace("<base href=\"/\">", &format!("<base href=\"{base}/\">"));
        // Under another path it is another page.
        let etag = format!("\"{}{base}\"", file.etag.trim_matches('"'));
        Self {
            etag: HeaderValue::from_str(&etag).expect("digits and a path of safe characters"),
            zipped: gzip(text.as_bytes()).into(),
            plain: text.into(),
        }
    }

    fn send(&self, request: &HeaderMap) -> Response {
        let zipped = accept::gzip(request);
        let bytes = if zipped { &self.zipped } else { &self.plain };
        let content = Content {
            kind: "text/html; charset=utf-8",
            etag: self.etag.clone(),
            cache: ASK_AGAIN,
            zipped,
            bytes: bytes.clone(),
        };
        let mut response = content.answer(request);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
        response
    }
}

fn send(file: &'static File, request: &HeaderMap) -> Response {
    let zipped = file.zipped && accept::gzip(request);
    let bytes = if zipped {
        Cow::Borrowed(file.bytes)
    } else {
        plain(file)
    };
    let content = Content {
        kind: file.content_type,
        etag: HeaderValue::from_static(file.etag),
        cache: if file.name.starts_with("app/") {
            FOR_EVER
        } else {
            ASK_AGAIN
        },
        zipped,
        bytes: match bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        },
    };
    content.answer(request)
}

/// What an answer is made of.
struct Content {
    kind: &'static str,
    etag: HeaderValue,
    cache: HeaderValue,
    zipped: bool,
    bytes: Bytes,
}

impl Content {
    /// Whole, or that it is known.
    fn answer(self, request: &HeaderMap) -> Response {
        let known = request.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let is_own = |tag: &str| tag.trim().trim_start_matches("W/") == self.etag;
        if known.is_some_and(|known| known.split(',').any(is_own)) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().insert(ETAG, self.etag);
            return response;
        }
        let mut response = Response::new(Body::from(self.bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CACHE_CONTROL, self.cache);
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(ETAG, self.etag);
        if self.zipped {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// A file as it was before `build.rs` packed it.
fn plain(file: &'static File) -> Cow<'static, [u8]> {
    if !file.zipped {
        return Cow::Borrowed(file.bytes);
    }
    let mut bytes = Vec::with_capacity(file.bytes.len() * 4);
    GzDecoder::new(file.bytes)
        .read_to_end(&mut bytes)
        .expect("build.rs packed it");
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_at_all_its_places_and_at_no_other() {
        let pages = include_str!("../ui/src/app/pages.ts");
        let mut told: Vec<&str> = pages
            .lines()
            .filter_map(|line| line.split_once("pattern: \"/")?.1.split(['"', '/']).next())
            .filter(|first| !first.is_empty())
            .collect();
        told.dedup();
        let (mut told, mut places) = (told, PLACES.to_vec());
        told.sort_unstable();
        told.dedup();
        places.sort_unstable();
        assert_eq!(told, places);
    }

    #[test]
    fn files_survive_their_packing() {
        for file in FILES {
            let bytes = plain(file);
            assert!(!bytes.is_empty(), "{}", file.name);
            if file.content_type.starts_with("text/") {
                assert!(std::str::from_utf8(&bytes).is_ok(), "{}", file.name);
            }
        }
        let index = FILES.iter().find(|f| f.name == "index.html").unwrap();
        assert!(String::from_utf8_lossy(&plain(index)).contains("<base href=\"/\">"));
    }
}
