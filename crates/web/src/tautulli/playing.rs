//! What plays now as rows of the history (`include_activity`): filtered, ordered and cut as if it were over.

use std::cmp::Ordering;
use std::sync::Arc;

use history::View;
use history::ask::Who;
use history::ask::filter::Filter;
use history::ask::history::{Column, Direction, Entry, Query};
use history::columns::ItemDim;
use history::record::record_of;
use history::rules::{Class, WatchedStatus, duration_s, percent_complete, percent_shown, watched_status};
use model::{Play, Record, RecordItem, Scalar, Text};

use super::commands::Asked;
use super::users::who;

/// A play that has not ended, as the row it would be if it ended now.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) play: Arc<Play>,
    pub(super) record: Record,
    pub(super) friendly_name: Option<Text>,
    pub(super) who: Option<Who>,
    pub(super) started_s: i64,
    /// Last moment it was heard of.
    pub(super) stopped_s: i64,
    pub(super) paused_s: i64,
    pub(super) duration_s: i64,
    pub(super) percent_complete: i64,
    pub(super) watched: WatchedStatus,
}

/// A row of either kind.
#[derive(Debug)]
pub(super) enum Line {
    Over(Entry),
    Running(Running),
}

/// What plays now and passes; nothing if it was not asked for.
pub(super) fn running(view: &View<'_>, asked: &Asked, query: &Query) -> Vec<Running> {
    let wanted = asked.params.switch("include_activity");
    if !wanted.unwrap_or_else(|| asked.settings().history_activity) {
        return Vec::new();
    }
    let snapshot = asked.ctx.plex_snapshot();
    let plays = snapshot.plays().filter_map(|play| line(view, play));
    plays
        .filter(|one| passes(&query.filter, one) && is_found(query.search.as_deref(), one))
        .collect()
}

fn line(view: &View<'_>, play: &Arc<Play>) -> Option<Running> {
    let people = view.columns.dims.people();
    let mut record = record_of(play, people)?;
    bare(Arc::make_mut(&mut record.item));
    let who = record.user_id.and_then(|id| people.get(&id)).map(who);
    let (started_s, stopped_s) = (play.started_at.as_second(), play.seen_at.as_second());
    let paused_s = i64::try_from(play.totals.paused_ms / 1000).unwrap_or(0);
    let item = dim(&record.item);
    let percent = percent_complete(record.view_offset_ms, item.duration_ms);
    let watched = watched_status(&view.settings.watched, &item, record.view_offset_ms, percent);
    Some(Running {
        play: play.clone(),
        friendly_name: who.as_ref().and_then(|w| w.friendly_name.clone()),
        who,
        started_s,
        stopped_s,
        paused_s,
        duration_s: duration_s(started_s, Some(stopped_s), paused_s),
        percent_complete: percent_shown(percent, item.live),
        watched,
        record,
    })
}

/// Pictures are paths on the server; what may follow one is nobody's business.
fn bare(item: &mut RecordItem) {
    let cut = |path: &Text| path.split_once('?').map(|(path, _)| Text::from(path));
    if let Some(path) = item.thumb.as_ref().and_then(cut) {
        item.thumb = Some(path);
    }
    for value in item.extra.values_mut() {
        if let Scalar::Text(text) = value
            && text.starts_with('/')
            && let Some(path) = cut(text)
        {
            *text = path;
        }
    }
}

fn dim(item: &RecordItem) -> ItemDim {
    ItemDim {
        store_id: 0,
        kind: item.kind,
        live: item.live,
        rating_key: item.rating_key,
        parent_rating_key: item.parent_rating_key,
        grandparent_rating_key: item.grandparent_rating_key,
        guid: item.guid.clone(),
        full_title: item.full_title.clone(),
        title: item.title.clone(),
        grandparent_title: item.grandparent_title.clone(),
        original_title: item.original_title.clone(),
        year: item.year,
        duration_ms: item.duration_ms,
        marker_credits_first_ms: item.marker_credits_first_ms,
        marker_credits_final_ms: item.marker_credits_final_ms,
    }
}

/// The rules of [`Filter`], as far as `get_history` can set them.
fn passes(filter: &Filter, one: &Running) -> bool {
    let (record, item) = (&one.record, &*one.record.item);
    let among = |list: &Option<Vec<i64>>, value: Option<i64>| {
        list.as_ref()
            .is_none_or(|list| value.is_some_and(|v| list.contains(&v)))
    };
    let by_person = match (&filter.user_ids, &filter.users) {
        (Some(ids), _) => record.user_id.is_some_and(|id| ids.contains(&id)),
        (None, Some(names)) => record.user.as_ref().is_some_and(|name| names.contains(name)),
        (None, None) => true,
    };
    let keys = [
        item.rating_key,
        item.parent_rating_key,
        item.grandparent_rating_key,
    ];
    let is_member = |members: &Vec<i64>| keys.iter().flatten().any(|key| members.contains(key));
    let class = Class::of(item.kind, item.live);
    let starts = |prefix: &Text| {
        let guid = item.guid.as_deref().unwrap_or_default();
        guid.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    by_person
        && filter.reference_ids.is_none()
        && among(&filter.rating_keys, item.rating_key)
        && among(&filter.parent_rating_keys, item.parent_rating_key)
        && among(&filter.grandparent_rating_keys, item.grandparent_rating_key)
        && among(&filter.section_ids, record.section_id)
        && filter.members.as_ref().is_none_or(is_member)
        && filter
            .servers
            .as_ref()
            .is_none_or(|list| list.contains(&record.server))
        && filter.classes.as_ref().is_none_or(|list| list.contains(&class))
        && (filter.decisions.as_ref())
            .is_none_or(|list| record.stream.decision.is_some_and(|d| list.contains(&d)))
        && filter.guid_prefix.as_ref().is_none_or(starts)
        && filter.started_from_s.is_none_or(|from| one.started_s >= from)
        && filter.started_to_s.is_none_or(|to| one.started_s < to)
}

fn is_found(part: Option<&str>, one: &Running) -> bool {
    let Some(part) = part.filter(|part| !part.is_empty()) else {
        return true;
    };
    let part = part.to_ascii_lowercase();
    let client = &*one.record.client;
    [
        one.friendly_name.as_ref(),
        one.record.ip_address.as_ref(),
        client.platform.as_ref(),
        client.product.as_ref(),
        client.player.as_ref(),
        Some(&one.record.item.full_title),
    ]
    .into_iter()
    .flatten()
    .any(|text| text.to_ascii_lowercase().contains(&part))
}

/// The part of the history to fetch, so that the wanted page can be cut from it and `running` plays together.
pub(super) fn widened(query: &Query, running: usize) -> Query {
    Query {
        start: query.start.saturating_sub(running),
        length: query.length.saturating_add(running),
        ..query.clone()
    }
}

/// The page that `query` wants of both together. `over` is what [`widened`] fetched.
pub(super) fn merged(query: &Query, over: Vec<Entry>, running: Vec<Running>) -> Vec<Line> {
    let first = query.start.saturating_sub(running.len());
    if over.is_empty() && first > 0 {
        return Vec::new();
    }
    let mut running: Vec<Line> = running.into_iter().map(Line::Running).collect();
    running.sort_by(|a, b| compare(&query.order, a, b));
    let mut over = over.into_iter().map(Line::Over).peekable();
    // Those before the first that was fetched belong to earlier pages, whatever lies between.
    let earlier = match over.peek() {
        Some(head) if first > 0 => running.partition_point(|one| compare(&query.order, one, head).is_lt()),
        _ => 0,
    };
    let mut lines: Vec<Line> = running.drain(earlier..).chain(over).collect();
    lines.sort_by(|a, b| compare(&query.order, a, b));
    let skipped = query.start - first - earlier;
    lines.into_iter().skip(skipped).take(query.length).collect()
}

fn compare(order: &[(Column, Direction)], a: &Line, b: &Line) -> Ordering {
    let columns = order.iter().map(|(column, direction)| {
        let natural = key(a, *column).cmp(&key(b, *column));
        match direction {
            Direction::Ascending => natural,
            Direction::Descending => natural.reverse(),
        }
    });
    columns.fold(Ordering::Equal, Ordering::then)
}

/// As the history orders: what is unknown, numbers, texts without regard to ASCII case.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Unknown,
    Number(i64),
    Text(String),
}

fn key(line: &Line, column: Column) -> Key {
    let (record, name, started, date, stopped, paused) = match line {
        Line::Over(e) => (
            &e.play.record,
            e.who.as_ref().and_then(|w| w.friendly_name.as_ref()),
            e.started_s,
            e.date_s,
            e.stopped_s,
            e.paused_s,
        ),
        Line::Running(r) => (
            &r.record,
            r.friendly_name.as_ref(),
            r.started_s,
            r.started_s,
            Some(r.stopped_s),
            r.paused_s,
        ),
    };
    let text = |value: Option<&Text>| value.map_or(Key::Unknown, |v| Key::Text(v.to_ascii_lowercase()));
    match column {
        Column::Date => Key::Number(date),
        Column::Started => Key::Number(started),
        Column::Stopped => stopped.map_or(Key::Unknown, Key::Number),
        Column::PausedCounter => Key::Number(paused),
        // Unknown lengths come last.
        Column::Duration => Key::Number(record.item.duration_ms.unwrap_or(i64::MAX)),
        Column::FriendlyName => text(name),
        Column::IpAddress => text(record.ip_address.as_ref()),
        Column::Platform => text(record.client.platform.as_ref()),
        Column::Product => text(record.client.product.as_ref()),
        Column::Player => text(record.client.player.as_ref()),
        Column::FullTitle => text(Some(&record.item.full_title)),
    }
}
