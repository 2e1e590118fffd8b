//! The task: batches, order of publication, end.

use model::iptv::Feed;
use model::{Body, Ended, Event, Observation};
use tokio::sync::mpsc;

use super::build::{at, session};
use super::iptv_build::{feed, viewer, watched};
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

/// Nobody takes anything from the journal until everything has happened.
async fn ends_of(looks: impl IntoIterator<Item = Observation>) -> (Vec<Ended>, u64) {
    let (mut actor, live) = channel([("attic".into(), "plex"), ("tuner".into(), model::DISPATCHARR)]);
    let mut journal = actor.journal();
    let (tx, rx) = mpsc::channel(OBSERVATION_QUEUE);
    let task = tokio::spawn(actor.run(rx));
    for look in looks {
        tx.send(look).await.unwrap();
    }
    drop(tx);
    let mut ended = Vec::new();
    while let Some(one) = journal.recv().await {
        ended.push(one);
    }
    task.await.unwrap();
    (ended, live.unkept())
}

fn feeds(n: u64, feeds: Vec<Feed>) -> Observation {
    Observation {
        source: "tuner".into(),
        body: Body::Feeds { feeds },
        ..look(n)
    }
}

/// Ten viewers of each.
fn channels(count: usize) -> Vec<Feed> {
    let ten = |key: &str| (0..10).map(|n| viewer(&format!("{key}-{n}"))).collect::<Vec<_>>();
    let keys = (0..count).map(|n| format!("{n:05}"));
    keys.map(|key| watched(&feed(&key), &ten(&key))).collect()
}

#[tokio::test]
async fn a_burst_of_ended_feeds_drops_nothing_and_leaves_plays_their_room() {
    // As many runs and viewings as a hundred managers have, and more.
    let mut looks = vec![look(0), feeds(1, channels(2_000)), feeds(2, Vec::new())];
    // Then plays end, one after the other.
    looks.extend((3..2_003).map(|n| Observation {
        body: Body::Sessions {
            sessions: vec![session("4", &n.to_string(), n)],
            asked_mono_ms: n,
        },
        ..look(n)
    }));
    let (ended, unkept) = ends_of(looks).await;
    let plays = ended.iter().filter(|e| matches!(e, Ended::Play(_))).count();
    assert_eq!((ended.len() - plays, plays, unkept), (22_000, 2_000, 0));
}

#[tokio::test]
async fn what_the_journal_has_no_room_for_is_counted_and_plays_are_not_among_it() {
    let looks = [
        look(0),
        feeds(1, channels(6_000)),
        feeds(2, Vec::new()),
        Observation {
            body: Body::Sessions {
                sessions: Vec::new(),
                asked_mono_ms: 3,
            },
            ..look(3)
        },
    ];
    let (ended, unkept) = ends_of(looks).await;
    let plays = ended.iter().filter(|e| matches!(e, Ended::Play(_))).count();
    assert_eq!(plays, 1);
    assert!(unkept > 0);
    assert_eq!(ended.len() as u64 + unkept, 66_001);
}
