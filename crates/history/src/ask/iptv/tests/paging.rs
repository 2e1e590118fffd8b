//! Pages follow each other without gaps, whatever comes between them.

use proptest::prelude::*;

use super::super::{Cursor, Paging, runs, viewings};
use super::*;

fn touches(told: &Told, (from, to): (Option<i64>, Option<i64>)) -> bool {
    let (from, to) = (from.unwrap_or(-1), to.unwrap_or(MINUTES + 2));
    // At the last look it still was.
    from < to && told.from < to && told.to >= from
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn all_pages_are_all_rows_newest_first(world in world(), window in window(), limit in 1_usize..5) {
        let (_dir, history) = world.history();
        let asked = filter(window);
        let mut found = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = ask(&history, |v| runs(v, &asked, Paging { limit, after }));
            prop_assert!(page.items.len() <= limit);
            found.extend(page.items);
            let Some(next) = page.next else { break };
            let again: Cursor = next.to_string().parse().unwrap();
            prop_assert_eq!(again, next);
            after = Some(next);
        }
        prop_assert!(found.is_sorted_by(|a, b| a.started_ms >= b.started_ms));
        let mut ids: Vec<_> = found.iter().map(|r| r.id.to_string()).collect();
        ids.sort();
        let all = world.runs.iter().enumerate().filter(|(_, t)| touches(t, window));
        let mut expected: Vec<_> = all.map(|(n, _)| format!("run-{n}")).collect();
        expected.sort();
        prop_assert_eq!(ids, expected);
        for run in &found {
            let n: usize = run.id.as_str()[4..].parse().unwrap();
            let told = &world.runs[n];
            prop_assert_eq!(run.stopped_ms, (!told.open).then(|| ms(told.to)));
            prop_assert_eq!(run.segments.len(), 1 + told.changes.len());
            prop_assert_eq!(run.segments.last().unwrap().until_ms, ms(told.to));
        }

        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = ask(&history, |v| viewings(v, &asked, Paging { limit, after }));
            found.extend(page.items);
            after = page.next;
            if after.is_none() { break }
        }
        prop_assert!(found.is_sorted_by(|a, b| a.started_ms >= b.started_ms));
        let mut ids: Vec<_> = found.iter().map(|v| v.id.to_string()).collect();
        ids.sort();
        let all = world.viewings.iter().enumerate().filter(|(_, t)| touches(t, window));
        let mut expected: Vec<_> = all.map(|(n, _)| format!("viewing-{n}")).collect();
        expected.sort();
        prop_assert_eq!(ids, expected);
    }
}

fn told(from: i64, to: i64) -> Told {
    Told {
        server: 0,
        channel: 0,
        from,
        to,
        open: false,
        changes: Vec::new(),
        login: 1,
        limit: None,
        who: 0,
    }
}

#[test]
fn what_begins_meanwhile_moves_nothing() {
    let world = World {
        runs: (0..6).map(|n| told(n / 2, 10)).collect(),
        viewings: Vec::new(),
    };
    let (_dir, history) = world.history();
    let page = |after| {
        ask(&history, |v| {
            runs(v, &Filter::default(), Paging { limit: 2, after })
        })
    };
    let ids = |page: &super::super::Page<super::super::Run>| {
        let ids = page.items.iter().map(|r| r.id.to_string());
        ids.collect::<Vec<_>>()
    };
    let first = page(None);
    assert_eq!(ids(&first), ["run-5", "run-4"]);
    // One that is newer than all.
    keep(&history, Vec::new(), (vec![run(&told(5, 9), 77)], Vec::new()));
    let second = page(first.next);
    assert_eq!(ids(&second), ["run-3", "run-2"]);
    let third = page(second.next);
    assert_eq!(
        (ids(&third), third.next),
        (vec!["run-1".to_owned(), "run-0".to_owned()], None)
    );
}

#[test]
fn a_cursor_belongs_to_its_question() {
    let world = World {
        runs: vec![told(0, 1), told(1, 2)],
        viewings: vec![told(0, 1), told(1, 2)],
    };
    let (_dir, history) = world.history();
    let one = |after| Paging { limit: 1, after };
    let first = ask(&history, |v| runs(v, &Filter::default(), one(None)));
    let other = Filter {
        q: Some("x".into()),
        ..Filter::default()
    };
    assert!(history.read(|v| runs(v, &other, one(first.next))).is_err());
    assert!(
        history
            .read(|v| viewings(v, &Filter::default(), one(first.next)))
            .is_err()
    );
    for text in ["", "0", &"g".repeat(40), &"é".repeat(20)] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}
