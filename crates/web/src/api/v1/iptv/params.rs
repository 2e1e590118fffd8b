//! Which feeds are asked for: the same names for what runs and for what ran.

use history::ask::iptv::Filter;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::SourceId;
use model::iptv::{FeedKind, FeedRun, FeedSegment, Viewer};
use utoipa::IntoParams;

use super::past_map::at;
use super::past_types::IptvMeta;
use crate::api::v1::history::params::{Given, Window};
use crate::api::v1::types::Time;
use crate::respond::Refusal;

/// Which feeds. Filters may repeat: any of the values of one, all of the filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `read_choice` reads")]
pub(super) struct FeedParams {
    /// Our name of a server.
    server: Option<Vec<String>>,
    /// `live`, `preview`, `vod`, `timeshift`.
    kind: Option<Vec<String>>,
    /// The `key` of a feed, or the UUID of a channel or film.
    channel: Option<Vec<String>>,
    /// The name of a channel group.
    group: Option<Vec<String>>,
    /// The name of a provider account.
    account: Option<Vec<String>>,
    /// The manager's number of a login.
    profile: Option<Vec<i64>>,
    /// The name of an account of the manager; of who did not sign in the address, or else the name of the connection.
    user: Option<Vec<String>>,
    /// Part of a channel's name or number, or of the name of a series, group, account, login, stream, user or player,
    /// or of an address, in any case.
    q: Option<String>,
}

/// Which time. A run or viewing counts with the part of it that lies in it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Asked::read` reads")]
pub(super) struct TimeParams {
    /// From this moment (RFC 3339, whole seconds) or this date of `time_zone` on.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// Up to this moment, or the end of this date.
    #[param(example = "2026-11-21")]
    to: Option<String>,
    /// Instead of `from` and `to`: today and the days before it, this many together; 0 is all time.
    #[param(minimum = 0, maximum = 36_500)]
    days: Option<u32>,
    /// IANA name; the configured one if absent. Dates and hours are of this zone.
    #[param(example = "Europe/Berlin")]
    time_zone: Option<String>,
}

pub(super) const FILTERS: [&str; 8] = [
    "server", "kind", "channel", "group", "account", "profile", "user", "q",
];

const TIMES: [&str; 4] = ["from", "to", "days", "time_zone"];

/// A question about what is kept, read and checked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) time_zone: TimeZone,
    pub(super) given: Given,
    now: Timestamp,
}

impl Asked {
    /// `more`: parameters of this path alone. `default`: the time if none is asked for.
    pub(super) fn read(
        query: Option<&str>,
        more: &[&str],
        default: Window,
        settings: &history::Settings,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let given = Given::new(query.unwrap_or_default(), &[&FILTERS, &TIMES, more])?;
        let time_zone = given.time_zone(settings)?;
        let (from_s, to_s) = given.range(&time_zone, now, default)?;
        Ok(Self {
            filter: Filter {
                from_ms: from_s.map(|s| s.saturating_mul(1000)),
                to_ms: to_s.map(|s| s.saturating_mul(1000)),
                ..choice(&given)?
            },
            time_zone,
            given,
            now,
        })
    }

    pub(super) fn meta(&self, count: usize) -> IptvMeta {
        IptvMeta {
            count,
            time_zone: self.time_zone.iana_name().unwrap_or("local").to_owned(),
            from: self.filter.from_ms.map(at),
            to: self.filter.to_ms.map(at),
            answered_at: Time(self.now),
        }
    }
}

/// The feeds asked for, at any time.
pub(super) fn choice(given: &Given) -> Result<Filter, Refusal> {
    let texts = |name: &str| -> Result<Vec<model::Text>, Refusal> {
        Ok(given.texts(name)?.into_iter().map(Into::into).collect())
    };
    Ok(Filter {
        servers: (given.texts("server")?.into_iter()).map(SourceId::new).collect(),
        kinds: given.words("kind", &FeedKind::ALL.map(|kind| (kind.as_str(), kind)))?,
        channels: texts("channel")?,
        groups: texts("group")?,
        accounts: texts("account")?,
        profiles: given.numbers("profile")?,
        users: texts("user")?,
        q: given.search()?.map(|q| q.to_lowercase().into()),
        from_ms: None,
        to_ms: None,
    })
}

/// Whether a feed that runs is asked for, by the rules of [`Filter`].
pub(super) fn is_wanted(filter: &Filter, run: &FeedRun) -> bool {
    let (feed, channel) = (&*run.feed, &*run.feed.channel);
    let keys = [Some(feed.key.as_str()), channel.uuid.as_deref()];
    let is_fed = |s: &FeedSegment| {
        (filter.profiles.is_empty() || s.profile.is_some_and(|p| filter.profiles.contains(&p.0)))
            && any(&filter.accounts, s.account.as_deref())
    };
    let users = run.viewings.iter().map(|v| who(&v.viewer));
    (filter.servers.is_empty() || filter.servers.contains(&run.source))
        && (filter.kinds.is_empty() || filter.kinds.contains(&feed.kind))
        && any(&filter.channels, keys.into_iter().flatten())
        && any(&filter.groups, channel.group.as_deref())
        && run.segments.iter().any(is_fed)
        && any(&filter.users, users)
        && filter.q.as_deref().is_none_or(|q| is_found(q, run))
}

/// Whether one of `values` is in `list`; an empty list asks for everything.
fn any<'a>(list: &[model::Text], values: impl IntoIterator<Item = &'a str>) -> bool {
    list.is_empty() || values.into_iter().any(|v| list.iter().any(|l| **l == *v))
}

/// What a viewer is known by.
fn who(viewer: &Viewer) -> &str {
    let known = viewer.user.as_deref().or(viewer.address.as_deref());
    known.unwrap_or(&viewer.client_id)
}

/// `q`: in lower case.
fn is_found(q: &str, run: &FeedRun) -> bool {
    let channel = &*run.feed.channel;
    let of_channel = [&channel.name, &channel.series, &channel.group];
    let of_segments = run
        .segments
        .iter()
        .flat_map(|s| [&s.account, &s.profile_name, &s.stream_name]);
    let of_viewers =
        (run.viewings.iter()).flat_map(|v| [&v.viewer.user, &v.viewer.address, &v.viewer.user_agent]);
    let mut texts = of_channel
        .into_iter()
        .chain(of_segments)
        .chain(of_viewers)
        .flatten();
    texts.any(|text| text.to_lowercase().contains(q))
        || channel
            .number
            .is_some_and(|number| number.to_string().contains(q))
}
