//! Killed at two hundred moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use crate::evening::{self, Chance};
use crate::house::{House, OnDisk, Running, client, scrape, until};

/// Together two hundred kills; side by side, since most of the time everybody waits.
const HOUSES: u64 = 4;
const KILLS: u32 = 50;

/// Series that must not go back.
const COUNTERS: [&str; 5] = [
    "media_plays_total",
    "media_play_seconds_total",
    "media_paused_seconds_total",
    "media_buffering_seconds_total",
    "media_estimated_transmit_bytes_total",
];

/// What was told so far, and may not be taken back.
#[derive(Debug, Default)]
struct Told {
    counters: BTreeMap<String, f64>,
    /// By id: plays that ended, as they were kept.
    ended: BTreeMap<String, (i64, Option<i64>)>,
    /// Ids of plays that ever stood on disk.
    on_disk: BTreeSet<String>,
    scrapes: u64,
}

impl Told {
    fn scraped(&mut self, samples: BTreeMap<String, f64>) {
        self.scrapes += 1;
        for (name, before) in &self.counters {
            let now = samples.get(name);
            assert!(
                now.is_some_and(|now| now >= before),
                "{name} went from {before} to {now:?}"
            );
        }
        let is_counter = |name: &String| COUNTERS.iter().any(|c| name.starts_with(&format!("{c}{{")));
        self.counters
            .extend(samples.into_iter().filter(|(name, _)| is_counter(name)));
    }

    fn found(&mut self, disk: &OnDisk) {
        let mut ended = BTreeMap::new();
        for record in &disk.ended {
            let stopped_ms = record.stopped_ms.unwrap();
            assert!(stopped_ms >= record.started_ms, "{record:?}");
            assert!(
                record.paused_ms.unwrap_or(0) <= stopped_ms - record.started_ms,
                "{record:?}"
            );
            let id = record.origin_key.to_string();
            let twice = ended.insert(id, (record.started_ms, record.stopped_ms));
            assert_eq!(twice, None, "{} is there twice", record.origin_key);
        }
        for (id, before) in &self.ended {
            assert_eq!(ended.get(id), Some(before), "{id} changed or is gone");
        }
        let open: BTreeSet<String> = disk.open.iter().map(|p| p.id.to_string()).collect();
        let both: Vec<_> = open.iter().filter(|id| ended.contains_key(*id)).collect();
        assert!(both.is_empty(), "{both:?} ended and run");
        for id in &self.on_disk {
            assert!(ended.contains_key(id) || open.contains(id), "{id} is lost");
        }
        self.on_disk.extend(open);
        self.on_disk.extend(ended.keys().cloned());
        self.ended = ended;
    }
}

/// Scrapes as fast as it is answered, until `stop`.
async fn watch_counters(running: &Running, told: &mut Told, stop: Arc<AtomicBool>) {
    let client = client();
    let mut url = None;
    while !stop.load(Ordering::SeqCst) {
        if url.is_none() {
            url = running.url();
        }
        if let Some(url) = &url
            && let Some(samples) = scrape(&client, url).await
        {
            told.scraped(samples);
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Most lives are short; some last long enough for everything to be written several times.
fn lifetime(chance: &mut Chance) -> Duration {
    let ms = match chance.below(10) {
        0..=5 => 20 + chance.below(400),
        6..=8 => 300 + chance.below(700),
        _ => 1_000 + chance.below(1_500),
    };
    Duration::from_millis(ms)
}

async fn house(seed: u64) -> (Told, usize) {
    let house = House::new().await;
    let mut chance = Chance::new(seed);
    let evening = tokio::spawn(evening::goes_on(house.plex.world(), Chance::new(seed + 1_000)));
    let mut told = Told::default();
    for _ in 0..KILLS {
        let running = house.start();
        let stop = Arc::new(AtomicBool::new(false));
        let (life, stopping) = (lifetime(&mut chance), stop.clone());
        let timer = tokio::spawn(async move {
            tokio::time::sleep(life).await;
            stopping.store(true, Ordering::SeqCst);
        });
        watch_counters(&running, &mut told, stop).await;
        timer.await.unwrap();
        running.kill();
        told.found(&house.on_disk().await);
    }
    evening.abort();
    let _ = evening.await;
    // A last, quiet life: what runs ends, and everything is written.
    let world = house.plex.world();
    let running = house.start();
    let url = running.until_url().await;
    let http = client();
    until("it looks", async || world.request_count("/status/sessions") > 0).await;
    for key in world.session_keys() {
        world.stop(&key);
    }
    until("nothing plays any more", async || {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        let is = |name: &str| samples.get(name) == Some(&0.0);
        let looked = samples.contains_key("media_server_up{server=\"attic\"}")
            && samples["media_server_up{server=\"attic\"}"] > 0.0;
        looked && is("projectionist_history_open_plays") && is("projectionist_history_waiting_plays")
    })
    .await;
    told.scraped(scrape(&http, &url).await.unwrap());
    running.stop().await;
    let disk = house.on_disk().await;
    told.found(&disk);
    assert!(disk.open.is_empty());
    let titles: BTreeSet<_> = disk.ended.iter().map(|r| r.item.full_title.clone()).collect();
    assert_eq!(titles.len(), disk.ended.len(), "no film was played twice");
    assert_eq!(
        disk.plays_counted,
        disk.ended.len() as u64,
        "each play is counted once"
    );
    (told, disk.ended.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_two_hundred_moments_nothing_written_is_lost_doubled_or_taken_back() {
    // In one task: the houses mostly wait.
    for (told, plays) in join_all((1..=HOUSES).map(house)).await {
        assert!(
            plays > 25 && told.scrapes > 100,
            "{plays} plays, {} scrapes",
            told.scrapes
        );
        assert!(told.counters.values().any(|v| *v > 0.0));
    }
}
