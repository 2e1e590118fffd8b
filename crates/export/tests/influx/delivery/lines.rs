//! Failures that are about some lines: the good ones are stored, the bad ones found and counted.

use super::picky::{Picky, says};
use super::*;
use sim::influx::Fault;

/// Good lines with these in between.
fn mixed(bad: &[&str]) -> Vec<String> {
    let mut lines = good(100);
    for (n, bad) in bad.iter().enumerate() {
        lines.insert(n * 31 + 7, (*bad).to_owned());
    }
    lines
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_left_out() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let delivery = Delivery::start(&config);
        delivery.push(&mixed(&["m v=", "m,a= v=1 1", "m,it's v=1"]));
        let figures = delivery.settled(103).await;
        assert_eq!(
            (figures.written, dropped(&figures)),
            (100, vec![(DropReason::Invalid, 3)]),
            "{api:?}"
        );
        assert_eq!(fake.len(), 100, "{api:?}");
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_batch_without_a_single_good_line_is_given_up() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        let delivery = Delivery::start(&config);
        delivery.push(&["m v=", "m,a= v=1 1"]);
        delivery.push(&good(3));
        let figures = delivery.settled(5).await;
        assert_eq!(
            (figures.written, dropped(&figures)),
            (3, vec![(DropReason::Invalid, 2)]),
            "{api:?}"
        );
        assert_eq!(fake.len(), 3, "{api:?}");
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_field_of_another_type_loses_its_points_only() {
    for (api, early_v2) in [
        (Api::V1, false),
        (Api::V2, false),
        (Api::V2, true),
        (Api::V3, false),
    ] {
        let (fake, config) = fake(api).await;
        fake.change(|s| s.early_v2 = early_v2);
        let delivery = Delivery::start(&config);
        delivery.push(&good(10));
        delivery.settled(10).await;
        delivery.push(&[
            format!("m,n=a v=1.5 {}", at(20)),
            format!("m,n=b v=2i {}", at(21)),
            format!("m,n=c v=\"x\" {}", at(22)),
        ]);
        let figures = delivery.settled(13).await;
        assert_eq!(
            (figures.written, dropped(&figures)),
            (11, vec![(DropReason::TypeConflict, 2)]),
            "{api:?} {early_v2}"
        );
        assert_eq!(fake.len(), 11);
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_new_field_in_two_types_costs_one_more_request_and_no_other_point() {
    for early_v2 in [false, true] {
        let api = if early_v2 { Api::V2 } else { Api::V1 };
        let (fake, config) = fake(api).await;
        fake.change(|s| s.early_v2 = early_v2);
        let delivery = Delivery::start(&config);
        let mut lines = good(10);
        lines.push(format!("m,n=a v=1.5 {}", at(20)));
        lines.push(format!("other v=1.5 {}", at(21)));
        delivery.push(&lines);
        let figures = delivery.settled(12).await;
        assert_eq!(
            (figures.written, figures.retries, dropped(&figures)),
            (11, 1, vec![(DropReason::TypeConflict, 1)])
        );
        assert_eq!(fake.len(), 11);
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_receiver_that_always_wants_a_repetition_is_not_repeated_for_ever() {
    let picky = Picky::start(|_, body| {
        if body.contains("bad") {
            says("400 Bad Request", r#"{"error":"field type conflict"}"#)
        } else {
            says("204 No Content", "")
        }
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    delivery.push(&mixed(&["bad v=1 1"]));
    let figures = delivery.settled(101).await;
    assert_eq!(dropped(&figures), [(DropReason::TypeConflict, 1)]);
    assert_eq!(picky.lines_taken(), good(100));
    delivery.stop().await;
}

#[tokio::test]
async fn points_beyond_the_retention_policy_are_counted_as_too_old() {
    for early_v2 in [false, true] {
        let api = if early_v2 { Api::V2 } else { Api::V1 };
        let (fake, config) = fake(api).await;
        fake.change(|s| {
            s.oldest_ns = Some(at(40));
            s.early_v2 = early_v2;
        });
        let delivery = Delivery::start(&config);
        delivery.push(&good(100));
        let figures = delivery.settled(100).await;
        assert_eq!(
            (figures.written, dropped(&figures)),
            (60, vec![(DropReason::TooOld, 40)])
        );
        assert_eq!(fake.len(), 60);
        delivery.stop().await;
    }
}

#[tokio::test]
async fn series_beyond_a_limit_are_counted_as_such() {
    let (fake, config) = fake(Api::V1).await;
    let body = r#"{"error":"partial write: max-values-per-tag limit exceeded (10/10): measurement=\"m\" tag=\"n\" value=\"x\" dropped=4"}"#;
    fake.fault_times(Fault::status(400, body), 1);
    let delivery = Delivery::start(&config);
    delivery.push(&good(10));
    let figures = delivery.settled(10).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (6, vec![(DropReason::Limit, 4)])
    );
    delivery.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_halved_and_a_single_line_that_is_goes() {
    for api in APIS {
        let (fake, config) = fake(api).await;
        fake.change(|s| s.max_body_bytes = 20_000);
        let delivery = Delivery::start(&config);
        let mut lines = good(2_000);
        lines.insert(1_000, format!("m s=\"{}\" 1", "x".repeat(30_000)));
        delivery.push(&lines);
        let figures = delivery.settled(2_001).await;
        assert_eq!(
            (figures.written, dropped(&figures)),
            (2_000, vec![(DropReason::Limit, 1)]),
            "{api:?}"
        );
        let times: Vec<i64> = fake.points().iter().map(|p| p.at_ns).collect();
        assert_eq!(times, (0..2_000).map(at).collect::<Vec<_>>(), "{api:?}");
        // What was learned is kept: small batches are no longer joined into bodies that are refused.
        let before = fake.requests().len();
        for n in 0..40 {
            delivery.push(&good(2_100)[n * 50..(n + 1) * 50]);
        }
        delivery.settled(4_001).await;
        assert!(
            fake.requests()[before..]
                .iter()
                .all(|seen| seen.status == Some(204)),
            "{api:?}"
        );
        delivery.stop().await;
    }
}

#[tokio::test]
async fn bad_lines_that_nobody_names_are_searched_for() {
    for said in [
        r#"{"error":"we do not like one of them"}"#,
        r#"{"error":"unable to parse something"}"#,
        r#"{"error":"points beyond retention policy"}"#,
    ] {
        let picky = Picky::start(move |_, body| {
            if body.contains("bad") {
                says("400 Bad Request", said)
            } else {
                says("204 No Content", "")
            }
        })
        .await;
        let delivery = Delivery::start(&at_url(&picky.url));
        delivery.push(&mixed(&["bad v=1 1", "bad v=2 2", "bad v=3 3"]));
        let figures = delivery.settled(103).await;
        assert_eq!((figures.written, dropped(&figures)[0].1), (100, 3), "{said}");
        assert_eq!(picky.lines_taken(), good(100));
        // Three lines in some hundred: a search, not a request for each line.
        assert!(*picky.requests.lock().unwrap() < 60);
        delivery.stop().await;
    }
}

#[tokio::test]
async fn a_receiver_that_likes_no_line_at_all_loses_us_none() {
    // Fewer than are tried one by one before the search ends, and more.
    for count in [1, 5, 200] {
        let picky = Picky::start(|_, _| says("400 Bad Request", "I am a teapot")).await;
        let delivery = Delivery::start(&at_url(&picky.url));
        delivery.push(&good(count));
        let figures = delivery.until("given up", |f| f.up == Some(false)).await;
        assert_eq!(
            (figures.written, figures.waiting, dropped(&figures)),
            (0, u64::try_from(count).unwrap(), vec![])
        );
        delivery.stop().await;
    }
}

#[tokio::test]
async fn an_answer_too_long_to_read_is_made_shorter_by_fewer_lines() {
    let picky = Picky::start(|_, body| {
        let bad = body.matches("bad").count();
        if bad == 0 {
            return says("204 No Content", "");
        }
        let named: Vec<String> = body
            .lines()
            .filter(|l| l.contains("bad"))
            .map(|l| format!("unable to parse '{l}': no"))
            .collect();
        let text = named.join("\\n").replace('"', "\\\"");
        says("400 Bad Request", &format!(r#"{{"error":"{text}"}}"#))
    })
    .await;
    let delivery = Delivery::start(&at_url(&picky.url));
    let bad: Vec<String> = (0..600)
        .map(|n| format!("bad,n={n} v={}", "x".repeat(4_000)))
        .collect();
    delivery.push(&bad);
    delivery.push(&good(100));
    let figures = delivery.settled(700).await;
    assert_eq!(
        (figures.written, dropped(&figures)),
        (100, vec![(DropReason::Invalid, 600)])
    );
    delivery.stop().await;
}

fn at_url(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        ..Config::default()
    }
}
