//! What any store must do, whatever keeps it: functions over a way to open one.

use std::path::Path;

use history::{Added, Error, History, Settings};
use model::{Record, SourceId};

use crate::build::{record, segment};

pub type Open = fn(&Path) -> History;

/// The store of today; a second one adds its own opener.
fn sqlite(dir: &Path) -> History {
    History::open(dir, Settings::default()).unwrap()
}

fn add(history: &History, records: impl IntoIterator<Item = Record>) -> Vec<Added> {
    let records: Vec<_> = records.into_iter().collect();
    let added = history.change(move |txn| records.iter().map(|r| txn.add(r)).collect::<Result<Vec<_>, _>>());
    added.wait().unwrap()
}

fn stored(history: &History, ids: &[u32]) -> Vec<(u32, u32, Record)> {
    let plays = history.read(|v| v.stored(ids)).unwrap();
    plays.into_iter().map(|p| (p.id, p.group_id, p.record)).collect()
}

fn plays_come_back_as_they_went(dir: &Path, open: Open) {
    let history = open(dir);
    let mut full = record(1);
    full.segments = vec![segment(0), segment(90_000)];
    let mut bare = record(2);
    bare.server = SourceId::from("cellar");
    bare.stopped_ms = None;
    bare.paused_ms = None;
    bare.view_offset_ms = None;
    bare.user_id = None;
    bare.user = None;
    bare.ip_address = None;
    bare.section_id = None;
    bare.client = std::sync::Arc::default();
    bare.stream = std::sync::Arc::default();
    bare.location = None;
    bare.secure = None;
    bare.relayed = None;
    bare.bandwidth_kbps = None;
    bare.quality_profile = None;
    bare.bytes = None;
    add(&history, [full.clone(), bare.clone()]);
    let expected = vec![(2, 2, bare), (1, 1, full)];
    assert_eq!(stored(&history, &[2, 9, 1]), expected);
    history.close();
    drop(history);
    assert_eq!(stored(&open(dir), &[2, 9, 1]), expected);
}

#[test]
fn sqlite_plays_come_back_as_they_went() {
    let dir = tempfile::tempdir().unwrap();
    plays_come_back_as_they_went(dir.path(), sqlite);
    let _ = Error::Closed;
}
