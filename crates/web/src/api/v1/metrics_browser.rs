//! What a scrape would find, for people.

use std::str::FromStr as _;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use base::Kind;
use export::{FamilyValues, Profile, SampleValue};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::types::Meta;
use super::{bad_query, meta};
use crate::Context;
use crate::respond::{ErrorBody, Refusal, large_json};

/// Samples told of one family; `series` says how many there are.
const SAMPLES_MAX: usize = 50;

/// About as much as one family takes.
const FAMILY_BYTES: usize = 2048;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MetricsParams {
    /// Whose names the series carry: one of `profiles`.
    #[param(default = "native")]
    profile: Option<String>,
}

/// The families that have samples now, in the order of the exposition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metrics {
    profile: &'static str,
    families: Vec<MetricFamily>,
    /// All profiles there are.
    profiles: Vec<&'static str>,
    /// `count` counts the families.
    meta: Meta,
}

/// One family of series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricFamily {
    /// As samples carry it.
    name: &'static str,
    /// `gauge`, `counter` or `info`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    help: &'static str,
    /// Series there are.
    series: usize,
    /// The first of them, at most 50.
    samples: Vec<MetricSample>,
}

/// One series and its value now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricSample {
    /// Names and values as a scrape carries them: user names and titles as the configuration says.
    labels: BTreeMap<String, String>,
    value: f64,
}

impl MetricFamily {
    fn of(family: FamilyValues) -> Self {
        let sample = |sample: SampleValue| MetricSample {
            labels: sample.labels.into_iter().collect(),
            value: sample.value,
        };
        Self {
            name: family.name,
            kind: family.kind.as_str(),
            unit: family.unit,
            help: family.help,
            series: family.series,
            samples: family.samples.into_iter().map(sample).collect(),
        }
    }
}

/// What `/metrics/{profile}` would tell now, with its words and the first series of each family.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "state", params(MetricsParams),
    responses((status = 200, description = "The families of the profile", body = Metrics),
        (status = 400, description = "A parameter that does not exist, or no such profile", body = ErrorBody)))]
pub(super) async fn metrics(
    State(ctx): State<Arc<Context>>,
    params: Result<Query<MetricsParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let profile = match params.profile.as_deref() {
        Some(word) => Profile::from_str(word).map_err(|e| Refusal::new(Kind::BadPayload, e.to_string()))?,
        None => Profile::default(),
    };
    // As a scrape sees it.
    let snapshot = ctx.recording.settle(ctx.live.snapshot());
    let (process, now) = (ctx.process(), ctx.clock.now());
    let families = export::values(profile, &snapshot, &process, &ctx.options, now, SAMPLES_MAX);
    let families: Vec<_> = families.into_iter().map(MetricFamily::of).collect();
    let capacity = families.len() * FAMILY_BYTES;
    let body = Metrics {
        profile: profile.as_str(),
        profiles: Profile::ALL.map(Profile::as_str).into(),
        meta: meta(&ctx, &snapshot, families.len()),
        families,
    };
    Ok(large_json(&headers, &body, capacity))
}
