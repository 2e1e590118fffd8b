use super::*;

const OLD: &[Migration] = &[step(
    1,
    "0001_first",
    "CREATE TABLE play (id INTEGER PRIMARY KEY, title TEXT) STRICT;",
)];

const NEW: &[Migration] = &[
    OLD[0],
    step(
        2,
        "0002_second",
        "ALTER TABLE play ADD COLUMN year INTEGER; UPDATE play SET year = 1999;",
    ),
    step(3, "0003_third", "CREATE INDEX play_year ON play (year);"),
];

const fn step(number: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration { number, name, sql }
}

/// A database as an older version left it, with one play.
fn old(dir: &Path) -> (Connection, PathBuf) {
    let path = dir.join("history.db");
    let mut conn = Connection::open(&path).unwrap();
    migrate(&mut conn, &path, OLD).unwrap();
    conn.execute("INSERT INTO play VALUES (1, 'Amber Road')", [])
        .unwrap();
    (conn, path)
}

fn version(conn: &Connection) -> i64 {
    one(conn, "PRAGMA user_version").unwrap()
}

#[test]
fn an_older_database_is_copied_and_brought_forward() {
    let dir = tempfile::tempdir().unwrap();
    let (mut conn, path) = old(dir.path());
    assert!(
        !dir.path().join("history.db.before-0001").exists(),
        "there was nothing to copy"
    );
    migrate(&mut conn, &path, NEW).unwrap();
    assert_eq!(version(&conn), 3);
    assert_eq!(one::<i64>(&conn, "SELECT year FROM play").unwrap(), 1999);
    assert_eq!(
        one::<i64>(&conn, "SELECT count(*) FROM schema_migration").unwrap(),
        3
    );
    let copy = Connection::open(dir.path().join("history.db.before-0002")).unwrap();
    assert_eq!(version(&copy), 1);
    assert_eq!(
        one::<String>(&copy, "SELECT title FROM play").unwrap(),
        "Amber Road"
    );
    migrate(&mut conn, &path, NEW).unwrap();
    assert!(!dir.path().join("history.db.before-0004").exists());
}

#[test]
fn a_step_that_fails_leaves_the_database_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (mut conn, path) = old(dir.path());
    let broken = [
        OLD[0],
        NEW[1],
        step(3, "0003_broken", "CREATE TABLE half (x); DROP TABLE nothing;"),
    ];
    migrate(&mut conn, &path, &broken).unwrap_err();
    assert_eq!(version(&conn), 2, "the second step is whole");
    assert_eq!(
        one::<i64>(&conn, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'").unwrap(),
        0
    );
    migrate(&mut conn, &path, NEW).unwrap();
    assert_eq!(version(&conn), 3);
}

#[test]
fn a_step_that_leaves_loose_ends_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let (mut conn, path) = old(dir.path());
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    let loose = "CREATE TABLE mark (play_id INTEGER REFERENCES play (id)); INSERT INTO mark VALUES (9);";
    let error = migrate(&mut conn, &path, &[OLD[0], step(2, "0002_loose", loose)]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 rows point to nothing after 0002_loose"),
        "{error}"
    );
    assert_eq!(version(&conn), 1);
}

#[test]
fn changed_steps_newer_databases_and_strangers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut conn, path) = old(dir.path());
    let changed = [step(
        1,
        "0001_first",
        "CREATE TABLE play (id INTEGER PRIMARY KEY) STRICT;",
    )];
    let error = migrate(&mut conn, &path, &changed).unwrap_err();
    assert!(
        error.to_string().contains("another version of 0001_first"),
        "{error}"
    );

    migrate(&mut conn, &path, NEW).unwrap();
    let error = migrate(&mut conn, &path, OLD).unwrap_err();
    assert!(
        matches!(
            error,
            Error::FromTheFuture {
                found: 3,
                known: 1,
                ..
            }
        ),
        "{error}"
    );

    for (version, sql) in [(0, "CREATE TABLE users (id)"), (1, "CREATE TABLE users (id)")] {
        let path = dir.path().join(format!("stranger-{version}.db"));
        let mut conn = Connection::open(&path).unwrap();
        conn.execute_batch(sql).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        let error = migrate(&mut conn, &path, NEW).unwrap_err();
        assert!(error.to_string().contains("another program"), "{error}");
    }
}

#[test]
fn line_ends_do_not_change_a_checksum() {
    let unix = step(1, "a", "CREATE TABLE a (\n  id\n);\n");
    let dos = step(1, "a", "CREATE TABLE a (\r\n  id\r\n);\r\n");
    assert_eq!(unix.checksum(), dos.checksum());
    assert_ne!(unix.checksum(), step(1, "a", "CREATE TABLE a (id);").checksum());
}

#[test]
fn every_file_is_a_step_and_numbers_have_no_gaps() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let steps: Vec<_> = MIGRATIONS
        .iter()
        .map(|step| format!("{}.sql", step.name))
        .collect();
    assert_eq!(files, steps);
    for (at, step) in MIGRATIONS.iter().enumerate() {
        assert_eq!(step.number, i64::try_from(at).unwrap() + 1);
        assert!(
            step.name.starts_with(&format!("{:04}_", step.number)),
            "{}",
            step.name
        );
    }
}
