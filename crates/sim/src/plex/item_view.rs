//! Items, versions and streams as listings and session lists print them.

use crate::plex::catalog::{Entry, Folder, Level, Library};
use crate::plex::item::{Hdr, Item, Kind, Version};
use crate::plex::names;
use crate::plex::value::{Node, Scalar, Text};

/// 1 November 2024: when invented things were added.
const ADDED: u64 = 1_730_419_200;

/// Attributes every item has, wherever it is printed.
pub(crate) fn common(node: Node, item: &Item) -> Node {
    let rating_key = item.rating_key.as_deref();
    let key = item
        .key
        .clone()
        .or_else(|| Some(format!("/library/metadata/{}", rating_key?).into()));
    let number = rating_key.and_then(|k| k.parse::<u64>().ok()).unwrap_or(0);
    let type_name = item.type_name();
    let mut node = node
        .opt("ratingKey", item.rating_key.as_ref())
        .opt("key", key)
        .opt("guid", guid(item, number))
        .attr("type", &type_name)
        .attr("title", &item.title)
        .opt("originalTitle", item.original_title.as_ref())
        .opt("grandparentTitle", item.grandparent_title.as_ref())
        .opt("grandparentRatingKey", item.grandparent_key.as_ref())
        .opt(
            "grandparentKey",
            item.grandparent_key
                .as_ref()
                .map(|k| format!("/library/metadata/{k}")),
        )
        .opt("parentTitle", item.parent_title.as_ref())
        .opt("parentRatingKey", item.parent_key.as_ref())
        .opt(
            "parentKey",
            item.parent_key.as_ref().map(|k| format!("/library/metadata/{k}")),
        )
        .opt("index", item.index)
        .opt("parentIndex", item.parent_index)
        .opt("year", item.year)
        .opt("duration", item.duration_ms);
    if item.kind == Kind::LiveTv {
        let c = item.channel.as_ref();
        return node
            .opt("channelCallSign", c.map(|c| &c.call_sign))
            .opt("channelTitle", c.map(|c| &c.title))
            .opt("channelVcn", c.map(|c| &c.number));
    }
    match item.kind {
        Kind::Trailer => node = node.attr("subtype", "trailer").attr("extraType", 1),
        Kind::Clip => node = node.attr("subtype", "clip"),
        _ => {}
    }
    if rating_key.is_some() {
        let added = ADDED + number % 20_000_000;
        node = node
            .attr("thumb", format!("/library/metadata/{number}/thumb/{added}"))
            .attr("addedAt", added)
            .attr("updatedAt", added + 60);
    }
    node
}

fn guid(item: &Item, number: u64) -> Option<Text> {
    item.rating_key.as_ref()?;
    Some(match item.kind {
        Kind::Preroll => format!("analyzed.prerolls://{}", names::hex(121, number, 40)).into(),
        kind => format!("plex://{}/{}", kind.type_name(), names::hex(121, number, 24)).into(),
    })
}

/// A library item with its versions; `full` adds their streams.
pub(crate) fn entry(library: Option<&Library>, entry: &Entry, full: bool) -> Node {
    match entry {
        Entry::Item(item) => {
            let mut node = common(Node::item(item.kind.tag()), item);
            if let Some(library) = library {
                node = node
                    .attr("librarySectionID", library.id)
                    .attr("librarySectionTitle", &library.title)
                    .attr("librarySectionKey", format!("/library/sections/{}", library.id));
            }
            node.with(item.versions.iter().map(|v| library_media(v, item, full)))
        }
        Entry::Folder(folder) => folder_node(folder, library),
    }
}

fn folder_node(folder: &Folder, library: Option<&Library>) -> Node {
    let key = &folder.rating_key;
    let number = key.parse::<u64>().unwrap_or(0);
    let collection = folder.level == Level::Collection;
    let root = if collection { "collections" } else { "metadata" };
    let mut node = Node::item("Directory")
        .attr("ratingKey", key.clone())
        .attr("key", format!("/library/{root}/{key}/children"))
        .attr(
            "guid",
            format!(
                "plex://{}/{}",
                folder.level.type_name(),
                names::hex(121, number, 24)
            ),
        )
        .attr("type", folder.level.type_name())
        .attr("title", folder.title.clone())
        .attr("index", folder.index);
    if let Some((parent_key, parent_title)) = &folder.parent {
        node = node
            .attr("parentRatingKey", parent_key.clone())
            .attr("parentKey", format!("/library/metadata/{parent_key}"))
            .attr("parentTitle", parent_title.clone());
    }
    match folder.level {
        Level::Show | Level::Season => {
            node = node
                .attr("leafCount", folder.leaf_count)
                .attr("viewedLeafCount", 0);
        }
        Level::Album => node = node.attr("leafCount", folder.leaf_count),
        _ => {}
    }
    if matches!(folder.level, Level::Show | Level::Album) {
        node = node.attr("year", folder.year);
    }
    if let Some(library) = library {
        node = node.attr("librarySectionID", library.id);
    }
    let added = ADDED + number % 20_000_000;
    node.attr("childCount", folder.child_count)
        .attr("addedAt", added)
        .attr("updatedAt", added + 60)
}

fn library_media(version: &Version, item: &Item, full: bool) -> Node {
    let node = media_attrs(Node::new("Media"), version, item, false);
    let part = part_attrs(Node::new("Part"), version, item, false);
    node.child(if full {
        part.with(streams(version, false))
    } else {
        part
    })
}

/// Identifiers are numbers in libraries and text in session lists.
fn id(value: u64, session: bool) -> Scalar {
    if session {
        value.to_string().into()
    } else {
        value.into()
    }
}

pub(crate) fn part_id(version: &Version) -> u64 {
    version.id.unwrap_or(0) + 31
}

/// Number of the first stream; sound follows at +1, subtitles at +10.
pub(crate) fn stream_base(version: &Version) -> u64 {
    version.id.unwrap_or(0) * 20
}

pub(crate) fn media_attrs(node: Node, version: &Version, item: &Item, session: bool) -> Node {
    let mut node = node
        .opt("id", version.id.map(|n| id(n, session)))
        .opt("duration", item.duration_ms)
        .opt("bitrate", version.bitrate_kbps);
    if let Some(video) = &version.video {
        let ratio = (f64::from(video.width) / f64::from(video.height.max(1)) * 100.0).round() / 100.0;
        let ratio: Scalar = if session {
            ratio.to_string().into()
        } else {
            ratio.into()
        };
        node = node
            .attr("width", video.width)
            .attr("height", video.height)
            .attr("aspectRatio", ratio)
            .attr("videoCodec", &video.codec)
            .opt("videoProfile", Some(&video.profile).filter(|p| !p.is_empty()))
            .opt("videoResolution", version.resolution());
        if video.codec != "jpeg" {
            node = node.attr("videoFrameRate", frame_rate(video.fps));
        }
    }
    if let Some(audio) = version.audio.first() {
        node = node
            .attr("audioChannels", audio.channels)
            .attr("audioCodec", &audio.codec)
            .opt("audioProfile", audio.profile.as_ref());
    }
    if version.optimized {
        node = node.attr("proxyType", 42).attr("target", "Optimized for TV");
    }
    let streaming: Scalar = if session {
        (version.container == "mp4").into()
    } else {
        u32::from(version.container == "mp4").into()
    };
    node.attr("container", &version.container)
        .attr("optimizedForStreaming", streaming)
}

pub(crate) fn part_attrs(node: Node, version: &Version, item: &Item, session: bool) -> Node {
    let number = part_id(version);
    let container = &version.container;
    let mut node = node.opt("id", version.id.map(|_| id(number, session)));
    if item.kind != Kind::LiveTv {
        node = node
            .attr("key", format!("/library/parts/{number}/{ADDED}/file.{container}"))
            .attr("file", file(item, container))
            .opt("size", version.size(item.duration_ms));
    }
    node.attr("container", container)
        .opt("duration", item.duration_ms)
}

fn file(item: &Item, container: &str) -> String {
    let title = item.title.replace('/', "_");
    match (&item.grandparent_title, &item.parent_title) {
        (Some(show), Some(season)) => format!("/media/{show}/{season}/{title}.{container}"),
        _ => format!(
            "/media/{title} ({})/{title}.{container}",
            item.year.unwrap_or(2000)
        ),
    }
}

pub(crate) fn streams(version: &Version, session: bool) -> Vec<Node> {
    let base = stream_base(version);
    let mut streams = Vec::new();
    if let Some(v) = version.video.as_ref().filter(|v| v.codec != "jpeg") {
        let mut node = Node::new("Stream")
            .attr("id", id(base, session))
            .attr("streamType", 1)
            .attr("codec", &v.codec)
            .attr("index", 0)
            .opt("bitrate", v.bitrate_kbps)
            .attr("bitDepth", v.bit_depth)
            .attr("width", v.width)
            .attr("height", v.height)
            .attr("frameRate", v.fps)
            .attr("profile", &v.profile)
            .attr("default", true)
            .attr("displayTitle", v.display_title())
            .attr("extendedDisplayTitle", v.display_title());
        node = match v.hdr {
            None => node,
            Some(Hdr::Hlg) => node.attr("colorTrc", "arib-std-b67"),
            Some(Hdr::Hdr10) => node.attr("colorTrc", "smpte2084"),
            Some(Hdr::DolbyVision) => node
                .attr("colorTrc", "smpte2084")
                .attr("DOVIPresent", true)
                .attr("DOVIProfile", 8),
        };
        streams.push(node);
    }
    for (n, a) in version.audio.iter().enumerate() {
        let mut node = Node::new("Stream")
            .attr("id", id(base + 1 + n as u64, session))
            .attr("streamType", 2)
            .attr("codec", &a.codec)
            .attr("index", 1 + n)
            .opt("bitrate", a.bitrate_kbps)
            .attr("channels", a.channels)
            .attr("audioChannelLayout", a.layout().to_lowercase())
            .attr("language", &a.language.0)
            .attr("languageCode", &a.language.1)
            .attr("displayTitle", a.display_title())
            .attr("extendedDisplayTitle", a.display_title());
        if n == 0 {
            node = node.attr("default", true).attr("selected", true);
        }
        streams.push(node);
    }
    for (n, s) in version.subtitles.iter().enumerate() {
        let mut node = Node::new("Stream")
            .attr("id", id(base + 10 + n as u64, session))
            .attr("streamType", 3)
            .attr("codec", &s.codec)
            .attr("index", 5 + n)
            .attr("language", &s.language.0)
            .attr("languageCode", &s.language.1)
            .attr("displayTitle", s.display_title())
            .attr("extendedDisplayTitle", s.display_title());
        if s.forced {
            node = node.attr("forced", true);
        }
        streams.push(node);
    }
    streams
}

/// "24p", "NTSC", "60p": frame rates in the wire's words.
pub(crate) fn frame_rate(fps: f64) -> &'static str {
    match fps {
        f if f < 24.5 => "24p",
        f if f < 25.5 => "PAL",
        f if f < 30.5 => "NTSC",
        f if f < 50.5 => "50p",
        _ => "60p",
    }
}
