//! What a stream manager carried: an evening of two feeds on two logins, and one that still runs.

use std::sync::Arc;

use base::Clock;
use history::History;
use history::record::{Policy, Recorder, Restored};
use jiff::Timestamp;
use model::iptv::{
    Channel, Feed, FeedKind, FeedMedia, FeedRun, FeedSegment, FeedStream, FeedTotals, Iptv, ProfileId,
    Viewer, Viewing,
};
use model::{Ended, RunId, ServerSnapshot, Snapshot, ViewingId};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::documented;
use crate::house::{Past, column};
use crate::support::START;

const NEWS: &str = "5f0c2a6e-1b1d-4c0e-9d53-7c2b0f8f1d10";
const MINUTE_MS: i64 = 60_000;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A stretch on a login of Acme TV.
fn segment(started: &str, profile: i64, name: &str, limit: u32, index: u32) -> FeedSegment {
    FeedSegment {
        started_at: at(started),
        stream_id: Some(profile * 10),
        stream_name: Some(format!("stream {name}").into()),
        stream_index: Some(index),
        profile: Some(ProfileId(profile)),
        profile_name: Some(name.into()),
        account: Some("Acme TV".into()),
        max_connections: Some(limit),
        buffering_ms: 1_000,
        error_ms: 0,
        received_bytes: 1_000_000,
    }
}

fn run(
    kind: FeedKind,
    key: &str,
    channel: Channel,
    segments: Vec<FeedSegment>,
    ended: Option<&str>,
) -> FeedRun {
    let started_at = segments[0].started_at;
    let (source, feed_key) = ("cellar".into(), key.into());
    FeedRun {
        id: RunId::of(&source, &feed_key, started_at.as_millisecond()),
        source,
        started_at,
        ended_at: ended.map(at),
        seen_at: ended.map_or(START, at),
        totals: FeedTotals {
            active_ms: 60_000,
            failovers: u32::try_from(segments.len() - 1).unwrap(),
            peak_viewers: 2,
            received_bytes: Some(1_000_000 * segments.len() as u64),
            ..FeedTotals::default()
        },
        feed: Arc::new(Feed {
            key: feed_key,
            kind,
            state: None,
            channel: Arc::new(channel),
            stream: Arc::new(FeedStream::default()),
            media: Arc::new(FeedMedia::default()),
            profile: segments.last().unwrap().profile,
            programme: None,
            started_at: None,
            uptime_ms: None,
            received_bytes: None,
            sent_bytes: None,
            viewer_count: None,
            viewers: Arc::default(),
        }),
        segments: Arc::new(segments),
        viewings: Vec::new(),
    }
}

fn viewing(
    run: &FeedRun,
    client: &str,
    who: [Option<&str>; 2],
    started: &str,
    ended: Option<&str>,
) -> Arc<Viewing> {
    let [user, address] = who;
    Arc::new(Viewing {
        id: ViewingId::of(&run.source, client, at(started).as_millisecond()),
        source: run.source.clone(),
        run: run.id.clone(),
        feed: run.feed.key.clone(),
        kind: run.feed.kind,
        channel: run.feed.channel.clone(),
        profile: run.feed.profile,
        account: Some("Acme TV".into()),
        started_at: at(started),
        ended_at: ended.map(at),
        seen_at: ended.map_or(START, at),
        viewer: Viewer {
            client_id: client.into(),
            user_id: user.map(|_| 3),
            user: user.map(Into::into),
            address: address.map(Into::into),
            user_agent: Some("VLC/3.0".into()),
            worker_id: None,
            connected_at: None,
            sent_bytes: Some(500),
            mean_bps: None,
            now_bps: None,
        },
        sent_bytes: Some(500),
    })
}

fn news() -> Channel {
    Channel {
        uuid: Some(NEWS.into()),
        name: Some("News".into()),
        number: Some(102.5),
        group: Some("Information".into()),
        ..Channel::default()
    }
}

/// Hours of UTC; New York is five behind.
///
/// | 23:00 | 23:30 | 00:00 | 00:30 | 01:00 … 19:00 | 19:30 | 20:00 |
/// |---|---|---|---|---|---|---|
/// | News on login 7 | | on login 8, a failover | | over … again on login 7 | | now |
/// | anna | and 192.0.2.8 | | without | over … | bert | |
/// | | a film on login 7, by c9 | | over | | | |
async fn carry(history: &History) {
    let evening = vec![
        segment("2026-11-20T23:00:00Z", 7, "main", 2, 0),
        segment("2026-11-21T00:00:00Z", 8, "second", 1, 1),
    ];
    let evening = run(
        FeedKind::Live,
        NEWS,
        news(),
        evening,
        Some("2026-11-21T01:00:00Z"),
    );
    let film = Channel {
        name: Some("Amber Road".into()),
        ..Channel::default()
    };
    let on_demand = vec![segment("2026-11-20T23:30:00Z", 7, "main", 2, 0)];
    let on_demand = run(
        FeedKind::Vod,
        "vod_1_2",
        film,
        on_demand,
        Some("2026-11-21T00:30:00Z"),
    );
    let today = vec![segment("2026-11-21T19:00:00Z", 7, "main", 2, 0)];
    let mut today = run(FeedKind::Live, NEWS, news(), today, None);
    let bert = [Some("bert"), Some("192.0.2.9")];
    today.viewings = vec![viewing(&today, "c4", bert, "2026-11-21T19:30:00Z", None)];
    let (begin, end) = ("2026-11-20T23:30:00Z", "2026-11-21T00:30:00Z");
    let viewings = [
        viewing(
            &evening,
            "c1",
            [Some("anna"), Some("192.0.2.7")],
            "2026-11-20T23:00:00Z",
            Some("2026-11-21T01:00:00Z"),
        ),
        viewing(&evening, "c2", [None, Some("192.0.2.8")], begin, Some(end)),
        viewing(&on_demand, "c9", [None, None], begin, Some(end)),
    ];
    let mut server = ServerSnapshot::new("cellar".into(), model::DISPATCHARR);
    server.iptv = Some(Arc::new(Iptv {
        runs: vec![Arc::new(today)],
        ..Iptv::default()
    }));
    let snapshot = Snapshot {
        version: 1,
        servers: vec![Arc::new(server)],
    };
    let recorder = Recorder::new(
        history.clone(),
        Policy::default(),
        Clock::manual(START),
        &Restored::default(),
    );
    let (_snapshots, watched) = watch::channel(Arc::new(snapshot));
    let (ended, queue) = mpsc::channel(8);
    for run in [evening, on_demand] {
        ended.send(Ended::Run(Arc::new(run))).await.unwrap();
    }
    for viewing in viewings {
        ended.send(Ended::Viewing(viewing)).await.unwrap();
    }
    drop(ended);
    recorder.run(watched, queue).await;
}

async fn carried() -> Past {
    let past = Past::new().await;
    carry(&past.history).await;
    past
}

async fn get(past: &Past, path: &str, schema: &str) -> Value {
    let answer = past.get(&format!("/api/v1/iptv/{path}")).await;
    documented::check(schema, &answer);
    answer
}

fn minutes(list: &Value, field: &str) -> Vec<i64> {
    let values = column(list, field);
    values.iter().map(|v| v.as_i64().unwrap() / MINUTE_MS).collect()
}

#[tokio::test]
async fn channels_are_ranked_by_what_is_asked_for() {
    let past = carried().await;
    let answer = get(&past, "ranking", "ChannelRanking").await;
    let channels = &answer["channels"];
    assert_eq!(column(channels, "name"), ["News", "Amber Road"]);
    assert_eq!(column(channels, "key"), [NEWS, "vod_1_2"]);
    assert_eq!(minutes(channels, "viewed_ms"), [210, 60]);
    assert_eq!(minutes(channels, "on_air_ms"), [180, 60]);
    assert_eq!(column(channels, "views"), [3, 1]);
    assert_eq!(column(channels, "viewers"), [3, 1]);
    assert_eq!(column(channels, "peak_viewers"), [2, 1]);
    assert_eq!(column(channels, "failovers"), [1, 0]);
    assert_eq!(channels[0]["last_at"], "2026-11-21T20:00:00.000Z");
    assert_eq!(channels[0]["number"], 102.5);
    assert_eq!(channels[1].get("number"), None);
    let meta = &answer["meta"];
    assert_eq!(
        (&meta["count"], &meta["time_zone"]),
        (&json!(2), &json!("America/New_York"))
    );
    // 30 days with today, in New York.
    assert_eq!(meta["from"], "2026-10-23T04:00:00.000Z");
    assert_eq!(meta.get("to"), None);
    for (query, names) in [
        ("order=failovers&limit=1", &["News"][..]),
        ("by=channel&order=on_air", &["News", "Amber Road"]),
        ("kind=vod", &["Amber Road"]),
        ("group=Information", &["News"]),
        ("profile=8", &["News"]),
        ("user=c9", &["Amber Road"]),
        ("user=nobody", &[]),
        ("q=AMBER", &["Amber Road"]),
        ("server=attic", &[]),
        ("to=2026-11-19", &[]),
        ("from=2026-11-21&channel=vod_1_2", &[]),
    ] {
        let answer = get(&past, &format!("ranking?{query}"), "ChannelRanking").await;
        assert_eq!(column(&answer["channels"], "name"), names, "{query}");
    }
    // Only the part that lies in the window: anna's second hour, half an hour of another, and bert.
    let answer = get(
        &past,
        "ranking?from=2026-11-21&time_zone=UTC&kind=live",
        "ChannelRanking",
    )
    .await;
    assert_eq!(minutes(&answer["channels"], "viewed_ms"), [120]);
}

#[tokio::test]
async fn viewers_over_time_have_exact_peaks() {
    let past = carried().await;
    let answer = get(&past, "viewers", "ViewersOverTime").await;
    let days = &answer["buckets"];
    assert_eq!(
        column(days, "starts_at"),
        ["2026-11-20T05:00:00.000Z", "2026-11-21T05:00:00.000Z"]
    );
    assert_eq!(minutes(days, "viewed_ms"), [240, 30]);
    assert_eq!(column(days, "peak_viewers"), [3, 1]);
    assert_eq!(column(days, "views"), [3, 1]);
    let answer = get(&past, "viewers?by=hour&to=2026-11-20", "ViewersOverTime").await;
    // The last one was still seen as its last hour ended.
    assert_eq!(minutes(&answer["buckets"], "viewed_ms"), [120, 120, 0]);
    assert_eq!(column(&answer["buckets"], "views"), [3, 0, 0]);
    let answer = get(&past, "viewers?user=anna", "ViewersOverTime").await;
    assert_eq!(column(&answer["buckets"], "peak_viewers"), [1]);
}

#[tokio::test]
async fn connections_stand_against_limits_day_by_day() {
    let past = carried().await;
    let answer = get(&past, "provider-days", "ProviderDays").await;
    let days = &answer["days"];
    assert_eq!(column(days, "profile_id"), [7, 7, 8]);
    assert_eq!(column(days, "profile_name"), ["main", "main", "second"]);
    assert_eq!(column(days, "date"), ["2026-11-20", "2026-11-21", "2026-11-20"]);
    assert_eq!(column(days, "peak_connections"), [2, 1, 1]);
    assert_eq!(column(days, "max_connections"), [2, 2, 1]);
    assert_eq!(days[0]["peak_at"], "2026-11-20T23:30:00.000Z");
    assert_eq!(minutes(days, "connection_ms"), [120, 60, 60]);
    assert_eq!(minutes(days, "at_limit_ms"), [30, 0, 60]);
    assert_eq!(column(days, "failovers"), [1, 0, 0]);
    let answer = get(&past, "provider-days?profile=8", "ProviderDays").await;
    assert_eq!(column(&answer["days"], "profile_id"), [8]);
}

#[tokio::test]
async fn over_a_time_a_login_tells_what_it_ever_needed() {
    let past = carried().await;
    let answer = get(&past, "provider-totals?days=0", "ProviderTotals").await;
    let logins = &answer["providers"];
    assert_eq!(column(logins, "profile_id"), [7, 8]);
    assert_eq!(column(logins, "account"), ["Acme TV", "Acme TV"]);
    assert_eq!(column(logins, "peak_connections"), [2, 1]);
    assert_eq!(column(logins, "max_connections"), [2, 1]);
    assert_eq!(column(logins, "days"), [2, 1]);
    assert_eq!(column(logins, "days_at_limit"), [1, 1]);
    assert_eq!(column(logins, "runs"), [3, 1]);
    assert_eq!(answer["meta"].get("from"), None);
}

#[tokio::test]
async fn runs_come_page_by_page_with_what_changed_in_them() {
    let past = carried().await;
    let all = get(&past, "runs", "RunsPage").await;
    assert_eq!(column(&all["runs"], "key"), [NEWS, "vod_1_2", NEWS]);
    assert_eq!(all.get("next_cursor"), None);
    let (today, evening) = (&all["runs"][0], &all["runs"][2]);
    assert_eq!(today.get("ended_at"), None);
    assert_eq!(today["segments"][0].get("ended_at"), None);
    assert_eq!(evening["ended_at"], "2026-11-21T01:00:00.000Z");
    assert_eq!(
        column(&evening["segments"], "ended_at"),
        ["2026-11-21T00:00:00.000Z", "2026-11-21T01:00:00.000Z"]
    );
    let login = json!({ "id": 8, "name": "second", "account": "Acme TV", "max_connections": 1 });
    assert_eq!(evening["segments"][1]["profile"], login);
    assert_eq!(evening["segments"][1]["stream"]["index"], 1);
    assert_eq!(evening["totals"]["failovers"], 1);
    assert_eq!(evening["channel"]["group"], "Information");

    let mut path = "runs?limit=1".to_owned();
    let mut paged = Vec::new();
    loop {
        let page = get(&past, &path, "RunsPage").await;
        paged.extend(page["runs"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("runs?limit=1&cursor={cursor}");
        // A cursor of one question is none of another.
        let other = past.open.get(&format!("/api/v1/iptv/{path}&kind=live")).await;
        let (status, kind, message) = other.error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{message}");
        assert!(message.contains("cursor"), "{message}");
    }
    assert_eq!(Value::from(paged), all["runs"]);
}

#[tokio::test]
async fn viewings_tell_who_watched_what() {
    let past = carried().await;
    let all = get(&past, "viewings", "ViewingsPage").await;
    let clients = column(&all["viewings"], "client_id");
    assert_eq!(
        (clients.len(), &clients[0], &clients[3]),
        (4, &json!("c4"), &json!("c1"))
    );
    assert_eq!(all["viewings"][0].get("ended_at"), None);
    let anna = &all["viewings"][3];
    assert_eq!(anna["feed_id"], format!("cellar-{NEWS}-1795215600000"));
    assert_eq!(
        (&anna["user"], &anna["address"]),
        (&json!("anna"), &json!("192.0.2.7"))
    );
    assert_eq!(anna["ended_at"], "2026-11-21T01:00:00.000Z");
    assert_eq!(anna["channel"]["name"], "News");
    let page = get(&past, "viewings?limit=3", "ViewingsPage").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = get(
        &past,
        &format!("viewings?limit=3&cursor={cursor}"),
        "ViewingsPage",
    )
    .await;
    assert_eq!(column(&rest["viewings"], "client_id"), ["c1"]);
    let bert = get(&past, "viewings?user=bert", "ViewingsPage").await;
    assert_eq!(column(&bert["viewings"], "client_id"), ["c4"]);
}

#[tokio::test]
async fn users_are_known_by_name_address_or_connection() {
    let past = carried().await;
    let all = get(&past, "users", "FeedUsers").await;
    assert_eq!(minutes(&all["users"], "viewed_ms"), [120, 60, 60, 30]);
    assert_eq!(all["users_total"], 4);
    assert_eq!(all["users"][0]["user"], "anna");
    let known = |field: &str| {
        all["users"]
            .as_array()
            .unwrap()
            .iter()
            .any(|u| u.get("user").is_none() && u.get(field).is_some())
    };
    assert!(known("address") && known("client_id"), "{all}");
    let one = get(&past, "users?limit=1", "FeedUsers").await;
    assert_eq!(
        (&one["meta"]["count"], &one["users_total"]),
        (&json!(1), &json!(4))
    );
}

#[tokio::test]
async fn a_history_without_a_stream_manager_has_empty_lists() {
    let past = Past::new().await;
    for (path, list, schema) in [
        ("ranking", "channels", "ChannelRanking"),
        ("viewers", "buckets", "ViewersOverTime"),
        ("provider-days", "days", "ProviderDays"),
        ("provider-totals", "providers", "ProviderTotals"),
        ("runs", "runs", "RunsPage"),
        ("viewings", "viewings", "ViewingsPage"),
        ("users", "users", "FeedUsers"),
    ] {
        let answer = get(&past, path, schema).await;
        assert_eq!(answer[list], json!([]), "{path}");
        assert_eq!(answer["meta"]["count"], 0, "{path}");
    }
}
