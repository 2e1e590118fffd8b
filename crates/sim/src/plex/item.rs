//! What can be played: items, their versions, and the streams inside them.

use crate::plex::value::Text;

/// What an item is, as far as the wire shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Movie,
    Episode,
    Track,
    /// A home video or music video: type `clip`, in a library.
    Clip,
    /// Type `clip` with `extraType`/`subtype` trailer.
    Trailer,
    /// Type `clip` in the pseudo library −2.
    Preroll,
    Photo,
    /// A channel: key `/livetv/sessions/…`, no library, no duration.
    LiveTv,
}

impl Kind {
    /// The wire's `type`.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Episode => "episode",
            Self::Track => "track",
            Self::Photo => "photo",
            Self::Clip | Self::Trailer | Self::Preroll | Self::LiveTv => "clip",
        }
    }

    /// The XML element name.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Track => "Track",
            Self::Photo => "Photo",
            _ => "Video",
        }
    }
}

/// Something that can be played. Fields that are `None` are absent on the wire.
#[must_use]
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: Kind,
    /// Given by the world if `None`. Live television has none on the wire.
    pub rating_key: Option<Text>,
    /// `/library/metadata/{rating_key}` if `None`.
    pub key: Option<Text>,
    pub title: Text,
    /// Season or album.
    pub parent_title: Option<Text>,
    /// Show or album artist.
    pub grandparent_title: Option<Text>,
    /// Rating keys of season and show, or of album and artist; given by the world if `None`.
    pub parent_key: Option<Text>,
    pub grandparent_key: Option<Text>,
    /// A track's own artist, where it differs from the album's.
    pub original_title: Option<Text>,
    pub index: Option<u32>,
    pub parent_index: Option<u32>,
    pub year: Option<u32>,
    pub duration_ms: Option<u64>,
    /// Section number; the first library of the fitting type if `None`.
    pub library: Option<u32>,
    /// Overrides the type's usual word.
    pub type_name: Option<Text>,
    /// Television guide data of a live item.
    pub channel: Option<Channel>,
    pub versions: Vec<Version>,
}

/// A television channel.
#[derive(Clone, Debug)]
pub struct Channel {
    pub call_sign: Text,
    pub title: Text,
    /// Virtual channel number, "7.1".
    pub number: Text,
    /// Guide data: the programme is an episode of this show.
    pub show: Option<Text>,
}

/// One file of an item: what the wire calls a `Media`.
#[must_use]
#[derive(Clone, Debug)]
pub struct Version {
    /// Given by the world if `None`.
    pub id: Option<u64>,
    pub container: Text,
    pub bitrate_kbps: Option<u32>,
    pub video: Option<Video>,
    pub audio: Vec<Audio>,
    pub subtitles: Vec<Subtitle>,
    /// Made by the server's optimiser (`proxyType` 42).
    pub optimized: bool,
    pub size_bytes: Option<u64>,
}

/// A picture stream.
#[derive(Clone, Debug)]
pub struct Video {
    pub codec: Text,
    pub profile: Text,
    pub width: u32,
    pub height: u32,
    /// Source spelling: "sd", "480", "720", "1080", "4k"; no trailing p.
    pub resolution: Text,
    pub bitrate_kbps: Option<u32>,
    pub bit_depth: u32,
    pub fps: f64,
    pub hdr: Option<Hdr>,
}

/// Dynamic range of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hdr {
    Hdr10,
    Hlg,
    DolbyVision,
}

/// A sound stream.
#[derive(Clone, Debug)]
pub struct Audio {
    pub codec: Text,
    pub channels: u32,
    pub bitrate_kbps: Option<u32>,
    /// English name and ISO 639-2 code.
    pub language: (Text, Text),
    pub profile: Option<Text>,
}

/// A text or picture subtitle stream.
#[derive(Clone, Debug)]
pub struct Subtitle {
    pub codec: Text,
    pub language: (Text, Text),
    pub forced: bool,
}

const ENGLISH: (Text, Text) = (Text::Borrowed("English"), Text::Borrowed("eng"));

impl Item {
    fn new(kind: Kind, title: impl Into<Text>) -> Self {
        Self {
            kind,
            rating_key: None,
            key: None,
            title: title.into(),
            parent_title: None,
            grandparent_title: None,
            parent_key: None,
            grandparent_key: None,
            original_title: None,
            index: None,
            parent_index: None,
            year: None,
            duration_ms: None,
            library: None,
            type_name: None,
            channel: None,
            versions: Vec::new(),
        }
    }

    /// A film of 1 h 52 min in 1080p.
    pub fn movie(title: impl Into<Text>) -> Self {
        Self::new(Kind::Movie, title)
            .lasting(112 * 60_000)
            .made_in(2011)
            .with(Version::h264_1080())
    }

    /// An episode of 44 minutes in 1080p.
    pub fn episode(show: impl Into<Text>, season: u32, episode: u32, title: impl Into<Text>) -> Self {
        let mut item = Self::new(Kind::Episode, title)
            .lasting(44 * 60_000)
            .made_in(2016)
            .with(Version::h264_1080());
        item.grandparent_title = Some(show.into());
        item.parent_title = Some(format!("Season {season}").into());
        item.parent_index = Some(season);
        item.index = Some(episode);
        item
    }

    /// A track of 3 min 42 s in FLAC.
    pub fn track(artist: impl Into<Text>, album: impl Into<Text>, title: impl Into<Text>) -> Self {
        let mut item = Self::new(Kind::Track, title)
            .lasting(222_000)
            .with(Version::flac());
        item.grandparent_title = Some(artist.into());
        item.parent_title = Some(album.into());
        item.parent_index = Some(1);
        item.index = Some(1);
        item
    }

    pub fn clip(title: impl Into<Text>) -> Self {
        Self::new(Kind::Clip, title)
            .lasting(95_000)
            .with(Version::h264_720())
    }

    pub fn trailer(title: impl Into<Text>) -> Self {
        Self::new(Kind::Trailer, title)
            .lasting(150_000)
            .with(Version::h264_1080())
    }

    pub fn preroll(title: impl Into<Text>) -> Self {
        Self::new(Kind::Preroll, title)
            .lasting(12_000)
            .with(Version::h264_720())
    }

    pub fn photo(title: impl Into<Text>) -> Self {
        Self::new(Kind::Photo, title).with(Version::jpeg())
    }

    /// A channel without guide data: the wire's "Live Session".
    pub fn live_tv(call_sign: impl Into<Text>, number: impl Into<Text>) -> Self {
        let call_sign = call_sign.into();
        let mut item = Self::new(Kind::LiveTv, "Live Session ").with(Version::broadcast());
        item.channel = Some(Channel {
            title: call_sign.clone(),
            call_sign,
            number: number.into(),
            show: None,
        });
        item
    }

    /// Adds guide data: the programme now on. With a show it is an episode, else a film.
    pub fn programme(mut self, show: Option<&'static str>, title: impl Into<Text>) -> Self {
        self.title = title.into();
        self.type_name = Some(if show.is_some() { "episode" } else { "movie" }.into());
        self.grandparent_title = show.map(Text::Borrowed);
        if let Some(channel) = &mut self.channel {
            channel.show = show.map(Text::Borrowed);
        }
        self
    }

    pub fn lasting(mut self, duration_ms: u64) -> Self {
        self.duration_ms = Some(duration_ms);
        self
    }

    pub fn made_in(mut self, year: u32) -> Self {
        self.year = Some(year);
        self
    }

    pub fn in_library(mut self, section: u32) -> Self {
        self.library = Some(section);
        self
    }

    pub fn rating_key(mut self, key: impl Into<Text>) -> Self {
        self.rating_key = Some(key.into());
        self
    }

    /// Adds a version; the first `with` after a constructor adds a second one. See [`Item::only`].
    pub fn with(mut self, version: Version) -> Self {
        self.versions.push(version);
        self
    }

    /// Replaces all versions by one.
    pub fn only(mut self, version: Version) -> Self {
        self.versions = vec![version];
        self
    }

    /// The wire's `type` of this item.
    pub fn type_name(&self) -> Text {
        self.type_name
            .clone()
            .unwrap_or(Text::Borrowed(self.kind.type_name()))
    }
}

impl Version {
    fn new(container: &'static str, bitrate_kbps: u32) -> Self {
        Self {
            id: None,
            container: container.into(),
            bitrate_kbps: Some(bitrate_kbps),
            video: None,
            audio: Vec::new(),
            subtitles: Vec::new(),
            optimized: false,
            size_bytes: None,
        }
    }

    /// 1080p H.264 with AC-3 5.1 and two text subtitles, 8.5 Mbit/s, MKV.
    pub fn h264_1080() -> Self {
        Self::new("mkv", 8500)
            .video(Video::new("h264", "high", (1920, 1080), "1080", 7900))
            .audio(Audio::new("ac3", 6, 640))
            .subtitle(Subtitle::new("srt", "English", "eng"))
            .subtitle(Subtitle::new("srt", "French", "fra"))
    }

    /// 720p H.264 with stereo AAC, 3.4 Mbit/s, MP4: what every client plays directly.
    pub fn h264_720() -> Self {
        Self::new("mp4", 3400)
            .video(Video::new("h264", "high", (1280, 720), "720", 3200))
            .audio(Audio::new("aac", 2, 192))
    }

    /// 2160p HEVC HDR10 with `TrueHD` 7.1 and picture subtitles, 58 Mbit/s, MKV.
    pub fn hevc_4k() -> Self {
        let mut video = Video::new("hevc", "main 10", (3840, 2160), "4k", 53_000);
        video.bit_depth = 10;
        video.hdr = Some(Hdr::Hdr10);
        Self::new("mkv", 58_000)
            .video(video)
            .audio(Audio::new("truehd", 8, 4100))
            .audio(Audio::new("ac3", 6, 640))
            .subtitle(Subtitle::new("pgs", "English", "eng"))
            .subtitle(Subtitle::new("pgs", "German", "deu"))
    }

    /// 1080p HEVC with E-AC-3 and styled subtitles, 4.2 Mbit/s, MKV.
    pub fn hevc_1080() -> Self {
        let mut video = Video::new("hevc", "main 10", (1920, 1080), "1080", 3600);
        video.bit_depth = 10;
        Self::new("mkv", 4200)
            .video(video)
            .audio(Audio::new("eac3", 6, 576))
            .subtitle(Subtitle::new("ass", "English", "eng"))
    }

    /// 480i MPEG-2 with DTS, an old disc.
    pub fn mpeg2_sd() -> Self {
        let mut video = Video::new("mpeg2video", "main", (720, 480), "480", 5800);
        video.fps = 29.97;
        Self::new("mkv", 6400)
            .video(video)
            .audio(Audio::new("dca", 6, 768))
            .subtitle(Subtitle::new("vobsub", "English", "eng"))
    }

    pub fn flac() -> Self {
        Self::new("flac", 986).audio(Audio::new("flac", 2, 986))
    }

    pub fn mp3() -> Self {
        Self::new("mp3", 320).audio(Audio::new("mp3", 2, 320))
    }

    pub fn jpeg() -> Self {
        let mut version = Self::new("jpeg", 0).video(Video::new("jpeg", "", (4032, 3024), "", 0));
        version.bitrate_kbps = None;
        version
    }

    /// A broadcast as the tuner delivers it.
    pub fn broadcast() -> Self {
        let mut version = Self::new("mpegts", 0)
            .video(Video::new("mpeg2video", "main", (1280, 720), "720", 0))
            .audio(Audio::new("ac3", 6, 384));
        version.bitrate_kbps = None;
        version
    }

    pub fn video(mut self, video: Video) -> Self {
        self.video = Some(video);
        self
    }

    pub fn audio(mut self, audio: Audio) -> Self {
        self.audio.push(audio);
        self
    }

    pub fn subtitle(mut self, subtitle: Subtitle) -> Self {
        self.subtitles.push(subtitle);
        self
    }

    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    pub fn bitrate_kbps(mut self, kbps: u32) -> Self {
        self.bitrate_kbps = Some(kbps);
        self
    }

    pub fn optimized(mut self) -> Self {
        self.optimized = true;
        self
    }

    /// Source resolution word, "" for sound and photos.
    pub(crate) fn resolution(&self) -> Option<&Text> {
        self.video
            .as_ref()
            .map(|v| &v.resolution)
            .filter(|r| !r.is_empty())
    }

    /// Bytes of the file: given, or what the bitrate makes of the duration.
    pub(crate) fn size(&self, duration_ms: Option<u64>) -> Option<u64> {
        self.size_bytes
            .or_else(|| Some(duration_ms? / 8 * u64::from(self.bitrate_kbps?)))
    }
}

impl Video {
    pub fn new(
        codec: &'static str,
        profile: &'static str,
        (width, height): (u32, u32),
        resolution: &'static str,
        bitrate_kbps: u32,
    ) -> Self {
        Self {
            codec: codec.into(),
            profile: profile.into(),
            width,
            height,
            resolution: resolution.into(),
            bitrate_kbps: (bitrate_kbps > 0).then_some(bitrate_kbps),
            bit_depth: 8,
            fps: 23.976,
            hdr: None,
        }
    }

    /// "1080p (H.264)", "4K (HEVC Main 10 HDR10)": how a stream describes its source.
    pub(crate) fn display_title(&self) -> String {
        let size = match &*self.resolution {
            "4k" => "4K".into(),
            "sd" => "SD".into(),
            r => format!("{r}p"),
        };
        let codec = match (&*self.codec, &*self.profile) {
            ("h264", _) => "H.264".into(),
            ("hevc", "main 10") => "HEVC Main 10".into(),
            ("mpeg2video", _) => "MPEG2VIDEO".into(),
            (c, _) => c.to_uppercase(),
        };
        let range = match self.hdr {
            None => "",
            Some(Hdr::Hdr10) => " HDR10",
            Some(Hdr::Hlg) => " HLG",
            Some(Hdr::DolbyVision) => " DoVi/HDR10",
        };
        format!("{size} ({codec}{range})")
    }
}

impl Audio {
    pub fn new(codec: &'static str, channels: u32, bitrate_kbps: u32) -> Self {
        let bitrate_kbps = (bitrate_kbps > 0).then_some(bitrate_kbps);
        Self {
            codec: codec.into(),
            channels,
            bitrate_kbps,
            language: ENGLISH,
            profile: None,
        }
    }

    /// "5.1", "Stereo": the speaker layout in words.
    pub(crate) fn layout(&self) -> &'static str {
        match self.channels {
            1 => "Mono",
            2 => "Stereo",
            6 => "5.1",
            8 => "7.1",
            _ => "Multichannel",
        }
    }

    pub(crate) fn display_title(&self) -> String {
        let codec = match &*self.codec {
            "dca" => "DTS".into(),
            "truehd" => "TrueHD".into(),
            c => c.to_uppercase(),
        };
        format!("{} ({codec} {})", self.language.0, self.layout())
    }
}

impl Subtitle {
    pub fn new(codec: &'static str, language: &'static str, code: &'static str) -> Self {
        Self {
            codec: codec.into(),
            language: (language.into(), code.into()),
            forced: false,
        }
    }

    /// Pictures, not text: they can only be burnt in or passed on.
    pub fn is_picture(&self) -> bool {
        matches!(&*self.codec, "pgs" | "vobsub" | "dvb_subtitle")
    }

    pub(crate) fn display_title(&self) -> String {
        format!("{} ({})", self.language.0, self.codec.to_uppercase())
    }
}
