//! Before and after a rotation.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use futures_util::stream::{self, StreamExt as _};
use history::collections::{self, Snapshot, Wanted, Window};
use http::HeaderMap;
use model::SourceId;

use super::super::bad_query;
use super::super::history::kept;
use super::params::CompareParams;
use super::types::{CollectionFailure, ComparedCollection, RotationComparison, time_ms};
use super::{ROW_BYTES, ask, catalog, span};
use crate::collections::Missed;
use crate::respond::{ErrorBody, Refusal, large_json};
use crate::{Catalog, Context};

/// Collections whose members are asked for at once.
const AT_ONCE: usize = 4;

/// What was watched of a rotation's collections before it began and since, over stretches of the same length.
///
/// A collection is taken as it is now. The second stretch ends with the rotation at the latest, and the first is as
/// long as the second.
#[utoipa::path(get, path = "/api/v1/rotations/{id}/compare", tag = "collections",
    params(("id" = String, Path, description = "The rotation's id, as given when it was counted"), CompareParams),
    responses((status = 200, description = "Its collections; those that could not be asked stand in `failed`",
            body = RotationComparison),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "Nothing was counted for such a rotation", body = ErrorBody)))]
pub(crate) async fn compare(
    State(ctx): State<Arc<Context>>,
    Path(id): Path<String>,
    params: Result<Query<CompareParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let (days, now_s) = (params.days()?, ctx.clock.now().as_second());
    let (catalog, history) = (catalog(&ctx)?, kept(&ctx)?);
    let span = span(&ctx, id).await?;
    let (before, after) = stretches(span.from_ms, span.until_ms, days, now_s);
    let (members, missed) = members(catalog, &span.collections).await;
    let (wanted, of): (Vec<Wanted>, Vec<&Snapshot>) = members.into_iter().unzip();
    let (was, is) = ask(history, move |v| {
        let watched = |window| collections::watched(v.columns, &wanted, window);
        Ok((watched(before), watched(after)))
    })
    .await?;
    let numbers = was.iter().zip(&is);
    let compared = of.iter().zip(numbers).filter_map(|(snapshot, (was, is))| {
        Some(ComparedCollection {
            server: snapshot.server.as_str(),
            library: &snapshot.library,
            collection: &snapshot.collection_name,
            rating_key: snapshot.rating_key?,
            before: was.into(),
            after: is.into(),
        })
    });
    let body = RotationComparison {
        rotation_id: &span.rotation_id,
        started_at: time_ms(span.from_ms),
        ended_at: span.until_ms.map(time_ms),
        length_s: after.to_s.unwrap_or(now_s) - after.from_s.unwrap_or(now_s),
        before: before.into(),
        after: after.into(),
        collections: compared.collect(),
        failed: CollectionFailure::all(&missed),
    };
    Ok(large_json(&headers, &body, span.collections.len() * ROW_BYTES))
}

/// Two windows that meet where the rotation began: the second as long as wanted, but not beyond its end or now; the
/// first as long as the second.
fn stretches(from_ms: i64, until_ms: Option<i64>, days: i64, now_s: i64) -> (Window, Window) {
    let from_s = from_ms.div_euclid(1000);
    let until_s = until_ms.map_or(now_s, |ms| ms.div_euclid(1000)).min(now_s);
    let length_s = (until_s - from_s).clamp(0, days.saturating_mul(86_400));
    let window = |from_s, to_s| Window {
        from_s: Some(from_s),
        to_s: Some(to_s),
    };
    (
        window(from_s - length_s, from_s),
        window(from_s, from_s + length_s),
    )
}

/// What is in them, and those that could not be asked.
async fn members<'a>(catalog: &Catalog, of: &'a [Snapshot]) -> (Vec<(Wanted, &'a Snapshot)>, Vec<Missed>) {
    let asked: Vec<(SourceId, Option<i64>)> = of.iter().map(|s| (s.server.clone(), s.rating_key)).collect();
    let answers: Vec<_> = stream::iter(asked)
        .map(|(server, rating_key)| async move {
            match rating_key {
                Some(rating_key) => Some(catalog.collection_members(&server, rating_key).await),
                None => None,
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut found, mut missed) = (Vec::new(), Vec::new());
    for (snapshot, members) in of.iter().zip(answers) {
        match members {
            None => {}
            Some(Ok(members)) => {
                let wanted = Wanted {
                    server: snapshot.server.clone(),
                    members: members.iter().map(|m| m.rating_key).collect(),
                };
                found.push((wanted, snapshot));
            }
            Some(Err(e)) => missed.push(Missed {
                server: Some(snapshot.server.clone()),
                library: Some(snapshot.library.clone()),
                collection: Some(snapshot.collection_name.clone()),
                rating_key: snapshot.rating_key,
                kind: e.kind,
                reason: e.message,
            }),
        }
    }
    (found, missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stretches_are_equally_long_and_meet_at_the_start() {
        const DAY: i64 = 86_400;
        for (from_s, until_s, days, now_s, length_s) in [
            (1_000_000, None, 1, 9_000_000, DAY),
            // Still young.
            (1_000_000, None, 30, 1_000_000 + 5 * DAY, 5 * DAY),
            // Over after two days.
            (1_000_000, Some(1_000_000 + 2 * DAY), 30, 9_000_000, 2 * DAY),
            (1_000_000, Some(1_000_000 + 2 * DAY), 1, 9_000_000, DAY),
            // A clock that went back.
            (1_000_000, None, 30, 900_000, 0),
        ] {
            let (before, after) = stretches(from_s * 1000 + 999, until_s.map(|s: i64| s * 1000), days, now_s);
            assert_eq!(
                (before.from_s, before.to_s),
                (Some(from_s - length_s), Some(from_s))
            );
            assert_eq!(
                (after.from_s, after.to_s),
                (Some(from_s), Some(from_s + length_s))
            );
        }
    }
}
