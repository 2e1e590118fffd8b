//! Programmes of the past (catch-up).

use std::sync::Arc;

use model::FeedKey;
use model::iptv::{Channel, Feed, FeedKind, FeedMedia, FeedState, FeedStream, Viewer};

use super::super::super::wire::{TimeshiftClient, TimeshiftSession};
use super::super::{Names, values};

/// A session has no start of its own, only its connections have: when the oldest leaves before the others, theirs would
/// look like another session's. So none is told.
pub(super) fn feed(told: &TimeshiftSession, names: &Names) -> Option<Feed> {
    let session = told.session_id.as_ref()?;
    let connections = newest(&told.connections);
    // Bytes are counted by session, so a viewer's own are known only of one who is alone.
    let is_alone = connections.len() == 1;
    let viewers: Vec<Viewer> = connections
        .iter()
        .filter_map(|client| viewer(client, is_alone, names))
        .collect();
    let login = connections
        .iter()
        .max_by(|a, b| connected(a).total_cmp(&connected(b)));
    let known = told.channel_uuid.as_ref().and_then(|uuid| names.channel(uuid));
    Some(Feed {
        key: FeedKey::new(session.clone()),
        kind: FeedKind::Timeshift,
        state: told.paused.map(|paused| {
            if paused {
                FeedState::Paused
            } else {
                FeedState::Active
            }
        }),
        channel: Arc::new(Channel {
            id: known
                .and_then(|known| known.id)
                .or(told.channel_id.and_then(values::row_id)),
            uuid: told.channel_uuid.clone(),
            name: known
                .and_then(|known| known.name.clone())
                .or_else(|| told.channel_name.clone()),
            logo: super::logo(known.and_then(|known| known.logo_id).or(told.logo_id)),
            ..super::live::known_channel(known, names)
        }),
        stream: Arc::new(FeedStream::default()),
        media: Arc::new(FeedMedia {
            video_codec: values::told(told.video_codec.as_ref()),
            resolution: values::told(told.resolution.as_ref()),
            fps: values::measured(told.source_fps),
            audio_codec: values::told(told.audio_codec.as_ref()),
            audio_channels: values::told(told.audio_channels.as_ref()),
            container: values::told(told.stream_type.as_ref()),
            ..FeedMedia::default()
        }),
        profile: super::profile(login.and_then(|client| client.m3u_profile_id)),
        programme: None,
        started_at: None,
        uptime_ms: None,
        received_bytes: None,
        sent_bytes: connections
            .iter()
            .filter_map(|client| client.streamed_bytes)
            .max(),
        viewer_count: u32::try_from(connections.len()).ok(),
        viewers: Arc::new(viewers),
    })
}

/// Each viewer once, in the order told: whoever goes on to another programme or channel in the same session is listed under
/// both for a while. Of two entries the one that connected last counts; one without a number is nobody's.
fn newest(told: &[TimeshiftClient]) -> Vec<&TimeshiftClient> {
    let mut kept: Vec<&TimeshiftClient> = Vec::new();
    for client in told {
        let same = kept
            .iter_mut()
            .find(|other| client.client_id.is_some() && other.client_id == client.client_id);
        match same {
            None => kept.push(client),
            Some(other) if connected(client) > connected(other) => *other = client,
            Some(_) => {}
        }
    }
    kept
}

/// When it connected, in seconds since 1970; one that does not say connected before all others.
fn connected(client: &TimeshiftClient) -> f64 {
    client.connected_at_s.unwrap_or(f64::NEG_INFINITY)
}

fn viewer(told: &TimeshiftClient, is_alone: bool, names: &Names) -> Option<Viewer> {
    let user_id = values::user_id(told.user_id.as_deref());
    Some(Viewer {
        client_id: told.client_id.clone()?,
        user_id,
        user: user_id.and_then(|id| {
            let known = names.user(id).cloned();
            known.or_else(|| values::told(told.username.as_ref()))
        }),
        address: values::told(told.ip_address.as_ref()),
        user_agent: values::told(told.user_agent.as_ref()),
        worker_id: None,
        connected_at: told.connected_at_s.and_then(values::since_1970),
        sent_bytes: told.streamed_bytes.filter(|_| is_alone),
        mean_bps: told.mean_kbit_s.filter(|_| is_alone).and_then(values::kbit_s),
        now_bps: None,
    })
}
