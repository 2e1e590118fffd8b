//! `get_history`: filters, grouping, order, pages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Play;

pub(super) type Params = BTreeMap<String, String>;

/// The data of the answer. Days are UTC.
pub(super) fn page(plays: &[Play], params: &Params) -> Value {
    let kept: Vec<&Play> = plays.iter().filter(|p| passes(p, params)).collect();
    let mut rows: Vec<Value> = if params.get("grouping").is_some_and(|g| g == "0") {
        kept.iter().map(|p| p.row.clone()).collect()
    } else {
        grouped(&kept)
    };
    let number = |row: &Value, key: &str| row.get(key).and_then(Value::as_i64).unwrap_or(0);
    // Only the orders that clients here use; an unknown column means the order of ids.
    let descending = params.get("order_dir").is_none_or(|d| d != "asc");
    let column = match params.get("order_column").map_or("date", String::as_str) {
        "date" | "started" => "started",
        "stopped" => "stopped",
        _ => "id",
    };
    rows.sort_by_key(|row| number(row, column));
    if descending && column != "id" {
        rows.reverse();
    }
    let whole = |key: &str, default: usize| params.get(key).and_then(|v| v.parse().ok()).unwrap_or(default);
    let (start, length) = (whole("start", 0), whole("length", 25));
    let filtered = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(length).collect();
    json!({
        "draw": 1, "recordsTotal": plays.len(), "recordsFiltered": filtered, "data": data,
        "filter_duration": "0", "total_duration": "0",
    })
}

fn passes(play: &Play, params: &Params) -> bool {
    let day = day_of(play.number("started"));
    let is = |key: &str, value: String| {
        params
            .get(key)
            .is_none_or(|wanted| wanted.is_empty() || wanted.split(',').any(|w| w == value))
    };
    is("section_id", play.section_id.to_string())
        && is("user_id", play.number("user_id").to_string())
        && is("reference_id", play.number("reference_id").to_string())
        && is("start_date", day.clone())
        && params.get("after").is_none_or(|after| day >= *after)
        && params.get("before").is_none_or(|before| day <= *before)
}

fn day_of(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| String::new(),
        |t| t.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string(),
    )
}

/// One row per group: the first one's, with the sums of all.
fn grouped(plays: &[&Play]) -> Vec<Value> {
    let mut groups: BTreeMap<i64, Vec<&Play>> = BTreeMap::new();
    for play in plays {
        groups.entry(play.number("reference_id")).or_default().push(play);
    }
    groups
        .into_values()
        .map(|mut group| {
            group.sort_by_key(|p| p.number("id"));
            let mut row = group[0].row.clone();
            let of = |key| group.iter().map(move |p| p.number(key));
            let ids: Vec<String> = of("id").map(|id| id.to_string()).collect();
            row["started"] = of("started").min().into();
            row["date"] = of("started").max().into();
            row["stopped"] = of("stopped").max().into();
            row["duration"] = of("duration").sum::<i64>().into();
            row["play_duration"] = row["duration"].clone();
            row["paused_counter"] = of("paused_counter").sum::<i64>().into();
            row["group_count"] = ids.len().into();
            row["group_ids"] = ids.join(",").into();
            row
        })
        .collect()
}
