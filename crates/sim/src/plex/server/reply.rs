//! Answers: a tree or bytes in the asked spelling, HTML errors, and the ways to spoil them.

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, header};

use crate::plex::fault::Fault;
use crate::plex::server::request::Paging;
use crate::plex::value::{Node, Spelling, document};

/// What a handler made.
#[derive(Debug)]
pub(super) enum Reply {
    Tree(Node),
    /// One page of a list: the container holds the page's rows and learns size, total and offset.
    Page(Node, Paged),
    /// A whole document, already spelled.
    Bytes(Vec<u8>),
    Png(Vec<u8>),
    /// 200 without a body.
    Done,
    Error(StatusCode),
}

/// Where a page lies in its list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paged {
    pub(super) total: usize,
    pub(super) start: usize,
}

impl Reply {
    pub(super) const NOT_FOUND: Self = Self::Error(StatusCode::NOT_FOUND);

    /// A container whose rows are made on demand, paged or whole.
    pub(super) fn list(
        container: Node,
        total: usize,
        paging: Option<Paging>,
        row: impl Fn(usize) -> Node,
    ) -> Self {
        let Some(Paging { start, size }) = paging else {
            return Self::Tree(container.with((0..total).map(row)).sized());
        };
        let from = start.min(total);
        let until = from.saturating_add(size).min(total);
        Self::Page(container.with((from..until).map(row)), Paged { total, start })
    }

    pub(super) fn respond(self, spelling: Spelling) -> Response {
        let (bytes, paged) = match self {
            Self::Error(status) => return error_page(status),
            Self::Done => return Response::new(Body::empty()),
            Self::Png(bytes) => return picture(bytes),
            Self::Bytes(bytes) => (bytes, None),
            Self::Tree(tree) => (document(&tree, spelling), None),
            Self::Page(tree, page) => {
                // The three come first; `sized` counts the children alone.
                let tree = tree
                    .attr("totalSize", page.total)
                    .attr("offset", page.start)
                    .sized();
                (document(&tree, spelling), Some(page))
            }
        };
        let mut response = Response::new(Body::from(bytes));
        let kind = if spelling.is_xml() {
            "text/xml;charset=utf-8"
        } else {
            "application/json"
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert("x-plex-protocol", HeaderValue::from_static("1.0"));
        if let Some(page) = paged {
            headers.insert("x-plex-container-start", page.start.into());
            headers.insert("x-plex-container-total-size", page.total.into());
        }
        response
    }
}

fn picture(bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("max-age=31536000"),
    );
    response
}

/// The server's one-line HTML page, whatever was asked for.
pub(super) fn error_page(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    let page =
        format!("<html><head><title>{reason}</title></head><body><h1>{code} {reason}</h1></body></html>");
    html(status, page)
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// The notice of a server that is still starting. Its root is not a container.
pub(super) fn maintenance(sentence: &str, spelling: Spelling) -> Response {
    let body = if spelling.is_xml() {
        let node = Node::new("Response")
            .attr("code", "503")
            .attr("title", "Maintenance");
        document(&node.attr("status", sentence.to_owned()), spelling)
    } else {
        serde_json::json!({ "code": 503, "title": "Maintenance", "status": sentence })
            .to_string()
            .into_bytes()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let kind = if spelling.is_xml() {
        "text/xml;charset=utf-8"
    } else {
        "application/json"
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A page of some other web server.
pub(super) fn not_plex() -> Response {
    html(
        StatusCode::OK,
        "<!DOCTYPE html><html><head><title>Router</title></head><body>Sign in</body></html>".into(),
    )
}

pub(super) fn redirect(to: &str) -> Response {
    let mut response = error_page(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Damages an answer.
pub(super) async fn spoil(response: Response, fault: &Fault) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = match fault {
        Fault::Empty => Body::empty(),
        Fault::BadJson => Body::from(bytes.slice(..bytes.len() / 2)),
        Fault::Truncate => {
            parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
            let half = bytes.slice(..bytes.len() / 2);
            // A pause, so that the first half is on its way before the connection breaks.
            let broken = futures_util::stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe))
            });
            Body::from_stream(futures_util::stream::iter([Ok(half)]).chain(broken))
        }
        Fault::HugeBody(more) => {
            const BLOCK: u64 = 64 * 1024;
            let blank = Bytes::from(vec![b' '; usize::try_from(BLOCK).unwrap_or(0)]);
            let blocks = (0..more.div_ceil(BLOCK)).map(move |_| Ok(blank.clone()));
            let first = Ok::<_, std::io::Error>(bytes);
            Body::from_stream(futures_util::stream::iter([first]).chain(futures_util::stream::iter(blocks)))
        }
        Fault::NonUtf8 => Body::from(latin1_titles(&bytes)),
        _ => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// Replaces the first letter of every title by 0xE9, é in Latin-1.
fn latin1_titles(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for mark in [&b"itle\":\""[..], &b"itle=\""[..]] {
        let mut at = 0;
        while let Some(found) = out[at..].windows(mark.len()).position(|w| w == mark) {
            at += found + mark.len();
            if let Some(letter) = out.get_mut(at).filter(|b| b.is_ascii_alphanumeric()) {
                *letter = 0xe9;
            }
        }
    }
    out
}
