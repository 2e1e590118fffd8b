//! What holds for every profile of stream managers: outages, several servers, switches, names that are hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::iptv::{FeedKind, FeedTotals};
use model::{Health, ServerSnapshot};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::dispatcharr::{V2, V3, one, scrape};
use super::dispatcharr_build::{NEWS, everything, feed, idle, manager, run, viewer};
use super::properties::{nasty, options};
use super::strict::Exposition;
use super::{build, strict, text};
use crate::{DispatcharrOptions, Format, LabelPolicy, Options, Profile};

fn outages() -> [ServerSnapshot; 3] {
    let mut down = manager("tv");
    down.health = Health::Down {
        kind: "unreachable",
        message: "refused the connection".into(),
        since: build::at(-9),
    };
    let mut unknown = manager("tv");
    unknown.health = Health::Unknown;
    let mut no_look = idle("tv");
    no_look.last_success_at = None;
    [down, unknown, no_look]
}

#[test]
fn an_outage_is_never_a_zero() {
    for server in outages() {
        let up = server.health.is_up();
        let snapshot = build::snapshot([server]);
        for profile in [V2, V3] {
            let seen = scrape(profile, &snapshot, &everything());
            for of_the_moment in [
                "dispatcharr_active_streams",
                "dispatcharr_active_clients",
                "dispatcharr_profile_connections",
                "dispatcharr_profile_connection_usage",
                "dispatcharr_user_active_streams",
                "dispatcharr_stream_metadata",
                "dispatcharr_vod_sessions",
            ] {
                assert!(seen.family(of_the_moment).is_none(), "{profile} {of_the_moment}");
            }
            assert_eq!(
                seen.family("dispatcharr_info").is_some(),
                up,
                "tells that it is down"
            );
            assert!(seen.family("dispatcharr_exporter_info").is_some(), "we are here");
        }
        let seen = scrape(Profile::Native, &snapshot, &everything());
        assert_eq!(
            seen.value("media_server_up", &[]),
            if up { "1" } else { "0" },
            "the series that says so"
        );
        for gone in [
            "media_channel_feeds",
            "media_channel_info",
            "media_channel_viewers",
            "media_channel_client_info",
            "media_provider_connections",
            "media_provider_connections_reserved",
        ] {
            assert!(seen.family(gone).is_none(), "{gone}");
        }
        for kept in ["media_channels", "media_provider_connections_limit"] {
            assert!(seen.family(kept).is_some(), "{kept} is not of the moment");
        }
    }
}

#[test]
fn several_are_told_apart_by_a_last_label() {
    for profile in [V2, V3] {
        let single = scrape(profile, &one(), &everything());
        assert!(single.all().all(|s| s.label("server").is_empty()));
        let two = build::snapshot([manager("tv"), manager("attic \"2\"")]);
        let both = scrape(profile, &two, &everything());
        let mut of_each: BTreeMap<&str, usize> = BTreeMap::new();
        for sample in both.all() {
            let ours = sample.name.starts_with("dispatcharr_exporter_");
            let last = sample
                .labels
                .last()
                .filter(|(n, _)| n == "server")
                .map(|(_, v)| v.as_str());
            assert_eq!(last.is_none(), ours, "{sample:?}");
            *of_each.entry(last.unwrap_or("")).or_default() += 1;
        }
        assert_eq!(of_each.get("tv"), of_each.get("attic \"2\""));
        assert_eq!(of_each.len(), 3);
    }
}

#[test]
fn every_switch_shows_what_the_plugin_shows_by_it() {
    type Switch = fn(&mut DispatcharrOptions);
    let shown = |profile, set: Switch| -> BTreeSet<String> {
        let mut options = Options::default();
        options.dispatcharr.include_m3u_stats = false;
        set(&mut options.dispatcharr);
        scrape(profile, &one(), &options)
            .families
            .into_iter()
            .map(|f| f.name)
            .collect()
    };
    let rows: &[(Profile, Switch, &[&str])] = &[
        (V3, |o| o.include_m3u_stats = true, &["_m3u_", "_profile_"]),
        (V3, |o| o.include_epg_stats = true, &["_epg_"]),
        (
            V3,
            |o| o.include_client_stats = true,
            &["_client_", "_active_clients"],
        ),
        (V3, |o| o.include_source_urls = true, &[]),
        (V3, |o| o.include_user_stats = true, &["_user_"]),
        (V3, |o| o.include_plugin_stats = true, &["_plugin"]),
        (
            V3,
            |o| o.include_channel_info = true,
            &["_channel_info", "_source_count", "_catchup_days"],
        ),
        (V3, |o| o.include_vod_stats = true, &[]),
        (V2, |o| o.include_vod_stats = true, &["_vod_"]),
        (V2, |o| o.include_legacy_metrics = true, &["_stream_info"]),
        (V2, |o| o.include_user_stats = true, &[]),
    ];
    for (row, (profile, set, expected)) in rows.iter().enumerate() {
        let (off, on) = (shown(*profile, |_| ()), shown(*profile, *set));
        let more: Vec<_> = on.difference(&off).collect();
        assert!(off.is_subset(&on));
        assert_eq!(more.is_empty(), expected.is_empty(), "{row}: {more:?}");
        for name in more {
            assert!(expected.iter().any(|part| name.contains(part)), "{row}: {name}");
        }
    }
    let by_default = shown(V3, |o| *o = DispatcharrOptions::default());
    assert_eq!(by_default, shown(V3, |o| o.include_m3u_stats = true));
}

#[test]
fn addresses_and_logins_are_shown_by_their_switches_only() {
    for profile in [Profile::Native, V2, V3] {
        for (urls, clients) in [(false, false), (true, false), (false, true)] {
            let mut options = everything();
            options.dispatcharr.include_source_urls = urls;
            options.dispatcharr.include_client_stats = clients;
            let text = text(profile, Format::Text, &one(), &options);
            assert_eq!(text.contains("xuser"), urls, "{profile}");
            assert_eq!(text.contains("203.0.113.1:18180"), urls, "{profile}");
            assert_eq!(text.contains("203.0.113.7\""), clients, "{profile}");
            assert_eq!(text.contains("VLC/3.0.20"), clients, "{profile}");
        }
    }
}

#[test]
fn dropped_and_hashed_names_are_nowhere() {
    let names = ["streamer", "standard"];
    let titles = ["Big Test", "News One", "Part \\\"0", "Line one", "Film Kanal"];
    for profile in [Profile::Native, V2, V3] {
        for policy in [LabelPolicy::Hash, LabelPolicy::Drop] {
            let options = Options {
                users: policy,
                titles: policy,
                hash_salt: "salt".to_owned(),
                ..everything()
            };
            let text = text(profile, Format::Text, &one(), &options);
            for secret in names.iter().map(|n| format!("user=\"{n}\"")) {
                assert!(!text.contains(&secret), "{profile} {secret}");
            }
            for secret in names.iter().map(|n| format!("username=\"{n}\"")) {
                assert!(!text.contains(&secret), "{profile} {secret}");
            }
            for title in titles {
                assert!(!text.contains(title), "{profile} {title}");
            }
        }
    }
    let dropped = Options {
        users: LabelPolicy::Drop,
        ..everything()
    };
    let seen = scrape(Profile::Native, &one(), &dropped);
    assert_eq!(seen.values("media_channel_views_total", &[]), ["6"], "summed");
}

#[test]
fn a_manager_has_no_plays_and_no_zeros_of_them() {
    let seen = scrape(Profile::Native, &one(), &everything());
    for of_plays in [
        "media_server_sessions",
        "media_sessions",
        "media_transcode_reasons",
        "media_transcode_throttled_sessions",
        "media_transcode_slow_sessions",
        "media_reserved_bytes_per_second",
        "media_stream_bytes_per_second",
        "media_estimated_transmit_bytes_total",
        "media_plays_total",
    ] {
        assert!(seen.family(of_plays).is_none(), "{of_plays}");
    }
    let feed = [("feed", NEWS)];
    for (name, expected) in [
        ("media_channel_viewers", "2"),
        ("media_channel_stream_index", "1"),
        ("media_channel_speed_ratio", "1.12"),
        ("media_channel_bytes_per_second", "348387.5"),
        ("media_channel_received_bytes_total", "16022016"),
        ("media_channel_uptime_seconds", "46.4"),
        ("media_channel_failovers_total", "1"),
        ("media_channel_buffering_seconds_total", "2.5"),
    ] {
        assert_eq!(seen.value(name, &feed), expected, "{name}");
    }
    let of = |name, id| seen.values(name, &[("profile", id)]);
    assert_eq!(of("media_provider_connections", "2"), ["2"]);
    assert_eq!(of("media_provider_connections_limit", "2"), ["3"]);
    assert_eq!(of("media_provider_connections_reserved", "2"), ["3"]);
    assert!(
        of("media_provider_connections_limit", "5").is_empty(),
        "no limit is no 0"
    );
    assert!(
        of("media_provider_connections_reserved", "3").is_empty(),
        "no Redis"
    );
    assert_eq!(of("media_provider_connection_seconds_total", "2"), ["90.5"]);
    assert_eq!(
        seen.values("media_provider_streams", &[]),
        ["5"],
        "the other was not told"
    );
    let nothing = scrape(Profile::Native, &build::snapshot([idle("tv")]), &everything());
    assert_eq!(nothing.values("media_channel_feeds", &[]), ["0"; 4]);
    assert_eq!(
        nothing.value("media_provider_connections", &[("profile", "2")]),
        "0"
    );
}

/// What the dashboard and the panels that come with the plugin ask for: metric, and the labels named in the query.
const QUERIED: &[(&str, &[&str])] = &[
    ("dispatcharr_info", &["version"]),
    ("dispatcharr_exporter_info", &["version"]),
    (
        "dispatcharr_stream_metadata",
        &[
            "channel_uuid",
            "channel_number",
            "channel_name",
            "logo_url",
            "state",
            "provider",
            "profile_name",
            "resolution",
        ],
    ),
    (
        "dispatcharr_stream_uptime_seconds",
        &["channel_uuid", "channel_number"],
    ),
    (
        "dispatcharr_stream_programming",
        &[
            "channel_uuid",
            "channel_number",
            "current_title",
            "current_subtitle",
        ],
    ),
    (
        "dispatcharr_client_info",
        &["client_id", "channel_uuid", "ip_address"],
    ),
    (
        "dispatcharr_client_connection_duration_seconds",
        &["client_id", "channel_uuid"],
    ),
    ("dispatcharr_client_bytes_sent", &["client_id", "channel_uuid"]),
    (
        "dispatcharr_client_current_transfer_rate_bps",
        &["client_id", "channel_uuid"],
    ),
    (
        "dispatcharr_profile_connections",
        &["profile_id", "profile_name", "account_name"],
    ),
    (
        "dispatcharr_profile_max_connections",
        &["profile_id", "profile_name", "account_name"],
    ),
    (
        "dispatcharr_profile_connection_usage",
        &["profile_id", "profile_name", "account_name"],
    ),
    (
        "dispatcharr_profile_days_to_expiry",
        &["profile_id", "profile_name", "account_name"],
    ),
    ("dispatcharr_active_streams", &[]),
    ("dispatcharr_active_clients", &[]),
    ("dispatcharr_m3u_accounts", &["status"]),
    ("dispatcharr_m3u_account_stream_count", &["status"]),
    ("dispatcharr_epg_sources", &["status"]),
    ("dispatcharr_channels", &[]),
];

#[test]
fn every_query_of_the_dashboard_finds_its_series() {
    let page = include_str!("../../../../docs/reference/compatibility.md");
    let seen = scrape(V3, &one(), &everything());
    for (metric, labels) in QUERIED {
        let samples = seen.samples(metric);
        assert!(!samples.is_empty(), "{metric}");
        for sample in samples {
            let has = |label: &&str| sample.labels.iter().any(|(n, _)| n == label);
            assert!(labels.iter().all(has), "{sample:?}");
        }
        assert!(
            page.contains(&format!("`{metric}`")),
            "{metric} is not on the page"
        );
    }
    // Joins group to the left: of each pair of labels there is one stream on the right, and of each viewer one.
    for (metric, on) in [
        ("dispatcharr_stream_metadata", &["channel_uuid"][..]),
        ("dispatcharr_client_info", &["client_id", "channel_uuid"]),
    ] {
        let all = seen.samples(metric);
        let keys: BTreeSet<Vec<&str>> = all
            .iter()
            .map(|s| on.iter().map(|l| s.label(l)).collect())
            .collect();
        assert_eq!(keys.len(), all.len(), "{metric}");
    }
}

fn any_manager() -> impl Strategy<Value = ServerSnapshot> {
    let kind = select(FeedKind::ALL.to_vec());
    let told = (
        of(nasty()),
        of(any::<f64>()),
        of(any::<u64>()),
        of(0..4_i64),
        vec(nasty(), 0..3),
    );
    let feeds = vec((prop_oneof!["[ab]", nasty()], kind, told), 0..5);
    let ids = vec((0..3_i64, nasty()), 0..3);
    ("[ab]", feeds, ids, any::<bool>()).prop_map(|(id, feeds, ids, up)| {
        let mut server = manager(&id);
        if !up {
            server.health = Health::Unknown;
        }
        let iptv = Arc::make_mut(server.iptv.as_mut().expect("a manager has it"));
        for (key, kind, (name, number, n, profile, clients)) in feeds {
            let mut new = feed(&key, kind);
            let text = name.as_deref().map(model::Text::from);
            let channel = Arc::make_mut(&mut new.channel);
            (channel.name, channel.group, channel.number) = (text.clone(), text.clone(), number);
            (channel.duration_ms, channel.content_type) = (n, text.clone());
            let media = Arc::make_mut(&mut new.media);
            (media.fps, media.speed, media.video_codec) = (number, number, text.clone());
            (new.received_bytes, new.sent_bytes, new.uptime_ms) = (n, n, n);
            new.profile = profile.map(model::iptv::ProfileId);
            let viewers = clients.iter().map(|c| viewer(c, None));
            new.viewers = Arc::new(viewers.collect());
            iptv.runs.push(Arc::new(run(&id, new, FeedTotals::default())));
        }
        let inventory = Arc::make_mut(iptv.inventory.as_mut().expect("built with it"));
        let accounts = inventory.accounts.as_mut().expect("built with them");
        for (id, name) in ids {
            let mut account = accounts[0].clone();
            (account.id, account.name) = (id, name.as_str().into());
            (account.status, account.server_url) = (Some(name.as_str().into()), Some(name.as_str().into()));
            accounts.push(account);
        }
        server
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_manager_renders_to_distinct_readable_series(servers in vec(any_manager(), 0..3), options in options()) {
        let snapshot = build::snapshot(servers);
        for profile in [Profile::Native, V2, V3] {
            let classic = text(profile, Format::Text, &snapshot, &options);
            let read = strict::parse(&classic, Format::Text).map_err(TestCaseError::fail)?;
            let open = text(profile, Format::OpenMetrics, &snapshot, &options);
            let open = strict::parse(&open, Format::OpenMetrics).map_err(TestCaseError::fail)?;
            let series = |e: &Exposition| -> Vec<_> { e.all().cloned().collect() };
            prop_assert_eq!(series(&read), series(&open), "both forms say the same");
        }
    }
}
