//! Items as their server tells of them now: nearly every value is a text, and what is not known is an empty one.

use std::sync::Arc;

use model::Text;
use model::catalog::{
    CatalogItem, CatalogMedia, CatalogPart, CatalogStream, Children, DolbyVision, ItemKind, Marker,
    StreamKind,
};

use super::value::{Object, Value, object};

fn text(value: Option<&Text>) -> Value {
    Value::or_empty(value)
}

fn number(value: Option<i64>) -> Value {
    Value::digits(value)
}

/// With a digit behind the point, as the server writes it: `8.0`.
fn decimal(value: Option<f64>) -> Value {
    value.map_or(Value::EMPTY, |v| Value::Owned(format!("{v:?}")))
}

fn texts(values: &[Text]) -> Value {
    Value::List(values.iter().map(Value::from).collect())
}

/// 0 where it is not known.
fn or_zero(value: Option<i64>) -> Value {
    Value::Int(value.unwrap_or(0))
}

/// What an item takes from those above it, which its server does not tell of it.
#[derive(Debug, Default)]
pub(super) struct Above {
    pub(super) parent: Option<Arc<CatalogItem>>,
    pub(super) grandparent: Option<Arc<CatalogItem>>,
}

impl Above {
    /// `item` with it. What the item tells itself stays.
    pub(super) fn complete(&self, item: &CatalogItem) -> CatalogItem {
        let (parent, grandparent) = (self.parent.as_deref(), self.grandparent.as_deref());
        let mut item = item.clone();
        item.parent_year = item.parent_year.or(parent.and_then(|p| p.year));
        item.grandparent_year = item.grandparent_year.or(grandparent.and_then(|g| g.year));
        let show = grandparent.or(parent);
        item.studio = item.studio.or_else(|| show.and_then(|s| s.studio.clone()));
        if item.genres.is_empty() {
            item.genres = show.map_or_else(Vec::new, |s| s.genres.clone());
        }
        item
    }

    fn guids(of: Option<&Arc<CatalogItem>>) -> Value {
        texts(of.map_or(&[], |item| &item.guids))
    }
}

/// An item with everything, as `get_metadata` tells it.
pub(super) fn whole(of: &CatalogItem, above: &Above) -> Value {
    let Value::Object(mut fields) = item(&above.complete(of), true) else {
        return Value::Null;
    };
    for (key, value) in &mut fields {
        match *key {
            "parent_guids" => *value = Above::guids(above.parent.as_ref()),
            "grandparent_guids" => *value = Above::guids(above.grandparent.as_ref()),
            _ => {}
        }
    }
    Value::Object(fields)
}

/// An item: `whole` as `get_metadata` tells it, else as a list of children does.
fn item(item: &CatalogItem, whole: bool) -> Value {
    let mut out: Object = Vec::with_capacity(64);
    let collection = whole && item.kind == ItemKind::Collection;
    out.push(("media_type", item.kind.as_str().into()));
    if collection {
        out.push(("sub_media_type", text(item.subtype.as_ref())));
    }
    names(item, whole, &mut out);
    words(item, &mut out);
    out.push(("duration", number(item.duration_ms)));
    out.push(("year", number(item.year)));
    if whole {
        out.push(("parent_year", number(item.parent_year)));
        out.push(("grandparent_year", number(item.grandparent_year)));
    }
    if collection {
        out.push(("min_year", number(item.min_year)));
        out.push(("max_year", number(item.max_year)));
    }
    pictures_and_times(item, &mut out);
    out.push(("guid", text(item.guid.as_ref())));
    if whole {
        out.push(("parent_guid", text(item.parent_guid.as_ref())));
        out.push(("grandparent_guid", text(item.grandparent_guid.as_ref())));
    }
    if collection {
        out.push(("child_count", number(item.child_count)));
    }
    out.push(("directors", texts(&item.directors)));
    out.push(("writers", texts(&item.writers)));
    out.push(("actors", texts(&item.actors)));
    out.push(("genres", texts(&item.genres)));
    out.push(("labels", texts(&item.labels)));
    out.push(("collections", texts(&item.collections)));
    if whole {
        out.push(("guids", texts(&item.guids)));
        out.push(("markers", markers(&item.markers)));
        out.push(("parent_guids", Value::List(Vec::new())));
        out.push(("grandparent_guids", Value::List(Vec::new())));
    }
    // In a list everything is named by itself.
    let full_title = if whole {
        full_title(item)
    } else {
        text(item.title.as_ref())
    };
    out.push(("full_title", full_title));
    if whole {
        out.push(("children_count", or_zero(children_count(item))));
        out.push(("live", Value::flag(item.live == Some(true))));
        if collection {
            out.push(("smart", Value::flag(item.smart == Some(true))));
        }
        out.push(("media_info", Value::List(item.media.iter().map(media).collect())));
    }
    Value::Object(out)
}

fn names(item: &CatalogItem, whole: bool, out: &mut Object) {
    out.extend([
        ("section_id", number(item.section_id)),
        ("library_name", text(item.section_title.as_ref())),
        ("rating_key", number(Some(item.rating_key))),
        ("parent_rating_key", number(item.parent_rating_key)),
        ("grandparent_rating_key", number(item.grandparent_rating_key)),
        ("title", text(item.title.as_ref())),
        ("parent_title", text(item.parent_title.as_ref())),
        ("grandparent_title", text(item.grandparent_title.as_ref())),
        ("original_title", text(item.original_title.as_ref())),
        ("sort_title", text(item.title_sort.as_ref())),
    ]);
    if whole {
        out.extend([
            ("edition_title", text(item.edition_title.as_ref())),
            ("slug", text(item.slug.as_ref())),
            ("parent_slug", text(item.parent_slug.as_ref())),
            ("grandparent_slug", text(item.grandparent_slug.as_ref())),
        ]);
    }
    out.extend([
        ("media_index", number(item.index)),
        ("parent_media_index", number(item.parent_index)),
    ]);
}

fn words(item: &CatalogItem, out: &mut Object) {
    out.extend([
        ("studio", text(item.studio.as_ref())),
        ("content_rating", text(item.content_rating.as_ref())),
        ("summary", text(item.summary.as_ref())),
        ("tagline", text(item.tagline.as_ref())),
        ("rating", decimal(item.rating)),
        ("rating_image", text(item.rating_image.as_ref())),
        ("audience_rating", decimal(item.audience_rating)),
        ("audience_rating_image", text(item.audience_rating_image.as_ref())),
        ("user_rating", decimal(item.user_rating)),
    ]);
}

fn pictures_and_times(item: &CatalogItem, out: &mut Object) {
    out.extend([
        ("thumb", text(item.thumb.as_ref())),
        ("parent_thumb", text(item.parent_thumb.as_ref())),
        ("grandparent_thumb", text(item.grandparent_thumb.as_ref())),
        ("art", text(item.art.as_ref())),
        ("banner", text(item.banner.as_ref())),
        (
            "originally_available_at",
            text(item.originally_available_at.as_ref()),
        ),
        ("added_at", number(item.added_at_s)),
        ("updated_at", number(item.updated_at_s)),
        ("last_viewed_at", number(item.last_viewed_at_s)),
    ]);
}

/// Episodes and tracks are named with their show or artist.
fn full_title(item: &CatalogItem) -> Value {
    match (item.kind, &item.grandparent_title, &item.title) {
        (ItemKind::Episode | ItemKind::Track, Some(of), Some(title)) => {
            Value::Owned(format!("{of} - {title}"))
        }
        (_, _, title) => text(title.as_ref()),
    }
}

/// Episodes of a show or season, tracks of an album; else what is directly in it.
fn children_count(item: &CatalogItem) -> Option<i64> {
    match item.kind {
        ItemKind::Show | ItemKind::Season | ItemKind::Album => item.leaf_count.or(item.child_count),
        _ => item.child_count,
    }
}

fn markers(markers: &[Marker]) -> Value {
    let mut credits_seen = false;
    let rows = markers.iter().map(|marker| {
        let credits = &*marker.kind == "credits";
        let first = credits && !credits_seen;
        credits_seen |= credits;
        object! {
            "id" => marker.id,
            "type" => &marker.kind,
            "start_time_offset" => marker.start_ms,
            "end_time_offset" => marker.end_ms,
            "first" => first,
            "final" => marker.is_final,
        }
    });
    Value::List(rows.collect())
}

fn media(media: &CatalogMedia) -> Value {
    let streams = media.parts.iter().flat_map(|p| &p.streams);
    let video = streams.clone().find(|s| s.kind == StreamKind::Video);
    let resolution = full_resolution(
        media.video_resolution.as_deref(),
        video.and_then(|v| v.scan_type.as_deref()),
    );
    object! {
        "id" => number(media.id),
        "container" => text(media.container.as_ref()),
        "bitrate" => number(media.bitrate_kbps),
        "height" => number(media.height),
        "width" => number(media.width),
        "aspect_ratio" => decimal(media.aspect_ratio),
        "video_codec" => text(media.video_codec.as_ref()),
        "video_resolution" => text(media.video_resolution.as_ref()),
        "video_full_resolution" => resolution,
        "video_framerate" => text(media.video_frame_rate.as_ref()),
        "video_profile" => text(media.video_profile.as_ref()),
        "audio_codec" => text(media.audio_codec.as_ref()),
        "audio_channels" => number(media.audio_channels),
        "audio_channel_layout" => channel_layout(media.audio_channels),
        "audio_profile" => text(media.audio_profile.as_ref()),
        "optimized_version" => Value::flag(media.optimized),
        "channel_call_sign" => text(media.channel_call_sign.as_ref()),
        "channel_id" => text(media.channel_id.as_ref()),
        "channel_identifier" => text(media.channel_identifier.as_ref()),
        "channel_title" => text(media.channel_title.as_ref()),
        "channel_thumb" => text(media.channel_thumb.as_ref()),
        "channel_vcn" => text(media.channel_vcn.as_ref()),
        "protocol" => text(media.protocol.as_ref()),
        "begins_at" => or_zero(media.begins_at_s),
        "ends_at" => or_zero(media.ends_at_s),
        "parts" => Value::List(media.parts.iter().map(part).collect()),
    }
}

fn part(part: &CatalogPart) -> Value {
    object! {
        "id" => number(part.id),
        "file" => text(part.file.as_ref()),
        "file_size" => number(part.size_bytes),
        "indexes" => Value::flag(part.indexes),
        "streams" => Value::List(part.streams.iter().map(stream).collect()),
        "selected" => Value::flag(part.selected == Some(true)),
    }
}

fn stream(stream: &CatalogStream) -> Value {
    match stream.kind {
        StreamKind::Video => video(stream),
        StreamKind::Audio => audio(stream),
        StreamKind::Subtitle | StreamKind::Lyrics => subtitle(stream),
    }
}

fn video(of: &CatalogStream) -> Value {
    let none = DolbyVision::default();
    let dovi = of.dovi.as_ref().unwrap_or(&none);
    object! {
        "id" => number(of.id),
        "type" => number(Some(of.kind.number())),
        "video_codec" => text(of.codec.as_ref()),
        "video_codec_level" => text(of.level.as_ref()),
        "video_bitrate" => number(of.bitrate_kbps),
        "video_bit_depth" => number(of.bit_depth),
        "video_chroma_subsampling" => text(of.chroma_subsampling.as_ref()),
        "video_color_primaries" => text(of.color_primaries.as_ref()),
        "video_color_range" => text(of.color_range.as_ref()),
        "video_color_space" => text(of.color_space.as_ref()),
        "video_color_trc" => text(of.color_trc.as_ref()),
        "video_dynamic_range" => dynamic_range(of),
        "video_dovi_bl_present" => Value::flag(dovi.base_layer),
        "video_dovi_el_present" => Value::flag(dovi.enhancement_layer),
        "video_dovi_level" => or_zero(dovi.level),
        "video_dovi_present" => Value::flag(dovi.present),
        "video_dovi_profile" => or_zero(dovi.profile),
        "video_dovi_rpu_present" => Value::flag(dovi.rpu),
        "video_dovi_version" => dovi.version.as_ref().map_or(Value::Int(0), Value::from),
        "video_frame_rate" => decimal(of.frame_rate),
        "video_ref_frames" => number(of.ref_frames),
        "video_height" => number(of.height),
        "video_width" => number(of.width),
        "video_language" => text(of.language.as_ref()),
        "video_language_code" => text(of.language_code.as_ref()),
        "video_profile" => text(of.profile.as_ref()),
        "video_scan_type" => text(of.scan_type.as_ref()),
        "selected" => Value::flag(of.selected == Some(true)),
    }
}

fn audio(of: &CatalogStream) -> Value {
    object! {
        "id" => number(of.id),
        "type" => number(Some(of.kind.number())),
        "audio_codec" => text(of.codec.as_ref()),
        "audio_bitrate" => number(of.bitrate_kbps),
        "audio_bitrate_mode" => text(of.bitrate_mode.as_ref()),
        "audio_channels" => number(of.channels),
        "audio_channel_layout" => text(of.channel_layout.as_ref()),
        "audio_sample_rate" => number(of.sample_rate_hz),
        "audio_language" => text(of.language.as_ref()),
        "audio_language_code" => text(of.language_code.as_ref()),
        "audio_profile" => text(of.profile.as_ref()),
        "selected" => Value::flag(of.selected == Some(true)),
    }
}

fn subtitle(of: &CatalogStream) -> Value {
    let location = of
        .external
        .map(|external| if external { "external" } else { "embedded" });
    object! {
        "id" => number(of.id),
        "type" => number(Some(of.kind.number())),
        "subtitle_codec" => text(of.codec.as_ref()),
        "subtitle_container" => text(of.container.as_ref()),
        "subtitle_format" => text(of.format.as_ref()),
        "subtitle_forced" => Value::flag(of.forced == Some(true)),
        "subtitle_location" => Value::or_empty(location),
        "subtitle_language" => text(of.language.as_ref()),
        "subtitle_language_code" => text(of.language_code.as_ref()),
        "selected" => Value::flag(of.selected == Some(true)),
    }
}

/// How bright a picture can be: by Dolby Vision first, else by its transfer curve.
fn dynamic_range(of: &CatalogStream) -> Value {
    let curve = match of.color_trc.as_deref() {
        Some("smpte2084") => Some("HDR10"),
        Some("arib-std-b67") => Some("HLG"),
        _ => None,
    };
    match (of.dovi.as_ref().is_some_and(|d| d.present), curve) {
        (true, Some("HLG")) => "Dolby Vision/HLG".into(),
        (true, Some(_)) => "Dolby Vision/HDR10".into(),
        (true, None) => "Dolby Vision".into(),
        (false, Some(curve)) => curve.into(),
        (false, None) => "SDR".into(),
    }
}

/// `1080p` for `1080`; the words `4k` and `SD` have no lines to be interlaced.
pub(super) fn full_resolution(resolution: Option<&str>, scan_type: Option<&str>) -> Value {
    match resolution {
        None => Value::EMPTY,
        Some(word) if word.eq_ignore_ascii_case("sd") => "SD".into(),
        Some(lines) if lines.bytes().all(|b| b.is_ascii_digit()) => {
            let scan = if scan_type == Some("interlaced") { 'i' } else { 'p' };
            Value::Owned(format!("{lines}{scan}"))
        }
        Some(word) => Value::Owned(word.to_owned()),
    }
}

fn channel_layout(channels: Option<i64>) -> Value {
    match channels {
        None => Value::EMPTY,
        Some(1) => "Mono".into(),
        Some(2) => "Stereo".into(),
        Some(3) => "2.1".into(),
        Some(4) => "3.1".into(),
        Some(6) => "5.1".into(),
        Some(7) => "6.1".into(),
        Some(8) => "7.1".into(),
        Some(other) => number(Some(other)),
    }
}

/// `get_children_metadata`.
pub(super) fn children(of: &Children) -> Value {
    let kind = of.items.first().map(|i| i.kind.as_str());
    object! {
        "children_count" => of.items.len(),
        "children_type" => Value::or_empty(kind),
        "title" => text(of.title.as_ref()),
        "children_list" => Value::List(of.items.iter().map(|i| item(i, false)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_get_their_lines() {
        for (resolution, scan, expected) in [
            (Some("1080"), None, "1080p"),
            (Some("1080"), Some("interlaced"), "1080i"),
            (Some("sd"), None, "SD"),
            (Some("4k"), Some("progressive"), "4k"),
            (None, None, ""),
        ] {
            let mut out = Vec::new();
            full_resolution(resolution, scan).write_json(&mut out);
            assert_eq!(out, format!("\"{expected}\"").into_bytes(), "{resolution:?}");
        }
    }

    #[test]
    fn the_first_credits_are_marked() {
        let marker = |kind: &str, is_final| Marker {
            id: Some(1),
            kind: kind.into(),
            start_ms: 5,
            end_ms: 6,
            is_final,
        };
        let told = markers(&[
            marker("intro", false),
            marker("credits", false),
            marker("credits", true),
        ]);
        let mut out = Vec::new();
        told.write_json(&mut out);
        let text = String::from_utf8(out).unwrap();
        let marks: Vec<_> = text
            .split("\"first\": ")
            .skip(1)
            .map(|t| t.trim_end_matches([']', '}', ' ']))
            .collect();
        assert!(marks[0].starts_with("false, \"final\": false"), "{text}");
        assert!(marks[1].starts_with("true, \"final\": false"), "{text}");
        assert!(marks[2].starts_with("false, \"final\": true"), "{text}");
    }
}
