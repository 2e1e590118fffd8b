//! What the schemas of the other collectors share.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use model::{
    ContentKind, Item, Library, LibraryKind, MediaKind, Play, Player, ServerSnapshot, Session, SourceId,
    State, Text, Told,
};

use super::super::config::EmptyStrings;
use super::super::point::{Field, Point};
use super::Input;
use crate::mask::{LabelPolicy, Masked, Masker};
use crate::view::latest_of_each;

/// Between points of one series that the collectors told apart by when each was written.
const APART_NS: i64 = 1_000_000;

/// The `host` of the sums over all servers.
const ALL: &str = "All";

/// One server that answers.
pub(super) struct Host<'a> {
    pub(super) server: &'a ServerSnapshot,
    /// The tag `host`.
    pub(super) name: Cow<'a, str>,
    /// What plays; `None` while the server does not tell.
    pub(super) plays: Option<Vec<&'a Play>>,
}

/// The Plex servers that answer, in configuration order. One that is down has nothing to say, and silences no other;
/// a stream manager was never a host of these collectors.
pub(super) fn hosts<'a>(
    input: &Input<'a>,
    name: fn(Option<&'a Text>, &'a SourceId) -> Cow<'a, str>,
) -> Vec<Host<'a>> {
    let servers = input.snapshot.servers.iter().map(|s| &**s);
    servers
        .filter(|s| s.iptv.is_none() && s.health.is_up() && input.wants(&s.id))
        .map(|server| Host {
            server,
            name: name(input.urls.get(&server.id), &server.id),
            plays: (server.last_sessions_ok == Some(true))
                .then(|| latest_of_each(server.plays.iter().map(|p| &**p), |p| p.session.key.as_str())),
        })
        .collect()
}

/// The port the collectors reach every server on.
const PORT: &str = ":32400";

/// A server's address as it stands in a collector's `Servers`, without the scheme and the port that it adds by
/// itself. Any other address could not stand there; then it is our id of the server.
pub(super) fn address<'a>(url: Option<&'a Text>, id: &'a SourceId) -> Cow<'a, str> {
    let host = url.and_then(|url| {
        let url = url.trim().trim_end_matches('/');
        match url.strip_prefix("http://") {
            Some(rest) => rest.strip_suffix(PORT),
            None => Some(url.strip_suffix(PORT).unwrap_or(url)),
        }
    });
    Cow::Borrowed(host.filter(|h| is_host(h)).unwrap_or(id.as_str()))
}

/// A server's base URL. Our id of the server if it has none, or one with a password in it.
pub(super) fn base_url<'a>(url: Option<&'a Text>, id: &'a SourceId) -> Cow<'a, str> {
    let Some(url) = url
        .map(|u| u.trim())
        .filter(|u| !u.is_empty() && !u.contains('@'))
    else {
        return Cow::Borrowed(id.as_str());
    };
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let base = url[..end].trim_end_matches('/');
    if base.contains("://") {
        Cow::Borrowed(base)
    } else if is_host(base) {
        Cow::Owned(format!("http://{base}{PORT}"))
    } else {
        Cow::Owned(format!("http://{base}"))
    }
}

/// A name, an IPv4 address or an IPv6 address in brackets, and nothing else.
fn is_host(text: &str) -> bool {
    let (name, is_v6) = match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(v6) => (v6, true),
        None => (text, false),
    };
    !name.is_empty() && !name.contains(['/', '@', '?', '#', '[', ']']) && (is_v6 || !name.contains(':'))
}

/// Fields of one point, without the empty texts unless they are wanted.
pub(super) struct Fields<'a> {
    write_empty: bool,
    fields: Vec<(&'a str, Field<'a>)>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(input: &Input<'_>, capacity: usize) -> Self {
        Self {
            write_empty: input.empty_strings == EmptyStrings::Write,
            fields: Vec::with_capacity(capacity),
        }
    }

    pub(super) fn text(&mut self, name: &'a str, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        if self.write_empty || !text.is_empty() {
            self.fields.push((name, Field::Text(text)));
        }
    }

    pub(super) fn int(&mut self, name: &'a str, value: u64) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.fields.push((name, Field::Int(value)));
    }

    pub(super) fn float(&mut self, name: &'a str, value: f64) {
        self.fields.push((name, Field::Float(value)));
    }

    pub(super) fn point(self, input: &Input<'_>, measurement: &'a str, tags: Tags<'a>) -> Point<'a> {
        Point {
            measurement,
            tags,
            fields: self.fields,
            at_ns: input.now_ns,
        }
    }
}

pub(super) type Tags<'a> = Vec<(&'a str, Cow<'a, str>)>;

pub(super) fn text(text: Option<&Text>) -> &str {
    text.map_or("", |t| t)
}

fn shown(masked: Masked<'_>) -> Cow<'_, str> {
    match masked {
        Masked::Plain(text) => Cow::Borrowed(text),
        Masked::Hashed(_) => Cow::Owned(masked.as_str().to_owned()),
    }
}

/// The words of a session that all three write alike.
pub(super) struct Words<'a> {
    pub(super) session: &'a Session,
    mask: Masker,
    keeps_users: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(input: &Input<'_>, play: &'a Play) -> Self {
        Self {
            session: &play.session,
            mask: Masker::new(input.options),
            keeps_users: input.options.users == LabelPolicy::Keep,
        }
    }

    pub(super) fn item(&self) -> &'a Item {
        &self.session.item
    }

    pub(super) fn told(&self) -> &'a Told {
        &self.session.delivery.told
    }

    pub(super) fn media_type(&self) -> &'static str {
        match self.item().kind {
            MediaKind::Movie => "Movie",
            MediaKind::Episode => "TV Show",
            MediaKind::Track => "Music",
            MediaKind::Clip | MediaKind::Photo | MediaKind::Other => "Unknown",
        }
    }

    pub(super) fn is_music(&self) -> bool {
        self.item().kind == MediaKind::Track
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.media_type() == "Unknown"
    }

    pub(super) fn title(&self, title: Option<&'a Text>) -> Cow<'a, str> {
        shown(self.mask.title(text(title)))
    }

    /// `show - episode`, `artist - track`, or the title alone.
    pub(super) fn full_title(&self) -> Cow<'a, str> {
        let title = self.title(self.item().title.as_ref());
        match self.title(self.item().grandparent_title.as_ref()) {
            above if above.is_empty() => title,
            above => Cow::Owned(format!("{above} - {title}")),
        }
    }

    /// A number that tells as much as a title does.
    pub(super) fn number(&self, number: Option<u32>) -> Cow<'a, str> {
        let number = number.filter(|_| self.mask.keeps_titles());
        number.map_or(Cow::Borrowed(""), |n| n.to_string().into())
    }

    pub(super) fn player(&self) -> Cow<'a, str> {
        let player = &self.session.player;
        if is_nobody(player) {
            return Cow::Borrowed("Unknown");
        }
        shown(self.mask.user(text(player.title.as_ref())))
    }

    pub(super) fn user(&self) -> Cow<'a, str> {
        match &self.session.user {
            None if is_nobody(&self.session.player) => Cow::Borrowed("Unknown"),
            user => shown(self.mask.user(user.as_ref().map_or("", |u| &u.name))),
        }
    }

    /// The player's state in Plex's word.
    pub(super) fn state(&self, unknown: &'static str) -> &'static str {
        match self.session.state {
            State::Unknown => unknown,
            told => told.as_str(),
        }
    }

    pub(super) fn resolution(&self) -> &'a str {
        let video = self.session.delivery.video.as_ref();
        let ours = video.and_then(|v| v.resolution.as_ref());
        text(self.told().video_resolution.as_ref().or(ours))
    }

    /// Bit rate of what is sent, with its unit; empty if unknown.
    pub(super) fn bit_rate(&self, unit: &str) -> Cow<'a, str> {
        match self.session.delivery.bitrate_bps {
            Some(bps) => Cow::Owned(format!("{}{unit}", bps / 1000)),
            None => Cow::Borrowed(""),
        }
    }

    pub(super) fn tags(&self, host: &Host<'a>, session: &'a str) -> Tags<'a> {
        // Who hides names does not want addresses of homes in their place.
        let address = self.session.player.address.as_ref().filter(|_| self.keeps_users);
        vec![
            ("host", host.name.clone()),
            ("player_address", text(address).into()),
            ("session_id", session.into()),
        ]
    }
}

/// True if the server told of no player at all.
fn is_nobody(player: &Player) -> bool {
    let words = [
        &player.machine_id,
        &player.title,
        &player.product,
        &player.platform,
        &player.device,
        &player.address,
    ];
    words.iter().all(|word| word.is_none())
}

/// Seconds since we first saw the play, at the moment of the points.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 microseconds")]
pub(super) fn age_s(input: &Input<'_>, play: &Play) -> f64 {
    let started_us = play.started_at.as_microsecond();
    (input.now_ns / 1000 - started_us).max(0) as f64 / 1e6
}

/// One point for each library of each server that was counted. Seasons and episodes where `with_episodes` says so.
pub(super) fn libraries<'a>(
    input: &Input<'a>,
    hosts: &[Host<'a>],
    with_episodes: fn(&Library) -> bool,
    points: &mut Vec<Point<'a>>,
) {
    if !input.with_libraries {
        return;
    }
    for host in hosts {
        for library in host.server.libraries.iter().flat_map(|l| l.iter()) {
            let Some(items) = items(library.kind).and_then(|kind| library.count(kind)) else {
                continue;
            };
            let mut fields = Fields::new(input, 3);
            let inner = |kind| library.count(kind).filter(|_| with_episodes(library));
            if let Some(episodes) = inner(ContentKind::Episodes) {
                fields.int("episodes", episodes);
            }
            fields.int("items", items);
            if let Some(seasons) = inner(ContentKind::Seasons) {
                fields.int("seasons", seasons);
            }
            let tags = vec![
                ("host", host.name.clone()),
                ("lib_name", (&*library.title).into()),
            ];
            points.push(fields.point(input, "libraries", tags));
        }
    }
}

/// What a library lists at its top.
fn items(kind: LibraryKind) -> Option<ContentKind> {
    match kind {
        LibraryKind::Movie => Some(ContentKind::Movies),
        LibraryKind::Show => Some(ContentKind::Shows),
        LibraryKind::Artist => Some(ContentKind::Artists),
        LibraryKind::Photo => Some(ContentKind::PhotoAlbums),
        LibraryKind::HomeVideo => Some(ContentKind::Videos),
        LibraryKind::Other => None,
    }
}

/// The number of sessions of all servers that tell; nothing if none does.
pub(super) fn all_streams<'a>(input: &Input<'a>, hosts: &[Host<'a>]) -> Option<Point<'a>> {
    let counts = hosts.iter().filter_map(|h| Some(h.plays.as_ref()?.len() as u64));
    let sum = counts.reduce(|a, b| a + b)?;
    let mut fields = Fields::new(input, 1);
    fields.int("active_streams", sum);
    Some(fields.point(input, "active_streams", vec![("host", ALL.into())]))
}

/// Moves points of one series apart in time: with one time for all, the last would replace the others.
pub(super) fn set_apart(points: &mut [Point<'_>]) {
    let mut seen: HashMap<u64, i64> = HashMap::with_capacity(points.len());
    for point in points {
        // Should two series have one hash, a point is a millisecond late.
        let mut series = DefaultHasher::new();
        (point.measurement, &point.tags).hash(&mut series);
        let before = seen.entry(series.finish()).or_default();
        point.at_ns += *before * APART_NS;
        *before += 1;
    }
}
