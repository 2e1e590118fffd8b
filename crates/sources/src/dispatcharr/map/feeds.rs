//! What is on the air.

mod live;
mod timeshift;
mod vod;

#[cfg(test)]
pub(super) use vod::{Episode, episode as vod_episode};

use std::collections::HashSet;

use jiff::Timestamp;
use model::Text;
use model::iptv::{Feed, ProfileId};

use super::super::wire;
use super::{Names, values};

/// What one look makes worth asking for. All in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dispatcharr) struct OnAir {
    /// Ids of live channels and previews: whom details and Redis are asked about.
    pub(in crate::dispatcharr) live: Vec<Text>,
    /// UUIDs of channels, of programmes of the past too.
    pub(in crate::dispatcharr) channels: Vec<Text>,
    /// Numbers of the streams that feed them.
    pub(in crate::dispatcharr) streams: Vec<i64>,
    /// Sessions of films.
    pub(in crate::dispatcharr) vod: Vec<Text>,
}

/// See [`OnAir`].
pub(in crate::dispatcharr) fn on_air(stats: &wire::Stats) -> OnAir {
    let mut out = OnAir::default();
    for channel in live_channels(stats) {
        let Some(id) = &channel.channel_id else { continue };
        out.live.push(id.clone());
        if live::is_uuid(id) {
            out.channels.push(id.clone());
        }
        out.streams.extend(channel.stream_id.and_then(values::row_id));
    }
    let sessions = timeshift_sessions(stats);
    out.channels
        .extend(sessions.filter_map(|session| session.channel_uuid.clone().filter(|id| live::is_uuid(id))));
    let clients = vod_contents(stats).flat_map(|content| &content.connections);
    out.vod
        .extend(clients.filter_map(|client| client.client_id.clone()));
    for list in [&mut out.live, &mut out.channels, &mut out.vod] {
        list.sort();
        list.dedup();
    }
    out.streams.sort_unstable();
    out.streams.dedup();
    out
}

/// Every feed of one look, in the manager's order: live, films, programmes of the past. Of a key told twice the first
/// one counts, what has no key is left out.
pub(in crate::dispatcharr) fn feeds(stats: &wire::Stats, names: &Names) -> Vec<Feed> {
    let now = now(stats);
    let live = live_channels(stats).filter_map(|channel| live::feed(channel, names, now));
    let vod = vod_contents(stats).flat_map(|content| {
        let clients = content.connections.iter();
        clients.filter_map(|client| vod::feed(content, client, names, now))
    });
    let timeshift = timeshift_sessions(stats).filter_map(|session| timeshift::feed(session, names));
    let mut seen = HashSet::new();
    live.chain(vod)
        .chain(timeshift)
        .filter(|feed| seen.insert(feed.key.clone()))
        .collect()
}

fn live_channels(stats: &wire::Stats) -> impl Iterator<Item = &wire::LiveChannel> {
    let channels = stats.live.iter().filter_map(|live| live.channels.as_ref());
    channels.flatten()
}

fn vod_contents(stats: &wire::Stats) -> impl Iterator<Item = &wire::VodContent> {
    let contents = stats.vod.iter().filter_map(|vod| vod.vod_connections.as_ref());
    contents.flatten()
}

fn timeshift_sessions(stats: &wire::Stats) -> impl Iterator<Item = &wire::TimeshiftSession> {
    let sessions = stats.catchup.iter().filter_map(|c| c.timeshift_sessions.as_ref());
    sessions.flatten()
}

/// Now, by the manager's clock.
fn now(stats: &wire::Stats) -> Option<Timestamp> {
    let vod = stats.vod.as_ref().and_then(|vod| vod.timestamp_s);
    let catchup = stats.catchup.as_ref().and_then(|catchup| catchup.timestamp_s);
    vod.or(catchup).and_then(values::since_1970)
}

fn profile(id: Option<i64>) -> Option<ProfileId> {
    id.and_then(values::row_id).map(ProfileId)
}

/// Where the manager itself serves a logo; what it was made from is an address of the provider.
fn logo(id: Option<i64>) -> Option<Text> {
    let id = values::row_id(id?)?;
    Some(format!("/api/channels/logos/{id}/cache/").into())
}
