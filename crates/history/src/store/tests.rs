//! What only the inside can bring about: limits and a writer of one's own.

use std::time::Duration;

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

/// The longest a test waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_change_that_the_columns_do_not_show_waits_for_no_reader() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let reader = history.columns();
    let (tell, told) = std::sync::mpsc::channel();
    let change = history.change(|txn| {
        let sql = "INSERT INTO iptv_text (text) VALUES ('a')";
        txn.conn.execute(sql, []).map_err(Error::sql("a test"))
    });
    std::thread::spawn(move || tell.send(change.wait().unwrap()));
    assert_eq!(
        told.recv_timeout(PATIENCE),
        Ok(1),
        "while a reader holds the columns"
    );
    drop(reader);
}

#[test]
fn a_question_to_the_store_alone_waits_for_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let (begin, begun) = std::sync::mpsc::channel::<()>();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let locked = history.job(move |writer| {
        let _columns = writer.columns.write();
        begin.send(()).map_err(|_| Error::Closed)?;
        ended.recv().map_err(|_| Error::Closed)
    });
    begun.recv_timeout(PATIENCE).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let asked = history.clone();
    std::thread::spawn(move || tell.send(asked.read_store(|view| Ok(view.servers()?.len())).unwrap()));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(0));
    end.send(()).unwrap();
    locked.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn long_questions_to_the_store_hold_up_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let mut ends = Vec::new();
    let mut long = Vec::new();
    for _ in 0..9 {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        ends.push(end);
        let history = history.clone();
        long.push(tokio::spawn(async move {
            history
                .ask_store(move |_| Ok(ended.recv().is_err()))
                .await
                .unwrap()
        }));
    }
    let other = history.ask(|view| Ok(view.columns.len()));
    assert_eq!(tokio::time::timeout(PATIENCE, other).await.unwrap().unwrap(), 0);
    drop(ends);
    for question in long {
        assert!(question.await.unwrap());
    }
}

fn schema(conn: &Connection) -> Vec<Option<String>> {
    let mut all = conn
        .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
        .unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// A history of the first version, with plays in it, as that version left it.
#[test]
fn a_history_of_the_first_version_is_taken_over_with_its_plays() {
    use crate::record::build::record;
    let dir = tempfile::tempdir().unwrap();
    let plays = |history: &History| {
        let ids: Vec<u32> = {
            let columns = history.columns();
            columns.rows().map(|row| columns.id(row)).collect()
        };
        history.read(|view| view.stored(&ids)).unwrap()
    };
    let history = History::open(dir.path(), Settings::default()).unwrap();
    history.change(|txn| txn.add(&record())).wait().unwrap();
    let before = plays(&history);
    assert_eq!(before.len(), 1);
    history.close();
    let path = dir.path().join(super::FILE_NAME);
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP TABLE open_feed; DROP TABLE feed_segment; DROP TABLE feed_run; DROP TABLE viewing;
         DROP TABLE iptv_channel; DROP TABLE iptv_text; DROP TABLE iptv_provider_counter;
         DROP TABLE iptv_view_counter; DROP TABLE library_size;
         DELETE FROM schema_migration WHERE number > 1; PRAGMA user_version = 1;",
    )
    .unwrap();
    let mut first = Connection::open_in_memory().unwrap();
    super::migrate::migrate(&mut first, &path, &super::migrate::MIGRATIONS[..1]).unwrap();
    assert_eq!(schema(&old), schema(&first), "so the first version left it");
    drop(old);

    let history = History::open(dir.path(), Settings::default()).unwrap();
    assert_eq!(plays(&history), before);
    assert_eq!(history.columns().len(), 1);
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
    let copy = Connection::open(dir.path().join("history.db.before-0002")).unwrap();
    assert_eq!(schema(&copy), schema(&first));
    let runs: i64 = history
        .read(|view| {
            let count = view
                .conn
                .query_row("SELECT count(*) FROM feed_run", [], |row| row.get(0));
            Ok(count.unwrap())
        })
        .unwrap();
    assert_eq!(runs, 0);
}

/// What the tables of stream managers do not declare is looked at all the same.
#[test]
fn loose_ends_of_stream_managers_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let run = crate::record::iptv::build::run(1, 0, 1);
    crate::record::iptv::build::keep(&history, vec![run], Default::default());
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
    let damage = history.change(|txn| {
        let sql = "DELETE FROM iptv_text WHERE text = 'provider'; UPDATE feed_run SET span = 0; DELETE FROM iptv_channel";
        txn.conn.execute_batch(sql).map_err(Error::sql("a test"))
    });
    damage.wait().unwrap();
    assert_eq!(
        history.verify().unwrap().problems,
        [
            "1 rows of feed_run point to no iptv_channel",
            "1 rows of feed_segment point to no iptv_text",
            "1 rows of feed_run are neither over nor running",
        ]
    );
}
