//! `timothystewart6/prometheus-plex-exporter`.

use model::{ContentKind, Library, LibraryKind, Play, ServerSnapshot};

use super::{
    Named, Owned, all_libraries, all_plays, blocks, counter, family, gauge, is_shown, items, library_of,
    named, process, stream_bitrate, stream_resolution, stream_type, titles, transcode_is_vague,
    transcode_type, transmitted,
};
use crate::native;
use crate::native::session::subtitle_action;
use crate::text::{Blocks, Encoder, Head, LabelSet, Value, label_set};
use crate::view::View;

/// All its series carry this as `server_type`.
const PLEX: &str = "plex";

const SERVER: LabelSet = label_set!["server", "server_id", "server_type"];
const SERVER_INFO: LabelSet = label_set![
    "platform",
    "platform_version",
    "server",
    "server_id",
    "server_type",
    "version"
];
const LIBRARY: LabelSet = label_set![
    "library",
    "library_id",
    "library_type",
    "server",
    "server_id",
    "server_type"
];
const ITEMS: LabelSet = label_set![
    "content_type",
    "library",
    "library_id",
    "library_type",
    "server",
    "server_id",
    "server_type"
];
const PLAY: LabelSet = label_set![
    "child_title",
    "device",
    "device_type",
    "grandchild_title",
    "library",
    "library_id",
    "library_type",
    "media_type",
    "server",
    "server_id",
    "server_type",
    "session",
    "stream_bitrate",
    "stream_file_resolution",
    "stream_resolution",
    "stream_type",
    "subtitle_action",
    "title",
    "transcode_type",
    "user",
];

/// Families in the order of their names. A server that has not said who it is has no series yet.
pub(crate) fn render(view: &View<'_>, encoder: &mut Encoder<'_>) {
    let mut servers = named(view, usize::MAX);
    servers.retain(Named::is_known);
    let server_blocks = blocks(&servers, super::LIBRARY_BLOCK_BYTES, |s, b| {
        b.push(&SERVER, &[s.server, s.server_id, PLEX]);
    });
    let each_server = |encoder: &mut Encoder<'_>, head: Head, value: &dyn Fn(&Named<'_>) -> Option<Value>| {
        family(encoder, head, &server_blocks, &servers, value);
    };
    let head = counter(
        "estimated_transmit_bytes_total",
        "Total estimated bytes transmitted",
    );
    each_server(encoder, head, &|s| Some(Value::Int(s.snapshot().estimated_bytes)));
    each_server(encoder, gauge("host_cpu_util", ""), &|s| {
        percent(s.snapshot().host?.host_cpu_ratio)
    });
    each_server(encoder, gauge("host_mem_util", ""), &|s| {
        percent(s.snapshot().host?.host_memory_ratio)
    });
    let libraries = all_libraries(&servers, is_shown);
    sizes(encoder, &libraries);
    plays(view, encoder, &servers);
    library_items(encoder, &libraries);
    for (name, help, kind, content) in TOTALS {
        each_server(encoder, gauge(name, help), &|s| {
            total(s.snapshot(), *kind, *content)
        });
    }
    process(view, encoder);
    server_info(encoder, &servers);
    each_server(encoder, counter("transmit_bytes_total", ""), &|s| {
        transmitted(s.snapshot())
    });
}

fn sizes(encoder: &mut Encoder<'_>, libraries: &[Owned<'_, Library>]) {
    let blocks = blocks(libraries, super::LIBRARY_BLOCK_BYTES, |(s, l), b| {
        b.push(
            &LIBRARY,
            &[
                &l.title,
                l.id.as_str(),
                l.kind.as_str(),
                s.server,
                s.server_id,
                PLEX,
            ],
        );
    });
    let head = gauge("library_duration_total", "Total duration of a library in ms");
    family(encoder, head, &blocks, libraries, |(_, l)| {
        l.duration_ms.map(Value::Int)
    });
    let head = gauge(
        "library_storage_total",
        "Total storage size of a library in Bytes",
    );
    family(encoder, head, &blocks, libraries, |(_, l)| {
        l.storage_bytes.map(Value::Int)
    });
}

fn plays(view: &View<'_>, encoder: &mut Encoder<'_>, servers: &[Named<'_>]) {
    let plays = all_plays(servers);
    let blocks = blocks(&plays, super::PLAY_BLOCK_BYTES, |(s, p), b| {
        play_labels(view, s, p, b);
    });
    let head = counter("play_seconds_total", "Total play time per session");
    family(encoder, head, &blocks, &plays, |(_, p)| {
        Some(Value::Millis(p.totals.played_ms))
    });
    family(
        encoder,
        counter("plays_total", "Total play counts"),
        &blocks,
        &plays,
        |_| Some(Value::Int(1)),
    );
}

fn play_labels(view: &View<'_>, s: &Named<'_>, play: &Play, out: &mut Blocks) {
    let session = &*play.session;
    let (item, player, how) = (&*session.item, &*session.player, &*session.delivery);
    let (library_id, library, library_type) = library_of(item);
    let [title, child, grandchild] = titles(item, view.mask, false);
    let user = view.mask.user(session.user.as_ref().map_or("", |u| &u.name));
    let mut bitrate = [0; 10];
    let labels = [
        child.as_str(),
        native::text(player.device.as_ref()),
        native::text(player.product.as_ref()),
        grandchild.as_str(),
        library,
        library_id,
        library_type,
        item.kind.as_str(),
        s.server,
        s.server_id,
        PLEX,
        session.key.as_str(),
        stream_bitrate(how, &mut bitrate),
        native::text(session.source.video_resolution.as_ref()),
        stream_resolution(how),
        stream_type(how),
        subtitle_action(how),
        title.as_str(),
        transcode_type(
            how,
            if transcode_is_vague(how) {
                native::UNKNOWN
            } else {
                "none"
            },
        ),
        user.as_str(),
    ];
    out.push(&PLAY, &labels);
}

fn library_items(encoder: &mut Encoder<'_>, libraries: &[Owned<'_, Library>]) {
    encoder.family(gauge(
        "plex_library_items",
        "Number of items in a library section",
    ));
    for (s, l) in libraries {
        let Some((content, kind)) = content_of(l.kind) else {
            continue;
        };
        if let Some(count) = items(l, kind) {
            let labels = [
                content,
                &*l.title,
                l.id.as_str(),
                l.kind.as_str(),
                s.server,
                s.server_id,
                PLEX,
            ];
            encoder.labelled(&ITEMS, &labels, count);
        }
    }
}

fn content_of(kind: LibraryKind) -> Option<(&'static str, ContentKind)> {
    Some(match kind {
        LibraryKind::Movie => ("movies", ContentKind::Movies),
        LibraryKind::Show => ("shows", ContentKind::Shows),
        LibraryKind::Artist => ("artists", ContentKind::Artists),
        LibraryKind::Photo => ("photos", ContentKind::Photos),
        LibraryKind::HomeVideo => ("items", ContentKind::Videos),
        LibraryKind::Other => return None,
    })
}

/// What is summed over all libraries of a server.
const TOTALS: &[(&str, &str, LibraryKind, ContentKind)] = &[
    (
        "plex_media_episodes",
        "Total number of episode items across all libraries for a server",
        LibraryKind::Show,
        ContentKind::Episodes,
    ),
    (
        "plex_media_movies",
        "Total number of movie items across all libraries for a server",
        LibraryKind::Movie,
        ContentKind::Movies,
    ),
    (
        "plex_media_music",
        "Total number of music items (tracks) across all libraries for a server",
        LibraryKind::Artist,
        ContentKind::Tracks,
    ),
    (
        "plex_media_other_videos",
        "Total number of other video items (home videos) across all libraries for a server",
        LibraryKind::HomeVideo,
        ContentKind::Videos,
    ),
    (
        "plex_media_photos",
        "Total number of photo items across all libraries for a server",
        LibraryKind::Photo,
        ContentKind::Photos,
    ),
];

/// Absent until every library of the kind is counted: half a sum is a wrong number.
fn total(server: &ServerSnapshot, kind: LibraryKind, content: ContentKind) -> Option<Value> {
    let of_kind = server.libraries.as_ref()?.iter().filter(|l| l.kind == kind);
    let mut counts = of_kind.map(|l| l.count(content));
    counts
        .try_fold(0_u64, |sum, n| Some(sum.saturating_add(n?)))
        .map(Value::Int)
}

fn server_info(encoder: &mut Encoder<'_>, servers: &[Named<'_>]) {
    encoder.family(gauge("server_info", ""));
    for s in servers {
        let Some(info) = &s.snapshot().info else { continue };
        let [platform, release, version] =
            [&info.platform, &info.platform_version, &info.version].map(|t| native::text(t.as_ref()));
        let labels = [platform, release, s.server, s.server_id, PLEX, version];
        encoder.labelled(&SERVER_INFO, &labels, Value::Int(1));
    }
}

/// A ratio in percent, without the noise of multiplying a decimal fraction in binary.
fn percent(ratio: Option<f64>) -> Option<Value> {
    ratio.map(|r| Value::Float((r * 1e12).round() / 1e10))
}
