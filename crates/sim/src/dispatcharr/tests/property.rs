//! Whatever people do: no login above its limit, no feed without a viewer, no byte lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::dispatcharr::{Content, Seed, Viewer, World};

/// Channels of the default seed.
const NUMBERS: [f64; 6] = [101.0, 102.5, 103.0, 104.0, 105.0, 201.0];

#[derive(Clone, Debug)]
enum Deed {
    Tune(usize),
    Leave(usize),
    Vanish(usize),
    Fail(usize),
    State(usize, &'static str),
    Preview(i64),
    Film,
    EndFilm,
    Wait(u16),
    Look,
}

fn deed() -> impl Strategy<Value = Deed> {
    let state = prop_oneof![Just("buffering"), Just("error"), Just("active")];
    prop_oneof![
        4 => (0..6_usize).prop_map(Deed::Tune),
        2 => any::<usize>().prop_map(Deed::Leave),
        1 => any::<usize>().prop_map(Deed::Vanish),
        2 => (0..6_usize).prop_map(Deed::Fail),
        2 => (0..6_usize, state).prop_map(|(n, state)| Deed::State(n, state)),
        1 => (1..8_i64).prop_map(Deed::Preview),
        1 => Just(Deed::Film),
        1 => Just(Deed::EndFilm),
        3 => (0..60_000_u16).prop_map(Deed::Wait),
        2 => Just(Deed::Look),
    ]
}

struct Evening {
    world: Arc<World>,
    clients: Vec<String>,
    films: Vec<String>,
}

impl Evening {
    fn act(&mut self, deed: &Deed) {
        let (world, viewer) = (&self.world, Viewer::new("10.0.0.1", "VLC"));
        match deed {
            Deed::Tune(n) => self.clients.extend(world.tune(NUMBERS[*n], viewer)),
            Deed::Leave(n) if !self.clients.is_empty() => {
                let client = self.clients.swap_remove(n % self.clients.len());
                world.leave(&client);
            }
            Deed::Vanish(n) if !self.clients.is_empty() => {
                world.vanish(&self.clients[n % self.clients.len()]);
            }
            Deed::Leave(_) | Deed::Vanish(_) => {}
            Deed::Fail(n) => {
                world.fail_stream(NUMBERS[*n]);
            }
            Deed::State(n, state) => {
                world.set_state(NUMBERS[*n], state);
            }
            Deed::Preview(stream) => self.clients.extend(world.preview(*stream, viewer)),
            Deed::Film => self
                .films
                .extend(world.vod(Content::movie("Tin Harbour", 2011), viewer)),
            Deed::EndFilm => {
                if let Some(film) = self.films.pop() {
                    world.end_vod(&film);
                }
            }
            Deed::Wait(ms) => world.advance(Duration::from_millis((*ms).into())),
            Deed::Look => world.lock().reap(world.now_ms()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_people_do(deeds in prop::collection::vec(deed(), 1..80)) {
        let world = World::new(Seed::default());
        let mut evening = Evening { world: Arc::clone(&world), clients: Vec::new(), films: Vec::new() };
        let mut bytes: BTreeMap<(String, i64), u64> = BTreeMap::new();
        for deed in &deeds {
            evening.act(deed);
            for (profile, limit) in [(2, 4), (5, 1), (3, 2)] {
                prop_assert!(world.connections(profile) <= limit, "{profile} after {deed:?}");
            }
            let now_ms = world.now_ms();
            let state = world.lock();
            let mut clients = BTreeSet::new();
            for feed in state.feeds.values() {
                prop_assert!(!feed.clients.is_empty());
                prop_assert!(feed.clients.iter().all(|c| clients.insert(&c.id)));
                let now = feed.total_bytes(now_ms);
                let before = bytes.insert((feed.key.clone(), feed.init_ms), now);
                prop_assert!(before.is_none_or(|before| before <= now), "{deed:?}");
            }
        }
    }
}
