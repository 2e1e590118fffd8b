//! An open play and the labels of a counter as the store holds them: JSON, written and read here alone.
//!
//! What a later version adds is missing in what an earlier one wrote, and then not known; a play whose essentials
//! cannot be read is lost, and said so.

use std::sync::Arc;

use model::{
    AudioStream, CounterKey, Decision, Delivery, Item, ItemDetails, LibraryId, LibraryKind, LibraryRef,
    LiveChannel, MediaKind, Network, Play, PlayId, PlayTotals, Player, Reason, Segment, Session, SessionKey,
    SourceId, SourceMedia, State, SubtitleAction, SubtitleStream, Told, Transcode, User, VideoStream,
};
use serde_json::Value;

use super::json::{In, Out};

const STATES: [State; 5] = [
    State::Playing,
    State::Paused,
    State::Buffering,
    State::Stopped,
    State::Unknown,
];
const KINDS: [MediaKind; 6] = [
    MediaKind::Movie,
    MediaKind::Episode,
    MediaKind::Track,
    MediaKind::Clip,
    MediaKind::Photo,
    MediaKind::Other,
];
const DECISIONS: [Decision; 3] = [Decision::DirectPlay, Decision::Copy, Decision::Transcode];
const NETWORKS: [Network; 4] = [Network::Lan, Network::Wan, Network::Relay, Network::Cellular];
const ACTIONS: [SubtitleAction; 3] = [
    SubtitleAction::Copy,
    SubtitleAction::Transcode,
    SubtitleAction::Burn,
];
const LIBRARY_KINDS: [LibraryKind; 6] = [
    LibraryKind::Movie,
    LibraryKind::Show,
    LibraryKind::Artist,
    LibraryKind::Photo,
    LibraryKind::HomeVideo,
    LibraryKind::Other,
];

/// The network as words; for sums kept by network too.
pub(super) fn network(word: &str) -> Option<Network> {
    NETWORKS.into_iter().find(|n| n.as_str() == word)
}

pub(super) fn play_to_json(play: &Play) -> String {
    let totals = play.totals;
    Out::default()
        .time("started_at", Some(play.started_at))
        .number("started_position_ms", play.started_position_ms)
        .time("seen_at", Some(play.seen_at))
        .yes("counted", play.counted)
        .number("played_ms", Some(totals.played_ms))
        .number("paused_ms", Some(totals.paused_ms))
        .number("buffering_ms", Some(totals.buffering_ms))
        .number("estimated_bytes", totals.estimated_bytes)
        .list("segments", play.segments.iter().map(|s| segment_out(s).value()))
        .part("session", Some(session_out(&play.session)))
        .value()
        .to_string()
}

/// `None` if the essentials are missing: start, session key, state, kind of item.
pub(super) fn play_from_json(source: &SourceId, id: &str, json: &str) -> Option<Play> {
    let value: Value = serde_json::from_str(json).ok()?;
    let o = In::of(&value)?;
    let started_at = o.time("started_at")?;
    let segments: Vec<Segment> = o.list("segments").iter().filter_map(segment_in).collect();
    Some(Play {
        id: PlayId::from(id),
        source: source.clone(),
        started_at,
        started_position_ms: o.number("started_position_ms"),
        ended_at: None,
        session: Arc::new(session_in(o.part("session")?)?),
        totals: PlayTotals {
            played_ms: o.number("played_ms").unwrap_or(0),
            paused_ms: o.number("paused_ms").unwrap_or(0),
            buffering_ms: o.number("buffering_ms").unwrap_or(0),
            estimated_bytes: o.number("estimated_bytes"),
        },
        segments: Arc::new(segments),
        seen_at: o.time("seen_at").unwrap_or(started_at),
        counted: o.flag("counted").unwrap_or(false),
    })
}

pub(super) fn labels_to_json(key: &CounterKey) -> String {
    Out::default()
        .part("library", key.library.as_ref().map(library_out))
        .text("user", key.user.as_ref())
        .word("media", Some(key.media.as_str()))
        .yes("live", key.live)
        .word("decision", key.decision.map(Decision::as_str))
        .value()
        .to_string()
}

pub(super) fn labels_from_json(json: &str) -> Option<CounterKey> {
    let value: Value = serde_json::from_str(json).ok()?;
    let o = In::of(&value)?;
    Some(CounterKey {
        library: o.part("library").and_then(library_in),
        user: o.text("user"),
        media: o.one_of("media", &KINDS, MediaKind::as_str)?,
        live: o.flag("live").unwrap_or(false),
        decision: decision(o, "decision"),
    })
}

fn decision(o: In<'_>, key: &str) -> Option<Decision> {
    o.one_of(key, &DECISIONS, Decision::as_str)
}

fn reasons_out(reasons: &[Reason]) -> Vec<Value> {
    reasons.iter().map(|r| r.as_str().into()).collect()
}

fn reasons_in(list: &[Value]) -> Vec<Reason> {
    let words = list.iter().filter_map(Value::as_str);
    words
        .filter_map(|word| Reason::ALL.into_iter().find(|r| r.as_str() == word))
        .collect()
}

fn segment_out(s: &Segment) -> Out {
    Out::default()
        .time("started_at", Some(s.started_at))
        .word("decision", s.decision.map(Decision::as_str))
        .text("resolution", s.resolution.as_ref())
        .number("bitrate_bps", s.bitrate_bps)
        .text("video_codec", s.video_codec.as_ref())
        .text("audio_codec", s.audio_codec.as_ref())
        .list("reasons", reasons_out(&s.reasons))
        .number("played_ms", Some(s.played_ms))
}

fn segment_in(value: &Value) -> Option<Segment> {
    let o = In::of(value)?;
    Some(Segment {
        started_at: o.time("started_at")?,
        decision: decision(o, "decision"),
        resolution: o.text("resolution"),
        bitrate_bps: o.number("bitrate_bps"),
        video_codec: o.text("video_codec"),
        audio_codec: o.text("audio_codec"),
        reasons: reasons_in(o.list("reasons")),
        played_ms: o.number("played_ms").unwrap_or(0),
    })
}

fn session_out(s: &Session) -> Out {
    let user = s.user.as_ref().map(|u| {
        Out::default()
            .text("id", u.id.as_ref())
            .text("name", Some(&u.name))
    });
    Out::default()
        .word("key", Some(s.key.as_str()))
        .text("client_run", s.client_run.as_ref())
        .word("state", Some(s.state.as_str()))
        .number("position_ms", s.position_ms)
        .part("item", Some(item_out(&s.item)))
        .part("user", user)
        .part("player", Some(player_out(&s.player)))
        .part("source", Some(source_out(&s.source)))
        .part("delivery", Some(delivery_out(&s.delivery)))
}

fn session_in(o: In<'_>) -> Option<Session> {
    let user = o.part("user").and_then(|u| {
        Some(User {
            id: u.text("id"),
            name: u.text("name")?,
        })
    });
    Some(Session {
        key: SessionKey::from(o.word("key")?),
        client_run: o.text("client_run"),
        state: o.one_of("state", &STATES, State::as_str)?,
        position_ms: o.number("position_ms"),
        item: Arc::new(item_in(o.part("item")?)?),
        user,
        player: o.part("player").map(player_in).unwrap_or_default().into(),
        source: o.part("source").map(source_in).unwrap_or_default().into(),
        delivery: o.part("delivery").map(delivery_in).unwrap_or_default().into(),
    })
}

fn library_out(l: &LibraryRef) -> Out {
    Out::default()
        .word("id", Some(l.id.as_str()))
        .text("title", Some(&l.title))
        .word("kind", Some(l.kind.as_str()))
}

fn library_in(o: In<'_>) -> Option<LibraryRef> {
    Some(LibraryRef {
        id: LibraryId::from(o.word("id")?),
        title: o.text("title")?,
        kind: o.one_of("kind", &LIBRARY_KINDS, LibraryKind::as_str)?,
    })
}

fn item_out(i: &Item) -> Out {
    let live = i.live.as_ref().map(|c| {
        Out::default()
            .text("call_sign", c.call_sign.as_ref())
            .text("title", c.title.as_ref())
            .text("number", c.number.as_ref())
    });
    Out::default()
        .text("rating_key", i.rating_key.as_ref())
        .text("guid", i.guid.as_ref())
        .word("kind", Some(i.kind.as_str()))
        .text("title", i.title.as_ref())
        .text("parent_title", i.parent_title.as_ref())
        .text("grandparent_title", i.grandparent_title.as_ref())
        .text("original_title", i.original_title.as_ref())
        .number("index", i.index)
        .number("parent_index", i.parent_index)
        .number("year", i.year)
        .number("duration_ms", i.duration_ms)
        .part("library", i.library.as_ref().map(library_out))
        .text("thumb", i.thumb.as_ref())
        .part("live", live)
        .yes("extra", i.extra)
        .part("details", Some(details_out(&i.details)))
}

fn item_in(o: In<'_>) -> Option<Item> {
    let live = o.part("live").map(|c| LiveChannel {
        call_sign: c.text("call_sign"),
        title: c.text("title"),
        number: c.text("number"),
    });
    Some(Item {
        rating_key: o.text("rating_key"),
        guid: o.text("guid"),
        kind: o.one_of("kind", &KINDS, MediaKind::as_str)?,
        title: o.text("title"),
        parent_title: o.text("parent_title"),
        grandparent_title: o.text("grandparent_title"),
        original_title: o.text("original_title"),
        index: o.number("index"),
        parent_index: o.number("parent_index"),
        year: o.number("year"),
        duration_ms: o.number("duration_ms"),
        library: o.part("library").and_then(library_in),
        thumb: o.text("thumb"),
        live,
        extra: o.flag("extra").unwrap_or(false),
        details: o.part("details").map(details_in).unwrap_or_default(),
    })
}

fn details_out(d: &ItemDetails) -> Out {
    Out::default()
        .text("parent_rating_key", d.parent_rating_key.as_ref())
        .text("grandparent_rating_key", d.grandparent_rating_key.as_ref())
        .text("thumb", d.thumb.as_ref())
        .text("parent_thumb", d.parent_thumb.as_ref())
        .text("grandparent_thumb", d.grandparent_thumb.as_ref())
        .text("art", d.art.as_ref())
        .text("content_rating", d.content_rating.as_ref())
        .text("studio", d.studio.as_ref())
        .text("originally_available_at", d.originally_available_at.as_ref())
        .number("added_at_s", d.added_at_s)
}

fn details_in(o: In<'_>) -> ItemDetails {
    ItemDetails {
        parent_rating_key: o.text("parent_rating_key"),
        grandparent_rating_key: o.text("grandparent_rating_key"),
        thumb: o.text("thumb"),
        parent_thumb: o.text("parent_thumb"),
        grandparent_thumb: o.text("grandparent_thumb"),
        art: o.text("art"),
        content_rating: o.text("content_rating"),
        studio: o.text("studio"),
        originally_available_at: o.text("originally_available_at"),
        added_at_s: o.signed("added_at_s"),
    }
}

fn player_out(p: &Player) -> Out {
    Out::default()
        .text("machine_id", p.machine_id.as_ref())
        .text("title", p.title.as_ref())
        .text("product", p.product.as_ref())
        .text("platform", p.platform.as_ref())
        .text("device", p.device.as_ref())
        .text("version", p.version.as_ref())
        .text("address", p.address.as_ref())
        .number("local", p.local)
        .number("secure", p.secure)
        .word("network", p.network.map(Network::as_str))
        .text("location", p.location.as_ref())
}

fn player_in(o: In<'_>) -> Player {
    Player {
        machine_id: o.text("machine_id"),
        title: o.text("title"),
        product: o.text("product"),
        platform: o.text("platform"),
        device: o.text("device"),
        version: o.text("version"),
        address: o.text("address"),
        local: o.flag("local"),
        secure: o.flag("secure"),
        network: o.one_of("network", &NETWORKS, Network::as_str),
        location: o.text("location"),
    }
}

fn source_out(s: &SourceMedia) -> Out {
    Out::default()
        .text("container", s.container.as_ref())
        .number("bitrate_bps", s.bitrate_bps)
        .text("video_codec", s.video_codec.as_ref())
        .text("video_resolution", s.video_resolution.as_ref())
        .text("dynamic_range", s.dynamic_range.as_ref())
        .text("audio_codec", s.audio_codec.as_ref())
        .number("audio_channels", s.audio_channels)
        .text("subtitle_codec", s.subtitle_codec.as_ref())
}

fn source_in(o: In<'_>) -> SourceMedia {
    SourceMedia {
        container: o.text("container"),
        bitrate_bps: o.number("bitrate_bps"),
        video_codec: o.text("video_codec"),
        video_resolution: o.text("video_resolution"),
        dynamic_range: o.text("dynamic_range"),
        audio_codec: o.text("audio_codec"),
        audio_channels: o.number("audio_channels"),
        subtitle_codec: o.text("subtitle_codec"),
    }
}

fn delivery_out(d: &Delivery) -> Out {
    let video = d.video.as_ref().map(|v| {
        Out::default()
            .word("decision", v.decision.map(Decision::as_str))
            .text("codec", v.codec.as_ref())
            .text("resolution", v.resolution.as_ref())
            .number("width", v.width)
            .number("height", v.height)
    });
    let audio = d.audio.as_ref().map(|a| {
        Out::default()
            .word("decision", a.decision.map(Decision::as_str))
            .text("codec", a.codec.as_ref())
            .number("channels", a.channels)
            .text("language", a.language.as_ref())
    });
    let subtitle = d.subtitle.as_ref().map(|s| {
        Out::default()
            .word("action", s.action.map(SubtitleAction::as_str))
            .text("codec", s.codec.as_ref())
            .text("language", s.language.as_ref())
    });
    Out::default()
        .word("decision", d.decision.map(Decision::as_str))
        .word("container_decision", d.container_decision.map(Decision::as_str))
        .text("container", d.container.as_ref())
        .text("protocol", d.protocol.as_ref())
        .number("bitrate_bps", d.bitrate_bps)
        .number("reserved_bps", d.reserved_bps)
        .part("video", video)
        .part("audio", audio)
        .part("subtitle", subtitle)
        .part("transcode", d.transcode.as_ref().map(transcode_out))
}

fn delivery_in(o: In<'_>) -> Delivery {
    Delivery {
        decision: decision(o, "decision"),
        container_decision: decision(o, "container_decision"),
        container: o.text("container"),
        protocol: o.text("protocol"),
        bitrate_bps: o.number("bitrate_bps"),
        reserved_bps: o.number("reserved_bps"),
        video: o.part("video").map(|v| VideoStream {
            decision: decision(v, "decision"),
            codec: v.text("codec"),
            resolution: v.text("resolution"),
            width: v.number("width"),
            height: v.number("height"),
        }),
        audio: o.part("audio").map(|a| AudioStream {
            decision: decision(a, "decision"),
            codec: a.text("codec"),
            channels: a.number("channels"),
            language: a.text("language"),
        }),
        subtitle: o.part("subtitle").map(|s| SubtitleStream {
            action: s.one_of("action", &ACTIONS, SubtitleAction::as_str),
            codec: s.text("codec"),
            language: s.text("language"),
        }),
        transcode: o.part("transcode").map(transcode_in),
        // Of use only while the play runs, when a look tells it again.
        told: Told::default(),
    }
}

/// Without the figures of the moment (speed, progress, buffer): they are stale before they are read.
fn transcode_out(t: &Transcode) -> Out {
    Out::default()
        .text("key", t.key.as_ref())
        .number("throttled", t.throttled)
        .number("complete", t.complete)
        .number("hw_requested", t.hw_requested)
        .text("hw_decode", t.hw_decode.as_ref())
        .text("hw_encode", t.hw_encode.as_ref())
        .number("hw_full_pipeline", t.hw_full_pipeline)
        .list("reasons", reasons_out(&t.reasons))
}

fn transcode_in(o: In<'_>) -> Transcode {
    Transcode {
        key: o.text("key"),
        speed: None,
        throttled: o.flag("throttled"),
        complete: o.flag("complete"),
        progress_percent: None,
        buffer_ahead_ms: None,
        hw_requested: o.flag("hw_requested"),
        hw_decode: o.text("hw_decode"),
        hw_encode: o.text("hw_encode"),
        hw_full_pipeline: o.flag("hw_full_pipeline"),
        reasons: reasons_in(o.list("reasons")),
    }
}
