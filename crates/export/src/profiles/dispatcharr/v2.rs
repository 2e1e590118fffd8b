//! Version 2: kilobits, no `type`, films on demand as two counts, and the series of version 1 by a switch.

use model::iptv::FeedKind;

use super::super::gauge;
use super::labels::{Labels, rounded};
use super::streams::{float, live_metadata, mebibytes};
use super::{Feed, Scrape, accounts, clients, streams};
use crate::text::{Encoder, Value};

pub(super) fn render(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let options = scrape.view.dispatcharr;
    scrape.exporter(encoder);
    if options.include_m3u_stats {
        accounts::m3u(scrape, encoder);
    }
    if options.include_epg_stats {
        accounts::epg(scrape, encoder);
    }
    accounts::channels(scrape, encoder);
    if options.include_m3u_stats {
        accounts::profiles(scrape, encoder);
    }
    streams::streams(scrape, encoder);
    if options.include_legacy_metrics {
        legacy(scrape, encoder);
    }
    if options.include_client_stats {
        clients::clients(scrape, encoder);
    }
    if options.include_vod_stats {
        films(scrape, encoder);
    }
}

/// Everything in labels, as version 1 had it: a new series with every change of any value.
fn legacy(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let help = "What is on the air, every figure a label; of version 1.";
    encoder.family(gauge("dispatcharr_stream_info", help));
    for server in &scrape.servers {
        for feed in &server.feeds {
            encoder.line(Value::Int(1), |out| {
                let mut labels = Labels::new(out);
                feed.place(&mut labels);
                live_metadata(scrape, feed, &mut labels);
                figures(feed, &mut labels);
                labels.end(server.label);
            });
        }
    }
}

/// In the plugin what is not known is 0 here; a label cannot be absent without being another series, so it is empty.
fn figures(feed: &Feed<'_>, labels: &mut Labels<'_>) {
    let (now, media) = (&*feed.run.feed, &*feed.run.feed.media);
    let kbps = |bps: f64| rounded(bps / 1000.0, 2);
    let mean = now
        .received_bytes
        .zip(now.uptime_ms.filter(|ms| *ms > 0))
        .map(|(bytes, ms)| kbps(float(bytes) * 8000.0 / float(ms)));
    let profile = feed.login.map(|l| l.profile);
    for (name, figure) in [
        (
            "profile_connections",
            profile.and_then(|p| p.reserved_connections).map(float),
        ),
        (
            "profile_max_connections",
            profile.and_then(|p| p.max_connections).map(f64::from),
        ),
        ("fps", media.fps),
        (
            "video_bitrate_kbps",
            media.video_bitrate_bps.map(|bps| kbps(float(bps))),
        ),
        (
            "transcode_bitrate_kbps",
            media.output_bitrate_bps.map(|bps| kbps(float(bps))),
        ),
        ("avg_bitrate_kbps", mean),
        (
            "total_transfer_mb",
            now.received_bytes.map(|b| rounded(mebibytes(b), 2)),
        ),
        ("uptime_seconds", feed.uptime_s().map(float)),
        ("active_clients", now.viewer_count.map(f64::from)),
    ] {
        match figure {
            Some(figure) => labels.shown(name, figure),
            None => labels.put(name, ""),
        };
    }
}

fn films(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let of = |s: &super::Server<'_>, count: fn(&model::iptv::FeedRun) -> u64| {
        let runs = s.view.on_air.as_ref()?;
        let films = runs.iter().filter(|r| r.feed.kind == FeedKind::Vod);
        Some(Value::Int(films.map(|r| count(r)).sum()))
    };
    let head = gauge("dispatcharr_vod_sessions", "Films and episodes played on demand.");
    scrape.each_server(encoder, head, |s| of(s, |_| 1));
    let help = "Connections over which films and episodes are played on demand.";
    scrape.each_server(encoder, gauge("dispatcharr_vod_active_streams", help), |s| {
        of(s, |r| r.feed.viewer_count.unwrap_or(1).into())
    });
}
