//! One snapshot prepared for a scrape: what would give two samples one identity is sorted out here, once.

use std::collections::HashSet;

use model::{Library, Play, ServerSnapshot, Snapshot, Timestamp};

use crate::Process;
use crate::mask::{Masker, Options};

/// Everything a family may look at.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) servers: Vec<ServerView<'a>>,
    pub(crate) process: &'a Process,
    pub(crate) mask: Masker,
    pub(crate) now: Timestamp,
    /// Times the state was published.
    pub(crate) publications: u64,
}

/// One server, its sessions by unique key, its libraries by unique id.
#[derive(Debug)]
pub(crate) struct ServerView<'a> {
    /// Our own name of it: stable from the first scrape on, which the server's name is not.
    pub(crate) id: &'a str,
    pub(crate) snapshot: &'a ServerSnapshot,
    pub(crate) plays: Vec<&'a Play>,
    pub(crate) libraries: Vec<&'a Library>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        process: &'a Process,
        options: &Options,
        now: Timestamp,
    ) -> Self {
        let servers = first_of_each(snapshot.servers.iter().map(|s| &**s), |s| s.id.as_str());
        Self {
            servers: servers.into_iter().map(ServerView::new).collect(),
            process,
            mask: Masker::new(options),
            now,
            publications: snapshot.version,
        }
    }
}

impl<'a> ServerView<'a> {
    fn new(snapshot: &'a ServerSnapshot) -> Self {
        Self {
            id: snapshot.id.as_str(),
            snapshot,
            plays: latest_of_each(snapshot.plays.iter().map(|p| &**p), |p| p.session.key.as_str()),
            libraries: first_of_each(snapshot.libraries.iter().flat_map(|l| l.iter()), |l| {
                l.id.as_str()
            }),
        }
    }
}

/// The first item of each key, in order; an item without a key has no identity and is left out.
pub(crate) fn first_of_each<'a, T>(
    items: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> &'a str,
) -> Vec<&'a T> {
    let items = items.into_iter();
    let mut seen = HashSet::with_capacity(items.size_hint().1.unwrap_or(0));
    items
        .filter(|item| !key(item).is_empty() && seen.insert(key(item)))
        .collect()
}

/// The last item of each key: of two plays that claim one session, the newer.
pub(crate) fn latest_of_each<'a, T>(
    items: impl DoubleEndedIterator<Item = &'a T>,
    key: impl Fn(&'a T) -> &'a str,
) -> Vec<&'a T> {
    let mut kept = first_of_each(items.rev(), key);
    kept.reverse();
    kept
}
