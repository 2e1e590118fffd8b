//! Random histories, for properties that compare a fast answer with a slow, obvious one.
//!
//! Times crowd around the days on which New York changes its clocks, and around midnight; plays overlap, have no
//! length, a negative one, or no known stop; people play on two servers, some of them unknown.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use model::{
    Decision, Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar,
    Section, SourceId, Text,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::columns::{ClientDim, Columns, ItemDim, LibraryDim, Location, NewRow, ViewerDim, Way};
use crate::rules::duration_s;
use crate::{History, Settings};

/// "Now" of every world: some days after the last play can begin.
pub(crate) const NOW_S: i64 = 1_794_000_000;

/// One play as it was told, pointing into the lists of its world.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) id: u32,
    pub(crate) group_id: u32,
    pub(crate) started_s: i64,
    pub(crate) stopped_s: Option<i64>,
    pub(crate) paused_s: Option<i64>,
    pub(crate) view_offset_ms: Option<i64>,
    pub(crate) item: usize,
    pub(crate) client: usize,
    pub(crate) ip: Option<Text>,
    pub(crate) viewer: usize,
    pub(crate) library: usize,
    pub(crate) way: Way,
    pub(crate) source_resolution: Option<Text>,
    pub(crate) stream_resolution: Option<Text>,
    pub(crate) location: Location,
    pub(crate) relayed: bool,
}

impl Raw {
    pub(crate) fn duration_s(&self) -> i64 {
        duration_s(self.started_s, self.stopped_s, self.paused_s.unwrap_or(0))
    }
}

/// A whole history, as raw rows and what they point to.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) zone: TimeZone,
    pub(crate) items: Vec<ItemDim>,
    pub(crate) clients: Vec<ClientDim>,
    pub(crate) viewers: Vec<ViewerDim>,
    pub(crate) libraries: Vec<LibraryDim>,
    pub(crate) people: Vec<Person>,
    /// By id.
    pub(crate) rows: Vec<Raw>,
}

impl World {
    pub(crate) fn columns(&self) -> Columns {
        let mut c = Columns::default();
        for person in &self.people {
            c.dims.set_person(person.clone());
        }
        for library in &self.libraries {
            c.dims.library(&library.server, library.section_id);
            if let Some(section) = &library.section {
                c.dims.set_section(&library.server, section.clone());
            }
        }
        for raw in &self.rows {
            let library = &self.libraries[raw.library];
            let new = NewRow {
                id: raw.id,
                group_id: raw.group_id,
                started_s: raw.started_s,
                stopped_s: raw.stopped_s,
                paused_s: raw.paused_s,
                view_offset_ms: raw.view_offset_ms,
                item: c.dims.item(self.items[raw.item].clone()),
                client: c.dims.client(self.clients[raw.client].clone()),
                ip: c.dims.word(raw.ip.as_ref()),
                viewer: c.dims.viewer(&self.viewers[raw.viewer]),
                library: c.dims.library(&library.server, library.section_id),
                way: raw.way,
                source_resolution: c.dims.resolution(raw.source_resolution.as_ref()),
                stream_resolution: c.dims.resolution(raw.stream_resolution.as_ref()),
                location: raw.location,
                relayed: raw.relayed,
            };
            c.push(&new).unwrap();
        }
        c
    }

    pub(crate) fn item(&self, raw: &Raw) -> &ItemDim {
        &self.items[raw.item]
    }

    pub(crate) fn client(&self, raw: &Raw) -> &ClientDim {
        &self.clients[raw.client]
    }

    pub(crate) fn viewer(&self, raw: &Raw) -> &ViewerDim {
        &self.viewers[raw.viewer]
    }

    pub(crate) fn library(&self, raw: &Raw) -> &LibraryDim {
        &self.libraries[raw.library]
    }

    /// As history is told of it, with the ids of the world.
    pub(crate) fn record(&self, raw: &Raw) -> Record {
        let (item, client) = (self.item(raw), self.client(raw));
        let decision = match raw.way {
            Way::Unknown => None,
            Way::DirectPlay => Some(Decision::DirectPlay),
            Way::Copy => Some(Decision::Copy),
            Way::Transcode => Some(Decision::Transcode),
        };
        let location = match raw.location {
            Location::Unknown => None,
            Location::Lan => text("lan"),
            Location::Wan => text("wan"),
            Location::Cellular => text("cellular"),
        };
        let ms = |s: i64| s * 1000;
        Record {
            server: self.library(raw).server.clone(),
            origin: Origin::Tautulli,
            origin_key: raw.id.to_string().into(),
            wanted_id: Some((i64::from(raw.id), i64::from(raw.group_id))),
            started_ms: ms(raw.started_s),
            stopped_ms: raw.stopped_s.map(ms),
            paused_ms: raw.paused_s.map(ms),
            buffering_ms: None,
            view_offset_ms: raw.view_offset_ms,
            user_id: self.viewer(raw).user_id,
            user: self.viewer(raw).name.clone(),
            ip_address: raw.ip.clone(),
            section_id: self.library(raw).section_id,
            item: Arc::new(record_item(item)),
            client: Arc::new(RecordClient {
                machine_id: client.machine_id.clone(),
                player: client.player.clone(),
                product: client.product.clone(),
                platform: client.platform.clone(),
                ..RecordClient::default()
            }),
            stream: Arc::new(RecordStream {
                decision,
                source_resolution: raw.source_resolution.clone(),
                stream_resolution: raw.stream_resolution.clone(),
                fields: Fields::new(),
            }),
            location,
            secure: None,
            relayed: Some(raw.relayed),
            bandwidth_kbps: None,
            quality_profile: None,
            bytes: None,
            segments: Vec::new(),
        }
    }

    /// Keeps the whole world in a new history in `dir`.
    pub(crate) fn history(&self, dir: &Path) -> History {
        let settings = Settings {
            time_zone: self.zone.clone(),
            ..Settings::default()
        };
        let history = History::open(dir, settings).unwrap();
        let world = self.clone();
        let kept = history.change(move |t| {
            for person in &world.people {
                t.set_person(person)?;
            }
            for library in &world.libraries {
                if let Some(section) = &library.section {
                    t.set_section(&library.server, section)?;
                }
            }
            for raw in &world.rows {
                t.add(&world.record(raw))?;
            }
            Ok(())
        });
        kept.wait().unwrap();
        history
    }

    /// The account of a play, if it is known.
    pub(crate) fn person(&self, raw: &Raw) -> Option<&Person> {
        let id = self.viewer(raw).user_id?;
        self.people.iter().find(|p| p.user_id == id)
    }
}

fn record_item(item: &ItemDim) -> RecordItem {
    RecordItem {
        kind: item.kind,
        live: item.live,
        rating_key: item.rating_key,
        parent_rating_key: item.parent_rating_key,
        grandparent_rating_key: item.grandparent_rating_key,
        guid: item.guid.clone(),
        title: item.title.clone(),
        parent_title: None,
        grandparent_title: item.grandparent_title.clone(),
        original_title: item.original_title.clone(),
        full_title: item.full_title.clone(),
        media_index: None,
        parent_media_index: None,
        year: item.year,
        duration_ms: item.duration_ms,
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: item.marker_credits_first_ms,
        marker_credits_final_ms: item.marker_credits_final_ms,
        extra: Fields::new(),
    }
}

/// Starts of UTC days near which something happens: clocks go forward and back in New York, a leap day, New Year,
/// and two ordinary days.
const DAYS_S: [i64; 7] = [
    1_772_928_000,                // 2026-03-08
    1_793_491_200,                // 2026-11-01
    1_709_164_800,                // 2024-02-29
    1_798_675_200 - 365 * 86_400, // 2025-12-31
    1_789_948_800,                // 2026-09-21
    1_789_862_400,                // 2026-09-20
    1_793_404_800,                // 2026-10-31
];

#[expect(clippy::unnecessary_wraps, reason = "whatever it fills may be absent")]
fn text(s: &str) -> Option<Text> {
    Some(s.into())
}

/// Kind, live, the three keys, title, title above, original title, year, length in ms.
type Told = (
    RecordKind,
    bool,
    [Option<i64>; 3],
    [Option<&'static str>; 3],
    Option<i64>,
    Option<i64>,
);

const FILM: Option<i64> = Some(5_000_000);

/// The first two are editions of one film, the third has their name; there are two shows of nearly one name.
const ITEMS: [Told; 12] = {
    use RecordKind::{Episode, Movie, Track};
    [
        (
            Movie,
            false,
            [Some(101), None, None],
            [Some("Amber Road"), None, None],
            Some(1999),
            FILM,
        ),
        (
            Movie,
            false,
            [Some(102), None, None],
            [Some("Amber Road"), None, None],
            Some(1999),
            FILM,
        ),
        (
            Movie,
            false,
            [Some(103), None, None],
            [Some("Amber Road"), None, None],
            Some(2020),
            None,
        ),
        (
            Movie,
            false,
            [Some(104), None, None],
            [Some("100% ünïcode_É"), None, None],
            None,
            Some(0),
        ),
        (
            Movie,
            true,
            [Some(105), None, None],
            [Some("Evening News"), None, None],
            None,
            None,
        ),
        (
            Episode,
            false,
            [Some(111), Some(110), Some(109)],
            [Some("One"), Some("Harbour"), None],
            Some(2001),
            FILM,
        ),
        (
            Episode,
            false,
            [Some(112), Some(110), Some(109)],
            [Some("Two"), Some("Harbour"), None],
            Some(2001),
            FILM,
        ),
        (
            Episode,
            false,
            [Some(122), Some(121), Some(120)],
            [Some("One"), Some("harbour"), None],
            None,
            FILM,
        ),
        (
            Episode,
            true,
            [Some(105), None, Some(131)],
            [Some("Late"), Some("Evening News"), None],
            None,
            None,
        ),
        (
            Track,
            false,
            [Some(141), Some(140), Some(139)],
            [Some("Tide"), Some("Various"), Some("Kelp")],
            None,
            Some(180_000),
        ),
        (
            Track,
            false,
            [Some(142), Some(140), Some(139)],
            [Some("Ebb"), Some("Various"), None],
            Some(1987),
            Some(200_000),
        ),
        (Episode, false, [None, None, None], [None, None, None], None, FILM),
    ]
};

fn items() -> Vec<ItemDim> {
    let item = |(store_id, told): (i64, &Told)| {
        let (kind, live, keys, titles, year, duration_ms) = *told;
        let title = titles[0].unwrap_or_default();
        ItemDim {
            store_id,
            kind,
            live,
            rating_key: keys[0],
            parent_rating_key: keys[1],
            grandparent_rating_key: keys[2],
            guid: Some(format!("plex://{}/{store_id}", kind.as_str()).into()),
            full_title: titles[1].map_or(title.into(), |above| format!("{above} - {title}").into()),
            title: titles[0].map(Into::into),
            grandparent_title: titles[1].map(Into::into),
            original_title: titles[2].map(Into::into),
            year,
            duration_ms,
            marker_credits_first_ms: (store_id % 3 == 1).then_some(4_000_000),
            marker_credits_final_ms: (store_id % 6 == 1).then_some(4_100_000),
        }
    };
    (11..).zip(&ITEMS).map(item).collect()
}

fn clients() -> Vec<ClientDim> {
    let client = |store_id, player, product, platform| ClientDim {
        store_id,
        player,
        product,
        platform,
        machine_id: Some(format!("m{store_id}").into()),
    };
    vec![
        client(1, text("Den"), text("Plex for TV"), text("tvOS")),
        client(2, text("Den"), text("Plex Web"), text("Firefox")),
        client(3, text("den"), text("Plex HTPC"), text("macos")),
        client(4, text("Phone"), None, text("osx")),
        client(5, None, None, None),
    ]
}

fn viewers() -> Vec<ViewerDim> {
    let viewer = |user_id, name: &str| ViewerDim {
        user_id,
        name: text(name),
    };
    vec![
        viewer(Some(7), "ada"),
        viewer(Some(7), "ada.old"),
        viewer(Some(8), "Bo"),
        viewer(Some(9), "cy"),
        viewer(Some(99), "ghost"),
        viewer(None, "nobody"),
    ]
}

fn people() -> Vec<Person> {
    let person = |user_id, username: &str, friendly: Option<&str>, deleted| Person {
        user_id,
        username: text(username),
        friendly_name: friendly.map(Into::into),
        thumb: None,
        fields: [("deleted_user".into(), Scalar::Int(deleted))]
            .into_iter()
            .collect(),
    };
    vec![
        person(0, "Local", None, 0),
        person(7, "ada", Some("Ada L"), 0),
        person(8, "Bo", Some("   "), 0),
        person(9, "cy", Some("ada l"), 1),
    ]
}

fn libraries() -> Vec<LibraryDim> {
    let library = |server: &str, section_id, name: Option<&str>, deleted| LibraryDim {
        server: SourceId::from(server),
        section_id,
        section: section_id.and_then(|section_id| {
            name.map(|name| Section {
                section_id,
                name: text(name),
                kind: text("movie"),
                fields: [("deleted_section".into(), Scalar::Int(deleted))]
                    .into_iter()
                    .collect(),
            })
        }),
    };
    vec![
        library("attic", Some(1), Some("Films"), 0),
        library("attic", Some(2), Some("Shows"), 0),
        library("cellar", Some(1), Some("Cellar"), 0),
        library("attic", Some(3), Some("Gone"), 1),
        library("cellar", Some(77), None, 0),
        library("attic", None, None, 0),
    ]
}

/// Numbers from which one row is made.
type Seed = (
    (usize, i64),
    (u8, i64, i64),
    (u8, u8, u8, u8),
    (u8, u8, u8),
    (bool, u8),
);

fn seed() -> impl Strategy<Value = Seed> {
    (
        (
            0..DAYS_S.len(),
            prop_oneof![-40_000..130_000_i64, (0..36_i64).prop_map(|h| h * 3600)],
        ),
        (0..12_u8, 0..9_000_i64, 0..3_000_i64),
        (0..12_u8, 0..5_u8, 0..6_u8, 0..6_u8),
        (0..4_u8, 0..4_u8, 0..4_u8),
        (any::<bool>(), 0..8_u8),
    )
}

fn raw(seed: Seed, before: &[Raw], viewers: &[ViewerDim], libraries: &[LibraryDim]) -> Raw {
    let ((day, offset_s), (shape, length_s, pause_s), (item, client, viewer, library), small, (join, far)) =
        seed;
    let started_s = DAYS_S[day] + offset_s;
    let id = before.last().map_or(10, |r| r.id + 1) + u32::from(shape == 6);
    let (stopped_s, paused_s) = match shape {
        0 => (None, None),
        1 => (Some(started_s), Some(0)),
        2 => (Some(started_s - 600), None),
        3 => (Some(started_s + length_s), Some(length_s + pause_s)),
        4 => (Some(started_s + 3600), None),
        // Over a midnight, or two.
        5 => (Some(started_s + 86_400 + length_s), Some(pause_s)),
        _ => (Some(started_s + length_s), Some(pause_s)),
    };
    let (viewer, library) = (usize::from(viewer), usize::from(library));
    let whose = |viewer: usize, library: usize| (viewers[viewer].user_id, &libraries[library].server);
    // A group stays with one account on one server; its first row may be gone, and its rows need not be alike.
    let group_id = before
        .iter()
        .rev()
        .filter(|b| whose(b.viewer, b.library) == whose(viewer, library))
        .nth(usize::from(far))
        .filter(|_| join)
        .map_or(if shape == 6 { id - 1 } else { id }, |b| b.group_id);
    Raw {
        id,
        group_id,
        started_s,
        stopped_s,
        paused_s,
        view_offset_ms: (small.0 != 0).then_some(length_s * 600),
        item: usize::from(item),
        client: usize::from(client),
        ip: [None, text("10.0.0.1"), text("10.0.0.2"), text("FE80::a")][usize::from(small.1)].clone(),
        viewer,
        library,
        way: [Way::Unknown, Way::DirectPlay, Way::Copy, Way::Transcode][usize::from(small.2)],
        source_resolution: [None, text("1080p"), text("4k"), text("SD")][usize::from(small.0)].clone(),
        stream_resolution: [None, text("720p"), text("720"), text("1080p")][usize::from(small.2)].clone(),
        location: [
            Location::Unknown,
            Location::Lan,
            Location::Wan,
            Location::Cellular,
        ][usize::from(small.1)],
        relayed: join && far == 0,
    }
}

/// A history of up to 60 plays, counted in New York, Kolkata or UTC.
pub(crate) fn world() -> impl Strategy<Value = World> {
    let zones = prop::sample::select(vec!["America/New_York", "Asia/Kolkata", "UTC"]);
    (zones, vec(seed(), 0..60)).prop_map(|(zone, seeds)| {
        let (viewers, libraries) = (viewers(), libraries());
        let mut rows = Vec::new();
        for seed in seeds {
            let row = raw(seed, &rows, &viewers, &libraries);
            rows.push(row);
        }
        World {
            zone: TimeZone::get(zone).unwrap(),
            rows,
            ..empty()
        }
    })
}

/// A world in which nothing was played yet.
pub(crate) fn empty() -> World {
    World {
        zone: TimeZone::UTC,
        items: items(),
        clients: clients(),
        viewers: viewers(),
        libraries: libraries(),
        people: people(),
        rows: Vec::new(),
    }
}
