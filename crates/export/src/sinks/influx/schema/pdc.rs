//! As the two generations of Plex-Data-Collector-For-InfluxDB write.

use std::borrow::Cow;

use model::{Library, Play};

use super::super::point::Point;
use super::Input;
use super::collectors::{self, Fields, Host, Words, text};
use crate::mask::Masker;
use crate::sinks::Addition;

/// The one library whose seasons and episodes they count.
const TV_SHOWS: &str = "TV Shows";

pub(super) fn of_2017<'a>(input: &Input<'a>) -> Vec<Point<'a>> {
    let hosts = collectors::hosts(input, collectors::address);
    let mut points = Vec::new();
    both(input, &hosts, now_playing_2017, &mut points);
    points
}

pub(super) fn of_2018<'a>(input: &Input<'a>) -> Vec<Point<'a>> {
    let hosts = collectors::hosts(input, collectors::base_url);
    let mut points = Vec::new();
    for host in &hosts {
        let additions = input.additions.iter().filter(|a| a.server == host.server.id);
        points.extend(additions.map(|addition| recently_added(input, host, addition)));
    }
    both(input, &hosts, now_playing_2018, &mut points);
    points
}

type NowPlaying = for<'a> fn(&Input<'a>, &Host<'a>, &'a Play) -> Point<'a>;

fn both<'a>(input: &Input<'a>, hosts: &[Host<'a>], now_playing: NowPlaying, points: &mut Vec<Point<'a>>) {
    let has_episodes = |library: &Library| *library.title == *TV_SHOWS;
    collectors::libraries(input, hosts, has_episodes, points);
    for host in hosts {
        let Some(plays) = &host.plays else { continue };
        let mut fields = Fields::new(input, 1);
        fields.int("active_streams", plays.len() as u64);
        points.push(fields.point(input, "active_streams", vec![("host", host.name.clone())]));
        points.extend(plays.iter().map(|play| now_playing(input, host, play)));
    }
    points.extend(collectors::all_streams(input, hosts));
}

fn now_playing_2017<'a>(input: &Input<'a>, host: &Host<'a>, play: &'a Play) -> Point<'a> {
    let words = Words::new(input, play);
    let mut fields = Fields::new(input, 6);
    fields.float("duration", collectors::age_s(input, play));
    fields.text("media_type", words.media_type());
    fields.text("player", words.player());
    fields.text(
        "resolution",
        match words.resolution() {
            _ if words.is_music() => words.bit_rate("Kbps"),
            "" => Cow::Borrowed(""),
            // Whatever the word: a picture of 4k is `4kp`.
            word => Cow::Owned(format!("{word}p")),
        },
    );
    fields.text("stream_title", words.full_title());
    fields.text("user", words.user());
    let tags = words.tags(host, words.session.key.as_str());
    fields.point(input, "now_playing", tags)
}

fn now_playing_2018<'a>(input: &Input<'a>, host: &Host<'a>, play: &'a Play) -> Point<'a> {
    let words = Words::new(input, play);
    let mut fields = Fields::new(input, 8);
    fields.float("duration", collectors::age_s(input, play));
    fields.text("media_type", words.media_type());
    // A transcoder that only copies counts too.
    let has_transcoder = words.told().transcoder.is_some();
    fields.text("playback", if has_transcoder { "transcode" } else { "direct" });
    fields.text("player", words.player());
    fields.text(
        "resolution",
        if words.is_music() {
            words.bit_rate("Kbps")
        } else {
            words.resolution().into()
        },
    );
    fields.text("state", words.state(""));
    fields.text("stream_title", words.full_title());
    fields.text("user", words.user());
    let run = words.session.client_run.as_deref();
    let tags = words.tags(host, run.unwrap_or(words.session.key.as_str()));
    fields.point(input, "now_playing", tags)
}

fn recently_added<'a>(input: &Input<'a>, host: &Host<'a>, addition: &'a Addition) -> Point<'a> {
    let mask = Masker::new(input.options);
    let title = |title| mask.title(text(title)).as_str().to_owned();
    let above = title(addition.grandparent_title.as_ref());
    let title = title(addition.title.as_ref());
    let mut fields = Fields::new(input, 3);
    // The collector wrote local time under the sign of UTC; this is UTC.
    let added_at = addition
        .added_at
        .map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    fields.text("added_at", added_at);
    fields.text("media_type", capitalised(&addition.kind));
    let full_title = if above.is_empty() {
        title
    } else {
        format!("{above} - {title}")
    };
    fields.text("title", full_title);
    fields.point(input, "recently_added", vec![("host", host.name.clone())])
}

/// `movie` as `Movie`.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
