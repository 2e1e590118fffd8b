//! Whatever the snapshot holds, every rendering of it can be read and names no series twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    Availability, CounterKey, Counters, Decision, Endpoint, EndpointStats, Feature, Health, Item,
    LibraryKind, Link, LiveChannel, MediaKind, Network, Play, Reason, ServerInfo, ServerSnapshot, Session,
    State, SubtitleAction, SubtitleStream, Text, Transcode, User,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::{build, dispatcharr_build, strict, text};
use crate::{DispatcharrOptions, Format, LabelPolicy, Options, Profile};

/// Text that an encoder may trip over.
pub(super) fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a\"\\\\\n\r\t{}=, \0]{0,9}",
        "[ab]{0,2}",
        "(é|ab){60,70}"
    ]
}

fn word() -> impl Strategy<Value = Text> {
    nasty().prop_map(|s| s.as_str().into())
}

fn session() -> impl Strategy<Value = Session> {
    let who = (prop_oneof![nasty(), "[12]", "k{64}[12]"], word(), of(word()));
    let what = (
        select(vec![
            MediaKind::Movie,
            MediaKind::Episode,
            MediaKind::Track,
            MediaKind::Clip,
        ]),
        of(word()),
        of(word()),
        of(any::<u32>()),
        of((word(), word())),
        any::<bool>(),
    );
    let how = (
        of(select(vec![
            Decision::DirectPlay,
            Decision::Copy,
            Decision::Transcode,
        ])),
        of(select(vec![Network::Lan, Network::Wan, Network::Relay])),
        of(any::<u64>()),
        of((
            any::<f64>(),
            any::<i64>(),
            vec(select(Reason::ALL.to_vec()), 0..4),
        )),
        select(vec![State::Playing, State::Paused, State::Unknown]),
        of(select(vec![SubtitleAction::Burn, SubtitleAction::Copy])),
    );
    (who, what, how).prop_map(|(who, what, how)| {
        let mut s = build::watching("", "", Decision::Copy);
        s.key = who.0.as_str().into();
        s.user = Some(User {
            id: None,
            name: who.1,
        });
        s.state = how.4;
        let library = what
            .4
            .map(|(id, title)| build::library_ref(&id, &title, LibraryKind::Movie));
        s.item = Arc::new(Item {
            title: what.1,
            grandparent_title: what.2,
            index: what.3,
            library,
            live: what.5.then(|| LiveChannel {
                title: who.2.clone(),
                ..LiveChannel::default()
            }),
            ..build::item(what.0, "")
        });
        let player = Arc::make_mut(&mut s.player);
        (player.device, player.location, player.network) = (who.2.clone(), who.2, how.1);
        let delivery = Arc::make_mut(&mut s.delivery);
        (delivery.decision, delivery.bitrate_bps, delivery.reserved_bps) = (how.0, how.2, how.2);
        delivery.subtitle = how.5.map(|a| SubtitleStream {
            action: Some(a),
            codec: None,
            language: None,
        });
        delivery.transcode = how.3.map(|(speed, ahead, reasons)| Transcode {
            speed: Some(speed),
            progress_percent: Some(speed),
            buffer_ahead_ms: Some(ahead),
            reasons,
            ..Transcode::default()
        });
        s
    })
}

fn counters() -> impl Strategy<Value = model::CounterMap> {
    let library = of((select(vec!["1", "2"]), select(vec!["A", "B"]), any::<bool>()));
    let key = (
        library,
        of(select(vec!["dave", "eve", ""])),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    let counters = any::<[u32; 4]>().prop_map(|[plays, played, paused, buffering]| Counters {
        plays: plays.into(),
        played_ms: played.into(),
        paused_ms: paused.into(),
        buffering_ms: buffering.into(),
    });
    let key = key.prop_map(|(library, user, live, episode, copied)| CounterKey {
        library: library.map(|(id, title, home)| {
            build::library_ref(
                id,
                title,
                if home {
                    LibraryKind::HomeVideo
                } else {
                    LibraryKind::Movie
                },
            )
        }),
        user: user.map(Into::into),
        media: if episode {
            MediaKind::Episode
        } else {
            MediaKind::Movie
        },
        live,
        decision: copied.then_some(Decision::Copy),
    });
    proptest::collection::btree_map(key, counters, 0..12)
}

pub(crate) fn server() -> impl Strategy<Value = ServerSnapshot> {
    let identity = (
        prop_oneof![select(vec!["a".to_owned(), "b".to_owned()]), nasty()],
        of((
            prop_oneof![word(), Just(Text::from("m"))],
            of(prop_oneof![word(), Just(Text::from("a"))]),
        )),
        any::<bool>(),
        any::<f64>(),
    );
    let libraries = vec((prop_oneof!["[12]", nasty()], nasty(), any::<u64>()), 0..4);
    let asked = vec(
        (
            select(Endpoint::ALL.to_vec()),
            select(vec!["timeout", "forbidden"]),
        ),
        0..4,
    );
    (identity, libraries, vec(session(), 0..6), counters(), asked).prop_map(
        |(identity, libraries, sessions, counters, asked)| {
            let mut s = build::rich(&identity.0);
            s.info = identity.1.map(|(machine_id, name)| {
                Arc::new(ServerInfo {
                    machine_id,
                    name,
                    ..(**s.info.as_ref().expect("built with it")).clone()
                })
            });
            if identity.2 {
                s.health = Health::Down {
                    kind: "timeout",
                    message: "gone".into(),
                    since: build::at(-5),
                };
            }
            let load = s.host.get_or_insert_default();
            load.host_cpu_ratio = Some(identity.3);
            let counts = |n| [(model::ContentKind::Movies, n), (model::ContentKind::Movies, 1)];
            let of = |(id, title, n): (String, String, u64)| {
                build::library(&id, &title, LibraryKind::Movie, &counts(n))
            };
            s.libraries = Some(Arc::new(libraries.into_iter().map(of).collect()));
            s.plays = sessions
                .into_iter()
                .map(|session| {
                    Arc::new(Play {
                        ..build::play("a", session)
                    })
                })
                .collect();
            s.counters = Arc::new(counters);
            s.link = Link::EventSource;
            s.features = BTreeMap::from([(Feature::Bandwidth, Availability::Available)]);
            for (endpoint, error) in asked {
                let stats: &mut EndpointStats = s.endpoints.entry(endpoint).or_default();
                *stats.errors.entry(error).or_default() += 1;
            }
            s
        },
    )
}

pub(crate) fn options() -> impl Strategy<Value = Options> {
    let policy = || select(vec![LabelPolicy::Keep, LabelPolicy::Hash, LabelPolicy::Drop]);
    (policy(), policy(), any::<bool>()).prop_map(|(users, titles, everything)| Options {
        users,
        titles,
        hash_salt: "salt".to_owned(),
        dispatcharr: if everything {
            dispatcharr_build::everything().dispatcharr
        } else {
            DispatcharrOptions::default()
        },
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_snapshot_renders_to_distinct_readable_series(servers in vec(server(), 0..4), options in options()) {
        let snapshot = build::snapshot(servers);
        for profile in Profile::ALL {
            let classic = text(profile, Format::Text, &snapshot, &options);
            let read = strict::parse(&classic, Format::Text).map_err(TestCaseError::fail)?;
            let open = text(profile, Format::OpenMetrics, &snapshot, &options);
            let open = strict::parse(&open, Format::OpenMetrics).map_err(TestCaseError::fail)?;
            let series = |e: &strict::Exposition| -> Vec<_> { e.all().cloned().collect() };
            prop_assert_eq!(series(&read), series(&open), "both forms say the same");
            prop_assert!(!classic.contains("203.0.113.77"), "no address of a player");
        }
    }

    #[test]
    fn dropping_users_changes_no_sum(server in server()) {
        let snapshot = build::snapshot([server]);
        let sum = |users| {
            let options = Options { users, ..Options::default() };
            let text = text(Profile::Native, Format::Text, &snapshot, &options);
            let read = strict::parse(&text, Format::Text).expect("readable");
            read.samples("media_plays_total").iter().map(|s| s.raw.parse::<u64>().unwrap()).sum::<u64>()
        };
        prop_assert_eq!(sum(LabelPolicy::Keep), sum(LabelPolicy::Drop));
        prop_assert_eq!(sum(LabelPolicy::Keep), sum(LabelPolicy::Hash));
    }
}
