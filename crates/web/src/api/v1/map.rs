//! Domain to interface, field by field and by hand, so that nothing is published by accident.

use model::{Play, ServerSnapshot};

use super::iptv::is_known;
use super::types::{
    Activity, AudioStream, Delivery, Endpoint, HostLoad, Inventory, Item, Library, LibraryRef, LiveChannel,
    Player, Progress, Segment, Server, ServerError, ServerState, Session, SourceMedia, SubtitleStream, Time,
    Transcode, TranscodeCounts, TranscodeProgress, Update, User, VideoStream,
};

pub(super) fn time(value: Option<jiff::Timestamp>) -> Option<Time> {
    value.map(Time)
}

/// JSON has no word for infinity or "not a number".
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

impl<'a> ServerError<'a> {
    pub(crate) fn of(health: &'a model::Health) -> Option<Self> {
        match health {
            model::Health::Unknown | model::Health::Up => None,
            model::Health::Down { kind, message, since } => Some(Self {
                kind,
                message,
                since: Time(*since),
            }),
        }
    }
}

impl<'a> Server<'a> {
    pub(crate) fn of(server: &'a ServerSnapshot) -> Self {
        let info = server.info.as_deref();
        Self {
            id: server.id.as_str(),
            name: server.name(),
            kind: server.kind,
            state: ServerState::of(&server.health),
            error: ServerError::of(&server.health),
            last_success_at: time(server.last_success_at),
            machine_id: info.map(|i| &*i.machine_id),
            version: info.and_then(|i| i.version.as_deref()),
            platform: info.and_then(|i| i.platform.as_deref()),
            platform_version: info.and_then(|i| i.platform_version.as_deref()),
            plex_pass: info.and_then(|i| i.plex_pass),
            video_transcodes: info.and_then(|i| i.video_transcodes),
            link: server.link.into(),
            notifications: server.notifications,
            sessions: server.plays.len(),
            feeds: (server.iptv.as_ref())
                .filter(|_| is_known(server))
                .map(|i| i.runs.len()),
            inventory: (server.iptv.as_ref())
                .and_then(|i| i.inventory.as_deref())
                .map(Inventory::of),
            libraries: server.libraries.as_ref().map(|l| l.len()),
            host: server.host.map(|h| HostLoad {
                host_cpu_ratio: finite(h.host_cpu_ratio),
                host_memory_ratio: finite(h.host_memory_ratio),
                process_cpu_ratio: finite(h.process_cpu_ratio),
                process_memory_ratio: finite(h.process_memory_ratio),
            }),
            transmitted_bytes: (server.transmitted_bytes.as_ref())
                .map(|bytes| bytes.iter().map(|(network, n)| (network.as_str(), *n)).collect()),
            estimated_bytes: server.estimated_bytes,
            transcodes: server.transcodes.map(|t| TranscodeCounts {
                streaming: t.streaming,
                offline: t.offline,
            }),
            activities: server
                .activities
                .as_ref()
                .map(|list| list.iter().map(Activity::of).collect()),
            update: server.update.as_ref().map(|u| Update {
                available_version: u.available_version.as_deref(),
                can_install: u.can_install,
            }),
            features: server
                .features
                .iter()
                .map(|(f, a)| (f.as_str(), (*a).into()))
                .collect(),
            endpoints: server
                .endpoints
                .iter()
                .map(|(e, stats)| (e.as_str(), Endpoint::of(stats)))
                .collect(),
        }
    }
}

impl Inventory {
    fn of(inventory: &model::iptv::Inventory) -> Self {
        Self {
            channels: inventory.channels,
            groups: inventory.groups,
            accounts: inventory.accounts.as_ref().map(Vec::len),
            guides: inventory.epg_sources.as_ref().map(Vec::len),
            users: inventory.users.as_ref().map(Vec::len),
        }
    }
}

impl<'a> Activity<'a> {
    fn of(activity: &'a model::Activity) -> Self {
        Self {
            uuid: &activity.uuid,
            kind: &activity.kind,
            title: activity.title.as_deref(),
            subtitle: activity.subtitle.as_deref(),
            progress_percent: finite(activity.progress_percent),
        }
    }
}

impl<'a> Endpoint<'a> {
    fn of(stats: &'a model::EndpointStats) -> Self {
        Self {
            requests: stats.requests,
            retries: stats.retries,
            errors: stats.errors.iter().map(|(kind, n)| (*kind, *n)).collect(),
            last_ok: stats.last_ok,
            last_duration_ms: stats.last_duration_ms,
            last_success_at: time(stats.last_success_at),
        }
    }
}

impl<'a> Library<'a> {
    pub(crate) fn of(server_id: &'a model::SourceId, library: &'a model::Library) -> Self {
        Self {
            server_id: server_id.as_str(),
            id: library.id.as_str(),
            title: &library.title,
            kind: library.kind.into(),
            storage_bytes: library.storage_bytes,
            duration_ms: library.duration_ms,
            refreshing: library.refreshing,
            counts: library
                .counts
                .iter()
                .map(|c| (c.kind.as_str(), c.items))
                .collect(),
        }
    }

    /// All libraries a server told of.
    pub(crate) fn all_of(server: &'a ServerSnapshot) -> impl Iterator<Item = Self> {
        server
            .libraries
            .iter()
            .flat_map(|l| l.iter())
            .map(|l| Self::of(&server.id, l))
    }
}

impl<'a> Session<'a> {
    pub(crate) fn of(play: &'a Play) -> Self {
        let session = &*play.session;
        Self {
            id: play.id.as_str(),
            server_id: play.source.as_str(),
            session_key: session.key.as_str(),
            state: play.state().into(),
            started_at: Time(play.started_at),
            started_position_ms: play.started_position_ms,
            ended_at: time(play.ended_at),
            seen_at: Time(play.seen_at),
            position_ms: session.position_ms,
            item: Item::of(&session.item),
            user: session.user.as_ref().map(|u| User {
                id: u.id.as_deref(),
                name: &u.name,
            }),
            player: Player::of(&session.player),
            source: SourceMedia::of(&session.source),
            delivery: Delivery::of(&session.delivery),
            played_ms: play.totals.played_ms,
            paused_ms: play.totals.paused_ms,
            buffering_ms: play.totals.buffering_ms,
            estimated_bytes: play.totals.estimated_bytes,
            segments: play.segments.iter().map(Segment::of).collect(),
        }
    }
}

impl<'a> Item<'a> {
    fn of(item: &'a model::Item) -> Self {
        Self {
            kind: item.kind.into(),
            rating_key: item.rating_key.as_deref(),
            guid: item.guid.as_deref(),
            title: item.title.as_deref(),
            parent_title: item.parent_title.as_deref(),
            grandparent_title: item.grandparent_title.as_deref(),
            original_title: item.original_title.as_deref(),
            parent_index: item.parent_index,
            index: item.index,
            year: item.year,
            duration_ms: item.duration_ms,
            library: (item.library.as_ref()).map(|l| LibraryRef {
                id: l.id.as_str(),
                title: &l.title,
                kind: l.kind.into(),
            }),
            live: (item.live.as_ref()).map(|c| LiveChannel {
                number: c.number.as_deref(),
                call_sign: c.call_sign.as_deref(),
                title: c.title.as_deref(),
            }),
            extra: item.extra,
        }
    }
}

impl<'a> Player<'a> {
    fn of(player: &'a model::Player) -> Self {
        Self {
            machine_id: player.machine_id.as_deref(),
            title: player.title.as_deref(),
            product: player.product.as_deref(),
            platform: player.platform.as_deref(),
            device: player.device.as_deref(),
            version: player.version.as_deref(),
            address: player.address.as_deref(),
            local: player.local,
            secure: player.secure,
            network: player.network.map(Into::into),
        }
    }
}

impl<'a> SourceMedia<'a> {
    fn of(source: &'a model::SourceMedia) -> Self {
        Self {
            container: source.container.as_deref(),
            bitrate_bps: source.bitrate_bps,
            video_codec: source.video_codec.as_deref(),
            video_resolution: source.video_resolution.as_deref(),
            dynamic_range: source.dynamic_range.as_deref(),
            audio_codec: source.audio_codec.as_deref(),
            audio_channels: source.audio_channels,
            subtitle_codec: source.subtitle_codec.as_deref(),
        }
    }
}

impl<'a> Delivery<'a> {
    fn of(delivery: &'a model::Delivery) -> Self {
        Self {
            decision: delivery.decision.map(Into::into),
            container_decision: delivery.container_decision.map(Into::into),
            container: delivery.container.as_deref(),
            protocol: delivery.protocol.as_deref(),
            bitrate_bps: delivery.bitrate_bps,
            reserved_bps: delivery.reserved_bps,
            video: delivery.video.as_ref().map(|v| VideoStream {
                decision: v.decision.map(Into::into),
                codec: v.codec.as_deref(),
                resolution: v.resolution.as_deref(),
                width: v.width,
                height: v.height,
            }),
            audio: delivery.audio.as_ref().map(|a| AudioStream {
                decision: a.decision.map(Into::into),
                codec: a.codec.as_deref(),
                channels: a.channels,
                language: a.language.as_deref(),
            }),
            subtitle: delivery.subtitle.as_ref().map(|s| SubtitleStream {
                action: s.action.map(Into::into),
                codec: s.codec.as_deref(),
                language: s.language.as_deref(),
            }),
            transcode: delivery.transcode.as_ref().map(Transcode::of),
        }
    }
}

impl<'a> Transcode<'a> {
    fn of(transcode: &'a model::Transcode) -> Self {
        Self {
            speed: finite(transcode.speed),
            throttled: transcode.throttled,
            complete: transcode.complete,
            progress_percent: finite(transcode.progress_percent),
            buffer_ahead_ms: transcode.buffer_ahead_ms,
            hw_requested: transcode.hw_requested,
            hw_decode: transcode.hw_decode.as_deref(),
            hw_encode: transcode.hw_encode.as_deref(),
            hw_full_pipeline: transcode.hw_full_pipeline,
            reasons: transcode.reasons.iter().map(|r| (*r).into()).collect(),
        }
    }
}

impl<'a> Segment<'a> {
    pub(crate) fn of(segment: &'a model::Segment) -> Self {
        Self {
            started_at: Time(segment.started_at),
            decision: segment.decision.map(Into::into),
            resolution: segment.resolution.as_deref(),
            bitrate_bps: segment.bitrate_bps,
            video_codec: segment.video_codec.as_deref(),
            audio_codec: segment.audio_codec.as_deref(),
            reasons: segment.reasons.iter().map(|r| (*r).into()).collect(),
            played_ms: segment.played_ms,
        }
    }
}

impl<'a> Progress<'a> {
    pub(crate) fn of(play: &'a Play) -> Self {
        Self {
            id: play.id.as_str(),
            state: play.state().into(),
            position_ms: play.session.position_ms,
            seen_at: Time(play.seen_at),
            played_ms: play.totals.played_ms,
            paused_ms: play.totals.paused_ms,
            buffering_ms: play.totals.buffering_ms,
            transcode: play
                .session
                .delivery
                .transcode
                .as_ref()
                .map(|t| TranscodeProgress {
                    speed: finite(t.speed),
                    throttled: t.throttled,
                    progress_percent: finite(t.progress_percent),
                    buffer_ahead_ms: t.buffer_ahead_ms,
                }),
        }
    }
}
