//! The demo's weeks before today, as records.

use std::sync::Arc;

use model::{
    Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream, Scalar, Section,
    SourceId, Text,
};
use sim::plex::{Conversion, Decision, Delivery, Item, Kind, Network, Version, Video};
use sim::scenario::PastPlay;

/// Section id of live television, as Tautulli numbers it.
const LIVE_SECTION: i64 = 999_999;

/// One play as history keeps it.
pub(super) fn record(server: &SourceId, n: usize, past: &PastPlay, now_ms: i64) -> Option<Record> {
    let started_ms = now_ms - past.began_ago_s * 1_000;
    let item = &past.item;
    let version = item.versions.get(past.version);
    let live = item.kind == Kind::LiveTv;
    Some(Record {
        server: server.clone(),
        origin: Origin::Recorded,
        origin_key: format!("demo-{n}").into(),
        wanted_id: None,
        started_ms,
        stopped_ms: Some(now_ms - past.ended_ago_s * 1_000),
        paused_ms: Some(past.paused_s * 1_000),
        buffering_ms: None,
        view_offset_ms: i64::try_from(past.position_ms).ok(),
        user_id: Some(past.user.id),
        user: text(&past.user.name),
        ip_address: text(&past.player.address),
        section_id: if live {
            Some(LIVE_SECTION)
        } else {
            item.library.map(i64::from)
        },
        item: Arc::new(record_item(item)?),
        client: Arc::new(RecordClient {
            machine_id: text(&past.player.machine_id),
            player: text(&past.player.title),
            product: text(&past.player.product),
            product_version: text(&past.player.version),
            platform: text(&past.player.platform),
            platform_version: text(&past.player.platform_version),
            profile: text(&past.player.profile),
        }),
        stream: Arc::new(record_stream(version, &past.delivery)),
        location: Some(location(past.network).into()),
        secure: Some(true),
        relayed: Some(past.network == Network::Relay),
        bandwidth_kbps: version.and_then(|v| v.bitrate_kbps).map(i64::from),
        quality_profile: Some(
            if conversion(&past.delivery).is_some() {
                "Converted"
            } else {
                "Original"
            }
            .into(),
        ),
        bytes: None,
        segments: Vec::new(),
    })
}

/// The people of a server, the owner first.
pub(super) fn person(user: &sim::plex::User) -> Person {
    let owner = user.id == 1;
    let flag = |on: bool| Scalar::Int(i64::from(on));
    Person {
        user_id: user.id,
        username: text(&user.name),
        friendly_name: None,
        thumb: None,
        fields: Fields::from([("is_active".into(), flag(true)), ("is_admin".into(), flag(owner))]),
    }
}

/// Live television, which no server lists as a library.
pub(super) fn live_section() -> Section {
    Section {
        section_id: LIVE_SECTION,
        name: Some("Live TV".into()),
        kind: Some("live".into()),
        fields: Fields::new(),
    }
}

fn record_item(item: &Item) -> Option<RecordItem> {
    let live = item.kind == Kind::LiveTv;
    let kind = match item.kind {
        Kind::Movie => RecordKind::Movie,
        Kind::Episode | Kind::LiveTv => RecordKind::Episode,
        Kind::Track => RecordKind::Track,
        _ => return None,
    };
    let key = |k: &Option<sim::plex::Text>| k.as_deref().and_then(|k| k.parse().ok());
    let title: Option<Text> = text(&item.title);
    let show = item
        .grandparent_title
        .as_deref()
        .or_else(|| item.channel.as_ref().and_then(|c| c.show.as_deref()));
    let full_title = match show {
        Some(show) => format!("{show} - {}", item.title),
        None => item.title.to_string(),
    };
    let mut extra = Fields::new();
    if let Some(channel) = &item.channel {
        extra.insert(
            "channel_call_sign".into(),
            Scalar::Text(channel.call_sign.as_ref().into()),
        );
        extra.insert(
            "channel_title".into(),
            Scalar::Text(channel.title.as_ref().into()),
        );
    }
    Some(RecordItem {
        kind,
        live,
        rating_key: key(&item.rating_key),
        parent_rating_key: key(&item.parent_key),
        grandparent_rating_key: key(&item.grandparent_key),
        guid: live.then(|| format!("plex://episode/{}", full_title.replace(' ', "-")).into()),
        title,
        parent_title: item.parent_title.as_deref().map(Into::into),
        grandparent_title: show.map(Into::into),
        original_title: item.original_title.as_deref().map(Into::into),
        full_title: full_title.into(),
        media_index: item.index.map(i64::from),
        parent_media_index: item.parent_index.map(i64::from),
        year: item.year.map(i64::from),
        duration_ms: item.duration_ms.and_then(|d| i64::try_from(d).ok()),
        thumb: None,
        originally_available_at: None,
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra,
    })
}

fn record_stream(version: Option<&Version>, delivery: &Delivery) -> RecordStream {
    let video = version.and_then(|v| v.video.as_ref());
    let conversion = conversion(delivery);
    let decision = conversion.map_or(model::Decision::DirectPlay, |c| {
        let any = |d| c.video == Some(d) || c.audio == Some(d);
        if any(Decision::Transcode) || c.subtitle.is_some() {
            model::Decision::Transcode
        } else if any(Decision::Copy) {
            model::Decision::Copy
        } else {
            model::Decision::DirectPlay
        }
    });
    let source_resolution = video.map(|v| full(&v.resolution));
    let squeezed = conversion
        .filter(|c| c.video == Some(Decision::Transcode))
        .and_then(|c| c.quality)
        .filter(|q| q.height > 0)
        .map(|q| full(&q.height.to_string()));
    let stream_resolution = squeezed.or_else(|| source_resolution.clone());
    RecordStream {
        decision: Some(decision),
        source_resolution,
        stream_resolution,
        fields: stream_fields(video, conversion, decision),
    }
}

fn stream_fields(
    video: Option<&Video>,
    conversion: Option<&Conversion>,
    decision: model::Decision,
) -> Fields {
    let mut fields = Fields::new();
    let mut put = |name: &str, value: Option<Scalar>| {
        if let Some(value) = value {
            fields.insert(name.into(), value);
        }
    };
    let word = |w: &str| Some(Scalar::Text(w.into()));
    put("transcode_decision", word(words(decision)));
    put("video_codec", video.and_then(|v| word(&v.codec)));
    put("video_height", video.map(|v| Scalar::Int(i64::from(v.height))));
    if let Some(c) = conversion {
        put("stream_video_codec", word(&c.video_codec));
        put("stream_audio_codec", word(&c.audio_codec));
        put("stream_container", word(&c.container));
        put("transcode_protocol", word(&c.protocol));
        put("transcode_hw_decode", c.hw_decode.as_deref().and_then(word));
        put("transcode_hw_encode", c.hw_encode.as_deref().and_then(word));
        put(
            "transcode_hw_decoding",
            Some(Scalar::Int(i64::from(c.hw_decode.is_some()))),
        );
        put(
            "transcode_hw_encoding",
            Some(Scalar::Int(i64::from(c.hw_encode.is_some()))),
        );
        put("video_decision", c.video.and_then(|d| word(words(of_sim(d)))));
        put("audio_decision", c.audio.and_then(|d| word(words(of_sim(d)))));
    }
    fields
}

fn conversion(delivery: &Delivery) -> Option<&Conversion> {
    match delivery {
        Delivery::DirectPlay => None,
        Delivery::Convert(c) => Some(c),
    }
}

fn of_sim(d: Decision) -> model::Decision {
    match d {
        Decision::DirectPlay => model::Decision::DirectPlay,
        Decision::Copy => model::Decision::Copy,
        Decision::Transcode => model::Decision::Transcode,
    }
}

/// Tautulli's words.
fn words(d: model::Decision) -> &'static str {
    match d {
        model::Decision::DirectPlay => "direct play",
        model::Decision::Copy => "copy",
        model::Decision::Transcode => "transcode",
    }
}

/// `1080` → `1080p`, as Tautulli spells it.
fn full(resolution: &str) -> Text {
    match resolution {
        "4k" | "2160" => "4k".into(),
        "sd" => "SD".into(),
        lines => format!("{lines}p").into(),
    }
}

fn location(network: Network) -> &'static str {
    match network {
        Network::Lan => "lan",
        Network::Wan | Network::Relay => "wan",
        Network::Cellular => "cellular",
    }
}

fn text(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| text.into())
}
