//! What Dispatcharr has.

use serde_json::{Value, json};

use super::{iso, stats, stream_hash};
use crate::dispatcharr::seed::{
    AccountSeed, ChannelSeed, EpgSeed, FFMPEG, ProfileSeed, StreamSeed, UserSeed,
};
use crate::dispatcharr::world::State;

/// The guide's row of a channel; 1 belongs to the filler.
fn guide_row(channel: &ChannelSeed) -> Option<i64> {
    (!channel.shows.is_empty()).then_some(channel.id + 1)
}

pub(crate) fn channel(channel: &ChannelSeed) -> Value {
    let guide = guide_row(channel);
    json!({
        "id": channel.id, "channel_number": channel.number, "name": channel.name,
        "channel_group_id": channel.group, "tvg_id": channel.tvg_id, "tvc_guide_stationid": null,
        "epg_data_id": guide, "streams": channel.streams, "stream_profile_id": channel.stream_profile,
        "uuid": channel.uuid, "logo_id": channel.id, "user_level": 0, "is_adult": false,
        "is_catchup": channel.catchup_days > 0, "catchup_days": channel.catchup_days,
        "hidden_from_output": false, "auto_created": false, "auto_created_by": null,
        "auto_created_by_name": null, "override": null, "source_stream": null,
        "effective_name": channel.name, "effective_channel_number": channel.number,
        "effective_channel_group_id": channel.group, "effective_logo_id": channel.id,
        "effective_tvg_id": channel.tvg_id, "effective_tvc_guide_stationid": null,
        "effective_epg_data_id": guide, "effective_stream_profile_id": channel.stream_profile,
    })
}

/// Newest first.
pub(crate) fn channel_rows(state: &State) -> impl Iterator<Item = &ChannelSeed> {
    state.have.channels.iter().rev()
}

/// `/api/channels/channels/summary/`.
pub(crate) fn summary(state: &State) -> Value {
    channel_rows(state)
        .map(|c| {
            json!({
                "id": c.id, "uuid": c.uuid, "name": c.name, "logo_id": c.id, "channel_number": c.number,
                "epg_data_id": guide_row(c), "channel_group_id": c.group,
            })
        })
        .collect()
}

/// When its figures were written down last, if ever.
fn measured(state: &State, stream: &StreamSeed, now_ms: i64) -> Option<i64> {
    /// A running feed's figures are written down this often.
    const EVERY_MS: i64 = 30_000;
    let running = state
        .feeds
        .values()
        .filter(|f| f.stream == stream.id && f.stream_profile == FFMPEG && now_ms - f.init_ms >= EVERY_MS)
        .map(|f| now_ms - (now_ms - f.init_ms) % EVERY_MS)
        .max();
    running.or_else(|| state.measured.get(&stream.id).copied())
}

pub(crate) fn stream(state: &State, stream: &StreamSeed, now_ms: i64) -> Value {
    let measured = measured(state, stream, now_ms);
    let days = state
        .have
        .channels
        .iter()
        .filter(|c| c.streams.contains(&stream.id))
        .map(|c| c.catchup_days)
        .max()
        .unwrap_or(0);
    json!({
        "id": stream.id, "name": stream.name, "url": stream.url, "m3u_account": stream.account,
        "logo_url": format!("http://images.example/{}.png", stream.id), "tvg_id": stream.tvg_id,
        "local_file": null, "current_viewers": 0, "updated_at": iso(state.born_ms),
        "last_seen": iso(state.born_ms), "is_stale": false, "is_adult": false, "stream_profile_id": null,
        "is_custom": false, "channel_group": stream.group, "stream_hash": stream_hash(&stream.url),
        "stream_stats": measured.map(|_| stats::stream_stats(&stream.media)),
        "stream_stats_updated_at": measured.map(iso), "stream_id": stream.provider_id,
        "stream_chno": stream.id as f64, "is_catchup": days > 0, "catchup_days": days,
    })
}

/// Streams of accounts that are active, newest first; of one account if asked for.
pub(crate) fn streams_of<'a>(
    state: &'a State,
    account: Option<&str>,
    name: Option<&str>,
) -> Vec<&'a StreamSeed> {
    let shown = |s: &&StreamSeed| {
        state.account(s.account).is_some_and(|a| {
            a.is_active && account.is_none_or(|id| id == a.id.to_string()) && name.is_none_or(|n| n == a.name)
        })
    };
    state.have.streams.iter().rev().filter(shown).collect()
}

/// `/api/channels/channels/{id}/streams/`, in the channel's order.
pub(crate) fn channel_streams(state: &State, channel: &ChannelSeed, now_ms: i64) -> Value {
    let streams = channel.streams.iter().filter_map(|id| state.stream(*id));
    streams.map(|s| stream(state, s, now_ms)).collect()
}

/// `/api/channels/channels/{id}/streams/stats/`.
pub(crate) fn stream_stats_of(state: &State, channel: &ChannelSeed, now_ms: i64) -> Value {
    let streams = channel.streams.iter().rev().filter_map(|id| state.stream(*id));
    streams
        .map(|s| {
            let measured = measured(state, s, now_ms);
            json!({
                "id": s.id, "stream_stats": measured.map(|_| stats::stream_stats(&s.media)),
                "stream_stats_updated_at": measured.map(iso),
            })
        })
        .collect()
}

/// A group as an account knows it.
fn account_group(state: &State, account: i64, group: i64) -> Value {
    let mine = |s: &&StreamSeed| s.account == account && s.group == group;
    json!({
        "channel_group": group, "enabled": true, "auto_channel_sync": false,
        "auto_sync_channel_start": null, "auto_sync_channel_end": null, "custom_properties": {},
        "is_stale": false, "last_seen": iso(state.born_ms),
        "stream_count": state.have.streams.iter().filter(mine).count(),
    })
}

fn groups_of(state: &State, account: i64) -> Vec<Value> {
    let used = |group: i64| {
        let mut streams = state.have.streams.iter();
        streams.any(|s| s.account == account && s.group == group)
    };
    let groups = state.have.groups.iter().filter(|(id, _)| used(*id));
    groups.map(|(id, _)| account_group(state, account, *id)).collect()
}

/// `/api/channels/groups/`.
pub(crate) fn groups(state: &State) -> Value {
    let group = |(id, name): &(i64, String)| {
        let accounts: Vec<Value> = state
            .have
            .accounts
            .iter()
            .filter(|a| {
                state
                    .have
                    .streams
                    .iter()
                    .any(|s| s.account == a.id && s.group == *id)
            })
            .map(|a| account_group(state, a.id, *id))
            .collect();
        json!({
            "id": id, "name": name,
            "channel_count": state.have.channels.iter().filter(|c| c.group == *id).count(),
            "m3u_account_count": accounts.len(), "m3u_accounts": accounts,
        })
    };
    state.have.groups.iter().map(group).collect()
}

fn expiry(profile: &ProfileSeed) -> Option<String> {
    profile.expires_s.map(|s| super::iso_seconds(s * 1_000))
}

fn profile(state: &State, account: &AccountSeed, profile: &ProfileSeed, is_default: bool) -> Value {
    let properties = match profile.expires_s {
        // What the provider said of the login, password and all.
        Some(expires_s) => json!({
            "user_info": {
                "auth": 1, "status": "Active", "message": "", "exp_date": expires_s.to_string(),
                "is_trial": "0", "password": account.password, "username": account.username,
                "created_at": "1700000000", "active_cons": "0",
                "max_connections": profile.max_streams.to_string(),
                "allowed_output_formats": ["m3u8", "ts"],
            },
            "server_info": {
                "url": format!("panel-{}.example", account.id), "port": "8080",
                "time_now": "2026-11-21 05:25:16", "timezone": "UTC", "rtmp_port": "", "https_port": "",
                "timestamp_now": state.born_ms / 1_000, "server_protocol": "http",
            },
            "last_refresh": iso(state.born_ms), "auth_timestamp": super::seconds(state.born_ms),
        }),
        None => json!({}),
    };
    json!({
        "id": profile.id, "name": profile.name, "max_streams": profile.max_streams,
        "is_active": profile.is_active, "is_default": is_default, "current_viewers": 0,
        "search_pattern": "^(.*)$", "replace_pattern": "$1", "custom_properties": properties,
        "exp_date": expiry(profile),
        "account": {
            "id": account.id, "name": account.name, "account_type": account_type(account),
            "is_xtream_codes": account.xc,
        },
    })
}

fn account_type(account: &AccountSeed) -> &'static str {
    if account.xc { "XC" } else { "STD" }
}

/// An account with its logins and its password.
pub(crate) fn account(state: &State, account: &AccountSeed) -> Value {
    let mut profiles: Vec<Value> = account
        .profiles
        .iter()
        .zip(0..)
        .map(|(p, n)| profile(state, account, p, n == 0))
        .collect();
    profiles.reverse();
    let expirations: Vec<Value> = account
        .profiles
        .iter()
        .filter(|p| p.expires_s.is_some())
        .map(|p| {
            json!({
                "profile_id": p.id, "profile_name": p.name, "exp_date": expiry(p), "is_active": p.is_active,
            })
        })
        .collect();
    let first = account.profiles.first();
    let earliest = account
        .profiles
        .iter()
        .filter(|p| p.expires_s.is_some())
        .min_by_key(|p| p.expires_s)
        .and_then(expiry);
    let refreshed = account.is_active && !account.locked;
    json!({
        "id": account.id, "name": account.name, "server_url": account.server_url, "file_path": null,
        "server_group": null, "max_streams": first.map_or(0, |p| p.max_streams),
        "is_active": account.is_active, "created_at": iso(state.born_ms - 60_000),
        "updated_at": (refreshed || account.locked).then(|| iso(state.born_ms)), "filters": [],
        "user_agent": null, "profiles": profiles, "locked": account.locked,
        "channel_groups": groups_of(state, account.id), "refresh_interval": 24, "cron_expression": "",
        "custom_properties": properties(account), "account_type": account_type(account),
        "username": account.username, "stale_stream_days": 7, "priority": 0, "status": account.status,
        "last_message": refreshed.then_some("Processing completed in 1.0 seconds."),
        "earliest_expiration": earliest, "all_expirations": expirations, "password": account.password,
        "enable_vod": account.xc, "auto_enable_new_groups_live": true, "auto_enable_new_groups_vod": true,
        "auto_enable_new_groups_series": true, "exp_date": first.and_then(expiry),
    })
}

fn properties(account: &AccountSeed) -> Value {
    if account.locked {
        return Value::Null;
    }
    json!({
        "enable_vod": account.xc, "auto_enable_new_groups_vod": true, "auto_enable_new_groups_live": true,
        "auto_enable_new_groups_series": true,
    })
}

/// `/api/m3u/accounts/`, unpaged.
pub(crate) fn accounts(state: &State) -> Value {
    state.have.accounts.iter().map(|a| account(state, a)).collect()
}

/// `/api/epg/sources/`.
pub(crate) fn epg_sources(state: &State) -> Value {
    let source = |(n, s): (usize, &EpgSeed)| {
        let rows = if s.kind == "dummy" {
            1
        } else {
            state.have.channels.len()
        };
        let ok = s.status == "success";
        json!({
            "id": s.id, "name": s.name, "source_type": s.kind, "url": s.url, "username": null,
            "is_active": s.is_active, "file_path": s.url.as_ref().map(|_| format!("/media/epg/{}.xml", s.id)),
            "refresh_interval": 0, "cron_expression": "", "priority": s.priority, "status": s.status,
            "last_message": ok.then_some("Parsed"), "created_at": iso(state.born_ms),
            "updated_at": ok.then(|| iso(state.born_ms)), "custom_properties": {}, "epg_data_count": rows,
            "has_channels": n == 0,
        })
    };
    state.have.epg_sources.iter().enumerate().map(source).collect()
}

/// A user with their key and their player's password.
pub(crate) fn user(state: &State, user: &UserSeed) -> Value {
    let properties = match &user.xc_password {
        Some(password) => json!({ "xc_password": password }),
        None => json!({}),
    };
    let is_admin = user.level >= 10;
    json!({
        "id": user.id, "username": user.name, "api_key": user.api_key,
        "email": if is_admin { "admin@example.org" } else { "" }, "user_level": user.level,
        "channel_profiles": [], "custom_properties": properties, "avatar_config": {},
        "stream_limit": user.stream_limit, "is_staff": is_admin, "is_superuser": is_admin,
        "last_login": is_admin.then(|| iso(state.born_ms)), "date_joined": iso(state.born_ms - 1_000),
        "first_name": "", "last_name": "",
    })
}

pub(crate) fn users(state: &State) -> Value {
    state.have.users.iter().map(|u| user(state, u)).collect()
}

pub(crate) fn events(state: &State, limit: usize, offset: usize) -> Value {
    let events: Vec<&Value> = state.events.iter().skip(offset).take(limit).collect();
    json!({
        "count": events.len(), "events": events, "total": state.events.len(), "offset": offset, "limit": limit,
    })
}

/// `/api/plugins/plugins/`.
pub(crate) fn plugins(state: &State) -> Value {
    let plugin = |(key, name, version, enabled): &(String, String, String, bool)| {
        json!({
            "key": key, "name": name, "version": version, "description": "", "author": "somebody",
            "help_url": "", "enabled": enabled, "ever_enabled": enabled, "fields": [], "settings": {},
            "actions": [], "missing": false, "trusted": true, "loaded": enabled, "legacy": false,
            "logo_url": format!("http://127.0.0.1/api/plugins/plugins/{key}/logo/"), "source_repo": null,
            "source_repo_name": null, "is_official_repo": false, "slug": "", "is_managed": false,
            "installed_version_is_prerelease": false, "update_available": false, "latest_version": "",
            "deprecated": false,
        })
    };
    json!({ "plugins": state.have.plugins.iter().map(plugin).collect::<Vec<_>>() })
}

/// `/api/channels/logos/`: one for each channel.
pub(crate) fn logos(state: &State, host: &str) -> Vec<Value> {
    let logo = |c: &ChannelSeed| {
        json!({
            "id": c.id, "name": c.name, "url": format!("http://images.example/{}.png", c.id),
            "cache_url": format!("http://{host}/api/channels/logos/{}/cache/", c.id), "channel_count": 1,
            "is_used": true, "channel_names": [format!("Channel: {}", c.name)],
        })
    };
    channel_rows(state).map(logo).collect()
}

/// `/api/core/settings/`, as far as somebody may want them.
pub(crate) fn settings() -> Value {
    json!([
        { "id": 7, "key": "proxy_settings", "name": "Proxy Settings", "value": {
            "buffering_speed": 1.0, "redis_chunk_ttl": 60, "buffering_timeout": 15,
            "channel_shutdown_delay": 0, "channel_init_grace_period": 60, "channel_client_wait_period": 5,
        }},
        { "id": 16, "key": "system_settings", "name": "System Settings", "value": {
            "time_zone": "UTC", "preferred_region": "us", "max_system_events": 100,
            "auto_import_mapped_files": true,
        }},
    ])
}
