//! Bodies of requests.

use axum::body::to_bytes;
use axum::extract::Request;
use base::Kind;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::respond::Refusal;

/// A JSON body of at most `limit` bytes, not yet read.
///
/// Only `application/json` is taken, which no page of another site can make a browser send.
pub(crate) async fn json(headers: &HeaderMap, request: Request, limit: usize) -> Result<Bytes, Refusal> {
    if !is_json(headers) {
        let what = "the body must be JSON, with the header Content-Type: application/json";
        return Err(Refusal::new(Kind::BadPayload, what));
    }
    to_bytes(request.into_body(), limit)
        .await
        .map_err(|_| Refusal::new(Kind::BadPayload, format!("the body is over {limit} bytes")))
}

/// The object in `body`. The refusal repeats no value of it: it may hold a secret.
pub(crate) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let wrong = |why: String| Refusal::new(Kind::BadPayload, format!("the body is not understood: {why}"));
    // A list would pass for its fields in order.
    if !body.trim_ascii().starts_with(b"{") {
        return Err(wrong("expected an object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|e| {
        let text = e.to_string();
        // These two name a field, never what stands in it.
        let names_a_field = ["unknown field", "missing field"]
            .iter()
            .any(|s| text.starts_with(s));
        wrong(match e.classify() {
            Category::Data if names_a_field => text,
            Category::Data => format!(
                "a value of another kind is expected at line {} column {}",
                e.line(),
                e.column()
            ),
            _ => format!("no JSON at line {} column {}", e.line(), e.column()),
        })
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let told = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media_type = told.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Body {
        n: u32,
    }

    #[test]
    fn what_is_wrong_is_said_without_what_stands_there() {
        for (body, expected) in [
            (r#"{"n":1}"#, None),
            (
                r#"{"n":"s3cret"}"#,
                Some("a value of another kind is expected at line 1 column 13"),
            ),
            (
                r#"{"m":"s3cret"}"#,
                Some("unknown field `m`, expected `n` at line 1 column 4"),
            ),
            (r#"{"n":"s3cret"#, Some("no JSON at line 1 column 12")),
            (r"[1]", Some("expected an object")),
            ("", Some("expected an object")),
        ] {
            let said = object::<Body>(body.as_bytes())
                .err()
                .map(|refusal| refusal.message);
            let expected = expected.map(|e| format!("the body is not understood: {e}"));
            assert_eq!(said, expected, "{body}");
        }
    }
}
