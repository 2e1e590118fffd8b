//! `cplieger/plex-exporter`: the generation that polls (v1.1 to v3) and the one before, which listened to a WebSocket.

use model::{Endpoint, Health, Item, Library, LibraryKind, Link, MediaKind, Play, ServerSnapshot};

use super::{
    Named, Owned, all_libraries, all_plays, blocks, counter, cut, family, gauge, is_shown, items, kbps,
    library_of, local, named, process, stream_bitrate, stream_resolution, stream_type, titles,
    transcode_sessions, transcode_type, transmitted,
};
use crate::native;
use crate::native::session::{digits, subtitle_action};
use crate::text::{Blocks, Encoder, LabelSet, Value, label_set};
use crate::view::{View, latest_of_each};

/// Longest label value; longer ones are cut.
const LABEL_BYTES: usize = 128;
/// Longest session key in a label.
const SESSION_BYTES: usize = 64;

const SERVER: LabelSet = label_set!["server", "server_id"];
const SERVER_INFO: LabelSet = label_set![
    "platform",
    "platform_version",
    "plex_pass",
    "server",
    "server_id",
    "version"
];
const LIBRARY: LabelSet = label_set!["library", "library_id", "library_type", "server", "server_id"];
const ITEMS: LabelSet = label_set![
    "content_type",
    "library",
    "library_id",
    "library_type",
    "server",
    "server_id"
];
const ERRORS: LabelSet = label_set!["server", "server_id", "type"];
const SESSION: LabelSet = label_set!["location", "server", "server_id", "session", "user"];
const PLAY: LabelSet = label_set![
    "child_title",
    "device",
    "device_type",
    "grandchild_index",
    "grandchild_title",
    "library",
    "library_id",
    "library_type",
    "local",
    "location",
    "media_type",
    "server",
    "server_id",
    "session",
    "stream_file_resolution",
    "stream_resolution",
    "stream_type",
    "subtitle_action",
    "title",
    "transcode_type",
    "user",
];
const PLAY_LISTENING: LabelSet = label_set![
    "child_title",
    "device",
    "device_type",
    "grandchild_title",
    "library",
    "library_id",
    "library_type",
    "local",
    "location",
    "media_type",
    "server",
    "server_id",
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

/// Which of its two designs is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Polling,
    Listening,
}

pub(crate) fn polling(view: &View<'_>, encoder: &mut Encoder<'_>) {
    render(view, encoder, Generation::Polling);
}

pub(crate) fn listening(view: &View<'_>, encoder: &mut Encoder<'_>) {
    render(view, encoder, Generation::Listening);
}

/// What is written, with the labels made once.
struct Scrape<'a> {
    generation: Generation,
    /// All servers. One that never answered has our name, no `server_id`, and only the series of the connection.
    servers: &'a [Named<'a>],
    server_blocks: Blocks,
    libraries: Vec<Owned<'a, Library>>,
    library_blocks: Blocks,
    plays: Vec<Owned<'a, Play>>,
    play_blocks: Blocks,
    session_blocks: Blocks,
}

/// Families in the order of their names, as the model's are.
fn render(view: &View<'_>, encoder: &mut Encoder<'_>, generation: Generation) {
    let servers = named(view, LABEL_BYTES);
    let scrape = Scrape::new(view, &servers, generation);
    let polling = generation == Generation::Polling;
    scrape.servers(
        encoder,
        gauge("plex_active_transcode_sessions", "Active transcode sessions"),
        |s| transcode_sessions(s.snapshot(), &s.view.plays),
    );
    if polling {
        scrape.errors(encoder);
    } else {
        let head = counter(
            "plex_estimated_transmit_bytes_total",
            "Estimated bytes from bitrates",
        );
        scrape.servers(encoder, head, |s| Some(Value::Int(s.snapshot().estimated_bytes)));
    }
    scrape.load(encoder);
    if polling {
        scrape.connection(encoder);
    }
    scrape.libraries(encoder);
    scrape.plays(encoder);
    scrape.server_info(encoder);
    scrape.sessions(encoder);
    if polling {
        let help = "Session poll reachability (1=last /status/sessions poll succeeded, 0=failed)";
        scrape.every_server(encoder, gauge("plex_session_poll_reachable", help), |s| {
            Some((s.snapshot().last_sessions_ok == Some(true)).into())
        });
    }
    scrape.servers(
        encoder,
        counter("plex_transmit_bytes_total", "Bytes transmitted (bandwidth API)"),
        |s| transmitted(s.snapshot()),
    );
    if !polling {
        let head = gauge("plex_websocket_connected", "Websocket connection status (1/0)");
        scrape.every_server(encoder, head, |s| Some((s.snapshot().link != Link::None).into()));
    }
    process(view, encoder);
}

impl<'a> Scrape<'a> {
    fn new(view: &'a View<'a>, servers: &'a [Named<'a>], generation: Generation) -> Self {
        let libraries = all_libraries(servers, is_listed);
        let plays = distinct(all_plays(servers));
        Self {
            generation,
            servers,
            server_blocks: blocks(servers, LABEL_BYTES, |s, b| {
                b.push(&SERVER, &[s.server, s.server_id]);
            }),
            library_blocks: blocks(&libraries, super::LIBRARY_BLOCK_BYTES, |(s, l), b| {
                let title = cut(&l.title, LABEL_BYTES);
                b.push(
                    &LIBRARY,
                    &[title, l.id.as_str(), l.kind.as_str(), s.server, s.server_id],
                );
            }),
            play_blocks: blocks(&plays, super::PLAY_BLOCK_BYTES, |(s, p), b| {
                play_labels(view, generation, s, p, b);
            }),
            session_blocks: blocks(&plays, super::LIBRARY_BLOCK_BYTES, |(s, p), b| {
                let user = view.mask.user(p.session.user.as_ref().map_or("", |u| &u.name));
                let (place, key) = (location(generation, p), session(p));
                b.push(
                    &SESSION,
                    &[place, s.server, s.server_id, key, cut(user.as_str(), LABEL_BYTES)],
                );
            }),
            libraries,
            plays,
        }
    }

    /// One sample for each server that has said who it is.
    fn servers(
        &self,
        encoder: &mut Encoder<'_>,
        head: crate::text::Head,
        value: impl Fn(&Named<'_>) -> Option<Value>,
    ) {
        self.every_server(encoder, head, |s| if s.is_known() { value(s) } else { None });
    }

    fn every_server(
        &self,
        encoder: &mut Encoder<'_>,
        head: crate::text::Head,
        value: impl Fn(&Named<'_>) -> Option<Value>,
    ) {
        family(encoder, head, &self.server_blocks, self.servers, value);
    }

    fn errors(&self, encoder: &mut Encoder<'_>) {
        encoder.family(counter(
            "plex_exporter_errors_total",
            "Plex exporter error count by type",
        ));
        for s in self.servers {
            for (kind, endpoints) in ERROR_TYPES {
                let of = |e| {
                    s.snapshot()
                        .endpoints
                        .get(e)
                        .map_or(0, |stats| stats.errors.values().sum::<u64>())
                };
                let errors = endpoints.iter().map(of).sum();
                encoder.labelled(&ERRORS, &[s.server, s.server_id, kind], Value::Int(errors));
            }
        }
    }

    fn load(&self, encoder: &mut Encoder<'_>) {
        let head = gauge("plex_host_cpu_utilization_ratio", "Host CPU utilization (0-1)");
        self.servers(encoder, head, |s| {
            native::ratio(s.snapshot().host?.host_cpu_ratio)
        });
        let head = gauge(
            "plex_host_memory_utilization_ratio",
            "Host memory utilization (0-1)",
        );
        self.servers(encoder, head, |s| {
            native::ratio(s.snapshot().host?.host_memory_ratio)
        });
    }

    fn connection(&self, encoder: &mut Encoder<'_>) {
        let help = "HTTP polling reachability (1=last refresh succeeded, 0=failed)";
        self.every_server(encoder, gauge("plex_http_reachable", help), |s| {
            Some(http_reachable(s.snapshot()).into())
        });
        let help = "Total HTTP retries performed by the Plex client's retry round-tripper (httpx) across all requests";
        self.every_server(encoder, counter("plex_http_retries_total", help), |s| {
            Some(Value::Int(
                s.snapshot().endpoints.values().map(|e| e.retries).sum(),
            ))
        });
    }

    fn libraries(&self, encoder: &mut Encoder<'_>) {
        let head = gauge(
            "plex_library_duration_milliseconds",
            "Total library duration in ms",
        );
        family(encoder, head, &self.library_blocks, &self.libraries, |(_, l)| {
            l.duration_ms.map(Value::Int)
        });
        encoder.family(gauge(
            "plex_library_items",
            "Number of items in a library section",
        ));
        for (s, l) in &self.libraries {
            let Some((content, kind)) = content_of(l.kind) else {
                continue;
            };
            if let Some(count) = items(l, kind) {
                let title = cut(&l.title, LABEL_BYTES);
                let labels = [
                    content,
                    title,
                    l.id.as_str(),
                    l.kind.as_str(),
                    s.server,
                    s.server_id,
                ];
                encoder.labelled(&ITEMS, &labels, count);
            }
        }
        let head = gauge("plex_library_storage_bytes", "Total library storage in bytes");
        family(encoder, head, &self.library_blocks, &self.libraries, |(_, l)| {
            l.storage_bytes.map(Value::Int)
        });
    }

    fn plays(&self, encoder: &mut Encoder<'_>) {
        let head = counter("plex_play_seconds_total", "Total play time per session");
        family(encoder, head, &self.play_blocks, &self.plays, |(_, p)| {
            Some(Value::Millis(p.totals.played_ms))
        });
        let head = match self.generation {
            Generation::Polling => gauge(
                "plex_plays_active",
                "Currently active play sessions (1 per session)",
            ),
            Generation::Listening => counter("plex_plays_total", "Active play sessions (1 per session)"),
        };
        family(encoder, head, &self.play_blocks, &self.plays, |_| {
            Some(Value::Int(1))
        });
    }

    fn server_info(&self, encoder: &mut Encoder<'_>) {
        encoder.family(gauge("plex_server_info", "Plex server information"));
        for s in self.servers {
            let Some(info) = &s.snapshot().info else { continue };
            let plex_pass = info
                .plex_pass
                .map_or("", |yes| if yes { "true" } else { "false" });
            let short = |text| cut(native::text(text), LABEL_BYTES);
            let (platform, release) = (
                short(info.platform.as_ref()),
                short(info.platform_version.as_ref()),
            );
            let labels = [
                platform,
                release,
                plex_pass,
                s.server,
                s.server_id,
                short(info.version.as_ref()),
            ];
            encoder.labelled(&SERVER_INFO, &labels, Value::Int(1));
        }
    }

    fn sessions(&self, encoder: &mut Encoder<'_>) {
        let head = gauge("plex_session_bandwidth_kbps", "Session bandwidth in kbps");
        family(encoder, head, &self.session_blocks, &self.plays, |(_, p)| {
            kbps(p.session.delivery.reserved_bps)
        });
        if self.generation == Generation::Polling {
            let help = "Live stream bitrate per session (kbps). Replaces the former stream_bitrate label on \
                        plex_plays_active/plex_play_seconds_total, which caused unbounded cardinality as Plex \
                        reported changing bitrate values during adaptive streaming.";
            let head = gauge("plex_session_bitrate_kbps", help);
            family(encoder, head, &self.session_blocks, &self.plays, |(_, p)| {
                kbps(p.session.delivery.bitrate_bps)
            });
        }
    }
}

fn play_labels(view: &View<'_>, generation: Generation, s: &Named<'_>, play: &Play, out: &mut Blocks) {
    let session = &*play.session;
    let (item, player, how) = (&*session.item, &*session.player, &*session.delivery);
    let (library_id, library, library_type) = library_of(item);
    let [title, child, grandchild] = titles(item, view.mask, true);
    let user = view.mask.user(session.user.as_ref().map_or("", |u| &u.name));
    let (mut index, mut bitrate) = ([0; 10], [0; 10]);
    let listening = generation == Generation::Listening;
    let resolution = |text| {
        if listening {
            text
        } else {
            listed(text, RESOLUTIONS)
        }
    };
    let short = |text| cut(text, LABEL_BYTES);
    let media_type = item.kind.as_str();
    let mut labels = [
        short(child.as_str()),
        short(native::text(player.device.as_ref())),
        short(native::text(player.product.as_ref())),
        digits(number(item).filter(|_| view.mask.keeps_titles()), &mut index),
        short(grandchild.as_str()),
        short(library),
        library_id,
        library_type,
        local(player),
        location(generation, play),
        media_type,
        s.server,
        s.server_id,
        self::session(play),
        resolution(native::text(session.source.video_resolution.as_ref())),
        resolution(stream_resolution(how)),
        stream_type(how),
        subtitle_action(how),
        short(title.as_str()),
        transcode_type(how, "none"),
        short(user.as_str()),
    ];
    if listening {
        // One label fewer before the session, one more after it.
        labels.copy_within(4..14, 3);
        labels[13] = stream_bitrate(how, &mut bitrate);
        out.push(&PLAY_LISTENING, &labels);
    } else {
        out.push(&PLAY, &labels);
    }
}

/// The number of the episode or track.
fn number(item: &Item) -> Option<u32> {
    item.index
        .filter(|n| *n > 0 && matches!(item.kind, MediaKind::Episode | MediaKind::Track))
}

const RESOLUTIONS: &[&str] = &["", "sd", "480", "576", "720", "1080", "4k", "2160"];
const LOCATIONS: &[&str] = &["lan", "wan", "unknown"];

/// The value in lower case if it is one of `allowed`, else `other`.
fn listed(value: &str, allowed: &[&'static str]) -> &'static str {
    allowed
        .iter()
        .find(|a| a.eq_ignore_ascii_case(value))
        .unwrap_or(&"other")
}

fn location(generation: Generation, play: &Play) -> &str {
    let place = play.session.player.location.as_deref();
    match generation {
        Generation::Polling => listed(place.unwrap_or("unknown"), LOCATIONS),
        Generation::Listening => cut(place.unwrap_or(""), LABEL_BYTES),
    }
}

fn session(play: &Play) -> &str {
    cut(play.session.key.as_str(), SESSION_BYTES)
}

/// Keys that differ only beyond the cut would be one series twice.
fn distinct(plays: Vec<Owned<'_, Play>>) -> Vec<Owned<'_, Play>> {
    if plays
        .iter()
        .all(|(_, p)| p.session.key.as_str().len() <= SESSION_BYTES)
    {
        return plays;
    }
    let of_each_server = plays.chunk_by(|a, b| std::ptr::eq(a.0, b.0));
    let kept = of_each_server.flat_map(|of_one| {
        let server = of_one[0].0;
        latest_of_each(of_one.iter().map(|(_, p)| *p), session)
            .into_iter()
            .map(move |p| (server, p))
    });
    kept.collect()
}

/// A library of a kind that is shown, with a numeric id.
fn is_listed(library: &Library) -> bool {
    is_shown(library) && library.id.as_str().parse::<u64>().is_ok()
}

fn content_of(kind: LibraryKind) -> Option<(&'static str, model::ContentKind)> {
    use model::ContentKind::{Episodes, Movies, Photos, Tracks, Videos};
    Some(match kind {
        LibraryKind::Movie => ("movies", Movies),
        LibraryKind::Show => ("episodes", Episodes),
        LibraryKind::Artist => ("tracks", Tracks),
        LibraryKind::Photo => ("photos", Photos),
        LibraryKind::HomeVideo => ("items", Videos),
        LibraryKind::Other => return None,
    })
}

/// All types are always present, so that a rate over them sees the first error.
const ERROR_TYPES: &[(&str, &[Endpoint])] = &[
    // We accept any rating key and serve metrics in the process's own listener: these two cannot happen.
    ("invalid_rating_key", &[]),
    ("library_items", &[Endpoint::Counts]),
    ("metadata_fetch", &[Endpoint::Metadata]),
    ("metrics_server", &[]),
    (
        "refresh",
        &[Endpoint::Identity, Endpoint::Root, Endpoint::Libraries],
    ),
    ("sessions_fetch", &[Endpoint::Sessions]),
];

/// Whether the server answers requests other than the one for sessions, so that an alert can tell a server that is
/// gone from one that only refuses its sessions.
fn http_reachable(server: &ServerSnapshot) -> bool {
    match &server.health {
        Health::Up => true,
        // It answered, if not well: whatever else it was asked decides.
        Health::Down { kind, .. } if ANSWERED.contains(kind) => {
            let ok = |e| server.endpoints.get(&e).is_some_and(|stats| stats.last_ok);
            ok(Endpoint::Root) || ok(Endpoint::Libraries)
        }
        Health::Unknown | Health::Down { .. } => false,
    }
}

/// Kinds of failure (`base::Kind::as_str`) with which the server nevertheless answered.
const ANSWERED: [&str; 5] = [
    "forbidden",
    "not_found",
    "rate_limited",
    "server_error",
    "bad_payload",
];
