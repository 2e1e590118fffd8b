//! What is played while nobody watches is on the server's own list, and described by its library.

use history::record::LIVE_SECTION;
use model::{Origin, Scalar};
use sim::plex::SessionSeed;

use crate::house::{House, client, scrape, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_before_and_between_is_filled_and_nothing_comes_twice() {
    let house = House::with(|seed| seed.history_rows = 40, "backfill = true").await;
    let world = house.plex.world();
    let http = client();
    let filled = async |url: &str, plays: f64| {
        until("the list is taken over", async || {
            let samples = scrape(&http, url).await.unwrap_or_default();
            samples.get("projectionist_history_kept_plays_total{origin=\"plex_history\"}") == Some(&plays)
        })
        .await;
    };
    // The very first start: all of it.
    let running = house.start();
    filled(&running.until_url().await, 40.0).await;
    // Seen to its end while we watch: the server lists it, and we have seen it ourselves.
    let film = world.pick(1, 3).unwrap();
    let length_ms = film.duration_ms.unwrap();
    let page = format!("/library/metadata/{}", film.rating_key.as_deref().unwrap());
    let asked_before = world.request_count(&page);
    let key = world.start(SessionSeed::of(film).position_ms(length_ms - 5_000));
    let url = running.url().unwrap();
    until("it is on disk, and its library has told of it", async || {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        samples.get("projectionist_history_open_plays") == Some(&1.0)
            && world.request_count(&page) > asked_before
    })
    .await;
    world.stop(&key);
    until("it is kept", async || {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        samples.get("projectionist_history_kept_plays_total{origin=\"recorded\"}") == Some(&1.0)
    })
    .await;
    running.stop().await;
    // While nobody watches, another one.
    let other = world.pick(1, 4).unwrap();
    let length_ms = other.duration_ms.unwrap();
    let key = world.start(SessionSeed::of(other.clone()).position_ms(length_ms - 5_000));
    world.stop(&key);
    let running = house.start();
    filled(&running.until_url().await, 1.0).await;
    running.stop().await;
    let disk = house.on_disk().await;
    assert_eq!(disk.ended.len(), 42);
    let last = disk.ended.last().unwrap();
    assert_eq!(last.origin, Origin::PlexHistory);
    assert_eq!(
        last.item.rating_key.map(|k| k.to_string()).as_deref(),
        other.rating_key.as_deref()
    );
    assert_eq!(last.view_offset_ms, last.item.duration_ms);
    let recorded = disk.ended.iter().find(|r| r.origin == Origin::Recorded).unwrap();
    let summary = recorded.item.extra.get("summary");
    assert!(
        matches!(summary, Some(Scalar::Text(text)) if !text.is_empty()),
        "{recorded:?}"
    );
    assert_eq!(
        recorded.view_offset_ms, recorded.item.duration_ms,
        "within 10 s of the end"
    );
    assert!(disk.ended.iter().all(|r| r.section_id != Some(LIVE_SECTION)));
}
