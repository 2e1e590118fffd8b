//! The process is killed while it writes: what it said is kept must be there, once.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::child::Second;
use crate::conformance::{assert_sound, groups, sqlite};

const KILLS: u64 = 30;

#[test]
fn nothing_said_to_be_kept_is_lost_or_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let chance = RandomState::new();
    let mut said = HashMap::new();
    for kill in 0..KILLS {
        let mut second = Second::start("write", dir.path());
        assert_eq!(second.line().as_deref(), Some("open"));
        let (lines, spins) = (chance.hash_one(kill) % 60, chance.hash_one((kill, 0)) % 100_000);
        let mut note = |line: String| {
            let (key, id) = line.split_once(' ').unwrap();
            let before = said.insert(key.to_owned(), id.parse::<u32>().unwrap());
            assert_eq!(before, None, "{key} was kept twice");
        };
        for _ in 0..lines {
            note(second.line().unwrap());
        }
        for _ in 0..spins {
            std::hint::spin_loop();
        }
        second.kill();
        while let Some(line) = second.line() {
            note(line);
        }
        let history = sqlite(dir.path());
        if kill % 5 == 4 {
            assert_sound(&history);
        }
        let ids: Vec<_> = groups(&history).iter().map(|(id, _)| *id).collect();
        let kept: HashMap<_, _> = history
            .read(|v| v.stored(&ids))
            .unwrap()
            .into_iter()
            .map(|p| (p.record.origin_key.to_string(), p.id))
            .collect();
        assert_eq!(kept.len(), ids.len(), "no play is there twice");
        for (key, id) in &said {
            assert_eq!(kept.get(key), Some(id), "{key} after kill {kill}");
        }
        // What was kept but not said counts as said from here on.
        said = kept;
    }
    assert!(said.len() > 100, "{} plays are no test", said.len());
}
