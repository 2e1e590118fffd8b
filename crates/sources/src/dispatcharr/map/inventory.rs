//! What the manager has.

use std::collections::HashMap;

use jiff::Timestamp;
use model::Text;
use model::iptv::{
    EpgSource, Inventory, ListedChannel, ManagerUser, Plugin, ProfileId, ProviderAccount, ProviderProfile,
};

use super::super::redis::Extras;
use super::super::wire;
use super::values;

/// The account that Dispatcharr makes for streams added by hand; it stands for no provider.
const OWN_ACCOUNT: &str = "custom";

/// The sort of guide that only fills gaps.
const DUMMY: &str = "dummy";

/// `account_type` of a playlist.
const PLAYLIST: &str = "STD";

/// `account_type` of Xtream Codes, which has user names.
const XTREAM_CODES: &str = "XC";

/// User levels of Dispatcharr: from here on an administrator, and below that a viewer with a login of its own.
const ADMIN_LEVEL: i64 = 10;
const STANDARD_LEVEL: i64 = 1;

/// What was asked for and answered.
#[derive(Debug, Default)]
pub(in crate::dispatcharr) struct Parts {
    /// All channels.
    pub(in crate::dispatcharr) channels: Option<u64>,
    pub(in crate::dispatcharr) groups: Option<Vec<wire::Group>>,
    pub(in crate::dispatcharr) accounts: Option<Vec<wire::Account>>,
    pub(in crate::dispatcharr) epg_sources: Option<Vec<wire::EpgSource>>,
    pub(in crate::dispatcharr) users: Option<Vec<wire::User>>,
    /// All rows of all pages.
    pub(in crate::dispatcharr) channel_list: Option<Vec<wire::ChannelRow>>,
    pub(in crate::dispatcharr) plugins: Option<Vec<wire::Plugin>>,
}

/// What was answered, in the model's words. Rows without a number or a name are left out.
pub(in crate::dispatcharr) fn inventory(parts: &Parts) -> Inventory {
    let groups: HashMap<i64, &Text> = parts
        .groups
        .iter()
        .flatten()
        .filter_map(|group| Some((group.id?, group.name.as_ref()?)))
        .collect();
    let rows = |list: &[wire::ChannelRow]| {
        let listed = list.iter().filter_map(|row| channel(row, &groups));
        listed.collect()
    };
    Inventory {
        channels: parts.channels,
        groups: parts.groups.as_ref().map(|groups| groups.len() as u64),
        accounts: parts.accounts.as_deref().map(accounts),
        epg_sources: parts
            .epg_sources
            .as_ref()
            .map(|rows| rows.iter().filter_map(epg_source).collect()),
        users: parts
            .users
            .as_ref()
            .map(|rows| rows.iter().filter_map(user).collect()),
        channel_list: parts.channel_list.as_deref().map(rows),
        plugins: (parts.plugins.as_ref()).map(|rows| rows.iter().filter_map(plugin).collect()),
    }
}

/// The same with the manager's own counters as they are now; `None` if they are as they were. Without Redis, or if it
/// does not answer, they are absent.
pub(in crate::dispatcharr) fn with_reserved(inventory: &Inventory, extras: &Extras) -> Option<Inventory> {
    let now = |id: ProfileId| extras.reserved.get(&id).copied();
    if inventory
        .profiles()
        .all(|(_, profile)| profile.reserved_connections == now(profile.id))
    {
        return None;
    }
    let mut new = inventory.clone();
    for account in new.accounts.iter_mut().flatten() {
        for profile in &mut account.profiles {
            profile.reserved_connections = now(profile.id);
        }
    }
    Some(new)
}

/// Accounts of providers, without the manager's own.
pub(in crate::dispatcharr) fn accounts(rows: &[wire::Account]) -> Vec<ProviderAccount> {
    rows.iter().filter_map(account).collect()
}

fn account(row: &wire::Account) -> Option<ProviderAccount> {
    let name = row.name.clone()?;
    if name.eq_ignore_ascii_case(OWN_ACCOUNT) {
        return None;
    }
    // Versions that do not tell knew nothing but playlists.
    let kind = row.kind.clone().unwrap_or_else(|| PLAYLIST.into());
    Some(ProviderAccount {
        id: row.id?,
        username: row
            .username
            .clone()
            .filter(|_| kind.eq_ignore_ascii_case(XTREAM_CODES)),
        name,
        kind,
        status: row.status.clone(),
        is_active: row.is_active,
        server_url: row.server_url.0.clone(),
        streams: row.channel_groups.as_deref().and_then(streams),
        updated_at: values::moment(row.updated_at.as_deref()),
        message: row.last_message.0.clone(),
        profiles: row.profiles.iter().filter_map(profile).collect(),
    })
}

/// Streams of all groups; those without a group are in none of them, so they are missing here. Before 0.25 groups had no
/// counts: then nobody knows.
fn streams(groups: &[wire::AccountGroup]) -> Option<u64> {
    let mut counts = groups.iter().filter_map(|group| group.stream_count).peekable();
    if counts.peek().is_none() && !groups.is_empty() {
        return None;
    }
    Some(counts.fold(0, u64::saturating_add))
}

fn profile(row: &wire::Profile) -> Option<ProviderProfile> {
    Some(ProviderProfile {
        id: ProfileId(row.id?),
        name: row.name.clone()?,
        is_active: row.is_active,
        max_connections: row.max_streams.and_then(values::small),
        expires_at: expires_at(row),
        reserved_connections: None,
    })
}

/// As the provider told, else as somebody wrote down.
fn expires_at(row: &wire::Profile) -> Option<Timestamp> {
    let info = row.custom.as_ref().and_then(|custom| custom.user_info.as_ref());
    let told = info.and_then(|info| info.exp_date_s).filter(|s| *s > 0);
    told.and_then(|s| Timestamp::from_second(s).ok())
        .or_else(|| values::moment(row.exp_date.as_deref()))
}

fn epg_source(row: &wire::EpgSource) -> Option<EpgSource> {
    let kind = row.source_type.clone()?;
    if kind.eq_ignore_ascii_case(DUMMY) {
        return None;
    }
    Some(EpgSource {
        id: row.id?,
        name: row.name.clone()?,
        kind,
        status: row.status.clone(),
        is_active: row.is_active,
        priority: row.priority,
        url: row.url.0.clone(),
        updated_at: values::moment(row.updated_at.as_deref()),
    })
}

fn user(row: &wire::User) -> Option<ManagerUser> {
    Some(ManagerUser {
        id: row.id?,
        name: row.username.clone()?,
        level: row.level.map(level),
        is_staff: row.is_staff,
        joined_at: values::moment(row.date_joined.as_deref()),
        stream_limit: row.stream_limit.and_then(values::small),
        can_play: row.custom.as_ref().is_some_and(|custom| custom.has_xc_password.0),
    })
}

pub(super) fn level(level: i64) -> &'static str {
    match level {
        ADMIN_LEVEL.. => "admin",
        STANDARD_LEVEL.. => "standard",
        _ => "streamer",
    }
}

fn channel(row: &wire::ChannelRow, groups: &HashMap<i64, &Text>) -> Option<ListedChannel> {
    let group = row.effective_group_id.or(row.group_id);
    Some(ListedChannel {
        id: row.id?,
        uuid: row.uuid.clone()?,
        name: row.effective_name.clone().or_else(|| row.name.clone())?,
        number: row.effective_channel_number.or(row.channel_number),
        group: group.and_then(|id| groups.get(&id)).map(|name| (*name).clone()),
        tvg_id: row.effective_tvg_id.clone().or_else(|| row.tvg_id.clone()),
        catchup_days: row.catchup_days.and_then(values::small),
        is_catchup: row.is_catchup,
        is_hidden: row.hidden_from_output,
        streams: row
            .streams
            .0
            .as_ref()
            .and_then(|streams| u32::try_from(streams.len()).ok()),
    })
}

fn plugin(row: &wire::Plugin) -> Option<Plugin> {
    let key = row.key.clone()?;
    Some(Plugin {
        name: row.name.clone().unwrap_or_else(|| key.clone()),
        key,
        version: row.version.clone(),
        is_enabled: row.enabled,
        is_deprecated: row.deprecated,
        is_managed: row.is_managed,
    })
}
