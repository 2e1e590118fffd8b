//! Everything that is not a playback: traffic, load, activities, downloads, updates, libraries.

use crate::plex::catalog::Library;
use crate::plex::frames::Frame;
use crate::plex::item::Item;
use crate::plex::names;
use crate::plex::seed::{Counts, LibraryKind, LibrarySeed};
use crate::plex::stats::HostLoad;
use crate::plex::value::{Node, Text};
use crate::plex::world::World;

/// Something the server is doing in the background.
#[derive(Clone, Debug)]
pub struct ActivitySeed {
    /// `library.update.section`, `media.generate.credits`, …: an open set.
    pub kind: Text,
    pub title: Text,
    pub subtitle: Text,
    /// 0 to 100, or −1 for unknown.
    pub progress: i64,
    pub library: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Activity {
    pub(crate) uuid: String,
    pub(crate) seed: ActivitySeed,
}

/// An item converted for a device to keep: in `/transcode/sessions`, not in `/status/sessions`.
#[derive(Clone, Debug)]
pub struct DownloadSeed {
    pub item: Item,
    /// Times real time.
    pub speed: f64,
    pub percent: f64,
    pub size_bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Download {
    pub(crate) seed: DownloadSeed,
    pub(crate) started_ms: u64,
}

/// A newer server version.
#[derive(Clone, Debug)]
pub struct Release {
    pub version: Text,
    /// available, downloading, downloaded, installing, tonight, skipped or error.
    pub state: Text,
}

impl World {
    /// Adds bytes sent in second `at` (epoch seconds, server's clock), listed from now on.
    pub fn add_bandwidth(&self, account: i64, device: i64, at: i64, lan: bool, bytes: u64) {
        self.lock()
            .stats
            .add_row(account, device, at, lan, bytes, i64::MIN);
    }

    /// Adds bytes of second `at` that the server lists only `late_s` seconds after it.
    pub fn add_late_bandwidth(&self, account: i64, device: i64, at: i64, lan: bool, bytes: u64, late_s: i64) {
        self.lock()
            .stats
            .add_row(account, device, at, lan, bytes, (at + late_s) * 1000);
    }

    /// Bytes of all rows made so far, listed or still to come: (LAN, others).
    pub fn bandwidth_totals(&self) -> (u64, u64) {
        self.current().0.stats.totals
    }

    /// Epoch seconds on the server's clock.
    pub fn now_s(&self) -> i64 {
        let state = self.lock();
        self.moment(&state).wall_s
    }

    /// Fixes the load of the machine; `None` lets it follow the work again.
    pub fn set_host(&self, load: Option<HostLoad>) {
        self.current().0.stats.pin(load);
    }

    /// Starts a background activity and returns its uuid.
    pub fn add_activity(&self, seed: ActivitySeed) -> String {
        let (mut state, now) = self.current();
        let count = state.activities.len() as u64;
        let uuid = names::uuid(161, now.mono_ms ^ count << 40 ^ state.random);
        self.send(Frame::activity(
            "started",
            &uuid,
            activity_node(&uuid, &seed, false),
        ));
        state.activities.push(Activity {
            uuid: uuid.clone(),
            seed,
        });
        uuid
    }

    pub fn update_activity(&self, uuid: &str, progress: i64, subtitle: impl Into<Text>) {
        let mut state = self.lock();
        if let Some(activity) = state.activities.iter_mut().find(|a| a.uuid == uuid) {
            activity.seed.progress = progress;
            activity.seed.subtitle = subtitle.into();
            self.send(Frame::activity(
                "updated",
                uuid,
                activity_node(uuid, &activity.seed, false),
            ));
        }
    }

    pub fn end_activity(&self, uuid: &str) {
        let mut state = self.lock();
        if let Some(at) = state.activities.iter().position(|a| a.uuid == uuid) {
            let mut activity = state.activities.remove(at);
            activity.seed.progress = 100;
            self.send(Frame::activity(
                "ended",
                uuid,
                activity_node(uuid, &activity.seed, false),
            ));
        }
    }

    /// Converts an item for download; returns the converter's key.
    pub fn start_download(&self, seed: DownloadSeed) -> String {
        let (mut state, now) = self.current();
        let key = names::hex(162, now.mono_ms ^ (state.downloads.len() as u64) << 40, 40);
        state.downloads.insert(
            key.clone(),
            Download {
                seed,
                started_ms: now.mono_ms,
            },
        );
        key
    }

    pub fn end_download(&self, key: &str) {
        self.current().0.downloads.remove(key);
    }

    /// Announces a newer version, or that there is none.
    pub fn set_update(&self, release: Option<Release>) {
        if let Some(r) = &release {
            self.send(Frame::update(&r.version, &r.state));
        }
        self.lock().update = release;
    }

    /// Number and kind of every library, in order.
    pub fn libraries(&self) -> Vec<(u32, LibraryKind)> {
        self.lock().libraries.iter().map(|l| (l.id, l.kind)).collect()
    }

    /// Changes how many things a library holds.
    pub fn set_counts(&self, library: u32, change: impl FnOnce(&mut Counts)) {
        if let Some(l) = self.lock().libraries.iter_mut().find(|l| l.id == library) {
            change(&mut l.counts);
        }
    }

    pub fn set_refreshing(&self, library: u32, refreshing: bool) {
        let mut state = self.lock();
        let Some(l) = state.libraries.iter_mut().find(|l| l.id == library) else {
            return;
        };
        if std::mem::replace(&mut l.refreshing, refreshing) && !refreshing {
            self.send(Frame::status("Library scan complete", "LIBRARY_UPDATE"));
        }
    }

    pub fn add_library(&self, seed: LibrarySeed) {
        let mut state = self.lock();
        let position = state.libraries.iter().map(|l| l.id).max().unwrap_or(0) + 1;
        state.libraries.push(Library::new(seed, position));
    }

    pub fn remove_library(&self, library: u32) {
        self.lock().libraries.retain(|l| l.id != library);
    }

    pub fn rename_library(&self, library: u32, title: impl Into<Text>) {
        if let Some(l) = self.lock().libraries.iter_mut().find(|l| l.id == library) {
            l.title = title.into();
        }
    }

    /// Sends what a scan sends for one new item.
    pub fn notify_scanned(&self, library: u32, item: &str, title: &str) {
        self.send(Frame::timeline(library, item, 1, title));
    }

    /// Forgets an item: its metadata is 404 from now on.
    pub fn delete_item(&self, rating_key: &str) {
        self.lock().items.remove(rating_key);
    }
}

/// `listed`: as an entry of `/activities`; else as the object inside a notification.
pub(crate) fn activity_node(uuid: &str, seed: &ActivitySeed, listed: bool) -> Node {
    let node = if listed {
        Node::new("Activity")
    } else {
        Node::single("Activity")
    };
    let node = node
        .attr("uuid", uuid.to_owned())
        .attr("type", &seed.kind)
        .attr("cancellable", false)
        .attr("userID", 1)
        .attr("title", &seed.title)
        .attr("subtitle", &seed.subtitle)
        .attr("progress", seed.progress);
    match seed.library {
        Some(id) => node.child(
            Node::single("Context")
                .attr("key", format!("/library/sections/{id}"))
                .attr("librarySectionID", id.to_string()),
        ),
        None => node,
    }
}
