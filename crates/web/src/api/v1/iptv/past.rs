//! What ran: each answer is made of the runs and viewings of a range of time.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use history::View;
use history::ask::iptv::{self, By, Cursor, Order, Paging};
use http::HeaderMap;
use utoipa::IntoParams;

use super::params::{Asked, FeedParams, TimeParams};
use super::past_types::{
    ChannelRanking, FeedUser, FeedUsers, PastRun, PastViewing, ProviderDay, ProviderDays, ProviderTotal,
    ProviderTotals, RankedChannel, RunsPage, ViewerBucket, ViewersOverTime, ViewingsPage,
};
use crate::Context;
use crate::api::v1::history::params::{Window, bad};
use crate::api::v1::history::{bytes, kept, unreadable};
use crate::respond::{ErrorBody, JSON, Refusal, compressible};

/// Places of a ranking unless another number is asked for.
const PLACES_DEFAULT: usize = 10;

/// Runs, viewings or users of an answer unless another number is asked for.
const ROWS_DEFAULT: usize = 50;

/// Places and rows of an answer at most; a larger number is refused.
const ROWS_MAX: usize = 500;

/// Reads a question, has it answered and told.
async fn answered(
    ctx: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    (more, default): (&[&str], Window),
    question: impl FnOnce(&Asked) -> Result<Answer, Refusal>,
) -> Result<Response, Refusal> {
    let history = kept(ctx)?;
    let asked = Asked::read(query, more, default, history.settings(), ctx.clock.now())?;
    let answer = question(&asked)?;
    let told = history.ask_store(move |view| answer(view, &asked)).await;
    let told = told.map_err(|e| unreadable(&e))?;
    Ok(compressible(headers, JSON, told))
}

/// How an answer is made of what is kept.
type Answer = Box<dyn FnOnce(&View<'_>, &Asked) -> Result<Vec<u8>, history::Error> + Send>;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct RankingParams {
    /// `channel`: channels, films and streams.
    #[param(default = "channel")]
    by: Option<String>,
    /// What places are given by: `viewer_time`, `views`, `on_air`, `failovers`, `buffering`, `bytes`.
    #[param(default = "viewer_time")]
    order: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 10)]
    limit: Option<u32>,
}

/// Which channels were watched most, or had the most trouble.
///
/// A run or viewing counts with the part of it that lies in the time asked for. Without one, the last 30 days.
#[utoipa::path(get, path = "/api/v1/iptv/ranking", tag = "iptv", params(RankingParams, FeedParams, TimeParams),
    responses((status = 200, description = "The ranking", body = ChannelRanking),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn ranking(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let orders = [
        ("viewer_time", Order::ViewerTime),
        ("views", Order::Views),
        ("on_air", Order::OnAir),
        ("failovers", Order::Failovers),
        ("buffering", Order::Buffering),
        ("bytes", Order::Bytes),
    ];
    let own = (&["by", "order", "limit"][..], Window::Recent);
    answered(&ctx, query.as_deref(), &headers, own, |asked| {
        asked.given.word("by", &[("channel", ())])?;
        let order = asked.given.word("order", &orders)?.unwrap_or_default();
        let limit = asked.given.limit(PLACES_DEFAULT, ROWS_MAX)?;
        Ok(Box::new(move |view, asked| {
            let ranked = iptv::ranking(view, &asked.filter, order, limit)?;
            Ok(bytes(&ChannelRanking {
                channels: ranked.iter().map(RankedChannel::of).collect(),
                meta: asked.meta(ranked.len()),
            }))
        }))
    })
    .await
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct ViewersParams {
    /// `hour` or `day`.
    #[param(default = "day")]
    by: Option<String>,
}

/// How many watched, over time.
///
/// The peak is exact: viewings that do not overlap are not counted together. Without a time, the last 30 days.
#[utoipa::path(get, path = "/api/v1/iptv/viewers", tag = "iptv", params(ViewersParams, FeedParams, TimeParams),
    responses((status = 200, description = "Hours or days", body = ViewersOverTime),
        (status = 400, description = "A parameter that does not exist, or not with this value; or more than 100,000 \
            hours or days", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn viewers(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let own = (&["by"][..], Window::Recent);
    answered(&ctx, query.as_deref(), &headers, own, |asked| {
        let by = asked.given.word("by", &[("hour", By::Hour), ("day", By::Day)])?;
        Ok(Box::new(move |view, asked| {
            let buckets = iptv::viewers(view, &asked.filter, &asked.time_zone, by.unwrap_or(By::Day))?;
            Ok(bytes(&ViewersOverTime {
                buckets: buckets.iter().map(ViewerBucket::of).collect(),
                meta: asked.meta(buckets.len()),
            }))
        }))
    })
    .await
}

/// How many connections each login of a provider had to carry, day by day.
///
/// Filters look at the stretches of runs one by one. Without a time, the last 30 days.
#[utoipa::path(get, path = "/api/v1/iptv/provider-days", tag = "iptv", params(FeedParams, TimeParams),
    responses((status = 200, description = "Dates on which a login was used", body = ProviderDays),
        (status = 400, description = "A parameter that does not exist, or not with this value; or more than 100,000 \
            dates of logins", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn provider_days(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answered(&ctx, query.as_deref(), &headers, (&[], Window::Recent), |_| {
        Ok(Box::new(|view, asked| {
            let days = iptv::provider_days(view, &asked.filter, &asked.time_zone)?;
            Ok(bytes(&ProviderDays {
                days: days.iter().map(ProviderDay::of).collect(),
                meta: asked.meta(days.len()),
            }))
        }))
    })
    .await
}

/// The most connections each login of a provider ever had to carry in a time, against its limit.
///
/// It tells whether a subscription is larger than it need be. Without a time, the last 30 days.
#[utoipa::path(get, path = "/api/v1/iptv/provider-totals", tag = "iptv", params(FeedParams, TimeParams),
    responses((status = 200, description = "The logins that were used", body = ProviderTotals),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn provider_totals(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answered(&ctx, query.as_deref(), &headers, (&[], Window::Recent), |_| {
        Ok(Box::new(|view, asked| {
            let totals = iptv::providers(view, &asked.filter, &asked.time_zone)?;
            Ok(bytes(&ProviderTotals {
                providers: totals.iter().map(ProviderTotal::of).collect(),
                meta: asked.meta(totals.len()),
            }))
        }))
    })
    .await
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct PageParams {
    /// Members of a page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before. The filters must be the same.
    cursor: Option<String>,
}

fn paging(asked: &Asked) -> Result<Paging, Refusal> {
    let cursor = asked.given.one("cursor")?.map(str::parse::<Cursor>).transpose();
    Ok(Paging {
        limit: asked.given.limit(ROWS_DEFAULT, ROWS_MAX)?,
        after: cursor.map_err(|e| bad("cursor", "", &e.to_string()))?,
    })
}

/// A cursor of other filters is known only to who looks.
fn of_cursor(error: history::Error) -> history::Error {
    match error {
        history::Error::Refused(why) => history::Error::Refused(format!("cursor: {why}")),
        other => other,
    }
}

/// What ran, newest start first, with every change of stream and login.
#[utoipa::path(get, path = "/api/v1/iptv/runs", tag = "iptv", params(FeedParams, TimeParams, PageParams),
    responses((status = 200, description = "One page", body = RunsPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn runs(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let own = (&["limit", "cursor"][..], Window::AllTime);
    answered(&ctx, query.as_deref(), &headers, own, |asked| {
        let page = paging(asked)?;
        Ok(Box::new(move |view, asked| {
            let page = iptv::runs(view, &asked.filter, page).map_err(of_cursor)?;
            Ok(bytes(&RunsPage {
                runs: page.items.iter().map(PastRun::of).collect(),
                next_cursor: page.next.map(|cursor| cursor.to_string()),
                meta: asked.meta(page.items.len()),
            }))
        }))
    })
    .await
}

/// Who watched what, newest start first.
#[utoipa::path(get, path = "/api/v1/iptv/viewings", tag = "iptv", params(FeedParams, TimeParams, PageParams),
    responses((status = 200, description = "One page", body = ViewingsPage),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn viewings(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let own = (&["limit", "cursor"][..], Window::AllTime);
    answered(&ctx, query.as_deref(), &headers, own, |asked| {
        let page = paging(asked)?;
        Ok(Box::new(move |view, asked| {
            let page = iptv::viewings(view, &asked.filter, page).map_err(of_cursor)?;
            Ok(bytes(&ViewingsPage {
                viewings: page.items.iter().map(PastViewing::of).collect(),
                next_cursor: page.next.map(|cursor| cursor.to_string()),
                meta: asked.meta(page.items.len()),
            }))
        }))
    })
    .await
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked` reads")]
pub(super) struct UsersParams {
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
}

/// Who watched how much, the longest time first.
///
/// Behind a user may be a media server with many people. Without a time, the last 30 days.
#[utoipa::path(get, path = "/api/v1/iptv/users", tag = "iptv", params(UsersParams, FeedParams, TimeParams),
    responses((status = 200, description = "Those who watched", body = FeedUsers),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "No history is kept", body = ErrorBody)))]
pub(crate) async fn users(
    State(ctx): State<Arc<Context>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let own = (&["limit"][..], Window::Recent);
    answered(&ctx, query.as_deref(), &headers, own, |asked| {
        let limit = asked.given.limit(ROWS_DEFAULT, ROWS_MAX)?;
        Ok(Box::new(move |view, asked| {
            let users = iptv::users(view, &asked.filter)?;
            let shown = users.len().min(limit);
            Ok(bytes(&FeedUsers {
                users: users[..shown].iter().map(FeedUser::of).collect(),
                users_total: users.len(),
                meta: asked.meta(shown),
            }))
        }))
    })
    .await
}
