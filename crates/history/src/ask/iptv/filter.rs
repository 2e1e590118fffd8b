//! Which runs and viewings a question is about.

use std::collections::{HashMap, HashSet};

use model::iptv::FeedKind;
use model::{SourceId, Text};
use rusqlite::{Connection, OptionalExtension as _};

use super::rows::{
    Before, DOING, Names, RunRow, SegmentRow, Segments, ViewingRow, Who, Window, each_run, each_viewing,
};
use crate::ask::slices::Needle;
use crate::{Error, View};

/// What is asked for. An empty list asks for everything; several values of one list mean any of them; several lists
/// mean all of them. Texts are compared whole and in their case, except `q`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub servers: Vec<SourceId>,
    pub kinds: Vec<FeedKind>,
    /// Feed key, or the UUID of the channel or film.
    pub channels: Vec<Text>,
    pub groups: Vec<Text>,
    /// Provider accounts by name. A run passes if it was ever fed from one of them, a viewing if it was at its end;
    /// questions about providers look at the segments one by one.
    pub accounts: Vec<Text>,
    /// Logins by number; as `accounts`.
    pub profiles: Vec<i64>,
    /// Name of the user; of who did not sign in the address, or else the name of the connection. A run passes if one
    /// of its viewings in the window does.
    pub users: Vec<Text>,
    /// Part of a name in any case: channel, series, number, group, account, login, stream, user, address, player.
    pub q: Option<Text>,
    /// First millisecond of the window, since 1970.
    pub from_ms: Option<i64>,
    /// First millisecond after the window.
    pub to_ms: Option<i64>,
}

/// A filter made ready for the tables of this moment, and what is read for it.
pub(super) struct Asked<'a> {
    conn: &'a Connection,
    pub(super) window: Window,
    pub(super) names: Names<'a>,
    sieve: Sieve<'a>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(view: &View<'a>, filter: &'a Filter) -> Result<Self, Error> {
        let names = Names::new(view)?;
        let window = Window {
            from_ms: filter.from_ms.unwrap_or(i64::MIN),
            to_ms: filter.to_ms.unwrap_or(i64::MAX),
        };
        Ok(Self {
            conn: view.conn,
            window,
            sieve: Sieve::new(view.conn, filter, &names)?,
            names,
        })
    }

    /// Every viewing that passes, newest first, until `take` has enough.
    pub(super) fn viewings(
        &mut self,
        before: Option<Before>,
        clients: bool,
        mut take: impl FnMut(&mut Names<'a>, ViewingRow) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let (sieve, names) = (&mut self.sieve, &mut self.names);
        let clients = clients || sieve.needle.is_some();
        each_viewing(self.conn, self.window, before, clients, |viewing| {
            Ok(!sieve.viewing(names, &viewing)? || take(names, viewing)?)
        })
    }

    /// The same of runs, with their segments.
    pub(super) fn runs(
        &mut self,
        before: Option<Before>,
        mut take: impl FnMut(&mut Names<'a>, &Sieve<'a>, RunRow, Vec<SegmentRow>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let watched = self.watched_runs()?;
        let mut segments = Segments::new(self.conn)?;
        let (sieve, names) = (&mut self.sieve, &mut self.names);
        each_run(self.conn, self.window, before, |run| {
            let is_watched = watched
                .as_ref()
                .is_none_or(|watched| watched.contains(&(run.server, run.run_text)));
            if !is_watched || !sieve.run(names, &run)? {
                return Ok(true);
            }
            let segments = segments.of(&run)?;
            Ok(!sieve.segments(names, &run, &segments)? || take(names, sieve, run, segments)?)
        })
    }

    /// Runs that the users watched in the window; absent where all users are asked for.
    fn watched_runs(&mut self) -> Result<Option<HashSet<(i64, i64)>>, Error> {
        if self.sieve.filter.users.is_empty() {
            return Ok(None);
        }
        let mut watched = HashSet::new();
        let sieve = &self.sieve;
        each_viewing(self.conn, self.window, None, false, |viewing| {
            if sieve.is_by(&viewing) {
                watched.insert((viewing.server, viewing.run_text));
            }
            Ok(true)
        })?;
        Ok(Some(watched))
    }
}

/// Texts of the filter are looked up once; rows are compared by ids.
pub(super) struct Sieve<'a> {
    filter: &'a Filter,
    /// Absent where all are asked for, here and below.
    servers: Option<HashSet<i64>>,
    feeds: Option<HashSet<i64>>,
    accounts: Option<HashSet<i64>>,
    users: Option<HashSet<i64>>,
    needle: Option<Needle>,
    /// What was found out of each channel and each text.
    channels: HashMap<i64, ChannelVerdict>,
    texts: HashMap<i64, bool>,
}

#[derive(Clone, Copy)]
struct ChannelVerdict {
    is_named: bool,
    is_in_group: bool,
    is_found: bool,
}

impl<'a> Sieve<'a> {
    fn new(conn: &Connection, filter: &'a Filter, names: &Names<'_>) -> Result<Self, Error> {
        let is_asked = |source: &SourceId| filter.servers.contains(source);
        let servers = names.servers().filter(|(_, source)| is_asked(source));
        Ok(Self {
            filter,
            servers: (!filter.servers.is_empty()).then(|| servers.map(|(id, _)| id).collect()),
            feeds: ids(conn, &filter.channels)?,
            accounts: ids(conn, &filter.accounts)?,
            users: ids(conn, &filter.users)?,
            needle: filter.q.as_deref().filter(|q| !q.is_empty()).map(Needle::new),
            channels: HashMap::new(),
            texts: HashMap::new(),
        })
    }

    fn viewing(&mut self, names: &mut Names<'_>, v: &ViewingRow) -> Result<bool, Error> {
        let passes = self.is_of(v.server, v.kind)
            && self.is_fed(v.profile, v.account_text)
            && self.is_by(v)
            && self.is_shown(names, v.channel, v.feed_text)?;
        if !passes || self.needle.is_none() {
            return Ok(passes);
        }
        let is_client = |needle: &Needle| v.client.as_deref().is_some_and(|c| needle.is_in(c));
        if self.channel(names, v.channel)?.is_found || self.needle.as_ref().is_some_and(is_client) {
            return Ok(true);
        }
        let texts = [v.user_text, v.address_text, v.agent_text, v.account_text];
        self.finds_any(names, texts)
    }

    /// What a run tells without its segments.
    fn run(&mut self, names: &mut Names<'_>, run: &RunRow) -> Result<bool, Error> {
        Ok(self.is_of(run.server, run.kind) && self.is_shown(names, run.channel, run.feed_text)?)
    }

    /// The rest.
    fn segments(
        &mut self,
        names: &mut Names<'_>,
        run: &RunRow,
        segments: &[SegmentRow],
    ) -> Result<bool, Error> {
        if !self.is_fed_by_all() && !segments.iter().any(|s| self.passes(s)) {
            return Ok(false);
        }
        if self.needle.is_none() || self.channel(names, run.channel)?.is_found {
            return Ok(true);
        }
        for s in segments {
            if self.finds_any(names, [s.stream_text, s.profile_text, s.account_text])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a segment alone is asked for.
    pub(super) fn passes(&self, segment: &SegmentRow) -> bool {
        self.is_fed(segment.profile, segment.account_text)
    }

    fn is_of(&self, server: i64, kind: FeedKind) -> bool {
        self.servers.as_ref().is_none_or(|ids| ids.contains(&server))
            && (self.filter.kinds.is_empty() || self.filter.kinds.contains(&kind))
    }

    fn is_fed_by_all(&self) -> bool {
        self.filter.profiles.is_empty() && self.accounts.is_none()
    }

    fn is_fed(&self, profile: Option<i64>, account: Option<i64>) -> bool {
        let profiles = &self.filter.profiles;
        let among = |ids: &HashSet<i64>| account.is_some_and(|account| ids.contains(&account));
        (profiles.is_empty() || profile.is_some_and(|profile| profiles.contains(&profile)))
            && self.accounts.as_ref().is_none_or(among)
    }

    fn is_by(&self, viewing: &ViewingRow) -> bool {
        let is_among = |users: &HashSet<i64>| match viewing.who() {
            Who::User(id) | Who::Address(id) => users.contains(&id),
            Who::Client(client) => self.filter.users.contains(&client),
        };
        self.users.as_ref().is_none_or(is_among)
    }

    fn is_shown(&mut self, names: &mut Names<'_>, channel: i64, feed: i64) -> Result<bool, Error> {
        if self.feeds.is_none() && self.filter.groups.is_empty() {
            return Ok(true);
        }
        let verdict = self.channel(names, channel)?;
        let is_feed = self.feeds.as_ref().is_none_or(|feeds| feeds.contains(&feed));
        Ok(verdict.is_in_group && (is_feed || verdict.is_named))
    }

    fn channel(&mut self, names: &mut Names<'_>, id: i64) -> Result<ChannelVerdict, Error> {
        if let Some(verdict) = self.channels.get(&id) {
            return Ok(*verdict);
        }
        let channel = names.channel(id)?;
        let (filter, needle) = (self.filter, self.needle.as_ref());
        let found = |text: Option<&str>| needle.is_some_and(|n| text.is_some_and(|t| n.is_in(t)));
        let among = |list: &[Text], text: &Option<Text>| text.as_ref().is_some_and(|t| list.contains(t));
        let number = channel.number.map(|n| n.to_string());
        let verdict = ChannelVerdict {
            is_named: among(&filter.channels, &channel.uuid),
            is_in_group: filter.groups.is_empty() || among(&filter.groups, &channel.group),
            is_found: [
                channel.name.as_deref(),
                channel.series.as_deref(),
                channel.group.as_deref(),
                number.as_deref(),
            ]
            .into_iter()
            .any(found),
        };
        self.channels.insert(id, verdict);
        Ok(verdict)
    }

    fn finds_any<const N: usize>(
        &mut self,
        names: &mut Names<'_>,
        texts: [Option<i64>; N],
    ) -> Result<bool, Error> {
        let Some(needle) = &self.needle else {
            return Ok(true);
        };
        for id in texts.into_iter().flatten() {
            let known = self.texts.get(&id).copied();
            let is_found = match known {
                Some(is_found) => is_found,
                None => needle.is_in(&names.text(id)?),
            };
            if known.is_none() {
                self.texts.insert(id, is_found);
            }
            if is_found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Ids of those texts that there are; `None` where nothing is asked for.
fn ids(conn: &Connection, texts: &[Text]) -> Result<Option<HashSet<i64>>, Error> {
    if texts.is_empty() {
        return Ok(None);
    }
    let mut find = conn
        .prepare_cached("SELECT id FROM iptv_text WHERE text = ?1")
        .map_err(Error::sql(DOING))?;
    let mut ids = HashSet::new();
    for text in texts {
        let id = find.query_row([text], |row| row.get::<_, i64>(0)).optional();
        ids.extend(id.map_err(Error::sql(DOING))?);
    }
    Ok(Some(ids))
}
