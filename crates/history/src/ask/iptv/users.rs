//! Who watched how much.

use std::collections::{HashMap, HashSet};

use model::{SourceId, Text};

use super::Filter;
use super::filter::Asked;
use super::keys::ChannelKeys;
use super::rows::{Names, Who};
use crate::{Error, View};

/// One viewer of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTotal {
    pub server: SourceId,
    /// Absent for who did not sign in; then the address tells who it is, or else the connection.
    pub user: Option<Text>,
    /// Shown by switch only.
    pub address: Option<Text>,
    pub client_id: Option<Text>,
    pub views: u64,
    pub viewed_ms: u64,
    /// Different channels and films.
    pub channels: u64,
    /// Sent to the viewer in viewings that began in the window; absent if none was told.
    pub bytes: Option<u64>,
    /// The last moment in the window at which they watched.
    pub last_at_ms: i64,
}

/// By viewed time, most first; equal ones by name.
pub fn users(view: &View<'_>, filter: &Filter) -> Result<Vec<UserTotal>, Error> {
    let mut asked = Asked::new(view, filter)?;
    let window = asked.window;
    let mut keys = ChannelKeys::default();
    let mut folds: HashMap<(i64, Who), Fold> = HashMap::new();
    asked.viewings(None, false, |names, viewing| {
        let (from_ms, to_ms) = window.clip(viewing.started_ms, viewing.until_ms);
        let (channel, _) = keys.place(
            names,
            viewing.server,
            viewing.kind,
            viewing.channel,
            viewing.feed_text,
        )?;
        let fold = folds.entry((viewing.server, viewing.who())).or_default();
        fold.views += 1;
        fold.viewed_ms += to_ms.abs_diff(from_ms);
        fold.channels.insert(channel);
        fold.last_at_ms = fold.last_at_ms.max(Some(to_ms));
        if let Some(bytes) = viewing.sent_bytes.filter(|_| window.has(viewing.started_ms)) {
            fold.bytes = Some(fold.bytes.unwrap_or(0) + bytes);
        }
        Ok(true)
    })?;
    let names = &mut asked.names;
    let totals = folds
        .into_iter()
        .map(|((server, who), fold)| fold.total(names, server, who));
    let mut totals = totals.collect::<Result<Vec<_>, _>>()?;
    let by_name = |a: &UserTotal, b: &UserTotal| {
        let name = |t: &UserTotal| (t.user.clone(), t.address.clone(), t.client_id.clone());
        (name(a), &a.server).cmp(&(name(b), &b.server))
    };
    totals.sort_by(|a, b| b.viewed_ms.cmp(&a.viewed_ms).then_with(|| by_name(a, b)));
    Ok(totals)
}

#[derive(Default)]
struct Fold {
    views: u64,
    viewed_ms: u64,
    channels: HashSet<usize>,
    bytes: Option<u64>,
    last_at_ms: Option<i64>,
}

impl Fold {
    fn total(self, names: &mut Names<'_>, server: i64, who: Who) -> Result<UserTotal, Error> {
        let (mut user, mut address, mut client_id) = (None, None, None);
        match who {
            Who::User(id) => user = Some(names.text(id)?),
            Who::Address(id) => address = Some(names.text(id)?),
            Who::Client(client) => client_id = Some(client),
        }
        Ok(UserTotal {
            server: names.server(server),
            user,
            address,
            client_id,
            views: self.views,
            viewed_ms: self.viewed_ms,
            channels: self.channels.len() as u64,
            bytes: self.bytes,
            last_at_ms: self.last_at_ms.unwrap_or_default(),
        })
    }
}
