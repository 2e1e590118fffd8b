//! Plays and time of one person, library, title, or collection.

use history::View;
use history::ask::filter::Filter;
use history::ask::stats::{UserTime, user_players, users, watch_time};

use super::commands::{Asked, Fault};
use super::history::{platform, servers};
use super::params::python_int;
use super::platforms::icon;
use super::users::thumb_of;
use super::value::{Value, object};

/// Windows in days, where none are asked for; 0 is all time.
const USUAL_DAYS: [i64; 4] = [1, 7, 30, 0];

/// `get_user_watch_time_stats`.
pub(super) fn user_time(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    Ok(times(view, asked, of_user(asked)?))
}

/// `get_library_watch_time_stats`.
pub(super) fn library_time(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    Ok(times(view, asked, of_library(asked)?))
}

/// `get_item_watch_time_stats`: of an item of any kind, or of all that is in a collection or playlist.
pub(super) fn item_time(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    Ok(times(view, asked, of_items(asked)?))
}

/// `get_library_user_stats`.
pub(super) fn library_users(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    Ok(people(view, asked, of_library(asked)?))
}

/// `get_item_user_stats`.
pub(super) fn item_users(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    Ok(people(view, asked, of_items(asked)?))
}

/// A number the command cannot do without. `None` within: it is no number, so it is nobody's and nothing's.
fn needed(asked: &Asked, name: &str) -> Result<Option<i64>, Fault> {
    let text = asked.params.text(name).ok_or(Fault::Incomplete)?;
    Ok(python_int(text).ok())
}

fn of_user(asked: &Asked) -> Result<Option<Filter>, Fault> {
    let id = needed(asked, "user_id")?;
    Ok(id.map(|id| Filter {
        user_ids: Some(vec![id]),
        ..Filter::default()
    }))
}

fn of_library(asked: &Asked) -> Result<Option<Filter>, Fault> {
    let id = needed(asked, "section_id")?;
    Ok(id.map(|id| Filter {
        section_ids: Some(vec![id]),
        ..Filter::default()
    }))
}

fn of_items(asked: &Asked) -> Result<Option<Filter>, Fault> {
    let key = needed(asked, "rating_key")?;
    let keys = asked.members.clone().or_else(|| key.map(|key| vec![key]));
    Ok(keys.map(|keys| Filter {
        members: Some(keys),
        ..Filter::default()
    }))
}

fn times(view: &View<'_>, asked: &Asked, of: Option<Filter>) -> Value {
    let Some(filter) = of else {
        return Value::List(Vec::new());
    };
    let filter = Filter {
        servers: servers(asked),
        ..filter
    };
    let asked_for = asked.params.list("query_days");
    let days: Vec<i64> = if asked_for.is_empty() {
        USUAL_DAYS.to_vec()
    } else {
        asked_for
            .into_iter()
            .map(|part| python_int(part).unwrap_or(0))
            .collect()
    };
    let times = watch_time(view.columns, &filter, &days, asked.grouping(), asked.now_s);
    let rows = times.into_iter().map(|time| {
        object! {
            "query_days" => time.query_days,
            "total_time" => time.seconds,
            "total_plays" => time.plays,
        }
    });
    Value::List(rows.collect())
}

fn people(view: &View<'_>, asked: &Asked, of: Option<Filter>) -> Value {
    let Some(filter) = of else {
        return Value::List(Vec::new());
    };
    let filter = Filter {
        servers: servers(asked),
        ..filter
    };
    let rows = users(view.columns, &filter, asked.grouping());
    Value::List(rows.iter().map(person).collect())
}

fn person(row: &UserTime) -> Value {
    object! {
        "friendly_name" => row.who.friendly_name.clone(),
        "user_id" => row.who.user_id,
        "user_thumb" => thumb_of(Some(&row.who)),
        "username" => row.who.username.clone(),
        "total_plays" => row.plays,
        "total_time" => row.seconds,
    }
}

/// `get_user_player_stats`.
pub(super) fn players(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let Some(user_id) = needed(asked, "user_id")? else {
        return Ok(Value::List(Vec::new()));
    };
    let rows = user_players(view, user_id, asked.grouping());
    let rows = rows.into_iter().enumerate().map(|(at, row)| {
        let told = row.platform.as_ref();
        object! {
            "player_name" => Value::or_empty(row.player.clone()),
            "platform" => platform(told),
            "platform_name" => icon(told.map_or("", |t| &**t)),
            "total_plays" => row.plays,
            "total_time" => row.seconds,
            "result_id" => at,
        }
    });
    Ok(Value::List(rows.collect()))
}
