//! `/status/sessions` and the items that complete it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use model::{
    Decision, Item, ItemDetails, LibraryId, LibraryKind, LibraryRef, LiveChannel, MediaKind, Network, Player,
    Session, SessionKey, SourceMedia, State, Text, User,
};

use super::super::decode::{Answer, Cx, DecodeError, Decoded, Str};
use super::super::wire::item;
use super::delivery::Chosen;
use super::{ItemMetadata, Known, Lookup, MappedSessions, Version, source, text};

/// A good answer to `/status/sessions`. A list without rows is a good answer too: nothing plays.
///
/// A session that names no key gets one from its player and item; only one that nothing identifies is dropped.
/// Of two sessions with one key the first counts.
pub(in crate::plex) fn sessions(
    body: &[u8],
    known: &Known<'_>,
) -> Result<Decoded<MappedSessions>, DecodeError> {
    let answer = Answer::new(body)?;
    let (container, mut cx) = answer.container::<item::Container<'_>>()?;
    let mut mapped = MappedSessions {
        sessions: Vec::with_capacity(container.items.len()),
        lookups: Vec::new(),
    };
    let mut seen = HashSet::with_capacity(container.items.len());
    // Each row's memory is free for the sessions after it.
    for (index, item) in container.items.into_iter().enumerate() {
        let Some(key) = session_key(&item, index, &mut cx) else {
            continue;
        };
        if !seen.insert(key.clone()) {
            cx.note_at("Metadata", index, "a session of this key is listed already");
            continue;
        }
        let (session, needs_lookup) = session(&item, key, known);
        let rating_key = session.item.rating_key.as_ref().filter(|_| needs_lookup);
        if let Some(rating_key) = rating_key
            && !mapped.lookups.iter().any(|l| l.rating_key == *rating_key)
        {
            mapped.lookups.push(Lookup {
                rating_key: rating_key.clone(),
            });
        }
        mapped.sessions.push(session);
    }
    Ok(Decoded::new(mapped, cx))
}

/// What the library says of items, by rating key.
pub(in crate::plex) fn metadata(body: &[u8]) -> Result<Decoded<Vec<(Text, ItemMetadata)>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (container, mut cx) = answer.container::<item::Container<'_>>()?;
    let mut found = Vec::with_capacity(container.items.len());
    for (index, item) in container.items.iter().enumerate() {
        let Some(rating_key) = text(&item.rating_key) else {
            cx.note_at("Metadata", index, "an item without ratingKey");
            continue;
        };
        let versions = item.media.iter().map(|m| Version {
            media_id: text(&m.id),
            source: source::version(m),
        });
        let library_id = real_library(item.library_id.as_deref().or(container.library_id.as_deref()));
        found.push((
            rating_key,
            ItemMetadata {
                library_id: library_id.map(LibraryId::from),
                versions: versions.collect(),
            },
        ));
    }
    Ok(Decoded::new(found, cx))
}

fn session_key(item: &item::Item<'_>, index: usize, cx: &mut Cx) -> Option<SessionKey> {
    if let Some(key) = item.session_key.as_deref() {
        return Some(SessionKey::from(key));
    }
    let client = item.player.as_ref().and_then(|p| p.machine_id.as_deref());
    let run = item.session.as_ref().and_then(|s| s.id.as_deref());
    let what = item.rating_key.as_deref().or(item.key.as_deref());
    if client.is_none() && run.is_none() && what.is_none() {
        cx.note_at(
            "Metadata",
            index,
            "a session that nothing identifies was left out",
        );
        return None;
    }
    cx.note_at(
        "Metadata",
        index,
        "no sessionKey; named by player and item instead",
    );
    // The prefix keeps it apart from real keys, which are plain numbers.
    let (client, what) = (client.or(run).unwrap_or_default(), what.unwrap_or_default());
    Some(SessionKey::new(format!("unkeyed-{client}-{what}")))
}

/// The session, and whether the library should be asked about its item.
fn session(item: &item::Item<'_>, key: SessionKey, known: &Known<'_>) -> (Session, bool) {
    let kind = media_kind(item);
    let live = live_channel(item);
    let looked_up = item.rating_key.as_deref().and_then(|key| known.metadata.get(key));
    let extra = live.is_none() && is_extra(item, kind);

    let chosen = Chosen::of(item, kind, live.is_some());
    let decisions = chosen.decisions();
    let in_library = looked_up.and_then(|m| version_played(m, chosen.media));
    let source = source::source(&chosen, decisions, in_library);
    let delivery = chosen.delivery(decisions, &source);

    // Live television has no item, and what is in no library cannot be completed by it. Of a converted item
    // only the library knows the source's container and bit rate.
    let can_ask = live.is_none() && !extra && looked_up.is_none() && is_number(item.rating_key.as_deref());
    let is_converted = decisions.overall.is_some_and(|d| d != Decision::DirectPlay);
    let needs_lookup = can_ask && (item.library_id.is_none() || is_converted);

    let player = item.player.as_deref();
    let session = Session {
        key,
        client_run: item.session.as_ref().and_then(|s| text(&s.id)),
        state: player.map_or(State::Unknown, state),
        position_ms: item.view_offset_ms,
        item: Arc::new(Item {
            library: if live.is_some() {
                None
            } else {
                library(item, kind, looked_up, known)
            },
            live,
            extra,
            ..described(item, kind)
        }),
        user: item.user.as_deref().and_then(user),
        player: Arc::new(self::player(player, item.session.as_deref())),
        source: Arc::new(source),
        delivery: Arc::new(delivery),
    };
    (session, needs_lookup)
}

fn described(item: &item::Item<'_>, kind: MediaKind) -> Item {
    let number = |n: Option<u64>| n.and_then(|n| u32::try_from(n).ok());
    let poster = match kind {
        MediaKind::Episode => [&item.grandparent_thumb, &item.parent_thumb, &item.thumb],
        _ => [&item.thumb, &item.parent_thumb, &item.grandparent_thumb],
    };
    Item {
        rating_key: text(&item.rating_key),
        guid: text(&item.guid),
        kind,
        title: text(&item.title),
        parent_title: text(&item.parent_title),
        grandparent_title: text(&item.grandparent_title),
        original_title: text(&item.original_title),
        index: number(item.index),
        parent_index: number(item.parent_index),
        year: item.year.filter(|y| *y > 0).and_then(|y| u16::try_from(y).ok()),
        duration_ms: item.duration_ms.filter(|ms| *ms > 0),
        library: None,
        thumb: poster
            .into_iter()
            .flatten()
            .find(|p| is_server_path(p))
            .map(|p| Text::from(&**p)),
        live: None,
        extra: false,
        details: details(item),
    }
}

fn details(item: &item::Item<'_>) -> ItemDetails {
    let picture = |field: &Str<'_>| field.as_deref().filter(|p| is_server_path(p)).map(Text::from);
    ItemDetails {
        parent_rating_key: text(&item.parent_rating_key),
        grandparent_rating_key: text(&item.grandparent_rating_key),
        thumb: picture(&item.thumb),
        parent_thumb: picture(&item.parent_thumb),
        grandparent_thumb: picture(&item.grandparent_thumb),
        art: picture(&item.art),
        content_rating: text(&item.content_rating),
        studio: text(&item.studio),
        originally_available_at: text(&item.originally_available_at),
        added_at_s: item.added_at_s.filter(|s| *s > 0),
    }
}

/// A path on the server, without a token in it. Guides name posters elsewhere by whole URLs.
fn is_server_path(thumb: &str) -> bool {
    thumb.starts_with('/') && !thumb.starts_with("//") && !thumb.to_ascii_lowercase().contains("token")
}

fn media_kind(item: &item::Item<'_>) -> MediaKind {
    match item.kind.as_deref() {
        Some("movie") => MediaKind::Movie,
        Some("episode") => MediaKind::Episode,
        Some("track") => MediaKind::Track,
        Some("clip") => MediaKind::Clip,
        Some("photo") => MediaKind::Photo,
        _ => MediaKind::Other,
    }
}

/// Live television is flagged, or known by its key, or by where its media comes from; the type says nothing: with
/// guide data it is `episode` or `movie`, without `clip`.
fn live_channel(item: &item::Item<'_>) -> Option<LiveChannel> {
    let is_live = item.live == Some(true)
        || item.key.as_deref().is_some_and(|k| k.starts_with("/livetv/"))
        || item.media.iter().any(|m| m.origin.as_deref() == Some("livetv"));
    let of_media = |field: fn(&item::Media<'_>) -> Option<Text>| item.media.iter().find_map(field);
    is_live.then(|| LiveChannel {
        call_sign: of_media(|m| text(&m.channel_call_sign)).or_else(|| text(&item.channel_call_sign)),
        title: of_media(|m| text(&m.channel_title)).or_else(|| text(&item.channel_title)),
        number: of_media(|m| text(&m.channel_number)).or_else(|| text(&item.channel_number)),
    })
}

/// What is shown but no play of its own.
///
/// * Prerolls: library −2, or a guid of their own.
/// * Trailers and other extras: clips that are marked as an extra, or that belong to no library. A clip of a
///   photo library has one and counts.
/// * Theme music: tracks with a guid of the library itself, or without any album or artist.
fn is_extra(item: &item::Item<'_>, kind: MediaKind) -> bool {
    let guid = item.guid.as_deref().unwrap_or_default();
    if item.library_id.as_deref() == Some("-2") || guid.starts_with("analyzed.prerolls://") {
        return true;
    }
    match kind {
        MediaKind::Clip => {
            item.extra_type.is_some()
                || item.subtype.as_deref().is_some_and(|s| s != "clip")
                || real_library(item.library_id.as_deref()).is_none()
        }
        MediaKind::Track => {
            let parents = [
                &item.parent_title,
                &item.grandparent_title,
                &item.parent_rating_key,
                &item.grandparent_rating_key,
            ];
            guid.starts_with("library://") || parents.iter().all(|p| p.is_none())
        }
        _ => false,
    }
}

/// Ids of libraries are positive numbers; −2 and the like mark items outside of all libraries.
fn real_library(id: Option<&str>) -> Option<&str> {
    id.filter(|id| is_number(Some(id)))
}

fn is_number(key: Option<&str>) -> bool {
    key.is_some_and(|k| !k.is_empty() && k.bytes().all(|b| b.is_ascii_digit()))
}

/// The library as listed; else as the session names it, its kind guessed from the item.
fn library(
    item: &item::Item<'_>,
    kind: MediaKind,
    looked_up: Option<&ItemMetadata>,
    known: &Known<'_>,
) -> Option<LibraryRef> {
    let id = match item.library_id.as_deref() {
        Some(id) => LibraryId::from(real_library(Some(id))?),
        None => looked_up?.library_id.clone()?,
    };
    if let Some(library) = known.libraries.get(&id) {
        return Some(library.clone());
    }
    let kind = match kind {
        MediaKind::Movie => LibraryKind::Movie,
        MediaKind::Episode => LibraryKind::Show,
        MediaKind::Track => LibraryKind::Artist,
        MediaKind::Photo => LibraryKind::Photo,
        MediaKind::Clip | MediaKind::Other => LibraryKind::Other,
    };
    Some(LibraryRef {
        id,
        title: text(&item.library_title)?,
        kind,
    })
}

/// Which version of an item plays: the one of the same id; the only one; else nobody knows.
fn version_played<'m>(
    metadata: &'m ItemMetadata,
    media: Option<&item::Media<'_>>,
) -> Option<&'m SourceMedia> {
    let id = media.and_then(|m| m.id.as_deref());
    let same = metadata
        .versions
        .iter()
        .find(|v| id.is_some() && v.media_id.as_deref() == id);
    same.or(match metadata.versions.as_slice() {
        [only] => Some(only),
        _ => None,
    })
    .map(|v| &v.source)
}

fn state(player: &item::Player<'_>) -> State {
    match player.state.as_deref() {
        Some("playing") => State::Playing,
        Some("paused") => State::Paused,
        Some("buffering") => State::Buffering,
        Some("stopped") => State::Stopped,
        _ => State::Unknown,
    }
}

/// Nobody, if the element is empty: DLNA, players in networks that need no sign-in.
fn user(user: &item::User<'_>) -> Option<User> {
    let id = text(&user.id);
    let name = text(&user.title).or_else(|| id.clone())?;
    Some(User { id, name })
}

fn player(player: Option<&item::Player<'_>>, run: Option<&item::ClientRun<'_>>) -> Player {
    let location = run.and_then(|r| text(&r.location));
    let Some(p) = player else {
        let network = location.as_deref().and_then(network_of_location);
        return Player {
            location,
            network,
            ..Player::default()
        };
    };
    // Browsers send what the web app was bundled with instead of a model.
    let model = p.model.as_deref().filter(|m| !matches!(*m, "bundled" | "hosted"));
    let address = p.address.as_deref().map(plain_address);
    Player {
        machine_id: text(&p.machine_id),
        title: text(&p.title),
        product: text(&p.product),
        platform: text(&p.platform),
        device: text(&p.device).or_else(|| model.map(Text::from)),
        version: text(&p.version),
        address: address.map(Text::from),
        local: p.local,
        secure: p.secure,
        network: network(p, location.as_deref(), address),
        location,
    }
}

/// IPv4 addresses come in IPv6 clothes from servers that listen on both.
fn plain_address(address: &str) -> &str {
    address
        .strip_prefix("::ffff:")
        .filter(|a| a.parse::<std::net::Ipv4Addr>().is_ok())
        .unwrap_or(address)
}

/// A relayed session says so; servers before that flag show the relay's end on themselves (wan, public address
/// 127.0.0.1). Else what the server used for its limits; else its word on `local`; else the address.
fn network(p: &item::Player<'_>, location: Option<&str>, address: Option<&str>) -> Option<Network> {
    let is_old_relay = p.relayed.is_none()
        && location == Some("wan")
        && p.remote_public_address.as_deref() == Some("127.0.0.1");
    if p.relayed == Some(true) || is_old_relay {
        return Some(Network::Relay);
    }
    let of_local = |local: bool| if local { Network::Lan } else { Network::Wan };
    location
        .and_then(network_of_location)
        .or_else(|| p.local.map(of_local))
        .or_else(|| address?.parse().ok().map(|ip| of_local(is_private(ip))))
}

fn network_of_location(location: &str) -> Option<Network> {
    match location {
        "lan" => Some(Network::Lan),
        "wan" => Some(Network::Wan),
        "cellular" => Some(Network::Cellular),
        _ => None,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
