//! A page of the history too long to be held at once: it is asked for and sent part by part, as fast as the client
//! takes it. Between two parts a play may end, and what follows moves by a row.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream::{self, StreamExt as _};
use history::rules::human_duration;
use http::StatusCode;

use super::commands::{Asked, Fault};
use super::envelope::{Format, Reply};
use super::history::{Found, find};
use super::params::Params;
use super::value::Value;
use crate::respond::answer;

/// Rows of a part: one takes a kilobyte.
const ROWS_AT_ONCE: usize = 1000;

/// True if the rows asked for may be more than a part.
pub(super) fn is_long(params: &Params) -> bool {
    let length = params.int("length").ok().flatten();
    length.is_some_and(|rows| usize::try_from(rows).map_or(true, |rows| rows > ROWS_AT_ONCE))
}

/// Where the next part begins, and what came before it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    sent: usize,
    duration_s: i64,
}

/// Bytes of a part, and where the next one begins if there is one.
type Part = (Vec<u8>, Option<Place>);

/// The answer, from its first part on. What fails later cuts it off: the beginning has been sent.
pub(super) async fn response(asked: Arc<Asked>, format: Format, failed: fn(Fault) -> Reply) -> Response {
    let (head, next) = match part(asked.clone(), format.clone(), Place::default()).await {
        Ok(part) => part,
        Err(fault) => return format.response(failed(fault)),
    };
    let content_type = format.content_type();
    let rest = stream::unfold(next, move |place| {
        let (asked, format) = (asked.clone(), format.clone());
        async move {
            match part(asked, format, place?).await {
                Ok((bytes, next)) => Some((Ok(Bytes::from(bytes)), next)),
                Err(fault) => {
                    let why = std::io::Error::other(format!("{fault:?}"));
                    Some((Err(why), None))
                }
            }
        }
    });
    let first = stream::once(async move { Ok(Bytes::from(head)) });
    answer(StatusCode::OK, content_type, Body::from_stream(first.chain(rest)))
}

async fn part(asked: Arc<Asked>, format: Format, place: Place) -> Result<Part, Fault> {
    let Some(history) = asked.ctx.history.clone() else {
        return Err(Fault::History(history::Error::Closed));
    };
    // A fault of ours is an answer to the history.
    let answered = history.ask(move |view| {
        let found = find(view, &asked, place.sent, ROWS_AT_ONCE);
        Ok::<Result<Part, Fault>, _>(found.map(|found| write(&found, &format, place)))
    });
    answered.await.map_err(Fault::History)?
}

/// Opens the answer with the first part, closes it with the last.
fn write(found: &Found, format: &Format, place: Place) -> Part {
    let mut out = Vec::with_capacity(found.lines() * 1200 + 256);
    if place.sent == 0 {
        format.open(&mut out);
        out.extend_from_slice(b"{\"response\": {\"result\": \"success\", \"message\": null, \"data\": ");
        let counts = format!(
            "{{\"recordsFiltered\": {}, \"recordsTotal\": {}, \"data\": [",
            found.filtered, found.total
        );
        out.extend_from_slice(counts.as_bytes());
    }
    for (at, row) in found.rows().enumerate() {
        if place.sent + at > 0 {
            out.extend_from_slice(b", ");
        }
        row.write_json(&mut out);
    }
    let place = Place {
        sent: place.sent + found.lines(),
        duration_s: place.duration_s + found.duration_s(),
    };
    if found.is_more {
        return (out, Some(place));
    }
    out.extend_from_slice(b"], \"draw\": 1, \"filter_duration\": ");
    Value::Owned(human_duration(place.duration_s)).write_json(&mut out);
    out.extend_from_slice(b", \"total_duration\": ");
    Value::Owned(human_duration(found.total_duration_s)).write_json(&mut out);
    out.extend_from_slice(b"}}}");
    format.close(&mut out);
    (out, None)
}
