use std::sync::Arc;

use model::{Health, LibraryKind, ServerSnapshot, Timestamp};

use super::*;
use crate::{History, Settings};

fn day(n: i8) -> Date {
    Date::constant(2026, 11, n)
}

fn library(id: &str, movies: Option<u64>, storage_bytes: Option<u64>) -> Library {
    Library {
        id: id.into(),
        title: "Films".into(),
        kind: LibraryKind::Movie,
        storage_bytes,
        duration_ms: None,
        refreshing: None,
        counts: movies
            .map(|items| ContentCount {
                kind: ContentKind::Movies,
                items,
            })
            .into_iter()
            .collect(),
    }
}

fn snapshot(libraries: Vec<Library>, health: Health) -> Snapshot {
    let mut server = ServerSnapshot::new("attic".into(), model::PLEX);
    server.health = health;
    server.libraries = Some(Arc::new(libraries));
    Snapshot {
        version: 1,
        servers: vec![Arc::new(server)],
    }
}

fn size(n: i8, movies: Option<u64>, storage_bytes: Option<u64>) -> LibrarySize {
    LibrarySize {
        server: "attic".into(),
        library: "1".into(),
        day: day(n),
        size: Size::of(&library("1", movies, storage_bytes)),
    }
}

#[test]
fn what_changed_is_due_and_everything_on_a_new_day() {
    let mut book = Book::default();
    let seen = snapshot(
        vec![library("1", Some(5), None), library("2", None, None)],
        Health::Up,
    );
    let due = book.due(&seen, day(1));
    assert_eq!(due, [size(1, Some(5), None)], "nothing is known of the second");
    assert_eq!(book.due(&seen, day(1)), due, "not before it is on disk");
    book.wrote(due);
    assert_eq!(book.due(&seen, day(1)), []);
    assert_eq!(book.due(&seen, day(2)), [size(2, Some(5), None)]);
    let grown = snapshot(vec![library("1", Some(6), Some(9))], Health::Up);
    assert_eq!(book.due(&grown, day(1)), [size(1, Some(6), Some(9))]);
    let down = Health::Down {
        kind: "timeout",
        message: "gone".into(),
        since: Timestamp::UNIX_EPOCH,
    };
    assert_eq!(
        book.due(&snapshot(vec![library("1", Some(6), None)], down), day(3)),
        []
    );
}

fn read(history: &History, from: Option<Date>, to: Option<Date>) -> Vec<(Date, Size)> {
    history
        .read(|v| sizes(v, &"attic".into(), &"1".into(), from, to))
        .unwrap()
}

#[test]
fn the_last_of_a_day_wins_and_unknown_leaves_what_was_known() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let write = |sizes: Vec<LibrarySize>| history.change(move |txn| keep(txn, &sizes)).wait().unwrap();
    write(vec![size(2, Some(5), Some(100)), size(1, Some(4), None)]);
    write(vec![size(2, Some(6), None)]);
    write(vec![size(2, None, Some(120))]);
    write(vec![size(4, None, Some(u64::MAX))]);
    let mut other = size(3, Some(7), None);
    other.library = "2".into();
    write(vec![other]);
    let known = |n, movies, storage| (day(n), Size::of(&library("1", movies, storage)));
    let all = [
        known(1, Some(4), None),
        known(2, Some(6), Some(120)),
        known(4, None, Some(i64::MAX.cast_unsigned())),
    ];
    assert_eq!(read(&history, None, None), all);
    assert_eq!(read(&history, Some(day(2)), Some(day(3))), all[1..2]);
    assert_eq!(read(&history, Some(day(3)), None), all[2..]);
    let nobody = history
        .read(|v| sizes(v, &"cabin".into(), &"1".into(), None, None))
        .unwrap();
    assert_eq!(nobody, []);
    history.close();
    let again = History::open(dir.path(), Settings::default()).unwrap();
    assert_eq!(read(&again, None, None), all);
}
