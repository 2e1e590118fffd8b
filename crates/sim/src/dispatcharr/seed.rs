//! What a fake Dispatcharr holds at its start.
//!
//! Everything whose name begins with `planted-` is a secret that the API hands out and that must go no further.

use std::net::SocketAddr;
use std::time::Duration;

use base::Clock;
use serde_json::{Value, json};

/// Stream profiles every Dispatcharr has: number and name.
pub const FFMPEG: i64 = 1;
/// Bytes are passed on unread: no codec, no speed.
pub const PROXY: i64 = 3;

/// What an upstream stream carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    pub video: Option<Video>,
    pub audio_codec: &'static str,
    pub audio_channels: &'static str,
    pub audio_kbps: f64,
    pub sample_rate: u32,
    /// Everything together, kb/s.
    pub kbps: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    pub codec: &'static str,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub pixel_format: &'static str,
}

impl Media {
    fn picture(codec: &'static str, width: u32, height: u32, fps: f64, kbps: f64) -> Self {
        let pixel_format = if codec == "hevc" { "yuv420p10le" } else { "yuv420p" };
        Self {
            video: Some(Video {
                codec,
                width,
                height,
                fps,
                pixel_format,
            }),
            audio_codec: "aac",
            audio_channels: "stereo",
            audio_kbps: 130.0,
            sample_rate: 48_000,
            kbps,
        }
    }

    pub fn sd() -> Self {
        Self {
            audio_codec: "mp2",
            audio_channels: "mono",
            ..Self::picture("h264", 720, 576, 50.0, 1_330.0)
        }
    }

    pub fn hd() -> Self {
        Self::picture("h264", 1280, 720, 25.0, 2_786.0)
    }

    pub fn full_hd() -> Self {
        Self::picture("h264", 1920, 1080, 50.0, 7_940.0)
    }

    pub fn hevc() -> Self {
        Self {
            audio_codec: "ac3",
            audio_channels: "5.1",
            audio_kbps: 192.0,
            ..Self::picture("hevc", 1920, 1080, 23.98, 1_854.0)
        }
    }

    pub fn radio() -> Self {
        Self {
            video: None,
            audio_channels: "mono",
            audio_kbps: 66.0,
            kbps: 73.0,
            ..Self::hd()
        }
    }
}

/// A stream of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSeed {
    pub id: i64,
    pub name: String,
    pub account: i64,
    pub group: i64,
    pub url: String,
    pub tvg_id: String,
    /// The provider's number of it; Xtream Codes only.
    pub provider_id: Option<i64>,
    pub media: Media,
}

/// A channel and the streams that may feed it, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSeed {
    pub id: i64,
    pub uuid: String,
    pub name: String,
    pub number: Option<f64>,
    pub group: i64,
    pub streams: Vec<i64>,
    /// `None`: the default, [`FFMPEG`].
    pub stream_profile: Option<i64>,
    pub tvg_id: String,
    /// Days one may go back; 0: no catch-up.
    pub catchup_days: u32,
    /// One an hour, round and round. Empty: no guide for this channel.
    pub shows: Vec<String>,
}

/// One login of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSeed {
    pub id: i64,
    pub name: String,
    /// Connections at once; 0: no limit.
    pub max_streams: u32,
    pub is_active: bool,
    /// Seconds since 1970. Xtream Codes only.
    pub expires_s: Option<i64>,
}

/// A contract with a provider. The first profile is the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSeed {
    pub id: i64,
    pub name: String,
    /// Xtream Codes, else a playlist.
    pub xc: bool,
    pub server_url: Option<String>,
    pub username: Option<String>,
    pub password: String,
    pub status: &'static str,
    pub is_active: bool,
    /// Dispatcharr's own account for streams added by hand.
    pub locked: bool,
    pub profiles: Vec<ProfileSeed>,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSeed {
    pub id: i64,
    pub name: String,
    pub password: String,
    pub api_key: Option<String>,
    /// 10 admin, 1 standard, 0 streamer.
    pub level: i64,
    pub stream_limit: u32,
    pub xc_password: Option<String>,
}

/// A guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpgSeed {
    pub id: i64,
    pub name: String,
    /// `xmltv`, `schedules_direct`, `dummy`.
    pub kind: &'static str,
    pub url: Option<String>,
    pub status: &'static str,
    pub priority: i64,
    pub is_active: bool,
}

/// A whole Dispatcharr.
#[derive(Clone, Debug)]
pub struct Seed {
    pub listen: SocketAddr,
    /// Its wall clock; [`super::World::advance`] sets it further ahead.
    pub clock: Clock,
    pub version: (u32, u32, u32),
    /// Seed of every random choice.
    pub random: u64,
    /// Time from the first viewer to a picture. Zero: at once.
    pub startup: Duration,
    /// How long an access token holds.
    pub access_life: Duration,
    pub refresh_life: Duration,
    pub users: Vec<UserSeed>,
    pub accounts: Vec<AccountSeed>,
    /// Number and name.
    pub groups: Vec<(i64, String)>,
    pub streams: Vec<StreamSeed>,
    pub channels: Vec<ChannelSeed>,
    pub epg_sources: Vec<EpgSeed>,
    /// Key, name, version, enabled.
    pub plugins: Vec<(String, String, String, bool)>,
}

impl Default for Seed {
    /// Six channels of three accounts, three users, a guide; nothing on the air.
    fn default() -> Self {
        let clock = Clock::system();
        let now_s = clock.now().as_second();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            version: (0, 29, 0),
            random: 1,
            startup: Duration::ZERO,
            access_life: Duration::from_mins(30),
            refresh_life: Duration::from_hours(24),
            users: users(),
            accounts: accounts(now_s),
            groups: ["Default Group", "News", "Sports", "Films", "Radio", "Panel Live"]
                .into_iter()
                .zip(1..)
                .map(|(name, id)| (id, name.to_owned()))
                .collect(),
            streams: streams(),
            channels: channels(),
            epg_sources: epg_sources(),
            plugins: vec![(
                "channel_sorter".into(),
                "Channel sorter".into(),
                "1.2.0".into(),
                true,
            )],
        }
    }
}

impl Seed {
    /// Another version, for what older ones lack.
    #[must_use]
    pub fn version(mut self, major: u32, minor: u32, patch: u32) -> Self {
        self.version = (major, minor, patch);
        self
    }
}

fn users() -> Vec<UserSeed> {
    let user = |id, name: &str, level, xc: Option<&str>| UserSeed {
        id,
        name: name.to_owned(),
        password: format!("{name}-pw"),
        api_key: Some(format!("planted-key-{name}")),
        level,
        stream_limit: 0,
        xc_password: xc.map(ToOwned::to_owned),
    };
    vec![
        user(1, "admin", 10, None),
        user(2, "standard", 1, Some("planted-xc-standard")),
        UserSeed {
            stream_limit: 3,
            ..user(3, "streamer", 0, Some("planted-xc-streamer"))
        },
    ]
}

impl ProfileSeed {
    /// An active login that never ends.
    pub fn new(id: i64, name: &str, max_streams: u32) -> Self {
        Self {
            id,
            name: name.to_owned(),
            max_streams,
            is_active: true,
            expires_s: None,
        }
    }
}

impl AccountSeed {
    /// A playlist.
    pub fn playlist(id: i64, name: &str, profiles: Vec<ProfileSeed>) -> Self {
        let host = format!("http://provider-{id}.example");
        Self {
            id,
            name: name.to_owned(),
            xc: false,
            server_url: Some(format!(
                "{host}/get.php?username=planted-url-user-{id}&password=planted-url-password-{id}"
            )),
            username: None,
            password: String::new(),
            status: "success",
            is_active: true,
            locked: false,
            profiles,
        }
    }

    /// Xtream Codes.
    pub fn panel(id: i64, name: &str, profiles: Vec<ProfileSeed>) -> Self {
        Self {
            xc: true,
            server_url: Some(format!("http://panel-{id}.example:8080")),
            username: Some(format!("panel-user-{id}")),
            password: format!("planted-panel-password-{id}"),
            ..Self::playlist(id, name, profiles)
        }
    }

    /// Where one of its streams comes from; holds the password, as the real ones do.
    pub fn stream_url(&self, number: i64) -> String {
        let id = self.id;
        format!(
            "http://provider-{id}.example/live/planted-stream-user-{id}/planted-stream-password-{id}/{number}.ts"
        )
    }

    /// Dispatcharr's own account, for streams added by hand.
    pub fn custom(id: i64) -> Self {
        Self {
            server_url: None,
            status: "idle",
            locked: true,
            ..Self::playlist(id, "custom", vec![ProfileSeed::new(id, "custom Default", 0)])
        }
    }
}

/// How long before its end the panel's subscription of the default seed stands.
const PANEL_DAYS: i64 = 30;

fn accounts(now_s: i64) -> Vec<AccountSeed> {
    let playlist = AccountSeed::playlist(
        2,
        "Northern Feeds",
        vec![
            ProfileSeed::new(2, "Northern Feeds Default", 4),
            ProfileSeed::new(5, "Second login", 1),
        ],
    );
    let panel = AccountSeed::panel(
        3,
        "Harbour Panel",
        vec![ProfileSeed {
            expires_s: Some(now_s + PANEL_DAYS * 86_400 + 3_600),
            ..ProfileSeed::new(3, "Harbour Panel Default", 2)
        }],
    );
    let off = AccountSeed {
        is_active: false,
        status: "idle",
        ..AccountSeed::playlist(4, "Retired", vec![ProfileSeed::new(4, "Retired Default", 0)])
    };
    vec![AccountSeed::custom(1), off, panel, playlist]
}

fn streams() -> Vec<StreamSeed> {
    let accounts = accounts(0);
    let stream = |id: i64, name: &str, account: i64, group, tvg: &str, media| StreamSeed {
        id,
        name: name.to_owned(),
        account,
        group,
        url: accounts
            .iter()
            .find(|a| a.id == account)
            .map(|a| a.stream_url(id))
            .unwrap_or_default(),
        tvg_id: tvg.to_owned(),
        provider_id: (account == 3).then_some(900 + id),
        media,
    };
    vec![
        stream(1, "Morning Wire HD", 2, 2, "wire.example", Media::hd()),
        stream(2, "Pitch 'Two' / 50", 2, 3, "pitch.example", Media::sd()),
        stream(3, "Kïno Nørd", 2, 4, "kino.example", Media::hevc()),
        stream(4, "Radio Ferry", 2, 5, "ferry.example", Media::radio()),
        stream(5, "Old Mill", 2, 2, "mill.example", Media::hd()),
        stream(6, "Panel Wire HD", 3, 6, "wire.example", Media::full_hd()),
        stream(7, "Panel Pitch", 3, 6, "pitch.example", Media::sd()),
    ]
}

fn channels() -> Vec<ChannelSeed> {
    let channel = |id: i64, name: &str, number, group, streams: &[i64], tvg: &str| ChannelSeed {
        id,
        uuid: format!("7d1c5e0{id}-41aa-4c3b-9b6e-5f0e2d9c1a0{id}"),
        name: name.to_owned(),
        number: Some(number),
        group,
        streams: streams.to_vec(),
        stream_profile: None,
        tvg_id: tvg.to_owned(),
        catchup_days: 0,
        shows: vec![format!("{name} at the hour"), format!("The \"late\" {name}")],
    };
    vec![
        channel(1, "Morning Wire HD", 101.0, 2, &[1, 6], "wire.example"),
        ChannelSeed {
            stream_profile: Some(PROXY),
            ..channel(2, "Pitch \"Two\" \\ 50", 102.5, 3, &[2], "pitch.example")
        },
        channel(3, "Kïno Nørd", 103.0, 4, &[3], "kino.example"),
        channel(4, "Radio Ferry", 104.0, 5, &[4], "ferry.example"),
        channel(5, "Old Mill", 105.0, 2, &[5, 1], "mill.example"),
        ChannelSeed {
            catchup_days: 7,
            ..channel(6, "Panel Wire HD", 201.0, 6, &[6], "wire.example")
        },
    ]
}

fn epg_sources() -> Vec<EpgSeed> {
    vec![
        EpgSeed {
            id: 1,
            name: "Regional guide".into(),
            kind: "xmltv",
            url: Some("http://guide.example/epg.xml?key=planted-guide-key".into()),
            status: "success",
            priority: 0,
            is_active: true,
        },
        EpgSeed {
            id: 2,
            name: "Fillers".into(),
            kind: "dummy",
            url: None,
            status: "idle",
            priority: 0,
            is_active: true,
        },
    ]
}

/// Stream profiles every Dispatcharr has.
pub(super) fn stream_profiles() -> Value {
    let profile = |id: i64, name: &str, command: &str, parameters: &str| {
        let agent = (!command.is_empty()).then_some(1);
        json!({
            "id": id, "name": name, "command": command, "parameters": parameters, "is_active": true,
            "user_agent": agent, "locked": true,
        })
    };
    json!([
        profile(
            FFMPEG,
            "ffmpeg",
            "ffmpeg",
            "-i {streamUrl} -c copy -f mpegts pipe:1"
        ),
        profile(PROXY, "Proxy", "", ""),
        profile(4, "Redirect", "", ""),
        profile(2, "streamlink", "streamlink", "{streamUrl} best --stdout"),
        profile(
            5,
            "VLC",
            "cvlc",
            "-I dummy {streamUrl} --sout #standard{access=file,mux=ts,dst=-}"
        ),
    ])
}
