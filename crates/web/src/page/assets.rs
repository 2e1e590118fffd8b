//! The page's own files, compiled in, under names that change with their content.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base::Kind;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::respond::Refusal;

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    /// `status-0123456789abcdef.css`
    pub(super) file: String,
    etag: HeaderValue,
    content_type: &'static str,
    content: &'static str,
}

/// The files of the status page.
#[derive(Debug)]
pub(super) struct Assets {
    pub(super) style: Asset,
    pub(super) script: Asset,
    pub(super) icon: Asset,
}

pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: asset(
        "status",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/status.css"),
    ),
    script: asset(
        "status",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/status.js"),
    ),
    icon: asset(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    ),
});

fn asset(name: &str, extension: &str, content_type: &'static str, content: &'static str) -> Asset {
    let hash = fnv1a(content.as_bytes());
    let etag = HeaderValue::from_str(&format!("\"{hash:016x}\"")).expect("hex digits are a header value");
    Asset {
        file: format!("{name}-{hash:016x}.{extension}"),
        etag,
        content_type,
        content,
    }
}

/// FNV-1a: tells versions of our own files apart; nobody attacks it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| {
        (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `GET /assets/{file}`: kept by browsers for ever, since other content has another name.
pub(crate) async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Assets { style, script, icon } = &*ASSETS;
    let Some(asset) = [style, script, icon].into_iter().find(|a| a.file == file) else {
        return Refusal::new(Kind::NotFound, "there is no such file").into_response();
    };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tags| {
        tags.as_bytes() == b"*"
            || tags
                .to_str()
                .is_ok_and(|t| t.split(',').any(|t| t.trim() == asset.etag))
    });
    let (status, body) = if known {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(asset.content))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(ETAG, asset.etag.clone());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_content() {
        // Test vectors of the algorithm's authors.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(
            ASSETS.style.file,
            format!("status-{:016x}.css", fnv1a(ASSETS.style.content.as_bytes()))
        );
    }
}
