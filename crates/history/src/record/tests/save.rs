//! What is written when, without a store.

use std::sync::Arc;

use model::{
    Carried, CounterMap, Counters, Ended, Library, LibraryKind, Play, ServerSnapshot, Snapshot, State,
};

use super::super::build::{at, counter_key, film, with};
use super::super::save::{Book, REFRESH_AFTER_MS, Save};

fn snapshot(plays: &[Play], plays_counted: u64) -> Arc<Snapshot> {
    let mut server = ServerSnapshot::new("attic".into(), "plex");
    server.plays = plays.iter().cloned().map(Arc::new).collect();
    let counters = Counters {
        plays: plays_counted,
        ..Counters::default()
    };
    if plays_counted > 0 {
        server.counters = Arc::new(CounterMap::from([(counter_key(), counters)]));
    }
    Arc::new(Snapshot {
        version: 1,
        servers: vec![Arc::new(server)],
    })
}

fn commit(book: &mut Book, snapshot: &Arc<Snapshot>, mono_ms: u64) -> Save {
    let save = book.plan(snapshot, mono_ms, 100);
    book.committed(&save, mono_ms);
    save
}

#[test]
fn a_new_play_is_urgent_and_progress_is_not() {
    let mut book = Book::default();
    let play = film("4", "10");
    let now = snapshot(std::slice::from_ref(&play), 1);
    assert!(book.is_urgent(&now));
    let save = commit(&mut book, &now, 0);
    assert_eq!(
        (save.open.len(), save.counters.len(), book.open_count()),
        (1, 1, 1)
    );
    assert!(!book.is_urgent(&now) && book.plan(&now, 1_000, 100).is_empty());

    let later = snapshot(&[with(&play, |s| s.position_ms = Some(3_605_000))], 1);
    assert!(!book.is_urgent(&later));
    assert!(
        book.plan(&later, 1_000, 100).open.is_empty(),
        "not before its time"
    );
    assert_eq!(book.plan(&later, REFRESH_AFTER_MS, 100).open.len(), 1);
    for change in [
        with(&play, |s| s.state = State::Paused),
        with(&play, |s| Arc::make_mut(&mut s.delivery).decision = None),
        with(&play, |s| s.user = None),
        with(&play, |s| Arc::make_mut(&mut s.item).title = None),
        Play {
            counted: false,
            ..play.clone()
        },
        Play {
            segments: Arc::default(),
            ..play.clone()
        },
    ] {
        assert!(book.is_urgent(&snapshot(&[change], 1)));
    }
}

#[test]
fn a_failed_write_is_planned_again_and_a_good_one_is_not() {
    let mut book = Book::default();
    book.ended(Ended::Play(Arc::new(film("4", "10"))));
    book.ended(Ended::Play(Arc::new(film("5", "11"))));
    let now = snapshot(&[], 2);
    assert_eq!(book.plan(&now, 0, 100).closed.len(), 2);
    assert_eq!(book.plan(&now, 0, 100).counters.len(), 1, "nothing was committed");
    let save = book.plan(&now, 0, 1);
    book.committed(&save, 0);
    assert_eq!((book.waiting(), save.closed[0].session.key.as_str()), (1, "4"));
    let save = commit(&mut book, &now, 0);
    assert_eq!((book.waiting(), save.closed[0].session.key.as_str()), (0, "5"));
    assert!(save.counters.is_empty() && book.plan(&now, 0, 100).is_empty());
}

#[test]
fn a_play_whose_end_got_lost_is_closed_after_a_while() {
    let carried = |plays| Carried {
        source: "attic".into(),
        plays,
        counters: CounterMap::new(),
        estimated_bytes: 0,
        transmitted_bytes: None,
        iptv: None,
    };
    let mut book = Book::new(&[carried(vec![film("4", "10"), film("5", "11")])]);
    assert_eq!(book.open_count(), 2);
    let five = snapshot(&[film("5", "11")], 0);
    assert!(commit(&mut book, &five, 0).closed.is_empty());
    assert!(commit(&mut book, &five, 59_999).closed.is_empty());
    let closed = commit(&mut book, &five, 60_000).closed;
    assert_eq!(closed[0].session.key.as_str(), "4");
    // One whose server has not appeared has more time.
    let nobody = Arc::new(Snapshot::default());
    assert!(commit(&mut book, &nobody, 100_000).closed.is_empty());
    assert!(commit(&mut book, &nobody, 160_000).closed.is_empty());
    assert_eq!(commit(&mut book, &nobody, 700_000).closed.len(), 1);
    assert_eq!(book.open_count(), 0);
}

#[test]
fn a_play_that_comes_back_is_not_missing() {
    let mut book = Book::default();
    let one = snapshot(&[film("4", "10")], 0);
    commit(&mut book, &one, 0);
    commit(&mut book, &snapshot(&[], 0), 10_000);
    commit(&mut book, &one, 50_000);
    assert!(commit(&mut book, &snapshot(&[], 0), 75_000).closed.is_empty());
    assert!(commit(&mut book, &snapshot(&[], 0), 134_000).closed.is_empty());
    assert_eq!(commit(&mut book, &snapshot(&[], 0), 135_000).closed.len(), 1);
}

#[test]
fn news_of_a_server_are_written_once_and_that_it_was_seen_every_minute() {
    let mut book = Book::default();
    let mut server = ServerSnapshot::new("attic".into(), "plex");
    let now = |server: &ServerSnapshot| {
        Arc::new(Snapshot {
            version: 1,
            servers: vec![Arc::new(server.clone())],
        })
    };
    assert!(
        commit(&mut book, &now(&server), 0).is_empty(),
        "nothing is known yet"
    );
    server.last_success_at = Some(at(0));
    assert_eq!(commit(&mut book, &now(&server), 0).servers.len(), 1);
    server.last_success_at = Some(at(59_000));
    assert!(commit(&mut book, &now(&server), 0).is_empty());
    server.last_success_at = Some(at(60_000));
    assert_eq!(commit(&mut book, &now(&server), 0).servers.len(), 1);
    server.libraries = Some(Arc::new(vec![Library {
        id: "1".into(),
        title: "Movies".into(),
        kind: LibraryKind::Movie,
        storage_bytes: None,
        duration_ms: None,
        refreshing: None,
        counts: Vec::new(),
    }]));
    assert!(commit(&mut book, &now(&server), 0).servers[0].libraries);
    assert!(commit(&mut book, &now(&server), 0).is_empty());
    server.estimated_bytes = 5;
    assert!(commit(&mut book, &now(&server), 0).servers[0].sums);
}
