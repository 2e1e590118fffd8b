//! Films and episodes on demand: each session is a feed of its own, with one viewer.

use std::sync::Arc;

use jiff::Timestamp;
use model::iptv::{Channel, Feed, FeedKind, FeedMedia, FeedState, FeedStream, Viewer};
use model::{FeedKey, Text};

use super::super::super::wire::{Content, VodClient, VodContent};
use super::super::{Names, values};

pub(super) fn feed(
    content: &VodContent,
    told: &VodClient,
    names: &Names,
    now: Option<Timestamp>,
) -> Option<Feed> {
    let session = told.client_id.as_ref()?;
    let extras = names.extras().vod.get(session);
    // A session outlives its streams: a player that has read enough closes the stream, and takes no connection.
    let streams = extras.and_then(|extras| extras.streams);
    let is_idle = streams == Some(0);
    let started_at = told.connected_at_s.and_then(values::since_1970);
    let uptime_ms = uptime_ms(started_at, now, told.duration_s);
    let user_id = values::user_id(told.user_id.as_deref());
    let viewer = Viewer {
        client_id: session.clone(),
        user_id,
        user: user_id.and_then(|id| names.user(id)).cloned(),
        address: values::told(told.client_ip.as_ref()),
        user_agent: values::told(told.user_agent.as_ref()),
        worker_id: extras.and_then(|extras| extras.worker_id.clone()),
        connected_at: started_at,
        sent_bytes: told.sent_bytes,
        mean_bps: values::mean_bps(told.sent_bytes, uptime_ms),
        now_bps: None,
    };
    Some(Feed {
        key: FeedKey::new(session.clone()),
        kind: FeedKind::Vod,
        state: Some(if is_idle {
            FeedState::Paused
        } else {
            FeedState::Active
        }),
        channel: Arc::new(channel(content)),
        stream: Arc::new(FeedStream::default()),
        media: Arc::new(FeedMedia::default()),
        profile: super::profile(told.m3u_profile_id).filter(|_| !is_idle),
        programme: None,
        started_at,
        uptime_ms,
        received_bytes: None,
        sent_bytes: told.sent_bytes,
        viewer_count: Some(streams.map_or(1, |streams| values::small(streams).unwrap_or(u32::MAX))),
        viewers: Arc::new(vec![viewer]),
    })
}

/// From a start to now, both by the manager's clock; else what it told in whole seconds.
fn uptime_ms(started_at: Option<Timestamp>, now: Option<Timestamp>, told_s: Option<f64>) -> Option<u64> {
    let exact = started_at
        .zip(now)
        .and_then(|(start, now)| u64::try_from(now.as_millisecond() - start.as_millisecond()).ok());
    exact.or_else(|| told_s.and_then(values::millis))
}

fn channel(content: &VodContent) -> Channel {
    let plain = Channel {
        uuid: content.content_uuid.clone(),
        name: content.content_name.clone(),
        content_type: content.content_type.clone(),
        ..Channel::default()
    };
    let Some(told) = content.metadata.as_deref() else {
        return plain;
    };
    let plain = Channel {
        year: told
            .year
            .and_then(|year| u16::try_from(year).ok())
            .filter(|year| *year > 0),
        duration_ms: told.duration_s.and_then(values::millis).filter(|ms| *ms > 0),
        ..plain
    };
    if told.series_name.is_none() && told.episode_number.is_none() {
        return plain;
    }
    let episode = episode(content.content_name.as_deref(), told);
    Channel {
        name: episode.name.or(plain.name),
        series: told.series_name.clone(),
        season: episode.season,
        episode: episode.number,
        ..plain
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Episode {
    pub(in super::super) name: Option<Text>,
    pub(in super::super) season: Option<u32>,
    pub(in super::super) number: Option<u32>,
}

/// Providers put the show and the number into an episode's name, and Dispatcharr puts the show before that again:
/// `Show - Show - S01E01 - Pilot` is `Pilot`.
pub(in super::super) fn episode(content_name: Option<&str>, told: &Content) -> Episode {
    let mut rest = told
        .episode_name
        .as_deref()
        .or(content_name)
        .unwrap_or_default()
        .trim();
    if let Some(show) = told.series_name.as_deref() {
        while let Some(after) = rest.strip_prefix(show).and_then(after_dash) {
            rest = after;
        }
    }
    let mut marked = None;
    if let Some((season, number, after)) = marker(rest) {
        marked = Some((season, number));
        // An episode without a name is called by its number.
        rest = after_dash(after).unwrap_or(rest);
    }
    let number = |told: Option<u64>, marked: Option<u32>| told.and_then(values::small).or(marked);
    Episode {
        name: (!rest.is_empty()).then(|| rest.into()),
        season: number(told.season_number, marked.map(|(season, _)| season)),
        number: number(told.episode_number, marked.map(|(_, number)| number)),
    }
}

/// What follows a dash between blanks; `None` if nothing does.
fn after_dash(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix(['-', '–', ':'])?.trim_start();
    (!rest.is_empty()).then_some(rest)
}

/// `S01E02 - Name` → 1, 2 and what follows.
fn marker(text: &str) -> Option<(u32, u32, &str)> {
    let (season, rest) = digits(text.strip_prefix(['S', 's'])?)?;
    let (number, rest) = digits(rest.strip_prefix(['E', 'e'])?)?;
    Some((season, number, rest))
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..len].parse().ok()?, &text[len..]))
}
