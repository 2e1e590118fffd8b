//! The task: batches, order of publication, end.

use model::{Body, Event, Observation};
use tokio::sync::mpsc;

use super::build::{at, session};
use crate::{OBSERVATION_QUEUE, channel};

fn look(n: u64) -> Observation {
    Observation {
        source: "attic".into(),
        taken_at: at(n),
        mono_ms: n,
        body: Body::Sessions {
            sessions: vec![session("4", "10", n)],
            asked_mono_ms: n,
        },
    }
}

#[tokio::test]
async fn who_hears_an_event_finds_it_in_the_snapshot() {
    let (actor, live) = channel([("attic".into(), "plex")]);
    let (tx, rx) = mpsc::channel(OBSERVATION_QUEUE);
    let mut events = live.subscribe();
    let task = tokio::spawn(actor.run(rx));
    tx.send(look(0)).await.unwrap();
    let Event::PlayStarted(play) = events.recv().await.unwrap() else {
        panic!("a start first")
    };
    assert!(live.snapshot().plays().any(|p| p.id == play.id));
    drop(tx);
    task.await.unwrap();
}

#[tokio::test]
async fn everything_waiting_is_applied_before_the_end() {
    let (actor, live) = channel([("attic".into(), "plex")]);
    let (tx, rx) = mpsc::channel(OBSERVATION_QUEUE);
    for n in 0..1_000 {
        tx.try_send(look(n)).unwrap();
    }
    drop(tx);
    actor.run(rx).await;
    let snapshot = live.snapshot();
    assert_eq!(snapshot.version, 1_000);
    assert_eq!(snapshot.servers[0].plays[0].totals.played_ms, 999);
}
