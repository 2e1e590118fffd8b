//! What a stream manager has, as opposed to what it does: it changes in minutes.

use std::fmt;

use crate::{Text, Timestamp};

/// A manager's number of a login of a provider account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(pub i64);

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Everything as last read. A part that could not be read, or was not asked for, is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// All channels.
    pub channels: Option<u64>,
    pub groups: Option<u64>,
    /// Provider accounts, in the manager's order; without the manager's own (`custom`).
    pub accounts: Option<Vec<ProviderAccount>>,
    /// Guides; without those that only fill gaps (`dummy`).
    pub epg_sources: Option<Vec<EpgSource>>,
    pub users: Option<Vec<ManagerUser>>,
    /// All channels one by one; only where that was asked for.
    pub channel_list: Option<Vec<ListedChannel>>,
    /// Only where that was asked for.
    pub plugins: Option<Vec<Plugin>>,
}

impl Inventory {
    /// The login of this number and its account.
    pub fn profile(&self, id: ProfileId) -> Option<(&ProviderAccount, &ProviderProfile)> {
        self.profiles().find(|(_, profile)| profile.id == id)
    }

    /// All logins with their accounts, in order.
    pub fn profiles(&self) -> impl Iterator<Item = (&ProviderAccount, &ProviderProfile)> {
        let accounts = self.accounts.iter().flatten();
        accounts.flat_map(|account| account.profiles.iter().map(move |profile| (account, profile)))
    }
}

/// A contract with a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderAccount {
    pub id: i64,
    pub name: Text,
    /// `STD` (a playlist) or `XC` (Xtream Codes), as told.
    pub kind: Text,
    /// `idle`, `fetching`, `parsing`, `error`, `success`, `pending_setup`, `disabled`, as told.
    pub status: Option<Text>,
    pub is_active: Option<bool>,
    /// Absent but for `XC`. Shown by switch only.
    pub username: Option<Text>,
    /// Without user info and query, which may hold a password. Shown by switch only.
    pub server_url: Option<Text>,
    /// Streams it offers.
    pub streams: Option<u64>,
    pub updated_at: Option<Timestamp>,
    /// The manager's words about the last refresh, one line.
    pub message: Option<Text>,
    pub profiles: Vec<ProviderProfile>,
}

/// One login of an account: what connections are counted against.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderProfile {
    pub id: ProfileId,
    pub name: Text,
    pub is_active: Option<bool>,
    /// Connections allowed at once; 0 means no limit.
    pub max_connections: Option<u32>,
    pub expires_at: Option<Timestamp>,
    /// The manager's own counter, which decides whether another stream may start and which may leak. Dispatcharr: in its
    /// Redis only.
    pub reserved_connections: Option<u64>,
}

/// A guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpgSource {
    pub id: i64,
    pub name: Text,
    /// `xmltv`, `schedules_direct`, as told.
    pub kind: Text,
    /// `idle`, `fetching`, `parsing`, `error`, `success`, `disabled`, as told.
    pub status: Option<Text>,
    pub is_active: Option<bool>,
    /// The higher one wins.
    pub priority: Option<i64>,
    /// Without user info and query. Shown by switch only.
    pub url: Option<Text>,
    pub updated_at: Option<Timestamp>,
}

/// An account of the manager; never its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagerUser {
    pub id: i64,
    pub name: Text,
    /// `admin`, `standard`, `streamer`.
    pub level: Option<&'static str>,
    pub is_staff: Option<bool>,
    pub joined_at: Option<Timestamp>,
    /// Streams it may watch at once; 0 means no limit.
    pub stream_limit: Option<u32>,
    /// Whether it has a password for players (Dispatcharr `xc_password`).
    pub can_play: bool,
}

/// One channel of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedChannel {
    pub id: i64,
    pub uuid: Text,
    pub name: Text,
    pub number: Option<f64>,
    pub group: Option<Text>,
    pub tvg_id: Option<Text>,
    pub catchup_days: Option<u32>,
    pub is_catchup: Option<bool>,
    pub is_hidden: Option<bool>,
    pub streams: Option<u32>,
}

/// An extension of the manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    pub key: Text,
    pub name: Text,
    pub version: Option<Text>,
    pub is_enabled: Option<bool>,
    pub is_deprecated: Option<bool>,
    pub is_managed: Option<bool>,
}
