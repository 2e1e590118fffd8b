//! `get_history`: parameters, and rows with all their keys.

use history::View;
use history::ask::filter::Filter;
use history::ask::history::{Column, Direction, Entry, Query, page};
use history::rules::{Class, WatchedStatus, human_duration};
use jiff::civil::Date;
use model::{Decision, Record, RecordKind, Scalar, SourceId, Text};

use super::commands::{Asked, Fault};
use super::params::{Params, python_int};
use super::playing::{Line, Running, merged, running, widened};
use super::table::USUAL_LENGTH;
use super::users::thumb_of;
use super::value::{Object, Value, object};

/// `get_history`.
pub(super) fn history(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let found = find(view, asked, 0, usize::MAX)?;
    Ok(object! {
        "recordsFiltered" => found.filtered,
        "recordsTotal" => found.total,
        "data" => Value::List(found.rows().collect()),
        "draw" => 1_i64,
        "filter_duration" => human_duration(found.duration_s()),
        "total_duration" => human_duration(found.total_duration_s),
    })
}

/// A page, or a part of one.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) filtered: usize,
    pub(super) total: usize,
    pub(super) total_duration_s: i64,
    /// The page goes on.
    pub(super) is_more: bool,
    lines: Vec<Line>,
}

impl Found {
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn duration_s(&self) -> i64 {
        self.lines.iter().map(duration_s).sum()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Value> + '_ {
        self.lines.iter().map(line)
    }
}

/// At most `most` rows of the page that is asked for, after the first `skipped` of them.
pub(super) fn find(view: &View<'_>, asked: &Asked, skipped: usize, most: usize) -> Result<Found, Fault> {
    let whole = query(view, asked)?;
    let query = Query {
        start: whole.start.saturating_add(skipped),
        length: whole.length.saturating_sub(skipped).min(most),
        ..whole
    };
    let running = running(view, asked, &query);
    let count = running.len();
    let mut found = page(view, &widened(&query, count))?;
    let lines = merged(&query, std::mem::take(&mut found.entries), running);
    Ok(Found {
        filtered: found.filtered + count,
        total: found.rows_total,
        total_duration_s: found.total_duration_s,
        is_more: !lines.is_empty() && lines.len() == most && whole.length > skipped.saturating_add(most),
        lines,
    })
}

fn duration_s(line: &Line) -> i64 {
    match line {
        Line::Over(entry) => entry.duration_s,
        Line::Running(play) => play.duration_s,
    }
}

fn line(line: &Line) -> Value {
    match line {
        Line::Over(entry) => row(entry),
        Line::Running(play) => running_row(play),
    }
}

fn query(view: &View<'_>, asked: &Asked) -> Result<Query, Fault> {
    let given = &asked.params;
    let length = given.int("length")?.unwrap_or(USUAL_LENGTH);
    Ok(Query {
        filter: filter(view, asked)?,
        search: given.text("search").map(Text::from),
        grouping: asked.grouping(),
        order: order(given, "date", column),
        start: usize::try_from(given.int("start")?.unwrap_or(0)).unwrap_or(0),
        // Negative: all there is.
        length: usize::try_from(length).unwrap_or(usize::MAX),
    })
}

/// Columns that are known, each with its direction; `usual` if none is asked for, downwards unless asked otherwise.
pub(super) fn order<C>(
    given: &Params,
    usual: &str,
    column: impl Fn(&str) -> Option<C>,
) -> Vec<(C, Direction)> {
    let directions = given.list("order_dir");
    let direction = |at: usize| match directions.get(at) {
        Some(&"asc") => Direction::Ascending,
        _ => Direction::Descending,
    };
    let columns = match given.text("order_column") {
        None => vec![usual],
        Some(_) => given.list("order_column"),
    };
    let columns = columns.into_iter().enumerate();
    columns
        .filter_map(|(at, name)| Some((column(name)?, direction(at))))
        .collect()
}

fn column(name: &str) -> Option<Column> {
    Some(match name {
        "date" => Column::Date,
        "friendly_name" => Column::FriendlyName,
        "ip_address" => Column::IpAddress,
        "platform" => Column::Platform,
        "product" => Column::Product,
        "player" => Column::Player,
        "full_title" => Column::FullTitle,
        "started" => Column::Started,
        "paused_counter" => Column::PausedCounter,
        "stopped" => Column::Stopped,
        "duration" => Column::Duration,
        _ => return None,
    })
}

fn filter(view: &View<'_>, asked: &Asked) -> Result<Filter, Fault> {
    let given = &asked.params;
    let mut filter = Filter {
        user_ids: numbers(given, "user_id"),
        users: words(given, "user"),
        parent_rating_keys: numbers(given, "parent_rating_key"),
        grandparent_rating_keys: numbers(given, "grandparent_rating_key"),
        reference_ids: numbers(given, "reference_id"),
        section_ids: numbers(given, "section_id"),
        decisions: decisions(given),
        guid_prefix: given
            .text("guid")
            .map(|g| Text::from(g.split('?').next().unwrap_or(g))),
        servers: servers(asked),
        ..Filter::default()
    };
    if let Some(members) = &asked.members {
        // What is asked for is in a collection; its kind says nothing of a play.
        filter.members = Some(members.clone());
    } else {
        filter.rating_keys = numbers(given, "rating_key");
        filter.classes = classes(given);
    }
    let zone = view.time_zone();
    for (name, first, last) in [
        ("start_date", true, true),
        ("before", false, true),
        ("after", true, false),
    ] {
        if let Some(text) = given.text(name) {
            let day = day(text).ok_or_else(|| Fault::Refused(format!("{name} is a day like 2026-01-31")))?;
            filter = filter.on_days(zone, first.then_some(day), last.then_some(day));
        }
    }
    Ok(filter)
}

/// Whose plays are asked for, if of one server alone. A name that no server has finds nothing.
pub(super) fn servers(asked: &Asked) -> Option<Vec<SourceId>> {
    let name = asked.params.text("server")?;
    let snapshot = asked.ctx.plex_snapshot();
    let named = snapshot
        .servers
        .iter()
        .find(|s| s.id.as_str() == name || s.name() == name);
    // A server of the past is known by our id alone.
    Some(vec![named.map_or_else(|| SourceId::from(name), |s| s.id.clone())])
}

/// A list of numbers; what is none is nothing's number.
fn numbers(given: &Params, name: &str) -> Option<Vec<i64>> {
    given.text(name)?;
    Some(
        given
            .list(name)
            .into_iter()
            .filter_map(|n| python_int(n).ok())
            .collect(),
    )
}

fn words(given: &Params, name: &str) -> Option<Vec<Text>> {
    given.text(name)?;
    Some(given.list(name).into_iter().map(Text::from).collect())
}

fn classes(given: &Params) -> Option<Vec<Class>> {
    given.text("media_type").filter(|t| *t != "all")?;
    let class = |word: &str| match word {
        "movie" => Some(Class::Movies),
        "episode" => Some(Class::Tv),
        "track" => Some(Class::Music),
        "live" => Some(Class::LiveTv),
        _ => None,
    };
    Some(given.list("media_type").into_iter().filter_map(class).collect())
}

fn decisions(given: &Params) -> Option<Vec<Decision>> {
    given.text("transcode_decision")?;
    let decision = |word: &str| match word {
        "direct play" => Some(Decision::DirectPlay),
        "copy" => Some(Decision::Copy),
        "transcode" => Some(Decision::Transcode),
        _ => None,
    };
    let list = given.list("transcode_decision");
    Some(list.into_iter().filter_map(decision).collect())
}

fn day(text: &str) -> Option<Date> {
    text.trim().parse().ok()
}

/// Tautulli's word.
pub(super) fn decision_word(decision: Option<Decision>) -> &'static str {
    match decision {
        None => "",
        Some(Decision::DirectPlay) => "direct play",
        Some(Decision::Copy) => "copy",
        Some(Decision::Transcode) => "transcode",
    }
}

fn row(entry: &Entry) -> Value {
    let who = entry.who.as_ref();
    let ids: Vec<String> = entry.ids.iter().map(u32::to_string).collect();
    let record = &entry.play.record;
    let mut out: Object = Vec::with_capacity(44);
    out.extend([
        ("reference_id", Value::from(entry.group_id)),
        ("row_id", Value::from(entry.id)),
        ("id", Value::from(entry.id)),
        ("date", Value::Int(entry.date_s)),
        ("started", Value::Int(entry.started_s)),
        ("stopped", Value::from(entry.stopped_s)),
        ("duration", Value::Int(entry.duration_s)),
        ("play_duration", Value::Int(entry.duration_s)),
        ("paused_counter", Value::Int(entry.paused_s)),
        ("user_id", Value::from(record.user_id)),
        ("user", Value::from(record.user.clone())),
        (
            "friendly_name",
            Value::from(who.and_then(|w| w.friendly_name.clone())),
        ),
        ("user_thumb", thumb_of(who)),
    ]);
    details(record, &mut out);
    out.extend([
        ("percent_complete", Value::Int(entry.percent_complete)),
        ("watched_status", watched(entry.watched)),
        ("group_count", Value::from(entry.ids.len())),
        ("group_ids", Value::Owned(ids.join(","))),
        ("state", Value::Null),
        ("session_key", Value::Null),
    ]);
    Value::Object(out)
}

/// As a row that is over, without a place in the history; the state and the session's key instead.
fn running_row(of: &Running) -> Value {
    let (record, session) = (&of.record, &of.play.session);
    let key = session.key.as_str();
    let mut out: Object = Vec::with_capacity(44);
    out.extend([
        ("reference_id", Value::Null),
        ("row_id", Value::Null),
        ("id", Value::Null),
        ("date", Value::Int(of.started_s)),
        ("started", Value::Int(of.started_s)),
        ("stopped", Value::Int(of.stopped_s)),
        ("duration", Value::Int(of.duration_s)),
        ("play_duration", Value::Int(of.duration_s)),
        ("paused_counter", Value::Int(of.paused_s)),
        ("user_id", Value::from(record.user_id)),
        ("user", Value::from(record.user.clone())),
        ("friendly_name", Value::from(of.friendly_name.clone())),
        ("user_thumb", thumb_of(of.who.as_ref())),
    ]);
    details(record, &mut out);
    out.extend([
        ("percent_complete", Value::Int(of.percent_complete)),
        ("watched_status", watched(of.watched)),
        ("group_count", Value::Null),
        ("group_ids", Value::Null),
        ("state", Value::Word(of.play.state().as_str())),
        (
            "session_key",
            key.parse()
                .map_or_else(|_| Value::Owned(key.to_owned()), Value::Int),
        ),
    ]);
    Value::Object(out)
}

/// Halves and quarters, but 0 and 1 as whole numbers.
pub(super) fn watched(status: WatchedStatus) -> Value {
    match status {
        WatchedStatus::None => Value::Int(0),
        WatchedStatus::Watched => Value::Int(1),
        part => Value::Float(part.as_f64()),
    }
}

/// What a row tells of the play itself.
pub(super) fn details(record: &Record, out: &mut Object) {
    let (item, client) = (&*record.item, &*record.client);
    let text = |value: &Option<Text>| Value::or_empty(value.as_ref());
    let number = |value: Option<i64>| Value::or_empty(value);
    out.extend([
        ("platform", platform(client.platform.as_ref())),
        ("product", text(&client.product)),
        ("player", text(&client.player)),
        ("ip_address", text(&record.ip_address)),
        ("live", Value::flag(item.live)),
        ("machine_id", text(&client.machine_id)),
        ("location", text(&record.location)),
        ("secure", Value::from(record.secure.map(Value::flag))),
        ("relayed", Value::from(record.relayed.map(Value::flag))),
        ("media_type", Value::Word(item.kind.as_str())),
        ("rating_key", number(item.rating_key)),
        ("parent_rating_key", number(item.parent_rating_key)),
        ("grandparent_rating_key", number(item.grandparent_rating_key)),
        ("full_title", Value::from(&item.full_title)),
        ("title", text(&item.title)),
        ("parent_title", text(&item.parent_title)),
        ("grandparent_title", text(&item.grandparent_title)),
        ("original_title", text(&item.original_title)),
        ("year", number(item.year)),
        ("media_index", number(item.media_index)),
        ("parent_media_index", number(item.parent_media_index)),
        ("thumb", row_thumb(record)),
        ("originally_available_at", text(&item.originally_available_at)),
        ("guid", text(&item.guid)),
        (
            "transcode_decision",
            Value::Word(decision_word(record.stream.decision)),
        ),
    ]);
}

/// The picture of a row: of an episode that of its season or show.
pub(super) fn row_thumb(record: &Record) -> Value {
    let item = &*record.item;
    let above = |name| match item.extra.get(name) {
        Some(Scalar::Text(path)) if !path.is_empty() => Some(path),
        _ => None,
    };
    let season = match item.kind {
        RecordKind::Episode => above("parent_thumb").or_else(|| above("grandparent_thumb")),
        RecordKind::Movie | RecordKind::Track => None,
    };
    Value::or_empty(season.or(item.thumb.as_ref()))
}

/// The name of a platform to show.
pub(super) fn platform(told: Option<&Text>) -> Value {
    let Some(told) = told else { return Value::EMPTY };
    let shown = history::rules::platform_name(told);
    if *shown == **told {
        told.into()
    } else {
        Value::Owned(shown.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/api/v2?{query}").parse().unwrap(), b"")
    }

    #[test]
    fn orders_are_read_column_by_column() {
        use Direction::{Ascending, Descending};
        for (query, expected) in [
            ("", vec![(Column::Date, Descending)]),
            ("order_dir=asc", vec![(Column::Date, Ascending)]),
            ("order_column=bogus", vec![]),
            (
                "order_column=friendly_name,bogus,started&order_dir=asc,asc,desc",
                vec![(Column::FriendlyName, Ascending), (Column::Started, Descending)],
            ),
            (
                "order_column=stopped,duration&order_dir=asc",
                vec![(Column::Stopped, Ascending), (Column::Duration, Descending)],
            ),
        ] {
            assert_eq!(order(&params(query), "date", column), expected, "{query}");
        }
    }

    #[test]
    fn filters_are_lists() {
        let given =
            params("rating_key=5,x,7&media_type=movie,live,photo&transcode_decision=copy,none&user=a,%20b");
        assert_eq!(numbers(&given, "rating_key"), Some(vec![5, 7]));
        assert_eq!(numbers(&given, "section_id"), None);
        assert_eq!(classes(&given), Some(vec![Class::Movies, Class::LiveTv]));
        assert_eq!(classes(&params("media_type=all")), None);
        assert_eq!(decisions(&given), Some(vec![Decision::Copy]));
        assert_eq!(words(&given, "user"), Some(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn numbers_are_whole_where_they_can_be() {
        assert_eq!(watched(WatchedStatus::None), Value::Int(0));
        assert_eq!(watched(WatchedStatus::Half), Value::Float(0.5));
        assert_eq!(watched(WatchedStatus::Watched), Value::Int(1));
    }
}
