//! What a server is before anything happens on it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use base::{Clock, Secret};

use crate::plex::item::Item;
use crate::plex::session_seed::User;
use crate::plex::shelf::ShelfSeed;
use crate::plex::value::Text;

/// The owner's token unless the seed says otherwise.
pub const OWNER_TOKEN: &str = "sim-owner-token-Qy7p";

/// How a server starts.
#[must_use]
#[derive(Clone, Debug)]
pub struct Seed {
    pub name: Text,
    /// 40 hexadecimal digits on real servers.
    pub machine_id: Text,
    pub version: Text,
    pub platform: Text,
    pub platform_version: Text,
    /// The owner's plex.tv name; an unclaimed server has none.
    pub owner_name: Option<Text>,
    pub plex_pass: bool,
    pub token: Secret,
    /// Tokens of people the server is shared with: no admin, and only these sections (empty: all).
    pub shared: Vec<SharedToken>,
    /// Answers local clients without any token.
    pub allow_without_token: bool,
    pub libraries: Vec<LibrarySeed>,
    /// Collections, playlists and items that are not invented.
    pub shelf: ShelfSeed,
    pub users: Vec<User>,
    /// Rows of the play history at the start.
    pub history_rows: usize,
    /// Certificate chain and key, PEM: HTTPS on the same port instead of HTTP.
    pub tls: Option<(String, Secret)>,
    /// Prefix of every path, as behind a proxy: "" or "/plex".
    pub base_path: String,
    pub listen: SocketAddr,
    /// How often a playing client reports its position; `None`: never by itself, and lists show exact positions.
    pub report_every: Option<Duration>,
    /// Session lists spell every JSON scalar as a string, as servers of 2018 to 2020 did.
    pub string_sessions: bool,
    /// Bandwidth rows follow the playing sessions.
    pub traffic: bool,
    pub clock: Clock,
    /// Seed of every random choice.
    pub random: u64,
}

/// A token that is not the owner's.
#[derive(Clone, Debug)]
pub struct SharedToken {
    pub token: Secret,
    pub account: i64,
    pub sections: Vec<u32>,
}

/// What a library holds, by the wire's library type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LibraryKind {
    Movie,
    Show,
    Artist,
    Photo,
    /// "Other videos": type movie on the wire, with the agent `none`.
    HomeVideo,
}

impl LibraryKind {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Movie | Self::HomeVideo => "movie",
            Self::Show => "show",
            Self::Artist => "artist",
            Self::Photo => "photo",
        }
    }

    pub(crate) fn agent(self) -> &'static str {
        match self {
            Self::Movie => "tv.plex.agents.movie",
            Self::Show => "tv.plex.agents.series",
            Self::Artist => "tv.plex.agents.music",
            Self::Photo | Self::HomeVideo => "com.plexapp.agents.none",
        }
    }

    pub(crate) fn scanner(self) -> &'static str {
        match self {
            Self::Movie => "Plex Movie",
            Self::Show => "Plex TV Series",
            Self::Artist => "Plex Music",
            Self::Photo => "Plex Photo Scanner",
            Self::HomeVideo => "Plex Video Files Scanner",
        }
    }
}

/// How many things a library holds. What a library of that kind cannot hold is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub movies: u32,
    pub shows: u32,
    pub seasons: u32,
    pub episodes: u32,
    pub artists: u32,
    pub albums: u32,
    pub tracks: u32,
    pub photos: u32,
    pub photo_albums: u32,
    pub clips: u32,
    pub collections: u32,
}

/// One library.
#[must_use]
#[derive(Clone, Debug)]
pub struct LibrarySeed {
    /// Section number; the position in the list, from 1, if 0.
    pub id: u32,
    pub title: Text,
    pub kind: LibraryKind,
    pub counts: Counts,
    /// Named items; they come first in listings and are part of the counts.
    pub items: Vec<Item>,
    /// Bytes; from the counts if `None`.
    pub storage_bytes: Option<u64>,
    /// Milliseconds; from the counts if `None`.
    pub duration_ms: Option<u64>,
    /// 0 shown, 1 hidden from home, 2 hidden from home and search.
    pub hidden: u32,
}

impl LibrarySeed {
    fn new(title: impl Into<Text>, kind: LibraryKind, counts: Counts) -> Self {
        Self {
            id: 0,
            title: title.into(),
            kind,
            counts,
            items: Vec::new(),
            storage_bytes: None,
            duration_ms: None,
            hidden: 0,
        }
    }

    pub fn movies(title: impl Into<Text>, movies: u32) -> Self {
        Self::new(
            title,
            LibraryKind::Movie,
            Counts {
                movies,
                collections: movies / 40,
                ..Counts::default()
            },
        )
    }

    pub fn shows(title: impl Into<Text>, shows: u32, seasons: u32, episodes: u32) -> Self {
        Self::new(
            title,
            LibraryKind::Show,
            Counts {
                shows,
                seasons,
                episodes,
                collections: shows / 12,
                ..Counts::default()
            },
        )
    }

    pub fn music(title: impl Into<Text>, artists: u32, albums: u32, tracks: u32) -> Self {
        Self::new(
            title,
            LibraryKind::Artist,
            Counts {
                artists,
                albums,
                tracks,
                ..Counts::default()
            },
        )
    }

    pub fn photos(title: impl Into<Text>, photo_albums: u32, photos: u32, clips: u32) -> Self {
        Self::new(
            title,
            LibraryKind::Photo,
            Counts {
                photos,
                photo_albums,
                clips,
                ..Counts::default()
            },
        )
    }

    pub fn home_videos(title: impl Into<Text>, movies: u32) -> Self {
        Self::new(
            title,
            LibraryKind::HomeVideo,
            Counts {
                movies,
                ..Counts::default()
            },
        )
    }

    pub fn id(mut self, id: u32) -> Self {
        self.id = id;
        self
    }

    pub fn storage(mut self, bytes: u64, duration_ms: u64) -> Self {
        self.storage_bytes = Some(bytes);
        self.duration_ms = Some(duration_ms);
        self
    }

    pub fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }
}

impl Default for Seed {
    /// A claimed server with a Plex Pass, four libraries and three users, on a free port of 127.0.0.1.
    fn default() -> Self {
        Self {
            name: "Attic".into(),
            machine_id: "5e1f0c9a7b3d482e96a0d4c1f8b27e3360a94d15".into(),
            version: "1.43.3.10412-6b1a2c9d0".into(),
            platform: "Linux".into(),
            platform_version: "6.6.58".into(),
            owner_name: Some("marlo".into()),
            plex_pass: true,
            token: Secret::new(OWNER_TOKEN),
            shared: Vec::new(),
            allow_without_token: false,
            libraries: vec![
                LibrarySeed::movies("Films", 412),
                LibrarySeed::shows("Series", 38, 121, 1534),
                LibrarySeed::music("Music", 96, 310, 4207),
                LibrarySeed::photos("Photos", 64, 2950, 41),
            ],
            shelf: ShelfSeed::default(),
            users: vec![
                User {
                    id: 1,
                    name: "marlo".into(),
                },
                User {
                    id: 20_417_733,
                    name: "Wren".into(),
                },
                User {
                    id: 51_902_864,
                    name: "Tobias".into(),
                },
            ],
            history_rows: 12,
            tls: None,
            base_path: String::new(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            report_every: Some(Duration::from_secs(10)),
            string_sessions: false,
            traffic: true,
            clock: Clock::system(),
            random: 1,
        }
    }
}

impl Seed {
    pub fn name(mut self, name: impl Into<Text>) -> Self {
        self.name = name.into();
        self
    }

    pub fn machine_id(mut self, id: impl Into<Text>) -> Self {
        self.machine_id = id.into();
        self
    }

    pub fn token(mut self, token: &str) -> Self {
        self.token = Secret::new(token);
        self
    }

    /// Adds a token of somebody the server is shared with.
    pub fn shared(mut self, token: &str, account: i64, sections: &[u32]) -> Self {
        self.shared.push(SharedToken {
            token: Secret::new(token),
            account,
            sections: sections.to_vec(),
        });
        self
    }

    pub fn without_pass(mut self) -> Self {
        self.plex_pass = false;
        self
    }

    /// Nobody has signed the server in.
    pub fn unclaimed(mut self) -> Self {
        self.owner_name = None;
        self.plex_pass = false;
        self
    }

    pub fn libraries(mut self, libraries: Vec<LibrarySeed>) -> Self {
        self.libraries = libraries;
        self
    }

    pub fn shelf(mut self, shelf: ShelfSeed) -> Self {
        self.shelf = shelf;
        self
    }

    pub fn users(mut self, users: Vec<User>) -> Self {
        self.users = users;
        self
    }

    pub fn tls(mut self, cert_pem: impl Into<String>, key_pem: &str) -> Self {
        self.tls = Some((cert_pem.into(), Secret::new(key_pem)));
        self
    }

    /// "/plex"; a trailing slash is dropped.
    pub fn base_path(mut self, path: &str) -> Self {
        path.trim_end_matches('/').clone_into(&mut self.base_path);
        self
    }

    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = addr;
        self
    }

    /// Only the test moves things: no reports by themselves, no traffic, exact positions.
    pub fn still(mut self) -> Self {
        self.report_every = None;
        self.traffic = false;
        self
    }

    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
