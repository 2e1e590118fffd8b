//! `/api/v1/analytics`: each answer is one pass over the plays asked for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use history::View;
use history::ask::slices::{
    self, By, Measure, Of, PEAK_NAMES, Selection, Sieve, StreamBy, Tier, TopEntry, by_calendar, by_stream,
    decisions_by_date, top,
};
use history::columns::Columns;
use history::rules::{Class, platform_name};
use http::HeaderMap;
use model::Reason;
use utoipa::IntoParams;

use super::map::{kind, time};
use super::params::{Asked, FilterParams, MeasureParams, Window};
use super::types::{
    AnalyticsMeta, CompletionAnswer, ConcurrencyAnswer, HardwareShare, PeakSeries, RankedEntry,
    RankingAnswer, ReasonCount, Series, Table, TableAnswer, TranscodesAnswer,
};
use super::words::{DECISIONS, MEDIA, TIERS};
use super::{ask, bytes, kept};
use crate::Context;
use crate::api::v1::types::Time;
use crate::respond::{ErrorBody, JSON, Refusal, compressible};

/// Places of a ranking unless another number is asked for.
const PLACES_DEFAULT: usize = 10;

/// Places of a ranking at most.
pub(super) const PLACES_MAX: usize = 500;

pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
        .route("/api/v1/analytics/plays", get(plays))
        .route("/api/v1/analytics/streams", get(streams))
        .route("/api/v1/analytics/top", get(ranking))
        .route("/api/v1/analytics/concurrency", get(concurrency))
        .route("/api/v1/analytics/completion", get(completion))
        .route("/api/v1/analytics/transcodes", get(transcodes))
}

/// Reads a question, has it answered and told.
async fn answered(
    ctx: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    more: &[&str],
    question: impl FnOnce(&Asked) -> Result<Answer, Refusal>,
) -> Result<Response, Refusal> {
    let history = kept(ctx)?;
    let asked = Asked::read(query, more, Window::Recent, history.settings(), ctx.clock.now())?;
    let answer = question(&asked)?;
    let bytes = ask(history, move |view| Ok(answer(view, &asked))).await?;
    Ok(compressible(headers, JSON, bytes))
}

/// How an answer is made of what is kept.
type Answer = Box<dyn FnOnce(&View<'_>, &Asked) -> Vec<u8> + Send>;

/// The plays asked for.
pub(super) fn select<'a>(columns: &'a Columns, asked: &Asked) -> Selection<'a> {
    Selection::new(Sieve::new(columns, &asked.filter), asked.grouped)
}

pub(super) fn meta(asked: &Asked) -> AnalyticsMeta {
    AnalyticsMeta {
        measure: match asked.measure {
            Measure::Plays => "plays",
            Measure::Seconds => "seconds",
        },
        grouped: asked.grouped,
        time_zone: asked.time_zone.iana_name().unwrap_or("local").to_owned(),
        from: asked.filter.from_s.map(time),
        to: asked.filter.to_s.map(time),
        answered_at: Time(asked.now),
    }
}

impl From<slices::Table> for Table {
    fn from(table: slices::Table) -> Self {
        let series = table.series.into_iter().map(|s| Series {
            name: s.name,
            values: s.values,
        });
        Self {
            categories: table.categories,
            series: series.collect(),
            total: table.total,
        }
    }
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct PlaysParams {
    /// `date`, `weekday`, `hour`, `month` or `hour_weekday`.
    #[param(default = "date")]
    by: Option<String>,
}

/// Plays over time, by media.
///
/// A play counts where it started. One that was continued on another date counts once on each of them, by date as by
/// weekday, hour and month; its seconds stay where they were played. Without a window, the last 30 days.
#[utoipa::path(get, path = "/api/v1/analytics/plays", tag = "analytics",
    params(PlaysParams, FilterParams, MeasureParams),
    responses((status = 200, description = "Series `episode`, `movie`, `track`, `live`", body = TableAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn plays(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let words = [
        ("date", By::Date),
        ("weekday", By::Weekday),
        ("hour", By::Hour),
        ("month", By::Month),
        ("hour_weekday", By::HourOfWeekday),
    ];
    answered(&ctx, query.as_deref(), &headers, &["by", "measure"], |asked| {
        let by = asked.word("by", &words)?.unwrap_or(By::Date);
        Ok(Box::new(move |view, asked| {
            let selection = select(view.columns, asked);
            let (tz, now_s) = (&asked.time_zone, asked.now_s());
            let table = by_calendar(&selection, &asked.filter, tz, by, asked.measure, now_s);
            bytes(&TableAnswer {
                table: table.into(),
                categories_total: None,
                meta: meta(asked),
            })
        }))
    })
    .await
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct StreamsParams {
    /// `date`, `source_resolution`, `stream_resolution`, `platform` or `user`.
    #[param(default = "date")]
    by: Option<String>,
    /// Categories, the most played first; not of dates.
    #[param(minimum = 1, maximum = 500, default = 10)]
    limit: Option<u32>,
}

/// How plays were delivered.
///
/// Resolutions leave music out. A category that is not known is `unknown`.
#[utoipa::path(get, path = "/api/v1/analytics/streams", tag = "analytics",
    params(StreamsParams, FilterParams, MeasureParams),
    responses((status = 200, description = "Series `directplay`, `copy`, `transcode`", body = TableAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn streams(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let words = [
        ("date", None),
        ("source_resolution", Some(StreamBy::SourceResolution)),
        ("stream_resolution", Some(StreamBy::StreamResolution)),
        ("platform", Some(StreamBy::Platform)),
        ("user", Some(StreamBy::User)),
    ];
    answered(
        &ctx,
        query.as_deref(),
        &headers,
        &["by", "limit", "measure"],
        |asked| {
            let by = asked.word("by", &words)?.flatten();
            let limit = asked.limit(PLACES_DEFAULT, PLACES_MAX)?;
            Ok(Box::new(move |view, asked| {
                let selection = select(view.columns, asked);
                let (table, categories_total) = if let Some(by) = by {
                    let decided = by_stream(&selection, by, asked.measure, limit);
                    (decided.table, Some(decided.count))
                } else {
                    let (tz, now_s) = (&asked.time_zone, asked.now_s());
                    let table = decisions_by_date(&selection, &asked.filter, tz, asked.measure, now_s);
                    (table, None)
                };
                bytes(&TableAnswer {
                    table: table.into(),
                    categories_total,
                    meta: meta(asked),
                })
            }))
        },
    )
    .await
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct RankingParams {
    /// `users`, `titles` (movies, shows, artists), `items` (movies, episodes, tracks), `libraries`, `servers`,
    /// `platforms`, `players`, `products`, `source_resolutions`, `stream_resolutions`.
    #[param(default = "titles")]
    of: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 10)]
    limit: Option<u32>,
}

/// The most played, or the longest played.
///
/// One thing in two libraries, on two servers or added again is one title.
#[utoipa::path(get, path = "/api/v1/analytics/top", tag = "analytics",
    params(RankingParams, FilterParams, MeasureParams),
    responses((status = 200, description = "The ranking", body = RankingAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn ranking(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let words = [
        ("users", Of::Users),
        ("titles", Of::Titles),
        ("items", Of::Items),
        ("libraries", Of::Libraries),
        ("servers", Of::Servers),
        ("platforms", Of::Platforms),
        ("players", Of::Players),
        ("products", Of::Products),
        ("source_resolutions", Of::SourceResolutions),
        ("stream_resolutions", Of::StreamResolutions),
    ];
    answered(
        &ctx,
        query.as_deref(),
        &headers,
        &["of", "limit", "measure"],
        |asked| {
            let of = asked.word("of", &words)?.unwrap_or(Of::Titles);
            let limit = asked.limit(PLACES_DEFAULT, PLACES_MAX)?;
            Ok(Box::new(move |view, asked| {
                let columns = view.columns;
                let ranked = top(&select(columns, asked), of, asked.measure, limit);
                bytes(&RankingAnswer {
                    entries: ranked.entries.iter().map(|e| entry(columns, of, e)).collect(),
                    entries_total: ranked.count,
                    meta: meta(asked),
                })
            }))
        },
    )
    .await
}

/// A place of a ranking with what its newest row tells.
pub(super) fn entry(columns: &Columns, of: Of, entry: &TopEntry) -> RankedEntry {
    let row = entry.newest;
    let (item, client, library) = (columns.item(row), columns.client(row), columns.library(row));
    let is_title = matches!(of, Of::Titles | Of::Items);
    let is_player = of == Of::Players;
    let rating_key = match of {
        Of::Titles => item.grandparent_rating_key.or(item.rating_key),
        Of::Items => item.rating_key,
        _ => None,
    };
    let text = |value: Option<&str>, is_wanted: bool| value.filter(|_| is_wanted).map(str::to_owned);
    RankedEntry {
        name: entry.subject.name.as_deref().map(str::to_owned),
        plays: entry.sum.plays,
        seconds: entry.sum.seconds,
        users: entry.users,
        last_started_at: time(entry.last_started_s),
        last_play_id: columns.id(row),
        server_id: library.server.to_string(),
        library_id: library.section_id.map(|id| id.to_string()),
        user_id: (columns.viewer(row).user_id)
            .filter(|_| of == Of::Users)
            .map(|id| id.to_string()),
        rating_key: rating_key.map(|key| key.to_string()),
        kind: is_title.then(|| kind(item.kind)),
        year: item.year.filter(|_| is_title && item.grandparent_title.is_none()),
        platform: text(client.platform.as_deref().map(platform_name), is_player),
        product: text(client.product.as_deref(), is_player),
    }
}

/// How many streams ran at once.
///
/// The true peak of every date, also of streams that began the day before; pauses run too, and what follows without a
/// gap does not overlap. `from` and `to` are about when streams ran, not when they started; `grouped` changes nothing.
#[utoipa::path(get, path = "/api/v1/analytics/concurrency", tag = "analytics", params(FilterParams),
    responses((status = 200, description = "All streams, by decision, and by network", body = ConcurrencyAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn concurrency(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answered(&ctx, query.as_deref(), &headers, &[], |_| {
        Ok(Box::new(|view, asked| {
            let peaks = slices::peaks(view.columns, &asked.filter, &asked.time_zone, asked.now_s());
            let series = (0..PEAK_NAMES.len()).map(|kind| PeakSeries {
                by: match kind {
                    0 => "all",
                    1..5 => "decision",
                    _ => "network",
                },
                name: PEAK_NAMES[kind].split('_').next().unwrap_or_default(),
                peak: peaks.overall[kind].level,
                peak_at: peaks.overall[kind].at_s.map(time),
                values: peaks.days.iter().map(|levels| levels[kind]).collect(),
            });
            bytes(&ConcurrencyAnswer {
                series: series.collect(),
                dates: peaks.dates,
                meta: meta(asked),
            })
        }))
    })
    .await
}

/// How far plays got.
///
/// A play got as far as the furthest it was continued to. `watched` is decided by the configured rule; live
/// television has no end and is `unknown`.
#[utoipa::path(get, path = "/api/v1/analytics/completion", tag = "analytics",
    params(FilterParams, MeasureParams),
    responses((status = 200, description = "By tier and media", body = CompletionAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn completion(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answered(&ctx, query.as_deref(), &headers, &["measure"], |_| {
        Ok(Box::new(|view, asked| {
            let completion = slices::completion(&select(view.columns, asked));
            let of = |tier: Tier| completion.all(tier).plays;
            let known: i64 = TIERS.iter().map(|(_, tier)| of(*tier)).sum::<i64>() - of(Tier::Unknown);
            bytes(&CompletionAnswer {
                table: tiers(&completion, asked.measure),
                watched_ratio: (known > 0).then(|| of(Tier::Watched) as f64 / known as f64),
                meta: meta(asked),
            })
        }))
    })
    .await
}

pub(super) fn tiers(completion: &slices::Completion, measure: Measure) -> Table {
    let of = |class: Class| {
        TIERS
            .map(|(_, tier)| completion.of(class, tier).get(measure))
            .to_vec()
    };
    Table {
        categories: TIERS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        series: MEDIA
            .iter()
            .map(|(name, class)| Series {
                name,
                values: of(*class),
            })
            .collect(),
        total: TIERS.map(|(_, tier)| completion.all(tier).get(measure)).to_vec(),
    }
}

/// Why plays were not sent as they are, and how much of that the hardware did.
///
/// Reasons are those seen while it ran; of imported plays, those that follow from source and output.
#[utoipa::path(get, path = "/api/v1/analytics/transcodes", tag = "analytics",
    params(FilterParams, MeasureParams),
    responses((status = 200, description = "Sums", body = TranscodesAnswer),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn transcodes(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answered(&ctx, query.as_deref(), &headers, &["measure"], |_| {
        Ok(Box::new(|view, asked| {
            let all = slices::transcodes(&select(view.columns, asked));
            let value = |sum: slices::Sum| sum.get(asked.measure);
            let (full, part) = (value(all.full_hardware), value(all.part_hardware));
            let video = value(all.video);
            bytes(&TranscodesAnswer {
                total: value(all.all),
                decisions: DECISIONS.map(|(name, way)| (name, value(all.way(way)))).into(),
                reasons: Reason::ALL
                    .into_iter()
                    .map(|reason| ReasonCount {
                        reason: reason.into(),
                        value: value(all.reason(reason)),
                    })
                    .collect(),
                video,
                audio: value(all.audio),
                hardware: HardwareShare {
                    full,
                    part,
                    software: video - full - part,
                    hardware_ratio: (video > 0).then(|| (full + part) as f64 / video as f64),
                },
                meta: meta(asked),
            })
        }))
    })
    .await
}
