//! Everything the server knows, under one lock.

use std::collections::{BTreeMap, HashMap};

use crate::plex::catalog::{Entry, Level, Library};
use crate::plex::item::{Item, Kind};
use crate::plex::names;
use crate::plex::playing::{Now, Playing};
use crate::plex::seed::{LibraryKind, Seed};
use crate::plex::session_seed::{PlayState, Player, User};
use crate::plex::shelf::Shelf;
use crate::plex::stats::{Sender, Stats, Work};
use crate::plex::value::Text;
use crate::plex::world::things::{Activity, Download, Release};

/// Rows of the play history kept.
const HISTORY: usize = 5_000;

/// Is the server up?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    Up,
    /// Every path answers 503 with this sentence.
    Starting(&'static str),
    /// The port is closed.
    Down,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Text,
    pub(crate) machine_id: Text,
    pub(crate) version: Text,
    pub(crate) token: Option<base::Secret>,
    pub(crate) plex_pass: bool,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) libraries: Vec<Library>,
    pub(crate) shelf: Shelf,
    pub(crate) sessions: BTreeMap<u64, Playing>,
    pub(crate) next_session: u64,
    pub(crate) accounts: BTreeMap<i64, Text>,
    pub(crate) devices: Vec<Device>,
    device_ids: HashMap<Text, i64>,
    pub(crate) items: HashMap<Text, Item>,
    next_item: u64,
    pub(crate) history: Vec<HistoryRow>,
    pub(crate) stats: Stats,
    pub(crate) downloads: BTreeMap<String, Download>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) update: Option<Release>,
    pub(crate) speed: f64,
    pub(crate) skew_s: i64,
    pub(crate) random: u64,
}

/// A row of `/devices`.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: i64,
    pub(crate) name: Text,
    pub(crate) platform: Text,
    pub(crate) machine_id: Text,
    pub(crate) created_s: i64,
}

/// A finished play.
#[derive(Clone, Debug)]
pub(crate) struct HistoryRow {
    pub(crate) id: u64,
    pub(crate) item: Item,
    pub(crate) library: Option<u32>,
    pub(crate) viewed_s: i64,
    pub(crate) account: i64,
    pub(crate) device: i64,
}

impl State {
    pub(crate) fn new(seed: &Seed, now_s: i64) -> Self {
        let libraries = seed
            .libraries
            .iter()
            .cloned()
            .zip(1..)
            .map(|(l, n)| Library::new(l, n))
            .collect();
        let mut state = Self {
            name: seed.name.clone(),
            machine_id: seed.machine_id.clone(),
            version: seed.version.clone(),
            token: Some(seed.token.clone()),
            plex_pass: seed.plex_pass,
            lifecycle: Lifecycle::Up,
            libraries,
            shelf: Shelf::new(&seed.shelf),
            sessions: BTreeMap::new(),
            next_session: 1,
            accounts: BTreeMap::from([(0, "".into())]),
            devices: Vec::new(),
            device_ids: HashMap::new(),
            items: HashMap::new(),
            next_item: 101,
            history: Vec::new(),
            stats: Stats::new(now_s, seed.random),
            downloads: BTreeMap::new(),
            activities: Vec::new(),
            update: None,
            speed: 1.0,
            skew_s: 0,
            random: seed.random,
        };
        for user in &seed.users {
            state.account(Some(user));
        }
        state.make_history(seed.history_rows, now_s);
        state
    }

    /// The account's number, made known on first sight; 0 for nobody.
    pub(crate) fn account(&mut self, user: Option<&User>) -> i64 {
        let Some(user) = user else { return 0 };
        self.accounts.entry(user.id).or_insert_with(|| user.name.clone());
        user.id
    }

    pub(crate) fn device(&mut self, player: &Player, now_s: i64) -> i64 {
        if let Some(id) = self.device_ids.get(&player.machine_id) {
            return *id;
        }
        let id = self.devices.last().map_or(1, |d| d.id + 1);
        self.devices.push(Device {
            id,
            name: player.title.clone(),
            platform: player.platform.clone(),
            machine_id: player.machine_id.clone(),
            created_s: now_s - 8_000_000,
        });
        self.device_ids.insert(player.machine_id.clone(), id);
        id
    }

    pub(crate) fn library(&self, id: u32) -> Option<&Library> {
        self.libraries.iter().find(|l| l.id == id)
    }

    /// The library an item belongs to, for kinds that belong to one.
    pub(crate) fn library_of(&self, item: &Item) -> Option<(u32, Text)> {
        let fits = |kind: LibraryKind| match item.kind {
            // A trailer lies beside its film.
            Kind::Movie | Kind::Trailer => kind == LibraryKind::Movie,
            Kind::Episode => kind == LibraryKind::Show,
            Kind::Track => kind == LibraryKind::Artist,
            Kind::Photo => kind == LibraryKind::Photo,
            Kind::Clip => matches!(kind, LibraryKind::HomeVideo | LibraryKind::Photo),
            Kind::Preroll | Kind::LiveTv => false,
        };
        let library = match item.library {
            Some(id) => self.library(id),
            None => self.libraries.iter().find(|l| fits(l.kind)),
        };
        library.map(|l| (l.id, l.title.clone()))
    }

    /// Gives an item the keys it lacks, and keeps it for `/library/metadata`.
    pub(crate) fn register(&mut self, mut item: Item) -> Item {
        if item.kind == Kind::LiveTv {
            let channel = item.channel.as_ref().map_or("", |c| &c.call_sign);
            let number = channel.bytes().fold(0, |a, b| a * 31 + u64::from(b));
            item.key
                .get_or_insert_with(|| format!("/livetv/sessions/{}", names::uuid(131, number)).into());
            return item;
        }
        if item.rating_key.is_none() {
            item.rating_key = Some(self.next_item.to_string().into());
            self.next_item += 1;
        }
        let number = item
            .rating_key
            .as_deref()
            .and_then(|k| k.parse::<u64>().ok())
            .unwrap_or(self.next_item);
        for (n, version) in item.versions.iter_mut().enumerate() {
            version
                .id
                .get_or_insert(2_000 + number % 100_000_000 * 10 + n as u64);
        }
        item.library = self.library_of(&item).map(|(id, _)| id);
        let above = |title: &Text| {
            let sum = title
                .bytes()
                .fold(0, |a: u64, b| a.wrapping_mul(131).wrapping_add(b.into()));
            Text::from((900_000 + sum % 100_000).to_string())
        };
        if item.parent_key.is_none() {
            item.parent_key = item.parent_title.as_ref().map(above);
        }
        if item.grandparent_key.is_none() {
            item.grandparent_key = item.grandparent_title.as_ref().map(above);
        }
        if let Some(key) = &item.rating_key
            && self.find_in_libraries(key).is_none()
        {
            self.items.insert(key.clone(), item.clone());
        }
        item
    }

    fn find_in_libraries(&self, key: &str) -> Option<(u32, Entry)> {
        self.libraries.iter().find_map(|l| Some((l.id, l.find(key)?)))
    }

    /// What a rating key names, with its library.
    pub(crate) fn find(&self, key: &str) -> Option<(Option<u32>, Entry)> {
        match self.items.get(key) {
            Some(item) => Some((item.library, Entry::Item(Box::new(item.clone())))),
            None => self.find_in_libraries(key).map(|(id, entry)| (Some(id), entry)),
        }
    }

    /// Makes traffic and load of the seconds that have passed.
    pub(crate) fn catch_up(&mut self, now: Now, traffic: bool) {
        if !self.stats.is_behind(now.wall_s) {
            return;
        }
        let up = self.lifecycle == Lifecycle::Up;
        let playing = || {
            self.sessions
                .values()
                .filter(|s| up && s.state == PlayState::Playing)
        };
        let mut senders: Vec<Sender> = Vec::new();
        if traffic {
            senders.extend(playing().filter_map(|s| {
                let kbps = s.sent_kbps()?;
                Some(Sender {
                    key: s.key,
                    account: s.account,
                    device: s.device,
                    lan: s.network.is_lan(),
                    kbps,
                })
            }));
        }
        let mut work = Work {
            sessions: senders.len(),
            ..Work::default()
        };
        for session in playing().filter(|s| s.delivery.transcodes_video()) {
            let busy = session.progress(now).is_some_and(|p| !p.throttled && !p.complete);
            let hardware = session
                .delivery
                .conversion()
                .is_some_and(|c| c.hw_encode.is_some());
            // A resting converter still costs a little of the hardware's share.
            if hardware || !busy {
                work.hardware += 1;
            } else {
                work.software += 1;
            }
        }
        work.software += self.downloads.len();
        work.scans = self.libraries.iter().filter(|l| l.refreshing).count();
        self.stats.catch_up(now.wall_s, &senders, work);
    }

    /// Writes a row if enough of the item was played, as the server does.
    pub(crate) fn finish(&mut self, playing: &Playing, now: Now) {
        let Some(duration) = playing.item.duration_ms else {
            return;
        };
        let counts = matches!(playing.item.kind, Kind::Movie | Kind::Episode | Kind::Track);
        if counts && playing.position_ms(now) * 10 >= duration * 9 {
            self.add_history(HistoryRow {
                id: 0,
                item: playing.item.clone(),
                library: playing.library.as_ref().map(|(id, _)| *id),
                viewed_s: now.wall_s,
                account: playing.account,
                device: playing.device,
            });
        }
    }

    pub(crate) fn add_history(&mut self, mut row: HistoryRow) {
        row.id = self.history.last().map_or(1, |r| r.id + 1);
        if self.history.len() == HISTORY {
            self.history.remove(0);
        }
        self.history.push(row);
    }

    /// Past plays of what the libraries hold.
    fn make_history(&mut self, rows: usize, now_s: i64) {
        let accounts: Vec<i64> = self.accounts.keys().copied().filter(|a| *a > 0).collect();
        for n in 0..rows as u64 {
            let found = self
                .libraries
                .iter()
                .filter(|l| !matches!(l.kind, LibraryKind::Photo | LibraryKind::HomeVideo));
            let libraries: Vec<&Library> = found.collect();
            let Some(library) = usize::try_from(names::pick(141, n, libraries.len().max(1) as u64))
                .ok()
                .and_then(|i| libraries.get(i))
            else {
                return;
            };
            let level = *library.levels().last().unwrap_or(&Level::Movie);
            let count = library.count(level).max(1);
            let index = u32::try_from(names::pick(142, n, count.into())).unwrap_or(0);
            let Entry::Item(item) = library.entry(level, index) else {
                return;
            };
            let id = library.id;
            let who = usize::try_from(names::pick(143, n, accounts.len().max(1) as u64)).unwrap_or(0);
            let ago = (rows as u64 - n) * 7_000 + names::pick(144, n, 5_000);
            let row = HistoryRow {
                id: 0,
                item: *item,
                library: Some(id),
                viewed_s: now_s - i64::try_from(ago).unwrap_or(0),
                account: accounts.get(who).copied().unwrap_or(1),
                device: 1,
            };
            self.add_history(row);
        }
    }
}
