//! Rows of plays, field by field.

use std::collections::HashMap;
use std::sync::Arc;

use model::{
    Decision, Delivery, LiveChannel, MediaKind, Network, Origin, Person, Play, Reason, RecordKind, Scalar,
    User,
};
use proptest::prelude::*;

use super::super::build::{START_MS, at, film, full, with};
use super::super::of::{LIVE_SECTION, record_of, user_id};

fn nobody() -> HashMap<i64, Person> {
    HashMap::new()
}

/// An ordinary episode: [`full`], in a library.
fn episode() -> Play {
    with(&full(), |s| {
        let item = Arc::make_mut(&mut s.item);
        (item.live, item.extra) = (None, false);
    })
}

#[test]
fn every_field_that_is_known_is_kept() {
    let r = record_of(&episode(), &nobody()).unwrap();
    assert_eq!((r.server.as_str(), r.origin), ("attic", Origin::Recorded));
    assert_eq!(&*r.origin_key, format!("attic-4-{START_MS}"));
    assert_eq!(
        (r.started_ms, r.stopped_ms),
        (START_MS, Some(START_MS + 1_062_000))
    );
    assert_eq!((r.paused_ms, r.buffering_ms), (Some(60_000), Some(2_000)));
    assert_eq!(r.view_offset_ms, Some(1_000_000));
    assert_eq!((r.user_id, r.user.as_deref()), (Some(42), Some("bert")));
    assert_eq!(r.ip_address.as_deref(), Some("198.51.100.4"));
    assert_eq!(r.section_id, Some(1));
    assert_eq!((r.secure, r.relayed), (Some(true), Some(true)));
    assert_eq!(r.location.as_deref(), Some("wan"));
    assert_eq!((r.bandwidth_kbps, r.bytes), (Some(6_000), Some(500_000_000)));
    assert_eq!(r.quality_profile, None, "what was asked for is not told");
    assert_eq!(r.segments.len(), 2);
    let i = &r.item;
    assert_eq!((i.kind, i.live), (RecordKind::Episode, false));
    let keys = (i.rating_key, i.parent_rating_key, i.grandparent_rating_key);
    assert_eq!(keys, (Some(1005), Some(1001), Some(1000)));
    assert_eq!(&*i.full_title, "A Show - The Test");
    assert_eq!(
        (i.media_index, i.parent_media_index, i.year),
        (Some(5), Some(2), Some(1999))
    );
    assert_eq!(i.duration_ms, Some(2_400_000));
    assert_eq!(i.thumb.as_deref(), Some("/library/metadata/1005/thumb/1"));
    assert_eq!(i.originally_available_at.as_deref(), Some("1999-09-17"));
    let extra = |name: &str| i.extra.get(name).cloned();
    assert_eq!(
        extra("parent_thumb"),
        Some(Scalar::Text("/library/metadata/1001/thumb/1".into()))
    );
    assert_eq!(extra("added_at"), Some(Scalar::Int(1_600_000_000)));
    assert_eq!(extra("content_rating"), Some(Scalar::Text("TV-14".into())));
    let c = &r.client;
    assert_eq!(
        (c.player.as_deref(), c.product_version.as_deref()),
        (Some("Bert's phone"), Some("10.1"))
    );
    assert_eq!(
        (c.machine_id.as_deref(), c.platform.as_deref()),
        (Some("machine"), Some("Android"))
    );
}

#[test]
fn the_delivery_stands_under_tautullis_names() {
    let r = record_of(&episode(), &nobody()).unwrap();
    let s = &r.stream;
    assert_eq!(s.decision, Some(Decision::Transcode));
    let resolutions = (s.source_resolution.as_deref(), s.stream_resolution.as_deref());
    assert_eq!(resolutions, (Some("4k"), Some("720p")));
    let expected = "audio_channels=8 audio_codec=truehd audio_decision=copy bitrate=42000 container=mkv \
        stream_audio_channels=2 stream_audio_codec=aac stream_audio_decision=copy stream_audio_language=English \
        stream_bitrate=4000 stream_container=mp4 stream_container_decision=transcode \
        stream_subtitle_codec=pgs stream_subtitle_decision=burn stream_subtitle_language=German \
        stream_video_codec=h264 stream_video_decision=transcode stream_video_full_resolution=720p \
        stream_video_height=720 stream_video_resolution=720 stream_video_width=1280 subtitle_codec=pgs subtitles=1 \
        transcode_container=mp4 transcode_height=720 transcode_hw_decode=vaapi transcode_hw_decoding=1 \
        transcode_hw_encode=vaapi transcode_hw_encoding=1 transcode_hw_full_pipeline=1 transcode_hw_requested=1 \
        transcode_protocol=dash transcode_reasons=subtitle_burn+video_codec+quality transcode_video_codec=h264 \
        transcode_width=1280 video_codec=hevc video_decision=transcode video_dynamic_range=HDR10 \
        video_full_resolution=4k video_resolution=4k";
    let fields: Vec<String> = s
        .fields
        .iter()
        .map(|(name, value)| match value {
            Scalar::Int(n) => format!("{name}={n}"),
            Scalar::Text(t) => format!("{name}={}", t.replace(' ', "+")),
        })
        .collect();
    assert_eq!(fields.join(" "), expected);
}

#[test]
fn only_movies_episodes_tracks_and_live_television_are_kept() {
    use MediaKind::{Clip, Episode, Movie, Other, Photo, Track};
    let channel = || {
        Some(LiveChannel {
            title: Some("Test TV".into()),
            ..LiveChannel::default()
        })
    };
    for (kind, key, extra, live, expected) in [
        (Movie, Some("1"), false, false, Some(RecordKind::Movie)),
        (Episode, Some("1"), false, false, Some(RecordKind::Episode)),
        (Track, Some("1"), false, false, Some(RecordKind::Track)),
        (Clip, Some("1"), false, false, None),
        (Photo, Some("1"), false, false, None),
        (Other, Some("1"), false, false, None),
        (Movie, Some("1"), true, false, None),
        (Movie, None, false, false, None),
        (Movie, Some("5d77"), false, false, None),
        (Movie, Some("-1"), false, false, None),
        (Episode, None, false, true, Some(RecordKind::Episode)),
        (Clip, Some("tv.plex.x"), false, true, Some(RecordKind::Movie)),
        (Photo, Some("1"), false, true, None),
    ] {
        let play = with(&episode(), |s| {
            let item = Arc::make_mut(&mut s.item);
            (item.kind, item.extra) = (kind, extra);
            item.rating_key = key.map(Into::into);
            item.live = live.then(channel).flatten();
        });
        let record = record_of(&play, &nobody());
        assert_eq!(
            record.as_ref().map(|r| r.item.kind),
            expected,
            "{kind:?} {key:?} {extra} {live}"
        );
        if let Some(record) = record {
            assert_eq!(record.item.live, live);
            assert_eq!(record.section_id == Some(LIVE_SECTION), live);
        }
    }
}

#[test]
fn titles_in_full() {
    use MediaKind::{Episode, Movie, Track};
    for (kind, above, title, channel, expected) in [
        (Movie, None, Some("A Film"), None, "A Film"),
        (Movie, Some("odd"), Some("A Film"), None, "A Film"),
        (Episode, Some("Show"), Some("One"), None, "Show - One"),
        (Track, Some("Artist"), Some("Song"), None, "Artist - Song"),
        (Track, None, Some("Song"), None, "Song"),
        (Movie, None, None, Some("Test TV"), "Test TV"),
        (Movie, None, None, None, ""),
    ] {
        let play = with(&episode(), |s| {
            let item = Arc::make_mut(&mut s.item);
            item.kind = kind;
            item.grandparent_title = above.map(Into::into);
            item.title = title.map(Into::into);
            item.live = channel.map(|c: &str| LiveChannel {
                title: Some(c.into()),
                ..LiveChannel::default()
            });
        });
        assert_eq!(&*record_of(&play, &nobody()).unwrap().item.full_title, expected);
    }
}

#[test]
fn near_the_end_is_the_end() {
    for (position_ms, duration_ms, live, expected) in [
        (Some(90_000), Some(100_000), false, Some(100_000)),
        (Some(89_999), Some(100_000), false, Some(89_999)),
        (Some(130_000), Some(100_000), false, Some(100_000)),
        (Some(90_000), Some(100_000), true, Some(90_000)),
        (Some(90_000), None, false, Some(90_000)),
        (Some(0), Some(5_000), false, Some(5_000)),
        (None, Some(100_000), false, None),
    ] {
        let play = with(&film("4", "10"), |s| {
            s.position_ms = position_ms;
            let item = Arc::make_mut(&mut s.item);
            item.duration_ms = duration_ms;
            item.live = live.then(LiveChannel::default);
        });
        let record = record_of(&play, &nobody()).unwrap();
        assert_eq!(
            record.view_offset_ms, expected,
            "{position_ms:?} of {duration_ms:?}"
        );
    }
}

#[test]
fn where_and_how_well() {
    use Decision::{Copy, DirectPlay, Transcode};
    for (network, told, location, relayed) in [
        (Some(Network::Lan), Some("lan"), Some("lan"), Some(false)),
        (Some(Network::Relay), Some("wan"), Some("wan"), Some(true)),
        (Some(Network::Relay), None, Some("wan"), Some(true)),
        (Some(Network::Cellular), None, Some("cellular"), Some(false)),
        (None, None, None, None),
    ] {
        let play = with(&episode(), |s| {
            let player = Arc::make_mut(&mut s.player);
            (player.network, player.location) = (network, told.map(Into::into));
        });
        let record = record_of(&play, &nobody()).unwrap();
        assert_eq!((record.location.as_deref(), record.relayed), (location, relayed));
    }
    for (decision, video, expected) in [
        (Some(DirectPlay), Some(DirectPlay), Some("Original")),
        (Some(Copy), Some(Copy), Some("Original")),
        (Some(Transcode), Some(Copy), Some("Original")),
        (Some(Transcode), Some(Transcode), None),
        (None, None, None),
    ] {
        let play = with(&episode(), |s| {
            let delivery = Arc::make_mut(&mut s.delivery);
            delivery.decision = decision;
            delivery.video.as_mut().unwrap().decision = video;
        });
        let record = record_of(&play, &nobody()).unwrap();
        assert_eq!(record.quality_profile.as_deref(), expected);
    }
}

#[test]
fn reasons_of_earlier_segments_are_not_forgotten() {
    let play = with(&episode(), |s| s.delivery = Arc::new(Delivery::default()));
    let record = record_of(&play, &nobody()).unwrap();
    let words = record.stream.fields.get("transcode_reasons");
    assert_eq!(
        words,
        Some(&Scalar::Text("subtitle_burn video_codec quality".into()))
    );
    let marks = crate::rules::Marks::of(&record.stream);
    assert!(marks.has_reason(Reason::SubtitleBurn) && !marks.has_reason(Reason::AudioCodec));
}

fn person(user_id: i64, name: &str, admin: bool) -> (i64, Person) {
    let person = Person {
        user_id,
        username: Some(name.into()),
        fields: [("is_admin".into(), Scalar::Int(i64::from(admin)))].into(),
        ..Person::default()
    };
    (user_id, person)
}

#[test]
fn the_owner_is_found_among_the_people_known() {
    let none: &[(i64, Person)] = &[];
    let owner = [person(7, "Ada", true), person(8, "bert", false)];
    let two = [person(7, "ada", true), person(9, "carl", true)];
    let unmarked = [person(7, "ADA", false), person(8, "bert", false)];
    let learnt = [person(1, "ada", true)];
    for (told, name, people, expected) in [
        (Some(1), Some("ada"), none, Some(1)),
        (Some(1), Some("someone"), &owner[..], Some(7)),
        (Some(1), None, &owner, Some(7)),
        (Some(1), Some("CARL"), &two, Some(9)),
        (Some(1), Some("dora"), &two, Some(1)),
        (Some(1), Some("ada"), &unmarked, Some(7)),
        (Some(1), Some("ada"), &learnt, Some(1)),
        (Some(42), Some("ada"), &owner, Some(42)),
        (Some(0), Some("Local"), &owner, Some(0)),
        (None, Some("BERT"), &owner, Some(8)),
        (None, Some("dora"), &owner, None),
        (None, None, &owner, None),
    ] {
        let people: HashMap<_, _> = people.iter().cloned().collect();
        assert_eq!(
            user_id(told, name, &people),
            expected,
            "{told:?} {name:?} {people:?}"
        );
    }
    let play = with(&film("4", "10"), |s| {
        s.user = Some(User {
            id: Some("1".into()),
            name: "ada".into(),
        });
    });
    let people: HashMap<_, _> = owner.into_iter().collect();
    assert_eq!(record_of(&play, &people).unwrap().user_id, Some(7));
}

proptest! {
    /// However the wall clock jumped, no play is shorter than what was seen of it, and none is negative.
    #[test]
    fn no_play_is_negative(ended in -10_000_000_i64..10_000_000, played in 0_u64..5_000_000, paused in 0_u64..5_000_000) {
        let mut play = film("4", "10");
        play.ended_at = Some(at(ended));
        (play.totals.played_ms, play.totals.paused_ms) = (played, paused);
        let record = record_of(&play, &nobody()).unwrap();
        let length_ms = record.stopped_ms.unwrap() - record.started_ms - record.paused_ms.unwrap();
        prop_assert!(length_ms >= played.cast_signed());
        prop_assert!(record.stopped_ms.unwrap() >= START_MS + ended);
    }
}
