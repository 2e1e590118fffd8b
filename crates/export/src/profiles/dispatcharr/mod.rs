//! `sethwv/dispatcharr-exporter`, a plugin inside Dispatcharr.
//!
//! Names, types, labels and their order are the plugin's, as are its switches. Several Dispatcharrs are told apart by a
//! last label `server`, which is not there while there is only one. Of one that is down there is nothing: the plugin
//! would be down with it.

mod accounts;
mod clients;
mod extras;
mod labels;
mod streams;
mod users;
mod v2;

use model::iptv::{FeedKind, FeedRun, Inventory};

use crate::text::{Blocks, Encoder, Head, Value};
use crate::view::{Login, ServerView, View};
use labels::{Labels, number, true_false};

/// Version 3, with what 3.1 adds.
pub(crate) fn v3(view: &View<'_>, encoder: &mut Encoder<'_>) {
    let scrape = Scrape::new(view, Version::V3);
    let options = view.dispatcharr;
    scrape.exporter(encoder);
    if options.include_m3u_stats {
        accounts::m3u(&scrape, encoder);
    }
    if options.include_epg_stats {
        accounts::epg(&scrape, encoder);
    }
    accounts::channels(&scrape, encoder);
    if options.include_channel_info {
        extras::channels(&scrape, encoder);
    }
    if options.include_m3u_stats {
        accounts::profiles(&scrape, encoder);
        accounts::expiry(&scrape, encoder);
    }
    streams::streams(&scrape, encoder);
    if options.include_client_stats {
        clients::clients(&scrape, encoder);
    }
    if options.include_user_stats {
        users::users(&scrape, encoder);
    }
    if options.include_plugin_stats {
        extras::plugins(&scrape, encoder);
    }
}

/// Version 2.
pub(crate) fn v2(view: &View<'_>, encoder: &mut Encoder<'_>) {
    v2::render(&Scrape::new(view, Version::V2), encoder);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V2,
    V3,
}

/// One scrape, what several families need made once.
struct Scrape<'a> {
    version: Version,
    view: &'a View<'a>,
    servers: Vec<Server<'a>>,
}

/// One Dispatcharr that is up.
struct Server<'a> {
    view: &'a ServerView<'a>,
    /// The last label, if there is more than one server.
    label: Option<&'a str>,
    inventory: Option<&'a Inventory>,
    /// What its families are about; in version 2, channels and previews only.
    feeds: Vec<Feed<'a>>,
    feed_blocks: Blocks,
}

/// A feed, with what every version says of it.
struct Feed<'a> {
    run: &'a FeedRun,
    login: Option<&'a Login<'a>>,
    /// The label `channel_number`.
    number: String,
}

impl<'a> Scrape<'a> {
    fn new(view: &'a View<'a>, version: Version) -> Self {
        let several = view.servers.len() > 1;
        let up = view.servers.iter().filter(|s| s.snapshot.health.is_up());
        Self {
            version,
            view,
            servers: up
                .map(|s| Server::new(s, several.then_some(s.id), version))
                .collect(),
        }
    }

    /// One family, a sample for each server that knows the value; no labels but the server's.
    fn each_server(
        &self,
        encoder: &mut Encoder<'_>,
        head: Head,
        value: impl Fn(&Server<'_>) -> Option<Value>,
    ) {
        encoder.family(head);
        for server in &self.servers {
            if let Some(value) = value(server) {
                encoder.line(value, |out| Labels::new(out).end(server.label));
            }
        }
    }

    /// One family, a sample for each feed that has the value.
    fn each_feed(&self, encoder: &mut Encoder<'_>, head: Head, value: impl Fn(&Feed<'_>) -> Option<Value>) {
        encoder.family(head);
        for server in &self.servers {
            for (block, feed) in server.feed_blocks.iter().zip(&server.feeds) {
                if let Some(value) = value(feed) {
                    encoder.sample(block, value);
                }
            }
        }
    }

    /// Of the Dispatcharrs their version, and of ourselves what the plugin says of itself.
    fn exporter(&self, encoder: &mut Encoder<'_>) {
        let head = super::gauge("dispatcharr_info", "Version of Dispatcharr.");
        encoder.family(head);
        for server in &self.servers {
            let info = server.view.snapshot.info.as_ref();
            if let Some(version) = info.and_then(|i| i.version.as_deref()) {
                encoder.line(Value::Int(1), |out| {
                    Labels::new(out).put("version", version).end(server.label);
                });
            }
        }
        let head = super::gauge("dispatcharr_exporter_info", "Version of Projectionist.");
        encoder.family(head);
        encoder.line(Value::Int(1), |out| {
            Labels::new(out)
                .put("version", self.view.process.version)
                .end(None);
        });
        self.settings(encoder);
        let head = super::gauge("dispatcharr_exporter_port", "Port this exporter listens on.");
        encoder.family(head);
        encoder.line(Value::Int(self.view.dispatcharr.port.into()), |out| {
            Labels::new(out).end(None);
        });
    }

    fn settings(&self, encoder: &mut Encoder<'_>) {
        let o = self.view.dispatcharr;
        let v2 = self.version == Version::V2;
        let head = super::gauge(
            "dispatcharr_exporter_settings_info",
            "Settings of this exporter under the plugin's names.",
        );
        encoder.family(head);
        encoder.line(Value::Int(1), |out| {
            let mut labels = Labels::new(out);
            // It always starts by itself, has no access log, and tells nobody of updates.
            labels
                .put("auto_start", "true")
                .put("suppress_access_logs", "true");
            if v2 {
                labels.put("disable_update_notifications", "true");
            }
            labels
                .shown("port", o.port)
                .put("host", &o.host)
                .put("base_url", &o.base_url);
            let switches: &[(&str, bool)] = if v2 {
                &[
                    ("include_m3u_stats", o.include_m3u_stats),
                    ("include_epg_stats", o.include_epg_stats),
                    ("include_vod_stats", o.include_vod_stats),
                    ("include_client_stats", o.include_client_stats),
                    ("include_source_urls", o.include_source_urls),
                    ("include_legacy_metrics", o.include_legacy_metrics),
                ]
            } else {
                &[
                    ("include_m3u_stats", o.include_m3u_stats),
                    ("include_epg_stats", o.include_epg_stats),
                    ("include_client_stats", o.include_client_stats),
                    ("include_source_urls", o.include_source_urls),
                    ("include_user_stats", o.include_user_stats),
                    ("include_plugin_stats", o.include_plugin_stats),
                    ("include_channel_info", o.include_channel_info),
                ]
            };
            for (name, on) in switches {
                labels.put(name, true_false(*on));
            }
            labels.end(None);
        });
    }
}

/// About as long as the labels of a feed are.
const FEED_BLOCK_BYTES: usize = 112;

impl<'a> Server<'a> {
    fn new(view: &'a ServerView<'a>, label: Option<&'a str>, version: Version) -> Self {
        let iptv = view.snapshot.iptv.as_ref();
        let is_shown = |run: &&&FeedRun| match run.feed.kind {
            FeedKind::Live | FeedKind::Preview => true,
            // A session that is kept open and plays nothing is no stream.
            FeedKind::Vod => version == Version::V3 && run.feed.viewer_count != Some(0),
            FeedKind::Timeshift => version == Version::V3,
        };
        let feed = |run: &&'a FeedRun| Feed {
            run,
            login: view
                .logins
                .iter()
                .find(|l| Some(l.profile.id) == run.feed.profile),
            number: number_of(run),
        };
        let feeds: Vec<Feed<'a>> = view.on_air.iter().flatten().filter(is_shown).map(feed).collect();
        let feed_blocks = super::blocks(&feeds, FEED_BLOCK_BYTES, |feed, blocks| {
            blocks.push_with(|out| feed.identity(version, &mut Labels::new(out)).end(label));
        });
        Self {
            view,
            label,
            inventory: iptv.and_then(|i| i.inventory.as_deref()),
            feeds,
            feed_blocks,
        }
    }

    /// True once it is known what is on the air, be it nothing.
    fn has_looked(&self) -> bool {
        self.view.on_air.is_some()
    }
}

impl Feed<'_> {
    /// The labels every series of a feed begins with.
    fn identity<'l, 'o>(&self, version: Version, labels: &'l mut Labels<'o>) -> &'l mut Labels<'o> {
        if version == Version::V3 {
            labels.put("type", self.run.feed.kind.as_str());
        }
        self.place(labels)
    }

    /// The two that say which feed it is.
    fn place<'l, 'o>(&self, labels: &'l mut Labels<'o>) -> &'l mut Labels<'o> {
        labels
            .put("channel_uuid", self.run.feed.key.as_str())
            .put("channel_number", &self.number)
    }
}

/// Of a film on demand, the middle of its session (`vod_<milliseconds>_<n>`); the whole of any other name.
fn number_of(run: &FeedRun) -> String {
    let key = run.feed.key.as_str();
    match run.feed.kind {
        FeedKind::Vod => key.split('_').nth(1).unwrap_or(key).to_owned(),
        FeedKind::Live | FeedKind::Preview | FeedKind::Timeshift => number(run.feed.channel.number),
    }
}
