//! Where a live television play comes from, as a table of evidence.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use model::iptv::{Feed, FeedKind, Viewer};
use model::{Body, LiveChannel, Observation, Session, SourceId};
use proptest::prelude::*;

use super::build::{at, session, with};
use super::iptv_build::{change, feed, since, viewer, watched};
use crate::State;
use crate::path::{Candidate, Confidence, Path, Reason, paths};

pub(super) const NOW: u64 = 10_000_000;
pub(super) const ATTIC: &str = "2001:db8::5";

pub(super) fn play(key: &str, number: Option<&str>, title: Option<&str>) -> Session {
    with(&session(key, "x", 0), |s| {
        let item = Arc::make_mut(&mut s.item);
        item.rating_key = None;
        item.live = Some(LiveChannel {
            call_sign: None,
            title: title.map(Into::into),
            number: number.map(Into::into),
        });
    })
}

pub(super) fn on_air(key: &str, number: Option<f64>, name: Option<&str>, viewers: &[Viewer]) -> Feed {
    let f = since(&watched(&feed(key), viewers), at(NOW - 3_600_000), 3_600_000);
    change(&f, |f| {
        let channel = Arc::make_mut(&mut f.channel);
        (channel.number, channel.name) = (number, name.map(Into::into));
    })
}

/// A viewer nobody knows, from this address since so long before the play.
pub(super) fn seat(client: &str, address: Option<&str>, ago_ms: u64) -> Viewer {
    Viewer {
        user: None,
        address: address.map(Into::into),
        connected_at: Some(at(NOW - ago_ms)),
        ..viewer(client)
    }
}

pub(super) fn stranger(client: &str) -> Viewer {
    seat(client, Some("192.0.2.99"), 3_000_000)
}

/// Plays of one media server and feeds of managers, all seen at one moment.
pub(super) fn found(plays: Vec<Session>, managers: Vec<(&str, Vec<Feed>)>) -> Vec<Path> {
    let mut state = State::new([("attic".into(), model::PLEX)]);
    let mut see = |source: &str, body| {
        let seen = Observation {
            source: source.into(),
            taken_at: at(NOW),
            mono_ms: NOW,
            body,
        };
        state.reconcile(seen, &mut Vec::new());
    };
    see(
        "attic",
        Body::Sessions {
            sessions: plays,
            asked_mono_ms: NOW,
        },
    );
    for (manager, feeds) in managers {
        see(manager, Body::Feeds { feeds });
    }
    paths(&state.snapshot(), &places())
}

pub(super) fn places() -> BTreeMap<SourceId, Vec<IpAddr>> {
    let of = ["192.0.2.5", ATTIC].map(|a| a.parse().unwrap());
    BTreeMap::from([("attic".into(), of.to_vec())])
}

pub(super) fn one(play: Session, managers: Vec<(&str, Vec<Feed>)>) -> Path {
    found(vec![play], managers).remove(0)
}

/// Number and name on the media server, the same on the manager, address of the viewer and how long it was there before
/// the play in milliseconds; `-` was not told.
const HOW_SURE: &str = "
    7.1 News   7.1 News   192.0.2.5 0      Certain
    7.1 -      7.1 News   192.0.2.5 30000  Certain
    -   News   7.1 News   192.0.2.5 0      Certain
    7.1 News   7.1 News   -         31000  Likely
    7.1 -      7.1 News   192.0.2.5 30001  Likely
    -   News   7.1 News   192.0.2.5 30001  Likely
    7.1 -      7.1 News   -         0      Likely
    -   News   7.1 News   -         0      Likely
    -   News   7.1 News   192.0.2.6 0      Possible
    7.1 -      7.1 News   -         31000  Possible
    -   News   7.1 News   -         31000  Possible
    -   -      7.1 News   192.0.2.5 0      Possible
    8   Sport  7.1 News   192.0.2.5 0      Possible
    -   -      7.1 News   192.0.2.5 30001  -
    -   -      7.1 News   -         0      -
    -   -      -   -      -         0      -
    7.1 News   -   -      -         0      -
";

#[test]
fn how_sure_a_match_is() {
    for row in HOW_SURE.lines().filter(|l| !l.trim().is_empty()) {
        let mut words = row.split_whitespace().map(|w| (w != "-").then_some(w));
        let mut next = || words.next().unwrap();
        let play = play("4", next(), next());
        let (number, name) = (next().map(|n| n.parse().unwrap()), next());
        let viewer = seat("x", next(), next().unwrap().parse().unwrap());
        let feed = on_air("a", number, name, &[viewer, stranger("y")]);
        let path = one(play, vec![("hub", vec![feed])]);
        let confidence = path.candidates.first().map(|c| format!("{:?}", c.confidence));
        assert_eq!(confidence.as_deref(), next(), "{row}: {:?}", path.candidates);
        assert!(!path.ambiguous);
    }
}

#[test]
fn every_reason_is_given_and_the_connection_is_named() {
    let tuner = Viewer {
        user: Some("Ada".into()),
        user_agent: Some("Lavf/60.16.100".into()),
        // As a dual-stack socket tells an IPv4 address.
        ..seat("x", Some("::ffff:192.0.2.5"), 2_000)
    };
    let path = one(
        play("4", Some("7.1"), Some("News")),
        vec![("hub", vec![on_air("a", Some(7.1), Some("News"), &[tuner])])],
    );
    assert_eq!((path.server.as_str(), path.session.as_str()), ("attic", "4"));
    let best = &path.candidates[0];
    assert_eq!(best.reasons, Reason::ALL);
    assert_eq!((best.manager.as_str(), best.feed.as_str()), ("hub", "a"));
    assert_eq!(best.client_id.as_deref(), Some("x"));
    assert_eq!(best.confidence, Confidence::Certain);
}

#[test]
fn the_viewer_that_has_most_in_common_is_the_one() {
    let at_home = seat("b", Some(ATTIC), 500_000);
    let just_now = seat("c", Some(ATTIC), 4_000);
    let path = one(
        play("4", Some("7"), None),
        vec![(
            "hub",
            vec![on_air(
                "a",
                Some(7.0),
                None,
                &[stranger("a"), at_home, just_now, stranger("d")],
            )],
        )],
    );
    assert_eq!(path.candidates[0].client_id.as_deref(), Some("c"));
    assert_eq!(
        path.candidates[0].reasons,
        [Reason::Number, Reason::Address, Reason::Time]
    );
    // Two alike, or nothing but the channel: no connection stands out.
    let home = |client| seat(client, Some(ATTIC), 4_000);
    let twins = one(
        play("4", Some("7"), None),
        vec![(
            "hub",
            vec![on_air(
                "a",
                Some(7.0),
                None,
                &[home("a"), home("b"), stranger("c")],
            )],
        )],
    );
    assert_eq!(twins.candidates[0].confidence, Confidence::Certain);
    assert_eq!(twins.candidates[0].client_id, None);
    let path = one(
        play("4", Some("7"), None),
        vec![(
            "hub",
            vec![on_air("a", Some(7.0), None, &[stranger("a"), stranger("b")])],
        )],
    );
    assert_eq!(
        (
            path.candidates[0].client_id.clone(),
            path.candidates[0].reasons.clone()
        ),
        (None, vec![Reason::Number])
    );
}

#[test]
fn a_feed_without_listed_viewers_may_have_begun_with_the_play() {
    let begun = since(&on_air("a", Some(7.0), None, &[]), at(NOW - 9_000), 9_000);
    let path = one(play("4", Some("7"), None), vec![("hub", vec![begun])]);
    assert_eq!(path.candidates[0].reasons, [Reason::Number, Reason::Time]);
    assert_eq!(
        (
            path.candidates[0].confidence,
            path.candidates[0].client_id.clone()
        ),
        (Confidence::Likely, None)
    );
}

#[test]
fn equals_are_never_told_apart() {
    let certain = |key: &str| on_air(key, Some(7.0), Some("News"), &[seat("x", Some(ATTIC), 0)]);
    let path = one(
        play("4", Some("7"), Some("News")),
        vec![
            ("b", vec![certain("k")]),
            ("a", vec![certain("m"), on_air("l", Some(7.0), None, &[])]),
        ],
    );
    assert!(path.ambiguous);
    let of: Vec<_> = path
        .candidates
        .iter()
        .map(|c| (c.manager.as_str(), c.feed.as_str(), c.confidence))
        .collect();
    let possible = Confidence::Possible;
    assert_eq!(
        of,
        [("a", "m", possible), ("b", "k", possible), ("a", "l", possible)]
    );
    // What proves nothing does not settle it.
    let tuner = Viewer {
        user: Some("ada".into()),
        user_agent: Some("PlexMediaServer".into()),
        ..seat("x", Some(ATTIC), 0)
    };
    let better = on_air("k", Some(7.0), Some("News"), &[tuner]);
    let path = one(
        play("4", Some("7"), Some("News")),
        vec![("b", vec![better]), ("a", vec![certain("m")])],
    );
    assert!(path.ambiguous);
    let best = &path.candidates[0];
    assert_eq!((best.manager.as_str(), best.confidence), ("b", possible));
    // Another reason does, and the weaker keeps its own confidence.
    let bare = on_air("m", Some(7.0), None, &[seat("x", Some(ATTIC), 0)]);
    let path = one(
        play("4", Some("7"), Some("News")),
        vec![("b", vec![certain("k")]), ("a", vec![bare])],
    );
    assert!(!path.ambiguous);
    assert_eq!(
        (path.candidates[0].manager.as_str(), path.candidates[0].confidence),
        ("b", Confidence::Certain)
    );
    assert_eq!(path.candidates[1].confidence, Confidence::Certain);
}

#[test]
fn only_three_are_kept_and_only_channels_on_the_air_are_asked() {
    let many = (0..9)
        .map(|n| on_air(&n.to_string(), Some(7.0), None, &[]))
        .collect();
    let path = one(play("4", Some("7"), None), vec![("hub", many)]);
    assert_eq!((path.candidates.len(), path.ambiguous), (3, true));
    for kind in [FeedKind::Preview, FeedKind::Vod, FeedKind::Timeshift] {
        let other = change(&on_air("a", Some(7.0), None, &[]), |f| f.kind = kind);
        let path = one(play("4", Some("7"), None), vec![("hub", vec![other])]);
        assert!(path.candidates.is_empty(), "{kind:?}");
    }
}

#[test]
fn every_live_play_has_a_path_and_no_other() {
    let film = session("9", "10", 0);
    let plays = vec![play("4", Some("7"), None), film, play("5", Some("8"), None)];
    let found = found(plays, vec![("hub", vec![on_air("a", Some(8.0), None, &[])])]);
    let of: Vec<_> = found
        .iter()
        .map(|p| (p.session.as_str(), p.candidates.len()))
        .collect();
    assert_eq!(of, [("4", 0), ("5", 1)]);
}

#[test]
fn numbers_are_compared_as_numbers() {
    let cases = [
        ("7.1", 7.1, true),
        ("7-1", 7.1, true),
        (" 101 ", 101.0, true),
        ("101.0", 101.0, true),
        ("007", 7.0, true),
        ("7.1", 7.2, false),
        ("71", 7.1, false),
        ("-7", 7.0, false),
        ("7.1.1", 7.1, false),
        ("inf", f64::INFINITY, false),
        ("nan", f64::NAN, false),
        ("", 0.0, false),
        ("1e1", 10.0, false),
        ("7.10", 7.1, false),
        ("7.05", 7.05, true),
        ("7.00", 7.0, true),
        ("7.", 7.0, true),
        ("0", 0.0, true),
        ("99999999999", 99_999_999_999.0, false),
    ];
    for (told, number, same) in cases {
        let feed = on_air("a", Some(number), None, &[]);
        let path = one(play("4", Some(told), None), vec![("hub", vec![feed])]);
        assert_eq!(!path.candidates.is_empty(), same, "{told} and {number}");
    }
}

#[test]
fn names_are_compared_without_what_guides_add() {
    let cases = [
        ("CNN", "cnn", true),
        ("CNN HD", "CNN", true),
        ("CNN", "CNN FHD", true),
        ("CNN UHD", "CNN 4K", true),
        ("CNNHD", "CNN", true),
        ("BBC One HD", "BBC-One", true),
        ("6.5 WGCECD5 (Buzzr)", "Buzzr", true),
        ("6.5 WGCECD5 (Buzzr)", "WGCECD5", true),
        ("A&E", "A and E", true),
        ("Canal+", "CANAL PLUS", true),
        ("Sky News", "101 Sky News", true),
        ("ITV", "ITV +1", false),
        ("ITV1", "ITV +1", false),
        ("CNN", "CNN International", false),
        ("HD", "HD", true),
        ("4K", "UHD", false),
        ("7.1", "71", false),
        ("7.1", "7.1", false),
        ("ÖRF", "örf", true),
        ("", "", false),
    ];
    for (ours, theirs, same) in cases {
        let feed = on_air("a", None, Some(theirs), &[]);
        let path = one(play("4", None, Some(ours)), vec![("hub", vec![feed])]);
        assert_eq!(!path.candidates.is_empty(), same, "{ours} and {theirs}");
    }
    let signed = with(&play("4", None, None), |s| {
        let item = Arc::make_mut(&mut s.item);
        item.live.as_mut().unwrap().call_sign = Some("WNBC-DT".into());
    });
    let path = one(
        signed,
        vec![("hub", vec![on_air("a", None, Some("wnbc dt"), &[])])],
    );
    assert_eq!(path.candidates[0].reasons, [Reason::Name]);
}

/// One feed: its manager, number and name, and viewers: client, whether at home, and since when before the play in ms.
type Told = (u8, Option<u8>, Option<u8>, Vec<(u8, bool, u64)>);

fn some_feeds() -> impl Strategy<Value = Vec<Told>> {
    use proptest::option::of;
    let viewers = proptest::collection::vec((0_u8..3, any::<bool>(), 0_u64..60_000), 0..4);
    proptest::collection::vec((0_u8..3, of(0_u8..4), of(0_u8..4), viewers), 0..12)
}

proptest! {
    /// Whatever is on the air: the order it is listed in does not matter, confidence never rises down the list, and a
    /// match that is more than possible stands alone at the top.
    #[test]
    fn matches_are_ordered_and_never_guessed(feeds in some_feeds(), channel in (0_u8..4, 0_u8..4)) {
        let name = |n: u8| format!("channel {}", char::from(b'a' + n));
        let all = |is_reversed: bool| {
            let mut managers: BTreeMap<String, Vec<Feed>> = BTreeMap::new();
            for (n, (manager, number, title, viewers)) in feeds.iter().enumerate() {
                let mut seats: Vec<_> = viewers
                    .iter()
                    .map(|(c, home, ago)| seat(&c.to_string(), home.then_some(ATTIC), *ago))
                    .collect();
                seats.sort_by(|a, b| a.client_id.cmp(&b.client_id));
                seats.dedup_by(|a, b| a.client_id == b.client_id);
                let f = on_air(&n.to_string(), number.map(f64::from), title.map(name).as_deref(), &seats);
                managers.entry(manager.to_string()).or_default().push(f);
            }
            let mut managers: Vec<_> = managers.into_iter().collect();
            if is_reversed {
                managers.reverse();
                for (_, feeds) in &mut managers {
                    feeds.reverse();
                }
            }
            managers
        };
        let wanted = || vec![play("4", Some(&channel.0.to_string()), Some(&name(channel.1)))];
        let find = |m: &[(String, Vec<Feed>)]| {
            found(wanted(), m.iter().map(|(id, f)| (id.as_str(), f.clone())).collect())
        };
        let paths = find(&all(false));
        prop_assert_eq!(&paths, &find(&all(true)));
        let candidates = &paths[0].candidates;
        prop_assert!(candidates.len() <= 3);
        prop_assert!(candidates.is_sorted_by_key(|c| std::cmp::Reverse(c.confidence)));
        if let [a, b, ..] = candidates.as_slice() {
            let proves = |r: &&Reason| matches!(r, Reason::Number | Reason::Name | Reason::Address | Reason::Time);
            let proofs = |c: &Candidate| c.reasons.iter().filter(proves).count();
            let equal = a.confidence == b.confidence && proofs(a) == proofs(b);
            prop_assert!(!equal || (paths[0].ambiguous && a.confidence == Confidence::Possible));
        }
        if paths[0].ambiguous {
            prop_assert!(candidates.iter().all(|c| c.confidence == Confidence::Possible));
        }
        for c in candidates {
            prop_assert!(c.reasons.is_sorted() && !c.reasons.is_empty());
        }
    }
}
