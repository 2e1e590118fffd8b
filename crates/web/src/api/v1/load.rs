//! What the last hour, or day, looked like: columns of numbers for pictures.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use base::Kind;
use http::HeaderMap;
use live::recent::{COARSE_MINUTES, FINE_MINUTES, Gauge, ServerSeries, Window};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::types::{Meta, Time};
use super::{bad_query, meta};
use crate::Context;
use crate::respond::{ErrorBody, Refusal, large_json};

/// Users with a column of their own; all further ones are added up as [`OTHERS`].
const USERS_SHOWN: usize = 20;

/// Who everybody else is.
const OTHERS: &str = "others";

/// About as much as one number takes.
const NUMBER_BYTES: usize = 8;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoadParams {
    /// Minutes before now, at most 1440. Up to 60 there is a point every 5 s, beyond one a minute.
    #[param(default = 60, minimum = 1, maximum = 1440)]
    minutes: Option<u32>,
    /// Only this server under `servers`; decisions and users are always those of all.
    server: Option<String>,
}

/// Numbers by moment: as many as there are `times`, null where nothing is known.
#[derive(Debug)]
pub(crate) struct LoadSeries {
    values: Vec<Option<f32>>,
    /// What numbers are rounded to, as parts of 1.
    parts: f64,
}

impl LoadSeries {
    fn whole(values: Vec<Option<f32>>) -> Self {
        Self { values, parts: 1.0 }
    }

    fn hundredths(values: Vec<Option<f32>>) -> Self {
        Self { values, parts: 100.0 }
    }

    fn ratio(values: Vec<Option<f32>>) -> Self {
        Self { values, parts: 1e4 }
    }
}

impl Serialize for LoadSeries {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only of what has no fraction; f32 beyond i64 saturates"
    )]
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(Some(self.values.len()))?;
        for value in &self.values {
            let Some(value) = value else {
                list.serialize_element(&None::<f64>)?;
                continue;
            };
            let rounded = (f64::from(*value) * self.parts).round() / self.parts;
            if rounded.fract() == 0.0 {
                list.serialize_element(&(rounded as i64))?;
            } else {
                list.serialize_element(&rounded)?;
            }
        }
        list.end()
    }
}

impl PartialSchema for LoadSeries {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Number, Type::Null]));
        ArrayBuilder::new()
            .items(number)
            .description(Some("By moment; null where nothing is known."))
            .into()
    }
}

impl ToSchema for LoadSeries {}

/// The load of a stretch of time. Every series is as long as `times`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Load {
    /// Seconds between two moments: 5 or 60. A minute stands at its beginning and tells means.
    step_s: u32,
    /// Where the stretch begins; the first moment may be later.
    from: Time,
    /// Oldest first.
    times: Vec<Time>,
    /// What the house's line can carry, from our configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_limit_bps: Option<u64>,
    /// In the order in which they were first seen.
    servers: Vec<ServerLoad>,
    decisions: DecisionLoad,
    /// By what they were sent, most first: at most 20, and after them all further ones as "others". What is paused
    /// counts nothing.
    users: Vec<UserLoad>,
    /// `count` counts the moments.
    meta: Meta,
}

/// One server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerLoad {
    server_id: String,
    /// `plex` or `dispatcharr`.
    kind: &'static str,
    /// Open sessions; a stream manager has none.
    streams: LoadSeries,
    /// Open feeds; stream managers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    feeds: Option<LoadSeries>,
    /// 0 to 1, as the next three. Only a Plex server with a Plex Pass tells.
    host_cpu_ratio: LoadSeries,
    host_memory_ratio: LoadSeries,
    /// Of the media server itself.
    process_cpu_ratio: LoadSeries,
    process_memory_ratio: LoadSeries,
    /// `measured`: what the server counted as sent, downloads too. `estimated`: the bit rates of what plays.
    bandwidth: &'static str,
    lan_bps: LoadSeries,
    /// Over other networks and the relay.
    wan_bps: LoadSeries,
    /// How long the last look at what plays took.
    look_ms: LoadSeries,
}

impl ServerLoad {
    fn of(mut server: ServerSeries) -> Self {
        let is_manager = server.kind == model::DISPATCHARR;
        Self {
            streams: LoadSeries::hundredths(server.take(Gauge::Streams)),
            feeds: is_manager.then(|| LoadSeries::hundredths(server.take(Gauge::Feeds))),
            host_cpu_ratio: LoadSeries::ratio(server.take(Gauge::HostCpuRatio)),
            host_memory_ratio: LoadSeries::ratio(server.take(Gauge::HostMemoryRatio)),
            process_cpu_ratio: LoadSeries::ratio(server.take(Gauge::ProcessCpuRatio)),
            process_memory_ratio: LoadSeries::ratio(server.take(Gauge::ProcessMemoryRatio)),
            bandwidth: if server.measured { "measured" } else { "estimated" },
            lan_bps: LoadSeries::whole(server.take(Gauge::LanBps)),
            wan_bps: LoadSeries::whole(server.take(Gauge::WanBps)),
            look_ms: LoadSeries::whole(server.take(Gauge::LookMs)),
            kind: server.kind,
            server_id: server.id.to_string(),
        }
    }
}

/// Open sessions of all servers that answer, by how they are delivered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionLoad {
    directplay: LoadSeries,
    copy: LoadSeries,
    transcode: LoadSeries,
}

/// What one user was sent: the bit rates of what plays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserLoad {
    name: String,
    bps: LoadSeries,
}

/// What streams, machines and lines had to carry lately.
///
/// Kept in memory since the start of this process, at most 24 hours. In series, and nowhere else, `null` stands where
/// nothing is known of a moment.
#[utoipa::path(get, path = "/api/v1/load", tag = "state", params(LoadParams),
    responses((status = 200, description = "The stretch asked for", body = Load),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody)))]
pub(super) async fn load(
    State(ctx): State<Arc<Context>>,
    params: Result<Query<LoadParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let minutes = params.minutes.unwrap_or(FINE_MINUTES);
    if !(1..=COARSE_MINUTES).contains(&minutes) {
        let why = format!("minutes={minutes}: expected 1 to {COARSE_MINUTES}");
        return Err(Refusal::new(Kind::BadPayload, why));
    }
    let now = ctx.clock.now();
    let window = ctx.live.recent().window(minutes, now);
    let columns = 8 + window.users.len() + window.servers.len() * Gauge::ALL.len();
    let capacity = window.at.len() * columns * NUMBER_BYTES;
    let body = told(&ctx, window, minutes, params.server.as_deref());
    Ok(large_json(&headers, &body, capacity))
}

fn told(ctx: &Context, window: Window, minutes: u32, server: Option<&str>) -> Load {
    let now = ctx.clock.now();
    let from = now - jiff::SignedDuration::from_mins(i64::from(minutes));
    let snapshot = ctx.live.snapshot();
    let wanted = |of: &ServerSeries| server.is_none_or(|id| id == of.id.as_str());
    Load {
        step_s: window.step_s,
        from: Time(from),
        meta: meta(ctx, &snapshot, window.at.len()),
        times: window.at.into_iter().map(Time).collect(),
        upload_limit_bps: ctx.upload_limit_bps,
        servers: window
            .servers
            .into_iter()
            .filter(wanted)
            .map(ServerLoad::of)
            .collect(),
        decisions: DecisionLoad {
            directplay: LoadSeries::hundredths(window.decisions.direct_play),
            copy: LoadSeries::hundredths(window.decisions.copy),
            transcode: LoadSeries::hundredths(window.decisions.transcode),
        },
        users: users(window.users, window.others),
    }
}

/// Those who were sent most, then all others together.
fn users(all: Vec<live::recent::UserSeries>, unnamed: Option<Vec<Option<f32>>>) -> Vec<UserLoad> {
    let mut rest = unnamed;
    let mut shown = Vec::new();
    for user in all {
        if shown.len() < USERS_SHOWN {
            shown.push(UserLoad {
                name: user.name.to_string(),
                bps: LoadSeries::whole(user.bps),
            });
            continue;
        }
        let sums = rest.get_or_insert_with(|| vec![None; user.bps.len()]);
        for (sum, bps) in sums.iter_mut().zip(user.bps) {
            *sum = Some(sum.unwrap_or(0.0) + bps.unwrap_or(0.0));
        }
    }
    shown.extend(rest.map(|bps| UserLoad {
        name: OTHERS.to_owned(),
        bps: LoadSeries::whole(bps),
    }));
    shown
}
