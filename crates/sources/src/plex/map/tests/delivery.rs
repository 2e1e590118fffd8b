//! Decisions, what is delivered, the source behind it, and why.

use model::{Decision, Reason, Session, SubtitleAction};
use serde_json::{Value, json};

use super::{Shelf, episode, live, one, track, transcoded, with};

const DIRECT: Option<Decision> = Some(Decision::DirectPlay);
const COPY: Option<Decision> = Some(Decision::Copy);
const TRANSCODE: Option<Decision> = Some(Decision::Transcode);

/// An episode whose words are set one by one; `-` leaves a word out, a transcoder of `None` leaves that out.
fn worded(part: &str, streams: [&str; 3], transcoder: Option<[&str; 3]>) -> Value {
    let word = |w: &str| if w == "-" { Value::Null } else { json!(w) };
    let [video, audio, subtitle] = streams.map(word);
    let mut item = episode();
    let media = &mut item["Media"][0];
    media["Part"][0]["decision"] = word(part);
    for (stream, decision) in [video, audio, subtitle].into_iter().enumerate() {
        media["Part"][0]["Stream"][stream]["decision"] = decision;
    }
    if let Some(words) = transcoder {
        media["protocol"] = json!("dash");
        let [video, audio, subtitle] = words.map(word);
        item["TranscodeSession"] = json!({"key": "abc", "videoDecision": video, "audioDecision": audio, "subtitleDecision": subtitle});
    }
    item
}

fn decisions(s: &Session) -> (Option<Decision>, Option<Decision>, Option<Decision>) {
    let d = &s.delivery;
    (
        d.decision,
        d.video.as_ref().and_then(|v| v.decision),
        d.audio.as_ref().and_then(|a| a.decision),
    )
}

/// `part: video audio subtitle` and, if there is a transcoder, `; video audio subtitle` of it; `-` is no word.
/// Then the decisions for the whole, the video and the audio.
const DECISIONS: &str = "
    directplay: - - - => directplay directplay directplay
    -: - - - => directplay directplay directplay

    transcode: copy transcode - ; transcode copy - => transcode copy transcode
    transcode: copy copy transcode ; copy copy - => copy copy copy
    transcode: transcode copy - => transcode transcode copy
    directplay: copy - - => copy copy directplay

    transcode: - - - ; copy transcode - => transcode copy transcode
    -: - - - ; copy copy - => copy copy copy
    -: - - - ; directplay directplay - => directplay directplay directplay
    directplay: - - - ; copy copy - => directplay directplay directplay
    -: - - - ; - - - => - - -

    transcode: - - - => transcode - -
    transcode: - - - ; - - - => transcode - -
    copy: - - - => copy - -

    transcode: - copy burn => transcode transcode copy
    none: teleport - ignore => directplay directplay directplay
";

#[test]
fn decisions_by_their_rank() {
    for row in DECISIONS.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (words, expected) = row.split_once(" => ").unwrap();
        let (part, words) = words.split_once(':').unwrap();
        let three = |words: &'static str| words.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
        let item = match words.split_once(';') {
            Some((streams, transcoder)) => worded(part, three(streams), Some(three(transcoder))),
            None => worded(part, three(words), None),
        };
        let (overall, video, audio) = decisions(&one(item));
        let word = |decision: Option<Decision>| decision.map_or("-", Decision::as_str);
        assert_eq!(
            format!("{} {} {}", word(overall), word(video), word(audio)),
            expected,
            "{row}"
        );
    }
    assert_eq!(
        decisions(&one(worded("", ["", "", ""], None))),
        (DIRECT, DIRECT, DIRECT)
    );
    // Nothing is known of an item without media.
    assert_eq!(
        decisions(&one(with(episode(), json!({"Media": null})))),
        (None, None, None)
    );
    assert_eq!(decisions(&one(live())), (DIRECT, DIRECT, DIRECT));
    assert_eq!(decisions(&one(track())), (DIRECT, None, DIRECT));
}

#[test]
fn subtitles() {
    use SubtitleAction::{Burn, Copy, Transcode};
    let cases = [
        (["-", "-", "-"], None, None),
        (
            ["copy", "copy", "-"],
            Some(["copy", "copy", "copy"]),
            Some(Some(Copy)),
        ),
        (["transcode", "copy", "burn"], None, Some(Some(Burn))),
        (["copy", "copy", "copy"], None, Some(Some(Copy))),
        (["copy", "copy", "transcode"], None, Some(Some(Transcode))),
        (
            ["transcode", "copy", "-"],
            Some(["transcode", "copy", "burn"]),
            Some(Some(Burn)),
        ),
        (
            ["copy", "copy", "-"],
            Some(["copy", "copy", "burn-in"]),
            Some(Some(Burn)),
        ),
        // A video transcode without a word on subtitles burns nothing.
        (["transcode", "copy", "-"], Some(["transcode", "copy", "-"]), None),
    ];
    for (streams, transcoder, expected) in cases {
        let s = one(worded("transcode", streams, transcoder));
        assert_eq!(
            s.delivery.subtitle.as_ref().map(|t| t.action),
            expected,
            "{streams:?} {transcoder:?}"
        );
    }
    let mut item = worded("transcode", ["transcode", "copy", "-"], None);
    item["Media"][0]["Part"][0]["Stream"][2]["burn"] = json!("1");
    let subtitle = one(item).delivery.subtitle.clone().unwrap();
    assert_eq!(
        (subtitle.action, subtitle.codec.as_deref()),
        (Some(Burn), Some("srt"))
    );
    // Chosen, but the server does not send it: the player has it in the file.
    let mut item = worded(
        "transcode",
        ["copy", "copy", "ignore"],
        Some(["copy", "copy", "copy"]),
    );
    item["Media"][0]["Part"][0]["Stream"][2]["selected"] = json!(true);
    assert_eq!(one(item).delivery.subtitle.as_ref().map(|t| t.action), Some(None));
    let mut item = episode();
    item["Media"][0]["Part"][0]["Stream"][2]["selected"] = json!(true);
    let s = one(item);
    assert_eq!(s.delivery.subtitle.as_ref().map(|t| t.action), Some(None));
    assert_eq!(s.source.subtitle_codec.as_deref(), Some("srt"));
}

#[test]
fn a_direct_play_describes_its_source() {
    let s = one(episode());
    let (source, delivery) = (&s.source, &s.delivery);
    assert_eq!(
        (source.container.as_deref(), source.bitrate_bps),
        (Some("mkv"), Some(8_000_000))
    );
    assert_eq!(
        (source.video_codec.as_deref(), source.video_resolution.as_deref()),
        (Some("hevc"), Some("1080"))
    );
    assert_eq!(
        (source.dynamic_range.as_deref(), source.subtitle_codec.as_deref()),
        (Some("HDR10"), None)
    );
    assert_eq!(
        (source.audio_codec.as_deref(), source.audio_channels),
        (Some("eac3"), Some(6))
    );
    assert_eq!(
        (delivery.container_decision, delivery.protocol.as_deref()),
        (DIRECT, None)
    );
    assert_eq!(delivery.bitrate_bps, Some(8_000_000));
    assert!(delivery.transcode.is_none() && delivery.subtitle.is_none());
    // A transcoder that stands by is not at work.
    let idle = worded(
        "directplay",
        ["-", "-", "-"],
        Some(["directplay", "directplay", "-"]),
    );
    assert!(one(idle).delivery.transcode.is_none());
}

#[test]
fn a_transcode_describes_its_output() {
    let s = one(transcoded());
    let delivery = &s.delivery;
    let video = delivery.video.as_ref().unwrap();
    assert_eq!(
        (video.codec.as_deref(), video.resolution.as_deref()),
        (Some("h264"), Some("720"))
    );
    assert_eq!((video.width, video.height), (Some(1280), Some(534)));
    let audio = delivery.audio.as_ref().unwrap();
    assert_eq!(
        (audio.codec.as_deref(), audio.channels, audio.language.as_deref()),
        (Some("aac"), Some(2), Some("English"))
    );
    assert_eq!(
        (delivery.container.as_deref(), delivery.protocol.as_deref()),
        (Some("mp4"), Some("dash"))
    );
    assert_eq!(
        (delivery.bitrate_bps, delivery.container_decision),
        (Some(2_000_000), TRANSCODE)
    );

    let source = &s.source;
    assert_eq!((source.container.as_deref(), source.bitrate_bps), (None, None));
    assert_eq!(
        (source.video_codec.as_deref(), source.video_resolution.as_deref()),
        (Some("hevc"), Some("1080"))
    );
    assert_eq!(source.dynamic_range.as_deref(), Some("HDR10"));
    assert_eq!(
        (source.audio_codec.as_deref(), source.audio_channels),
        (Some("eac3"), Some(6))
    );

    let t = delivery.transcode.as_ref().unwrap();
    assert_eq!(
        (t.key.as_deref(), t.speed, t.progress_percent),
        (Some("abc"), Some(4.5), Some(5.3))
    );
    assert_eq!(t.buffer_ahead_ms, Some(24_500));
    assert_eq!(
        (t.hw_requested, t.hw_decode.as_deref(), t.hw_encode.as_deref()),
        (Some(true), None, Some("vaapi"))
    );
    assert_eq!(
        t.reasons,
        [Reason::VideoCodec, Reason::AudioCodec, Reason::Quality]
    );
}

#[test]
fn reasons_need_the_source() {
    let reasons = |s: &Session| s.delivery.transcode.as_ref().map(|t| t.reasons.clone());
    // Nothing but the decision is known before the library was asked.
    let mut blind = with(
        transcoded(),
        json!({"TranscodeSession": {"sourceVideoCodec": "", "sourceAudioCodec": ""}}),
    );
    for stream in 0..2 {
        blind["Media"][0]["Part"][0]["Stream"][stream]["displayTitle"] = json!("");
    }
    assert_eq!(reasons(&one(blind.clone())), Some(vec![Reason::Unknown]));
    let s = Shelf::default().item("6263", "2", &[("861", "4k")]).one(blind);
    assert_eq!(reasons(&s), Some(vec![Reason::Quality]));
    // Live television: `*` is any codec, not another one.
    let any = json!({"TranscodeSession": {
        "videoDecision": "transcode", "audioDecision": "copy", "sourceVideoCodec": "", "videoCodec": "*",
    }});
    assert_eq!(reasons(&one(with(live(), any))), Some(vec![Reason::Unknown]));
    let packed = worded("transcode", ["copy", "copy", "-"], Some(["copy", "copy", "-"]));
    assert_eq!(reasons(&one(packed)), Some(vec![Reason::Container]));
}

#[test]
fn servers_of_2016_describe_the_source_while_converting() {
    let mut item = worded("-", ["-", "-", "-"], Some(["copy", "transcode", "-"]));
    item["Media"][0]["protocol"] = Value::Null;
    item = with(
        item,
        json!({"TranscodeSession": {
            "protocol": "http", "container": "mp4", "videoCodec": "hevc", "audioCodec": "aac", "audioChannels": 2,
        }}),
    );
    let s = one(item);
    assert_eq!(decisions(&s), (TRANSCODE, COPY, TRANSCODE));
    assert_eq!(
        (s.delivery.container.as_deref(), s.delivery.protocol.as_deref()),
        (Some("mp4"), Some("http"))
    );
    assert_eq!(s.delivery.bitrate_bps, None);
    let (video, audio) = (
        s.delivery.video.clone().unwrap(),
        s.delivery.audio.clone().unwrap(),
    );
    assert_eq!(
        (video.codec.as_deref(), video.resolution.as_deref()),
        (Some("hevc"), Some("1080"))
    );
    assert_eq!((audio.codec.as_deref(), audio.channels), (Some("aac"), Some(2)));
    assert_eq!(
        (s.source.audio_codec.as_deref(), s.source.bitrate_bps),
        (Some("eac3"), Some(8_000_000))
    );
    assert_eq!(
        s.delivery.transcode.as_ref().unwrap().reasons,
        [Reason::AudioCodec]
    );
}

#[test]
fn the_selected_version_counts() {
    let mut item = episode();
    let small = item["Media"][0].clone();
    let large = with(
        small.clone(),
        json!({"id": "9", "videoResolution": "4k", "selected": null}),
    );
    item["Media"] = json!([large, small]);
    assert_eq!(one(item.clone()).source.video_resolution.as_deref(), Some("1080"));
    item["Media"][1]["selected"] = json!("0");
    assert_eq!(one(item).source.video_resolution.as_deref(), Some("4k"));
}

#[test]
fn bit_rates() {
    let bps = |media: Value, streams: [Value; 2]| {
        let mut item = transcoded();
        item["Media"][0]["bitrate"] = media;
        for (stream, bitrate) in streams.into_iter().enumerate() {
            item["Media"][0]["Part"][0]["Stream"][stream]["bitrate"] = bitrate;
        }
        one(item).delivery.bitrate_bps
    };
    let unknown = || [Value::Null, Value::Null];
    assert_eq!(bps(json!(2000), unknown()), Some(2_000_000));
    assert_eq!(bps(json!("2000"), unknown()), Some(2_000_000));
    assert_eq!(bps(json!(2_147_483_647), unknown()), None);
    assert_eq!(bps(json!(0), unknown()), None);
    assert_eq!(bps(Value::Null, [json!(1900), json!(100)]), Some(2_000_000));
    assert_eq!(bps(Value::Null, [json!(2_147_483_647), json!(256)]), None);
    let unlimited = one(with(episode(), json!({"Session": {"bandwidth": 10_000_000}})));
    assert_eq!(unlimited.delivery.reserved_bps, None);
}

#[test]
fn transcoder_figures_stay_in_bounds() {
    let figures = |changes: Value| {
        let s = one(with(transcoded(), changes));
        let t = s.delivery.transcode.clone().unwrap();
        (t.speed, t.progress_percent, t.buffer_ahead_ms)
    };
    let cases = [
        (
            json!({"TranscodeSession": {"speed": 0, "progress": -1.0}}),
            (Some(0.0), None, Some(24_500)),
        ),
        (
            json!({"TranscodeSession": {"speed": -2, "progress": 250}}),
            (None, Some(100.0), Some(24_500)),
        ),
        (
            json!({"TranscodeSession": {"speed": "inf", "progress": "nan"}}),
            (None, None, Some(24_500)),
        ),
        (
            json!({"TranscodeSession": {"maxOffsetAvailable": null}}),
            (Some(4.5), Some(5.3), None),
        ),
        (
            json!({"TranscodeSession": {"maxOffsetAvailable": -3}}),
            (Some(4.5), Some(5.3), None),
        ),
        (
            json!({"TranscodeSession": {"maxOffsetAvailable": 1e300}}),
            (Some(4.5), Some(5.3), None),
        ),
        (json!({"viewOffset": 999_000}), (Some(4.5), Some(5.3), Some(0))),
        (json!({"viewOffset": null}), (Some(4.5), Some(5.3), None)),
        (json!({"live": true}), (Some(4.5), Some(5.3), None)),
    ];
    for (changes, expected) in cases {
        assert_eq!(figures(changes.clone()), expected, "{changes}");
    }
}

#[test]
fn dynamic_ranges_of_a_source() {
    let range = |stream: Value| {
        let mut item = episode();
        item["Media"][0]["Part"][0]["Stream"][0] = with(json!({"id": "1", "streamType": 1}), stream);
        one(item).source.dynamic_range.as_deref().map(str::to_owned)
    };
    let cases = [
        (json!({"codec": "hevc", "colorTrc": "smpte2084"}), Some("HDR10")),
        (json!({"codec": "hevc", "colorTrc": "arib-std-b67"}), Some("HLG")),
        (
            json!({"codec": "hevc", "colorTrc": "smpte2084", "DOVIPresent": true}),
            Some("DV"),
        ),
        (
            json!({"codec": "hevc", "displayTitle": "4K DoVi (HEVC Main 10)"}),
            Some("DV"),
        ),
        (json!({"codec": "hevc", "colorTrc": "bt709"}), Some("SDR")),
        (json!({"codec": "hevc", "bitDepth": 10}), Some("SDR")),
        (json!({"codec": "h264"}), Some("SDR")),
        (json!({"codec": "hevc"}), None),
        (json!({}), None),
    ];
    for (stream, expected) in cases {
        assert_eq!(range(stream.clone()).as_deref(), expected, "{stream}");
    }
}

#[test]
fn photos_have_no_streams() {
    let photo = json!({"type": "photo", "duration": null, "Session": null, "Media": [{"container": "jpeg", "width": 4000, "height": 3000, "Part": [{}]}]});
    let s = one(with(episode(), photo));
    assert_eq!(decisions(&s), (DIRECT, None, None));
    assert!(s.delivery.video.is_none() && s.delivery.audio.is_none());
    assert_eq!(s.source.container.as_deref(), Some("jpeg"));
}

/// What repeats the server's words needs them only where ours are others.
#[test]
fn the_servers_own_words_are_kept_where_ours_are_others() {
    let mut item = episode();
    let media = &mut item["Media"][0];
    for (name, word) in [
        ("videoFrameRate", json!("NTSC")),
        ("duration", json!(2_700_001)),
        ("videoResolution", json!("1080p")),
        ("audioCodec", json!("dca-ma")),
        ("videoCodec", json!("*")),
        ("container", json!("mkv")),
    ] {
        media[name] = word;
    }
    media["Part"][0]["container"] = json!("mkv");
    media["Part"][0]["Stream"][1]["codec"] = json!("dca");
    let told = one(item).delivery.told.clone();
    assert_eq!(told.frame_rate.as_deref(), Some("NTSC"));
    assert_eq!(told.duration_ms, Some(2_700_001));
    assert_eq!(told.video_resolution.as_deref(), Some("1080p"));
    assert_eq!(told.audio_codec.as_deref(), Some("dca-ma"));
    assert_eq!(told.video_codec, None, "`*` says nothing");
    assert_eq!(told.container, None, "the same");
    assert_eq!(told.transcoder, None);
}

/// Also where the part says that it is played directly, and whatever we make of it.
#[test]
fn the_words_of_an_attached_transcoder_are_kept() {
    let told = |words| {
        let item = worded("directplay", ["-", "-", "-"], words);
        one(item).delivery.told.transcoder.map(|t| (t.video, t.audio))
    };
    assert_eq!(told(None), None);
    assert_eq!(told(Some(["transcode", "copy", "-"])), Some((TRANSCODE, COPY)));
    assert_eq!(told(Some(["-", "-", "-"])), Some((None, None)));
}
