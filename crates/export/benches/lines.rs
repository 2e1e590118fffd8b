//! Points as line protocol, a thousand at a time, on one thread.

use std::borrow::Cow;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use export::sinks::influx::line::encode;
use export::sinks::influx::point::{Field, Point};

/// Points of one iteration.
const POINTS: usize = 1_000;

fn main() {
    divan::main();
}

/// Three whole numbers and a tag, 110 bytes: the most common line of the collectors before us.
#[divan::bench]
fn active_streams(bencher: Bencher<'_, '_>) {
    lines(bencher, &[active_streams_point]);
}

/// Five tags and four numbers, 206 bytes: as in the native schema.
#[divan::bench]
fn native(bencher: Bencher<'_, '_>) {
    lines(bencher, &[native_point]);
}

/// 25 fields, most of them texts, 700 bytes.
#[divan::bench]
fn now_playing(bencher: Bencher<'_, '_>) {
    lines(bencher, &[now_playing_point]);
}

/// Each in turn.
#[divan::bench]
fn mixed(bencher: Bencher<'_, '_>) {
    lines(bencher, &[active_streams_point, native_point, now_playing_point]);
}

/// Every text holds something that is escaped or replaced.
#[divan::bench]
fn awkward(bencher: Bencher<'_, '_>) {
    lines(bencher, &[awkward_point]);
}

fn lines(bencher: Bencher<'_, '_>, kinds: &[fn(usize) -> Point<'static>]) {
    let points: Vec<Point<'_>> = (0..POINTS).map(|n| kinds[n % kinds.len()](n)).collect();
    let mut out = Vec::new();
    let all = |out: &mut Vec<u8>| {
        out.clear();
        black_box(&points)
            .iter()
            .filter(|point| encode(point, out))
            .count()
    };
    assert_eq!(all(&mut out), POINTS);
    let bytes = out.len();
    bencher
        .counter(ItemsCount::new(POINTS))
        .counter(BytesCount::new(bytes))
        .bench_local(|| all(&mut out));
}

fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn at_ns(n: usize) -> i64 {
    1_700_000_000_000_000_000 + int(n) * 1_234_567
}

fn text(value: impl Into<Cow<'static, str>>) -> Field<'static> {
    Field::Text(value.into())
}

fn active_streams_point(n: usize) -> Point<'static> {
    let streams = int(n % 40);
    Point {
        measurement: "active_streams",
        tags: vec![("host", format!("192.168.1.{}", n % 8).into())],
        fields: vec![
            ("active_streams", Field::Int(streams)),
            ("audio_transcodes", Field::Int(streams / 3)),
            ("video_transcodes", Field::Int(streams / 2)),
        ],
        at_ns: at_ns(n),
    }
}

fn native_point(n: usize) -> Point<'static> {
    Point {
        measurement: "media_session",
        tags: vec![
            ("server", "attic".into()),
            ("session", format!("{n}").into()),
            ("user", "somebody".into()),
            ("player", "Living Room".into()),
            ("library", "TV Shows".into()),
        ],
        fields: vec![
            ("played_seconds", Field::Float(16.825 + n as f64)),
            ("progress_ratio", Field::Float(n as f64 / 1_234.0)),
            ("bitrate_bps", Field::Int(8_123_000)),
            ("transcoding", Field::Bool(n.is_multiple_of(2))),
        ],
        at_ns: at_ns(n),
    }
}

fn now_playing_point(n: usize) -> Point<'static> {
    let title = format!("A title of usual length {n}");
    let fields = vec![
        ("audio_codec", text("aac")),
        ("container", text("mkv")),
        ("duration", Field::Float(12.25 + n as f64)),
        ("grandparent_title", text("The Long Running Show")),
        ("index", text("7")),
        ("length_ms", Field::Int(2_820_000)),
        ("media_type", text("TV Show")),
        ("parent_index", text("2")),
        ("parent_title", text("Season 2")),
        ("platform", text("Android")),
        ("player", text("SHIELD Android TV")),
        ("pos_percent", Field::Float(0.1234 + n as f64 / 10_000.0)),
        ("position_ms", text((61_500 + n).to_string())),
        ("resolution", text("1080")),
        ("start_time", Field::Float(1_700_000_010.25)),
        ("status", text("playing")),
        ("stream_title", text(format!("The Long Running Show - {title}"))),
        ("title", text(title)),
        ("transcode_audio", text("DirectPlay")),
        ("transcode_summary", text("V: Yes A: No")),
        ("transcode_video", text("Transcoding")),
        ("user", text("somebody@example.org")),
        ("video_codec", text("h264")),
        ("video_framerate", text("24p")),
        ("year", text("2012")),
    ];
    Point {
        measurement: "now_playing",
        tags: vec![
            ("host", "192.168.1.2".into()),
            ("player_address", format!("192.168.1.{}", n % 200).into()),
            ("session_id", n.to_string().into()),
        ],
        fields,
        at_ns: at_ns(n),
    }
}

fn awkward_point(n: usize) -> Point<'static> {
    Point {
        measurement: "now_playing",
        tags: vec![
            ("player", r"Somebody's \TV\, in = the kitchen ".into()),
            ("library", "Films,\nTV = all".into()),
            ("session_id", n.to_string().into()),
        ],
        fields: vec![
            ("title", text("进击的巨人 \"The Movie\" C:\\media\\\nsecond line")),
            ("user", text("a \"b\" c")),
            ("tiny", Field::Float(1.5e-7 + n as f64 * 1e-9)),
            ("odd", Field::Float(f64::NAN)),
        ],
        at_ns: at_ns(n),
    }
}
