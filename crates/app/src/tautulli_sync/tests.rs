use std::collections::BTreeMap;
use std::time::Duration;

use base::Secret;
use history::{Settings, StoredPlay};
use rusqlite::Connection;
use serde_json::{Value, json};
use sim::tautulli::{Fault, Play, Seed, Tautulli};
use tempfile::TempDir;

use super::*;

const LENGTH_MS: i64 = 7_200_000;
const SOON: Duration = Duration::from_mins(1);

/// Films by two viewers; every fourth play goes on with the one before it.
fn plays(ids: std::ops::RangeInclusive<i64>) -> Vec<Play> {
    ids.map(|id| {
        let group = if id % 4 == 0 { id - 1 } else { id };
        let user = if group % 2 == 0 { (7, "ann") } else { (8, "bob") };
        let title = format!("Film {}", group % 9);
        let mut play = Play::movie(id, user, &title, 1_700_000_000 + id * 4000, 600, id % 80);
        play.row["reference_id"] = json!(group);
        play
    })
    .collect()
}

fn stream_data() -> Value {
    json!({
        "video_decision": "direct play", "video_full_resolution": "1080p",
        "stream_video_full_resolution": "1080p", "aspect_ratio": "1.78", "bitrate": 9000, "quality_profile": "",
        "media_type": "movie", "title": "", "grandparent_title": "", "original_title": "",
        "current_session": "", "pre_tautulli": "", "subtitle_codec": "",
    })
}

/// What a Tautulli holds that recorded these plays.
fn seed(plays: Vec<Play>) -> Seed {
    let streams = plays
        .iter()
        .map(|p| (p.row["id"].as_i64().unwrap(), stream_data()))
        .collect();
    let metadata: BTreeMap<String, Value> = plays
        .iter()
        .map(|p| {
            let told = json!({"section_id": "1", "duration": LENGTH_MS.to_string(), "markers": []});
            (p.row["rating_key"].to_string(), told)
        })
        .collect();
    Seed {
        plays,
        streams,
        metadata,
        ..Seed::default()
    }
}

/// The same plays as a database.
fn database(dir: &TempDir, plays: &[Play]) -> std::path::PathBuf {
    const HISTORY: &str = "reference_id started stopped paused_counter user_id user ip_address player product \
                           platform machine_id location secure relayed media_type rating_key \
                           parent_rating_key grandparent_rating_key";
    const ITEM: &str = "rating_key title full_title media_type year live guid thumb originally_available_at";
    let path = dir.path().join("tautulli.db");
    let conn = Connection::open(&path).unwrap();
    let columns = |list: &str| list.split_whitespace().collect::<Vec<_>>().join(", ");
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         CREATE TABLE session_history (id INTEGER PRIMARY KEY, {}, section_id, view_offset);
         CREATE TABLE session_history_metadata (id INTEGER PRIMARY KEY, {}, duration);
         CREATE TABLE session_history_media_info (id INTEGER PRIMARY KEY, video_decision, transcode_decision,
           video_full_resolution, stream_video_full_resolution, aspect_ratio, bitrate);
         BEGIN;",
        columns(HISTORY),
        columns(ITEM)
    ))
    .unwrap();
    for play in plays {
        let cell = |name: &str| match &play.row[name] {
            Value::Number(n) => n.to_string(),
            Value::String(s) => format!("'{}'", s.replace('\'', "''")),
            _ => "NULL".to_owned(),
        };
        let cells = |list: &str| list.split_whitespace().map(cell).collect::<Vec<_>>().join(", ");
        let id = &play.row["id"];
        let offset = play.row["percent_complete"].as_i64().unwrap() * LENGTH_MS / 100;
        conn.execute_batch(&format!(
            "INSERT INTO session_history VALUES ({id}, {}, {}, {offset});
             INSERT INTO session_history_metadata VALUES ({id}, {}, {LENGTH_MS});
             INSERT INTO session_history_media_info VALUES ({id}, 'direct play', 'direct play', '1080p', '1080p',
               '1.78', 9000);",
            cells(HISTORY),
            play.section_id,
            cells(ITEM)
        ))
        .unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
    path
}

/// A history in a directory of its own.
struct Room {
    dir: TempDir,
    history: History,
}

impl Room {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path(), Settings::default()).unwrap();
        Self { dir, history }
    }

    fn options(&self) -> import::Options {
        import::Options::new("attic".into(), self.dir.path(), Clock::system())
    }

    /// As imported from a file.
    fn of_file(plays: &[Play]) -> Self {
        let room = Self::new();
        let path = database(&room.dir, plays);
        tokio::task::block_in_place(|| import::run(&room.history, &path, &room.options(), &mut ())).unwrap();
        room
    }

    fn plays(&self) -> Vec<StoredPlay> {
        let all = |view: &history::View<'_>| {
            let ids: Vec<u32> = view.columns.rows().map(|row| view.columns.id(row)).collect();
            view.stored(&ids)
        };
        self.history.read(all).unwrap()
    }

    fn source(&self, tautulli: &Tautulli) -> tautulli::Config {
        tautulli::Config {
            api_key: Some(Secret::new(&Seed::default().api_key)),
            interval: Duration::from_millis(20),
            page_rows: 7,
            ..tautulli::Config::new(tautulli.url(), "attic".into(), self.dir.path())
        }
    }

    /// The last row of which it is known that none before it is missing.
    fn reached(&self) -> usize {
        let reached = import::reached(&self.history, &"attic".into()).unwrap();
        reached.map_or(0, |(id, _)| usize::try_from(id).unwrap())
    }

    /// Syncs until that many plays are here.
    async fn sync_until(&self, tautulli: &Tautulli, wanted: usize) {
        let cancel = CancellationToken::new();
        let task = tokio::spawn(run(
            self.source(tautulli),
            self.history.clone(),
            Status::default(),
            Clock::system(),
            Board::new(Clock::system()),
            cancel.clone(),
        ));
        let waiting = async {
            while self.history.columns().len() < wanted || self.reached() < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(SOON, waiting).await;
        cancel.cancel();
        task.await.unwrap();
        assert!(in_time.is_ok(), "{} of {wanted}", self.history.columns().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downloaded_database_gives_what_the_file_gives() {
    let plays = plays(1..=40);
    let file = Room::of_file(&plays);
    let bytes = std::fs::read(file.dir.path().join("tautulli.db")).unwrap();
    let tautulli = Tautulli::start(Seed {
        database: Some(bytes.into()),
        ..seed(plays)
    })
    .await
    .unwrap();
    let room = Room::new();
    room.sync_until(&tautulli, 40).await;
    assert_eq!(room.plays(), file.plays());
    let left: Vec<_> = std::fs::read_dir(room.dir.path())
        .unwrap()
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|name| name.contains("download"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "the download is gone");
    assert!(
        tautulli
            .seen()
            .iter()
            .all(|s| !s.key_in_url && s.method == "POST")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_give_what_the_file_gives() {
    let plays = plays(1..=40);
    let file = Room::of_file(&plays);
    let tautulli = Tautulli::start(seed(plays)).await.unwrap();
    let room = Room::new();
    room.sync_until(&tautulli, 40).await;
    assert_eq!(room.plays(), file.plays());
    let people = room.history.columns().dims.people().len();
    assert_eq!(people, 1, "as get_users told");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_history_is_over_too() {
    let tautulli = Tautulli::start(seed(Vec::new())).await.unwrap();
    let room = Room::new();
    let board = Board::new(Clock::system());
    let cancel = CancellationToken::new();
    let task = tokio::spawn(run(
        room.source(&tautulli),
        room.history.clone(),
        Status::default(),
        Clock::system(),
        board.clone(),
        cancel.clone(),
    ));
    let over = async {
        while board.all().iter().all(|import| import.ended_at.is_none()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(SOON, over).await;
    cancel.cancel();
    task.await.unwrap();
    let shown: Vec<_> = board.all().into_iter().map(|i| (i.state, i.added)).collect();
    assert!(in_time.is_ok(), "{shown:?}");
    assert_eq!(shown, [(web::setup::ImportState::Done, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_follows_and_a_restart_goes_on() {
    let tautulli = Tautulli::start(seed(plays(1..=10))).await.unwrap();
    let room = Room::new();
    room.sync_until(&tautulli, 10).await;
    let add = |last: i64| {
        let more = seed(plays(1..=last));
        tautulli.change(|s| (s.plays, s.streams, s.metadata) = (more.plays, more.streams, more.metadata));
    };
    add(15);
    let before = tautulli.seen().len();
    room.sync_until(&tautulli, 15).await;
    let asked: Vec<String> = tautulli.seen()[before..].iter().map(|s| s.cmd.clone()).collect();
    assert!(!asked.contains(&"download_database".to_owned()), "{asked:?}");
    let details = asked.iter().filter(|cmd| *cmd == "get_stream_data").count();
    assert_eq!(details, 5, "only for what is new");
    assert_eq!(room.plays(), Room::of_file(&plays(1..=15)).plays());
    // It fails for a while, in every way, and nothing is lost.
    for fault in [
        Fault::Raises,
        Fault::Html,
        Fault::Truncated,
        Fault::Status(502),
        Fault::Moved("/auth/login".to_owned()),
    ] {
        tautulli.fault("get_history", fault, 1);
        let last = i64::try_from(room.history.columns().len()).unwrap() + 1;
        add(last);
        room.sync_until(&tautulli, usize::try_from(last).unwrap()).await;
    }
    assert_eq!(room.plays(), Room::of_file(&plays(1..=20)).plays());
}
