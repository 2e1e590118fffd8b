//! The queries of the dashboards and alerts that come with the models of the profiles.

use super::scrape;
use crate::Profile;
use crate::profiles::golden::household;

/// What the dashboards and alerts that come with the models ask for: metric, and the labels named in the query.
const QUERIED: &[(Profile, &str, &[&str])] = &[
    (
        Profile::TimothyStewart6,
        "play_seconds_total",
        &[
            "session",
            "stream_type",
            "transcode_type",
            "subtitle_action",
            "server",
            "library_type",
            "media_type",
            "title",
            "user",
            "device_type",
            "stream_file_resolution",
            "stream_resolution",
        ],
    ),
    (Profile::TimothyStewart6, "plays_total", &["server"]),
    (
        Profile::TimothyStewart6,
        "server_info",
        &["server", "version", "platform", "platform_version"],
    ),
    (Profile::TimothyStewart6, "host_cpu_util", &["server"]),
    (Profile::TimothyStewart6, "host_mem_util", &["server"]),
    (
        Profile::TimothyStewart6,
        "library_duration_total",
        &["server", "library"],
    ),
    (
        Profile::TimothyStewart6,
        "library_storage_total",
        &["server", "library"],
    ),
    (
        Profile::TimothyStewart6,
        "plex_library_items",
        &["server", "library"],
    ),
    (Profile::TimothyStewart6, "transmit_bytes_total", &["server"]),
    (
        Profile::TimothyStewart6,
        "estimated_transmit_bytes_total",
        &["server"],
    ),
    (Profile::TimothyStewart6, "plex_media_movies", &["server"]),
    (Profile::TimothyStewart6, "plex_media_episodes", &["server"]),
    (Profile::TimothyStewart6, "plex_media_music", &["server"]),
    (Profile::TimothyStewart6, "plex_media_photos", &["server"]),
    (Profile::TimothyStewart6, "plex_media_other_videos", &["server"]),
    (
        Profile::Cplieger,
        "plex_server_info",
        &["server", "version", "plex_pass"],
    ),
    (Profile::Cplieger, "plex_session_poll_reachable", &["server"]),
    (Profile::Cplieger, "plex_http_reachable", &["server"]),
    (
        Profile::Cplieger,
        "plex_play_seconds_total",
        &["server", "user", "title", "session"],
    ),
    (Profile::Cplieger, "plex_active_transcode_sessions", &["server"]),
    (Profile::Cplieger, "plex_library_items", &["server", "library"]),
    (
        Profile::Cplieger,
        "plex_library_storage_bytes",
        &["server", "library"],
    ),
    (
        Profile::Cplieger,
        "plex_library_duration_milliseconds",
        &["server", "library"],
    ),
    (
        Profile::Cplieger,
        "plex_session_bandwidth_kbps",
        &["server", "user"],
    ),
    (Profile::Cplieger, "plex_session_bitrate_kbps", &["server"]),
    (Profile::Cplieger, "plex_host_cpu_utilization_ratio", &["server"]),
    (
        Profile::Cplieger,
        "plex_host_memory_utilization_ratio",
        &["server"],
    ),
    (Profile::Cplieger, "plex_exporter_errors_total", &["type"]),
    (
        Profile::Cplieger202604,
        "plex_server_info",
        &["server", "version", "plex_pass"],
    ),
    (Profile::Cplieger202604, "plex_websocket_connected", &["server"]),
    (
        Profile::Cplieger202604,
        "plex_play_seconds_total",
        &["server", "user", "title", "session"],
    ),
    (
        Profile::Cplieger202604,
        "plex_active_transcode_sessions",
        &["server"],
    ),
    (
        Profile::Cplieger202604,
        "plex_session_bandwidth_kbps",
        &["server", "user"],
    ),
];

#[test]
fn every_query_of_the_dashboards_finds_its_series() {
    let page = include_str!("../../../../docs/reference/compatibility.md");
    for (profile, metric, labels) in QUERIED {
        let seen = scrape(*profile, &household());
        let samples = seen.samples(metric);
        assert!(!samples.is_empty(), "{profile} {metric}");
        for sample in samples {
            let names: Vec<_> = sample.labels.iter().map(|(n, _)| n.as_str()).collect();
            assert!(
                labels.iter().all(|l| names.contains(l)),
                "{profile} {metric} {names:?}"
            );
        }
        assert!(
            page.contains(&format!("`{metric}`")),
            "{metric} is not on the compatibility page"
        );
    }
}
