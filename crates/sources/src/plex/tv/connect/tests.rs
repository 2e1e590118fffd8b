use proptest::prelude::*;

use super::*;

const HASH: &str = "0123456789abcdef0123456789abcdef";

fn connection(class: Class, url: &str, address: &str) -> Connection {
    Connection {
        url: url.to_owned(),
        class,
        address: Some(address.to_owned()),
        port: Some(32400),
    }
}

fn server(owned: bool, connections: Vec<Connection>) -> Found {
    Found {
        name: "Attic".into(),
        machine_id: "m1".into(),
        version: None,
        owned,
        access_token: None,
        public_address_matches: false,
        https_required: false,
        connections,
    }
}

fn order(found: &Found) -> Vec<String> {
    candidates(found)
        .into_iter()
        .map(|c| format!("{} {}", c.class.as_str(), c.url))
        .collect()
}

fn typical() -> Vec<Connection> {
    vec![
        connection(
            Class::Relay,
            &format!("https://203-0-113-9.{HASH}.plex.direct:8443"),
            "203.0.113.9",
        ),
        connection(
            Class::Remote,
            &format!("https://198-51-100-2.{HASH}.plex.direct:32400"),
            "198.51.100.2",
        ),
        connection(Class::Remote, "http://198.51.100.2:32400/", "198.51.100.2"),
        connection(
            Class::Local,
            &format!("https://192-168-1-5.{HASH}.plex.direct:32400"),
            "192.168.1.5",
        ),
        connection(Class::Local, "https://plex.example.net/base/", "plex.example.net"),
    ]
}

#[test]
fn local_before_remote_before_relay_and_encrypted_first() {
    let local = format!("local https://192-168-1-5.{HASH}.plex.direct:32400");
    let proxied = "local https://plex.example.net/base".to_owned();
    let bare = "local http://192.168.1.5:32400".to_owned();
    let remote = format!("remote https://198-51-100-2.{HASH}.plex.direct:32400");
    let relay = format!("relay https://203-0-113-9.{HASH}.plex.direct:8443");

    let mut found = server(true, typical());
    assert_eq!(
        order(&found),
        [&local, &proxied, &bare, &remote, &relay].map(String::as_str)
    );
    found.https_required = true;
    assert_eq!(
        order(&found),
        [&local, &proxied, &remote, &relay].map(String::as_str),
        "never in the clear"
    );
    found.owned = false;
    assert_eq!(
        order(&found),
        [&remote, &relay].map(String::as_str),
        "somebody else's local address"
    );
    found.public_address_matches = true;
    assert_eq!(
        order(&found),
        [&local, &proxied, &remote, &relay].map(String::as_str),
        "but we are in that house"
    );
}

#[test]
fn odd_addresses_are_left_out() {
    let six = connection(
        Class::Local,
        &format!("https://fd00--5.{HASH}.plex.direct:32400"),
        "fd00::5",
    );
    let cases: [(Vec<Connection>, Vec<&str>); 6] = [
        (vec![], vec![]),
        (
            vec![connection(Class::Remote, "http://198.51.100.2:1", "198.51.100.2")],
            vec!["remote http://198.51.100.2:1"],
        ),
        (
            vec![connection(Class::Local, "ftp://192.168.1.5", "192.168.1.5")],
            vec![],
        ),
        (vec![connection(Class::Local, "uri", "address")], vec![]),
        (
            vec![
                connection(Class::Local, "http://192.168.1.5:32400", "192.168.1.5"),
                connection(Class::Local, "http://192.168.1.5:32400/", "192.168.1.5"),
            ],
            vec!["local http://192.168.1.5:32400"],
        ),
        (
            vec![connection(
                Class::Remote,
                "https://me:pw@h.example:1/?X-Plex-Token=t",
                "h",
            )],
            vec!["remote https://h.example:1"],
        ),
    ];
    for (connections, expected) in cases {
        assert_eq!(
            order(&server(true, connections.clone())),
            expected,
            "{connections:?}"
        );
    }
    assert_eq!(order(&server(true, vec![six]))[1], "local http://[fd00::5]:32400");
    let many = (0..99)
        .map(|n| connection(Class::Local, &format!("http://172.18.0.{n}:32400"), "x"))
        .collect();
    assert_eq!(order(&server(true, many)).len(), TIER_LIMIT);
}

/// What an address does, and after how long.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answers(u64),
    Fails(u64),
    Hangs,
}
use Does::{Answers, Fails, Hangs};

/// Races one address per entry, of the given tiers; returns the tier taken and the milliseconds it took.
async fn run(addresses: &[(u8, Does)]) -> (Option<u8>, u64) {
    let start = Instant::now();
    let mut list: Vec<Candidate> = addresses
        .iter()
        .enumerate()
        .map(|(at, (tier, _))| Candidate {
            url: at.to_string(),
            class: Class::Local,
            tier: *tier,
        })
        .collect();
    list.sort_by_key(|c| c.tier);
    let outcome = race(list, |url| {
        let (_, does) = addresses[url.parse::<usize>().unwrap()];
        async move {
            let failure = |kind| Failure {
                kind,
                what: "planned".to_owned(),
            };
            let (after_ms, outcome) = match does {
                Answers(ms) => (ms, Ok(())),
                Fails(ms) => (ms, Err(failure(Kind::Unreachable))),
                Hangs => (5000, Err(failure(Kind::Timeout))),
            };
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            outcome
        }
    });
    let taken = outcome
        .await
        .map(|c| c.tier)
        .map_err(|f| assert_eq!(f.len(), addresses.len()))
        .ok();
    (taken, u64::try_from(start.elapsed().as_millis()).unwrap())
}

/// Addresses raced, the tier taken, milliseconds until then.
type Case<'a> = (&'a [(u8, Does)], Option<u8>, u64);

#[tokio::test(start_paused = true)]
async fn better_addresses_get_a_head_start_and_a_second() {
    let cases: [Case; 12] = [
        (&[], None, 0),
        (&[(0, Answers(20)), (2, Answers(1)), (4, Answers(1))], Some(0), 20),
        // A dead one does not cost the head start.
        (&[(0, Fails(5)), (2, Answers(30))], Some(2), 35),
        (
            &[(0, Fails(5)), (1, Fails(5)), (2, Fails(5)), (4, Answers(100))],
            Some(4),
            115,
        ),
        // A silent one costs the head start and then the second.
        (&[(0, Hangs), (2, Answers(30))], Some(2), 250 + 30 + 1000),
        // A slow but better one still wins, and nobody waits longer than it takes.
        (&[(0, Answers(900)), (2, Answers(30))], Some(0), 900),
        (&[(0, Fails(900)), (2, Answers(30))], Some(2), 900),
        (&[(0, Answers(1500)), (2, Answers(30))], Some(2), 1280),
        // Several in one tier: the first to answer.
        (&[(0, Hangs), (0, Answers(40)), (2, Answers(1))], Some(0), 40),
        // The relay is not even asked while the remote address may do.
        (&[(0, Fails(1)), (2, Answers(200)), (4, Answers(1))], Some(2), 201),
        (&[(2, Hangs), (4, Hangs)], None, 5250),
        (&[(0, Fails(10)), (2, Fails(10))], None, 20),
    ];
    for (addresses, tier, ms) in cases {
        let got = run(addresses).await;
        assert!(
            got.0 == tier && got.1.abs_diff(ms) <= 3,
            "{addresses:?}: {got:?}, expected {tier:?} at {ms}"
        );
    }
}

#[test]
fn the_kind_of_many_failures() {
    for (kinds, expected) in [
        (vec![], Kind::Unreachable),
        (vec![Kind::Timeout, Kind::Timeout], Kind::Timeout),
        (vec![Kind::Timeout, Kind::Tls], Kind::Unreachable),
        (vec![Kind::Unreachable, Kind::Starting], Kind::Starting),
        (vec![Kind::WrongTarget], Kind::WrongTarget),
    ] {
        let candidate = Candidate {
            url: String::new(),
            class: Class::Local,
            tier: 0,
        };
        let failed = |k: &Kind| {
            (
                candidate.clone(),
                Failure {
                    kind: *k,
                    what: String::new(),
                },
            )
        };
        assert_eq!(
            common_kind(&kinds.iter().map(failed).collect::<Vec<_>>()),
            expected,
            "{kinds:?}"
        );
    }
}

proptest! {
    /// Whatever races: it ends, within the bounds, and takes an address that answers if there is one.
    #[test]
    fn a_race_always_ends_well(list in prop::collection::vec((0_u8..5, 0_u8..3, 0_u64..4000), 0..10)) {
        let addresses: Vec<(u8, Does)> = list
            .into_iter()
            .map(|(tier, does, ms)| (tier, [Answers(ms), Fails(ms), Hangs][usize::from(does)]))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (taken, ms) = runtime.block_on(run(&addresses));
        let answering: Vec<u8> =
            addresses.iter().filter(|(_, d)| matches!(d, Answers(_))).map(|(tier, _)| *tier).collect();
        prop_assert_eq!(taken.is_some(), !answering.is_empty());
        prop_assert!(taken.is_none_or(|tier| answering.contains(&tier)));
        prop_assert!(ms <= 5 * 250 + 5000 + 1000 + 20, "{}", ms);
    }

    /// Order of the published list changes nothing but the order within a tier.
    #[test]
    fn tiers_only_grow(seed in 0_u64..1000, owned: bool) {
        let mut connections = typical();
        fastrand::Rng::with_seed(seed).shuffle(&mut connections);
        let tiers: Vec<u8> = candidates(&server(owned, connections)).iter().map(|c| c.tier).collect();
        prop_assert!(tiers.is_sorted());
        prop_assert_eq!(tiers.len(), if owned { 5 } else { 2 });
    }
}
