//! How a playback starts: who plays what, where, on which device, and what the server does to the media.

use crate::plex::item::{Item, Version};
use crate::plex::value::{Scalar, Text};

/// A playback's state, as notifications spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlayState {
    Playing,
    Paused,
    Buffering,
    Stopped,
    Error,
}

impl PlayState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Buffering => "buffering",
            Self::Stopped => "stopped",
            Self::Error => "error",
        }
    }
}

/// Who watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// 1 is the owner; everybody else has a plex.tv number.
    pub id: i64,
    pub name: Text,
}

/// The playing device.
#[must_use]
#[derive(Clone, Debug)]
pub struct Player {
    /// `machineIdentifier`; the notifications' `clientIdentifier`.
    pub machine_id: Text,
    pub title: Text,
    pub product: Text,
    pub platform: Text,
    pub platform_version: Text,
    pub device: Text,
    pub model: Text,
    pub vendor: Text,
    pub profile: Text,
    pub version: Text,
    pub address: Text,
    pub public_address: Option<Text>,
}

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    Lan,
    Wan,
    /// Through plex.tv's relay: `relayed`, location wan, at most 2 Mbit/s.
    Relay,
    Cellular,
}

impl Network {
    pub(crate) fn location(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Wan | Self::Relay => "wan",
            Self::Cellular => "cellular",
        }
    }

    pub(crate) fn is_lan(self) -> bool {
        self == Self::Lan
    }
}

/// What a client asked the picture to be squeezed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Lines; 0 means unchanged.
    pub height: u32,
    pub bitrate_kbps: u32,
}

impl Quality {
    /// No limit: back to direct play.
    pub const ORIGINAL: Self = Self {
        height: 0,
        bitrate_kbps: 0,
    };
    pub const P1080_12M: Self = Self {
        height: 1080,
        bitrate_kbps: 12_000,
    };
    pub const P1080_8M: Self = Self {
        height: 1080,
        bitrate_kbps: 8_000,
    };
    pub const P720_4M: Self = Self {
        height: 720,
        bitrate_kbps: 4_000,
    };
    pub const P720_2M: Self = Self {
        height: 720,
        bitrate_kbps: 2_000,
    };
    pub const P480_1500: Self = Self {
        height: 480,
        bitrate_kbps: 1_500,
    };
}

/// What happens to one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A client asked for a decision and may have the stream as it is.
    DirectPlay,
    Copy,
    Transcode,
}

impl Decision {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::DirectPlay => "directplay",
            Self::Copy => "copy",
            Self::Transcode => "transcode",
        }
    }
}

/// What happens to the chosen subtitle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtitleDecision {
    Burn,
    Copy,
    Transcode,
}

impl SubtitleDecision {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Burn => "burn",
            Self::Copy => "copy",
            Self::Transcode => "transcode",
        }
    }
}

/// What the server does to the media.
#[must_use]
#[derive(Clone, Debug)]
pub enum Delivery {
    /// The file as it is; no `TranscodeSession`.
    DirectPlay,
    /// The server's converter runs: remux, one stream or all of them.
    Convert(Box<Conversion>),
}

/// A running converter. `None` where the item has no such stream.
#[derive(Clone, Debug)]
pub struct Conversion {
    pub video: Option<Decision>,
    pub audio: Option<Decision>,
    pub subtitle: Option<SubtitleDecision>,
    pub quality: Option<Quality>,
    pub video_codec: Text,
    pub audio_codec: Text,
    pub audio_channels: u32,
    pub container: Text,
    /// dash, hls or http.
    pub protocol: Text,
    pub hw_requested: bool,
    /// Engine that decodes, "vaapi"; `None` is software.
    pub hw_decode: Option<Text>,
    pub hw_encode: Option<Text>,
    pub hw_full_pipeline: bool,
    /// Times real time while not throttled.
    pub speed: f64,
    /// Seconds ahead of the player at which the converter pauses.
    pub buffer_s: f64,
}

impl Conversion {
    fn new(video: Decision, audio: Decision) -> Self {
        Self {
            video: Some(video),
            audio: Some(audio),
            subtitle: None,
            quality: None,
            video_codec: "h264".into(),
            audio_codec: "aac".into(),
            audio_channels: 2,
            container: "mp4".into(),
            protocol: "dash".into(),
            hw_requested: false,
            hw_decode: None,
            hw_encode: None,
            hw_full_pipeline: false,
            speed: 7.5,
            buffer_s: 90.0,
        }
    }
}

impl Delivery {
    fn convert(video: Decision, audio: Decision) -> Self {
        Self::Convert(Box::new(Conversion::new(video, audio)))
    }

    /// Only the container changes.
    pub fn direct_stream() -> Self {
        Self::convert(Decision::Copy, Decision::Copy).tuned(|c| c.speed = 18.0)
    }

    /// A client asked for a decision and was told to play the file: a `TranscodeSession` is attached.
    pub fn decided_direct_play() -> Self {
        Self::convert(Decision::DirectPlay, Decision::DirectPlay)
    }

    /// Picture copied, sound converted: the common case in browsers.
    pub fn transcode_audio() -> Self {
        Self::convert(Decision::Copy, Decision::Transcode).tuned(|c| c.speed = 15.0)
    }

    /// Picture converted, sound copied.
    pub fn transcode_video(quality: Quality) -> Self {
        Self::convert(Decision::Transcode, Decision::Copy).tuned(|c| c.quality = Some(quality))
    }

    /// Picture and sound converted.
    pub fn transcode(quality: Quality) -> Self {
        Self::convert(Decision::Transcode, Decision::Transcode).tuned(|c| c.quality = Some(quality))
    }

    /// The picture is converted because a subtitle must be drawn into it.
    pub fn burn() -> Self {
        Self::convert(Decision::Transcode, Decision::Copy).tuned(|c| {
            c.subtitle = Some(SubtitleDecision::Burn);
            c.speed = 2.4;
        })
    }

    /// Sound converted for a music client.
    pub fn transcode_music(codec: &'static str) -> Self {
        Self::convert(Decision::Copy, Decision::Transcode).tuned(|c| {
            c.video = None;
            c.audio_codec = codec.into();
            c.container = codec.into();
            c.protocol = "http".into();
            c.speed = 40.0;
            c.quality = Some(Quality {
                height: 0,
                bitrate_kbps: 160,
            });
        })
    }

    /// A tuner's stream repackaged for a client.
    pub fn live_tv() -> Self {
        Self::convert(Decision::Transcode, Decision::Transcode).tuned(|c| {
            c.protocol = "hls".into();
            c.container = "mpegts".into();
            c.quality = Some(Quality::P720_4M);
            c.speed = 1.0;
        })
    }

    /// Decodes and encodes in hardware with this engine.
    pub fn hw(self, engine: &'static str) -> Self {
        self.tuned(|c| {
            c.hw_requested = true;
            c.hw_decode = Some(engine.into());
            c.hw_encode = Some(engine.into());
            c.hw_full_pipeline = true;
            c.speed *= 1.8;
        })
    }

    /// Changes the conversion; nothing on direct play.
    pub fn tuned(mut self, change: impl FnOnce(&mut Conversion)) -> Self {
        if let Self::Convert(c) = &mut self {
            change(c);
        }
        self
    }

    /// Times real time while not throttled; below 1 the player starves.
    pub fn speed(self, speed: f64) -> Self {
        self.tuned(|c| c.speed = speed)
    }

    pub fn subtitle(self, decision: SubtitleDecision) -> Self {
        self.tuned(|c| c.subtitle = Some(decision))
    }

    pub(crate) fn conversion(&self) -> Option<&Conversion> {
        match self {
            Self::DirectPlay => None,
            Self::Convert(c) => Some(c),
        }
    }

    pub(crate) fn transcodes_video(&self) -> bool {
        self.conversion()
            .is_some_and(|c| c.video == Some(Decision::Transcode))
    }
}

impl Player {
    /// A desktop browser.
    pub fn web(machine_id: impl Into<Text>) -> Self {
        Self {
            machine_id: machine_id.into(),
            title: "Firefox".into(),
            product: "Plex Web".into(),
            platform: "Firefox".into(),
            platform_version: "131.0".into(),
            device: "Linux".into(),
            model: "bundled".into(),
            vendor: "".into(),
            profile: "Web".into(),
            version: "4.136.1".into(),
            address: "192.168.20.31".into(),
            public_address: None,
        }
    }

    /// A television box.
    pub fn android_tv(machine_id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            product: "Plex for Android (TV)".into(),
            platform: "Android".into(),
            platform_version: "11".into(),
            device: "Set-top box".into(),
            model: "tvbox".into(),
            vendor: "Halden".into(),
            profile: "Android".into(),
            version: "10.21.0".into(),
            address: "192.168.20.44".into(),
            ..Self::web(machine_id)
        }
    }

    pub fn ios(machine_id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            product: "Plex for iOS".into(),
            platform: "iOS".into(),
            platform_version: "18.1".into(),
            device: "iPhone".into(),
            model: "16,2".into(),
            vendor: "Apple".into(),
            profile: "iOS".into(),
            version: "8.45".into(),
            address: "192.168.20.57".into(),
            ..Self::web(machine_id)
        }
    }

    pub fn roku(machine_id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            product: "Plex for Roku".into(),
            platform: "Roku".into(),
            platform_version: "13.0".into(),
            device: "Roku Streaming Stick".into(),
            model: "3810X".into(),
            vendor: "Roku".into(),
            profile: "Roku".into(),
            version: "7.25.4".into(),
            address: "192.168.20.63".into(),
            ..Self::web(machine_id)
        }
    }

    pub fn music(machine_id: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            product: "Plexamp".into(),
            platform: "Linux".into(),
            platform_version: "6.6".into(),
            device: "Plexamp".into(),
            model: "standalone".into(),
            profile: "Plexamp".into(),
            version: "4.11.2".into(),
            address: "192.168.20.70".into(),
            ..Self::web(machine_id)
        }
    }

    /// A renderer that talks DLNA: the server knows no user for it.
    pub fn dlna(machine_id: impl Into<Text>) -> Self {
        Self {
            title: "Kitchen radio".into(),
            product: "DLNA".into(),
            platform: "DLNA".into(),
            platform_version: "".into(),
            device: "".into(),
            model: "".into(),
            profile: "Generic".into(),
            version: "".into(),
            address: "192.168.20.80".into(),
            ..Self::web(machine_id)
        }
    }

    pub fn at(mut self, address: impl Into<Text>) -> Self {
        self.address = address.into();
        self
    }
}

/// Everything about a playback that starts. Made with [`SessionSeed::of`] and its neighbours.
#[must_use]
#[derive(Clone, Debug)]
pub struct SessionSeed {
    pub item: Item,
    /// `None` prints an empty `User`.
    pub user: Option<User>,
    pub player: Player,
    pub network: Network,
    pub delivery: Delivery,
    /// Which of the item's versions plays.
    pub selected: usize,
    /// Which subtitle of that version is on.
    pub subtitle: Option<usize>,
    pub state: PlayState,
    pub position_ms: u64,
    /// Tell notification clients.
    pub announce: bool,
    /// `Session.bandwidth`; from the bitrate if `None`.
    pub bandwidth_kbps: Option<u32>,
    /// The session list shows it only so long after its first notification.
    pub listed_after_ms: u64,
    pub(crate) omitted: Vec<Text>,
    pub(crate) replaced: Vec<(&'static str, &'static str, Scalar)>,
}

impl SessionSeed {
    /// A direct play on the local network by the owner.
    pub fn of(item: Item) -> Self {
        let subtitle = None;
        Self {
            item,
            user: Some(User {
                id: 1,
                name: "marlo".into(),
            }),
            player: Player::web("web-marlo"),
            network: Network::Lan,
            delivery: Delivery::DirectPlay,
            selected: 0,
            subtitle,
            state: PlayState::Playing,
            position_ms: 0,
            announce: true,
            bandwidth_kbps: None,
            listed_after_ms: 0,
            omitted: Vec::new(),
            replaced: Vec::new(),
        }
    }

    pub fn movie(title: impl Into<Text>) -> Self {
        Self::of(Item::movie(title))
    }

    pub fn episode(show: impl Into<Text>, season: u32, episode: u32, title: impl Into<Text>) -> Self {
        Self::of(Item::episode(show, season, episode, title))
    }

    pub fn track(artist: impl Into<Text>, album: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self::of(Item::track(artist, album, title)).player(Player::music("amp-marlo", "Study"))
    }

    /// A channel, converted by the tuner's pipeline.
    pub fn live_tv(call_sign: impl Into<Text>, number: impl Into<Text>) -> Self {
        Self::of(Item::live_tv(call_sign, number)).delivery(Delivery::live_tv())
    }

    pub fn user(mut self, id: i64, name: impl Into<Text>) -> Self {
        self.user = Some(User {
            id,
            name: name.into(),
        });
        self
    }

    pub fn no_user(mut self) -> Self {
        self.user = None;
        self
    }

    pub fn player(mut self, player: Player) -> Self {
        self.player = player;
        self
    }

    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Sets the delivery; burning or converting a subtitle switches the first subtitle on.
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        if delivery.conversion().is_some_and(|c| c.subtitle.is_some()) && self.subtitle.is_none() {
            self.subtitle = Some(0);
        }
        self.delivery = delivery;
        self
    }

    /// Adds a version and plays that one.
    pub fn second_version(mut self, version: Version) -> Self {
        self.item = self.item.with(version);
        self.selected = self.item.versions.len() - 1;
        self
    }

    pub fn select(mut self, version: usize) -> Self {
        self.selected = version;
        self
    }

    pub fn subtitle(mut self, index: usize) -> Self {
        self.subtitle = Some(index);
        self
    }

    pub fn state(mut self, state: PlayState) -> Self {
        self.state = state;
        self
    }

    pub fn position_ms(mut self, position_ms: u64) -> Self {
        self.position_ms = position_ms;
        self
    }

    pub fn bandwidth_kbps(mut self, kbps: u32) -> Self {
        self.bandwidth_kbps = Some(kbps);
        self
    }

    /// Sends no notification at the start.
    pub fn silent(mut self) -> Self {
        self.announce = false;
        self
    }

    /// The first notification comes this long before the session list knows of the playback.
    pub fn listed_after_ms(mut self, ms: u64) -> Self {
        self.listed_after_ms = ms;
        self
    }

    /// Leaves something out of the session list: an element (`Session`), an attribute of one (`Player.local`),
    /// or an attribute of the item (`librarySectionID`).
    pub fn omit(mut self, path: impl Into<Text>) -> Self {
        self.omitted.push(path.into());
        self
    }

    /// Prints an attribute of an element (`Metadata` for the item) differently, or adds it.
    pub fn print(mut self, element: &'static str, name: &'static str, value: impl Into<Scalar>) -> Self {
        self.replaced.push((element, name, value.into()));
        self
    }
}
