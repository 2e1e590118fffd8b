//! From a play that is over to the row it becomes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::{
    Decision, Delivery, Item, MediaKind, Network, Origin, Person, Play, Reason, Record, RecordClient,
    RecordItem, RecordKind, Scalar, Session, Text,
};

use super::stream::{Columns, stream_of};

/// Accounts by id, as [`crate::columns::Dims::people`] has them.
type People = HashMap<i64, Person>;

/// Tautulli's section of live television.
pub const LIVE_SECTION: i64 = 999_999;

/// Plex's number of a server's owner, in sessions and in its own history.
const OWNER: i64 = 1;

/// A play that stops this close to the end of the item was seen to the end (Tautulli).
const NEAR_END_MS: i64 = 10_000;

/// The row of a play that is over; `None` for what is never kept: clips, trailers, photos, and items without a key
/// that are no live television.
///
/// `stopped - started - paused` is its length, as everywhere in the history. Time in which we were dead or the server
/// unreachable lies between start and stop and counts as played, because the play went on all the while; our own
/// counters do not credit it.
pub fn record_of(play: &Play, people: &People) -> Option<Record> {
    let session = &*play.session;
    let item = item_of(&session.item)?;
    let (delivery, player) = (&*session.delivery, &*session.player);
    let (user_id, user) = viewer_of(session, people);
    let live = session.item.live.is_some();
    let section_id = session.item.library.as_ref().and_then(|l| number(l.id.as_str()));
    Some(Record {
        server: play.source.clone(),
        origin: Origin::Recorded,
        origin_key: play.id.as_str().into(),
        wanted_id: None,
        started_ms: play.started_at.as_millisecond(),
        stopped_ms: Some(stopped_ms(play)),
        paused_ms: millis(play.totals.paused_ms),
        buffering_ms: millis(play.totals.buffering_ms),
        view_offset_ms: view_offset_ms(session.position_ms, item.duration_ms, live),
        user_id,
        user,
        ip_address: player.address.clone(),
        section_id: if live { Some(LIVE_SECTION) } else { section_id },
        client: Arc::new(client_of(session)),
        stream: Arc::new(stream_of(&session.source, delivery, &reasons_of(play))),
        location: location_of(session),
        secure: player.secure,
        relayed: player.network.map(|n| n == Network::Relay),
        bandwidth_kbps: delivery
            .reserved_bps
            .and_then(|bps| i64::try_from(bps / 1000).ok()),
        quality_profile: quality_profile_of(delivery),
        bytes: play.totals.estimated_bytes,
        segments: (*play.segments).clone(),
        item: Arc::new(item),
    })
}

/// Never before the start, nor so early that the time we saw would not fit: the wall clock may have been set back.
fn stopped_ms(play: &Play) -> i64 {
    let totals = play.totals;
    let seen_ms = totals.played_ms + totals.paused_ms + totals.buffering_ms;
    let earliest = play.started_at.as_millisecond() + i64::try_from(seen_ms).unwrap_or(0);
    let ended_at = play.ended_at.unwrap_or(play.seen_at);
    ended_at.as_millisecond().max(earliest)
}

fn view_offset_ms(position_ms: Option<u64>, duration_ms: Option<i64>, live: bool) -> Option<i64> {
    let position = millis(position_ms?)?;
    match duration_ms.filter(|d| *d > 0 && !live) {
        Some(duration) if position >= duration - NEAR_END_MS => Some(duration),
        _ => Some(position),
    }
}

fn item_of(item: &Item) -> Option<RecordItem> {
    let live = item.live.is_some();
    if item.extra && !live {
        return None;
    }
    let kind = match item.kind {
        MediaKind::Movie => RecordKind::Movie,
        MediaKind::Episode => RecordKind::Episode,
        MediaKind::Track => RecordKind::Track,
        // Without a guide live television says it is a clip.
        MediaKind::Clip | MediaKind::Other if live => RecordKind::Movie,
        MediaKind::Clip | MediaKind::Photo | MediaKind::Other => return None,
    };
    let key = |text: &Option<Text>| text.as_deref().and_then(number);
    let rating_key = key(&item.rating_key);
    if rating_key.is_none() && !live {
        return None;
    }
    let details = &item.details;
    Some(RecordItem {
        kind,
        live,
        rating_key,
        parent_rating_key: key(&details.parent_rating_key),
        grandparent_rating_key: key(&details.grandparent_rating_key),
        guid: item.guid.clone(),
        title: item.title.clone(),
        parent_title: item.parent_title.clone(),
        grandparent_title: item.grandparent_title.clone(),
        original_title: item.original_title.clone(),
        full_title: full_title(kind, item),
        media_index: item.index.map(i64::from),
        parent_media_index: item.parent_index.map(i64::from),
        year: item.year.map(i64::from),
        duration_ms: item.duration_ms.and_then(millis),
        thumb: details.thumb.clone().or_else(|| item.thumb.clone()),
        originally_available_at: details.originally_available_at.clone(),
        marker_credits_first_ms: None,
        marker_credits_final_ms: None,
        extra: extra_of(item),
    })
}

fn extra_of(item: &Item) -> model::Fields {
    let mut columns = Columns::default();
    let details = &item.details;
    columns.text("parent_thumb", details.parent_thumb.as_ref());
    columns.text("grandparent_thumb", details.grandparent_thumb.as_ref());
    columns.text("art", details.art.as_ref());
    columns.text("content_rating", details.content_rating.as_ref());
    columns.text("studio", details.studio.as_ref());
    columns.int("added_at", details.added_at_s);
    if let Some(channel) = &item.live {
        columns.text("channel_call_sign", channel.call_sign.as_ref());
        columns.text("channel_title", channel.title.as_ref());
        columns.text("channel_vcn", channel.number.as_ref());
        columns.text("channel_identifier", channel.number.as_ref());
    }
    columns.0
}

/// `Show - Episode`, `Artist - Track`, else the title; of live television without a guide, the channel.
fn full_title(kind: RecordKind, item: &Item) -> Text {
    let own = item.title.clone().unwrap_or_else(|| {
        let channel = item.live.as_ref();
        let name = channel.and_then(|c| c.title.clone().or_else(|| c.call_sign.clone()));
        name.unwrap_or_else(|| "".into())
    });
    match (&item.grandparent_title, kind) {
        (Some(above), RecordKind::Episode | RecordKind::Track) => format!("{above} - {own}").into(),
        _ => own,
    }
}

fn client_of(session: &Session) -> RecordClient {
    let player = &*session.player;
    RecordClient {
        machine_id: player.machine_id.clone(),
        player: player.title.clone(),
        product: player.product.clone(),
        product_version: player.version.clone(),
        platform: player.platform.clone(),
        platform_version: None,
        profile: None,
    }
}

/// `lan`, `wan` or `cellular`, as told.
fn location_of(session: &Session) -> Option<Text> {
    let player = &*session.player;
    let by_network = player.network.map(|network| match network {
        Network::Lan => "lan",
        Network::Wan | Network::Relay => "wan",
        Network::Cellular => "cellular",
    });
    player.location.clone().or_else(|| by_network.map(Into::into))
}

/// Every reason the play was ever transcoded for: the last look alone may show an untouched file.
fn reasons_of(play: &Play) -> Vec<Reason> {
    let current = play.session.delivery.transcode.iter().flat_map(|t| &t.reasons);
    let all: BTreeSet<Reason> = play
        .segments
        .iter()
        .flat_map(|s| &s.reasons)
        .chain(current)
        .copied()
        .collect();
    all.into_iter().collect()
}

/// What the player asked for is known only where nothing was converted.
fn quality_profile_of(delivery: &Delivery) -> Option<Text> {
    let video = delivery.video.as_ref().map(|v| v.decision);
    let sent_as_it_is = match (delivery.decision?, video) {
        (Decision::DirectPlay | Decision::Copy, _) => true,
        (Decision::Transcode, Some(decision)) => {
            matches!(decision, Some(Decision::Copy | Decision::DirectPlay))
        }
        (Decision::Transcode, None) => false,
    };
    sent_as_it_is.then(|| "Original".into())
}

fn viewer_of(session: &Session, people: &People) -> (Option<i64>, Option<Text>) {
    let Some(user) = &session.user else {
        return (None, None);
    };
    let told = user.id.as_deref().and_then(number);
    (user_id(told, Some(&user.name), people), Some(user.name.clone()))
}

/// The plex.tv id of a viewer. Plex calls a server's owner 1: that is the only administrator known, or the one of the
/// same name, or anyone of the same name. Who is told without a number is known by name alone.
pub(crate) fn user_id(told: Option<i64>, name: Option<&str>, people: &People) -> Option<i64> {
    let told = match told {
        Some(OWNER) => OWNER,
        Some(other) => return Some(other),
        None => return same_name(name, people.values()).map(|p| p.user_id),
    };
    let admins = || people.values().filter(|p| is_admin(p) && p.user_id > OWNER);
    let mut all = admins();
    let only = match (all.next(), all.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    let known = same_name(name, admins())
        .or(only)
        .or_else(|| same_name(name, people.values()));
    Some(known.map_or(told, |p| p.user_id))
}

/// The lowest id of those called so, whatever the case.
fn same_name<'a>(name: Option<&str>, people: impl Iterator<Item = &'a Person>) -> Option<&'a Person> {
    let name = name?.to_lowercase();
    people
        .filter(|p| p.username.as_deref().is_some_and(|n| n.to_lowercase() == name))
        .min_by_key(|p| p.user_id)
}

fn is_admin(person: &Person) -> bool {
    match person.fields.get("is_admin") {
        Some(Scalar::Int(n)) => *n == 1,
        Some(Scalar::Text(text)) => &**text == "1",
        None => false,
    }
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|n| *n >= 0)
}

fn millis(ms: u64) -> Option<i64> {
    i64::try_from(ms).ok()
}
