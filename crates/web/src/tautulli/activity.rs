//! `get_activity`: what plays now, with all the keys a session of Tautulli has. Nearly all values are texts; what is
//! not known is an empty one.

use std::collections::BTreeMap;
use std::sync::Arc;

use history::View;
use history::record::record_of;
use model::{
    Decision, Delivery, Fields, Item, MediaKind, Network, Person, Play, Record, Session, Text, Transcode,
};

use super::commands::Asked;
use super::history::{decision_word, platform, servers};
use super::metadata::full_resolution;
use super::platforms::icon;
use super::session_keys::{KEYS, Kind};
use super::users::{field, field_or, parts, picture, row_id, shown_name};
use super::value::{Value, object};

/// Values that are known, by key.
type Known = BTreeMap<&'static str, Value>;

/// `get_activity`: everything, or one session by `session_key` or `session_id`: then the session alone, or nothing.
pub(super) fn activity(view: &View<'_>, asked: &Asked) -> Value {
    let given = &asked.params;
    let only = servers(asked);
    let snapshot = asked.ctx.plex_snapshot();
    let plays = snapshot
        .plays()
        .filter(|p| only.as_ref().is_none_or(|only| only.contains(&p.source)));
    let by_key = given.text("session_key");
    let by_id = given.text("session_id");
    if by_key.is_some() || by_id.is_some() {
        let mut plays = plays;
        let wanted = |play: &Play| match by_key {
            Some(key) => play.session.key.as_str() == key,
            None => play.session.client_run.as_deref() == by_id,
        };
        let found = plays.find(|p| wanted(p));
        return found.map_or(Value::Null, |play| session(view, play));
    }
    let plays: Vec<_> = plays.collect();
    let count = |wanted| {
        let of = plays
            .iter()
            .filter(|p| p.session.delivery.decision == Some(wanted));
        Value::from(of.count())
    };
    let bandwidth = |wanted: fn(&Play) -> bool| {
        let of = plays.iter().filter(|p| wanted(p));
        Value::from(
            of.filter_map(|p| kbps(p.session.delivery.reserved_bps))
                .sum::<i64>(),
        )
    };
    object! {
        "stream_count" => plays.len().to_string(),
        "sessions" => Value::List(plays.iter().map(|play| session(view, play)).collect()),
        "stream_count_direct_play" => count(Decision::DirectPlay),
        "stream_count_direct_stream" => count(Decision::Copy),
        "stream_count_transcode" => count(Decision::Transcode),
        "total_bandwidth" => bandwidth(|_| true),
        "lan_bandwidth" => bandwidth(|p| !is_remote(p)),
        "wan_bandwidth" => bandwidth(is_remote),
    }
}

fn is_remote(play: &Play) -> bool {
    location(&play.session) == Some("wan")
}

fn session(view: &View<'_>, play: &Play) -> Value {
    let people = view.columns.dims.people();
    let record = record_of(play, people).or_else(|| record_of(&as_if_kept(play), people));
    let session = &*play.session;
    let mut known = Known::new();
    of_item(&session.item, &mut known);
    of_progress(session, &mut known);
    of_player(session, &mut known);
    of_delivery(session, &mut known);
    if let Some(record) = &record {
        of_record(record, &mut known);
    }
    let user_id = record.as_ref().and_then(|r| r.user_id);
    of_person(
        session,
        user_id.and_then(|id| people.get(&id)),
        user_id,
        &mut known,
    );
    let pairs = KEYS.into_iter().map(|(key, kind)| {
        let value = known.remove(key).unwrap_or(match kind {
            Kind::Text => Value::EMPTY,
            Kind::Zero => Value::Int(0),
            Kind::Null => Value::Null,
            Kind::List => Value::List(Vec::new()),
        });
        (key, value)
    });
    let pairs = pairs.collect();
    debug_assert!(known.is_empty(), "keys no session has: {known:?}");
    Value::Object(pairs)
}

/// The play as one of a film: what is never kept, such as a trailer, is delivered by the same rules as what is.
fn as_if_kept(play: &Play) -> Play {
    let mut play = play.clone();
    let mut session = (*play.session).clone();
    session.item = Arc::new(Item {
        kind: MediaKind::Movie,
        rating_key: Some("0".into()),
        extra: false,
        ..(*session.item).clone()
    });
    play.session = Arc::new(session);
    play
}

fn text(value: Option<&Text>) -> Value {
    Value::or_empty(value)
}

/// A path on the server, without anything that may follow it.
fn path(value: Option<&Text>) -> Value {
    let bare = value.map(|v| v.split('?').next().unwrap_or(v).to_owned());
    Value::or_empty(bare)
}

fn kbps(bps: Option<u64>) -> Option<i64> {
    i64::try_from(bps? / 1000).ok()
}

fn of_item(item: &Item, known: &mut Known) {
    let details = &item.details;
    let library = item.library.as_ref();
    known.extend([
        ("media_type", Value::Word(item.kind.as_str())),
        (
            "section_id",
            Value::or_empty(library.map(|l| l.id.as_str().to_owned())),
        ),
        ("library_name", Value::or_empty(library.map(|l| l.title.clone()))),
        ("rating_key", text(item.rating_key.as_ref())),
        ("parent_rating_key", text(details.parent_rating_key.as_ref())),
        (
            "grandparent_rating_key",
            text(details.grandparent_rating_key.as_ref()),
        ),
        ("title", text(item.title.as_ref())),
        ("parent_title", text(item.parent_title.as_ref())),
        ("grandparent_title", text(item.grandparent_title.as_ref())),
        ("original_title", text(item.original_title.as_ref())),
        ("media_index", Value::digits(item.index)),
        ("parent_media_index", Value::digits(item.parent_index)),
        ("studio", text(details.studio.as_ref())),
        ("content_rating", text(details.content_rating.as_ref())),
        ("duration", Value::digits(item.duration_ms)),
        ("stream_duration", Value::digits(item.duration_ms)),
        ("year", Value::digits(item.year)),
        ("thumb", path(details.thumb.as_ref().or(item.thumb.as_ref()))),
        ("parent_thumb", path(details.parent_thumb.as_ref())),
        ("grandparent_thumb", path(details.grandparent_thumb.as_ref())),
        ("art", path(details.art.as_ref())),
        (
            "originally_available_at",
            text(details.originally_available_at.as_ref()),
        ),
        ("added_at", Value::digits(details.added_at_s)),
        ("guid", text(item.guid.as_ref())),
        ("full_title", full_title(item)),
        ("live", Value::flag(item.live.is_some())),
    ]);
    if let Some(channel) = &item.live {
        known.extend([
            ("channel_call_sign", text(channel.call_sign.as_ref())),
            ("channel_title", text(channel.title.as_ref())),
            ("channel_identifier", text(channel.number.as_ref())),
            ("channel_vcn", text(channel.number.as_ref())),
        ]);
    }
}

/// Episodes and tracks are named with their show or artist.
fn full_title(item: &Item) -> Value {
    match (item.kind, &item.grandparent_title, &item.title) {
        (MediaKind::Episode | MediaKind::Track, Some(of), Some(title)) => {
            Value::Owned(format!("{of} - {title}"))
        }
        (_, _, title) => text(title.as_ref()),
    }
}

fn of_progress(session: &Session, known: &mut Known) {
    let (position, length) = (session.position_ms, session.item.duration_ms.filter(|d| *d > 0));
    let percent = position
        .zip(length)
        .map(|(at, of)| (at as f64 / of as f64 * 100.0).round_ties_even());
    known.extend([
        ("session_key", Value::Owned(session.key.as_str().to_owned())),
        ("session_id", text(session.client_run.as_ref())),
        ("state", Value::Word(session.state.as_str())),
        ("view_offset", Value::digits(position)),
        (
            "progress_percent",
            Value::Owned(percent.unwrap_or(0.0).to_string()),
        ),
    ]);
}

/// As the server judged it.
fn location(session: &Session) -> Option<&str> {
    let player = &session.player;
    let by_network = player.network.map(|network| match network {
        Network::Lan => "lan",
        Network::Wan | Network::Relay => "wan",
        Network::Cellular => "cellular",
    });
    player.location.as_deref().or(by_network)
}

fn of_player(session: &Session, known: &mut Known) {
    let player = &*session.player;
    let told = player.platform.as_ref();
    known.extend([
        ("ip_address", text(player.address.as_ref())),
        ("device", text(player.device.as_ref())),
        ("platform", platform(told)),
        ("platform_name", Value::Word(icon(told.map_or("", |t| &**t)))),
        ("product", text(player.product.as_ref())),
        ("product_version", text(player.version.as_ref())),
        ("player", text(player.title.as_ref())),
        ("machine_id", text(player.machine_id.as_ref())),
        ("local", Value::flag(player.local == Some(true))),
        ("relayed", Value::flag(player.network == Some(Network::Relay))),
        ("secure", Value::flag(player.secure == Some(true))),
        ("location", Value::or_empty(location(session).map(str::to_owned))),
        ("bandwidth", Value::digits(kbps(session.delivery.reserved_bps))),
    ]);
}

fn word(decision: Option<Decision>) -> Value {
    Value::Word(decision_word(decision))
}

/// The server's own word, which these few keys have.
fn raw_word(decision: Option<Decision>) -> Value {
    Value::Word(decision.map_or("", Decision::as_str))
}

fn of_delivery(session: &Session, known: &mut Known) {
    let delivery = &*session.delivery;
    let (video, audio) = (delivery.video.as_ref(), delivery.audio.as_ref());
    let container = delivery.container_decision.or(delivery.decision);
    known.extend([
        ("transcode_decision", word(delivery.decision)),
        ("container_decision", word(container)),
        ("stream_container_decision", word(container)),
        ("video_decision", word(video.and_then(|v| v.decision))),
        ("audio_decision", word(audio.and_then(|a| a.decision))),
        ("stream_video_decision", raw_word(video.and_then(|v| v.decision))),
        ("stream_audio_decision", raw_word(audio.and_then(|a| a.decision))),
        ("throttled", "0".into()),
    ]);
    if let Some(subtitle) = &delivery.subtitle {
        let action = Value::or_empty(subtitle.action.map(model::SubtitleAction::as_str));
        known.extend([
            ("subtitles", Value::Int(1)),
            ("subtitle_decision", action.clone()),
            ("stream_subtitle_decision", action),
        ]);
    }
    let resolution = session.source.video_resolution.as_deref();
    known.insert("video_full_resolution", full_resolution(resolution, None));
    let sent = video.and_then(|v| v.resolution.as_ref());
    known.insert("stream_video_resolution", text(sent));
    if let Some(transcode) = &delivery.transcode {
        of_transcode(session, transcode, known);
    }
}

fn of_transcode(session: &Session, transcode: &Transcode, known: &mut Known) {
    let ready = session.position_ms.and_then(|at| i64::try_from(at).ok());
    let ready = ready
        .zip(transcode.buffer_ahead_ms)
        .map(|(at, ahead)| (at + ahead) / 1000);
    let key = transcode
        .key
        .as_ref()
        .map(|key| format!("/transcode/sessions/{key}"));
    // Whole percent, downwards; the text of a float without a fraction is that of a whole number.
    let progress = transcode
        .progress_percent
        .and_then(|p| p.floor().to_string().parse().ok());
    let is = |flag: Option<bool>| Value::flag(flag == Some(true));
    known.extend([
        ("transcode_key", Value::or_empty(key)),
        ("transcode_throttled", is(transcode.throttled)),
        (
            "throttled",
            Value::digits(Some(i32::from(transcode.throttled == Some(true)))),
        ),
        ("transcode_progress", Value::Int(progress.unwrap_or(0))),
        (
            "transcode_speed",
            Value::or_empty(transcode.speed.map(|s| format!("{s:?}"))),
        ),
        ("transcode_max_offset_available", Value::Int(ready.unwrap_or(0))),
        ("transcode_hw_requested", is(transcode.hw_requested)),
        ("transcode_hw_decode", text(transcode.hw_decode.as_ref())),
        ("transcode_hw_encode", text(transcode.hw_encode.as_ref())),
        ("transcode_hw_full_pipeline", is(transcode.hw_full_pipeline)),
        (
            "transcode_hw_decoding",
            Value::flag(transcode.hw_decode.is_some()),
        ),
        (
            "transcode_hw_encoding",
            Value::flag(transcode.hw_encode.is_some()),
        ),
    ]);
    of_output(&session.delivery, known);
}

/// What the transcoder makes, which is what is delivered.
fn of_output(delivery: &Delivery, known: &mut Known) {
    let (video, audio) = (delivery.video.as_ref(), delivery.audio.as_ref());
    known.extend([
        (
            "transcode_audio_channels",
            Value::digits(audio.and_then(|a| a.channels)),
        ),
        (
            "transcode_audio_codec",
            text(audio.and_then(|a| a.codec.as_ref())),
        ),
        (
            "transcode_video_codec",
            text(video.and_then(|v| v.codec.as_ref())),
        ),
        ("transcode_width", Value::digits(video.and_then(|v| v.width))),
        ("transcode_height", Value::digits(video.and_then(|v| v.height))),
        ("transcode_container", text(delivery.container.as_ref())),
        ("transcode_protocol", text(delivery.protocol.as_ref())),
    ]);
}

/// What a row of the history will have one day, as a text.
fn of_record(record: &Record, known: &mut Known) {
    known.insert("quality_profile", text(record.quality_profile.as_ref()));
    let fields: &Fields = &record.stream.fields;
    for name in FROM_STREAM {
        match fields.get(name) {
            Some(model::Scalar::Int(n)) => known.insert(name, Value::digits(Some(*n))),
            Some(model::Scalar::Text(t)) => known.insert(name, t.into()),
            None => None,
        };
    }
}

/// Columns of the history that a session has under the same name.
const FROM_STREAM: [&str; 22] = [
    "container",
    "bitrate",
    "video_codec",
    "video_resolution",
    "video_dynamic_range",
    "audio_codec",
    "audio_channels",
    "subtitle_codec",
    "video_full_resolution",
    "stream_video_full_resolution",
    "stream_container",
    "stream_bitrate",
    "stream_video_codec",
    "stream_video_width",
    "stream_video_height",
    "stream_video_resolution",
    "stream_audio_codec",
    "stream_audio_channels",
    "stream_audio_language",
    "stream_subtitle_codec",
    "stream_subtitle_language",
    "stream_video_dynamic_range",
];

fn of_person(session: &Session, person: Option<&Person>, user_id: Option<i64>, known: &mut Known) {
    let told = session.user.as_ref().map(|u| u.name.clone());
    known.insert("user", Value::or_empty(told.clone()));
    known.insert("user_id", Value::or_empty(user_id));
    let Some(person) = person else {
        known.extend([
            ("username", Value::or_empty(told.clone())),
            ("friendly_name", Value::or_empty(told)),
            ("user_thumb", picture(None, None)),
            ("row_id", Value::Int(0)),
        ]);
        return;
    };
    let f = &person.fields;
    known.extend([
        ("row_id", row_id(f, 0)),
        ("username", text(person.username.as_ref())),
        ("friendly_name", shown_name(person)),
        (
            "user_thumb",
            picture(f.get("custom_avatar_url"), person.thumb.as_ref()),
        ),
        ("email", Value::or_empty(f.get("email"))),
        ("is_active", field_or(f, "is_active", 1)),
        ("is_admin", field_or(f, "is_admin", 0)),
        ("is_home_user", field(f, "is_home_user")),
        ("is_allow_sync", field(f, "is_allow_sync")),
        ("is_restricted", field(f, "is_restricted")),
        ("do_notify", field_or(f, "do_notify", 1)),
        ("keep_history", field_or(f, "keep_history", 1)),
        ("deleted_user", field_or(f, "deleted_user", 0)),
        ("allow_guest", field_or(f, "allow_guest", 0)),
        ("shared_libraries", parts(f, "shared_libraries")),
    ]);
}
