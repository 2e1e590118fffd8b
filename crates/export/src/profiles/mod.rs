//! Other exporters' names for what we know, so that dashboards and alerts made for them go on working.
//!
//! Names, types, help texts, labels and their order are theirs. Values are ours: where theirs are wrong, the right
//! ones stand here; `docs/reference/compatibility.md` lists every such case.

pub(crate) mod cplieger;
pub(crate) mod dispatcharr;
#[cfg(test)]
pub(crate) mod golden;
pub(crate) mod timothystewart6;

use std::collections::HashSet;

use model::{
    Availability, ContentKind, Decision, Delivery, Feature, Item, Library, LibraryKind, MediaKind, Network,
    Play, Player, ServerSnapshot,
};

use crate::mask::{Masked, Masker};
use crate::native;
use crate::text::{Blocks, Encoder, Head, Kind, Value};
use crate::view::{ServerView, View};

/// A server under the two labels all three exporters use.
#[derive(Debug)]
struct Named<'a> {
    view: &'a ServerView<'a>,
    /// Its own name; ours until it told.
    server: &'a str,
    /// Its machine identifier; empty until it told.
    server_id: &'a str,
}

impl<'a> Named<'a> {
    fn snapshot(&self) -> &'a ServerSnapshot {
        self.view.snapshot
    }

    /// True once the server has said who it is.
    fn is_known(&self) -> bool {
        self.snapshot().info.is_some()
    }
}

/// All servers; one watched twice under two of our names is one server here, the first.
/// `cut`: bytes a label value may have.
fn named<'a>(view: &'a View<'a>, cut_at: usize) -> Vec<Named<'a>> {
    let mut seen = HashSet::new();
    let name = |view: &'a ServerView<'a>| {
        let info = view.snapshot.info.as_ref();
        let own = info.and_then(|i| i.name.as_deref()).filter(|n| !n.is_empty());
        Named {
            view,
            server: cut(own.unwrap_or(view.id), cut_at),
            server_id: info.map_or("", |i| &i.machine_id),
        }
    };
    view.servers
        .iter()
        .map(name)
        .filter(|n| seen.insert((n.server, n.server_id)))
        .collect()
}

/// The longest start of `text` that has at most `bytes` bytes and cuts no character in two.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// A family with the name, the type and the help of its model; units and `_info` types are not theirs.
const fn gauge(name: &'static str, help: &'static str) -> Head {
    Head {
        name,
        kind: Kind::Gauge,
        unit: None,
        help,
    }
}

const fn counter(name: &'static str, help: &'static str) -> Head {
    Head {
        name,
        kind: Kind::Counter,
        unit: None,
        help,
    }
}

/// One family, a sample for each item that has a value; `blocks` belongs to `items`.
fn family<'i, T: 'i>(
    encoder: &mut Encoder<'_>,
    head: Head,
    blocks: &Blocks,
    items: impl IntoIterator<Item = &'i T>,
    value: impl Fn(&'i T) -> Option<Value>,
) {
    encoder.family(head);
    for (block, item) in blocks.iter().zip(items) {
        if let Some(value) = value(item) {
            encoder.sample(block, value);
        }
    }
}

/// Our own process, where the others have theirs.
fn process(view: &View<'_>, encoder: &mut Encoder<'_>) {
    for family in native::process::FAMILIES {
        family.write(view, encoder);
    }
}

fn blocks<'i, T: 'i>(items: &'i [T], bytes_each: usize, mut push: impl FnMut(&'i T, &mut Blocks)) -> Blocks {
    let mut blocks = Blocks::with_capacity(items.len(), bytes_each);
    for item in items {
        push(item, &mut blocks);
    }
    blocks
}

/// The kinds of libraries the others show.
fn is_shown(library: &Library) -> bool {
    library.kind != LibraryKind::Other
}

/// Library labels of a play: id, title, type.
fn library_of(item: &Item) -> (&str, &str, &'static str) {
    match &item.library {
        Some(l) => (l.id.as_str(), &l.title, l.kind.as_str()),
        None => ("0", "unknown", "unknown"),
    }
}

/// `title`, `child_title`, `grandchild_title`: show, season and episode; for anything else the title alone.
fn titles(item: &Item, mask: Masker, tracks_by_artist: bool) -> [Masked<'_>; 3] {
    let nested = match item.kind {
        MediaKind::Episode => true,
        MediaKind::Track => tracks_by_artist,
        MediaKind::Movie | MediaKind::Clip | MediaKind::Photo | MediaKind::Other => false,
    };
    let own = native::text(item.title.as_ref());
    let three = match &item.grandparent_title {
        Some(grandparent) if nested => [grandparent, native::text(item.parent_title.as_ref()), own],
        _ if own.is_empty() => {
            // Live television without a guide.
            let channel = item
                .live
                .as_ref()
                .and_then(|l| l.title.as_ref().or(l.call_sign.as_ref()));
            [native::text(channel), "", ""]
        }
        _ => [own, "", ""],
    };
    three.map(|t| mask.title(t))
}

fn stream_type(delivery: &Delivery) -> &'static str {
    native::decision(delivery.decision)
}

/// Resolution of what is delivered.
fn stream_resolution(delivery: &Delivery) -> &str {
    native::text(delivery.video.as_ref().and_then(|v| v.resolution.as_ref()))
}

/// Delivered bit rate in kbps as a label.
fn stream_bitrate<'b>(delivery: &Delivery, buffer: &'b mut [u8; 10]) -> &'b str {
    let kbps = delivery.bitrate_bps.unwrap_or(0) / 1000;
    native::session::digits(Some(u32::try_from(kbps).unwrap_or(u32::MAX)), buffer)
}

/// `both`, `video`, `audio`, or `otherwise` if neither is converted.
fn transcode_type(delivery: &Delivery, otherwise: &'static str) -> &'static str {
    native::sessions::streams(delivery).unwrap_or(otherwise)
}

/// True if something is transcoded and nothing says what.
fn transcode_is_vague(delivery: &Delivery) -> bool {
    delivery.decision == Some(Decision::Transcode)
        && delivery.video.as_ref().is_none_or(|v| v.decision.is_none())
        && delivery.audio.as_ref().is_none_or(|a| a.decision.is_none())
        && delivery.subtitle.is_none()
}

fn local(player: &Player) -> &'static str {
    match player.local.or(player.network.map(|n| n == Network::Lan)) {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    }
}

/// kbps, if there is any.
fn kbps(bps: Option<u64>) -> Option<Value> {
    // A thousandth, like milliseconds of a second.
    bps.filter(|bps| *bps > 0).map(Value::Millis)
}

/// Sessions some stream of which is converted. The server's own number leaves out audio; it stands in where we may
/// not see the sessions.
fn transcode_sessions(server: &ServerSnapshot, plays: &[&Play]) -> Option<Value> {
    if server.last_success_at.is_none() {
        return Some(Value::Int(server.info.as_ref()?.video_transcodes?.into()));
    }
    let converted = |p: &&&Play| p.session.delivery.decision == Some(Decision::Transcode);
    Some(plays.iter().filter(converted).count().into())
}

/// Bytes sent over all networks: 0 from the moment the server offers the figure, absent where it does not.
fn transmitted(server: &ServerSnapshot) -> Option<Value> {
    let available = server.features.get(&Feature::Bandwidth) == Some(&Availability::Available);
    match &server.transmitted_bytes {
        Some(bytes) => Some(Value::Int(
            bytes.values().fold(0, |sum, n| sum.saturating_add(*n)),
        )),
        None => available.then_some(Value::Int(0)),
    }
}

fn items(library: &Library, kind: ContentKind) -> Option<Value> {
    library.count(kind).map(Value::Int)
}

/// The plays' labels, made once for all families that carry them. About as long as a real one.
const PLAY_BLOCK_BYTES: usize = 640;
const LIBRARY_BLOCK_BYTES: usize = 192;

/// A library and the server it belongs to.
type Owned<'a, T> = (&'a Named<'a>, &'a T);

fn all_libraries<'a>(
    servers: &'a [Named<'a>],
    which: impl Fn(&Library) -> bool + Copy + 'a,
) -> Vec<Owned<'a, Library>> {
    let known = servers.iter().filter(|s| s.is_known());
    known
        .flat_map(move |s| {
            s.view
                .libraries
                .iter()
                .filter(move |l| which(l))
                .map(move |l| (s, *l))
        })
        .collect()
}

fn all_plays<'a>(servers: &'a [Named<'a>]) -> Vec<Owned<'a, Play>> {
    let known = servers.iter().filter(|s| s.is_known());
    known
        .flat_map(|s| s.view.plays.iter().map(move |p| (s, *p)))
        .collect()
}
