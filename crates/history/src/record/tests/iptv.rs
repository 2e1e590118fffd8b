//! The recorder with a stream manager: what it carries is on disk, what ended is kept once, a kill loses nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use model::iptv::{FeedRun, Iptv, ProfileId};
use model::{Ended, Snapshot};
use tokio::sync::{mpsc, watch};

use super::super::iptv::build::{at, run, server, snapshot, viewing, watched};
use super::super::{Figures, Policy, Recorder, Restored, Status, restore};
use crate::ask::iptv::{Filter, Paging, runs, viewings};
use crate::{History, Settings};

fn one() -> FeedRun {
    let run = run(1, 0, 60_000);
    let viewing = viewing("c1", &run, 0, 60_000);
    watched(run, vec![viewing])
}

async fn until(status: &Status, condition: impl Fn(&Figures) -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(20), async {
        while !condition(&status.figures()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    patience.await.expect("the recorder gets there");
}

fn restored(dir: &Path) -> Restored {
    let history = History::open(dir, Settings::default()).unwrap();
    let restored = restore(&history, &Policy::default(), |_| true).unwrap();
    assert_eq!(history.verify().unwrap().problems, Vec::<String>::new());
    history.close();
    restored
}

/// What a process leaves that dies now.
fn as_after_a_kill(dir: &Path) -> tempfile::TempDir {
    let left = tempfile::tempdir().unwrap();
    for name in ["history.db", "history.db-wal"] {
        std::fs::copy(dir.join(name), left.path().join(name)).unwrap();
    }
    left
}

fn shown(status: &Status, snapshot: &Arc<Snapshot>) -> Iptv {
    let settled = status.settle(snapshot.clone());
    settled.servers[0].iptv.as_deref().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_manager_is_recorded_from_start_to_end() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::open(dir.path(), Settings::default()).unwrap();
    let recorder = Recorder::new(
        history.clone(),
        Policy::default(),
        Clock::system(),
        &Restored::default(),
    );
    let status = recorder.status();
    let (snapshots, watching) = watch::channel(Arc::new(Snapshot::default()));
    let (ended, journal) = mpsc::channel(8);
    let task = tokio::spawn(recorder.run(watching, journal));

    let now = snapshot(server(vec![one()], 1));
    assert!(
        shown(&status, &now).providers.is_empty(),
        "nothing is on disk yet"
    );
    snapshots.send_replace(now.clone());
    until(&status, |f| (f.open_runs, f.open_viewings) == (1, 1)).await;
    let on_disk = shown(&status, &now);
    assert_eq!(on_disk.providers[&ProfileId(1)].connection_ms, 1);
    assert_eq!(on_disk.views.len(), 2);
    let more = snapshot(server(vec![one()], 9));
    assert_eq!(
        shown(&status, &more).providers,
        on_disk.providers,
        "9 is not on disk"
    );
    assert_eq!(shown(&status, &more).runs.len(), 1, "what runs is shown as it is");

    let killed = as_after_a_kill(dir.path());
    let path = killed.path().to_owned();
    let left = tokio::task::spawn_blocking(move || restored(&path))
        .await
        .unwrap();
    let carried = left.carried[0].iptv.as_ref().unwrap();
    assert_eq!(carried.runs, [one()]);
    assert_eq!(&carried.providers, &*on_disk.providers);

    let mut over = one();
    let mut viewing = (*over.viewings.remove(0)).clone();
    (over.ended_at, viewing.ended_at) = (Some(over.seen_at), Some(over.seen_at));
    for _ in 0..2 {
        ended
            .send(Ended::Viewing(Arc::new(viewing.clone())))
            .await
            .unwrap();
        ended.send(Ended::Run(Arc::new(over.clone()))).await.unwrap();
    }
    snapshots.send_replace(snapshot(server(Vec::new(), 2)));
    until(&status, |f| {
        (f.open_runs, f.open_viewings, f.waiting) == (0, 0, 0)
    })
    .await;
    let killed = as_after_a_kill(dir.path());
    drop(ended);
    task.await.unwrap();
    let check = move || {
        history.close();
        for dir in [dir, killed] {
            check_that_one_is_over(dir.path());
        }
    };
    tokio::task::spawn_blocking(check).await.unwrap();
}

fn check_that_one_is_over(dir: &Path) {
    let left = restored(dir);
    assert!(left.carried[0].iptv.as_ref().unwrap().runs.is_empty());
    let history = History::open(dir, Settings::default()).unwrap();
    let filter = Filter::default();
    let page = Paging {
        limit: 9,
        after: None,
    };
    let kept = history.read(|v| Ok((runs(v, &filter, page)?, viewings(v, &filter, page)?)));
    let (runs, viewings) = kept.unwrap();
    let end = Some(at(60_000).as_millisecond());
    let ends: Vec<_> = runs.items.iter().map(|r| r.stopped_ms).collect();
    assert_eq!(ends, [end]);
    let ends: Vec<_> = viewings.items.iter().map(|v| v.stopped_ms).collect();
    assert_eq!(ends, [end]);
    assert_eq!(viewings.items[0].run, runs.items[0].id);
    assert_eq!(history.columns().len(), 0, "they are no plays");
}
