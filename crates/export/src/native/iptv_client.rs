//! Single viewers of a stream manager's feeds; only where `include_client_stats` shows them.

use model::Timestamp;
use model::iptv::{FeedRun, Viewing};

use super::iptv::{Written, on_air};
use super::{bytes_per_second, seconds_since_1970, text};
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{LabelSet, Value, label_set};
use crate::view::{View, first_of_each};

const CLIENT: LabelSet = label_set!["server", "feed", "client"];

pub(crate) const FAMILIES: &[Family] = &[
    Family::info(
        "media_channel_client_info",
        "Viewers of a feed: user, address and program. Only with include_client_stats.",
        Collect::Custom(
            label_set![
                "server",
                "feed",
                "client",
                "user_id",
                "user",
                "address",
                "user_agent",
                "worker"
            ],
            info,
        ),
    ),
    Family::gauge(
        "media_channel_client_start_timestamp_seconds",
        "When the viewer connected. Only with include_client_stats.",
        Collect::Custom(CLIENT, |view, samples| {
            each(view, samples, |v| started_at(v).map(seconds_since_1970));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_channel_client_sent_bytes_total",
        "Bytes sent to the viewer; ends with it. Only with include_client_stats.",
        Collect::Custom(CLIENT, |view, samples| {
            each(view, samples, |v| v.sent_bytes.map(Value::Int));
        }),
    )
    .unit_is("bytes"),
    Family::gauge(
        "media_channel_client_bytes_per_second",
        "Bytes a second sent to the viewer of late. Only with include_client_stats.",
        Collect::Custom(CLIENT, |view, samples| {
            each(view, samples, |v| v.viewer.now_bps.map(bytes_per_second));
        }),
    )
    .unit_is("bytes_per_second"),
];

/// Viewers of a feed, each client once.
pub(crate) fn viewings(run: &FeedRun) -> Vec<&Viewing> {
    first_of_each(run.viewings.iter().map(|v| &**v), |v| &v.viewer.client_id)
}

fn started_at(viewing: &Viewing) -> Option<Timestamp> {
    viewing.viewer.connected_at.or(Some(viewing.started_at))
}

fn info(view: &View<'_>, samples: &mut Samples<'_>) {
    if !view.dispatcharr.include_client_stats {
        return;
    }
    let mut id = Written::default();
    for (server, run) in on_air(view) {
        for viewing in viewings(run) {
            let viewer = &viewing.viewer;
            let user = view.mask.user(text(viewer.user.as_ref()));
            let labels = [
                server.id,
                run.feed.key.as_str(),
                &viewer.client_id,
                id.of(viewer.user_id),
                user.as_str(),
                text(viewer.address.as_ref()),
                text(viewer.user_agent.as_ref()),
                text(viewer.worker_id.as_ref()),
            ];
            samples(&labels, Value::Int(1));
        }
    }
}

fn each(view: &View<'_>, samples: &mut Samples<'_>, value: fn(&Viewing) -> Option<Value>) {
    if !view.dispatcharr.include_client_stats {
        return;
    }
    for (server, run) in on_air(view) {
        for viewing in viewings(run) {
            if let Some(value) = value(viewing) {
                samples(
                    &[server.id, run.feed.key.as_str(), &viewing.viewer.client_id],
                    value,
                );
            }
        }
    }
}
