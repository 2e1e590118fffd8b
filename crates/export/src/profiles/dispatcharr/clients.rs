//! Viewers one by one.

use model::iptv::{FeedKind, Viewing};

use super::super::{counter, family, gauge};
use super::labels::{Labels, rounded};
use super::streams::{episode_title, float, positive};
use super::{Feed, Scrape, Server, Version};
use crate::native::iptv_client::viewings;
use crate::native::text;
use crate::text::{Blocks, Encoder, Value};

const CLIENT_BLOCK_BYTES: usize = 160;

/// A viewer, where it is.
struct Client<'v> {
    server: &'v Server<'v>,
    feed: &'v Feed<'v>,
    viewing: &'v Viewing,
}

pub(super) fn clients(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let head = gauge("dispatcharr_active_clients", "Viewers of all streams.");
    scrape.each_server(encoder, head, |s| {
        let count = |f: &Feed<'_>| u64::from(f.run.feed.viewer_count.unwrap_or(0));
        s.has_looked()
            .then(|| Value::Int(s.feeds.iter().map(count).sum()))
    });
    let mut all = Vec::new();
    for server in &scrape.servers {
        for feed in &server.feeds {
            let of_feed = viewings(feed.run).into_iter().map(|viewing| Client {
                server,
                feed,
                viewing,
            });
            all.extend(of_feed);
        }
    }
    let mut blocks = Blocks::with_capacity(all.len(), CLIENT_BLOCK_BYTES);
    for client in &all {
        blocks.push_with(|out| identity(scrape, client, &mut Labels::new(out)).end(client.server.label));
    }
    encoder.family(gauge("dispatcharr_client_info", "One viewer each."));
    for client in &all {
        encoder.line(Value::Int(1), |out| info(scrape, client, out));
    }
    let head = gauge(
        "dispatcharr_client_connection_duration_seconds",
        "How long the viewer has been connected.",
    );
    family(encoder, head, &blocks, &all, |c| {
        c.connected_ms()
            .map(|ms| ms / 1000)
            .filter(|s| *s > 0)
            .map(Value::Int)
    });
    let head = counter("dispatcharr_client_bytes_sent", "Bytes sent to the viewer.");
    family(encoder, head, &blocks, &all, |c| {
        c.viewing.sent_bytes.filter(|n| *n > 0).map(Value::Int)
    });
    rates(scrape, encoder, &blocks, &all);
}

fn rates(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>, blocks: &Blocks, all: &[Client<'_>]) {
    let (mean, now, unit) = match scrape.version {
        Version::V3 => (
            gauge(
                "dispatcharr_client_avg_transfer_rate_bps",
                "Bits a second to the viewer since it connected.",
            ),
            gauge(
                "dispatcharr_client_current_transfer_rate_bps",
                "Bits a second to the viewer of late.",
            ),
            1.0,
        ),
        Version::V2 => (
            gauge(
                "dispatcharr_client_avg_transfer_rate_kbps",
                "Kilobits a second to the viewer since it connected.",
            ),
            gauge(
                "dispatcharr_client_current_transfer_rate_kbps",
                "Kilobits a second to the viewer of late.",
            ),
            1000.0,
        ),
    };
    family(encoder, mean, blocks, all, |c| {
        positive(rounded(c.mean_bps()? / unit, 2))
    });
    family(encoder, now, blocks, all, |c| {
        let now = c.viewing.viewer.now_bps.map(float);
        // What is played on demand has no other figure: the mean stands in, as the plugin has it.
        let told = now.or_else(|| c.is_on_demand().then(|| c.mean_bps()).flatten());
        positive(rounded(told? / unit, 2))
    });
}

impl Client<'_> {
    fn is_on_demand(&self) -> bool {
        matches!(self.feed.run.feed.kind, FeedKind::Vod | FeedKind::Timeshift)
    }

    /// Up to the last look, by the manager's own clock if it told both its moments: ours may be another.
    fn connected_ms(&self) -> Option<u64> {
        let feed = &self.feed.run.feed;
        let at = self
            .viewing
            .viewer
            .connected_at
            .unwrap_or(self.viewing.started_at);
        let now_ms = match (feed.started_at, feed.uptime_ms) {
            (Some(started_at), Some(uptime_ms)) if self.viewing.viewer.connected_at.is_some() => started_at
                .as_millisecond()
                .saturating_add(i64::try_from(uptime_ms).ok()?),
            _ => self.viewing.seen_at.as_millisecond(),
        };
        u64::try_from(now_ms.saturating_sub(at.as_millisecond())).ok()
    }

    fn mean_bps(&self) -> Option<f64> {
        let told = self.viewing.viewer.mean_bps.map(float);
        told.or_else(|| {
            let ms = self.connected_ms().filter(|ms| *ms > 0)?;
            self.is_on_demand()
                .then_some(float(self.viewing.sent_bytes?) * 8000.0 / float(ms))
        })
    }
}

fn identity<'l, 'o>(
    scrape: &Scrape<'_>,
    client: &Client<'_>,
    labels: &'l mut Labels<'o>,
) -> &'l mut Labels<'o> {
    if scrape.version == Version::V3 {
        labels.put("type", client.feed.run.feed.kind.as_str());
    }
    labels.put("client_id", &client.viewing.viewer.client_id);
    client.feed.place(labels)
}

fn info(scrape: &Scrape<'_>, client: &Client<'_>, out: &mut Vec<u8>) {
    let (viewer, channel) = (&client.viewing.viewer, &*client.feed.run.feed.channel);
    let vod = client.feed.run.feed.kind == FeedKind::Vod;
    let mut labels = Labels::new(out);
    identity(scrape, client, &mut labels);
    if vod {
        let name = match &channel.series {
            Some(series) => format!("{series} - {}", episode_title(channel)),
            None => text(channel.name.as_ref()).to_owned(),
        };
        let content_type = channel.content_type.as_deref().unwrap_or("unknown");
        labels
            .put("content_uuid", text(channel.uuid.as_ref()))
            .put("channel_name", scrape.view.mask.title(&name).as_str())
            .put("content_type", content_type);
    }
    let or_unknown = |told: Option<&'_ str>| told.unwrap_or("unknown").to_owned();
    labels
        .put("ip_address", &or_unknown(viewer.address.as_deref()))
        .put("user_agent", &one_line(&or_unknown(viewer.user_agent.as_deref())))
        .put("worker_id", &or_unknown(viewer.worker_id.as_deref()));
    if scrape.version == Version::V3 {
        match viewer.user_id {
            Some(id) => labels.shown("user_id", id),
            None => labels.put("user_id", if vod { "unknown" } else { "0" }),
        };
        let name = match (&viewer.user, viewer.user_id) {
            (Some(name), _) => name,
            (None, None) => "anonymous",
            (None, Some(_)) => "unknown",
        };
        let name = if viewer.user.is_some() {
            scrape.view.mask.user(name)
        } else {
            crate::mask::Masked::Plain(name)
        };
        labels.put("username", name.as_str());
    }
    labels.end(client.server.label);
}

/// Without line breaks, as the plugin writes it.
fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('\r', "")
}
