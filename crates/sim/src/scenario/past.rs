//! The weeks before the evening: what the same people played on the same devices.

use std::sync::Arc;

use super::household::{Evening, Seat};
use crate::plex::{Delivery, Item, Kind, Network, Player, User, World};

/// One play that is over. Seconds count back from now.
#[derive(Clone, Debug)]
pub struct PastPlay {
    pub user: User,
    pub player: Player,
    pub network: Network,
    pub item: Item,
    /// Which of the item's versions.
    pub version: usize,
    pub delivery: Delivery,
    pub began_ago_s: i64,
    pub ended_ago_s: i64,
    pub paused_s: i64,
    /// Where it ended.
    pub position_ms: u64,
}

const DAY_S: i64 = 86_400;

/// Seconds before now in which the past may not reach: the evening itself begins there.
const FRESH_S: i64 = 300;

/// How much is watched in each hour of a day, UTC; evenings are long.
const HOURS: [u32; 24] = [
    14, 7, 3, 2, 1, 1, 3, 8, 12, 11, 10, 13, 17, 15, 13, 14, 19, 28, 41, 56, 60, 52, 40, 26,
];

/// A play that was left before its end, to be taken up later.
struct Unfinished {
    seat: usize,
    item: Item,
    position_ms: u64,
    until_ago_s: i64,
}

/// What was played in the last `days` days, newest last. `now_s` decides at which hours people watch; the same world
/// and time give the same past.
pub fn past(world: Arc<World>, days: u32, now_s: i64) -> Vec<PastPlay> {
    let mut evening = Evening::new(world);
    let mut plays = Vec::new();
    let mut unfinished: Vec<Unfinished> = Vec::new();
    for day in (0..i64::from(days)).rev() {
        // People watch more at the weekend; the day's number since 1970 tells: it began on a Thursday.
        let weekday = (now_s.div_euclid(DAY_S) - day + 4).rem_euclid(7);
        let most = if matches!(weekday, 0 | 5 | 6) { 4 } else { 3 };
        for seat in 0..evening.seats.len() {
            for _ in 0..evening.rng.u32(0..=most) {
                let began_ago_s = day * DAY_S + now_s.rem_euclid(DAY_S) - hour_of(&mut evening);
                resume_or_begin(&mut evening, seat, began_ago_s, &mut unfinished, &mut plays);
            }
        }
    }
    plays.sort_by_key(|p: &PastPlay| std::cmp::Reverse(p.ended_ago_s));
    plays
}

/// Second of the day at which somebody begins.
fn hour_of(evening: &mut Evening) -> i64 {
    let mut left = evening.rng.u32(0..HOURS.iter().sum());
    let hour = HOURS.iter().position(|w| {
        let here = left < *w;
        left = left.saturating_sub(*w);
        here
    });
    i64::try_from(hour.unwrap_or(20)).unwrap_or(20) * 3_600 + evening.rng.i64(0..3_600)
}

fn resume_or_begin(
    evening: &mut Evening,
    number: usize,
    began_ago_s: i64,
    unfinished: &mut Vec<Unfinished>,
    plays: &mut Vec<PastPlay>,
) {
    let seat = evening.seats[number].clone();
    let left = unfinished
        .iter()
        .position(|u| u.seat == number && u.until_ago_s > began_ago_s)
        .filter(|_| evening.rng.u8(..) < 160);
    let (mut item, mut from_ms) = match left.map(|n| unfinished.swap_remove(n)) {
        Some(u) => (u.item, u.position_ms),
        None => match evening.choose(seat.place) {
            Some(item) if kept(item.kind) => (item, 0),
            _ => return,
        },
    };
    let mut began = began_ago_s;
    // One episode or track leads to the next.
    for _ in 0..evening.rng.u32(1..=binge(item.kind)) {
        let play = one(evening, &seat, item.clone(), from_ms, began);
        if play.ended_ago_s < FRESH_S {
            return;
        }
        let finished = item.duration_ms.is_none_or(|d| play.position_ms * 10 >= d * 9);
        began = play.ended_ago_s - evening.rng.i64(3..40);
        if !finished && item.duration_ms.is_some() {
            unfinished.push(Unfinished {
                seat: number,
                item,
                position_ms: play.position_ms,
                until_ago_s: play.ended_ago_s,
            });
            plays.push(play);
            return;
        }
        plays.push(play);
        match evening.world.next_item(&item) {
            Some(next) => (item, from_ms) = (next, 0),
            None => return,
        }
    }
}

/// Trailers and photos are looked at, not watched.
fn kept(kind: Kind) -> bool {
    matches!(kind, Kind::Movie | Kind::Episode | Kind::Track | Kind::LiveTv)
}

fn binge(kind: Kind) -> u32 {
    match kind {
        Kind::Episode => 3,
        Kind::Track => 9,
        _ => 1,
    }
}

fn one(evening: &mut Evening, seat: &Seat, item: Item, from_ms: u64, began_ago_s: i64) -> PastPlay {
    let version = if item.versions.len() > 1 && seat.network == Network::Lan {
        item.versions.len() - 1
    } else {
        0
    };
    let subtitles = item.versions.get(version).map_or(&[][..], |v| &v.subtitles);
    let subtitle = subtitles.first().filter(|_| evening.rng.u8(..) < 100);
    let delivery = evening.delivery(seat, &item, version, subtitle);
    // Live television has no length; half an hour to two hours of it.
    let whole_ms = item
        .duration_ms
        .unwrap_or_else(|| evening.rng.u64(1_800_000..7_200_000));
    let to_ms = if evening.rng.u8(..) < 185 {
        whole_ms - whole_ms * evening.rng.u64(0..4) / 100
    } else {
        from_ms + (whole_ms.saturating_sub(from_ms)) * evening.rng.u64(10..80) / 100
    }
    .max(from_ms);
    let paused_s = if item.kind != Kind::Track && evening.rng.u8(..) < 80 {
        evening.rng.i64(20..900)
    } else {
        0
    };
    let played_s = i64::try_from((to_ms - from_ms) / 1_000).unwrap_or(0);
    PastPlay {
        user: seat.user.clone(),
        player: seat.player.clone(),
        network: seat.network,
        position_ms: if item.duration_ms.is_some() { to_ms } else { 0 },
        item,
        version,
        delivery,
        began_ago_s,
        ended_ago_s: began_ago_s - played_s - paused_s,
        paused_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plex::Plex;
    use crate::scenario::household_seed;

    #[tokio::test]
    async fn three_weeks_hold_what_graphs_need_and_lie_in_the_past() {
        let plex = Plex::start(household_seed()).await;
        let plays = past(plex.world(), 21, 1_790_000_400);
        assert!(plays.len() > 300, "{} plays", plays.len());
        for play in &plays {
            assert!(play.began_ago_s >= play.ended_ago_s, "{play:?}");
            assert!(
                play.ended_ago_s >= FRESH_S && play.began_ago_s <= 22 * DAY_S,
                "{play:?}"
            );
            assert!(kept(play.item.kind));
        }
        for kind in [Kind::Movie, Kind::Episode, Kind::Track, Kind::LiveTv] {
            assert!(plays.iter().any(|p| p.item.kind == kind), "no {kind:?}");
        }
        let converted = plays
            .iter()
            .filter(|p| !matches!(p.delivery, Delivery::DirectPlay))
            .count();
        assert!(converted > plays.len() / 20 && converted < plays.len());
        let again = past(plex.world(), 21, 1_790_000_400);
        assert_eq!(again.len(), plays.len());
        plex.stop().await;
    }
}
