//! What a stream manager carries: one feed each for a channel on the air, a preview, a film on demand, a programme of
//! the past. While the manager is down nothing of this is known, and nothing is there.
//!
//! Text stands on two series a feed; every value has only `server` and `feed` beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::iptv::{FeedKind, FeedRun, FeedState, ViewCounters};

use super::{bytes_per_second, text};
use crate::catalogue::{Collect, Family, Samples};
use crate::mask::Masked;
use crate::text::{LabelSet, Value, label_set};
use crate::view::{ServerView, View};

const INFO: LabelSet = label_set![
    "server",
    "feed",
    "kind",
    "channel_id",
    "channel_uuid",
    "name",
    "number",
    "group",
    "series",
    "season",
    "episode",
];

const STREAM_INFO: LabelSet = label_set![
    "server",
    "feed",
    "stream_id",
    "stream",
    "stream_profile",
    "account",
    "profile",
    "video_codec",
    "video_resolution",
    "audio_codec",
    "audio_channels",
    "container",
];

pub(crate) const FAMILIES: &[Family] = &[
    Family::gauge(
        "media_channel_feeds",
        "Feeds of a stream manager on the air, by kind; 0 when there are none. Absent while the manager is down.",
        Collect::Custom(label_set!["server", "kind"], feeds),
    ),
    Family::info(
        "media_channel_info",
        "Feeds on the air: channel, film or programme. Join the other media_channel_ series on server and feed.",
        Collect::Custom(INFO, info),
    ),
    Family::info(
        "media_channel_stream_info",
        "Feeds on the air: the provider's stream and login behind it, and what the stream is.",
        Collect::Custom(STREAM_INFO, stream_info),
    ),
    Family::gauge(
        "media_channel_state",
        "1 for the state the feed is in; the other states have no series.",
        Collect::Custom(label_set!["server", "feed", "state"], states),
    ),
    Family::gauge(
        "media_channel_viewers",
        "Viewers of the feed.",
        Collect::Feed(|r| r.feed.viewer_count.map(|n| Value::Int(n.into()))),
    ),
    Family::gauge(
        "media_channel_stream_index",
        "Place of the running stream among the channel's streams, from 0: above 0, those before it failed or were full.",
        Collect::Feed(|r| r.feed.stream.index.map(|n| Value::Int(n.into()))),
    ),
    Family::gauge(
        "media_channel_streams_available",
        "Streams the channel has.",
        Collect::Feed(|r| r.feed.stream.available.map(|n| Value::Int(n.into()))),
    ),
    Family::gauge(
        "media_channel_fps",
        "Frames a second of the provider's stream. Absent if the manager only passes bytes on.",
        Collect::Feed(|r| r.feed.media.fps.map(Value::Float)),
    ),
    Family::gauge(
        "media_channel_speed_ratio",
        "Speed at which the stream comes in, in times real time; lastingly below 1, viewers will wait.",
        Collect::Feed(|r| r.feed.media.speed.map(Value::Float)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_channel_bytes_per_second",
        "Bit rate of what the manager puts out to each viewer.",
        Collect::Feed(|r| r.feed.media.output_bitrate_bps.map(bytes_per_second)),
    )
    .unit_is("bytes_per_second"),
    Family::gauge(
        "media_channel_video_bytes_per_second",
        "Bit rate of the video alone. Dispatcharr: in its Redis only, and rarely.",
        Collect::Feed(|r| r.feed.media.video_bitrate_bps.map(bytes_per_second)),
    )
    .unit_is("bytes_per_second"),
    Family::counter(
        "media_channel_received_bytes_total",
        "Bytes from the provider for this feed; ends with it. Sums over time: media_provider_received_bytes_total.",
        Collect::Feed(|r| r.totals.received_bytes.map(Value::Int)),
    )
    .unit_is("bytes"),
    Family::counter(
        "media_channel_sent_bytes_total",
        "Bytes to the viewers of this feed, where the manager counts them for it (films on demand); ends with it.",
        Collect::Feed(|r| r.totals.sent_bytes.map(Value::Int)),
    )
    .unit_is("bytes"),
    Family::gauge(
        "media_channel_uptime_seconds",
        "How long the feed has run, as the manager said at the last look.",
        Collect::Feed(|r| r.uptime_ms().map(Value::Millis)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_channel_failovers_total",
        "Changes of this feed to another stream or login; ends with it.",
        Collect::Feed(|r| Some(Value::Int(r.totals.failovers.into()))),
    ),
    Family::counter(
        "media_channel_buffering_seconds_total",
        "Time this feed was slower than real time; ends with it.",
        Collect::Feed(|r| Some(Value::Millis(r.totals.buffering_ms))),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_channel_errors_total",
        "Times this feed went into state error; ends with it.",
        Collect::Feed(|r| Some(Value::Int(r.totals.errors.into()))),
    ),
    Family::counter(
        "media_channel_views_total",
        "Viewings begun, by kind of feed and user. They go on when a feed ends.",
        Collect::Custom(label_set!["server", "kind", "user"], |view, samples| {
            views(view, samples, |c| Value::Int(c.views));
        }),
    ),
    Family::counter(
        "media_channel_view_seconds_total",
        "Time spent viewing, by kind of feed and user, while the manager was known to be up.",
        Collect::Custom(label_set!["server", "kind", "user"], |view, samples| {
            views(view, samples, |c| Value::Millis(c.viewed_ms));
        }),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_channels",
        "Channels the manager has, on the air or not.",
        Collect::Server(|s| Some(Value::Int(s.iptv.as_ref()?.inventory.as_ref()?.channels?))),
    ),
    Family::gauge(
        "media_channel_groups",
        "Groups of channels the manager has.",
        Collect::Server(|s| Some(Value::Int(s.iptv.as_ref()?.inventory.as_ref()?.groups?))),
    ),
];

/// Every feed on the air, with its server.
pub(crate) fn on_air<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v ServerView<'v>, &'v FeedRun)> {
    let of_each = |s: &'v ServerView<'v>| s.on_air.iter().flatten().map(move |run| (s, *run));
    view.servers.iter().flat_map(of_each)
}

fn feeds(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let Some(runs) = &server.on_air else { continue };
        for kind in FeedKind::ALL {
            let count = runs.iter().filter(|r| r.feed.kind == kind).count();
            samples(&[server.id, kind.as_str()], count.into());
        }
    }
}

/// Numbers as label values, in one piece of memory for all feeds.
#[derive(Default)]
pub(crate) struct Written(String);

impl Written {
    /// The number's digits; empty if there is none.
    pub(crate) fn of(&mut self, number: Option<impl std::fmt::Display>) -> &str {
        self.0.clear();
        if let Some(number) = number {
            // Cannot fail: a String takes everything.
            let _ = write!(self.0, "{number}");
        }
        &self.0
    }
}

fn info(view: &View<'_>, samples: &mut Samples<'_>) {
    let (mut id, mut number) = (Written::default(), Written::default());
    let (mut season, mut episode) = (Written::default(), Written::default());
    for (server, run) in on_air(view) {
        let channel = &*run.feed.channel;
        let (name, series) = (
            view.mask.title(text(channel.name.as_ref())),
            view.mask.title(text(channel.series.as_ref())),
        );
        let labels = [
            server.id,
            run.feed.key.as_str(),
            run.feed.kind.as_str(),
            id.of(channel.id),
            text(channel.uuid.as_ref()),
            name.as_str(),
            number.of(channel.number),
            text(channel.group.as_ref()),
            series.as_str(),
            season.of(channel.season),
            episode.of(channel.episode),
        ];
        samples(&labels, Value::Int(1));
    }
}

fn stream_info(view: &View<'_>, samples: &mut Samples<'_>) {
    let mut id = Written::default();
    for (server, run) in on_air(view) {
        let (stream, media) = (&*run.feed.stream, &*run.feed.media);
        let login = server
            .logins
            .iter()
            .find(|l| Some(l.profile.id) == run.feed.profile);
        let name = view.mask.title(text(stream.name.as_ref()));
        let labels = [
            server.id,
            run.feed.key.as_str(),
            id.of(stream.id),
            name.as_str(),
            text(stream.stream_profile.as_ref()),
            login.map_or("", |l| &l.account.name),
            login.map_or("", |l| &l.profile.name),
            text(media.video_codec.as_ref()),
            text(media.resolution.as_ref()),
            text(media.audio_codec.as_ref()),
            text(media.audio_channels.as_ref()),
            text(media.container.as_ref()),
        ];
        samples(&labels, Value::Int(1));
    }
}

fn states(view: &View<'_>, samples: &mut Samples<'_>) {
    for (server, run) in on_air(view) {
        if let Some(state) = run.feed.state {
            samples(
                &[server.id, run.feed.key.as_str(), FeedState::as_str(state)],
                Value::Int(1),
            );
        }
    }
}

/// Users that no label tells apart (dropped) are summed, so that no series appears twice.
fn views(view: &View<'_>, samples: &mut Samples<'_>, value: fn(&ViewCounters) -> Value) {
    for server in &view.servers {
        let mut sums: BTreeMap<(FeedKind, Masked<'_>), ViewCounters> = BTreeMap::new();
        for (key, more) in server.snapshot.iptv.iter().flat_map(|i| i.views.iter()) {
            let sum = sums
                .entry((key.kind, view.mask.user(text(key.user.as_ref()))))
                .or_default();
            sum.views += more.views;
            sum.viewed_ms += more.viewed_ms;
        }
        for ((kind, user), sum) in &sums {
            samples(&[server.id, kind.as_str(), user.as_str()], value(sum));
        }
    }
}
