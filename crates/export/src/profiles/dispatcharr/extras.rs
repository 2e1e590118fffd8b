//! What version 3.1 added: all channels one by one, and Dispatcharr's own plugins.

use std::collections::HashSet;

use model::iptv::{ListedChannel, Plugin};

use super::super::{family, gauge};
use super::labels::{Labels, flag, number};
use super::{Scrape, Server};
use crate::native::text;
use crate::text::{Blocks, Encoder, Value};

const CHANNEL_BLOCK_BYTES: usize = 96;

/// Each channel once.
fn listed<'a>(server: &Server<'a>) -> Vec<&'a ListedChannel> {
    let mut seen = HashSet::new();
    let list = server.inventory.and_then(|i| i.channel_list.as_ref());
    let distinct = list.into_iter().flatten().filter(|c| seen.insert(c.id));
    distinct.collect()
}

fn plugins_of<'a>(server: &Server<'a>) -> Option<Vec<&'a Plugin>> {
    let mut seen = HashSet::new();
    let plugins = server.inventory?.plugins.as_ref()?.iter();
    Some(plugins.filter(|p| seen.insert(&*p.key)).collect())
}

pub(super) fn channels(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let known: Vec<_> = scrape.servers.iter().map(|s| (s, listed(s))).collect();
    encoder.family(gauge("dispatcharr_channel_info", "One channel each."));
    let mut blocks = Blocks::with_capacity(
        known.iter().map(|(_, list)| list.len()).sum(),
        CHANNEL_BLOCK_BYTES,
    );
    for (server, list) in &known {
        for channel in list {
            let title = scrape.view.mask.title(&channel.name);
            let number = number(channel.number);
            encoder.line(Value::Int(1), |out| {
                Labels::new(out)
                    .shown("channel_id", channel.id)
                    .put("channel_number", &number)
                    .put("channel_name", title.as_str())
                    .put("uuid", &channel.uuid)
                    .put("channel_group", channel.group.as_deref().unwrap_or("none"))
                    .put("tvg_id", text(channel.tvg_id.as_ref()))
                    .put("catchup_enabled", flag(channel.is_catchup))
                    .put("hidden_from_output", flag(channel.is_hidden))
                    .end(server.label);
            });
            blocks.push_with(|out| {
                Labels::new(out)
                    .shown("channel_id", channel.id)
                    .put("channel_number", &number)
                    .put("channel_name", title.as_str())
                    .end(server.label);
            });
        }
    }
    let all = || known.iter().flat_map(|(_, list)| list);
    let head = gauge("dispatcharr_channel_source_count", "Streams of the channel.");
    family(encoder, head, &blocks, all(), |c| {
        c.streams.map(|n| Value::Int(n.into()))
    });
    let head = gauge(
        "dispatcharr_channel_catchup_days",
        "Days back that catch-up of the channel reaches.",
    );
    family(encoder, head, &blocks, all(), |c| {
        c.catchup_days.map(|n| Value::Int(n.into()))
    });
}

pub(super) fn plugins(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let known: Vec<_> = scrape
        .servers
        .iter()
        .filter_map(|s| Some((s, plugins_of(s)?)))
        .collect();
    encoder.family(gauge("dispatcharr_plugins", "Plugins of Dispatcharr."));
    for (server, plugins) in &known {
        let count = |is: fn(&Plugin) -> Option<bool>| plugins.iter().filter(|p| is(p) == Some(true)).count();
        for (word, n) in [
            ("total", plugins.len()),
            ("enabled", count(|p| p.is_enabled)),
            ("deprecated", count(|p| p.is_deprecated)),
            ("managed", count(|p| p.is_managed)),
        ] {
            encoder.line(n.into(), |out| {
                Labels::new(out).put("status", word).end(server.label);
            });
        }
    }
    encoder.family(gauge("dispatcharr_plugin_info", "One plugin each."));
    for (server, plugins) in &known {
        for plugin in plugins {
            encoder.line(Value::Int(1), |out| {
                Labels::new(out)
                    .put("key", &plugin.key)
                    .put("name", &plugin.name)
                    .put("version", text(plugin.version.as_ref()))
                    .put("enabled", flag(plugin.is_enabled))
                    .put("deprecated", flag(plugin.is_deprecated))
                    .put("is_managed", flag(plugin.is_managed))
                    .end(server.label);
            });
        }
    }
}
