//! The server itself: whether it answers, what it is, what its machine does.

use std::collections::BTreeMap;

use model::{Availability, Health};

use super::{has_plays, ratio, seconds_since_1970, text};
use crate::catalogue::{Collect, Family, Samples};
use crate::text::{Value, label_set};
use crate::view::View;

pub(crate) const FAMILIES: &[Family] = &[
    Family::gauge(
        "media_server_up",
        "1 if the server answers and lets itself be watched, else 0.",
        Collect::Server(|s| Some(s.health.is_up().into())),
    ),
    Family::gauge(
        "media_server_outage",
        "1 while the server cannot be watched, with the cause. Absent while it can.",
        Collect::Custom(label_set!["server", "cause"], outage),
    ),
    Family::gauge(
        "media_server_outage_start_timestamp_seconds",
        "When the outage that lasts was noticed. Absent while there is none.",
        Collect::Server(|s| match &s.health {
            Health::Down { since, .. } => Some(seconds_since_1970(*since)),
            Health::Up | Health::Unknown => None,
        }),
    )
    .unit_is("seconds"),
    Family::info(
        "media_server_info",
        "The server's own name, identity, version and platform.",
        Collect::Custom(
            label_set![
                "server",
                "kind",
                "name",
                "machine_id",
                "version",
                "platform",
                "platform_version",
                "plex_pass"
            ],
            info,
        ),
    ),
    Family::gauge(
        "media_server_feature_available",
        "1 if the server lets us use the feature, 0 if licence or rights are missing. Absent until asked.",
        Collect::Custom(label_set!["server", "feature"], features),
    ),
    Family::gauge(
        "media_server_host_cpu_ratio",
        "CPU use of the server's machine, 0 to 1. Absent if not told (Plex: needs Plex Pass).",
        Collect::Server(|s| ratio(s.host?.host_cpu_ratio)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_server_host_memory_ratio",
        "Memory use of the server's machine, 0 to 1. Absent if not told.",
        Collect::Server(|s| ratio(s.host?.host_memory_ratio)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_server_process_cpu_ratio",
        "CPU use of the media server with its transcoders, 0 to 1 of the machine. Absent if not told.",
        Collect::Server(|s| ratio(s.host?.process_cpu_ratio)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_server_process_memory_ratio",
        "Memory use of the media server with its transcoders, 0 to 1 of the machine. Absent if not told.",
        Collect::Server(|s| ratio(s.host?.process_memory_ratio)),
    )
    .unit_is("ratio"),
    Family::gauge(
        "media_server_sessions",
        "Open sessions in any state. 0 when nothing is open; absent until the first look, and for stream managers.",
        Collect::Server(|s| {
            s.last_success_at
                .filter(|_| has_plays(s))
                .map(|_| s.plays.len().into())
        }),
    ),
    Family::gauge(
        "media_server_video_transcodes",
        "Running video transcodes as the server itself counts them.",
        Collect::Server(|s| Some(Value::Int(s.info.as_ref()?.video_transcodes?.into()))),
    ),
    Family::gauge(
        "media_server_transcoder_jobs",
        "Jobs of the server's transcoder: streaming for a player, offline for a download or an optimised version.",
        Collect::Custom(label_set!["server", "purpose"], transcoder_jobs),
    ),
    Family::gauge(
        "media_server_activities",
        "Background tasks that run on the server, by kind.",
        Collect::Custom(label_set!["server", "activity"], activities),
    ),
    Family::gauge(
        "media_server_update_available",
        "1 if the server knows of a newer version of itself, else 0. Absent until told.",
        Collect::Server(|s| Some(s.update.as_ref()?.available_version.is_some().into())),
    ),
    Family::info(
        "media_server_update_info",
        "The version on offer and whether the server can install it by itself. Absent when up to date.",
        Collect::Custom(label_set!["server", "version", "can_install"], update),
    ),
];

fn outage(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        if let Health::Down { kind, .. } = &server.snapshot.health {
            samples(&[server.id, kind], Value::Int(1));
        }
    }
}

fn info(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let Some(info) = &server.snapshot.info else {
            continue;
        };
        let labels = [
            server.id,
            server.snapshot.kind,
            text(info.name.as_ref()),
            &info.machine_id,
            text(info.version.as_ref()),
            text(info.platform.as_ref()),
            text(info.platform_version.as_ref()),
            yes_no(info.plex_pass),
        ];
        samples(&labels, Value::Int(1));
    }
}

fn features(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        for (feature, availability) in &server.snapshot.features {
            let available = *availability == Availability::Available;
            samples(&[server.id, feature.as_str()], available.into());
        }
    }
}

fn transcoder_jobs(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        if let Some(counts) = server.snapshot.transcodes {
            samples(&[server.id, "streaming"], Value::Int(counts.streaming.into()));
            samples(&[server.id, "offline"], Value::Int(counts.offline.into()));
        }
    }
}

fn activities(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let mut by_kind: BTreeMap<&str, u64> = BTreeMap::new();
        for activity in server.snapshot.activities.iter().flat_map(|a| a.iter()) {
            *by_kind.entry(&activity.kind).or_default() += 1;
        }
        for (kind, count) in by_kind {
            samples(&[server.id, kind], Value::Int(count));
        }
    }
}

fn update(view: &View<'_>, samples: &mut Samples<'_>) {
    for server in &view.servers {
        let Some(update) = &server.snapshot.update else {
            continue;
        };
        if let Some(version) = &update.available_version {
            samples(&[server.id, version, yes_no(update.can_install)], Value::Int(1));
        }
    }
}

pub(crate) fn yes_no(yes: Option<bool>) -> &'static str {
    match yes {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    }
}
