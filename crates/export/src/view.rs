//! One snapshot prepared for a scrape: what would give two samples one identity is sorted out here, once.

use std::collections::HashSet;

use model::iptv::{FeedRun, Inventory, ProviderAccount, ProviderProfile};
use model::{Library, Play, ServerSnapshot, Snapshot, Timestamp};

use crate::mask::{Masker, Options};
use crate::{DispatcharrOptions, Process};

/// Everything a family may look at.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) servers: Vec<ServerView<'a>>,
    pub(crate) process: &'a Process,
    pub(crate) mask: Masker,
    /// What is shown of stream managers.
    pub(crate) dispatcharr: &'a DispatcharrOptions,
    pub(crate) now: Timestamp,
    /// Times the state was published.
    pub(crate) publications: u64,
}

/// One server, its sessions and feeds by unique key, its libraries and logins by unique id.
#[derive(Debug)]
pub(crate) struct ServerView<'a> {
    /// Our own name of it: stable from the first scrape on, which the server's name is not.
    pub(crate) id: &'a str,
    pub(crate) snapshot: &'a ServerSnapshot,
    pub(crate) plays: Vec<&'a Play>,
    pub(crate) libraries: Vec<&'a Library>,
    /// What a stream manager carries. Absent for other servers, and while it is not known: before the first look, and
    /// while the manager is down.
    pub(crate) on_air: Option<Vec<&'a FeedRun>>,
    pub(crate) logins: Vec<Login<'a>>,
}

/// One login of a provider account.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    pub(crate) id: String,
    pub(crate) account: &'a ProviderAccount,
    pub(crate) profile: &'a ProviderProfile,
    /// Connections in use, counted from what is on the air; absent while that is not known.
    pub(crate) connections: Option<u64>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        process: &'a Process,
        options: &'a Options,
        now: Timestamp,
    ) -> Self {
        let servers = first_of_each(snapshot.servers.iter().map(|s| &**s), |s| s.id.as_str());
        Self {
            servers: servers.into_iter().map(ServerView::new).collect(),
            process,
            mask: Masker::new(options),
            dispatcharr: &options.dispatcharr,
            now,
            publications: snapshot.version,
        }
    }
}

impl<'a> ServerView<'a> {
    fn new(snapshot: &'a ServerSnapshot) -> Self {
        let on_air = on_air(snapshot);
        Self {
            logins: logins(snapshot, on_air.as_deref()),
            on_air,
            id: snapshot.id.as_str(),
            snapshot,
            plays: latest_of_each(snapshot.plays.iter().map(|p| &**p), |p| p.session.key.as_str()),
            libraries: first_of_each(snapshot.libraries.iter().flat_map(|l| l.iter()), |l| {
                l.id.as_str()
            }),
        }
    }
}

fn on_air(snapshot: &ServerSnapshot) -> Option<Vec<&FeedRun>> {
    let iptv = snapshot.iptv.as_ref()?;
    let is_known = snapshot.health.is_up() && snapshot.last_success_at.is_some();
    is_known.then(|| latest_of_each(iptv.runs.iter().map(|r| &**r), |r| r.feed.key.as_str()))
}

fn logins<'a>(snapshot: &'a ServerSnapshot, on_air: Option<&[&FeedRun]>) -> Vec<Login<'a>> {
    let inventory = snapshot.iptv.iter().filter_map(|i| i.inventory.as_deref());
    let mut seen = HashSet::new();
    inventory
        .flat_map(Inventory::profiles)
        .filter(|(_, profile)| seen.insert(profile.id))
        .map(|(account, profile)| {
            let uses = |run: &&&FeedRun| run.feed.profile == Some(profile.id);
            Login {
                id: profile.id.to_string(),
                account,
                profile,
                connections: on_air.map(|runs| runs.iter().filter(uses).count() as u64),
            }
        })
        .collect()
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
