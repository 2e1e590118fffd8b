//! As Plex-to-InfluxDB-Extended writes.

use std::borrow::Cow;

use model::{Decision, Library, LibraryKind, Play, Text};

use super::super::point::Point;
use super::Input;
use super::collectors::{self, Fields, Host, Words, text};

pub(super) fn points<'a>(input: &Input<'a>) -> Vec<Point<'a>> {
    let hosts = collectors::hosts(input, collectors::address);
    let mut points = Vec::new();
    let is_shows = |library: &Library| library.kind == LibraryKind::Show;
    collectors::libraries(input, &hosts, is_shows, &mut points);
    for host in &hosts {
        let Some(plays) = &host.plays else { continue };
        points.extend(plays.iter().map(|play| now_playing(input, host, play)));
        points.push(active_streams(input, host, plays));
    }
    points.extend(collectors::all_streams(input, &hosts));
    points
}

fn active_streams<'a>(input: &Input<'a>, host: &Host<'a>, plays: &[&'a Play]) -> Point<'a> {
    let count = |decision: fn(&Words<'_>) -> Option<Decision>| {
        let words = plays.iter().map(|play| Words::new(input, play));
        let transcoded = words.filter(|w| !w.is_unknown() && decision(w) == Some(Decision::Transcode));
        transcoded.count() as u64
    };
    let mut fields = Fields::new(input, 3);
    fields.int("active_streams", plays.len() as u64);
    fields.int("audio_transcodes", count(audio_decision));
    fields.int(
        "video_transcodes",
        count(|w| video_decision(w).filter(|_| !w.is_music())),
    );
    fields.point(input, "active_streams", vec![("host", host.name.clone())])
}

/// Transcoded, or copied by the transcoder; direct play if none is attached. What the transcoder leaves open, the
/// stream's own word decides.
fn decision(words: &Words<'_>, of: [Option<Decision>; 2]) -> Option<Decision> {
    words.told().transcoder?;
    match of[0].or(of[1]) {
        Some(Decision::Transcode) => Some(Decision::Transcode),
        _ => Some(Decision::Copy),
    }
}

fn video_decision(words: &Words<'_>) -> Option<Decision> {
    let own = words.session.delivery.video.as_ref().and_then(|v| v.decision);
    decision(words, [words.told().transcoder.and_then(|t| t.video), own])
}

fn audio_decision(words: &Words<'_>) -> Option<Decision> {
    let own = words.session.delivery.audio.as_ref().and_then(|a| a.decision);
    decision(words, [words.told().transcoder.and_then(|t| t.audio), own])
}

fn decision_word(decision: Option<Decision>) -> &'static str {
    match decision {
        None | Some(Decision::DirectPlay) => "DirectPlay",
        Some(Decision::Copy) => "DirectStream",
        Some(Decision::Transcode) => "Transcoding",
    }
}

fn summary(is_music: bool, video: Option<Decision>, audio: Option<Decision>) -> &'static str {
    let transcoded = |d| d == Some(Decision::Transcode);
    match (is_music, transcoded(video), transcoded(audio)) {
        (true, _, false) => "A: No",
        (true, _, true) => "A: Yes",
        (false, false, false) => "V: No A: No",
        (false, false, true) => "V: No A: Yes",
        (false, true, false) => "V: Yes A: No",
        (false, true, true) => "V: Yes A: Yes",
    }
}

/// What plays, its type and its figures; all of it empty for what the collector does not know.
#[derive(Default)]
struct Details<'a> {
    audio_codec: &'a str,
    container: &'a str,
    grandparent_title: Cow<'a, str>,
    index: Cow<'a, str>,
    length_ms: u64,
    parent_index: Cow<'a, str>,
    parent_title: Cow<'a, str>,
    platform: &'a str,
    position_ms: u64,
    resolution: Cow<'a, str>,
    status: &'a str,
    title: Cow<'a, str>,
    transcode_audio: &'a str,
    transcode_summary: &'a str,
    transcode_video: &'a str,
    video_codec: &'a str,
    video_framerate: &'a str,
    year: Cow<'a, str>,
}

impl<'a> Details<'a> {
    fn of(words: &Words<'a>) -> Self {
        let (session, item, told) = (words.session, words.item(), words.told());
        let (music, show) = (words.is_music(), words.media_type() == "TV Show");
        let how = &session.delivery;
        let (video, audio) = (video_decision(words), audio_decision(words));
        let codec = |told: &'a Option<Text>, ours: Option<&'a Text>| text(told.as_ref().or(ours));
        let ours = how.video.as_ref().and_then(|v| v.codec.as_ref());
        let of_video = |word: &'a str| if music { "" } else { word };
        Self {
            audio_codec: codec(
                &told.audio_codec,
                how.audio.as_ref().and_then(|a| a.codec.as_ref()),
            ),
            container: codec(&told.container, how.container.as_ref()),
            grandparent_title: words.title(item.grandparent_title.as_ref()),
            index: words.number(item.index),
            length_ms: told.duration_ms.or(item.duration_ms).unwrap_or(0),
            parent_index: words.number(item.parent_index.filter(|_| show)),
            parent_title: words.title(item.parent_title.as_ref().filter(|_| music || show)),
            platform: text(session.player.platform.as_ref()),
            position_ms: session.position_ms.unwrap_or(0),
            resolution: if music {
                words.bit_rate(" Kbps")
            } else {
                words.resolution().into()
            },
            status: words.state("Unavailable"),
            title: words.title(item.title.as_ref()),
            transcode_audio: decision_word(audio),
            transcode_summary: summary(music, video, audio),
            transcode_video: of_video(decision_word(video)),
            video_codec: of_video(codec(&told.video_codec, ours)),
            video_framerate: of_video(text(told.frame_rate.as_ref())),
            year: words.number(item.year.map(u32::from).filter(|_| !music)),
        }
    }

    /// May exceed 1: the position is the item's, the length that of the version.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a running time")]
    fn pos_percent(&self) -> f64 {
        if self.position_ms == 0 || self.length_ms == 0 {
            return 0.0;
        }
        let ratio = self.position_ms as f64 / self.length_ms as f64;
        // Through decimal digits, as Python rounds: half to even of the exact binary value.
        format!("{ratio:.4}").parse().unwrap_or(ratio)
    }
}

/// Number of fields of one session.
const FIELDS: usize = 25;

fn now_playing<'a>(input: &Input<'a>, host: &Host<'a>, play: &'a Play) -> Point<'a> {
    let words = Words::new(input, play);
    let (details, full_title) = if words.is_unknown() {
        (Details::default(), "Unknown".into())
    } else {
        (Details::of(&words), words.full_title())
    };
    let pos_percent = details.pos_percent();
    let mut fields = Fields::new(input, FIELDS);
    fields.text("audio_codec", details.audio_codec);
    fields.text("container", details.container);
    fields.float("duration", collectors::age_s(input, play));
    fields.text("grandparent_title", details.grandparent_title);
    fields.text("index", details.index);
    fields.int("length_ms", details.length_ms);
    fields.text("media_type", words.media_type());
    fields.text("parent_index", details.parent_index);
    fields.text("parent_title", details.parent_title);
    fields.text("platform", details.platform);
    fields.text("player", words.player());
    fields.float("pos_percent", pos_percent);
    // Always a text, also where the collector wrote a number and so spoilt the field for all that followed.
    fields.text("position_ms", details.position_ms.to_string());
    fields.text("resolution", details.resolution);
    fields.float("start_time", started_s(play));
    fields.text("status", details.status);
    fields.text("stream_title", full_title);
    fields.text("title", details.title);
    fields.text("transcode_audio", details.transcode_audio);
    fields.text("transcode_summary", details.transcode_summary);
    fields.text("transcode_video", details.transcode_video);
    fields.text("user", words.user());
    fields.text("video_codec", details.video_codec);
    fields.text("video_framerate", details.video_framerate);
    fields.text("year", details.year);
    let tags = words.tags(host, words.session.key.as_str());
    fields.point(input, "now_playing", tags)
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 microseconds until 2255")]
fn started_s(play: &Play) -> f64 {
    play.started_at.as_microsecond() as f64 / 1e6
}
