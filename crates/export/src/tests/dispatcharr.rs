//! The profiles of dispatcharr-exporter on a manager made by hand: names, types, labels, values.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use model::Snapshot;
use model::iptv::{FeedKind, FeedTotals, Iptv};

use super::dispatcharr_build::{FILM, HASH, NEWS, everything, feed, idle, manager, run};
use super::strict::{Exposition, Sample};
use super::{build, strict, text};
use crate::{Format, Options, Profile};

pub(super) const V3: Profile = Profile::DispatcharrExporter;
pub(super) const V2: Profile = Profile::DispatcharrExporter2;

pub(super) fn scrape(profile: Profile, snapshot: &Snapshot, options: &Options) -> Exposition {
    let text = text(profile, Format::Text, snapshot, options);
    strict::parse(&text, Format::Text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

pub(super) fn one() -> Snapshot {
    build::snapshot([manager("tv")])
}

/// Metric, its type, and its labels in order; one row for each set of labels it comes with. What stands in brackets is
/// there by switch or where it is known.
const V3_SERIES: &[(&str, &str, &str)] = &[
    ("dispatcharr_info", "gauge", "version"),
    ("dispatcharr_exporter_info", "gauge", "version"),
    (
        "dispatcharr_exporter_settings_info",
        "gauge",
        "auto_start,suppress_access_logs,port,host,base_url,include_m3u_stats,include_epg_stats,\
         include_client_stats,include_source_urls,include_user_stats,include_plugin_stats,include_channel_info",
    ),
    ("dispatcharr_exporter_port", "gauge", ""),
    ("dispatcharr_m3u_accounts", "gauge", "status"),
    ("dispatcharr_m3u_account_status", "gauge", "status"),
    (
        "dispatcharr_m3u_account_info",
        "gauge",
        "account_id,account_name,account_type,status,is_active,[username],[server_url]",
    ),
    (
        "dispatcharr_m3u_account_stream_count",
        "gauge",
        "account_id,account_name,account_type,status,is_active,[username],[server_url]",
    ),
    ("dispatcharr_epg_sources", "gauge", "status"),
    ("dispatcharr_epg_source_status", "gauge", "status"),
    (
        "dispatcharr_epg_source_priority",
        "gauge",
        "source_id,source_name,source_type,status,is_active,[url]",
    ),
    ("dispatcharr_channels", "gauge", "status"),
    ("dispatcharr_channel_groups", "gauge", ""),
    (
        "dispatcharr_channel_info",
        "gauge",
        "channel_id,channel_number,channel_name,uuid,channel_group,tvg_id,catchup_enabled,hidden_from_output",
    ),
    (
        "dispatcharr_channel_source_count",
        "gauge",
        "channel_id,channel_number,channel_name",
    ),
    (
        "dispatcharr_channel_catchup_days",
        "gauge",
        "channel_id,channel_number,channel_name",
    ),
    (
        "dispatcharr_profile_connections",
        "gauge",
        "profile_id,profile_name,account_name",
    ),
    (
        "dispatcharr_profile_max_connections",
        "gauge",
        "profile_id,profile_name,account_name",
    ),
    (
        "dispatcharr_profile_connection_usage",
        "gauge",
        "profile_id,profile_name,account_name",
    ),
    (
        "dispatcharr_profile_days_to_expiry",
        "gauge",
        "profile_id,profile_name,account_name",
    ),
    ("dispatcharr_active_streams", "gauge", "[type]"),
    ("dispatcharr_stream_channel_number", "gauge", "B"),
    ("dispatcharr_stream_id", "gauge", "B"),
    ("dispatcharr_stream_index", "gauge", "B"),
    ("dispatcharr_stream_available_streams", "gauge", "B"),
    ("dispatcharr_stream_metadata", "gauge", LIVE),
    ("dispatcharr_stream_metadata", "gauge", VOD),
    ("dispatcharr_stream_metadata", "gauge", TIMESHIFT),
    (
        "dispatcharr_stream_programming",
        "gauge",
        "B,previous_title,previous_subtitle,previous_description,previous_start_time,previous_end_time,current_title,\
         current_subtitle,current_description,current_start_time,current_end_time,next_title,next_subtitle,\
         next_description,next_start_time,next_end_time",
    ),
    ("dispatcharr_stream_uptime_seconds", "counter", "B"),
    ("dispatcharr_stream_active_clients", "gauge", "B"),
    ("dispatcharr_stream_video_bitrate_bps", "gauge", "B"),
    ("dispatcharr_stream_transcode_bitrate_bps", "gauge", "B"),
    ("dispatcharr_stream_avg_bitrate_bps", "gauge", "B"),
    ("dispatcharr_stream_current_bitrate_bps", "gauge", "B"),
    ("dispatcharr_stream_total_transfer_mb", "counter", "B"),
    ("dispatcharr_stream_fps", "gauge", "B"),
    ("dispatcharr_stream_buffering_speed", "gauge", "B"),
    ("dispatcharr_stream_profile_connections", "gauge", "B"),
    ("dispatcharr_stream_profile_max_connections", "gauge", "B"),
    ("dispatcharr_active_clients", "gauge", ""),
    (
        "dispatcharr_client_info",
        "gauge",
        "C,ip_address,user_agent,worker_id,user_id,username",
    ),
    (
        "dispatcharr_client_info",
        "gauge",
        "C,content_uuid,channel_name,content_type,ip_address,user_agent,worker_id,user_id,username",
    ),
    ("dispatcharr_client_connection_duration_seconds", "gauge", "C"),
    ("dispatcharr_client_bytes_sent", "counter", "C"),
    ("dispatcharr_client_avg_transfer_rate_bps", "gauge", "C"),
    ("dispatcharr_client_current_transfer_rate_bps", "gauge", "C"),
    (
        "dispatcharr_user_info",
        "gauge",
        "user_id,username,user_level,is_staff",
    ),
    (
        "dispatcharr_user_date_joined_timestamp",
        "gauge",
        "user_id,username",
    ),
    ("dispatcharr_user_stream_limit", "gauge", "user_id,username"),
    ("dispatcharr_user_active_streams", "gauge", "user_id,username"),
    ("dispatcharr_plugins", "gauge", "status"),
    (
        "dispatcharr_plugin_info",
        "gauge",
        "key,name,version,enabled,deprecated,is_managed",
    ),
];

const LIVE: &str = "B,channel_name,channel_group,stream_id,stream_name,provider,provider_type,state,logo_url,\
                    profile_id,profile_name,stream_profile,video_codec,resolution";
const VOD: &str = "B,content_uuid,channel_name,channel_group,content_type,provider,provider_type,state,logo_url,\
                   profile_id,profile_name,stream_profile,video_codec,resolution,[season_number],[episode_number],\
                   [series_name]";
const TIMESHIFT: &str = "B,channel_name,channel_group,real_channel_uuid,session_id,state,logo_url,video_codec,\
                         resolution,audio_codec,stream_type,provider,provider_type,profile_id,profile_name";

/// What version 2 has otherwise.
const V2_SERIES: &[(&str, &str, &str)] = &[
    (
        "dispatcharr_exporter_settings_info",
        "gauge",
        "auto_start,suppress_access_logs,disable_update_notifications,port,host,base_url,include_m3u_stats,\
         include_epg_stats,include_vod_stats,include_client_stats,include_source_urls,include_legacy_metrics",
    ),
    (
        "dispatcharr_epg_source_info",
        "gauge",
        "source_id,source_name,source_type,status,is_active,priority,[url]",
    ),
    ("dispatcharr_stream_video_bitrate_kbps", "gauge", "B"),
    ("dispatcharr_stream_transcode_bitrate_kbps", "gauge", "B"),
    ("dispatcharr_stream_avg_bitrate_kbps", "gauge", "B"),
    (
        "dispatcharr_stream_info",
        "gauge",
        "B,channel_name,channel_group,stream_id,stream_name,provider,provider_type,state,logo_url,profile_id,\
         profile_name,stream_profile,video_codec,resolution,profile_connections,profile_max_connections,fps,\
         video_bitrate_kbps,transcode_bitrate_kbps,avg_bitrate_kbps,total_transfer_mb,uptime_seconds,active_clients",
    ),
    (
        "dispatcharr_client_info",
        "gauge",
        "C,ip_address,user_agent,worker_id",
    ),
    ("dispatcharr_client_avg_transfer_rate_kbps", "gauge", "C"),
    ("dispatcharr_client_current_transfer_rate_kbps", "gauge", "C"),
    ("dispatcharr_vod_sessions", "gauge", ""),
    ("dispatcharr_vod_active_streams", "gauge", ""),
];

/// Of version 3, what version 2 has not.
const NOT_IN_V2: &[&str] = &[
    "_bps",
    "_channel_info",
    "_source_count",
    "_catchup_days",
    "_days_to_expiry",
    "_programming",
    "_buffering_speed",
    "_user_",
    "_plugin",
];

/// True if the labels of the sample are those of the row, in order.
fn fits(sample: &Sample, row: &str, version: Profile) -> bool {
    let (base, client) = if version == V3 {
        (
            "type,channel_uuid,channel_number",
            "type,client_id,channel_uuid,channel_number",
        )
    } else {
        (
            "channel_uuid,channel_number",
            "client_id,channel_uuid,channel_number",
        )
    };
    let expand = |part: &'static str| -> Vec<&'static str> { part.split(',').collect() };
    let expected: Vec<&str> = row
        .split(',')
        .filter(|l| !l.is_empty())
        .flat_map(|l| match l {
            "B" => expand(base),
            "C" => expand(client),
            l => vec![l],
        })
        .collect();
    let mut seen = sample.labels.iter().map(|(n, _)| n.as_str()).peekable();
    for label in expected {
        match label.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(optional) => drop(seen.next_if_eq(&optional)),
            None if seen.next() == Some(label) => (),
            None => return false,
        }
    }
    seen.next().is_none()
}

fn check_series(profile: Profile, table: &[(&str, &str, &str)]) {
    let seen = scrape(profile, &one(), &everything());
    let names: BTreeSet<_> = seen.families.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, table.iter().map(|(n, ..)| *n).collect(), "{profile}");
    for family in &seen.families {
        let rows = || table.iter().filter(|(n, ..)| *n == family.name);
        assert!(rows().all(|(_, kind, _)| *kind == family.kind), "{}", family.name);
        for sample in &family.samples {
            assert!(
                rows().any(|(.., labels)| fits(sample, labels, profile)),
                "{sample:?}"
            );
        }
        for (.., labels) in rows() {
            assert!(
                family.samples.iter().any(|s| fits(s, labels, profile)),
                "{labels}"
            );
        }
    }
}

#[test]
fn names_types_and_labels_are_the_plugins() {
    check_series(V3, V3_SERIES);
    let replaced = |name: &str| V2_SERIES.iter().any(|(n, ..)| *n == name);
    let kept = |(name, _, labels): &&(&str, &str, &str)| {
        let other = matches!(*labels, VOD | TIMESHIFT) || *name == "dispatcharr_client_info";
        !other && !replaced(name) && NOT_IN_V2.iter().all(|part| !name.contains(part))
    };
    let v2: Vec<_> = V3_SERIES.iter().filter(kept).chain(V2_SERIES).copied().collect();
    check_series(V2, &v2);
}

#[test]
fn the_values_of_a_channel() {
    let seen = scrape(V3, &one(), &everything());
    let news = [
        ("type", "live"),
        ("channel_uuid", NEWS),
        ("channel_number", "101.0"),
    ];
    for (name, expected) in [
        ("stream_channel_number", "101"),
        ("stream_id", "5"),
        ("stream_index", "1"),
        ("stream_available_streams", "2"),
        ("stream_uptime_seconds", "46"),
        ("stream_active_clients", "2"),
        ("stream_video_bitrate_bps", "2500000"),
        ("stream_transcode_bitrate_bps", "2787100"),
        // 16,022,016 bytes in 46.4 s.
        ("stream_avg_bitrate_bps", "2762416.55"),
        ("stream_current_bitrate_bps", "4064870"),
        ("stream_total_transfer_mb", "15.28"),
        ("stream_fps", "23.98"),
        ("stream_buffering_speed", "1.12"),
        ("stream_profile_connections", "3"),
        ("stream_profile_max_connections", "3"),
        // Half an hour of an hour.
        ("stream_programming", "0.5"),
    ] {
        assert_eq!(
            seen.value(&format!("dispatcharr_{name}"), &news),
            expected,
            "{name}"
        );
    }
    let metadata = seen
        .samples("dispatcharr_stream_metadata")
        .into_iter()
        .find(|s| s.label("channel_uuid") == NEWS)
        .unwrap();
    assert_eq!(metadata.label("channel_name"), "News \"One\" \\HD");
    assert_eq!(metadata.label("provider"), "Provider \"A\"");
    let programme = seen
        .samples("dispatcharr_stream_programming")
        .into_iter()
        .find(|s| s.label("channel_uuid") == NEWS)
        .unwrap();
    assert_eq!(
        programme.label("current_description"),
        "Line one\nline two \\ end"
    );
    assert_eq!(programme.label("current_start_time"), "2025-11-21T04:11:00+00:00");
}

#[test]
fn the_values_of_films_and_previews() {
    let seen = scrape(V3, &one(), &everything());
    let film = [
        ("type", "vod"),
        ("channel_uuid", FILM),
        ("channel_number", "1795239557228"),
    ];
    for (name, expected) in [
        ("stream_uptime_seconds", "14"),
        ("stream_avg_bitrate_bps", "9830400"),
        ("stream_total_transfer_mb", "16.41"),
        ("stream_profile_max_connections", "2"),
        ("stream_programming", "0.1167"),
        ("client_connection_duration_seconds", "14"),
        ("client_avg_transfer_rate_bps", "9830400"),
        ("client_current_transfer_rate_bps", "9830400"),
    ] {
        assert_eq!(
            seen.value(&format!("dispatcharr_{name}"), &film),
            expected,
            "{name}"
        );
    }
    for absent in [
        "stream_id",
        "stream_index",
        "stream_profile_connections",
        "stream_fps",
    ] {
        assert!(
            seen.values(&format!("dispatcharr_{absent}"), &film).is_empty(),
            "{absent}"
        );
    }
    // A preview is a stream of its own, charged to its login and to no channel.
    let preview = [
        ("type", "preview"),
        ("channel_uuid", HASH),
        ("channel_number", "None"),
    ];
    assert_eq!(seen.value("dispatcharr_stream_active_clients", &preview), "0");
    let of = |kind| seen.value("dispatcharr_active_streams", &[("type", kind)]);
    assert_eq!(["live", "vod", "timeshift", "preview"].map(of), ["1"; 4]);
    assert_eq!(seen.values("dispatcharr_active_streams", &[("type", "")]), ["4"]);
    let of = |id, name| seen.values(name, &[("profile_id", id)]);
    assert_eq!(of("2", "dispatcharr_profile_connections"), ["2"]);
    assert_eq!(of("2", "dispatcharr_profile_connection_usage"), ["0.6667"]);
    assert!(of("5", "dispatcharr_profile_connection_usage").is_empty());
    assert_eq!(of("5", "dispatcharr_profile_max_connections"), ["0"]);
    assert_eq!(of("3", "dispatcharr_profile_days_to_expiry"), ["30"]);
    assert!(of("2", "dispatcharr_profile_days_to_expiry").is_empty(), "not XC");
    assert_eq!(
        seen.value("dispatcharr_user_active_streams", &[("username", "streamer")]),
        "1"
    );
    assert_eq!(seen.value("dispatcharr_active_clients", &[]), "4");
}

#[test]
fn what_is_not_known_is_absent() {
    let mut server = idle("tv");
    let mut bare = feed(NEWS, FeedKind::Live);
    bare.started_at = None;
    let mut iptv = Iptv::default();
    iptv.runs.push(Arc::new(run("tv", bare, FeedTotals::default())));
    server.iptv = Some(Arc::new(iptv));
    let seen = scrape(V3, &build::snapshot([server]), &everything());
    let about_it: BTreeSet<_> = seen
        .all()
        .filter(|s| s.label("channel_uuid") == NEWS)
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(about_it, BTreeSet::from(["dispatcharr_stream_metadata"]));
    let metadata = seen.samples("dispatcharr_stream_metadata")[0];
    for (label, expected) in [
        ("channel_number", "None"),
        ("channel_group", "none"),
        ("provider", "Unknown"),
        ("state", "unknown"),
        ("profile_id", "none"),
        ("video_codec", "unknown"),
    ] {
        assert_eq!(metadata.label(label), expected, "{label}");
    }
    for name in [
        "dispatcharr_channels",
        "dispatcharr_m3u_accounts",
        "dispatcharr_user_info",
    ] {
        assert!(seen.family(name).is_none(), "{name} was never told");
    }
    assert_eq!(
        seen.value("dispatcharr_active_streams", &[("type", "vod")]),
        "0",
        "a known 0"
    );
}

/// The plugin's names are not all as one would name series today. That is what they are called; nothing else may be
/// wrong.
const LINTS: &[&str] = &[
    "dispatcharr_client_bytes_sent counter metrics should have \"_total\" suffix",
    "dispatcharr_m3u_account_stream_count non-histogram and non-summary metrics should not have \"_count\" suffix",
    "dispatcharr_channel_source_count non-histogram and non-summary metrics should not have \"_count\" suffix",
    "dispatcharr_channel_catchup_days use base unit \"seconds\" instead of \"days\"",
    "dispatcharr_profile_days_to_expiry use base unit \"seconds\" instead of \"days\"",
    "dispatcharr_stream_total_transfer_mb counter metrics should have \"_total\" suffix",
    "dispatcharr_stream_total_transfer_mb metric names should not contain abbreviated units",
    "dispatcharr_stream_uptime_seconds counter metrics should have \"_total\" suffix",
];

#[test]
fn promtool_finds_nothing_but_names() {
    for profile in [V2, V3] {
        let text = text(profile, Format::Text, &one(), &everything());
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool is on PATH; on Debian: apt-get install prometheus");
        promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let out = promtool.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        for line in said.lines() {
            assert!(LINTS.contains(&line), "{profile}: {line}");
        }
        if profile == V3 {
            let missing: Vec<_> = LINTS.iter().filter(|l| !said.lines().any(|s| s == **l)).collect();
            assert!(missing.is_empty(), "no longer said: {missing:?}");
        }
    }
}

#[test]
fn the_whole_of_version_three() {
    insta::assert_snapshot!("dispatcharr", text(V3, Format::Text, &one(), &everything()));
}

#[test]
fn the_whole_of_version_two() {
    insta::assert_snapshot!("dispatcharr_2", text(V2, Format::Text, &one(), &everything()));
}
