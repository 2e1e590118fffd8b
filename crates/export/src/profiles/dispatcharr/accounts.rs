//! Accounts of providers, their logins, guides, and how many channels there are.

use std::collections::HashSet;

use model::Text;
use model::iptv::{EpgSource, ProviderAccount};

use super::super::gauge;
use super::labels::{Labels, flag, rounded};
use super::{Scrape, Server, Version};
use crate::native::text;
use crate::text::{Blocks, Encoder, Value};
use crate::view::Login;

/// All of them are always there, so that an alert on `error` sees the first one.
const ACCOUNT_STATUS: [&str; 7] = [
    "idle",
    "fetching",
    "parsing",
    "error",
    "success",
    "pending_setup",
    "disabled",
];
const EPG_STATUS: [&str; 6] = ["idle", "fetching", "parsing", "error", "success", "disabled"];

const ACCOUNT_BLOCK_BYTES: usize = 160;
const LOGIN_BLOCK_BYTES: usize = 96;

/// Each account once, if accounts are known.
fn accounts<'a>(server: &Server<'a>) -> Option<Vec<&'a ProviderAccount>> {
    let mut seen = HashSet::new();
    let accounts = server.inventory?.accounts.as_ref()?.iter();
    Some(accounts.filter(|a| seen.insert(a.id)).collect())
}

fn sources<'a>(server: &Server<'a>) -> Option<Vec<&'a EpgSource>> {
    let mut seen = HashSet::new();
    let sources = server.inventory?.epg_sources.as_ref()?.iter();
    Some(sources.filter(|s| seen.insert(s.id)).collect())
}

/// Two families: how many there are and are active, and how many are in which state.
struct Census {
    total: usize,
    active: usize,
    by_status: Vec<(&'static str, usize)>,
}

impl Census {
    fn of(items: &[(Option<bool>, &str)], all: &[&'static str]) -> Self {
        let count = |status: &&'static str| (*status, items.iter().filter(|(_, s)| s == status).count());
        Self {
            total: items.len(),
            active: items.iter().filter(|(active, _)| *active == Some(true)).count(),
            by_status: all.iter().map(count).collect(),
        }
    }

    fn counts(&self) -> [(&'static str, usize); 2] {
        [("total", self.total), ("active", self.active)]
    }
}

fn status(encoder: &mut Encoder<'_>, server: Option<&str>, counts: &[(&str, usize)]) {
    for (status, count) in counts {
        encoder.line((*count).into(), |out| {
            Labels::new(out).put("status", status).end(server);
        });
    }
}

pub(super) fn m3u(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let known: Vec<_> = scrape
        .servers
        .iter()
        .filter_map(|s| Some((s, accounts(s)?)))
        .collect();
    let censuses: Vec<_> = known
        .iter()
        .map(|(s, accounts)| {
            let items = accounts.iter().map(|a| (a.is_active, text(a.status.as_ref())));
            (s.label, Census::of(&items.collect::<Vec<_>>(), &ACCOUNT_STATUS))
        })
        .collect();
    encoder.family(gauge("dispatcharr_m3u_accounts", "Provider accounts."));
    for (label, census) in &censuses {
        status(encoder, *label, &census.counts());
    }
    let help = "Provider accounts in each state.";
    encoder.family(gauge("dispatcharr_m3u_account_status", help));
    for (label, census) in &censuses {
        status(encoder, *label, &census.by_status);
    }
    let mut blocks = Blocks::with_capacity(known.len(), ACCOUNT_BLOCK_BYTES);
    for (server, accounts) in &known {
        for account in accounts {
            blocks.push_with(|out| account_labels(scrape, server, account, out));
        }
    }
    let all = || known.iter().flat_map(|(_, accounts)| accounts);
    let head = gauge("dispatcharr_m3u_account_info", "One provider account each.");
    super::super::family(encoder, head, &blocks, all(), |_| Some(Value::Int(1)));
    let head = gauge(
        "dispatcharr_m3u_account_stream_count",
        "Streams the provider account offers.",
    );
    super::super::family(encoder, head, &blocks, all(), |a| a.streams.map(Value::Int));
}

fn account_labels(scrape: &Scrape<'_>, server: &Server<'_>, account: &ProviderAccount, out: &mut Vec<u8>) {
    let shown = |text: &'_ Option<Text>| {
        let text = text.clone().filter(|t| !t.is_empty());
        text.filter(|_| scrape.view.dispatcharr.include_source_urls)
    };
    let username = shown(&account.username).filter(|_| &*account.kind == "XC");
    Labels::new(out)
        .shown("account_id", account.id)
        .put("account_name", &account.name)
        .put("account_type", kind(&account.kind))
        .put("status", text(account.status.as_ref()))
        .put("is_active", flag(account.is_active))
        .known("username", username.as_deref())
        .known("server_url", shown(&account.server_url).as_deref())
        .end(server.label);
}

fn kind(kind: &str) -> &str {
    if kind.is_empty() { "unknown" } else { kind }
}

pub(super) fn epg(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let known: Vec<_> = scrape
        .servers
        .iter()
        .filter_map(|s| Some((s, sources(s)?)))
        .collect();
    let censuses: Vec<_> = known
        .iter()
        .map(|(s, sources)| {
            let items = sources.iter().map(|e| (e.is_active, text(e.status.as_ref())));
            (s.label, Census::of(&items.collect::<Vec<_>>(), &EPG_STATUS))
        })
        .collect();
    encoder.family(gauge("dispatcharr_epg_sources", "Guides."));
    for (label, census) in &censuses {
        status(encoder, *label, &census.counts());
    }
    encoder.family(gauge("dispatcharr_epg_source_status", "Guides in each state."));
    for (label, census) in &censuses {
        status(encoder, *label, &census.by_status);
    }
    if scrape.version == Version::V2 && scrape.view.dispatcharr.include_legacy_metrics {
        let help = "One guide each, its priority a label.";
        encoder.family(gauge("dispatcharr_epg_source_info", help));
        for (server, sources) in &known {
            for source in sources {
                encoder.line(Value::Int(1), |out| {
                    source_labels(scrape, server, source, true, out);
                });
            }
        }
    }
    let help = "Priority of the guide; the higher one wins.";
    encoder.family(gauge("dispatcharr_epg_source_priority", help));
    for (server, sources) in &known {
        for source in sources {
            if let Some(priority) = source.priority {
                encoder.line(signed(priority), |out| {
                    source_labels(scrape, server, source, false, out);
                });
            }
        }
    }
}

/// `legacy`: with the priority.
fn source_labels(
    scrape: &Scrape<'_>,
    server: &Server<'_>,
    source: &EpgSource,
    legacy: bool,
    out: &mut Vec<u8>,
) {
    let url = source.url.as_deref().filter(|u| !u.is_empty());
    let mut labels = Labels::new(out);
    labels
        .shown("source_id", source.id)
        .put("source_name", &source.name)
        .put("source_type", kind(&source.kind))
        .put("status", text(source.status.as_ref()))
        .put("is_active", flag(source.is_active));
    if let (true, Some(priority)) = (legacy, source.priority) {
        labels.shown("priority", priority);
    }
    labels
        .known("url", url.filter(|_| scrape.view.dispatcharr.include_source_urls))
        .end(server.label);
}

#[expect(clippy::cast_precision_loss, reason = "priorities are small")]
fn signed(n: i64) -> Value {
    u64::try_from(n).map_or(Value::Float(n as f64), Value::Int)
}

pub(super) fn channels(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    encoder.family(gauge("dispatcharr_channels", "Channels."));
    for server in &scrape.servers {
        let Some(total) = server.inventory.and_then(|i| i.channels) else {
            continue;
        };
        let mut count = |word: &str, n: u64| {
            encoder.line(Value::Int(n), |out| {
                Labels::new(out).put("status", word).end(server.label);
            });
        };
        count("total", total);
        if scrape.version == Version::V2 {
            let list = server.inventory.and_then(|i| i.channel_list.as_ref());
            let hidden = list.map_or(0, |l| l.iter().filter(|c| c.is_hidden == Some(true)).count());
            count("enabled", total.saturating_sub(hidden as u64));
        }
    }
    let head = gauge("dispatcharr_channel_groups", "Groups of channels.");
    scrape.each_server(encoder, head, |s| s.inventory?.groups.map(Value::Int));
}

fn logins<'s>(scrape: &'s Scrape<'_>) -> impl Iterator<Item = &'s Login<'s>> {
    scrape.servers.iter().flat_map(|s| s.view.logins.iter())
}

/// Connections of each login against its limit.
pub(super) fn profiles(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let mut blocks = Blocks::with_capacity(logins(scrape).count(), LOGIN_BLOCK_BYTES);
    for server in &scrape.servers {
        for login in &server.view.logins {
            blocks.push_with(|out| login_labels(server, login, out));
        }
    }
    let head = gauge("dispatcharr_profile_connections", "Connections in use.");
    super::super::family(encoder, head, &blocks, logins(scrape), |l| {
        l.connections.map(Value::Int)
    });
    let head = gauge(
        "dispatcharr_profile_max_connections",
        "Connections allowed at once; 0 means no limit.",
    );
    super::super::family(encoder, head, &blocks, logins(scrape), |l| {
        l.profile.max_connections.map(|n| Value::Int(n.into()))
    });
    let head = gauge(
        "dispatcharr_profile_connection_usage",
        "Connections in use divided by connections allowed.",
    );
    super::super::family(encoder, head, &blocks, logins(scrape), usage);
}

#[expect(clippy::cast_precision_loss, reason = "connections are few")]
fn usage(login: &Login<'_>) -> Option<Value> {
    let limit = login.profile.max_connections.filter(|n| *n > 0)?;
    let ratio = login.connections? as f64 / f64::from(limit);
    Some(Value::Float(rounded(ratio, 4)))
}

fn login_labels(server: &Server<'_>, login: &Login<'_>, out: &mut Vec<u8>) {
    Labels::new(out)
        .put("profile_id", &login.id)
        .put("profile_name", &login.profile.name)
        .put("account_name", &login.account.name)
        .end(server.label);
}

/// Whole days until a login of an XC account ends.
pub(super) fn expiry(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let help = "Whole days until the login expires; 0 if it has, -1 if no date is set.";
    encoder.family(gauge("dispatcharr_profile_days_to_expiry", help));
    for server in &scrape.servers {
        for login in server.view.logins.iter().filter(|l| &*l.account.kind == "XC") {
            let days = match login.profile.expires_at {
                Some(at) => Value::Int(days_until(scrape.view.now, at)),
                None => Value::Float(-1.0),
            };
            encoder.line(days, |out| login_labels(server, login, out));
        }
    }
}

fn days_until(now: model::Timestamp, at: model::Timestamp) -> u64 {
    const DAY_S: i64 = 86_400;
    let seconds = at.as_second().saturating_sub(now.as_second());
    u64::try_from(seconds.div_euclid(DAY_S)).unwrap_or(0)
}
