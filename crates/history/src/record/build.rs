//! A play and a row to begin from, for tests.

use std::sync::Arc;

use model::{
    AudioStream, CounterKey, Decision, Delivery, Item, ItemDetails, LibraryKind, LibraryRef, LiveChannel,
    MediaKind, Network, Origin, Play, PlayId, PlayTotals, Player, Reason, Record, RecordClient, RecordItem,
    RecordKind, RecordStream, Segment, Session, SourceMedia, State, SubtitleAction, SubtitleStream,
    Timestamp, Transcode, User, VideoStream,
};

pub(crate) const START_MS: i64 = 1_763_700_000_000;

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(START_MS + ms).unwrap()
}

pub(crate) fn library() -> LibraryRef {
    LibraryRef {
        id: "1".into(),
        title: "Movies".into(),
        kind: LibraryKind::Movie,
    }
}

pub(crate) fn counter_key() -> CounterKey {
    CounterKey {
        library: Some(library()),
        user: Some("ada".into()),
        media: MediaKind::Movie,
        live: false,
        decision: Some(Decision::DirectPlay),
    }
}

pub(crate) fn record() -> Record {
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: "attic-4-1".into(),
        wanted_id: None,
        started_ms: START_MS,
        stopped_ms: Some(START_MS + 3_600_000),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: None,
        user_id: Some(5),
        user: Some("ada".into()),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(record_item(10)),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream::default()),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

pub(crate) fn record_item(rating_key: i64) -> RecordItem {
    RecordItem {
        kind: RecordKind::Movie,
        live: false,
        rating_key: Some(rating_key),
        parent_rating_key: None,
        grandparent_rating_key: None,
        guid: None,
        title: Some("A Film".into()),
        parent_title: None,
        grandparent_title: None,
        original_title: None,
        full_title: "A Film".into(),
        media_index: None,
        parent_media_index: None,
        year: None,
        duration_ms: Some(6_000_000),
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: model::Fields::default(),
    }
}

/// An episode, transcoded on another's phone, with every field that can be set.
pub(crate) fn full() -> Play {
    let session = Session {
        key: "4".into(),
        client_run: Some("run".into()),
        state: State::Playing,
        position_ms: Some(1_000_000),
        item: Arc::new(item()),
        user: Some(User {
            id: Some("42".into()),
            name: "bert".into(),
        }),
        player: Arc::new(player()),
        source: Arc::new(source()),
        delivery: Arc::new(delivery()),
    };
    let segment = |ms, decision, reasons: &[Reason]| Segment {
        started_at: at(ms),
        decision: Some(decision),
        resolution: Some("720".into()),
        bitrate_bps: Some(4_000_000),
        video_codec: Some("h264".into()),
        audio_codec: Some("aac".into()),
        reasons: reasons.to_vec(),
        played_ms: 500_000,
    };
    Play {
        id: PlayId::of(&"attic".into(), &"4".into(), START_MS),
        source: "attic".into(),
        started_at: at(0),
        started_position_ms: Some(1_000),
        ended_at: None,
        session: Arc::new(session),
        totals: PlayTotals {
            played_ms: 1_000_000,
            paused_ms: 60_000,
            buffering_ms: 2_000,
            estimated_bytes: Some(500_000_000),
        },
        segments: Arc::new(vec![
            segment(0, Decision::Transcode, &[Reason::SubtitleBurn]),
            segment(
                500_000,
                Decision::Transcode,
                &[Reason::VideoCodec, Reason::Quality],
            ),
        ]),
        seen_at: at(1_062_000),
        counted: true,
    }
}

/// An hour of a film at home, sent as it is.
pub(crate) fn film(key: &str, rating_key: &str) -> Play {
    let mut play = full();
    play.id = PlayId::of(&"attic".into(), &key.into(), START_MS);
    play.seen_at = at(3_600_000);
    play.totals = PlayTotals {
        played_ms: 3_600_000,
        ..PlayTotals::default()
    };
    let session = Arc::make_mut(&mut play.session);
    session.key = key.into();
    session.position_ms = Some(3_600_000);
    session.delivery = Arc::new(Delivery {
        decision: Some(Decision::DirectPlay),
        ..Delivery::default()
    });
    session.item = Arc::new(Item {
        rating_key: Some(rating_key.into()),
        kind: MediaKind::Movie,
        title: Some("A Film".into()),
        parent_title: None,
        grandparent_title: None,
        duration_ms: Some(6_000_000),
        live: None,
        extra: false,
        details: ItemDetails::default(),
        ..item()
    });
    play
}

/// The play with another session.
pub(crate) fn with(play: &Play, change: impl FnOnce(&mut Session)) -> Play {
    let mut play = play.clone();
    change(Arc::make_mut(&mut play.session));
    play
}

fn item() -> Item {
    Item {
        rating_key: Some("1005".into()),
        guid: Some("plex://episode/5".into()),
        kind: MediaKind::Episode,
        title: Some("The Test".into()),
        parent_title: Some("Season 2".into()),
        grandparent_title: Some("A Show".into()),
        original_title: Some("El Test".into()),
        index: Some(5),
        parent_index: Some(2),
        year: Some(1999),
        duration_ms: Some(2_400_000),
        library: Some(library()),
        thumb: Some("/library/metadata/1000/thumb/1".into()),
        live: Some(LiveChannel {
            call_sign: Some("TST".into()),
            title: Some("Test TV".into()),
            number: Some("7.1".into()),
        }),
        extra: true,
        details: ItemDetails {
            parent_rating_key: Some("1001".into()),
            grandparent_rating_key: Some("1000".into()),
            thumb: Some("/library/metadata/1005/thumb/1".into()),
            parent_thumb: Some("/library/metadata/1001/thumb/1".into()),
            grandparent_thumb: Some("/library/metadata/1000/thumb/1".into()),
            art: Some("/library/metadata/1000/art/1".into()),
            content_rating: Some("TV-14".into()),
            studio: Some("A Studio".into()),
            originally_available_at: Some("1999-09-17".into()),
            added_at_s: Some(1_600_000_000),
        },
    }
}

fn player() -> Player {
    Player {
        machine_id: Some("machine".into()),
        title: Some("Bert's phone".into()),
        product: Some("Plex for Android".into()),
        platform: Some("Android".into()),
        device: Some("Pixel".into()),
        version: Some("10.1".into()),
        address: Some("198.51.100.4".into()),
        local: Some(false),
        secure: Some(true),
        network: Some(Network::Relay),
        location: Some("wan".into()),
    }
}

fn source() -> SourceMedia {
    SourceMedia {
        container: Some("mkv".into()),
        bitrate_bps: Some(42_000_000),
        video_codec: Some("hevc".into()),
        video_resolution: Some("4k".into()),
        dynamic_range: Some("HDR10".into()),
        audio_codec: Some("truehd".into()),
        audio_channels: Some(8),
        subtitle_codec: Some("pgs".into()),
    }
}

fn delivery() -> Delivery {
    Delivery {
        decision: Some(Decision::Transcode),
        container_decision: Some(Decision::Transcode),
        container: Some("mp4".into()),
        protocol: Some("dash".into()),
        bitrate_bps: Some(4_000_000),
        reserved_bps: Some(6_000_000),
        video: Some(VideoStream {
            decision: Some(Decision::Transcode),
            codec: Some("h264".into()),
            resolution: Some("720".into()),
            width: Some(1280),
            height: Some(720),
        }),
        audio: Some(AudioStream {
            decision: Some(Decision::Copy),
            codec: Some("aac".into()),
            channels: Some(2),
            language: Some("English".into()),
        }),
        subtitle: Some(SubtitleStream {
            action: Some(SubtitleAction::Burn),
            codec: Some("pgs".into()),
            language: Some("German".into()),
        }),
        transcode: Some(Transcode {
            key: Some("abc".into()),
            speed: None,
            throttled: Some(false),
            complete: Some(true),
            progress_percent: None,
            buffer_ahead_ms: None,
            hw_requested: Some(true),
            hw_decode: Some("vaapi".into()),
            hw_encode: Some("vaapi".into()),
            hw_full_pipeline: Some(true),
            reasons: vec![Reason::VideoCodec, Reason::Quality],
        }),
        ..Delivery::default()
    }
}
