//! Against the servers themselves.

use base::Kind;
use export::sinks::influx::check;

use super::super::servers::{ADMIN, Influxd, VictoriaMetrics};
use super::*;

fn at_url(url: String) -> Config {
    Config {
        id: "real".to_owned(),
        url,
        ..Config::default()
    }
}

fn as_admin(influxd: &Influxd) -> Config {
    Config {
        user: Some(ADMIN.0.to_owned()),
        password: Some(Secret::new(ADMIN.1)),
        ..at_url(influxd.url())
    }
}

async fn count(influxd: &Influxd, database: &str, measurement: &str) -> u64 {
    let query = format!("SELECT count(v) FROM \"{measurement}\"");
    influxd.number(database, &query).await
}

#[tokio::test]
async fn the_database_is_made_once_the_password_is_right() {
    let influxd = Influxd::start_with_auth().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    std::fs::write(&file, "not it\n").unwrap();
    let config = Config {
        database: "odd \"name\"; all".to_owned(),
        password: None,
        password_file: Some(file.clone()),
        ..as_admin(&influxd)
    };
    let e = check(&config).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Unauthorized);
    assert!(
        e.to_string().contains("authorization failed") && e.hint().is_some(),
        "{e}"
    );

    let delivery = Delivery::start(&config);
    delivery.push(&good(500));
    let figures = delivery.until("refusals", |f| f.retries >= 2).await;
    assert_eq!((figures.up, figures.waiting), (Some(false), 500));
    std::fs::write(&file, format!("{}\n", ADMIN.1)).unwrap();
    let figures = delivery.settled(500).await;
    assert_eq!((figures.written, figures.up), (500, Some(true)));
    assert_eq!(count(&influxd, &config.database, "m").await, 500);
    delivery.stop().await;

    let report = check(&config).await.unwrap();
    assert!(report.version.unwrap().starts_with("1."), "{:?}", report.target);
    assert!(report.notes.is_empty());
}

#[tokio::test]
async fn who_may_not_make_a_database_or_write_to_it_loses_nothing() {
    let influxd = Influxd::start_with_auth().await;
    influxd.query("", "CREATE USER bob WITH PASSWORD 'of bob'").await;
    let config = Config {
        user: Some("bob".to_owned()),
        password: Some(Secret::new("of bob")),
        ..at_url(influxd.url())
    };
    let delivery = Delivery::start(&config);
    delivery.push(&good(50));
    let figures = delivery
        .until("refusals", |f| f.retries >= 2 && f.up == Some(false))
        .await;
    assert_eq!(
        (figures.written, figures.waiting, dropped(&figures)),
        (0, 50, vec![])
    );
    influxd.create_database("plex_data").await;
    let retries = figures.retries;
    delivery
        .until("refusals of another kind", |f| f.retries >= retries + 2)
        .await;
    let e = check(&config).await.unwrap_err();
    assert_eq!(e.kind(), Kind::Forbidden);
    assert!(e.hint().unwrap().contains("GRANT"), "{e}");
    influxd.query("", "GRANT WRITE ON \"plex_data\" TO \"bob\"").await;
    delivery.settled(50).await;
    assert_eq!(count(&influxd, "plex_data", "m").await, 50);
    delivery.stop().await;
}

#[tokio::test]
async fn good_lines_among_bad_ones_are_stored() {
    let influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    let delivery = Delivery::start(&at_url(influxd.url()));
    let mut lines = good(100);
    lines.insert(90, "m,n=x v=".to_owned());
    lines.insert(10, "m,a= v=1 1".to_owned());
    delivery.push(&lines);
    let figures = delivery.settled(102).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (100, vec![(DropReason::Invalid, 2)])
    );
    // Another type than the shard has.
    delivery.push(&[
        format!("m,n=x v=1.5 {}", at(200)),
        format!("m,n=y v=1i {}", at(201)),
    ]);
    let figures = delivery.settled(104).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (101, vec![(DropReason::Invalid, 2), (DropReason::TypeConflict, 1)])
    );
    assert_eq!(count(&influxd, "plex_data", "m").await, 101);
    delivery.stop().await;
}

#[tokio::test]
async fn a_new_field_in_two_types_does_not_cost_the_batch() {
    let influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    let delivery = Delivery::start(&at_url(influxd.url()));
    // Two new fields, each in two types, and points that have nothing to do with them.
    let mut lines = good(50);
    for n in 0..3 {
        lines.push(format!("fresh,n={n} v={n} {}", at(n)));
        lines.push(format!("fresh,n=i{n} v={n}i {}", at(n)));
        lines.push(format!("other,n={n} w={n} {}", at(n)));
        lines.push(format!("other,n=i{n} w={n}i {}", at(n)));
    }
    delivery.push(&lines);
    let figures = delivery.settled(62).await;
    assert_eq!(count(&influxd, "plex_data", "m").await, 50);
    assert_eq!(count(&influxd, "plex_data", "fresh").await, 3);
    let others = influxd.number("plex_data", "SELECT count(w) FROM other").await;
    assert_eq!(others, 3);
    assert!(figures.retries >= 1);
    assert!(
        figures.dropped.keys().eq(&[DropReason::TypeConflict]),
        "{figures:?}"
    );
    delivery.stop().await;
}

#[tokio::test]
async fn points_older_than_the_retention_policy_go_and_a_wrong_policy_waits() {
    let influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    let config = Config {
        retention_policy: Some("short".to_owned()),
        ..at_url(influxd.url())
    };
    let e = check(&config).await.unwrap_err();
    assert_eq!(e.kind(), Kind::NotFound);
    assert!(
        e.hint().unwrap().contains("autogen") || e.to_string().contains("short"),
        "{e}"
    );
    let delivery = Delivery::start(&config);
    let now = Clock::system().now().as_nanosecond();
    let mut lines = vec!["m v=1i 1000".to_owned(), "m v=2i 2000".to_owned()];
    lines.push(format!("m v=3i {now}"));
    delivery.push(&lines);
    let figures = delivery.until("refusals", |f| f.retries >= 2).await;
    assert_eq!(
        (figures.up, figures.waiting, dropped(&figures)),
        (Some(false), 3, vec![])
    );
    let made = "CREATE RETENTION POLICY \"short\" ON \"plex_data\" DURATION 1h REPLICATION 1";
    influxd.query("plex_data", made).await;
    let figures = delivery.settled(3).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (1, vec![(DropReason::TooOld, 2)])
    );
    assert_eq!(
        influxd.number("plex_data", "SELECT count(v) FROM short.m").await,
        1
    );
    check(&config).await.unwrap();
    delivery.stop().await;
}

#[tokio::test]
async fn thousands_of_unreadable_lines_have_an_answer_too_long_to_read() {
    let influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    let delivery = Delivery::start(&at_url(influxd.url()));
    let long = "x".repeat(600);
    let mut lines: Vec<String> = (0..2_000).map(|n| format!("bad,n={n} v={long}")).collect();
    lines.extend(good(1_000));
    delivery.push(&lines);
    let figures = delivery.settled(3_000).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (1_000, vec![(DropReason::Invalid, 2_000)])
    );
    assert_eq!(count(&influxd, "plex_data", "m").await, 1_000);
    delivery.stop().await;
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_misses_nothing() {
    let mut influxd = Influxd::start().await;
    influxd.create_database("plex_data").await;
    let config = Config {
        batch_points: 500,
        ..at_url(influxd.url())
    };
    let delivery = Delivery::start(&config);
    let lines = good(20_000);
    for batch in lines[..10_000].chunks(100) {
        delivery.push(batch);
    }
    delivery.until("some points", |f| f.written >= 1_000).await;
    influxd.kill();
    for batch in lines[10_000..].chunks(100) {
        delivery.push(batch);
    }
    delivery.until("the outage", |f| f.up == Some(false)).await;
    influxd.start_again().await;
    let figures = delivery.settled(20_000).await;
    assert_eq!((figures.written, dropped(&figures)), (20_000, vec![]));
    assert!(figures.retries >= 1);
    assert_eq!(count(&influxd, "plex_data", "m").await, 20_000);
    let sum = influxd.number("plex_data", "SELECT sum(v) FROM m").await;
    assert_eq!(sum, (0..20_000).sum::<u64>());
    delivery.stop().await;
}

#[tokio::test]
async fn victoria_metrics_takes_numbers_at_any_of_its_addresses() {
    let victoria = VictoriaMetrics::start().await;
    for (path, packed) in [("", Gzip::Never), ("/influx", Gzip::Always)] {
        let config = Config {
            gzip: packed,
            ..at_url(format!("{}{path}", victoria.url()))
        };
        let report = check(&config).await.unwrap();
        assert!(report.target.ends_with(path), "{}", report.target);
        let (before, _) = victoria.rows().await;
        let delivery = Delivery::start(&config);
        delivery.push(&good(1_000));
        let figures = delivery.settled(1_000).await;
        assert_eq!((figures.written, dropped(&figures)), (1_000, vec![]));
        // Its counters lag behind its answers.
        let counted = async {
            while victoria.rows().await != (before + 1_000, 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, counted)
            .await
            .expect("all of them count");
        delivery.stop().await;
    }
    let series = victoria.export("m_v{n=\"7\"}").await;
    assert_eq!(series.len(), 1);
    assert_eq!(series[0]["values"][0], 7);
    let at_ms = at(7) / 1_000_000;
    assert_eq!(series[0]["timestamps"][0], at_ms);
}
