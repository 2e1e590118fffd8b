//! Bodies of requests.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use base::Kind;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::respond::Refusal;

/// Time for a body to come; the head has come already. Who takes longer is refused, and gives up the connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// All of a body of at most `limit` bytes.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let refused = |why: String| Refusal::new(Kind::BadPayload, why);
    let late = || {
        refused(format!(
            "the body did not come within {} s",
            BODY_TIMEOUT.as_secs()
        ))
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, limit)).await;
    read.map_err(|_| late())?
        .map_err(|_| refused(format!("the body is over {limit} bytes, or ended early")))
}

/// A JSON body of at most `limit` bytes, not yet read.
///
/// Only `application/json` is taken, which no page of another site can make a browser send.
pub(crate) async fn json(headers: &HeaderMap, request: Request, limit: usize) -> Result<Bytes, Refusal> {
    if !is_json(headers) {
        let what = "the body must be JSON, with the header Content-Type: application/json";
        return Err(Refusal::new(Kind::BadPayload, what));
    }
    whole(request.into_body(), limit).await
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
    struct Wish {
        n: u32,
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for_for_ever() {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let refusal = whole(Body::from_stream(never), 8).await.unwrap_err();
        assert_eq!(refusal.message, "the body did not come within 30 s");
        let refusal = whole(Body::from("123456789"), 8).await.unwrap_err();
        assert_eq!(refusal.message, "the body is over 8 bytes, or ended early");
        assert_eq!(whole(Body::from("12345678"), 8).await.unwrap(), "12345678");
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
            let said = object::<Wish>(body.as_bytes())
                .err()
                .map(|refusal| refusal.message);
            let expected = expected.map(|e| format!("the body is not understood: {e}"));
            assert_eq!(said, expected, "{body}");
        }
    }
}
