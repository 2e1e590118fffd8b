//! Collections counted from the command line: by the instance that runs, or by the command itself.

use std::sync::Arc;

use history::collections::{SnapshotFilter, snapshots};
use history::{History, Settings};
use model::{Fields, Origin, Record, RecordClient, RecordItem, RecordKind, RecordStream};
use sim::plex::{CollectionSeed, Fault, LibrarySeed, Plex, Promoted, Seed, ShelfSeed, Shelved};

use crate::support::{Home, closed_port, get, json, until};

const NEVER: &str = "[collections]\ninterval_hours = 0\n[history]\nbackfill = false\n";

async fn server() -> Plex {
    let film = |key: u64| Shelved::new(1, key, "movie", format!("Film {key}"));
    let shelf = ShelfSeed {
        items: (1..=4).map(film).collect(),
        collections: vec![
            CollectionSeed::new(1, 100, "Sea")
                .members([1, 2])
                .promoted(Promoted::EVERYWHERE),
            CollectionSeed::new(1, 101, "Land").members([3, 4]),
        ],
        ..ShelfSeed::default()
    };
    let seed = Seed::default()
        .still()
        .shelf(shelf)
        .libraries(vec![LibrarySeed::movies("Films", 0)]);
    Plex::start(seed).await
}

/// A play of an hour that ended yesterday.
fn play(key: i64) -> Record {
    let stopped_ms = base::Clock::system().now().as_millisecond() - 86_400_000;
    let item = RecordItem {
        kind: RecordKind::Movie,
        live: false,
        rating_key: Some(key),
        parent_rating_key: None,
        grandparent_rating_key: None,
        guid: None,
        title: None,
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        full_title: format!("Film {key}").into(),
        media_index: None,
        parent_media_index: None,
        year: None,
        duration_ms: None,
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: Fields::default(),
    };
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: key.to_string().into(),
        wanted_id: None,
        started_ms: stopped_ms - 3_600_000,
        stopped_ms: Some(stopped_ms),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: None,
        user_id: Some(7),
        user: Some("wren".into()),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(item),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream::default()),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

fn open(home: &Home) -> History {
    let dir = home.path().join("data");
    std::fs::create_dir_all(&dir).unwrap();
    History::open(&dir, Settings::default()).unwrap()
}

/// A home whose history holds plays of three films.
fn home(plex: &Plex, listen: &str) -> Home {
    let home = Home::new();
    let history = open(&home);
    let kept = history.change(|txn| {
        [1, 2, 3]
            .iter()
            .try_for_each(|key| txn.add(&play(*key)).map(drop))
    });
    kept.wait().unwrap();
    history.close();
    home.write(
        "projectionist.toml",
        &format!(
            "listen = \"{listen}\"\n{NEVER}[[plex]]\nid = \"attic\"\nurl = \"{}\"\ntoken = \"{}\"\n",
            plex.url(),
            plex.token()
        ),
    );
    home
}

fn kept(home: &Home) -> usize {
    let history = open(home);
    let filter = SnapshotFilter {
        limit: 100,
        ..SnapshotFilter::default()
    };
    let found = history.read(|v| snapshots(v, &filter)).unwrap().len();
    history.close();
    found
}

const LINES: &str = "attic: Films: Land: 1 play of 30 days, 1 h 00 min, 1 user, 1 of 2 items watched\n\
                     attic: Films: Sea: 2 plays of 30 days, 2 h 00 min, 1 user, 2 of 2 items watched\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_instance_the_command_counts_itself() {
    let plex = server().await;
    let listen = format!("127.0.0.1:{}", closed_port());
    let home = tokio::task::block_in_place(|| home(&plex, &listen));
    let ended = home.start(&["collections", "collect"], &[]).ended().await;
    assert_eq!(
        (ended.code(), ended.out.as_str()),
        (Some(0), LINES),
        "{}",
        ended.err
    );
    let one = [
        "collections",
        "collect",
        "--name",
        "Sea",
        "--window-days",
        "1",
        "--rotation",
        "r1",
    ];
    let ended = home.start(&one, &[]).ended().await;
    assert!(
        ended.out.starts_with("attic: Films: Sea: ") && ended.out.lines().count() == 1,
        "{ended:?}"
    );
    let unknown = ["collections", "collect", "--name", "Nothing"];
    let ended = home.start(&unknown, &[]).ended().await;
    assert_eq!(ended.code(), Some(1));
    assert!(
        ended
            .err
            .contains("not counted: no collection that fits is called \"Nothing\""),
        "{}",
        ended.err
    );

    plex.world().fault(Fault::Refuse.on("/"));
    let ended = home.start(&["collections", "collect"], &[]).ended().await;
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert!(
        ended.err.contains("closed the connection") && ended.out.is_empty(),
        "{ended:?}"
    );
    assert!(!(ended.out + &ended.err).contains(plex.token()));
    let kept = tokio::task::spawn_blocking(move || kept(&home)).await.unwrap();
    assert_eq!(kept, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_instance_that_runs_counts() {
    let plex = server().await;
    let port = closed_port();
    let home = tokio::task::block_in_place(|| home(&plex, &format!("127.0.0.1:{port}")));
    let running = home.start(&["run"], &[]);
    let url = format!("http://127.0.0.1:{port}");
    until("it serves", async || get(&format!("{url}/ready")).await.0 == 200).await;
    let ended = home.start(&["collections", "collect"], &[]).ended().await;
    assert_eq!(
        (ended.code(), ended.out.as_str()),
        (Some(0), LINES),
        "{}",
        ended.err
    );
    let body = json(&format!("{url}/api/v1/collections")).await;
    assert_eq!(body["collections"][1]["title"], "Sea");
    assert_eq!(body["collections"][1]["latest"]["plays"], 2);
    assert_eq!(body["collections"][1]["visibility"]["own_home"], true);
    let one = json(&format!("{url}/api/v1/collections/attic/100")).await;
    assert_eq!(one["total"]["duration_s"], 7200);
    assert_eq!(one["users"][0]["name"], "wren");
    running.signal("-TERM");
    assert_eq!(running.ended().await.code(), Some(0));
}
