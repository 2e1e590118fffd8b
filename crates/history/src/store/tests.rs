//! What only the inside can bring about: limits and a writer of one's own.

use rusqlite::Connection;

use crate::{Error, History, Settings};

fn pages(conn: &Connection, limit: i64) -> Result<(), Error> {
    super::open::pragma(conn, "max_page_count", limit)
}

/// Runs on every machine, where the test with a small disk needs the right to make one.
#[test]
fn a_full_file_is_told_and_survived() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let fill = |key: &'static str| {
        let long = "x".repeat(1 << 20);
        history.change(move |txn| txn.set_meta(key, &long)).wait()
    };
    fill("before").unwrap();
    history.job(|writer| pages(&writer.conn, 400)).wait().unwrap();
    let error = fill("too much").unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert_eq!(history.read(|v| v.meta("too much")).unwrap(), None);
    history.change(|txn| txn.set_meta("little", "1")).wait().unwrap();
    history.job(|writer| pages(&writer.conn, 1 << 30)).wait().unwrap();
    fill("too much").unwrap();
    assert!(history.read(|v| v.meta("before")).unwrap().is_some());
}

/// A change that goes on after a statement failed must not keep the rest of itself.
#[test]
fn a_change_cannot_hide_that_a_step_failed() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    history.job(|writer| pages(&writer.conn, 60)).wait().unwrap();
    let change = history.change(|txn| {
        // Both ignored.
        let first = txn.set_meta("a", &"x".repeat(1 << 20));
        let second = txn.set_meta("b", "1");
        assert!(
            first.is_err() && matches!(second, Err(Error::TakenBack)),
            "{second:?}"
        );
        Ok(())
    });
    assert!(matches!(change.wait(), Err(Error::TakenBack)));
    history.change(|txn| txn.set_meta("c", "1")).wait().unwrap();
    let meta = |key| history.read(|v| v.meta(key)).unwrap();
    assert_eq!(
        (meta("a"), meta("b"), meta("c")),
        (None, None, Some("1".to_owned()))
    );
}

/// The log goes into the file while plays are written, and is gone when the history is closed.
#[test]
fn the_log_does_not_grow_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    for n in 0..60 {
        let long = n.to_string().repeat(1 << 19);
        history
            .change(move |txn| txn.set_meta("long", &long))
            .wait()
            .unwrap();
    }
    // All that was said to the writer is done once it has answered this.
    history.job(|_| Ok(())).wait().unwrap();
    let log = dir.path().join("history.db-wal");
    let bytes = std::fs::metadata(&log).unwrap().len();
    assert!(bytes < 24 << 20, "{bytes} bytes of 60 MB written");
    history.close();
    assert!(!log.exists());
}

#[test]
fn a_question_goes_on_beside_a_long_change() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let change = history.change(move |_| ended.recv().map_err(|_| Error::Closed));
    assert_eq!(history.read(|view| Ok(view.columns.len())).unwrap(), 0);
    end.send(()).unwrap();
    change.wait().unwrap();
}
