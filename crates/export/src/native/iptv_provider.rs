//! What a stream manager gets its streams from: accounts of providers, their logins, and guides.

use std::collections::HashSet;

use model::iptv::{EpgSource, ProviderAccount, ProviderCounters};

use super::iptv::Written;
use super::server::yes_no;
use super::{seconds_since_1970, text};
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{LabelSet, Value, label_set};
use crate::view::{ServerView, View};

const ACCOUNT: LabelSet = label_set!["server", "account"];
const SOURCE: LabelSet = label_set!["server", "source"];
const PROFILE: LabelSet = label_set!["server", "profile"];

pub(crate) const FAMILIES: &[Family] = &[
    Family::info(
        "media_provider_account_info",
        "Accounts of providers. user_name and url only with include_source_urls.",
        Collect::Custom(
            label_set![
                "server",
                "account",
                "name",
                "kind",
                "is_active",
                "user_name",
                "url"
            ],
            account_info,
        ),
    ),
    Family::gauge(
        "media_provider_account_state",
        "1 for the state of the account's list of streams, in the manager's word; the others have no series.",
        Collect::Custom(label_set!["server", "account", "state"], |view, samples| {
            each_account(view, |server, id, account| {
                let state = text(account.status.as_ref());
                if !state.is_empty() {
                    samples(&[server.id, id, state], Value::Int(1));
                }
            });
        }),
    ),
    Family::gauge(
        "media_provider_account_update_timestamp_seconds",
        "When the account's list of streams was last read.",
        Collect::Custom(ACCOUNT, |view, samples| {
            each_account(view, |server, id, account| {
                if let Some(at) = account.updated_at {
                    samples(&[server.id, id], seconds_since_1970(at));
                }
            });
        }),
    )
    .unit_is("seconds"),
    Family::gauge(
        "media_provider_streams",
        "Streams the account offers.",
        Collect::Custom(ACCOUNT, |view, samples| {
            each_account(view, |server, id, account| {
                if let Some(streams) = account.streams {
                    samples(&[server.id, id], Value::Int(streams));
                }
            });
        }),
    ),
    Family::info(
        "media_provider_profile_info",
        "Logins of providers' accounts. Join the other media_provider_ series on server and profile.",
        Collect::Custom(
            label_set!["server", "profile", "name", "account", "account_name"],
            profile_info,
        ),
    ),
    Family::gauge(
        "media_provider_connections",
        "Connections of the login in use, counted from what is on the air. Absent while the manager is down.",
        Collect::Login(|l| l.connections.map(Value::Int)),
    ),
    Family::gauge(
        "media_provider_connections_limit",
        "Connections the login may have at once. Absent if there is no limit.",
        Collect::Login(|l| {
            let limit = l.profile.max_connections.filter(|n| *n > 0);
            limit.map(|n| Value::Int(n.into()))
        }),
    ),
    Family::gauge(
        "media_provider_connections_reserved",
        "The manager's own count, which decides whether another stream may start; above media_provider_connections, \
         it has leaked. Dispatcharr: needs redis_url.",
        Collect::Login(|l| l.connections.and(l.profile.reserved_connections).map(Value::Int)),
    ),
    Family::gauge(
        "media_provider_expiry_timestamp_seconds",
        "When the login ends. Absent if not told.",
        Collect::Login(|l| l.profile.expires_at.map(seconds_since_1970)),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_provider_connection_seconds_total",
        "Connections of the login times time.",
        Collect::Custom(PROFILE, |view, samples| {
            counters(view, samples, |c| Value::Millis(c.connection_ms));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_provider_received_bytes_total",
        "Bytes received through the login since we watch it.",
        Collect::Custom(PROFILE, |view, samples| {
            counters(view, samples, |c| Value::Int(c.received_bytes));
        }),
    )
    .unit_is("bytes"),
    Family::counter(
        "media_provider_failovers_total",
        "Changes of a running feed away from a stream of the login.",
        Collect::Custom(PROFILE, |view, samples| {
            counters(view, samples, |c| Value::Int(c.failovers));
        }),
    ),
    Family::counter(
        "media_provider_buffering_seconds_total",
        "Time feeds of the login were slower than real time.",
        Collect::Custom(PROFILE, |view, samples| {
            counters(view, samples, |c| Value::Millis(c.buffering_ms));
        }),
    )
    .unit_is("seconds"),
    Family::counter(
        "media_provider_errors_total",
        "Times a feed of the login went into state error.",
        Collect::Custom(PROFILE, |view, samples| {
            counters(view, samples, |c| Value::Int(c.errors));
        }),
    ),
    Family::info(
        "media_epg_source_info",
        "Guides. url only with include_source_urls. Only with include_epg_stats.",
        Collect::Custom(
            label_set!["server", "source", "name", "kind", "is_active", "url"],
            source_info,
        ),
    ),
    Family::gauge(
        "media_epg_source_state",
        "1 for the state of the guide, in the manager's word; the others have no series. Only with include_epg_stats.",
        Collect::Custom(label_set!["server", "source", "state"], |view, samples| {
            each_source(view, |server, id, source| {
                let state = text(source.status.as_ref());
                if !state.is_empty() {
                    samples(&[server.id, id, state], Value::Int(1));
                }
            });
        }),
    ),
    Family::gauge(
        "media_epg_source_update_timestamp_seconds",
        "When the guide was last read. Only with include_epg_stats.",
        Collect::Custom(SOURCE, |view, samples| {
            each_source(view, |server, id, source| {
                if let Some(at) = source.updated_at {
                    samples(&[server.id, id], seconds_since_1970(at));
                }
            });
        }),
    )
    .unit_is("seconds"),
];

/// Every account, each id once; nothing unless `include_m3u_stats`.
fn each_account(view: &View<'_>, mut visit: impl FnMut(&ServerView<'_>, &str, &ProviderAccount)) {
    if !view.dispatcharr.include_m3u_stats {
        return;
    }
    let mut id = Written::default();
    for server in &view.servers {
        let mut seen = HashSet::new();
        let inventory = server.snapshot.iptv.iter().filter_map(|i| i.inventory.as_ref());
        for account in inventory.flat_map(|i| i.accounts.iter().flatten()) {
            if seen.insert(account.id) {
                visit(server, id.of(Some(account.id)), account);
            }
        }
    }
}

fn each_source(view: &View<'_>, mut visit: impl FnMut(&ServerView<'_>, &str, &EpgSource)) {
    if !view.dispatcharr.include_epg_stats {
        return;
    }
    let mut id = Written::default();
    for server in &view.servers {
        let mut seen = HashSet::new();
        let inventory = server.snapshot.iptv.iter().filter_map(|i| i.inventory.as_ref());
        for source in inventory.flat_map(|i| i.epg_sources.iter().flatten()) {
            if seen.insert(source.id) {
                visit(server, id.of(Some(source.id)), source);
            }
        }
    }
}

fn account_info(view: &View<'_>, samples: &mut Samples<'_>) {
    each_account(view, |server, id, account| {
        let shown =
            |text: &Option<model::Text>| text.clone().filter(|_| view.dispatcharr.include_source_urls);
        let (user_name, url) = (shown(&account.username), shown(&account.server_url));
        let labels = [
            server.id,
            id,
            &account.name,
            &account.kind,
            yes_no(account.is_active),
            text(user_name.as_ref()),
            text(url.as_ref()),
        ];
        samples(&labels, Value::Int(1));
    });
}

fn source_info(view: &View<'_>, samples: &mut Samples<'_>) {
    each_source(view, |server, id, source| {
        let url = source
            .url
            .as_ref()
            .filter(|_| view.dispatcharr.include_source_urls);
        let labels = [
            server.id,
            id,
            &source.name,
            &source.kind,
            yes_no(source.is_active),
            text(url),
        ];
        samples(&labels, Value::Int(1));
    });
}

fn profile_info(view: &View<'_>, samples: &mut Samples<'_>) {
    if !view.dispatcharr.include_m3u_stats {
        return;
    }
    let mut id = Written::default();
    for server in &view.servers {
        for login in &server.logins {
            let labels = [
                server.id,
                &login.id,
                &login.profile.name,
                id.of(Some(login.account.id)),
                &login.account.name,
            ];
            samples(&labels, Value::Int(1));
        }
    }
}

/// Also of logins that are no longer there: what was counted was counted.
fn counters(view: &View<'_>, samples: &mut Samples<'_>, value: fn(&ProviderCounters) -> Value) {
    if !view.dispatcharr.include_m3u_stats {
        return;
    }
    let mut id = Written::default();
    for server in &view.servers {
        for (profile, counters) in server.snapshot.iptv.iter().flat_map(|i| i.providers.iter()) {
            samples(&[server.id, id.of(Some(profile))], value(counters));
        }
    }
}
