//! Many sessions and many notifications, for measuring.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::plex::{
    Delivery, Item, LibraryKind, LibrarySeed, Network, PlayState, Player, Quality, Seed, SessionSeed, Text,
    Version, World,
};
use crate::scenario::Options;

/// How often notifications are sent; a real server sends them in small bunches, too.
const BEAT: Duration = Duration::from_millis(20);

/// Distinct users of a filled server.
const USERS: u64 = 60;

/// A server with this many libraries of every kind in turn.
pub fn big_seed(libraries: u32) -> Seed {
    let library = |n: u32| match n % 4 {
        0 => LibrarySeed::movies(format!("Films {n}"), 900 + n * 7),
        1 => LibrarySeed::shows(format!("Series {n}"), 140, 520, 9_000 + n * 11),
        2 => LibrarySeed::music(format!("Music {n}"), 400, 1_900, 21_000 + n * 13),
        _ => LibrarySeed::photos(format!("Photos {n}"), 120, 8_000 + n * 3, 150),
    };
    Seed {
        history_rows: 200,
        ..Seed::default()
    }
    .name("Warehouse")
    .libraries((0..libraries).map(library).collect())
}

/// Starts this many sessions of every kind of delivery, without notifications.
pub fn fill(world: &World, sessions: usize, random: u64) {
    let mut rng = Rng::with_seed(random);
    for n in 0..sessions as u64 {
        world.start(session(world, n, &mut rng));
    }
}

fn session(world: &World, n: u64, rng: &mut Rng) -> SessionSeed {
    let libraries = world.libraries();
    let of = |kind: LibraryKind, rng: &mut Rng| {
        let fitting: Vec<u32> = libraries
            .iter()
            .filter(|(_, k)| *k == kind)
            .map(|(id, _)| *id)
            .collect();
        let id = rng.choice(fitting)?;
        world.pick(id, rng.u32(..))
    };
    let film =
        |rng: &mut Rng| of(LibraryKind::Movie, rng).unwrap_or_else(|| Item::movie(format!("Film {n}")));
    let (item, delivery) = match n % 10 {
        0 => (film(rng), Delivery::DirectPlay),
        1 => (film(rng), Delivery::transcode_audio()),
        2 => (film(rng), Delivery::transcode(Quality::P720_4M).hw("vaapi")),
        3 => (film(rng).only(Version::hevc_4k()), Delivery::burn()),
        4 => (film(rng), Delivery::direct_stream()),
        5 | 6 => {
            let episode = of(LibraryKind::Show, rng).unwrap_or_else(|| Item::episode("Show", 1, 1, "Pilot"));
            let delivery = if n.is_multiple_of(2) {
                Delivery::DirectPlay
            } else {
                Delivery::transcode(Quality::P720_2M)
            };
            (episode, delivery)
        }
        7 => (
            of(LibraryKind::Artist, rng).unwrap_or_else(|| Item::track("A", "B", "C")),
            Delivery::DirectPlay,
        ),
        8 => (film(rng).only(Version::hevc_4k()), Delivery::DirectPlay),
        _ => (Item::live_tv("KHLV", "4.1"), Delivery::live_tv()),
    };
    let machine: Text = format!("client-{n}").into();
    let player = match n % 4 {
        0 => Player::web(machine),
        1 => Player::android_tv(machine, format!("Lounge {n}")),
        2 => Player::ios(machine, format!("Phone {n}")),
        _ => Player::roku(machine, format!("Den {n}")),
    };
    let network = match n % 9 {
        0 | 1 => Network::Wan,
        2 => Network::Relay,
        3 => Network::Cellular,
        _ => Network::Lan,
    };
    // Far enough from the end that nothing finishes while somebody measures.
    let position_ms = item.duration_ms.map_or(0, |d| rng.u64(0..(d / 4).max(1)));
    let user = n % USERS;
    let state = if n % 11 == 10 {
        PlayState::Paused
    } else {
        PlayState::Playing
    };
    SessionSeed::of(item)
        .user(
            i64::try_from(1_000 + user).unwrap_or(1),
            format!("viewer{user:02}"),
        )
        .player(player)
        .network(network)
        .delivery(delivery)
        .state(state)
        .position_ms(position_ms)
        .silent()
}

/// Fills the server and keeps it busy until cancelled.
pub async fn busy(world: Arc<World>, options: &Options, cancel: CancellationToken) {
    fill(&world, options.sessions, options.random);
    let mut rng = Rng::with_seed(options.random ^ 0xb5);
    let mut next = options.sessions as u64;
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut notifications, mut changes) = (0.0, 0.0);
    let (mut cursor, mut last) = (0_usize, Instant::now());
    while cancel.run_until_cancelled(beat.tick()).await.is_some() {
        let passed = last.elapsed().as_secs_f64();
        last = Instant::now();
        notifications += passed * f64::from(options.notifications_per_s);
        changes += passed * options.changes_per_s;
        let sessions = world.session_count();
        while notifications >= 1.0 && sessions > 0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at least one, at most all"
            )]
            let bunch = (notifications as usize).min(sessions);
            world.notify_progress(cursor, bunch);
            cursor = (cursor + bunch) % sessions;
            notifications -= bunch as f64;
        }
        while changes >= 1.0 {
            changes -= 1.0;
            if let Some(key) = rng.choice(world.session_keys()) {
                world.stop(&key);
                world.start(SessionSeed {
                    announce: true,
                    ..session(&world, next, &mut rng)
                });
                next += 1;
            }
        }
    }
}
