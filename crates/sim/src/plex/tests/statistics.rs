//! Bandwidth rows, host load, activities, updates: with a hand-moved clock.

use base::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::House;
use crate::plex::{ActivitySeed, Delivery, HostLoad, Network, Quality, Release, Seed, SessionSeed};

const START_S: i64 = 1_763_000_000;

async fn clocked() -> (House, Clock) {
    let clock = Clock::manual(Timestamp::from_second(START_S).unwrap());
    let seed = Seed {
        report_every: None,
        ..Seed::default()
    }
    .clock(clock.clone());
    (House::new(seed).await, clock)
}

async fn rows(house: &House, filter: &str) -> Vec<Value> {
    let container = house
        .container(&format!("/statistics/bandwidth?timespan=6{filter}"))
        .await;
    let rows = container["StatisticsBandwidth"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(container["size"], rows.len());
    rows
}

fn sum(rows: &[Value]) -> u64 {
    rows.iter().map(|r| r["bytes"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn traffic_follows_what_plays() {
    let (house, clock) = clocked().await;
    let world = house.world();
    assert_eq!(rows(&house, "").await, [] as [Value; 0]);
    world.start(SessionSeed::movie("A").bandwidth_kbps(9_000));
    let wan = SessionSeed::movie("B").user(7, "Ida").network(Network::Wan);
    let wan = world.start(wan.delivery(Delivery::transcode(Quality::P720_2M)));
    clock.advance(60_000);
    world.pause(&wan);
    clock.advance(5_000);
    let (lan_total, wan_total) = world.bandwidth_totals();
    let all = rows(&house, "").await;
    assert_eq!(sum(&all), lan_total + wan_total, "everything has come in");
    // 2 Mbit/s for a minute.
    assert!((12_000_000..18_000_000).contains(&wan_total), "{wan_total}");
    assert!(lan_total > wan_total * 3);
    let container = house.container("/statistics/bandwidth?timespan=6").await;
    assert_eq!(container["Account"].as_array().unwrap().len(), 2);
    assert_eq!(container["Device"][0]["clientIdentifier"], "web-marlo");
    clock.advance(30_000);
    assert_eq!(
        world.bandwidth_totals().1,
        wan_total,
        "a paused session sends nothing"
    );
}

#[tokio::test]
async fn rows_grow_come_late_and_are_filtered() {
    let (house, clock) = clocked().await;
    let world = house.world();
    world.add_bandwidth(1, 2, START_S - 100, true, 10);
    world.add_bandwidth(7, 3, START_S - 3, false, 500);
    world.add_late_bandwidth(7, 3, START_S - 1, false, 70, 4);
    assert_eq!(sum(&rows(&house, "").await), 510);
    assert_eq!(sum(&rows(&house, &format!("&at%3E={}", START_S - 10)).await), 500);
    assert_eq!(
        sum(&rows(&house, &format!("&at>={}", START_S - 99).replace('>', "%3E")).await),
        500
    );
    assert_eq!(sum(&rows(&house, "&accountID=1").await), 10);
    assert_eq!(sum(&rows(&house, "&lan=0").await), 500);
    clock.advance(3_000);
    assert_eq!(sum(&rows(&house, "&lan=0").await), 570, "the late row has come");
    clock.advance(60_000);
    assert_eq!(
        sum(&rows(&house, "").await),
        570,
        "the oldest row has left the window"
    );
}

#[tokio::test]
async fn the_server_may_have_another_clock() {
    let (house, clock) = clocked().await;
    house.world().set_clock_skew_s(-3_600);
    house.world().start(SessionSeed::movie("A"));
    clock.advance(30_000);
    let newest = rows(&house, "")
        .await
        .iter()
        .map(|r| r["at"].as_i64().unwrap())
        .max()
        .unwrap();
    assert!((START_S - 3_600..START_S - 3_500).contains(&newest), "{newest}");
}

#[tokio::test]
async fn load_rises_with_software_conversion() {
    let (house, clock) = clocked().await;
    let world = house.world();
    let resources =
        async || house.container("/statistics/resources?timespan=6").await["StatisticsResources"].take();
    let idle = resources().await;
    let idle = idle.as_array().unwrap();
    assert_eq!(idle.len(), 27);
    let at: Vec<i64> = idle.iter().map(|r| r["at"].as_i64().unwrap()).collect();
    assert!(at.windows(2).all(|w| w[1] - w[0] == 5), "{at:?}");
    for n in 0..4 {
        world.start(SessionSeed::movie(format!("{n}")).delivery(Delivery::burn().speed(1.1)));
    }
    clock.advance(10_000);
    let busy = resources().await;
    let newest = |rows: &Value| rows[26]["processCpuUtilization"].as_f64().unwrap();
    assert!(
        newest(&busy) > newest(&json!(idle)) + 20.0,
        "{} {}",
        newest(&busy),
        newest(&json!(idle))
    );
    let pinned = HostLoad {
        host_cpu: 12.5,
        process_cpu: 3.25,
        host_memory: 50.0,
        process_memory: 1.5,
    };
    world.set_host(Some(pinned));
    assert_eq!(resources().await[26]["hostCpuUtilization"], 12.5);
}

#[tokio::test]
async fn without_a_pass_or_a_timespan_there_is_nothing() {
    let house = House::new(Seed::default().without_pass().still()).await;
    let owner = house.plex.token().to_owned();
    assert_eq!(
        house
            .status("/statistics/resources?timespan=6", Some(&owner))
            .await
            .0,
        404
    );
    house.world().set_plex_pass(true);
    assert_eq!(
        house
            .status("/statistics/resources?timespan=6", Some(&owner))
            .await
            .0,
        200
    );
    assert_eq!(house.status("/statistics/bandwidth", Some(&owner)).await.0, 400);
    assert_eq!(
        house.container("/statistics/resources?timespan=4").await,
        json!({ "size": 0 })
    );
}

#[tokio::test]
async fn activities_updates_and_libraries_come_and_go() {
    let house = House::still().await;
    let world = house.world();
    let uuid = world.add_activity(ActivitySeed {
        kind: "media.generate.credits".into(),
        title: "Detecting Credits".into(),
        subtitle: "An episode".into(),
        progress: -1,
        library: Some(2),
    });
    world.update_activity(&uuid, 40, "Another");
    let activity = house.container("/activities").await["Activity"][0].take();
    assert_eq!(
        (&activity["uuid"], &activity["progress"]),
        (&json!(uuid), &json!(40))
    );
    assert_eq!(activity["Context"]["librarySectionID"], "2");
    world.end_activity(&uuid);
    assert_eq!(house.container("/activities").await["size"], 0);

    assert!(house.container("/updater/status").await.get("Release").is_none());
    world.set_update(Some(Release {
        version: "1.44.0".into(),
        state: "available".into(),
    }));
    assert_eq!(
        house.container("/updater/status").await["Release"][0]["version"],
        "1.44.0"
    );

    world.set_refreshing(1, true);
    world.set_counts(1, |c| c.movies = 413);
    world.remove_library(4);
    world.rename_library(3, "Records");
    let sections = house.container("/library/sections").await["Directory"].take();
    assert_eq!(sections[0]["refreshing"], true);
    assert_eq!(
        (sections.as_array().unwrap().len(), &sections[2]["title"]),
        (3, &json!("Records"))
    );
    assert_eq!(house.container("/library/sections/1/all").await["size"], 413);
}
