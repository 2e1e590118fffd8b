//! A real Prometheus scrapes the native metrics and all three profiles, and every query of the dashboards that
//! users of the other exporters have finds data.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Process, client, demo, free_port, get, wait_for};

const PROFILES: [&str; 4] = ["native", "cplieger", "cplieger-2026.04", "timothystewart6"];

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_the_native_metrics() {
    let (_demo, url) = demo();
    let metrics = wait_for("a session in the metrics", async || {
        let text = get(&format!("{url}/metrics")).await;
        if text.contains("media_session_info{") {
            Ok(text)
        } else {
            Err(format!("{} bytes", text.len()))
        }
    })
    .await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool; `cargo xtask test` installs it");
    promtool
        .stdin
        .take()
        .expect("piped")
        .write_all(metrics.as_bytes())
        .expect("promtool reads");
    let out = promtool.wait_with_output().expect("promtool ends");
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.trim().is_empty(), "{said}");
}

#[tokio::test]
async fn prometheus_scrapes_every_profile_and_answers_the_dashboards() {
    let (_demo, url) = demo();
    let target = url.trim_start_matches("http://");
    let mut config = "global: {scrape_interval: 1s, evaluation_interval: 1s}\nscrape_configs:\n".to_owned();
    for profile in PROFILES {
        let job = format!(
            "  - {{job_name: '{profile}', metrics_path: '/metrics/{profile}', static_configs: [{{targets: ['{target}']}}]}}\n"
        );
        config.push_str(&job);
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("prometheus.yml");
    std::fs::write(&file, config).expect("writing the configuration");
    let port = free_port();
    let _prometheus = Process::start(
        Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error"),
    );
    let prometheus = format!("http://127.0.0.1:{port}");
    wait_for("four healthy targets", async || {
        let up = query(&prometheus, "up == 1").await?;
        if up == PROFILES.len() {
            Ok(())
        } else {
            Err(format!("{up} targets up"))
        }
    })
    .await;
    for (job, queries) in [
        ("native", NATIVE),
        ("cplieger", CPLIEGER),
        ("cplieger-2026.04", CPLIEGER_2026_04),
        ("timothystewart6", TIMOTHYSTEWART6),
    ] {
        for text in queries {
            let text = text.replace("$F", &format!("job=\"{job}\", server=~\".+\""));
            wait_for(&format!("an answer to {text}"), async || {
                match query(&prometheus, &text).await? {
                    0 => Err("no series".to_owned()),
                    n => Ok(n),
                }
            })
            .await;
        }
    }
}

/// How many series answer.
async fn query(prometheus: &str, text: &str) -> Result<usize, String> {
    let form = [("query", text)];
    let answer = client()
        .post(format!("{prometheus}/api/v1/query"))
        .form(&form)
        .send()
        .await;
    let body = answer
        .map_err(|e| e.to_string())?
        .bytes()
        .await
        .map_err(|e| e.to_string())?;
    let answer: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
    assert_eq!(answer["status"], "success", "{text}: {answer}");
    Ok(answer["data"]["result"].as_array().map_or(0, Vec::len))
}

const NATIVE: &[&str] = &[
    "sum by (server) (media_sessions{$F})",
    "sum by (decision) (media_sessions{$F})",
    "rate(media_play_seconds_total{$F}[20s]) > 0",
    "media_plays_total{$F}",
    "rate(media_transmit_bytes_total{$F}[20s])",
    "media_library_items{$F}",
    "media_session_info{$F}",
    "projectionist_source_up{job=\"native\"}",
];

const CPLIEGER: &[&str] = &[
    "plex_server_info{$F}",
    "plex_session_poll_reachable{$F}",
    "plex_http_reachable{$F}",
    "count(plex_play_seconds_total{$F}) or vector(0)",
    "count(plex_play_seconds_total{$F})",
    "plex_plays_active{$F}",
    "plex_active_transcode_sessions{$F}",
    "sum(plex_library_items{$F})",
    "sum(plex_library_storage_bytes{$F})",
    "sum(plex_library_duration_milliseconds{$F})",
    "count(plex_server_info{$F,plex_pass=\"true\"})",
    "sum(plex_session_bandwidth_kbps{$F}) by (server)",
    "sum(plex_session_bitrate_kbps{$F}) by (server)",
    "sum by (library) (plex_library_items{$F})",
    "plex_host_cpu_utilization_ratio{$F}",
    "plex_host_memory_utilization_ratio{$F}",
    // The dashboard subtracts first_over_time, which this Prometheus does not have yet.
    "last_over_time(plex_library_items{$F}[20s])",
    "sum by (type) (rate(plex_exporter_errors_total{$F}[20s]))",
    "plex_http_retries_total{$F}",
    "rate(plex_transmit_bytes_total{$F}[20s])",
];

const CPLIEGER_2026_04: &[&str] = &[
    "plex_server_info{$F}",
    "plex_websocket_connected{$F} == 1",
    "count(plex_play_seconds_total{$F})",
    "plex_plays_total{$F}",
    "plex_active_transcode_sessions{$F}",
    "sum by (user) (plex_session_bandwidth_kbps{$F})",
    "sum by (library) (plex_library_items{$F})",
    "plex_host_cpu_utilization_ratio{$F}",
    "rate(plex_estimated_transmit_bytes_total{$F}[20s]) > 0",
    "rate(plex_transmit_bytes_total{$F}[20s])",
];

const TIMOTHYSTEWART6: &[&str] = &[
    "plays_total{$F}",
    "count(sum by (session) (rate(play_seconds_total{$F, stream_type=~\"(transcode|directplay|DirectPlay)\"}[20s])) > 0)",
    "count(sum by (session) (rate(play_seconds_total{$F, stream_type=~\"(directplay|DirectPlay)\"}[20s])) > 0) or on() vector(0)",
    "server_info{$F}",
    "host_cpu_util{$F}",
    "host_mem_util{$F}",
    "sum(library_duration_total{$F}) by (library)",
    "sum(library_storage_total{$F}) by (library)",
    "sum(plex_library_items{$F}) by (library)",
    "8 * sum(rate(transmit_bytes_total{$F}[45s]))",
    "plex_media_movies{$F}",
    "plex_media_episodes{$F}",
    "plex_media_music{$F}",
    "plex_media_photos{$F}",
    "plex_media_other_videos{$F}",
    "rate(transmit_bytes_total{$F}[20s])",
    "rate(estimated_transmit_bytes_total{$F}[20s])",
    "sum(max_over_time(play_seconds_total{$F}[24h])) by (library_type)",
    "sum(increase(play_seconds_total{$F}[20s])) by (media_type, title)",
    "sum(increase(play_seconds_total{$F}[20s])) by (media_type, user)",
    "sum(increase(play_seconds_total{$F}[20s])) by (media_type, device_type)",
    "sum(increase(label_replace(label_replace(play_seconds_total{$F,stream_type!=\"\"}, \"res\",\"$1\",\"stream_file_resolution\",\"(.*)\"), \"res\",\"${1}p\",\"stream_file_resolution\",\"^([0-9]+)$\")[20s:])) by (stream_type, transcode_type, subtitle_action, res)",
];
