use std::sync::Arc;

use model::{Decision, Delivery, MediaKind, Segment};

use super::build::{at, item, session, with};
use crate::rules::{counts, quality_changed, same_item};

type Case<'a> = (&'a str, &'a dyn Fn(&mut Delivery), bool);

#[test]
fn same_item_table() {
    let a = item("10");
    let by = |f: &dyn Fn(&mut model::Item)| {
        let mut i = item("10");
        f(&mut i);
        i
    };
    let cases = [
        (by(&|_| ()), true, "equal rating keys"),
        (
            by(&|i| i.rating_key = Some("11".into())),
            false,
            "other rating key",
        ),
        (
            by(&|i| i.title = Some("Renamed".into())),
            true,
            "metadata edited while it plays",
        ),
        (
            by(&|i| i.rating_key = None),
            true,
            "key missing for once: titles decide",
        ),
        (
            by(&|i| (i.rating_key, i.title) = (None, Some("Other".into()))),
            false,
            "key missing, other title",
        ),
        (
            by(&|i| i.live = Some(model::LiveChannel::default())),
            false,
            "television is not the file",
        ),
    ];
    for (b, expected, why) in cases {
        assert_eq!(same_item(&a, &b), expected, "{why}");
        assert_eq!(same_item(&b, &a), expected, "{why}, the other way round");
    }
}

#[test]
fn counts_table() {
    for (kind, expected) in [
        (MediaKind::Movie, true),
        (MediaKind::Episode, true),
        (MediaKind::Track, true),
        (MediaKind::Clip, false),
        (MediaKind::Photo, false),
        (MediaKind::Other, false),
    ] {
        let mut i = item("1");
        i.kind = kind;
        assert_eq!(counts(&i), expected, "{kind:?}");
        i.live = Some(model::LiveChannel::default());
        assert!(counts(&i), "live television counts whatever its type");
        i.extra = true;
        assert!(!counts(&i));
    }
}

#[test]
fn quality_table() {
    let segment = Segment {
        started_at: at(0),
        decision: Some(Decision::Transcode),
        resolution: None,
        bitrate_bps: Some(4_000_000),
        video_codec: None,
        audio_codec: Some("aac".into()),
        reasons: vec![],
        played_ms: 0,
    };
    let base = Delivery {
        decision: Some(Decision::Transcode),
        bitrate_bps: Some(4_000_000),
        ..(*session("1", "1", 0).delivery).clone()
    };
    let cases: [Case<'_>; 5] = [
        ("nothing", &|_| (), false),
        ("bit rate wobbles", &|d| d.bitrate_bps = Some(4_500_000), false),
        ("bit rate halves", &|d| d.bitrate_bps = Some(2_000_000), true),
        ("bit rate unknown for once", &|d| d.bitrate_bps = None, false),
        ("decision", &|d| d.decision = Some(Decision::Copy), true),
    ];
    for (what, change, expected) in cases {
        let mut d = base.clone();
        change(&mut d);
        assert_eq!(quality_changed(&segment, &d), expected, "{what}");
    }
}

#[test]
fn unknown_client_ids_do_not_split_a_play() {
    let mut w = super::build::World::new();
    let known = session("4", "10", 0);
    let unknown = with(&known, |s| Arc::make_mut(&mut s.player).machine_id = None);
    w.look(vec![known.clone()])
        .wait(1_000)
        .look(vec![unknown])
        .wait(1_000)
        .look(vec![known]);
    assert!(w.ended().is_empty());
}
