//! The Python packages `tautulli` and `pytautulli` read a history of ours: every method that maps to a command.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use model::{
    Decision, Delivery, Item, ItemDetails, LibraryKind, LibraryRef, MediaKind, Player, Session, SourceMedia,
    State, User,
};

use crate::house::{NOW_S, fill, small_plex};
use crate::served::{KEY, Served, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_clients_find_everything() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tautulli-clients/bin/python");
    assert!(
        python.exists(),
        "{} is missing; `cargo xtask test` makes it",
        python.display()
    );
    let dir = tempfile::tempdir().unwrap();
    let history = open(dir.path(), "UTC");
    fill(&history).await;
    let served = Served::of(history, Timestamp::from_second(NOW_S).unwrap()).await;
    let _plex = small_plex(&served).await;
    served.plays(vec![film()]).await;
    for script in ["read_tautulli.py", "read_pytautulli.py"] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/tautulli")
            .join(script);
        let mut command = Command::new(&python);
        command.arg("-B").arg(&script).args([served.url.as_str(), KEY]);
        let out = tokio::task::spawn_blocking(move || command.output().expect("python starts"));
        let out = out.await.unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        let complained = String::from_utf8_lossy(&out.stderr);
        assert!(
            out.status.success() && said.contains("all read"),
            "{said}\n{complained}"
        );
    }
}

/// What plays now.
fn film() -> Session {
    Session {
        key: "7".into(),
        client_run: Some("run".into()),
        state: State::Playing,
        position_ms: Some(1_800_000),
        item: Arc::new(Item {
            rating_key: Some("1001".into()),
            guid: Some("plex://movie/1001".into()),
            kind: MediaKind::Movie,
            title: Some("Harbour".into()),
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            index: None,
            parent_index: None,
            year: Some(1999),
            duration_ms: Some(3_600_000),
            library: Some(LibraryRef {
                id: "1".into(),
                title: "Films".into(),
                kind: LibraryKind::Movie,
            }),
            thumb: Some("/library/metadata/1001/thumb/1".into()),
            live: None,
            extra: false,
            details: ItemDetails::default(),
        }),
        user: Some(User {
            id: Some("102".into()),
            name: "bert".into(),
        }),
        player: Arc::new(Player {
            title: Some("Den".into()),
            platform: Some("Roku".into()),
            location: Some("wan".into()),
            ..Player::default()
        }),
        source: Arc::new(SourceMedia::default()),
        delivery: Arc::new(Delivery {
            decision: Some(Decision::DirectPlay),
            bitrate_bps: Some(9_500_000),
            reserved_bps: Some(10_000_000),
            ..Delivery::default()
        }),
    }
}
