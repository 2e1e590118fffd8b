use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    Availability, Body, Endpoint, Event, Feature, HostLoad, Link, Network, RequestReport, ServerInfo,
    TransmitDelta,
};

use super::build::{World, session};

#[test]
fn transmitted_bytes_are_absent_until_told_and_then_only_grow() {
    let mut w = World::new();
    assert_eq!(w.server().transmitted_bytes, None);
    w.see(Body::Transmitted(vec![]));
    assert_eq!(w.server().transmitted_bytes, Some(BTreeMap::new()));
    let lan = |bytes| {
        Body::Transmitted(vec![TransmitDelta {
            network: Network::Lan,
            bytes,
        }])
    };
    w.see(lan(10)).see(lan(5));
    assert_eq!(w.server().transmitted_bytes.as_ref().unwrap()[&Network::Lan], 15);
}

#[test]
fn equal_news_is_no_event() {
    let mut w = World::new();
    let info = ServerInfo {
        machine_id: "abc".into(),
        name: Some("Attic".into()),
        version: None,
        platform: None,
        platform_version: None,
        plex_pass: None,
        video_transcodes: None,
    };
    for body in [
        Body::Info(info),
        Body::Host(HostLoad {
            host_cpu_ratio: Some(0.1),
            ..HostLoad::default()
        }),
        Body::Link(Link::WebSocket),
        Body::Feature(Feature::Bandwidth, Availability::Unavailable),
        Body::Libraries(Arc::new(vec![])),
        Body::Activities(vec![]),
    ] {
        w.events.clear();
        w.see(body.clone());
        assert!(matches!(w.events[..], [Event::ServerChanged(_)]), "{body:?}");
        w.see(body);
        assert_eq!(w.events.len(), 1);
    }
    assert_eq!(w.server().name(), "Attic");
}

#[test]
fn requests_are_counted_by_endpoint_and_failure() {
    let mut w = World::new();
    let report = |error, retries| {
        Body::Request(RequestReport {
            endpoint: Endpoint::Sessions,
            duration_ms: 7,
            error,
            retries,
        })
    };
    w.see(report(None, 0))
        .see(report(Some("timeout"), 2))
        .see(report(Some("timeout"), 0));
    let server = w.server();
    let stats = &server.endpoints[&Endpoint::Sessions];
    assert_eq!(
        (
            stats.requests,
            stats.retries,
            stats.errors["timeout"],
            stats.last_ok
        ),
        (3, 2, 2, false)
    );
    assert!(stats.last_success_at.is_some());
}

#[test]
fn a_server_found_later_appears_with_its_kind() {
    let mut w = World::new();
    let mut events = Vec::new();
    w.state.reconcile(
        model::Observation {
            source: "barn".into(),
            taken_at: super::build::at(0),
            mono_ms: 0,
            body: Body::Hello { kind: "plex" },
        },
        &mut events,
    );
    let snapshot = w.state.snapshot();
    assert_eq!(
        snapshot
            .servers
            .iter()
            .map(|s| (s.id.as_str(), s.kind))
            .collect::<Vec<_>>(),
        [("attic", "plex"), ("barn", "plex")]
    );
}

#[test]
fn a_load_nobody_vouches_for_any_more_is_absent() {
    let load = HostLoad {
        host_cpu_ratio: Some(0.5),
        ..HostLoad::default()
    };
    let failed = RequestReport {
        endpoint: Endpoint::Resources,
        duration_ms: 1,
        error: Some("server_error"),
        retries: 0,
    };
    for body in [
        Body::Request(failed),
        Body::Feature(Feature::Resources, Availability::Unavailable),
        Body::Outage(model::Outage {
            kind: "timeout",
            message: "slow".into(),
        }),
    ] {
        let mut w = World::new();
        w.see(Body::Host(load));
        assert_eq!(w.server().host, Some(load));
        w.see(body.clone());
        assert_eq!(w.server().host, None, "{body:?}");
    }
}

#[test]
fn figures_that_no_server_has_do_no_harm() {
    let mut w = World::new();
    for bytes in [u64::MAX, 5] {
        w.see(Body::Transmitted(vec![TransmitDelta {
            network: Network::Lan,
            bytes,
        }]));
        w.see(Body::Notifications(u64::MAX));
    }
    assert_eq!(
        w.server().transmitted_bytes.clone().unwrap()[&Network::Lan],
        u64::MAX
    );
    assert_eq!(w.server().notifications, u64::MAX);
    for _ in 0..2 {
        w.look(vec![session("4", "10", u64::MAX)])
            .wait(1_000)
            .outage("timeout");
    }
    assert_eq!(w.server().plays.len(), 1);
}
