//! `/statistics`: with a Plex Pass only, and only for the owner.

use std::collections::BTreeSet;

use http::StatusCode;

use crate::plex::server::about;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::stats::Row;
use crate::plex::value::Node;
use crate::plex::world::World;

pub(super) fn route(world: &World, request: &Request, what: &str) -> Reply {
    if !world.lock().plex_pass {
        return Reply::NOT_FOUND;
    }
    // Newer servers insist on it.
    let Some(timespan) = request.number::<u32>("timespan") else {
        return Reply::Error(StatusCode::BAD_REQUEST);
    };
    match what {
        "resources" => resources(world, timespan),
        "bandwidth" => bandwidth(world, request, timespan),
        "media" => about::nothing(),
        _ => Reply::NOT_FOUND,
    }
}

fn resources(world: &World, timespan: u32) -> Reply {
    let (state, _) = world.current();
    // Only the span of seconds has data.
    let samples = state.stats.samples.iter().filter(|_| timespan == 6);
    let rows = samples.map(|(at, load)| {
        let figure = |f: f64| (f * 1000.0).round() / 1000.0;
        Node::new("StatisticsResources")
            .attr("timespan", timespan)
            .attr("at", *at)
            .attr("hostCpuUtilization", figure(load.host_cpu))
            .attr("processCpuUtilization", figure(load.process_cpu))
            .attr("hostMemoryUtilization", figure(load.host_memory))
            .attr("processMemoryUtilization", figure(load.process_memory))
    });
    Reply::Tree(Node::new("MediaContainer").with(rows).sized())
}

fn bandwidth(world: &World, request: &Request, timespan: u32) -> Reply {
    let (state, _) = world.current();
    let now_ms = world.wall_ms(&state);
    let (since, until) = (request.at_least("at"), request.number::<i64>("at<"));
    let (account, device) = (
        request.number::<i64>("accountID"),
        request.number::<i64>("deviceID"),
    );
    let lan = request.arg("lan").map(|l| l == "1" || l == "true");
    let least = request.at_least("bytes");
    let wanted = |row: &Row, bytes: u64| {
        since.is_none_or(|s| row.at >= s)
            && until.is_none_or(|u| row.at <= u)
            && account.is_none_or(|a| row.account == a)
            && device.is_none_or(|d| row.device == d)
            && lan.is_none_or(|l| row.lan == l)
            && least.is_none_or(|b| i64::try_from(bytes).unwrap_or(i64::MAX) >= b)
    };
    let listed = state
        .stats
        .rows
        .iter()
        .filter(|_| timespan == 6)
        .filter_map(|r| Some((r, r.listed(now_ms)?)));
    let rows: Vec<(&Row, u64)> = listed.filter(|(row, bytes)| wanted(row, *bytes)).collect();
    let devices: BTreeSet<i64> = rows.iter().map(|(r, _)| r.device).collect();
    let accounts: BTreeSet<i64> = rows.iter().map(|(r, _)| r.account).collect();
    let row = |(row, bytes): (&Row, u64)| {
        Node::new("StatisticsBandwidth")
            .attr("accountID", row.account)
            .attr("deviceID", row.device)
            .attr("timespan", timespan)
            .attr("at", row.at)
            .attr("lan", row.lan)
            .attr("bytes", bytes)
    };
    let size = rows.len();
    let node = Node::new("MediaContainer")
        .attr("size", size)
        .with(
            state
                .devices
                .iter()
                .filter(|d| devices.contains(&d.id))
                .map(about::device_node),
        )
        .with(
            state
                .accounts
                .iter()
                .filter(|(id, _)| accounts.contains(id))
                .map(|(id, n)| about::account_node(*id, n)),
        )
        // Newest first in part: the wire's order is not sorted by time.
        .with(rows.into_iter().rev().map(row));
    Reply::Tree(node)
}
