//! What changes in minutes: asked for part by part, each failing alone. A part that fails keeps what it last told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Kind;
use model::iptv::Inventory;
use model::{Body, Endpoint, ServerInfo, Text};
use tokio::time::{Instant, sleep_until};

use super::client::{Ask, Client};
use super::map::{self, Parts};
use super::shared::Shared;
use super::troubles::Troubles;
use super::{Error, stats, wire};
use crate::pace::phase;

const VERSION_LIMIT: usize = 64 << 10;

/// One channel in a page.
const PAGE_OF_ONE_LIMIT: usize = 1 << 20;

/// Accounts with all their groups; tens of thousands of groups.
const ACCOUNTS_LIMIT: usize = 64 << 20;

/// Lists of names: groups, guides, users, stream profiles, plugins.
const LIST_LIMIT: usize = 16 << 20;

/// Channels of a page, and pages; further channels are left out of the list, though not of their number.
const PAGE: usize = 1_000;
const PAGES_MAX: usize = 100;
const PAGE_LIMIT: usize = 16 << 20;

/// A part that failed is asked for again this soon.
const RETRY: Duration = Duration::from_mins(1);

/// One part, asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Version,
    Groups,
    StreamProfiles,
    Accounts,
    Users,
    Epg,
    Channels,
    ChannelList,
    Plugins,
}

impl Part {
    /// In the order in which they are asked for: names first.
    const ALL: [Self; 9] = [
        Self::Version,
        Self::Groups,
        Self::StreamProfiles,
        Self::Accounts,
        Self::Users,
        Self::Epg,
        Self::Channels,
        Self::ChannelList,
        Self::Plugins,
    ];

    fn endpoint(self) -> Endpoint {
        match self {
            Self::Version => Endpoint::Version,
            Self::Groups => Endpoint::Groups,
            Self::StreamProfiles => Endpoint::Streams,
            Self::Accounts => Endpoint::Accounts,
            Self::Users => Endpoint::Users,
            Self::Epg => Endpoint::Epg,
            Self::Channels | Self::ChannelList => Endpoint::Channels,
            Self::Plugins => Endpoint::Plugins,
        }
    }

    /// As it is called where it fails.
    fn name(self) -> &'static str {
        match self {
            Self::Version => "versions",
            Self::Groups => "names of groups",
            Self::StreamProfiles => "names of stream profiles",
            Self::Accounts => "provider accounts",
            Self::Users => "users",
            Self::Epg => "guides",
            Self::Channels => "numbers of channels",
            Self::ChannelList => "lists of channels",
            Self::Plugins => "plugins",
        }
    }

    fn is_wanted(self, shared: &Shared) -> bool {
        let wants = shared.cfg.wants;
        match self {
            Self::ChannelList => wants.channel_list,
            Self::Plugins => wants.plugins,
            _ => true,
        }
    }
}

/// Asks for all parts at their time until cancelled from outside.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut due: BTreeMap<Part, Instant> = BTreeMap::new();
    let mut troubles = Troubles::new(shared.client.who());
    loop {
        shared.until_up().await;
        let failed = round(&shared, &mut due, &mut troubles).await;
        // Whether a part failed alone shows when it is looked at as a whole.
        if !shared.is_up() || !failed.is_empty() && !shared.next_look_is_good().await {
            troubles.forgive();
            // What was not asked for, or in vain, is due as soon as it is back.
            due.retain(|part, _| !failed.contains(part));
            continue;
        }
        troubles.settle();
        let next = due.values().min().copied().unwrap_or_else(Instant::now);
        tokio::select! {
            () = sleep_until(next) => {}
            () = shared.stale.notified() => due.clear(),
        }
    }
}

/// Asks for every part that is due, as long as the looks do not say that it is down; returns those that failed.
async fn round(shared: &Shared, due: &mut BTreeMap<Part, Instant>, troubles: &mut Troubles) -> Vec<Part> {
    let (mut parts, mut failed) = (Parts::default(), Vec::new());
    let begun = Instant::now();
    if due.get(&Part::ChannelList).is_some_and(|at| *at <= begun) {
        // Its rows name their groups by number.
        due.remove(&Part::Groups);
    }
    for part in Part::ALL {
        if !shared.is_up() {
            break;
        }
        let is_due = due.get(&part).is_none_or(|at| *at <= begun);
        if !is_due || !part.is_wanted(shared) {
            continue;
        }
        let answer = ask(shared, part, &mut parts).await;
        let now = Instant::now();
        troubles.note(part.name(), answer.as_ref().err(), now);
        let interval = shared.inventory_interval();
        let wait = match &answer {
            // A hundred managers are not asked at the same moment for ever.
            Ok(()) if !due.contains_key(&part) => {
                interval / 2 + phase(shared.outbox.id(), "inventory", interval / 2)
            }
            Ok(()) => interval,
            // It will not have it in a minute either.
            Err(e) if stats::is_missing(e) => interval,
            Err(_) => interval.min(RETRY),
        };
        due.insert(part, now + wait);
        if answer.is_err() {
            failed.push(part);
        }
    }
    publish(shared, &parts);
    failed
}

async fn ask(shared: &Shared, part: Part, parts: &mut Parts) -> Result<(), Error> {
    let client = &shared.client;
    match part {
        Part::Version => {
            ask_version(shared).await?;
        }
        Part::Groups => {
            let rows: Vec<wire::Group> = list(client, part, "/api/channels/groups/").await?;
            shared.names().set_groups(&rows);
            parts.groups = Some(rows);
        }
        Part::StreamProfiles => {
            let rows: Vec<wire::StreamProfile> = list(client, part, "/api/core/streamprofiles/").await?;
            shared.names().set_stream_profiles(&rows);
        }
        Part::Accounts => parts.accounts = Some(accounts(client).await?),
        Part::Users => {
            let rows: Vec<wire::User> = list(client, part, "/api/accounts/users/").await?;
            shared.names().set_users(&rows);
            parts.users = Some(rows);
        }
        Part::Epg => parts.epg_sources = Some(list(client, part, "/api/epg/sources/").await?),
        Part::Channels => parts.channels = channels(client).await?,
        Part::ChannelList => parts.channel_list = Some(channel_list(client).await?),
        Part::Plugins => {
            let ask = Ask::get(Endpoint::Plugins, "/api/plugins/plugins/", LIST_LIMIT);
            let read = |body: &[u8]| wire::object::<wire::PluginList>(body).map(|r| r.value);
            parts.plugins = client.fetch(&ask, read).await?.plugins;
        }
    }
    Ok(())
}

async fn list<T: for<'de> crate::lenient::Object<'de>>(
    client: &Client,
    part: Part,
    path: &'static str,
) -> Result<Vec<T>, Error> {
    let ask = Ask::get(part.endpoint(), path, LIST_LIMIT);
    client.fetch(&ask, |body| wire::list(body).map(|r| r.value)).await
}

pub(super) async fn accounts(client: &Client) -> Result<Vec<wire::Account>, Error> {
    let ask = Ask::get(Endpoint::Accounts, "/api/m3u/accounts/", ACCOUNTS_LIMIT);
    client.fetch(&ask, |body| wire::list(body).map(|r| r.value)).await
}

/// How many channels there are.
pub(super) async fn channels(client: &Client) -> Result<Option<u64>, Error> {
    let path = "/api/channels/channels/?page=1&page_size=1";
    let ask = Ask::get(Endpoint::Channels, path, PAGE_OF_ONE_LIMIT);
    let read = |body: &[u8]| wire::object::<wire::ChannelPage>(body).map(|r| r.value);
    Ok(client.fetch(&ask, read).await?.count)
}

/// All channels, page by page. We count the pages: the address it gives for the next one lacks its port.
async fn channel_list(client: &Client) -> Result<Vec<wire::ChannelRow>, Error> {
    let (mut all, mut count) = (Vec::new(), None);
    for page in 1..=PAGES_MAX {
        let path = format!("/api/channels/channels/?page={page}&page_size={PAGE}");
        let ask = Ask::get(Endpoint::Channels, path, PAGE_LIMIT);
        let read = |body: &[u8]| wire::object::<wire::ChannelPage>(body).map(|r| r.value);
        let answer = match client.fetch(&ask, read).await {
            Err(e) if e.kind() == Kind::NotFound && is_behind(page, count) => break,
            answer => answer?,
        };
        count = answer.count.or(count);
        let rows = answer.results.unwrap_or_default();
        let is_last = rows.len() < PAGE || count.is_some_and(|n| n <= (page * PAGE) as u64);
        all.extend(rows);
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// Behind the last page is nothing (404). Anywhere else that is no end but a failure: on the first page, and on a later
/// one while fewer rows were told than there are. `count`: rows of all pages, if it was told.
fn is_behind(page: usize, count: Option<u64>) -> bool {
    page > 1 && count.is_none_or(|count| ((page - 1) * PAGE) as u64 >= count)
}

/// Asks for the version, which needs no credentials, and tells it.
pub(super) async fn ask_version(shared: &Shared) -> Result<(), Error> {
    let version = version(&shared.client).await?;
    let info = ServerInfo {
        machine_id: shared.outbox.id().into(),
        name: None,
        version: version.clone(),
        platform: None,
        platform_version: None,
        plex_pass: None,
        video_transcodes: None,
    };
    shared.outbox.send(Body::Info(info)).await;
    shared
        .version
        .send_if_modified(|old| std::mem::replace(old, version.clone()) != version);
    Ok(())
}

/// The version; who has none is no Dispatcharr.
pub(super) async fn version(client: &Client) -> Result<Option<Text>, Error> {
    let ask = Ask::get(Endpoint::Version, "/api/core/version/", VERSION_LIMIT).public();
    let read = |body: &[u8]| wire::object::<wire::Version>(body).map(|r| r.value);
    let version = client.fetch(&ask, read).await.map_err(|e| match e.kind() {
        Kind::NotFound | Kind::Unsupported => client.say(super::words::stranger(client.shown())),
        _ => e,
    })?;
    if version.version.is_none() {
        return Err(client.say(super::words::stranger(client.shown())));
    }
    Ok(version.version)
}

/// Completes what was told with what is still known from before.
fn publish(shared: &Shared, parts: &Parts) {
    let new = map::inventory(parts);
    shared.inventory.send_if_modified(|old| {
        let merged = merged(new, old.as_deref());
        let differs = old.as_deref() != Some(&merged);
        if differs {
            *old = Some(Arc::new(merged));
        }
        differs
    });
}

fn merged(new: Inventory, old: Option<&Inventory>) -> Inventory {
    let Some(old) = old else { return new };
    Inventory {
        channels: new.channels.or(old.channels),
        groups: new.groups.or(old.groups),
        accounts: new.accounts.or_else(|| old.accounts.clone()),
        epg_sources: new.epg_sources.or_else(|| old.epg_sources.clone()),
        users: new.users.or_else(|| old.users.clone()),
        channel_list: new.channel_list.or_else(|| old.channel_list.clone()),
        plugins: new.plugins.or_else(|| old.plugins.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_missing_is_the_end_only_behind_all_rows() {
        for (page, count, expected) in [
            (1, None, false),
            (1, Some(0), false),
            (2, None, true),
            (2, Some(1_000), true),
            (2, Some(1_001), false),
            (3, Some(1_500), true),
            (3, Some(2_001), false),
        ] {
            assert_eq!(is_behind(page, count), expected, "page {page} of {count:?} rows");
        }
    }

    #[test]
    fn a_part_that_was_not_told_stays_as_it_was() {
        let old = Inventory {
            channels: Some(5),
            groups: Some(2),
            users: Some(Vec::new()),
            ..Inventory::default()
        };
        let new = Inventory {
            channels: Some(6),
            ..Inventory::default()
        };
        let both = merged(new.clone(), Some(&old));
        assert_eq!((both.channels, both.groups), (Some(6), Some(2)));
        assert_eq!((both.users, both.accounts), (Some(Vec::new()), None));
        assert_eq!(merged(new.clone(), None), new);
    }
}
