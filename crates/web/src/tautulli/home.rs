//! `get_home_stats`: cards with their rows, and everything of a row that does not apply as an empty text.

use history::View;
use history::ask::concurrency::{Most, MostConcurrent};
use history::ask::home::{HomeParams, HomeRows, HomeStat, RankBy, Ranked, StatId, Watched, stats};
use jiff::civil::Date;
use model::{Fields, Record, RecordKind, Scalar, Section, Text};

use super::commands::{Asked, Fault};
use super::history::platform;
use super::params::{Params, python_int};
use super::platforms::icon;
use super::users::{parts, thumb_of};
use super::value::{Object, Value, object};

/// Entries of a card, where nothing else is asked for.
const USUAL_COUNT: i64 = 10;

/// Days, where nothing else is asked for.
const USUAL_DAYS: i64 = 30;

/// Shown for a library without a picture.
const NO_COVER: &str = "interfaces/default/images/cover.png";

/// `get_home_stats`: all cards in a list, or one alone. A card that does not exist is an empty list.
pub(super) fn home(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let given = &asked.params;
    let stat = match given.text("stat_id") {
        None => None,
        Some(id) => match StatId::parse(id) {
            Some(stat) => Some(stat),
            None => return Ok(Value::List(Vec::new())),
        },
    };
    let params = HomeParams {
        stat,
        ..params(asked)?
    };
    let mut cards = stats(view, &params)?
        .into_iter()
        .map(|stat| card(&stat, params.rank_by));
    match stat {
        Some(_) => Ok(cards.next().unwrap_or(Value::List(Vec::new()))),
        None => Ok(Value::List(cards.collect())),
    }
}

fn params(asked: &Asked) -> Result<HomeParams, Fault> {
    let given = &asked.params;
    let number = |name, usual| match given.text(name) {
        None => usual,
        // What is no number is none.
        Some(text) => python_int(text).unwrap_or(0),
    };
    Ok(HomeParams {
        grouping: asked.grouping(),
        time_range: number("time_range", USUAL_DAYS),
        rank_by: match given.text("stats_type") {
            Some("duration" | "1") => RankBy::Duration,
            _ => RankBy::Plays,
        },
        start: number("stats_start", 0),
        count: number("stats_count", USUAL_COUNT),
        section_id: one(given, "section_id"),
        user_id: one(given, "user_id"),
        before: day(given, "before")?,
        after: day(given, "after")?,
        ..HomeParams::at(asked.now_s)
    })
}

/// One number; what is none belongs to nobody.
fn one(given: &Params, name: &str) -> Option<i64> {
    given.text(name).map(|text| python_int(text).unwrap_or(i64::MIN))
}

fn day(given: &Params, name: &str) -> Result<Option<Date>, Fault> {
    let Some(text) = given.text(name) else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(day) => Ok(Some(day)),
        Err(_) => Err(Fault::Refused(format!("{name} is a day like 2026-01-31"))),
    }
}

fn card(stat: &HomeStat, rank_by: RankBy) -> Value {
    let mut out: Object = vec![("stat_id", Value::Word(stat.id.as_str()))];
    if is_top(stat.id) {
        let kind = match rank_by {
            RankBy::Plays => "total_plays",
            RankBy::Duration => "total_duration",
        };
        out.push(("stat_type", Value::Word(kind)));
    }
    let rows = match &stat.rows {
        HomeRows::Ranked(rows) => rows.iter().map(|row| ranked(stat.id, row)).collect(),
        HomeRows::Watched(rows) => rows.iter().map(last_watched).collect(),
        HomeRows::Concurrent(most) => concurrent(most),
    };
    out.push(("stat_title", Value::Word(title(stat.id))));
    out.push(("rows", Value::List(rows)));
    Value::Object(out)
}

fn is_top(id: StatId) -> bool {
    id.as_str().starts_with("top_")
}

fn title(id: StatId) -> &'static str {
    match id {
        StatId::TopMovies => "Most Watched Movies",
        StatId::PopularMovies => "Most Popular Movies",
        StatId::TopTv => "Most Watched TV Shows",
        StatId::PopularTv => "Most Popular TV Shows",
        StatId::TopMusic => "Most Played Artists",
        StatId::PopularMusic => "Most Popular Artists",
        StatId::LastWatched => "Recently Watched",
        StatId::TopLibraries => "Most Active Libraries",
        StatId::TopUsers => "Most Active Users",
        StatId::TopPlatforms => "Most Active Platforms",
        StatId::MostConcurrent => "Most Concurrent Streams",
    }
}

fn ranked(id: StatId, row: &Ranked) -> Value {
    Value::Object(match id {
        StatId::TopLibraries => library(row),
        StatId::TopUsers => user(row),
        StatId::TopPlatforms => of_platform(row),
        _ => of_title(id, row),
    })
}

fn text(value: Option<&Text>) -> Value {
    Value::or_empty(value)
}

fn further(fields: &Fields, name: &str) -> Value {
    Value::or_empty(fields.get(name))
}

/// A show or artist is shown by its own name, key and picture, a film by its own.
fn of_title(id: StatId, row: &Ranked) -> Object {
    let record = &row.play.record;
    let item = &*record.item;
    let grandparent_thumb = further(&item.extra, "grandparent_thumb");
    let (name, key, thumb) = match item.kind {
        RecordKind::Movie => (Some(&item.full_title), item.rating_key, text(item.thumb.as_ref())),
        RecordKind::Episode => (
            item.grandparent_title.as_ref(),
            item.grandparent_rating_key,
            grandparent_thumb.clone(),
        ),
        RecordKind::Track => {
            let own = item.original_title.as_ref().filter(|t| !t.is_empty());
            (
                own.or(item.grandparent_title.as_ref()),
                item.grandparent_rating_key,
                grandparent_thumb.clone(),
            )
        }
    };
    let (key, grandparent) = (Value::or_empty(key), Value::or_empty(item.grandparent_rating_key));
    let head = [("title", text(name)), ("year", Value::or_empty(item.year))];
    let mut out: Object = head.into_iter().collect();
    if is_top(id) {
        out.extend([
            ("total_plays", Value::Int(row.plays)),
            ("total_duration", Value::Int(row.duration_s)),
            ("users_watched", Value::EMPTY),
            ("rating_key", key),
            ("grandparent_rating_key", grandparent),
            ("last_play", Value::Int(row.last_play_s)),
        ]);
    } else {
        out.extend([
            ("users_watched", Value::Int(row.users)),
            ("rating_key", key),
            ("grandparent_rating_key", grandparent),
            ("last_play", Value::Int(row.last_play_s)),
            ("total_plays", Value::Int(row.plays)),
        ]);
    }
    out.extend([
        ("grandparent_thumb", grandparent_thumb),
        ("thumb", thumb),
        ("art", further(&item.extra, "art")),
        ("section_id", Value::or_empty(record.section_id)),
        ("media_type", Value::Word(item.kind.as_str())),
        ("content_rating", further(&item.extra, "content_rating")),
        ("rating", further(&item.extra, "rating")),
        ("labels", parts(&item.extra, "labels")),
        ("user", Value::EMPTY),
        ("friendly_name", Value::EMPTY),
        ("platform", Value::EMPTY),
        ("live", Value::flag(item.live)),
        ("guid", text(item.guid.as_ref())),
        ("row_id", Value::from(row.play.id)),
    ]);
    out
}

/// The picture of a play: of the show or artist, if it has one.
fn shown_thumb(record: &Record) -> Value {
    let item = &*record.item;
    match item.extra.get("grandparent_thumb") {
        Some(Scalar::Text(thumb)) if !thumb.is_empty() => thumb.into(),
        _ => text(item.thumb.as_ref()),
    }
}

/// Names and places of the newest play, as libraries and users show them.
fn newest_play(row: &Ranked, out: &mut Object) {
    let item = &*row.play.record.item;
    out.extend([
        ("title", Value::from(&item.full_title)),
        ("grandparent_title", text(item.grandparent_title.as_ref())),
        ("grandchild_title", text(item.title.as_ref())),
        ("year", Value::or_empty(item.year)),
        ("media_index", Value::or_empty(item.media_index)),
        ("parent_media_index", Value::or_empty(item.parent_media_index)),
        ("rating_key", Value::or_empty(item.rating_key)),
        (
            "grandparent_rating_key",
            Value::or_empty(item.grandparent_rating_key),
        ),
        ("media_type", Value::Word(item.kind.as_str())),
        ("content_rating", further(&item.extra, "content_rating")),
        ("labels", parts(&item.extra, "labels")),
        ("live", Value::flag(item.live)),
        ("guid", text(item.guid.as_ref())),
        ("row_id", Value::from(row.play.id)),
    ]);
}

fn library(row: &Ranked) -> Object {
    let record = &row.play.record;
    let section = row.section.as_ref();
    let mut out: Object = vec![
        ("total_plays", Value::Int(row.plays)),
        ("total_duration", Value::Int(row.duration_s)),
        ("section_type", Value::from(section.and_then(|s| s.kind.clone()))),
        ("section_name", Value::from(section.and_then(|s| s.name.clone()))),
        ("section_id", Value::from(record.section_id)),
        ("last_play", Value::Int(row.last_play_s)),
        ("library_thumb", cover(section)),
        (
            "library_art",
            art(section).map_or(Value::Null, |art| live_card_art(&art)),
        ),
        ("thumb", shown_thumb(record)),
        (
            "grandparent_thumb",
            further(&record.item.extra, "grandparent_thumb"),
        ),
        ("art", further(&record.item.extra, "art")),
        ("user", Value::EMPTY),
        ("friendly_name", Value::EMPTY),
        ("users_watched", Value::EMPTY),
        ("platform", Value::EMPTY),
    ];
    newest_play(row, &mut out);
    out
}

/// The picture of a library: one's own choice first.
pub(super) fn cover(section: Option<&Section>) -> Value {
    let picture = section.and_then(|s| picture(s, "custom_thumb_url", "thumb"));
    picture.map_or(NO_COVER.into(), Value::Text)
}

/// Its background.
pub(super) fn art(section: Option<&Section>) -> Option<Text> {
    section.and_then(|s| picture(s, "custom_art_url", "art"))
}

fn picture(section: &Section, chosen: &str, own: &str) -> Option<Text> {
    [chosen, own]
        .into_iter()
        .find_map(|name| match section.fields.get(name) {
            Some(Scalar::Text(url)) if !url.is_empty() => Some(url.clone()),
            _ => None,
        })
}

/// Cards show live television by a smaller picture of Tautulli's.
fn live_card_art(art: &Text) -> Value {
    match &**art {
        "interfaces/default/images/art-live-full.png" => "interfaces/default/images/art-live.png".into(),
        _ => art.into(),
    }
}

fn user(row: &Ranked) -> Object {
    let record = &row.play.record;
    let who = row.who.as_ref();
    let mut out: Object = vec![
        ("user", Value::from(record.user.clone())),
        ("user_id", Value::from(record.user_id)),
        (
            "friendly_name",
            Value::from(who.and_then(|w| w.friendly_name.clone())),
        ),
        ("total_plays", Value::Int(row.plays)),
        ("total_duration", Value::Int(row.duration_s)),
        ("last_play", Value::Int(row.last_play_s)),
        ("user_thumb", thumb_of(who)),
        ("thumb", shown_thumb(record)),
        (
            "grandparent_thumb",
            further(&record.item.extra, "grandparent_thumb"),
        ),
        ("art", further(&record.item.extra, "art")),
        ("users_watched", Value::EMPTY),
        ("platform", Value::EMPTY),
    ];
    newest_play(row, &mut out);
    out
}

fn of_platform(row: &Ranked) -> Object {
    let told = row.play.record.client.platform.as_ref();
    vec![
        ("total_plays", Value::Int(row.plays)),
        ("total_duration", Value::Int(row.duration_s)),
        ("last_play", Value::Int(row.last_play_s)),
        ("platform", platform(told)),
        ("platform_name", Value::Word(icon(told.map_or("", |t| &**t)))),
        ("title", Value::EMPTY),
        ("thumb", Value::EMPTY),
        ("grandparent_thumb", Value::EMPTY),
        ("art", Value::EMPTY),
        ("users_watched", Value::EMPTY),
        ("rating_key", Value::EMPTY),
        ("grandparent_rating_key", Value::EMPTY),
        ("user", Value::EMPTY),
        ("friendly_name", Value::EMPTY),
        ("row_id", Value::EMPTY),
    ]
}

fn last_watched(row: &Watched) -> Value {
    let record = &row.play.record;
    let (item, who) = (&*record.item, row.who.as_ref());
    object! {
        "row_id" => row.play.id,
        "user" => record.user.clone(),
        "friendly_name" => who.and_then(|w| w.friendly_name.clone()),
        "user_id" => record.user_id,
        // Only a picture chosen in Tautulli is shown here.
        "user_thumb" => who.and_then(|w| w.custom_thumb.clone()),
        "title" => &item.full_title,
        "grandparent_title" => text(item.grandparent_title.as_ref()),
        "grandchild_title" => text(item.title.as_ref()),
        "year" => Value::or_empty(item.year),
        "media_index" => Value::or_empty(item.media_index),
        "parent_media_index" => Value::or_empty(item.parent_media_index),
        "rating_key" => Value::or_empty(item.rating_key),
        "grandparent_rating_key" => Value::or_empty(item.grandparent_rating_key),
        "thumb" => shown_thumb(record),
        "grandparent_thumb" => further(&item.extra, "grandparent_thumb"),
        "art" => further(&item.extra, "art"),
        "section_id" => Value::or_empty(record.section_id),
        "media_type" => Value::Word(item.kind.as_str()),
        "content_rating" => further(&item.extra, "content_rating"),
        "rating" => further(&item.extra, "rating"),
        "labels" => parts(&item.extra, "labels"),
        "last_watch" => row.last_watch_s,
        "live" => Value::flag(item.live),
        "guid" => text(item.guid.as_ref()),
        "player" => text(record.client.player.as_ref()),
    }
}

/// What had no play is left out; the moments are texts.
fn concurrent(most: &MostConcurrent) -> Vec<Value> {
    let row = |title: &'static str, most: Option<Most>| {
        let most = most?;
        Some(object! {
            "title" => title,
            "count" => most.count,
            "started" => Value::digits(most.started_s),
            "stopped" => Value::digits(Some(most.stopped_s)),
        })
    };
    [
        row("Concurrent Streams", most.total),
        row("Concurrent Transcodes", most.transcode),
        row("Concurrent Direct Streams", most.direct_stream),
        row("Concurrent Direct Plays", most.direct_play),
    ]
    .into_iter()
    .flatten()
    .collect()
}
