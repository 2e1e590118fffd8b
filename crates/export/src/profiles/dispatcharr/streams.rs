//! What is on the air.

use model::iptv::{Channel, FeedKind, Programme};

use super::super::{counter, gauge};
use super::labels::{Labels, iso, rounded};
use super::{Feed, Scrape, Server, Version};
use crate::native::text;
use crate::text::{Encoder, Value};

pub(super) fn streams(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    active(scrape, encoder);
    numbers(scrape, encoder);
    metadata(scrape, encoder);
    if scrape.version == Version::V3 {
        programming(scrape, encoder);
    }
    let head = counter(
        "dispatcharr_stream_uptime_seconds",
        "How long the stream has run.",
    );
    scrape.each_feed(encoder, head, |f| f.uptime_s().map(Value::Int));
    let head = gauge("dispatcharr_stream_active_clients", "Viewers of the stream.");
    scrape.each_feed(encoder, head, |f| {
        f.run.feed.viewer_count.map(|n| Value::Int(n.into()))
    });
    rates(scrape, encoder);
    let head = counter(
        "dispatcharr_stream_total_transfer_mb",
        "Mebibytes from the provider; of films on demand, to the viewer.",
    );
    scrape.each_feed(encoder, head, |f| positive(rounded(mebibytes(f.bytes()?), 2)));
    let head = gauge("dispatcharr_stream_fps", "Frames a second.");
    scrape.each_feed(encoder, head, |f| positive(f.run.feed.media.fps?));
    if scrape.version == Version::V3 {
        let head = gauge(
            "dispatcharr_stream_buffering_speed",
            "Speed at which the stream comes in, in times real time.",
        );
        scrape.each_feed(encoder, head, |f| f.run.feed.media.speed.map(Value::Float));
    }
    let head = gauge(
        "dispatcharr_stream_profile_connections",
        "Connections of the stream's login as Dispatcharr itself counts them.",
    );
    scrape.each_feed(encoder, head, |f| {
        f.login?.profile.reserved_connections.map(Value::Int)
    });
    let head = gauge(
        "dispatcharr_stream_profile_max_connections",
        "Connections the stream's login may have; 0 means no limit.",
    );
    scrape.each_feed(encoder, head, |f| {
        f.login?.profile.max_connections.map(|n| Value::Int(n.into()))
    });
}

fn active(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let help = "Streams on the air: all of them without a type, and each type for itself.";
    encoder.family(gauge("dispatcharr_active_streams", help));
    for server in scrape.servers.iter().filter(|s| s.has_looked()) {
        encoder.line(server.feeds.len().into(), |out| {
            Labels::new(out).end(server.label);
        });
        if scrape.version == Version::V2 {
            continue;
        }
        for kind in [
            FeedKind::Live,
            FeedKind::Vod,
            FeedKind::Timeshift,
            FeedKind::Preview,
        ] {
            let count = server.feeds.iter().filter(|f| f.run.feed.kind == kind).count();
            encoder.line(count.into(), |out| {
                Labels::new(out).put("type", kind.as_str()).end(server.label);
            });
        }
    }
}

fn numbers(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let head = gauge("dispatcharr_stream_channel_number", "Number of the channel.");
    scrape.each_feed(encoder, head, |f| f.run.feed.channel.number.map(Value::Float));
    let help = "Dispatcharr's number of the stream that feeds the channel.";
    scrape.each_feed(encoder, gauge("dispatcharr_stream_id", help), |f| {
        Some(Value::Int(u64::try_from(f.run.feed.stream.id?).ok()?))
    });
    let help = "Place of the running stream among the channel's streams, from 0.";
    scrape.each_feed(encoder, gauge("dispatcharr_stream_index", help), |f| {
        f.run.feed.stream.index.map(|n| Value::Int(n.into()))
    });
    let head = gauge("dispatcharr_stream_available_streams", "Streams of the channel.");
    scrape.each_feed(encoder, head, |f| {
        f.run.feed.stream.available.map(|n| Value::Int(n.into()))
    });
}

/// Name and help of a rate in version 3, which has bits, and in version 2, which has kilobits; each in its own figure.
pub(super) fn rate(
    scrape: &Scrape<'_>,
    encoder: &mut Encoder<'_>,
    [v3, v2]: [&'static str; 2],
    [help_v3, help_v2]: [&'static str; 2],
    bps: impl Fn(&Feed<'_>) -> Option<f64>,
) {
    let (head, unit) = match scrape.version {
        Version::V3 => (gauge(v3, help_v3), 1.0),
        Version::V2 => (gauge(v2, help_v2), 1000.0),
    };
    scrape.each_feed(encoder, head, |f| positive(rounded(bps(f)? / unit, 2)));
}

fn rates(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    rate(
        scrape,
        encoder,
        [
            "dispatcharr_stream_video_bitrate_bps",
            "dispatcharr_stream_video_bitrate_kbps",
        ],
        [
            "Bits a second of the video alone.",
            "Kilobits a second of the video alone.",
        ],
        |f| f.run.feed.media.video_bitrate_bps.map(float),
    );
    rate(
        scrape,
        encoder,
        [
            "dispatcharr_stream_transcode_bitrate_bps",
            "dispatcharr_stream_transcode_bitrate_kbps",
        ],
        [
            "Bits a second that are put out.",
            "Kilobits a second that are put out.",
        ],
        |f| f.run.feed.media.output_bitrate_bps.map(float),
    );
    rate(
        scrape,
        encoder,
        [
            "dispatcharr_stream_avg_bitrate_bps",
            "dispatcharr_stream_avg_bitrate_kbps",
        ],
        [
            "Bits a second since the stream began.",
            "Kilobits a second since the stream began.",
        ],
        mean_bps,
    );
    if scrape.version == Version::V3 {
        let head = gauge(
            "dispatcharr_stream_current_bitrate_bps",
            "Bits a second to all viewers of the stream together.",
        );
        scrape.each_feed(encoder, head, |f| {
            let told = f.run.viewings.iter().filter_map(|v| v.viewer.now_bps);
            positive(float(told.fold(0, u64::saturating_add)))
        });
    }
}

fn mean_bps(feed: &Feed<'_>) -> Option<f64> {
    let uptime_ms = feed.run.uptime_ms().filter(|ms| *ms > 0)?;
    Some(float(feed.bytes()?) * 8000.0 / float(uptime_ms))
}

/// A figure that the plugin leaves out at 0.
pub(super) fn positive(value: f64) -> Option<Value> {
    (value > 0.0).then_some(Value::Float(value))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 bytes or bits are beyond any stream"
)]
pub(super) fn float(n: u64) -> f64 {
    n as f64
}

pub(super) fn mebibytes(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}

impl Feed<'_> {
    pub(super) fn uptime_s(&self) -> Option<u64> {
        self.run.uptime_ms().map(|ms| ms / 1000)
    }

    /// From the provider; of what is played on demand, to the viewer.
    pub(super) fn bytes(&self) -> Option<u64> {
        let feed = &self.run.feed;
        match feed.kind {
            FeedKind::Live | FeedKind::Preview => feed.received_bytes,
            FeedKind::Vod | FeedKind::Timeshift => feed.sent_bytes.or(feed.received_bytes),
        }
    }
}

fn metadata(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let head = gauge(
        "dispatcharr_stream_metadata",
        "What is on the air and where it comes from.",
    );
    encoder.family(head);
    for server in &scrape.servers {
        for feed in &server.feeds {
            encoder.line(Value::Int(1), |out| {
                let mut labels = Labels::new(out);
                feed.identity(scrape.version, &mut labels);
                match feed.run.feed.kind {
                    FeedKind::Live | FeedKind::Preview => live_metadata(scrape, feed, &mut labels),
                    FeedKind::Vod => vod_metadata(scrape, feed, &mut labels),
                    FeedKind::Timeshift => timeshift_metadata(scrape, feed, &mut labels),
                }
                labels.end(server.label);
            });
        }
    }
}

/// All that stands on the metadata of a channel after its identity.
pub(super) fn live_metadata(scrape: &Scrape<'_>, feed: &Feed<'_>, labels: &mut Labels<'_>) {
    let (channel, stream, media) = (
        &*feed.run.feed.channel,
        &*feed.run.feed.stream,
        &*feed.run.feed.media,
    );
    let name = channel.name.as_ref().or(stream.name.as_ref());
    let name = scrape.view.mask.title(text(name));
    let stream_name = scrape.view.mask.title(text(stream.name.as_ref()));
    labels
        .put("channel_name", name.as_str())
        .put("channel_group", or(channel.group.as_deref(), "none"));
    match stream.id {
        Some(id) => labels.shown("stream_id", id),
        None => labels.put("stream_id", ""),
    }
    .put("stream_name", stream_name.as_str())
    .put("provider", feed.login.map_or("Unknown", |l| &l.account.name))
    .put("provider_type", feed.login.map_or("Unknown", |l| &l.account.kind))
    .put("state", feed.run.feed.state.map_or("unknown", |s| s.as_str()))
    .put("logo_url", text(channel.logo.as_ref()));
    profile(feed, labels)
        .put("profile_name", feed.login.map_or("Unknown", |l| &l.profile.name))
        .put("stream_profile", or(stream.stream_profile.as_deref(), "Unknown"))
        .put("video_codec", or(media.video_codec.as_deref(), "unknown"))
        .put("resolution", or(media.resolution.as_deref(), "unknown"));
}

fn profile<'l, 'o>(feed: &Feed<'_>, labels: &'l mut Labels<'o>) -> &'l mut Labels<'o> {
    match feed.run.feed.profile {
        Some(id) => labels.shown("profile_id", id),
        None => labels.put("profile_id", "none"),
    }
}

fn or<'t>(text: Option<&'t str>, otherwise: &'t str) -> &'t str {
    text.filter(|t| !t.is_empty()).unwrap_or(otherwise)
}

fn vod_metadata(scrape: &Scrape<'_>, feed: &Feed<'_>, labels: &mut Labels<'_>) {
    let (channel, media) = (&*feed.run.feed.channel, &*feed.run.feed.media);
    let name = scrape
        .view
        .mask
        .title(text(channel.series.as_ref().or(channel.name.as_ref())));
    labels
        .put("content_uuid", text(channel.uuid.as_ref()))
        .put("channel_name", name.as_str())
        .put("channel_group", text(channel.group.as_ref()))
        .put("content_type", or(channel.content_type.as_deref(), "unknown"))
        .put("provider", feed.login.map_or("", |l| &l.account.name))
        .put("provider_type", feed.login.map_or("", |l| &l.account.kind))
        .put("state", "active")
        .put("logo_url", text(channel.logo.as_ref()));
    profile(feed, labels)
        .put("profile_name", feed.login.map_or("", |l| &l.profile.name))
        .put("stream_profile", "")
        .put("video_codec", text(media.video_codec.as_ref()))
        .put("resolution", text(media.resolution.as_ref()));
    if let (Some(season), Some(episode)) = (channel.season, channel.episode) {
        labels
            .shown("season_number", season)
            .shown("episode_number", episode);
        if channel.series.is_some() {
            labels.put("series_name", name.as_str());
        }
    }
}

fn timeshift_metadata(scrape: &Scrape<'_>, feed: &Feed<'_>, labels: &mut Labels<'_>) {
    let (channel, media) = (&*feed.run.feed.channel, &*feed.run.feed.media);
    let name = scrape.view.mask.title(text(channel.name.as_ref()));
    labels
        .put("channel_name", name.as_str())
        .put("channel_group", or(channel.group.as_deref(), "none"))
        .put("real_channel_uuid", text(channel.uuid.as_ref()))
        .put("session_id", feed.run.feed.key.as_str())
        .put("state", feed.run.feed.state.map_or("active", |s| s.as_str()))
        .put("logo_url", text(channel.logo.as_ref()))
        .put("video_codec", text(media.video_codec.as_ref()))
        .put("resolution", text(media.resolution.as_ref()))
        .put("audio_codec", text(media.audio_codec.as_ref()))
        .put("stream_type", text(media.container.as_ref()))
        .put("provider", feed.login.map_or("", |l| &l.account.name))
        .put("provider_type", feed.login.map_or("", |l| &l.account.kind));
    profile(feed, labels).put("profile_name", feed.login.map_or("", |l| &l.profile.name));
}

/// What is shown of a programme, each label after `previous_`, `current_` and `next_`; ours knows the current one.
const NOT_KNOWN: [[(&str, &str); 5]; 2] = [
    [
        ("previous_title", ""),
        ("previous_subtitle", ""),
        ("previous_description", ""),
        ("previous_start_time", ""),
        ("previous_end_time", ""),
    ],
    [
        ("next_title", ""),
        ("next_subtitle", ""),
        ("next_description", ""),
        ("next_start_time", ""),
        ("next_end_time", ""),
    ],
];

fn programming(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let help =
        "The programme of now: 0 at its start, 1 at its end. The labels of other programmes are empty.";
    encoder.family(gauge("dispatcharr_stream_programming", help));
    for server in &scrape.servers {
        for feed in &server.feeds {
            if let Some((programme, progress)) = programme_of(scrape, feed) {
                encoder.line(Value::Float(rounded(progress, 4)), |out| {
                    programme_labels(scrape, server, feed, &programme, out);
                });
            }
        }
    }
}

/// The programme, and how much of it is over.
fn programme_of(scrape: &Scrape<'_>, feed: &Feed<'_>) -> Option<(Programme, f64)> {
    let told = feed.run.feed.programme.as_deref().cloned();
    if feed.run.feed.kind == FeedKind::Vod {
        let programme = told.or_else(|| film(feed))?;
        let length_ms = feed.run.feed.channel.duration_ms.filter(|ms| *ms > 0);
        let progress = match (feed.run.uptime_ms(), length_ms) {
            (Some(uptime), Some(length)) => (float(uptime) / float(length)).min(1.0),
            _ => 0.0,
        };
        return Some((programme, progress));
    }
    let programme = told?;
    let progress = match (programme.starts_at, programme.ends_at) {
        (Some(from), Some(to)) if to > from => {
            let ms = |t: model::Timestamp| t.as_millisecond();
            let done = ms(scrape.view.now).saturating_sub(ms(from)).max(0);
            let whole = ms(to).saturating_sub(ms(from)).max(1);
            (float(done.unsigned_abs()) / float(whole.unsigned_abs())).min(1.0)
        }
        _ => 0.0,
    };
    Some((programme, progress))
}

/// A film as a programme, as the plugin shows it: its title without the year, and what else is known below.
fn film(feed: &Feed<'_>) -> Option<Programme> {
    let channel = &*feed.run.feed.channel;
    let name = channel.name.as_deref()?;
    let (title, subtitle) = if let Some(series) = &channel.series {
        (series.to_string(), episode_title(channel))
    } else {
        let year = channel.year.map(|y| y.to_string()).unwrap_or_default();
        (without_year(name, &year).to_owned(), year)
    };
    let starts_at = feed.run.feed.started_at;
    let length = channel
        .duration_ms
        .and_then(|ms| i64::try_from(ms).ok())
        .map(jiff::SignedDuration::from_millis);
    Some(Programme {
        title: Some(title.as_str().into()),
        subtitle: Some(subtitle.as_str().into()),
        description: None,
        starts_at,
        ends_at: starts_at
            .zip(length)
            .and_then(|(at, length)| at.checked_add(length).ok()),
    })
}

/// `S01E02 - Pilot`: an episode's number before its name, unless the name is the number.
pub(super) fn episode_title(channel: &Channel) -> String {
    let name = text(channel.name.as_ref());
    match (channel.season, channel.episode) {
        (Some(season), Some(episode)) => {
            let number = format!("S{season:02}E{episode:02}");
            if name.is_empty() || name.starts_with(&number) {
                number.max(name.to_owned())
            } else {
                format!("{number} - {name}")
            }
        }
        _ => name.to_owned(),
    }
}

fn without_year<'n>(name: &'n str, year: &str) -> &'n str {
    if year.is_empty() {
        return name;
    }
    let endings = [format!(" ({year})"), format!(" - {year}"), format!(" {year}")];
    endings
        .iter()
        .find_map(|e| name.strip_suffix(e.as_str()))
        .unwrap_or(name)
        .trim()
}

fn programme_labels(
    scrape: &Scrape<'_>,
    server: &Server<'_>,
    feed: &Feed<'_>,
    programme: &Programme,
    out: &mut Vec<u8>,
) {
    let mask = scrape.view.mask;
    // Of a dropped or hashed title nothing else may tell: neither what is below it nor what it is about.
    let below = |text: &'_ Option<model::Text>| text.clone().filter(|_| mask.keeps_titles());
    let (subtitle, description) = (below(&programme.subtitle), below(&programme.description));
    let mut labels = Labels::new(out);
    feed.identity(scrape.version, &mut labels)
        .all(&NOT_KNOWN[0])
        .put(
            "current_title",
            mask.title(text(programme.title.as_ref())).as_str(),
        )
        .put("current_subtitle", text(subtitle.as_ref()))
        .put("current_description", text(description.as_ref()))
        .put("current_start_time", &iso(programme.starts_at))
        .put("current_end_time", &iso(programme.ends_at))
        .all(&NOT_KNOWN[1])
        .end(server.label);
}

#[cfg(test)]
mod tests {
    use model::iptv::Channel;

    use super::{episode_title, without_year};

    #[test]
    fn an_episode_is_told_by_number_and_name() {
        for (name, number, expected) in [
            (Some("Pilot"), Some((1, 2)), "S01E02 - Pilot"),
            (Some("S01E02"), Some((1, 2)), "S01E02"),
            (Some("S01E02 - Pilot"), Some((1, 2)), "S01E02 - Pilot"),
            (None, Some((1, 2)), "S01E02"),
            (Some("Pilot"), None, "Pilot"),
        ] {
            let channel = Channel {
                name: name.map(Into::into),
                season: number.map(|n| n.0),
                episode: number.map(|n| n.1),
                ..Channel::default()
            };
            assert_eq!(episode_title(&channel), expected);
        }
    }

    #[test]
    fn a_year_at_the_end_of_a_title_goes() {
        for (name, year, expected) in [
            ("Big Test (2019)", "2019", "Big Test"),
            ("Big Test - 2019", "2019", "Big Test"),
            ("Big Test 2019", "2019", "Big Test"),
            ("2019", "2019", "2019"),
            ("Big Test (2019)", "2020", "Big Test (2019)"),
            ("Big Test", "", "Big Test"),
        ] {
            assert_eq!(without_year(name, year), expected, "{name}");
        }
    }
}
