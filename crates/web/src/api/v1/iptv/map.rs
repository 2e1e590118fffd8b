//! Domain to interface, field by field and by hand, so that nothing is published by accident.

use std::collections::BTreeSet;

use live::path::{Candidate, Path};
use model::iptv::{self, FeedRun, Iptv, ProfileId, ProviderAccount, ProviderProfile, Viewing};
use model::{ServerSnapshot, Timestamp};

use super::types::{
    Feed, FeedChannel, FeedMedia, FeedProfile, FeedProgramme, FeedSegment, FeedStream, FeedTotals,
    FeedViewer, Guide, PathCandidate, Provider, ProviderLogin, StreamPath,
};
use crate::api::v1::map::{finite, time};
use crate::api::v1::types::Time;

impl<'a> Feed<'a> {
    pub(crate) fn of(run: &'a FeedRun) -> Self {
        let feed = &*run.feed;
        let ends = run.segments.iter().skip(1).map(|next| Some(next.started_at));
        let ends = ends.chain([run.ended_at]);
        Self {
            id: run.id.as_str(),
            server_id: run.source.as_str(),
            key: feed.key.as_str(),
            kind: feed.kind.into(),
            state: feed.state.map(Into::into),
            started_at: Time(run.started_at),
            ended_at: time(run.ended_at),
            seen_at: Time(run.seen_at),
            uptime_ms: feed.uptime_ms,
            channel: FeedChannel::of(&feed.channel),
            stream: FeedStream::of(&feed.stream),
            profile: run.segments.last().and_then(FeedProfile::of),
            media: FeedMedia::of(&feed.media),
            programme: feed.programme.as_deref().map(FeedProgramme::of),
            totals: FeedTotals::of(run.totals),
            segments: (run.segments.iter().zip(ends))
                .map(|(segment, ended_at)| FeedSegment::of(segment, ended_at))
                .collect(),
            viewer_count: feed.viewer_count,
            viewers: run.viewings.iter().map(|v| FeedViewer::of(v)).collect(),
        }
    }
}

impl<'a> FeedChannel<'a> {
    pub(crate) fn of(channel: &'a iptv::Channel) -> Self {
        Self {
            id: channel.id,
            uuid: channel.uuid.as_deref(),
            name: channel.name.as_deref(),
            number: finite(channel.number),
            group: channel.group.as_deref(),
            // A manager may know logos by an address elsewhere; only paths of its own are told.
            logo: channel.logo.as_deref().filter(|logo| logo.starts_with('/')),
            content_type: channel.content_type.as_deref(),
            series: channel.series.as_deref(),
            season: channel.season,
            episode: channel.episode,
            year: channel.year,
            duration_ms: channel.duration_ms,
        }
    }
}

impl<'a> FeedStream<'a> {
    fn of(stream: &'a iptv::FeedStream) -> Self {
        Self {
            id: stream.id,
            name: stream.name.as_deref(),
            index: stream.index,
            available: stream.available,
            stream_profile: stream.stream_profile.as_deref(),
        }
    }
}

impl<'a> FeedProfile<'a> {
    fn of(segment: &'a iptv::FeedSegment) -> Option<Self> {
        Some(Self {
            id: segment.profile?.0,
            name: segment.profile_name.as_deref(),
            account: segment.account.as_deref(),
            max_connections: segment.max_connections,
        })
    }
}

impl<'a> FeedMedia<'a> {
    fn of(media: &'a iptv::FeedMedia) -> Self {
        Self {
            video_codec: media.video_codec.as_deref(),
            resolution: media.resolution.as_deref(),
            fps: finite(media.fps),
            audio_codec: media.audio_codec.as_deref(),
            audio_channels: media.audio_channels.as_deref(),
            container: media.container.as_deref(),
            video_bitrate_bps: media.video_bitrate_bps,
            output_bitrate_bps: media.output_bitrate_bps,
            speed: finite(media.speed),
        }
    }
}

impl<'a> FeedProgramme<'a> {
    fn of(programme: &'a iptv::Programme) -> Self {
        Self {
            title: programme.title.as_deref(),
            subtitle: programme.subtitle.as_deref(),
            description: programme.description.as_deref(),
            starts_at: time(programme.starts_at),
            ends_at: time(programme.ends_at),
        }
    }
}

impl FeedTotals {
    pub(crate) fn of(totals: iptv::FeedTotals) -> Self {
        Self {
            active_ms: totals.active_ms,
            buffering_ms: totals.buffering_ms,
            error_ms: totals.error_ms,
            viewer_ms: totals.viewer_ms,
            peak_viewers: totals.peak_viewers,
            failovers: totals.failovers,
            errors: totals.errors,
            received_bytes: totals.received_bytes,
            sent_bytes: totals.sent_bytes,
        }
    }
}

impl<'a> FeedSegment<'a> {
    fn of(segment: &'a iptv::FeedSegment, ended_at: Option<Timestamp>) -> Self {
        Self {
            started_at: Time(segment.started_at),
            ended_at: time(ended_at),
            stream: FeedStream {
                id: segment.stream_id,
                name: segment.stream_name.as_deref(),
                index: segment.stream_index,
                available: None,
                stream_profile: None,
            },
            profile: FeedProfile::of(segment),
            buffering_ms: segment.buffering_ms,
            error_ms: segment.error_ms,
            received_bytes: segment.received_bytes,
        }
    }
}

impl<'a> FeedViewer<'a> {
    fn of(viewing: &'a Viewing) -> Self {
        let viewer = &viewing.viewer;
        Self {
            id: viewing.id.as_str(),
            client_id: &viewer.client_id,
            user_id: viewer.user_id,
            user: viewer.user.as_deref(),
            address: viewer.address.as_deref(),
            user_agent: viewer.user_agent.as_deref(),
            worker_id: viewer.worker_id.as_deref(),
            started_at: Time(viewing.started_at),
            seen_at: Time(viewing.seen_at),
            sent_bytes: viewing.sent_bytes,
            mean_bps: viewer.mean_bps,
            now_bps: viewer.now_bps,
        }
    }
}

impl<'a> Provider<'a> {
    /// The accounts of one manager, and last the logins that are in use and in no account we know.
    pub(super) fn all_of(server: &'a ServerSnapshot) -> Vec<Self> {
        let Some(iptv) = server.iptv.as_deref() else {
            return Vec::new();
        };
        let logins = Logins {
            iptv,
            are_counted: is_known(server),
        };
        let accounts = iptv.inventory.iter().flat_map(|i| i.accounts.iter().flatten());
        let mut providers: Vec<_> = accounts
            .map(|account| Self::of(server, &logins, account))
            .collect();
        let listed: BTreeSet<_> = (iptv.inventory.iter().flat_map(|i| i.profiles()))
            .map(|(_, profile)| profile.id)
            .collect();
        let in_use: BTreeSet<_> = iptv.runs.iter().filter_map(|run| run.feed.profile).collect();
        let profiles: Vec<_> = (in_use.difference(&listed))
            .map(|id| logins.login(*id, None))
            .collect();
        if !profiles.is_empty() {
            providers.push(Self {
                server_id: server.id.as_str(),
                id: None,
                name: None,
                kind: None,
                status: None,
                is_active: None,
                streams: None,
                updated_at: None,
                connections: profiles.iter().map(|p| p.connections).sum(),
                max_connections: None,
                profiles,
            });
        }
        providers
    }

    fn of(server: &'a ServerSnapshot, logins: &Logins<'_>, account: &'a ProviderAccount) -> Self {
        let profiles: Vec<_> = (account.profiles.iter())
            .map(|profile| logins.login(profile.id, Some(profile)))
            .collect();
        Self {
            server_id: server.id.as_str(),
            id: Some(account.id),
            name: Some(&account.name),
            kind: Some(&account.kind),
            status: account.status.as_deref(),
            is_active: account.is_active,
            streams: account.streams,
            updated_at: time(account.updated_at),
            connections: profiles.iter().map(|p| p.connections).sum(),
            max_connections: limit_of(account),
            profiles,
        }
    }
}

/// What the active logins of an account allow together; nothing if one of them has no limit, or none is known.
fn limit_of(account: &ProviderAccount) -> Option<u64> {
    let active = account.profiles.iter().filter(|p| p.is_active != Some(false));
    let limits = active.map(|p| p.max_connections.filter(|max| *max > 0).map(u64::from));
    let sum: Option<u64> = limits.sum();
    sum.filter(|sum| *sum > 0)
}

/// Whether what runs on a manager is what was last seen there: as in the metrics, a manager that is down uses an unknown
/// number of connections.
pub(crate) fn is_known(server: &ServerSnapshot) -> bool {
    server.health.is_up() && server.last_success_at.is_some()
}

/// The logins of one manager.
struct Logins<'s> {
    iptv: &'s Iptv,
    are_counted: bool,
}

impl Logins<'_> {
    fn login<'a>(&self, id: ProfileId, known: Option<&'a ProviderProfile>) -> ProviderLogin<'a> {
        let connections = self.are_counted.then(|| self.iptv.connections(id));
        let max_connections = known.and_then(|k| k.max_connections);
        let counters = self.iptv.providers.get(&id).copied().unwrap_or_default();
        let usage = |max: u32| Some(connections? as f64 / f64::from(max));
        ProviderLogin {
            id: id.0,
            name: known.map(|k| &*k.name),
            is_active: known.and_then(|k| k.is_active),
            connections,
            max_connections,
            usage_ratio: max_connections.filter(|max| *max > 0).and_then(usage),
            reserved_connections: known.and_then(|k| k.reserved_connections),
            expires_at: time(known.and_then(|k| k.expires_at)),
            connection_ms: counters.connection_ms,
            received_bytes: counters.received_bytes,
            failovers: counters.failovers,
            buffering_ms: counters.buffering_ms,
            errors: counters.errors,
        }
    }
}

impl<'a> Guide<'a> {
    pub(super) fn all_of(server: &'a ServerSnapshot) -> impl Iterator<Item = Self> {
        let inventory = server.iptv.as_deref().and_then(|i| i.inventory.as_deref());
        let sources = inventory.into_iter().flat_map(|i| i.epg_sources.iter().flatten());
        sources.map(|source| Self {
            server_id: server.id.as_str(),
            id: source.id,
            name: &source.name,
            kind: &source.kind,
            status: source.status.as_deref(),
            is_active: source.is_active,
            priority: source.priority,
            updated_at: time(source.updated_at),
        })
    }
}

impl<'a> StreamPath<'a> {
    pub(super) fn of(path: &'a Path) -> Self {
        Self {
            server_id: path.server.as_str(),
            session_id: path.play.as_str(),
            session_key: path.session.as_str(),
            is_ambiguous: path.ambiguous,
            candidates: path.candidates.iter().map(PathCandidate::of).collect(),
        }
    }
}

impl<'a> PathCandidate<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            server_id: candidate.manager.as_str(),
            feed_id: candidate.run.as_str(),
            feed_key: candidate.feed.as_str(),
            client_id: candidate.client_id.as_deref(),
            confidence: candidate.confidence.into(),
            reasons: candidate.reasons.iter().map(|r| (*r).into()).collect(),
        }
    }
}
