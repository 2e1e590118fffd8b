//! The small decisions, each a pure function with a table of cases in `tests`.

use model::{CounterKey, Delivery, Item, MediaKind, Play, Segment, Session};

/// After a "stopped" notification the server may still list the session for a moment. Looks asked for within this
/// time after the notification do not revive it; later ones do (the notification was wrong, or it was resumed).
pub(crate) const STOP_GRACE_MS: u64 = 2_000;

/// After an outage, the same item on the same client under the same key is the same play unless its position fell
/// back by more than this: then the server restarted and the item was begun anew. Plex reports positions in steps of
/// about 10 s.
pub(crate) const RESTART_REWIND_MS: u64 = 15_000;

/// Plays of a server that has been unreachable for this long are closed at the last moment they were seen. Plex
/// itself forgets a silent player after about 3 minutes.
pub(crate) const OUTAGE_CLOSES_AFTER_MS: u64 = 300_000;

/// A play that an earlier process left open is taken up again only if it was seen within this time: a restart of ours
/// or of the machine. Later, the same key and item are another evening.
pub(crate) const CARRIED_FOR_MS: i64 = 6 * 3_600_000;

/// Segments kept per play; beyond it the last one absorbs further changes.
pub(crate) const MAX_SEGMENTS: usize = 100;

/// A play whose decision or library is still unknown after this long is counted without them.
pub(crate) const COUNT_AFTER_MS: u64 = 15_000;

/// A bit rate counts as another quality when it differs by more than this share of the larger; adaptive streaming
/// wobbles below it all the time.
const BITRATE_STEP: f64 = 0.2;

/// Whether a session in a full look continues an open play under the same key.
///
/// `after_outage`: the server was unreachable since the play was last seen, so keys may have restarted from 1.
pub(crate) fn continues(play: &Play, session: &Session, after_outage: bool) -> bool {
    let old = &play.session;
    let same_client = match (&old.player.machine_id, &session.player.machine_id) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let rewound = match (old.position_ms, session.position_ms) {
        (Some(before), Some(now)) => now.saturating_add(RESTART_REWIND_MS) < before,
        _ => false,
    };
    same_client && same_item(&old.item, &session.item) && !(after_outage && rewound)
}

/// Whether two looks show the same item. Live television goes on as one play while the channel stays, although each
/// programme has its own guid and title.
pub(crate) fn same_item(a: &Item, b: &Item) -> bool {
    if let (Some(x), Some(y)) = (&a.live, &b.live) {
        let known = |c: &model::LiveChannel| c.number.is_some() || c.call_sign.is_some() || c.title.is_some();
        return !(known(x) && known(y)) || x == y;
    }
    if a.live.is_some() != b.live.is_some() {
        return false;
    }
    match (&a.rating_key, &b.rating_key, &a.guid, &b.guid) {
        (Some(x), Some(y), _, _) | (_, _, Some(x), Some(y)) => x == y,
        _ => (a.kind, &a.title, &a.grandparent_title) == (b.kind, &b.title, &b.grandparent_title),
    }
}

/// Whether the item counts as a play: movies, episodes, tracks and live television do; trailers, prerolls, other
/// clips and photos do not.
pub(crate) fn counts(item: &Item) -> bool {
    !item.extra
        && (item.live.is_some()
            || matches!(
                item.kind,
                MediaKind::Movie | MediaKind::Episode | MediaKind::Track
            ))
}

/// What the play's counters are split by, as known now.
pub(crate) fn counter_key(session: &Session) -> CounterKey {
    CounterKey {
        library: session.item.library.clone(),
        user: session.user.as_ref().map(|u| u.name.clone()),
        media: session.item.kind,
        live: session.item.live.is_some(),
        decision: session.delivery.decision,
    }
}

/// Whether the key above will not get better: everything a later look may add is there. Live television belongs to
/// no library.
pub(crate) fn key_is_complete(session: &Session) -> bool {
    session.delivery.decision.is_some() && (session.item.library.is_some() || session.item.live.is_some())
}

/// Whether the delivery is another quality than the segment records.
pub(crate) fn quality_changed(segment: &Segment, delivery: &Delivery) -> bool {
    let video = delivery.video.as_ref();
    let reasons = delivery.transcode.as_ref().map_or(&[][..], |t| &t.reasons);
    let codec_changed =
        |was: &Option<model::Text>, is: Option<&model::Text>| is.is_some() && was.as_ref() != is;
    (delivery.decision.is_some() && segment.decision != delivery.decision)
        || codec_changed(&segment.resolution, video.and_then(|v| v.resolution.as_ref()))
        || codec_changed(&segment.video_codec, video.and_then(|v| v.codec.as_ref()))
        || codec_changed(
            &segment.audio_codec,
            delivery.audio.as_ref().and_then(|a| a.codec.as_ref()),
        )
        || segment.reasons != reasons
        || bitrate_step(segment.bitrate_bps, delivery.bitrate_bps)
}

/// Whether the segment knows so little that it should be completed rather than followed by another: nothing of its
/// quality was known when it began.
pub(crate) fn segment_is_blank(segment: &Segment) -> bool {
    segment.decision.is_none() && segment.resolution.is_none() && segment.audio_codec.is_none()
}

fn bitrate_step(was_bps: Option<u64>, is_bps: Option<u64>) -> bool {
    match (was_bps, is_bps) {
        (Some(a), Some(b)) => a.abs_diff(b) as f64 > BITRATE_STEP * a.max(b) as f64,
        _ => false,
    }
}

/// Whether listeners should be told of more than progress.
pub(crate) fn visibly_changed(old: &Session, new: &Session) -> bool {
    old.state != new.state
        || old.item != new.item
        || old.user != new.user
        || old.player != new.player
        || old.source != new.source
        || old.client_run != new.client_run
        || delivery_changed(&old.delivery, &new.delivery)
}

/// Delivery but for the transcoder's running figures (speed, progress, buffer).
fn delivery_changed(old: &Delivery, new: &Delivery) -> bool {
    let still = |d: &Delivery| {
        let mut d = d.clone();
        if let Some(t) = &mut d.transcode {
            (t.speed, t.progress_percent, t.buffer_ahead_ms) = (None, None, None);
        }
        d
    };
    old != new && still(old) != still(new)
}
