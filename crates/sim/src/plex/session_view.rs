//! The session list's entries, and the converter object they share with notifications.

use crate::plex::item::{Audio, Kind, Subtitle, Version, Video};
use crate::plex::item_view;
use crate::plex::names;
use crate::plex::playing::{Converter, Now, Playing, Progress};
use crate::plex::session_seed::{Conversion, Decision, Network, SubtitleDecision};
use crate::plex::value::{Live, Node, Scalar, Text};

/// The entry of one playback, with live values left open.
pub(crate) fn entry(playing: &Playing, now: Now) -> Node {
    let item = &playing.item;
    let mut node = Node::item(item.kind.tag()).attr("sessionKey", playing.key.to_string());
    if item.kind == Kind::LiveTv {
        // Real servers print the flag as text even where other booleans are typed.
        node = node.attr("live", "1");
    }
    node = item_view::common(node, item);
    node = node.live("viewOffset", Live::ViewOffset);
    if let Some((id, title)) = &playing.library {
        node = node
            .attr("librarySectionID", id.to_string())
            .attr("librarySectionKey", format!("/library/sections/{id}"))
            .attr("librarySectionTitle", title);
    } else if item.kind == Kind::Preroll {
        node = node
            .attr("librarySectionID", "-2")
            .attr("librarySectionKey", "/library/sections/-2");
    }
    node = node
        .with(media(playing))
        .child(user(playing))
        .child(player(playing));
    if item.kind != Kind::Photo {
        node = node.child(session(playing));
    }
    if let (Some(conversion), Some(converter)) = (playing.delivery.conversion(), &playing.converter) {
        node = node.child(live_converter(conversion, converter, playing));
    }
    adjust(&mut node, playing);
    let _ = now;
    node
}

/// What the seed asked to be left out or printed differently.
fn adjust(node: &mut Node, playing: &Playing) {
    for path in &playing.omitted {
        match path.split_once('.') {
            Some((element, attr)) => node.walk(&mut |n| {
                if n.is_called(element) {
                    n.remove_attr(attr);
                }
            }),
            None if path.starts_with(|c: char| c.is_ascii_uppercase()) => {
                node.walk(&mut |n| n.remove_children(path));
            }
            None => node.remove_attr(path),
        }
    }
    for (element, attr, value) in &playing.replaced {
        node.walk(&mut |n| {
            if n.is_called(element) {
                n.set_attr(attr, value.clone());
            }
        });
    }
}

fn media(playing: &Playing) -> Vec<Node> {
    let versions = playing.item.versions.iter().enumerate();
    versions
        .map(|(n, version)| {
            if n != playing.selected {
                return source_media(version, playing, false);
            }
            match playing.delivery.conversion() {
                Some(c) if !is_direct(c) => output_media(version, c, playing),
                _ => source_media(version, playing, true),
            }
        })
        .collect()
}

fn is_direct(c: &Conversion) -> bool {
    let direct = |d: Option<Decision>| d.is_none_or(|d| d == Decision::DirectPlay);
    direct(c.video) && direct(c.audio)
}

/// A version as it is on disk; ids are text in session lists.
fn source_media(version: &Version, playing: &Playing, selected: bool) -> Node {
    let live = playing.item.kind == Kind::LiveTv;
    let mut node = item_view::media_attrs(Node::new("Media"), version, &playing.item, true);
    let mut part = item_view::part_attrs(Node::new("Part"), version, &playing.item, true);
    if live {
        // A tuner's stream: nothing is selected, and there is no file.
        node = node
            .attr("origin", "livetv")
            .attr("protocol", "hls")
            .attr("uuid", names::uuid(111, playing.key));
    } else if selected {
        node = node.attr("selected", true);
        part = part.attr("decision", "directplay").attr("selected", true);
    }
    let subtitle = if selected { playing.subtitle } else { None };
    node.child(part.with(source_streams(version, subtitle, selected)))
}

fn source_streams(version: &Version, subtitle: Option<usize>, selected: bool) -> Vec<Node> {
    let location = |n: Node| if selected { n.attr("location", "direct") } else { n };
    let mut streams = item_view::streams(version, true);
    let first_subtitle = streams.len() - version.subtitles.len();
    for (n, stream) in streams.iter_mut().enumerate() {
        let is_subtitle = n >= first_subtitle;
        if is_subtitle && Some(n - first_subtitle) == subtitle {
            stream.set_attr("selected", Scalar::Bool(true));
        }
        if !is_subtitle {
            *stream = location(stream.clone());
        }
    }
    streams
}

/// A version as it leaves the converter.
fn output_media(version: &Version, c: &Conversion, playing: &Playing) -> Node {
    let frame = output_frame(version, c);
    let bitrate = playing.sent_kbps();
    let id = version.id.map(|n| n.to_string());
    let (audio_codec, channels) = output_audio(version, c);
    let live = playing.item.kind == Kind::LiveTv;
    let mut node = Node::new("Media").opt("id", id).attr("container", &c.container);
    node = node
        .opt("bitrate", bitrate)
        .opt("duration", playing.item.duration_ms);
    node = node.opt("audioChannels", channels).opt("audioCodec", audio_codec);
    let mut part = Node::new("Part")
        .opt("id", version.id.map(|_| item_view::part_id(version).to_string()))
        .attr("container", &c.container)
        .opt("bitrate", bitrate)
        .opt("duration", playing.item.duration_ms)
        .attr("protocol", &c.protocol);
    if let (Some((width, height)), Some(video)) = (frame, &version.video) {
        let codec = if c.video == Some(Decision::Transcode) {
            &c.video_codec
        } else {
            &video.codec
        };
        node = node
            .attr("width", width)
            .attr("height", height)
            .attr("videoCodec", codec)
            .attr("videoFrameRate", item_view::frame_rate(video.fps))
            .attr("videoResolution", output_resolution(height));
        part = part.attr("width", width).attr("height", height);
    }
    node = node
        .attr("optimizedForStreaming", true)
        .attr("protocol", &c.protocol);
    part = part
        .attr("optimizedForStreaming", true)
        .attr("decision", "transcode");
    if live {
        node = node
            .attr("origin", "livetv")
            .attr("uuid", names::uuid(111, playing.key));
    } else {
        node = node.attr("selected", true);
        part = part.attr("selected", true);
    }
    node.child(part.with(output_streams(version, c, playing)))
}

fn output_audio(version: &Version, c: &Conversion) -> (Option<Text>, Option<u32>) {
    match (c.audio, version.audio.first()) {
        (Some(Decision::Transcode), Some(_)) => (Some(c.audio_codec.clone()), Some(c.audio_channels)),
        (_, Some(a)) => (Some(a.codec.clone()), Some(a.channels)),
        (_, None) => (None, None),
    }
}

fn output_frame(version: &Version, c: &Conversion) -> Option<(u32, u32)> {
    let video = version.video.as_ref()?;
    c.video?;
    let height = c.quality.map_or(0, |q| q.height);
    if c.video != Some(Decision::Transcode) || height == 0 || height >= video.height {
        return Some((video.width, video.height));
    }
    Some((video.width * height / video.height.max(1) / 2 * 2, height))
}

/// Output resolutions end in p, sources' do not.
fn output_resolution(height: u32) -> Text {
    match height {
        0..=400 => "sd".into(),
        2000.. => "4k".into(),
        h => format!("{h}p").into(),
    }
}

fn output_streams(version: &Version, c: &Conversion, playing: &Playing) -> Vec<Node> {
    let segments = |name: &'static str| if c.protocol == "http" { "direct" } else { name };
    let mut streams = Vec::new();
    let base = item_view::stream_base(version);
    if let (Some(video), Some(decision)) = (&version.video, c.video) {
        streams.push(
            output_video(base, version, video, c, decision).attr("location", segments("segments-video")),
        );
    }
    if let (Some(audio), Some(decision)) = (version.audio.first(), c.audio) {
        streams.push(
            output_audio_stream(base + 1, audio, c, decision).attr("location", segments("segments-audio")),
        );
    }
    let chosen = playing
        .subtitle
        .and_then(|n| Some((n, version.subtitles.get(n)?)));
    if let Some((n, subtitle)) = chosen {
        streams.push(output_subtitle(base + 10 + n as u64, subtitle, c.subtitle));
    }
    streams
}

fn output_video(id: u64, version: &Version, video: &Video, c: &Conversion, decision: Decision) -> Node {
    let converted = decision == Decision::Transcode;
    let (width, height) = output_frame(version, c).unwrap_or((video.width, video.height));
    let asked = c.quality.map(|q| q.bitrate_kbps).filter(|k| *k > 0);
    let bitrate = if converted {
        asked.or(video.bitrate_kbps)
    } else {
        video.bitrate_kbps
    };
    Node::new("Stream")
        .attr("id", id.to_string())
        .attr("streamType", 1)
        .attr("codec", if converted { &c.video_codec } else { &video.codec })
        .opt("bitrate", bitrate)
        .attr("default", true)
        .attr("width", width)
        .attr("height", height)
        .attr("frameRate", video.fps)
        .attr("displayTitle", video.display_title())
        .attr("extendedDisplayTitle", video.display_title())
        .attr("decision", decision.as_str())
}

fn output_audio_stream(id: u64, audio: &Audio, c: &Conversion, decision: Decision) -> Node {
    let converted = decision == Decision::Transcode;
    let (codec, channels) = if converted {
        (&c.audio_codec, c.audio_channels)
    } else {
        (&audio.codec, audio.channels)
    };
    Node::new("Stream")
        .attr("id", id.to_string())
        .attr("streamType", 2)
        .attr("codec", codec)
        .opt(
            "bitrate",
            if converted {
                Some(128 * channels.min(2))
            } else {
                audio.bitrate_kbps
            },
        )
        .attr("channels", channels)
        .attr("default", true)
        .attr("selected", true)
        .attr("language", &audio.language.0)
        .attr("languageCode", &audio.language.1)
        .attr("displayTitle", audio.display_title())
        .attr("extendedDisplayTitle", audio.display_title())
        .attr("decision", decision.as_str())
}

fn output_subtitle(id: u64, subtitle: &Subtitle, decision: Option<SubtitleDecision>) -> Node {
    let codec = if decision == Some(SubtitleDecision::Transcode) {
        "webvtt".into()
    } else {
        subtitle.codec.clone()
    };
    let mut node = Node::new("Stream")
        .attr("id", id.to_string())
        .attr("streamType", 3)
        .attr("codec", codec)
        .attr("selected", true)
        .attr("language", &subtitle.language.0)
        .attr("languageCode", &subtitle.language.1)
        .attr("displayTitle", subtitle.display_title())
        .attr("extendedDisplayTitle", subtitle.display_title())
        .attr("decision", decision.map_or("ignore", SubtitleDecision::as_str));
    if decision == Some(SubtitleDecision::Burn) {
        node = node.attr("burn", "1");
    }
    node.opt(
        "location",
        decision
            .is_some_and(|d| d != SubtitleDecision::Burn)
            .then_some("segments-subs"),
    )
}

fn user(playing: &Playing) -> Node {
    match &playing.user {
        Some(user) => Node::single("User")
            .attr("id", user.id.to_string())
            .attr(
                "thumb",
                format!(
                    "https://plex.tv/users/{:016x}/avatar",
                    names::mix(112, user.id.unsigned_abs())
                ),
            )
            .attr("title", &user.name),
        None => Node::single("User")
            .attr("id", "")
            .attr("thumb", "")
            .attr("title", ""),
    }
}

fn player(playing: &Playing) -> Node {
    let p = &playing.player;
    let public = match (&p.public_address, playing.network) {
        (Some(address), _) => Some(address.clone()),
        (None, Network::Lan) => None,
        // A relayed connection ends on this machine.
        (None, Network::Relay) => Some("127.0.0.1".into()),
        (None, _) => Some(format!("203.0.113.{}", 1 + playing.key % 250).into()),
    };
    Node::single("Player")
        .attr("address", &p.address)
        .attr("device", &p.device)
        .attr("machineIdentifier", &p.machine_id)
        .attr("model", &p.model)
        .attr("platform", &p.platform)
        .attr("platformVersion", &p.platform_version)
        .attr("product", &p.product)
        .attr("profile", &p.profile)
        .opt("remotePublicAddress", public)
        .live("state", Live::State)
        .attr("title", &p.title)
        .attr("vendor", &p.vendor)
        .attr("version", &p.version)
        .attr("local", playing.network.is_lan())
        .attr("relayed", playing.network == Network::Relay)
        .attr("secure", true)
        .opt("userID", (playing.account > 0).then_some(playing.account))
}

fn session(playing: &Playing) -> Node {
    // The server reserves a little more than the stream needs.
    let reserved = playing
        .bandwidth_kbps
        .or_else(|| Some(playing.sent_kbps()? * 108 / 100));
    Node::single("Session")
        .attr("id", playing.client_run.clone())
        .opt("bandwidth", reserved)
        .attr("location", playing.network.location())
}

/// What precedes and follows the moving part of a converter object.
fn converter_attrs(node: Node, c: &Conversion, playing: &Playing) -> Node {
    let version = playing.version();
    let live = playing.item.kind == Kind::LiveTv;
    let video = version.and_then(|v| v.video.as_ref());
    let audio = version.and_then(|v| v.audio.first());
    let source = |codec: Option<&Text>| {
        if live {
            Some(Text::from(""))
        } else {
            codec.cloned()
        }
    };
    let output = |decision, ours: &Text, theirs: Option<&Text>| match (decision, live) {
        (_, true) => Some(Text::from("*")),
        (Some(Decision::Transcode), _) => Some(ours.clone()),
        _ => theirs.cloned(),
    };
    let mut node = node.attr("context", "streaming");
    if c.video.is_some() {
        node = node.opt("sourceVideoCodec", source(video.map(|v| &v.codec)));
    }
    if c.audio.is_some() {
        node = node.opt("sourceAudioCodec", source(audio.map(|a| &a.codec)));
    }
    node = node
        .opt("videoDecision", c.video.map(Decision::as_str))
        .opt("audioDecision", c.audio.map(Decision::as_str))
        .opt("subtitleDecision", c.subtitle.map(SubtitleDecision::as_str))
        .attr("protocol", &c.protocol)
        .attr("container", &c.container);
    if c.video.is_some() {
        node = node.opt(
            "videoCodec",
            output(c.video, &c.video_codec, video.map(|v| &v.codec)),
        );
    }
    if c.audio.is_some() {
        node = node.opt(
            "audioCodec",
            output(c.audio, &c.audio_codec, audio.map(|a| &a.codec)),
        );
        let channels = if c.audio == Some(Decision::Transcode) {
            Some(c.audio_channels)
        } else {
            audio.map(|a| a.channels)
        };
        node = node.opt("audioChannels", channels);
    }
    if let (Some(Decision::Copy), Some(v)) = (c.video, video) {
        node = node.attr("width", v.width).attr("height", v.height);
    }
    hardware(node, c)
}

fn hardware(node: Node, c: &Conversion) -> Node {
    let title = |engine: &Text| match engine.as_ref() {
        "vaapi" => Text::from("Linux (VAAPI)"),
        "qsv" => "Intel (QuickSync)".into(),
        "nvdec" | "nvenc" => "NVIDIA (NVENC)".into(),
        other => other.to_owned().into(),
    };
    let mut node = node.attr("transcodeHwRequested", c.hw_requested);
    if let Some(engine) = &c.hw_decode {
        node = node
            .attr("transcodeHwDecoding", engine)
            .attr("transcodeHwDecodingTitle", title(engine));
    }
    if let Some(engine) = &c.hw_encode {
        node = node
            .attr("transcodeHwEncoding", engine)
            .attr("transcodeHwEncodingTitle", title(engine));
    }
    node.attr("transcodeHwFullPipeline", c.hw_full_pipeline)
}

/// The converter inside a list entry: full path as key, live values open.
fn live_converter(c: &Conversion, converter: &Converter, playing: &Playing) -> Node {
    let node = Node::single("TranscodeSession")
        .attr("key", format!("/transcode/sessions/{}", converter.id))
        .live("throttled", Live::Throttled)
        .live("complete", Live::Complete)
        .live("progress", Live::Progress)
        .attr("size", -22)
        .live("speed", Live::Speed)
        .attr("error", false)
        .attr("duration", playing.item.duration_ms.unwrap_or(7_200_000))
        .live("remaining", Live::Remaining);
    converter_attrs(node, c, playing)
        .attr("timeStamp", converter.started_s)
        .live("maxOffsetAvailable", Live::MaxOffset)
        .attr("minOffsetAvailable", converter.from_s)
}

/// The converter on its own, with the values of this moment: `/transcode/sessions` (`bare` key) and
/// notifications; `offsets` is false at its end.
pub(crate) fn converter(playing: &Playing, progress: Progress, bare: bool, offsets: bool) -> Option<Node> {
    let (c, converter) = (playing.delivery.conversion()?, playing.converter.as_ref()?);
    let prefix = if bare { "" } else { "/transcode/sessions/" };
    let node = Node::new("TranscodeSession")
        .attr("key", format!("{prefix}{}", converter.id))
        .attr("throttled", progress.throttled)
        .attr("complete", progress.complete)
        .attr("progress", progress.percent)
        .attr("size", -22)
        .attr("speed", progress.speed)
        .attr("error", false)
        .attr("duration", playing.item.duration_ms.unwrap_or(7_200_000))
        .opt("remaining", progress.remaining_s);
    let node = converter_attrs(node, c, playing).attr("timeStamp", converter.started_s);
    Some(if offsets {
        node.attr("maxOffsetAvailable", progress.max_offset_s)
            .attr("minOffsetAvailable", converter.from_s)
    } else {
        node
    })
}
