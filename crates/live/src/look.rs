//! A full look at what plays on one server: whatever is in it runs, whatever is not is over.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use model::{Event, Play, PlayId, PlayTotals, Segment, Session, SessionKey, SourceId, State, Timestamp};

use crate::accrue::{Ledger, Track};
use crate::rules;

/// One look and when it was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    pub(crate) mono_ms: u64,
    /// When the request was sent; whatever a notification said after that is newer than the look.
    pub(crate) asked_mono_ms: u64,
    /// The server was unreachable since the look before.
    pub(crate) after_outage: bool,
}

/// Applies a full look to the open plays of one server.
pub(crate) fn apply(
    source: &SourceId,
    tracks: &mut BTreeMap<SessionKey, Track>,
    sessions: Vec<Session>,
    moment: Moment,
    ledger: &mut Ledger<'_>,
    events: &mut Vec<Event>,
) {
    let mut listed: BTreeMap<SessionKey, Session> = BTreeMap::new();
    for session in sessions {
        // A server that lists a key twice means one playback; the first is as good as the other.
        listed.entry(session.key.clone()).or_insert(session);
    }
    end_absent(tracks, &listed, moment, ledger, events);
    let mut progressed = Vec::new();
    for (key, session) in listed {
        match tracks.entry(key) {
            Entry::Vacant(slot) => {
                let track = begin(source, session, moment.at, moment.mono_ms);
                slot.insert(started(track, moment, ledger, events));
            }
            Entry::Occupied(mut slot)
                if !rules::continues(&slot.get().play, &session, moment.after_outage) =>
            {
                let begun_mono_ms = hand_over(slot.get_mut(), &session, moment, ledger, events);
                let ago_ms = i64::try_from(moment.mono_ms - begun_mono_ms).unwrap_or(0);
                let begun_at =
                    Timestamp::from_millisecond(moment.at.as_millisecond() - ago_ms).unwrap_or(moment.at);
                let track = begin(source, session, begun_at, begun_mono_ms);
                slot.insert(started(track, moment, ledger, events));
            }
            Entry::Occupied(mut slot) => {
                let track = slot.get_mut();
                if update(track, session, moment, ledger) {
                    events.push(Event::PlayChanged(track.play.clone()));
                } else {
                    progressed.push(track.play.clone());
                }
            }
        }
    }
    if !progressed.is_empty() {
        events.push(Event::PlayProgress(progressed.into()));
    }
}

/// Ends every play that a good answer no longer lists.
fn end_absent(
    tracks: &mut BTreeMap<SessionKey, Track>,
    listed: &BTreeMap<SessionKey, Session>,
    moment: Moment,
    ledger: &mut Ledger<'_>,
    events: &mut Vec<Event>,
) {
    tracks.retain(|key, track| {
        let newer_hint =
            track.stop_hint.is_none() && track.hinted_mono_ms.is_some_and(|h| h > moment.asked_mono_ms);
        if listed.contains_key(key) || newer_hint {
            return true;
        }
        events.push(end(track, None, moment.mono_ms, ledger));
        false
    });
}

/// Ends plays of an earlier process that went unseen too long to be the same ones.
pub(crate) fn end_forgotten(
    tracks: &mut BTreeMap<SessionKey, Track>,
    moment: Moment,
    ledger: &mut Ledger<'_>,
    events: &mut Vec<Event>,
) {
    tracks.retain(|_, track| {
        let unseen_ms = moment.at.as_millisecond() - track.play.seen_at.as_millisecond();
        if unseen_ms <= rules::CARRIED_FOR_MS {
            return true;
        }
        events.push(end(track, None, moment.mono_ms, ledger));
        false
    });
}

/// Closes a play: at the notified stop, else at `at`, else at the last moment it was seen.
pub(crate) fn end(
    track: &mut Track,
    at: Option<Timestamp>,
    now_mono_ms: u64,
    ledger: &mut Ledger<'_>,
) -> Event {
    track.count_when_ready(now_mono_ms, true, ledger);
    let play = Arc::make_mut(&mut track.play);
    let ended_at = track.stop_hint.map(|h| h.at).or(at).unwrap_or(play.seen_at);
    // The wall clock may have been set back meanwhile.
    play.ended_at = Some(ended_at.max(play.started_at));
    Event::PlayEnded(track.play.clone())
}

/// One key, another item or client: the old play ends where the new one must have begun. The new position tells how
/// long ago that was, as far back as the last look. Returns that moment.
fn hand_over(
    track: &mut Track,
    next: &Session,
    moment: Moment,
    ledger: &mut Ledger<'_>,
    events: &mut Vec<Event>,
) -> u64 {
    let gap_ms = moment.mono_ms.saturating_sub(track.credited_mono_ms);
    let trusted = !moment.after_outage && track.stop_hint.is_none();
    let ran_ms = match (next.state, next.position_ms) {
        (State::Playing, Some(position)) if trusted && position < gap_ms => position,
        _ => 0,
    };
    let begun_mono_ms = moment.mono_ms - ran_ms;
    let mut ended_at = None;
    if trusted {
        track.credit(begun_mono_ms, ledger);
        let ran_ms = i64::try_from(ran_ms).unwrap_or(0);
        ended_at = Timestamp::from_millisecond(moment.at.as_millisecond() - ran_ms).ok();
    }
    events.push(end(track, ended_at, moment.mono_ms, ledger));
    begun_mono_ms
}

fn begin(source: &SourceId, session: Session, at: Timestamp, mono_ms: u64) -> Track {
    let play = Play {
        id: PlayId::of(source, &session.key, at.as_millisecond()),
        source: source.clone(),
        started_at: at,
        started_position_ms: session.position_ms,
        ended_at: None,
        totals: PlayTotals::default(),
        segments: Arc::new(vec![segment(&session, at)]),
        seen_at: at,
        counted: false,
        session: Arc::new(session),
    };
    Track {
        play: Arc::new(play),
        credited_mono_ms: mono_ms,
        started_mono_ms: mono_ms,
        stop_hint: None,
        hinted_mono_ms: None,
        bit_ms: 0,
    }
}

fn started(mut track: Track, moment: Moment, ledger: &mut Ledger<'_>, events: &mut Vec<Event>) -> Track {
    track.credit(moment.mono_ms, ledger);
    Arc::make_mut(&mut track.play).seen_at = moment.at;
    track.count_when_ready(moment.mono_ms, false, ledger);
    events.push(Event::PlayStarted(track.play.clone()));
    track
}

/// Brings an open play up to date. True if more than progress changed.
fn update(track: &mut Track, mut session: Session, moment: Moment, ledger: &mut Ledger<'_>) -> bool {
    if moment.after_outage {
        track.skip_to(moment.mono_ms);
    }
    if track
        .stop_hint
        .is_some_and(|h| moment.asked_mono_ms > h.mono_ms + rules::STOP_GRACE_MS)
    {
        // Still listed long after the notification: it was resumed, or never stopped. Nobody vouches for the time
        // in between.
        track.stop_hint = None;
        track.skip_to(moment.mono_ms);
    }
    track.credit(moment.mono_ms, ledger);
    let old = track.play.session.clone();
    if track.stop_hint.is_some() {
        session.state = State::Stopped;
    } else if track.hinted_mono_ms.is_some_and(|h| h > moment.asked_mono_ms) {
        session.state = old.state;
        session.position_ms = old.position_ms.or(session.position_ms);
    }
    share_unchanged(&old, &mut session);
    let changed = rules::visibly_changed(&old, &session);
    let play = Arc::make_mut(&mut track.play);
    play.seen_at = moment.at;
    next_segment(play, &session, moment.at);
    play.session = Arc::new(session);
    track.count_when_ready(moment.mono_ms, false, ledger);
    changed
}

/// Lets equal parts share memory with the look before: 500 sessions would otherwise be copied every few seconds.
fn share_unchanged(old: &Session, new: &mut Session) {
    if old.item == new.item {
        new.item = old.item.clone();
    }
    if old.player == new.player {
        new.player = old.player.clone();
    }
    if old.source == new.source {
        new.source = old.source.clone();
    }
    if old.delivery == new.delivery {
        new.delivery = old.delivery.clone();
    }
}

fn next_segment(play: &mut Play, session: &Session, at: Timestamp) {
    let Some(last) = play.segments.last() else { return };
    if !rules::quality_changed(last, &session.delivery) {
        return;
    }
    let mut next = segment(session, at);
    let absorb = rules::segment_is_blank(last) || play.segments.len() >= rules::MAX_SEGMENTS;
    let segments = Arc::make_mut(&mut play.segments);
    if absorb && let Some(last) = segments.last_mut() {
        (next.started_at, next.played_ms) = (last.started_at, last.played_ms);
        *last = next;
    } else {
        segments.push(next);
    }
}

fn segment(session: &Session, at: Timestamp) -> Segment {
    let delivery = &session.delivery;
    Segment {
        started_at: at,
        decision: delivery.decision,
        resolution: delivery.video.as_ref().and_then(|v| v.resolution.clone()),
        bitrate_bps: delivery.bitrate_bps,
        video_codec: delivery.video.as_ref().and_then(|v| v.codec.clone()),
        audio_codec: delivery.audio.as_ref().and_then(|a| a.codec.clone()),
        reasons: delivery
            .transcode
            .as_ref()
            .map(|t| t.reasons.clone())
            .unwrap_or_default(),
        played_ms: 0,
    }
}
