//! What speaks against a match, however much speaks for it.

use model::iptv::{Feed, FeedKind, Viewer};
use model::{Body, LiveChannel, Observation, Outage, Session};
use proptest::prelude::*;

use super::build::at;
use super::iptv_build::{change, viewer};
use super::path::{ATTIC, NOW, found, on_air, one, places, play, seat};
use crate::State;
use crate::path::{Confidence, paths};

use Confidence::{Certain, Likely, Possible};

fn home(client: &str) -> Viewer {
    seat(client, Some(ATTIC), 0)
}

/// How sure it is that the play is fed by the only feed there is.
fn sure(play: Session, feed: Feed) -> Option<Confidence> {
    let path = one(play, vec![("hub", vec![feed])]);
    path.candidates.first().map(|c| c.confidence)
}

#[test]
fn what_contradicts_itself_is_no_more_than_possible() {
    // Number and name here and there, and how sure it is with the same address and time.
    let cases = [
        (Some("7.1"), Some("News"), Some(7.1), Some("News"), Certain),
        (Some("7.1"), Some("Sport"), Some(7.1), Some("News"), Possible),
        (Some("8"), Some("News"), Some(7.1), Some("News"), Possible),
        (Some("8"), None, Some(7.1), Some("News"), Possible),
        (None, Some("News"), Some(7.1), Some("News"), Certain),
        (Some("7.1"), None, Some(7.1), Some("News"), Certain),
        (Some("7.1"), Some("News"), None, Some("News"), Certain),
        (Some("7.1"), Some("News"), Some(7.1), None, Certain),
        // A float may stand for 7.1 and for 7.10: it speaks neither for nor against.
        (Some("7.10"), Some("News"), Some(7.1), Some("News"), Certain),
        (Some("7.10"), Some("News"), Some(7.2), Some("News"), Possible),
        (Some("17.1"), Some("News"), Some(7.1), Some("News"), Possible),
        (Some("7.10"), None, Some(7.1), None, Possible),
    ];
    for (number, name, their_number, their_name, expected) in cases {
        let feed = on_air("a", their_number, their_name, &[home("x")]);
        let is = sure(play("4", number, name), feed);
        assert_eq!(
            is,
            Some(expected),
            "{number:?} {name:?} {their_number:?} {their_name:?}"
        );
    }
}

#[test]
fn an_address_that_everybody_has_is_nobodys() {
    let film = |address: Option<&str>| {
        change(
            &on_air("z", None, Some("A film"), &[seat("f", address, 0)]),
            |f| {
                f.kind = FeedKind::Vod;
            },
        )
    };
    let with = |other: Option<&str>| {
        let feed = on_air("a", Some(7.0), None, &[home("x")]);
        let path = one(play("4", Some("7"), None), vec![("hub", vec![feed, film(other)])]);
        path.candidates[0].confidence
    };
    assert_eq!(with(Some(ATTIC)), Likely, "all of two have it");
    assert_eq!(with(Some("192.0.2.99")), Certain);
    let alone = on_air("a", Some(7.0), None, &[home("x")]);
    assert_eq!(sure(play("4", Some("7"), None), alone), Some(Certain));
    // The manager's own address is that of whatever is in between.
    for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let feed = on_air("a", Some(7.0), None, &[seat("x", Some(own), 0)]);
        let of = |places: &[&str]| {
            let mut state = State::new([("attic".into(), model::PLEX)]);
            see(&mut state, "attic", sessions(vec![play("4", Some("7"), None)]));
            see(
                &mut state,
                "hub",
                Body::Feeds {
                    feeds: vec![feed.clone()],
                },
            );
            let places = places.iter().map(|p| p.parse().unwrap()).collect();
            let places = [("attic".into(), places)].into();
            paths(&state.snapshot(), &places)[0].candidates[0].confidence
        };
        assert_eq!(of(&[own]), Likely, "{own}");
        assert_eq!(of(&[ATTIC]), Likely, "{own} is not somewhere else");
    }
}

#[test]
fn a_feed_that_only_others_watch_is_no_more_than_possible() {
    let away = |client, address| seat(client, Some(address), 0);
    let others = [away("x", "192.0.2.98"), away("y", "192.0.2.99")];
    let of = |viewers: &[Viewer]| {
        let feed = on_air("a", Some(7.0), Some("News"), viewers);
        sure(play("4", Some("7"), Some("News")), feed)
    };
    assert_eq!(of(&others), Some(Possible));
    let unknown = seat("z", None, 0);
    assert_eq!(of(&[others[0].clone(), unknown]), Some(Likely));
    assert_eq!(of(&[others[0].clone(), home("z")]), Some(Certain));
    assert_eq!(of(&[]), Some(Likely));
    let unlisted = change(&on_air("a", Some(7.0), Some("News"), &others), |f| {
        f.viewer_count = Some(3);
    });
    assert_eq!(sure(play("4", Some("7"), Some("News")), unlisted), Some(Likely));
    // All behind one gateway: nobody knows where they are.
    let gateway = [away("x", "192.0.2.99"), away("y", "192.0.2.99")];
    assert_eq!(of(&gateway), Some(Likely));
}

fn see(state: &mut State, source: &str, body: Body) {
    let seen = Observation {
        source: source.into(),
        taken_at: at(NOW),
        mono_ms: NOW,
        body,
    };
    state.reconcile(seen, &mut Vec::new());
}

fn sessions(sessions: Vec<Session>) -> Body {
    Body::Sessions {
        sessions,
        asked_mono_ms: NOW,
    }
}

#[test]
fn a_manager_that_is_away_has_nothing_on_the_air() {
    let mut state = State::new([("attic".into(), model::PLEX)]);
    see(&mut state, "attic", sessions(vec![play("4", Some("7"), None)]));
    let feeds = vec![on_air("a", Some(7.0), None, &[home("x")])];
    see(&mut state, "hub", Body::Feeds { feeds });
    let count = |state: &State| paths(&state.snapshot(), &places())[0].candidates.len();
    assert_eq!(count(&state), 1);
    let outage = Outage {
        kind: "timeout",
        message: "gone".into(),
    };
    see(&mut state, "hub", Body::Outage(outage));
    assert_eq!(count(&state), 0);
}

#[test]
fn a_connection_is_one_plays() {
    let news = || on_air("a", Some(7.0), Some("News"), &[home("x")]);
    let of = |plays, feeds| -> Vec<_> {
        let paths = found(plays, vec![("hub", feeds)]);
        paths.iter().map(|p| p.candidates[0].confidence).collect()
    };
    // The one with more in common has it.
    let plays = || vec![play("4", Some("7"), None), play("5", Some("7"), Some("News"))];
    assert_eq!(of(plays(), vec![news()]), [Possible, Certain]);
    // Two alike: nothing tells whose it is.
    let twins = vec![play("4", Some("7"), None), play("5", Some("7"), None)];
    assert_eq!(of(twins, vec![news()]), [Possible, Possible]);
    // Where no connection stands out, none is claimed.
    let two = on_air("a", Some(7.0), Some("News"), &[home("x"), home("y"), viewer("z")]);
    assert_eq!(of(plays(), vec![two]), [Certain, Certain]);
    // A second best that is left becomes the best.
    let bare = on_air(
        "b",
        Some(7.0),
        Some("Sport"),
        &[
            seat("y", Some(ATTIC), 90_000),
            seat("z", Some("192.0.2.99"), 90_000),
        ],
    );
    let path = &found(plays(), vec![("hub", vec![news(), bare])])[0];
    let kept: Vec<_> = path
        .candidates
        .iter()
        .map(|c| (c.feed.as_str(), c.confidence))
        .collect();
    assert_eq!(kept, [("b", Likely), ("a", Possible)]);
    assert!(!path.ambiguous);
}

proptest! {
    /// However many plays want it, a connection is that of one at most.
    #[test]
    fn no_connection_is_claimed_twice(
        plays in proptest::collection::vec((0_u8..3, any::<bool>()), 1..6),
        feeds in proptest::collection::vec((0_u8..3, 0_u8..3, proptest::collection::vec((0_u8..4, any::<bool>()), 0..3)), 0..5),
    ) {
        let name = |n: u8| format!("channel {}", char::from(b'a' + n));
        let plays = plays.iter().enumerate().map(|(key, (channel, is_named))| {
            let name = is_named.then(|| name(*channel));
            play(&key.to_string(), Some(&channel.to_string()), name.as_deref())
        });
        let feeds = feeds.iter().enumerate().map(|(key, (number, title, viewers))| {
            let mut seats: Vec<_> = viewers.iter().map(|(c, is_home)| {
                seat(&c.to_string(), is_home.then_some(ATTIC), 0)
            }).collect();
            seats.sort_by(|a, b| a.client_id.cmp(&b.client_id));
            seats.dedup_by(|a, b| a.client_id == b.client_id);
            on_air(&key.to_string(), Some(f64::from(*number)), Some(&name(*title)), &seats)
        });
        let paths = found(plays.collect(), vec![("hub", feeds.collect())]);
        let mut claimed = std::collections::BTreeMap::new();
        for path in &paths {
            prop_assert!(path.candidates.is_sorted_by_key(|c| std::cmp::Reverse(c.confidence)));
            for c in path.candidates.iter().filter(|c| c.confidence > Possible) {
                if let Some(client) = &c.client_id {
                    let by = claimed.entry(client.clone()).or_insert_with(|| path.session.clone());
                    prop_assert_eq!(&*by, &path.session);
                }
            }
        }
    }
}

#[test]
fn a_call_sign_is_a_name_as_well() {
    let mut named = play("4", Some("7"), Some("7 NBC"));
    let item = std::sync::Arc::make_mut(&mut named.item);
    item.live = Some(LiveChannel {
        call_sign: Some("WNBC".into()),
        ..item.live.take().unwrap()
    });
    for (theirs, expected) in [("NBC HD", Certain), ("wnbc", Certain), ("CBS", Possible)] {
        let feed = on_air("a", Some(7.0), Some(theirs), &[home("x")]);
        assert_eq!(sure(named.clone(), feed), Some(expected), "{theirs}");
    }
}
