//! Pages.

use proptest::prelude::*;

use super::*;

/// Ids of the rows of each play, newest start first.
fn slow_list(world: &World, filter: &Filter, grouped: bool) -> Vec<Vec<u32>> {
    let mut plays = plays(world, filter, grouped);
    plays.sort_by_key(|rows| std::cmp::Reverse(rows.iter().map(|raw| (raw.started_s, raw.id)).max()));
    plays
        .iter()
        .map(|rows| rows.iter().map(|raw| raw.id).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pages_hold_every_play_once_while_rows_are_added(
        world in world(),
        filter in filter(),
        grouped in any::<bool>(),
        limit in 1_usize..7,
        known in 0_usize..=100,
    ) {
        // The first page is made when only some of the rows are there.
        let len = world.rows.len() * known / 100;
        let before = World { rows: world.rows[..len].to_vec(), ..world.clone() };
        let slow = slow_list(&before, &filter, grouped);
        let (old, all) = (columns_of(&world, len), columns(&world));
        let mut question = PageQuestion { filter: filter.clone(), grouped, limit, after: None };
        let mut fast = Vec::new();
        let mut columns = &old;
        loop {
            let page = page(columns, &question).unwrap();
            prop_assert_eq!(page.total as usize, slow.len());
            prop_assert!(page.plays.len() == limit || page.next.is_none());
            fast.extend(page.plays.iter().map(|play| play.rows.iter().map(|row| columns.id(*row)).collect::<Vec<_>>()));
            for play in &page.plays {
                let raws: Vec<_> = world.rows.iter().filter(|raw| play.rows.iter().any(|row| columns.id(*row) == raw.id)).collect();
                prop_assert_eq!(play.sum, Sum { plays: 1, seconds: seconds(&raws) });
                prop_assert_eq!(play.started_s, raws.iter().map(|raw| raw.started_s).min().unwrap());
                prop_assert_eq!(play.stopped_s, raws.iter().filter_map(|raw| raw.stopped_s).max());
                prop_assert_eq!(play.paused_s, raws.iter().map(|raw| raw.paused_s.unwrap_or(0)).sum::<i64>());
            }
            let Some(next) = page.next else { break };
            let text = next.to_string();
            prop_assert_eq!(text.parse(), Ok(next));
            question.after = Some(next);
            columns = &all;
        }
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn no_text_is_taken_for_a_cursor_by_accident(text in ".{0,60}") {
        let is_hex = text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<Cursor>().is_ok(), is_hex);
    }
}
