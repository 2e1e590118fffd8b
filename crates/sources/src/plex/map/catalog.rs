//! Answers to questions about libraries: sections, collections, members, items.

use std::collections::HashMap;

use model::Text;
use model::catalog::{
    CatalogItem, CatalogMedia, CatalogPart, CatalogSection, CatalogStream, Children, Collection, DolbyVision,
    ItemKind, Marker, Member, StreamKind, Visibility,
};

use super::super::decode::{Answer, Cx, DecodeError, Decoded};
use super::super::wire::catalog as wire;
use super::text;

/// One page of a listing.
#[derive(Debug)]
pub(in crate::plex) struct Page<T> {
    /// What could be read.
    pub(in crate::plex) rows: Vec<T>,
    /// Rows the server sent, readable or not: the next page begins after them.
    pub(in crate::plex) received: usize,
    /// Absent if the server has sent everything at once.
    pub(in crate::plex) total: Option<usize>,
}

/// `/library/sections`.
pub(in crate::plex) fn catalog_sections(body: &[u8]) -> Result<Decoded<Vec<CatalogSection>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (sections, mut cx) = answer.container::<wire::Sections<'_>>()?;
    let found = sections
        .directories
        .iter()
        .filter_map(|d| section(d, &mut cx))
        .collect();
    Ok(Decoded::new(found, cx))
}

fn section(d: &wire::Section<'_>, cx: &mut Cx) -> Option<CatalogSection> {
    let key = d.key.as_deref()?;
    let Ok(section_id) = key.rsplit('/').next().unwrap_or(key).parse() else {
        cx.note("a library without a number");
        return None;
    };
    Some(CatalogSection {
        section_id,
        title: text(&d.title).unwrap_or_else(|| key.into()),
        kind: super::libraries::kind(d.kind.as_deref(), d.agent.as_deref()),
        wire_kind: text(&d.kind),
        agent: text(&d.agent),
        thumb: text(&d.thumb),
        art: text(&d.art),
        uuid: text(&d.uuid),
        updated_at_s: d.updated_at_s,
        scanned_at_s: d.scanned_at_s,
        counts: Vec::new(),
    })
}

/// A page of `/library/sections/N/collections`, visibility unknown.
pub(in crate::plex) fn collections(
    body: &[u8],
    section_id: i64,
) -> Result<Decoded<Page<Collection>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (listing, mut cx) = answer.container::<wire::Listing<'_>>()?;
    let mut rows = Vec::with_capacity(listing.items.len());
    for item in listing.items.iter().chain(&listing.directories) {
        // Servers before 2021 list tags here, which have no rating key and cannot be looked into.
        let Some(rating_key) = item.rating_key else {
            cx.note("a collection without a rating key");
            continue;
        };
        rows.push(Collection {
            rating_key,
            section_id: item.library_id.or(listing.library_id).unwrap_or(section_id),
            section_title: text(&item.library_title).or_else(|| text(&listing.library_title)),
            title: text(&item.title).unwrap_or_else(|| rating_key.to_string().into()),
            title_sort: text(&item.title_sort),
            summary: text(&item.summary),
            subtype: text(&item.subtype),
            smart: item.smart,
            child_count: item.child_count,
            min_year: item.min_year,
            max_year: item.max_year,
            mode: item.collection_mode,
            sort: item.collection_sort,
            content_rating: text(&item.content_rating),
            guid: text(&item.guid),
            thumb: text(&item.thumb),
            art: text(&item.art),
            added_at_s: item.added_at_s,
            updated_at_s: item.updated_at_s,
            published: item.collection_published,
            visibility: None,
        });
    }
    let received = listing.items.len() + listing.directories.len();
    let page = page(rows, received, listing.total_size);
    Ok(Decoded::new(page, cx))
}

/// Where collections are promoted, by rating key. One that is not listed is promoted nowhere.
pub(in crate::plex) fn promoted(
    body: &[u8],
    section_id: i64,
) -> Result<Decoded<HashMap<i64, Visibility>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (hubs, cx) = answer.container::<wire::Hubs<'_>>()?;
    let prefix = format!("custom.collection.{section_id}.");
    let found = hubs.hubs.iter().filter_map(|hub| {
        let key = hub.identifier.as_deref()?.strip_prefix(&prefix)?;
        Some((key.parse().ok()?, visibility(hub)))
    });
    let found = found.collect();
    Ok(Decoded::new(found, cx))
}

/// The three switches, or what the older words say of them.
fn visibility(hub: &wire::Hub<'_>) -> Visibility {
    let home = hub.home_visibility.as_deref();
    let recommended = hub.recommendations_visibility.as_deref();
    Visibility {
        recommended: hub
            .recommended
            .unwrap_or(recommended.is_some_and(|word| word != "none")),
        own_home: hub.own_home.unwrap_or(matches!(home, Some("all" | "admin"))),
        shared_home: hub.shared_home.unwrap_or(matches!(home, Some("all" | "shared"))),
    }
}

/// A page of any listing: keys and kinds.
pub(in crate::plex) fn members(body: &[u8]) -> Result<Decoded<Page<Member>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (keys, mut cx) = answer.container::<wire::Keys<'_>>()?;
    let mut rows = Vec::with_capacity(keys.items.len());
    for key in keys.items.iter().chain(&keys.directories) {
        match key.rating_key {
            Some(rating_key) => rows.push(Member {
                rating_key,
                kind: ItemKind::of(key.kind.as_deref().unwrap_or_default()),
            }),
            None => cx.note("a member without a rating key"),
        }
    }
    let received = keys.items.len() + keys.directories.len();
    let page = page(rows, received, keys.total_size);
    Ok(Decoded::new(page, cx))
}

/// A page of what is in something, and what the listing says of itself.
pub(in crate::plex) fn children(body: &[u8]) -> Result<Decoded<(Children, Page<CatalogItem>)>, DecodeError> {
    let answer = Answer::new(body)?;
    let (listing, cx) = answer.container::<wire::Listing<'_>>()?;
    let about = Children {
        // Playlists have `title`; of the two others the second is the narrower.
        title: text(&listing.title)
            .or_else(|| text(&listing.title2))
            .or_else(|| text(&listing.title1)),
        section_id: listing.library_id,
        section_title: text(&listing.library_title),
        items: Vec::new(),
    };
    let (rows, received) = items(&listing);
    let page = page(rows, received, listing.total_size);
    Ok(Decoded::new((about, page), cx))
}

/// `/library/metadata/N`: absent if the server answered with nothing.
pub(in crate::plex) fn item_page(body: &[u8]) -> Result<Decoded<Option<CatalogItem>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (listing, cx) = answer.container::<wire::Listing<'_>>()?;
    let (rows, _) = items(&listing);
    Ok(Decoded::new(rows.into_iter().next(), cx))
}

fn page<T>(rows: Vec<T>, received: usize, total: Option<u64>) -> Page<T> {
    Page {
        rows,
        received,
        total: total.and_then(|n| usize::try_from(n).ok()),
    }
}

/// The rows that have a rating key, and how many there were.
fn items(listing: &wire::Listing<'_>) -> (Vec<CatalogItem>, usize) {
    let all = || {
        listing
            .items
            .iter()
            .chain(&listing.directories)
            .chain(&listing.playlists)
    };
    let rows = all().filter_map(|i| item(i, listing)).collect();
    // Shortcuts beside the rows are not counted by the server either.
    let shortcuts = listing.directories.iter().filter(|d| d.rating_key.is_none());
    (rows, all().count() - shortcuts.count())
}

fn item(i: &wire::Item<'_>, listing: &wire::Listing<'_>) -> Option<CatalogItem> {
    Some(CatalogItem {
        kind: ItemKind::of(i.kind.as_deref().unwrap_or_default()),
        subtype: text(&i.subtype),
        section_id: i.library_id.or(listing.library_id),
        section_title: text(&i.library_title).or_else(|| text(&listing.library_title)),
        rating_key: i.rating_key?,
        parent_rating_key: i.parent_rating_key,
        grandparent_rating_key: i.grandparent_rating_key,
        title: text(&i.title),
        parent_title: text(&i.parent_title),
        grandparent_title: text(&i.grandparent_title),
        original_title: text(&i.original_title),
        title_sort: text(&i.title_sort),
        edition_title: text(&i.edition_title),
        slug: text(&i.slug),
        parent_slug: text(&i.parent_slug),
        grandparent_slug: text(&i.grandparent_slug),
        index: i.index,
        parent_index: i.parent_index,
        studio: text(&i.studio),
        content_rating: text(&i.content_rating),
        summary: text(&i.summary),
        tagline: text(&i.tagline),
        rating: i.rating,
        rating_image: text(&i.rating_image),
        audience_rating: i.audience_rating,
        audience_rating_image: text(&i.audience_rating_image),
        user_rating: i.user_rating,
        duration_ms: i.duration_ms,
        year: i.year,
        parent_year: i.parent_year,
        grandparent_year: i.grandparent_year,
        min_year: i.min_year,
        max_year: i.max_year,
        thumb: text(&i.thumb),
        parent_thumb: text(&i.parent_thumb),
        grandparent_thumb: text(&i.grandparent_thumb),
        art: text(&i.art),
        banner: text(&i.banner),
        originally_available_at: text(&i.originally_available_at),
        added_at_s: i.added_at_s,
        updated_at_s: i.updated_at_s,
        last_viewed_at_s: i.last_viewed_at_s,
        guid: text(&i.guid),
        parent_guid: text(&i.parent_guid),
        grandparent_guid: text(&i.grandparent_guid),
        child_count: i.child_count,
        leaf_count: i.leaf_count,
        smart: i.smart,
        live: i.live,
        directors: tags(&i.directors),
        writers: tags(&i.writers),
        actors: tags(&i.actors),
        genres: tags(&i.genres),
        labels: tags(&i.labels),
        collections: tags(&i.collections),
        guids: i.guids.iter().filter_map(|g| text(&g.id)).collect(),
        markers: i.markers.iter().filter_map(marker).collect(),
        media: i.media.iter().map(media).collect(),
    })
}

fn tags(tags: &[wire::Tag<'_>]) -> Vec<Text> {
    tags.iter().filter_map(|t| text(&t.tag)).collect()
}

/// One that does not say what it is or where it lies marks nothing.
fn marker(m: &wire::Marker<'_>) -> Option<Marker> {
    Some(Marker {
        id: m.id,
        kind: text(&m.kind)?,
        start_ms: m.start_ms?,
        end_ms: m.end_ms?,
        is_final: m.is_final == Some(true),
    })
}

fn media(m: &wire::Media<'_>) -> CatalogMedia {
    /// Plex's number of a version that its optimiser has made.
    const OPTIMIZED: i64 = 42;
    CatalogMedia {
        id: m.id,
        container: text(&m.container),
        bitrate_kbps: m.bitrate_kbps,
        width: m.width,
        height: m.height,
        aspect_ratio: m.aspect_ratio,
        video_codec: text(&m.video_codec),
        video_resolution: text(&m.video_resolution),
        video_frame_rate: text(&m.video_frame_rate),
        video_profile: text(&m.video_profile),
        audio_codec: text(&m.audio_codec),
        audio_channels: m.audio_channels,
        audio_profile: text(&m.audio_profile),
        optimized: m.proxy_type == Some(OPTIMIZED),
        channel_call_sign: text(&m.channel_call_sign),
        channel_id: text(&m.channel_id),
        channel_identifier: text(&m.channel_identifier),
        channel_title: text(&m.channel_title),
        channel_thumb: text(&m.channel_thumb),
        channel_vcn: text(&m.channel_vcn),
        protocol: text(&m.protocol),
        begins_at_s: m.begins_at_s,
        ends_at_s: m.ends_at_s,
        parts: m.parts.iter().map(part).collect(),
    }
}

fn part(p: &wire::Part<'_>) -> CatalogPart {
    CatalogPart {
        id: p.id,
        file: text(&p.file),
        size_bytes: p.size_bytes,
        indexes: p.indexes.is_some(),
        selected: p.selected,
        streams: p.streams.iter().filter_map(stream).collect(),
    }
}

fn stream(s: &wire::Stream<'_>) -> Option<CatalogStream> {
    let kind = match s.kind? {
        1 => StreamKind::Video,
        2 => StreamKind::Audio,
        3 => StreamKind::Subtitle,
        4 => StreamKind::Lyrics,
        _ => return None,
    };
    Some(CatalogStream {
        kind,
        id: s.id,
        index: s.index,
        codec: text(&s.codec),
        profile: text(&s.profile),
        level: text(&s.level),
        bitrate_kbps: s.bitrate_kbps,
        bit_depth: s.bit_depth,
        chroma_subsampling: text(&s.chroma_subsampling),
        color_primaries: text(&s.color_primaries),
        color_range: text(&s.color_range),
        color_space: text(&s.color_space),
        color_trc: text(&s.color_trc),
        dovi: dolby_vision(s),
        frame_rate: s.frame_rate,
        ref_frames: s.ref_frames,
        width: s.width,
        height: s.height,
        scan_type: text(&s.scan_type),
        language: text(&s.language),
        language_code: text(&s.language_code),
        title: text(&s.title),
        display_title: text(&s.display_title),
        extended_display_title: text(&s.extended_display_title),
        bitrate_mode: text(&s.bitrate_mode),
        channels: s.channels,
        channel_layout: text(&s.channel_layout),
        sample_rate_hz: s.sample_rate_hz,
        container: text(&s.container),
        format: text(&s.format),
        forced: s.forced,
        default: s.default,
        selected: s.selected,
        external: (kind == StreamKind::Subtitle).then_some(s.key.is_some()),
    })
}

/// Absent where the stream says nothing of it.
fn dolby_vision(s: &wire::Stream<'_>) -> Option<DolbyVision> {
    let told = s.dovi_present.is_some() || s.dovi_profile.is_some() || s.dovi_base.is_some();
    told.then(|| DolbyVision {
        present: s.dovi_present == Some(true),
        base_layer: s.dovi_base == Some(true),
        enhancement_layer: s.dovi_enhancement == Some(true),
        rpu: s.dovi_rpu == Some(true),
        level: s.dovi_level,
        profile: s.dovi_profile,
        version: text(&s.dovi_version),
    })
}
