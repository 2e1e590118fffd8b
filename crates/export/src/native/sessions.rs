//! Open sessions by what they have in common: bounded labels only.

use std::collections::BTreeMap;

use model::{Decision, Delivery, MediaKind, Network, Play, Reason, State, Transcode};

use super::{LIVE, bytes_per_second, decision, has_plays, network};
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{Value, label_set};
use crate::view::View;

pub(crate) const FAMILIES: &[Family] = &[
    Family::gauge(
        "media_sessions",
        "Open sessions by library, media type, decision, state and network. Only combinations that exist; \
         media_server_sessions is 0 when there are none.",
        Collect::Custom(
            label_set![
                "server",
                "library_id",
                "library",
                "media_type",
                "decision",
                "state",
                "network"
            ],
            sessions,
        ),
    ),
    Family::gauge(
        "media_transcode_sessions",
        "Open sessions being transcoded, by the streams converted and by what the hardware does of it.",
        Collect::Custom(label_set!["server", "streams", "hardware"], transcodes),
    ),
    Family::gauge(
        "media_transcode_reasons",
        "Open sessions being transcoded, by reason. A session with two reasons counts in both.",
        Collect::Custom(label_set!["server", "reason"], reasons),
    ),
    Family::gauge(
        "media_transcode_throttled_sessions",
        "Open transcodes that rest because enough is ready.",
        Collect::Server(|s| count_transcodes(s, |t| t.throttled == Some(true))),
    ),
    Family::gauge(
        "media_transcode_slow_sessions",
        "Open transcodes slower than real time that neither rest nor are complete: their viewers will wait.",
        Collect::Server(|s| count_transcodes(s, is_slow)),
    ),
    Family::gauge(
        "media_reserved_bytes_per_second",
        "Bandwidth the server reserved for open sessions, by network. Not what flowed.",
        Collect::Custom(label_set!["server", "network"], |view, samples| {
            by_network(view, samples, |p| p.session.delivery.reserved_bps);
        }),
    )
    .unit_is("bytes_per_second"),
    Family::gauge(
        "media_stream_bytes_per_second",
        "Bit rate of what is delivered to sessions that are playing, by network.",
        Collect::Custom(label_set!["server", "network"], |view, samples| {
            by_network(view, samples, |p| {
                p.session
                    .delivery
                    .bitrate_bps
                    .filter(|_| p.state() == State::Playing)
            });
        }),
    )
    .unit_is("bytes_per_second"),
];

fn sessions(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let mut all: Vec<_> = server.plays.iter().map(|p| common(p)).collect();
        all.sort_unstable();
        for same in all.chunk_by(|a, b| a == b) {
            let (of, decided, state, place, library_id, library) = same[0];
            let of = of.map_or(LIVE, MediaKind::as_str);
            let labels = [
                server.id,
                library_id,
                library,
                of,
                decision(decided),
                state.as_str(),
                network(place),
            ];
            samples(&labels, same.len().into());
        }
    }
}

/// The media kind if it is not live television, decision, state, network, library id and title: what is cheap to
/// compare stands first.
type Common<'a> = (
    Option<MediaKind>,
    Option<Decision>,
    State,
    Option<Network>,
    &'a str,
    &'a str,
);

fn common(play: &Play) -> Common<'_> {
    let session = &*play.session;
    let library = session.item.library.as_ref();
    (
        session.item.live.is_none().then_some(session.item.kind),
        session.delivery.decision,
        play.state(),
        session.player.network,
        library.map_or("", |l| l.id.as_str()),
        library.map_or("", |l| &l.title),
    )
}

/// What the transcoder does, if the session is transcoded at all.
fn transcode_of(delivery: &Delivery) -> Option<&Transcode> {
    delivery
        .transcode
        .as_ref()
        .filter(|_| delivery.decision == Some(Decision::Transcode))
}

fn transcodes(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for play in &server.plays {
            let delivery = &*play.session.delivery;
            if delivery.decision == Some(Decision::Transcode) {
                let hardware = delivery.transcode.as_ref().map_or("none", hardware);
                *counts
                    .entry((streams(delivery).unwrap_or("other"), hardware))
                    .or_default() += 1;
            }
        }
        for ((streams, hardware), count) in counts {
            samples(&[server.id, streams, hardware], Value::Int(count));
        }
    }
}

/// Which of video and audio are converted, not merely copied.
pub(crate) fn streams(delivery: &Delivery) -> Option<&'static str> {
    let converted = |d: Option<Decision>| d == Some(Decision::Transcode);
    let video = converted(delivery.video.as_ref().and_then(|v| v.decision));
    let audio = converted(delivery.audio.as_ref().and_then(|a| a.decision));
    match (video, audio) {
        (true, true) => Some("both"),
        (true, false) => Some("video"),
        (false, true) => Some("audio"),
        (false, false) => None,
    }
}

fn hardware(t: &Transcode) -> &'static str {
    match (t.hw_decode.is_some(), t.hw_encode.is_some()) {
        (true, true) => "both",
        (true, false) => "decode",
        (false, true) => "encode",
        (false, false) => "none",
    }
}

fn reasons(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in view
        .servers
        .iter()
        .filter(|s| s.snapshot.last_success_at.is_some() && has_plays(s.snapshot))
    {
        let mut counts = [0_u64; Reason::ALL.len()];
        for transcode in server
            .plays
            .iter()
            .filter_map(|p| transcode_of(&p.session.delivery))
        {
            for (reason, count) in Reason::ALL.iter().zip(&mut counts) {
                *count += u64::from(transcode.reasons.contains(reason));
            }
        }
        for (reason, count) in Reason::ALL.iter().zip(counts) {
            samples(&[server.id, reason.as_str()], Value::Int(count));
        }
    }
}

fn is_slow(t: &Transcode) -> bool {
    t.speed.is_some_and(|s| s < 1.0) && t.throttled != Some(true) && t.complete != Some(true)
}

fn count_transcodes(server: &model::ServerSnapshot, which: fn(&Transcode) -> bool) -> Option<Value> {
    server.last_success_at.filter(|_| has_plays(server))?;
    let transcodes = server
        .plays
        .iter()
        .filter_map(|p| transcode_of(&p.session.delivery));
    Some(transcodes.filter(|t| which(t)).count().into())
}

fn by_network(view: &View<'_>, samples: &mut Samples<'_>, bps: fn(&Play) -> Option<u64>) {
    for server in view
        .servers
        .iter()
        .filter(|s| s.snapshot.last_success_at.is_some() && has_plays(s.snapshot))
    {
        let mut sums = BTreeMap::from([(Some(Network::Lan), 0_u64), (Some(Network::Wan), 0)]);
        for play in &server.plays {
            if let Some(bps) = bps(play) {
                let sum = sums.entry(play.session.player.network).or_default();
                *sum = sum.saturating_add(bps);
            }
        }
        for (place, bps) in sums {
            samples(&[server.id, network(place)], bytes_per_second(bps));
        }
    }
}
