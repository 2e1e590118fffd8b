//! Which feeds are asked for: the same names for what runs and for what ran.

use model::SourceId;
use model::iptv::{FeedKind, FeedRun};
use utoipa::IntoParams;

use crate::api::v1::history::params::Given;
use crate::respond::Refusal;

/// Which feeds. Filters may repeat: any of the values of one, all of the filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Choice::read` reads")]
pub(super) struct FeedParams {
    /// Our name of a server.
    server: Option<Vec<String>>,
    /// `live`, `preview`, `vod`, `timeshift`.
    kind: Option<Vec<String>>,
    /// The `key` of a feed, or the UUID of a channel.
    channel: Option<Vec<String>>,
    /// The name of a channel group.
    group: Option<Vec<String>>,
    /// The name of a provider account.
    account: Option<Vec<String>>,
    /// The manager's number of a login.
    profile: Option<Vec<i64>>,
    /// The name of an account of the manager that watches.
    user: Option<Vec<String>>,
    /// Part of a name of a channel, a series, a group, a stream or a user, in any case.
    q: Option<String>,
}

pub(super) const FILTERS: [&str; 8] = [
    "server", "kind", "channel", "group", "account", "profile", "user", "q",
];

/// The feeds asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) servers: Vec<String>,
    pub(super) kinds: Vec<FeedKind>,
    pub(super) channels: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) accounts: Vec<String>,
    pub(super) profiles: Vec<i64>,
    pub(super) users: Vec<String>,
    /// In lower case.
    pub(super) q: Option<String>,
}

impl Choice {
    pub(super) fn read(given: &Given) -> Result<Self, Refusal> {
        Ok(Self {
            servers: given.texts("server")?,
            kinds: given.words("kind", &FeedKind::ALL.map(|kind| (kind.as_str(), kind)))?,
            channels: given.texts("channel")?,
            groups: given.texts("group")?,
            accounts: given.texts("account")?,
            profiles: given.numbers("profile")?,
            users: given.texts("user")?,
            q: given.search()?.map(str::to_lowercase),
        })
    }

    pub(super) fn wants_server(&self, id: &SourceId) -> bool {
        self.servers.is_empty() || self.servers.iter().any(|s| s == id.as_str())
    }

    /// A feed passes with any of its viewers, and any login and stream that it ever ran on.
    pub(super) fn wants(&self, run: &FeedRun) -> bool {
        let feed = &*run.feed;
        let channel = &*feed.channel;
        let any = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|v| list.iter().any(|l| l == v))
        };
        let is_channel =
            |wanted: &String| wanted == feed.key.as_str() || channel.uuid.as_deref() == Some(wanted.as_str());
        let has_login = |id: &i64| run.segments.iter().any(|s| s.profile.is_some_and(|p| p.0 == *id));
        let has_account = |name: &String| {
            let accounts = run.segments.iter().filter_map(|s| s.account.as_deref());
            accounts.into_iter().any(|a| a == name)
        };
        let has_user = |name: &String| {
            let users = run.viewings.iter().filter_map(|v| v.viewer.user.as_deref());
            users.into_iter().any(|u| u == name)
        };
        self.wants_server(&run.source)
            && (self.kinds.is_empty() || self.kinds.contains(&feed.kind))
            && (self.channels.is_empty() || self.channels.iter().any(is_channel))
            && any(&self.groups, channel.group.as_deref())
            && (self.accounts.is_empty() || self.accounts.iter().any(has_account))
            && (self.profiles.is_empty() || self.profiles.iter().any(has_login))
            && (self.users.is_empty() || self.users.iter().any(has_user))
            && self.finds(run)
    }

    fn finds(&self, run: &FeedRun) -> bool {
        let Some(q) = self.q.as_deref() else { return true };
        let (channel, stream) = (&*run.feed.channel, &*run.feed.stream);
        let own = [&channel.name, &channel.series, &channel.group, &stream.name];
        let users = run.viewings.iter().map(|v| &v.viewer.user);
        let mut texts = own.into_iter().chain(users).flatten();
        texts.any(|text| text.to_lowercase().contains(q))
    }
}
