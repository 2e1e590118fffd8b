//! Bytes the server says it sent: each counted once, whatever its clock says and however late its row comes.

use export::Profile;
use model::{Endpoint, Network as Way, ServerSnapshot};
use sim::plex::{Delivery, Network, Player, Quality, Seed, SessionSeed};

use crate::rig::{Rig, Setup};

fn sent(server: &ServerSnapshot) -> (u64, u64) {
    let of = |network| {
        server
            .transmitted_bytes
            .as_ref()
            .and_then(|all| all.get(&network).copied())
    };
    (of(Way::Lan).unwrap_or(0), of(Way::Wan).unwrap_or(0))
}

/// What the metrics say, in each naming, and that they agree.
fn scraped(rig: &Rig) -> (f64, f64) {
    let native = rig.native();
    let name = "media_transmit_bytes_total";
    let both = (
        native.value(name, &[("network", "lan")]),
        native.value(name, &[("network", "wan")]),
    );
    for (profile, name) in [
        (Profile::Cplieger, "plex_transmit_bytes_total"),
        (Profile::Cplieger202604, "plex_transmit_bytes_total"),
        (Profile::TimothyStewart6, "transmit_bytes_total"),
    ] {
        assert_eq!(rig.scrape(profile).value(name, &[]), both.0 + both.1, "{profile}");
    }
    both
}

#[tokio::test(start_paused = true)]
async fn bytes_count_once_however_often_the_server_repeats_them() {
    let rig = Setup::polling()
        .before(|world| world.add_bandwidth(1, 1, world.now_s() - 3, true, 77_777))
        .start()
        .await;
    assert_eq!(
        scraped(&rig),
        (0.0, 0.0),
        "what was sent before is not ours, and the counters begin at 0"
    );
    let now = rig.world.now_s();
    rig.world.add_bandwidth(1, 1, now, true, 1000);
    rig.world.add_bandwidth(2, 2, now, false, 500);
    rig.until("both rows", |s| sent(s) == (1000, 500)).await;
    // Without a new row, too, the server sends the old ones again.
    rig.asked(Endpoint::Bandwidth, 4).await;
    assert_eq!(scraped(&rig), (1000.0, 500.0));
}

#[tokio::test(start_paused = true)]
async fn a_second_that_still_grows_is_counted_whole() {
    let traffic = |seed| Seed {
        traffic: true,
        ..seed
    };
    let rig = Setup::polling().seed(traffic).start().await;
    let keys: Vec<String> = (0..12)
        .map(|n| {
            let film = SessionSeed::movie(format!("Film {n}")).player(Player::web(format!("web-{n}")));
            rig.world.start(if n % 3 == 0 {
                film.network(Network::Wan)
                    .delivery(Delivery::transcode(Quality::P720_4M))
            } else {
                film
            })
        })
        .collect();
    rig.asked(Endpoint::Bandwidth, 4).await;
    for key in &keys {
        rig.world.stop(key);
    }
    let (lan, wan) = rig.world.bandwidth_totals();
    assert!(lan > 100_000_000 && wan > 10_000_000, "{lan} {wan}");
    // The last rows come up to two seconds late.
    rig.pass(3.0).await;
    rig.asked(Endpoint::Bandwidth, 2).await;
    let (told_lan, told_wan) = scraped(&rig);
    assert_eq!((told_lan, told_wan), (lan as f64, wan as f64));
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_late_are_counted() {
    let rig = Setup::polling().start().await;
    let now = rig.world.now_s();
    rig.world.add_bandwidth(1, 1, now, true, 1000);
    rig.world.add_late_bandwidth(1, 2, now, true, 30, 25);
    rig.world.add_late_bandwidth(2, 3, now + 1, false, 7, 40);
    rig.until("the punctual row", |s| sent(s) == (1000, 0)).await;
    rig.pass(16.0).await;
    rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 100_000);
    rig.until("all rows", |s| sent(s) == (101_030, 7)).await;
    rig.asked(Endpoint::Bandwidth, 2).await;
    assert_eq!(scraped(&rig), (101_030.0, 7.0));
}

async fn skewed(skew_s: i64) {
    let rig = Setup::polling()
        .before(move |world| {
            world.set_clock_skew_s(skew_s);
            world.add_bandwidth(1, 1, world.now_s() - 2, true, 55_555);
        })
        .start()
        .await;
    rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 1000);
    rig.until("the first row", |s| sent(s) == (1000, 0)).await;
    rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 24);
    rig.until("the second row", |s| sent(s) == (1024, 0)).await;
    rig.asked(Endpoint::Bandwidth, 2).await;
    assert_eq!(scraped(&rig), (1024.0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_clock_is_behind_ours_loses_no_byte() {
    skewed(-7200).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_clock_is_ahead_of_ours_invents_no_byte() {
    skewed(7200).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_with_its_clock_an_hour_behind_is_counted_again() {
    let rig = Setup::polling().start().await;
    rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 1000);
    rig.until("the first row", |s| sent(s) == (1000, 0)).await;
    rig.world.restart();
    rig.until_down().await;
    rig.world.set_clock_skew_s(-3600);
    rig.world.finish_restart();
    rig.until_up().await;
    for _ in 0..30 {
        rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 24);
        rig.asked(Endpoint::Bandwidth, 1).await;
    }
    // Some minutes may be missed until the change is noticed; no byte may be counted twice.
    let (lan, _) = sent(&rig.server());
    assert!((1000 + 24..=1000 + 30 * 24).contains(&lan), "{lan}");
}

#[tokio::test(start_paused = true)]
async fn without_a_plex_pass_traffic_is_absent_not_zero() {
    let rig = Setup::polling().seed(Seed::without_pass).start().await;
    rig.world.add_bandwidth(1, 1, rig.world.now_s(), true, 1000);
    rig.looks(2).await;
    rig.native().none("media_transmit_bytes_total", &[]);
    rig.scrape(Profile::Cplieger)
        .none("plex_transmit_bytes_total", &[]);
    rig.scrape(Profile::Cplieger202604)
        .none("plex_transmit_bytes_total", &[]);
    rig.scrape(Profile::TimothyStewart6)
        .none("transmit_bytes_total", &[]);
}
