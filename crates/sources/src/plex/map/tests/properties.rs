//! What must hold for any answer.

use model::{Decision, Reason, Session};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{event, notifications};
use super::{Shelf, episode, live, one, track, transcoded, with};

fn any_word() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("transcode"),
        json!("copy"),
        json!("directplay"),
        json!("burn"),
        json!("ignore"),
        json!("none"),
        json!(""),
        json!(null),
        json!(1),
        json!("?"),
    ])
}

fn any_stream() -> impl Strategy<Value = Value> {
    let codec = prop::sample::select(vec!["h264", "hevc", "aac", "eac3", "srt", "*", ""]);
    let title = prop::sample::select(vec![
        "1080p (HEVC Main 10)",
        "4K (H.264)",
        "English (AAC Stereo)",
        "(",
        "",
    ]);
    (
        0..6_u8,
        any_word(),
        codec,
        title,
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        any::<Option<i32>>(),
    )
        .prop_map(|(kind, decision, codec, title, selected, default, bitrate)| {
            json!({"streamType": kind, "decision": decision, "codec": codec, "displayTitle": title,
                   "selected": selected, "default": default, "bitrate": bitrate, "channels": bitrate})
        })
}

/// A session whose words contradict each other as they like.
fn any_session() -> impl Strategy<Value = Value> {
    let words = || prop::collection::vec(any_word(), 3);
    let base = prop::sample::select(vec![episode(), transcoded(), track(), live()]);
    let streams = prop::collection::vec(any_stream(), 0..6);
    (base, any_word(), streams, prop::option::of(words()), any::<Option<f64>>()).prop_map(
        |(mut item, part, mut streams, transcoder, figure)| {
            for (id, stream) in streams.iter_mut().enumerate() {
                stream["id"] = json!(id);
            }
            let resolution = item["Media"][0]["videoResolution"].take();
            item["Media"] = json!([{
                "id": "861", "videoResolution": resolution, "bitrate": figure,
                "Part": [{"decision": part, "Stream": streams}],
            }]);
            if let Some(words) = transcoder {
                item["TranscodeSession"] = json!({
                    "videoDecision": words[0], "audioDecision": words[1], "subtitleDecision": words[2],
                    "speed": figure, "progress": figure, "maxOffsetAvailable": figure, "sourceVideoCodec": "hevc",
                });
            }
            item
        },
    )
}

fn check_invariants(s: &Session) -> Result<(), TestCaseError> {
    let delivery = &s.delivery;
    let streams = [
        delivery.video.as_ref().and_then(|v| v.decision),
        delivery.audio.as_ref().and_then(|a| a.decision),
    ];
    // No stream is worked on harder than the whole.
    prop_assert!(
        streams.into_iter().all(|d| d <= delivery.decision),
        "{delivery:?}"
    );
    if delivery.decision == Some(Decision::DirectPlay) {
        prop_assert!(delivery.transcode.is_none() && delivery.protocol.is_none());
    }
    let reasons = delivery.transcode.as_ref().map_or(&[][..], |t| &t.reasons);
    let converted = delivery.decision.is_some_and(|d| d != Decision::DirectPlay);
    prop_assert_eq!(!reasons.is_empty(), converted, "{:?}", delivery);
    prop_assert!(reasons.windows(2).all(|w| w[0] < w[1]), "{:?}", reasons);
    prop_assert!(
        reasons.len() < 2 || !reasons.contains(&Reason::Unknown),
        "{:?}",
        reasons
    );
    prop_assert_eq!(
        reasons.contains(&Reason::Container),
        delivery.decision == Some(Decision::Copy)
    );
    if let Some(t) = &delivery.transcode {
        prop_assert!(t.speed.is_none_or(|v| v.is_finite() && v >= 0.0));
        prop_assert!(t.progress_percent.is_none_or(|v| (0.0..=100.0).contains(&v)));
        prop_assert!(t.buffer_ahead_ms.is_none_or(|v| v >= 0));
    }
    prop_assert!(delivery.bitrate_bps != Some(0) && s.source.bitrate_bps != Some(0));
    Ok(())
}

proptest! {
    #[test]
    fn contradictions_stay_in_bounds(item in any_session()) {
        check_invariants(&one(item))?;
    }

    #[test]
    fn the_order_of_streams_and_keys_does_not_count(item in any_session(), turn in 0..6_usize) {
        let before = one(item.clone());
        let mut turned = item;
        if let Some(streams) = turned["Media"][0]["Part"][0]["Stream"].as_array_mut() {
            let by = turn % streams.len().max(1);
            streams.rotate_left(by);
        }
        prop_assert_eq!(&one(turned.clone()), &before);
        if let Some(streams) = turned["Media"][0]["Part"][0]["Stream"].as_array_mut() {
            streams.reverse();
            streams.extend(streams.clone());
        }
        prop_assert_eq!(&one(turned), &before);
    }

    #[test]
    fn the_order_of_sessions_does_not_count(items in prop::collection::vec(any_session(), 0..5), turn in 0..5_usize) {
        let mut items: Vec<Value> =
            items.into_iter().enumerate().map(|(n, item)| with(item, json!({"sessionKey": n}))).collect();
        let sorted = |items: &[Value]| {
            let mut mapped = Shelf::default().map(items).value;
            mapped.sessions.sort_by(|a, b| a.key.cmp(&b.key));
            mapped.sessions
        };
        let before = sorted(&items);
        prop_assert_eq!(before.len(), items.len());
        let by = turn % items.len().max(1);
        items.rotate_left(by);
        prop_assert_eq!(&sorted(&items), &before);
        // Told twice, counted once.
        items.extend(items.clone());
        prop_assert_eq!(&sorted(&items), &before);
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let shelf = Shelf::default();
        let known = super::Known { libraries: &shelf.libraries, metadata: &shelf.metadata };
        let mut body = json!({"MediaContainer": {"Metadata": [transcoded(), live()]}}).to_string().into_bytes();
        let at = at.index(body.len());
        prop_assert!(super::sessions(&body[..at], &known).is_err());
        body[at] = byte;
        if let Ok(decoded) = super::sessions(&body, &known) {
            for session in &decoded.value.sessions {
                check_invariants(session)?;
            }
        }
    }

    #[test]
    fn any_frame_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "\\PC{0,60}") {
        let _ = (notifications(&bytes), notifications(text.as_bytes()), event(&text, &bytes));
    }
}
