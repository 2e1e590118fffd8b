//! What changes in minutes: accounts, guides, users, channels, names.

use base::Secret;
use model::Text;

use super::address::Message;
use super::{Address, wire};
use crate::lenient::{Filled, Numbers};

wire! {
    /// `/api/core/version/`
    struct Version {
        version: Option<Text> = "version",
    }

    /// `/api/accounts/token/` and `…/refresh/`
    struct Token {
        access: Option<Secret> = "access",
        refresh: Option<Secret> = "refresh",
    }

    /// `/api/m3u/accounts/`, without its password.
    struct Account {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
        kind: Option<Text> = "account_type",
        status: Option<Text> = "status",
        is_active: Option<bool> = "is_active",
        server_url: Address = "server_url",
        username: Option<Text> = "username",
        updated_at: Option<Text> = "updated_at",
        last_message: Message = "last_message",
        profiles: Vec<Profile> = "profiles",
        channel_groups: Option<Vec<AccountGroup>> = "channel_groups",
    }

    /// Streams of an account in one group.
    struct AccountGroup {
        stream_count: Option<u64> = "stream_count",
    }

    /// A login. The password that stands beside its expiry is not read.
    struct Profile {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
        max_streams: Option<u64> = "max_streams",
        is_active: Option<bool> = "is_active",
        exp_date: Option<Text> = "exp_date",
        custom: Option<Box<ProfileProperties>> = "custom_properties",
    }

    struct ProfileProperties {
        user_info: Option<Box<UserInfo>> = "user_info",
    }

    /// What an Xtream Codes panel says of a login.
    struct UserInfo {
        /// Seconds since 1970, told as a text.
        exp_date_s: Option<i64> = "exp_date",
    }

    /// `/api/epg/sources/`
    struct EpgSource {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
        source_type: Option<Text> = "source_type",
        url: Address = "url",
        is_active: Option<bool> = "is_active",
        priority: Option<i64> = "priority",
        status: Option<Text> = "status",
        updated_at: Option<Text> = "updated_at",
    }

    /// `/api/accounts/users/`, without keys.
    struct User {
        id: Option<i64> = "id",
        username: Option<Text> = "username",
        level: Option<i64> = "user_level",
        stream_limit: Option<u64> = "stream_limit",
        is_staff: Option<bool> = "is_staff",
        date_joined: Option<Text> = "date_joined",
        custom: Option<Box<UserProperties>> = "custom_properties",
    }

    struct UserProperties {
        has_xc_password: Filled = "xc_password",
    }

    /// `/api/channels/groups/`
    struct Group {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
    }

    /// `/api/core/streamprofiles/`
    struct StreamProfile {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
    }

    /// `/api/channels/channels/?page=…`
    struct ChannelPage {
        count: Option<u64> = "count",
        results: Option<Vec<ChannelRow>> = "results",
    }

    /// A channel: `/api/channels/channels/by-uuids/`, a row of a page, or one of the summary, which has no streams. What
    /// is effective is what viewers see where the user has overridden what was synchronised (since 0.25).
    struct ChannelRow {
        id: Option<i64> = "id",
        uuid: Option<Text> = "uuid",
        name: Option<Text> = "name",
        channel_number: Option<f64> = "channel_number",
        group_id: Option<i64> = "channel_group_id",
        logo_id: Option<i64> = "logo_id",
        tvg_id: Option<Text> = "tvg_id",
        effective_name: Option<Text> = "effective_name",
        effective_channel_number: Option<f64> = "effective_channel_number",
        effective_group_id: Option<i64> = "effective_channel_group_id",
        effective_logo_id: Option<i64> = "effective_logo_id",
        effective_tvg_id: Option<Text> = "effective_tvg_id",
        /// In the order they are tried.
        streams: Numbers = "streams",
        is_catchup: Option<bool> = "is_catchup",
        catchup_days: Option<u64> = "catchup_days",
        hidden_from_output: Option<bool> = "hidden_from_output",
    }

    /// `/api/channels/streams/by-ids/`, without its address.
    struct StreamRow {
        id: Option<i64> = "id",
        name: Option<Text> = "name",
        stats: Option<Box<StreamStats>> = "stream_stats",
        /// When the above was written: every half minute while it runs; it stays afterwards.
        stats_updated_at: Option<Text> = "stream_stats_updated_at",
    }

    struct StreamStats {
        /// In 1000 bits a second, a mean of the last half minute or so.
        output_kbit_s: Option<f64> = "ffmpeg_output_bitrate",
    }

    /// `/api/epg/current-programs/`
    struct Programme {
        channel_uuid: Option<Text> = "channel_uuid",
        title: Option<Text> = "title",
        sub_title: Option<Text> = "sub_title",
        description: Option<Text> = "description",
        start_time: Option<Text> = "start_time",
        end_time: Option<Text> = "end_time",
    }

    /// `/api/plugins/plugins/`
    struct PluginList {
        plugins: Option<Vec<Plugin>> = "plugins",
    }

    struct Plugin {
        key: Option<Text> = "key",
        name: Option<Text> = "name",
        version: Option<Text> = "version",
        enabled: Option<bool> = "enabled",
        deprecated: Option<bool> = "deprecated",
        is_managed: Option<bool> = "is_managed",
    }
}
