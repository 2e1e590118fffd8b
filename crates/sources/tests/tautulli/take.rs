//! What is delivered, in which order, and what happens when it is not kept.

use std::time::Duration;

use base::{Kind, Secret};
use bytes::Bytes;
use serde_json::json;
use sim::tautulli::{Fault, Play, Seed, Tautulli};
use sources::tautulli::{Config, Delivery, Error, Kept, State, What, take};
use tokio::sync::mpsc;

fn config(tautulli: &Tautulli, dir: &std::path::Path) -> Config {
    Config {
        api_key: Some(Secret::new(&Seed::default().api_key)),
        timeout: Duration::from_secs(5),
        page_rows: 3,
        ..Config::new(tautulli.url(), "attic".into(), dir)
    }
}

fn plays(n: i64) -> Vec<Play> {
    (1..=n)
        .map(|id| Play::movie(id, (7, "ann"), "Silt", 1_700_000_000 + id * 1000, 600, 50))
        .collect()
}

/// Everything delivered in one look; `keep` says how many deliveries are acknowledged.
async fn look(
    cfg: &Config,
    state: &mut State,
    keep: usize,
) -> (Result<bool, Error>, Vec<(Vec<u8>, Vec<i64>)>) {
    let (out, mut deliveries) = mpsc::channel::<Delivery>(1);
    let taking = async {
        let taken = take(cfg, state, &out).await;
        drop(out);
        taken
    };
    let keeping = async {
        let (mut seen, mut reached) = (Vec::new(), None);
        while let Some(Delivery { what, kept }) = deliveries.recv().await {
            match what {
                What::Database(file) => {
                    seen.push((std::fs::read(file.path()).unwrap(), Vec::new()));
                    reached = Some((1, 1));
                }
                What::Rows(batch) => {
                    let ids = batch.records.iter().map(|r| r.wanted_id.unwrap().0).collect();
                    seen.push((Vec::new(), ids));
                    reached = batch.reached.last().copied().or(reached);
                }
            }
            if seen.len() <= keep {
                let _ = kept.send(Kept { reached });
            }
        }
        seen
    };
    tokio::join!(taking, keeping)
}

fn ids(seen: &[(Vec<u8>, Vec<i64>)]) -> Vec<i64> {
    seen.iter().flat_map(|(_, ids)| ids.iter().copied()).collect()
}

#[tokio::test]
async fn the_database_comes_first_and_in_one_piece() {
    let dir = tempdir("whole");
    let database: Vec<u8> = b"SQLite format 3\0"
        .iter()
        .copied()
        .chain(std::iter::repeat_n(7, 200_000))
        .collect();
    let tautulli = Tautulli::start(Seed {
        database: Some(Bytes::from(database.clone())),
        ..Seed::default()
    })
    .await
    .unwrap();
    let cfg = config(&tautulli, &dir);
    let mut state = State::default();
    let (taken, seen) = look(&cfg, &mut state, 9).await;
    assert!(taken.unwrap());
    assert_eq!(seen, [(database, vec![])]);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    // Larger than allowed, cut off: told, and nothing is left on the disk.
    let small = Config {
        download_limit: 100_000,
        ..cfg.clone()
    };
    for (cfg, fault) in [(&small, None), (&cfg, Some(Fault::Truncated))] {
        if let Some(fault) = fault {
            tautulli.fault("download_database", fault, 1);
            let (taken, _) = look(cfg, &mut State::default(), 9).await;
            assert_eq!(taken.unwrap_err().kind(), Kind::Unreachable);
        } else {
            // The pages are asked for instead: there are none.
            assert!(look(cfg, &mut State::default(), 9).await.0.unwrap());
        }
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn pages_come_by_id_and_again_until_they_are_kept() {
    let dir = tempdir("pages");
    let mut rows = plays(10);
    // Watched for long: it started first but was written last.
    rows[9].row["started"] = json!(1_700_000_500);
    rows[9].row["stopped"] = json!(1_700_020_000);
    let tautulli = Tautulli::start(Seed {
        plays: rows,
        ..Seed::default()
    })
    .await
    .unwrap();
    let cfg = config(&tautulli, &dir);
    let mut state = State::default();
    let (taken, _) = look(&cfg, &mut state, 2).await;
    assert!(!taken.unwrap(), "not kept");
    let (taken, seen) = look(&cfg, &mut state, usize::MAX).await;
    assert!(taken.unwrap());
    assert_eq!(ids(&seen), (1..=10).collect::<Vec<_>>());
    // Up to date: nothing is delivered, and the running play is no row.
    tautulli.change(|s| {
        let mut running = plays(1);
        running[0].row["id"] = json!(null);
        running[0].row["row_id"] = json!(null);
        running[0].row["started"] = json!(1_700_030_000);
        s.plays.extend(running);
    });
    let (taken, seen) = look(&cfg, &mut state, usize::MAX).await;
    assert!(taken.unwrap() && seen.is_empty());
    tautulli.change(|s| s.plays.push(plays(11).remove(10)));
    let (_, seen) = look(&cfg, &mut state, 0).await;
    assert_eq!(seen.len(), 1, "not kept, so it stops");
    let (_, seen) = look(&cfg, &mut state, usize::MAX).await;
    assert_eq!(ids(&seen), [11]);
}

#[tokio::test]
async fn what_is_gone_from_plex_finds_its_library_by_asking() {
    let dir = tempdir("gone");
    let tautulli = Tautulli::start(Seed {
        plays: plays(2),
        ..Seed::default()
    })
    .await
    .unwrap();
    let cfg = config(&tautulli, &dir);
    let (out, mut deliveries) = mpsc::channel::<Delivery>(1);
    let mut state = State::default();
    let keeping = async {
        let mut sections = Vec::new();
        while let Some(Delivery { what, kept }) = deliveries.recv().await {
            if let What::Rows(batch) = what {
                sections.extend(batch.records.iter().map(|r| r.section_id));
                let reached = batch.reached.last().copied();
                let _ = kept.send(Kept { reached });
            }
        }
        sections
    };
    let taking = async {
        take(&cfg, &mut state, &out).await.unwrap();
        drop(out);
    };
    let ((), sections) = tokio::join!(taking, keeping);
    assert_eq!(sections, [Some(1), Some(1)]);
}

/// A fresh directory for one test.
fn tempdir(name: &str) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("sources-tautulli-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
