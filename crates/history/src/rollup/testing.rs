//! Random histories with their sums kept, as the store keeps them.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use rusqlite::Connection;

use super::play::work_text;
use super::{NewPlay, rebuild, update};
use crate::columns::Columns;
use crate::rules::WatchedRule;
use crate::testing::{Raw, World};
use crate::{Settings, View};

const SCHEMA: &str = include_str!("../store/migrations/0001_history.sql");

/// Zones with changes at night, at midnight, by half an hour, by a day; and none.
const ZONES: [&str; 7] = [
    "America/New_York",
    "Asia/Kolkata",
    "UTC",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Pacific/Apia",
];

/// As [`crate::testing::world`], in more zones, with ends of batches in which its plays were added.
pub(crate) fn worlds() -> impl Strategy<Value = (World, Vec<usize>)> {
    let zone = prop::sample::select(&ZONES[..]);
    let batches = prop::collection::vec(1_usize..20, 0..60);
    (crate::testing::world(), zone, batches).prop_map(|(mut world, zone, batches)| {
        world.zone = TimeZone::get(zone).unwrap();
        (world, batches)
    })
}

/// A history and its file.
pub(crate) struct Kept {
    pub(crate) conn: Connection,
    pub(crate) columns: Columns,
    pub(crate) settings: Settings,
}

impl Kept {
    /// Adds the plays of `world` batch by batch, each in one change.
    pub(crate) fn step_by_step(world: &World, batches: &[usize]) -> Self {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(SCHEMA).unwrap();
        rebuild(&conn, &Columns::default(), &world.zone).unwrap();
        let mut kept = 0;
        let mut sizes = batches.iter().copied().chain(std::iter::repeat(1));
        while kept < world.rows.len() {
            let end = (kept + sizes.next().unwrap()).min(world.rows.len());
            let before = World {
                rows: world.rows[..kept].to_vec(),
                ..world.clone()
            };
            let added: Vec<_> = world.rows[kept..end]
                .iter()
                .map(|raw| new_play(world, raw))
                .collect();
            update(&conn, &before.columns(), &added, &world.zone).unwrap();
            kept = end;
        }
        Self {
            conn,
            columns: world.columns(),
            settings: Settings {
                time_zone: world.zone.clone(),
                watched: WatchedRule::default(),
            },
        }
    }

    pub(crate) fn view(&self) -> View<'_> {
        View {
            columns: &self.columns,
            settings: &self.settings,
            conn: &self.conn,
        }
    }

    pub(crate) fn make_stale(&self) {
        self.conn
            .execute("UPDATE meta SET value = 'stale' WHERE key = 'rollups'", [])
            .unwrap();
    }
}

fn new_play(world: &World, raw: &Raw) -> NewPlay {
    let item = world.item(raw);
    let library = world.library(raw);
    NewPlay {
        id: raw.id,
        group_id: raw.group_id,
        started_s: raw.started_s,
        stopped_s: raw.stopped_s,
        paused_s: raw.paused_s.unwrap_or(0),
        kind: item.kind,
        live: item.live,
        way: raw.way,
        location: raw.location,
        user_id: world.viewer(raw).user_id,
        platform: world.client(raw).platform.clone(),
        source_resolution: raw.source_resolution.clone(),
        stream_resolution: raw.stream_resolution.clone(),
        server: library.server.clone(),
        section_id: library.section_id,
        work: work_text(
            item.kind,
            &item.full_title,
            item.year,
            item.grandparent_title.as_deref(),
            item.original_title.as_deref(),
        ),
    }
}
