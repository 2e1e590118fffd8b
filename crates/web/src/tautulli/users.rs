//! Accounts.

use history::View;
use history::ask::{Who, people};
use history::rules::friendly_name;
use model::{Fields, Person, Scalar, Text};

use super::commands::{Asked, Fault};
use super::value::{Value, object};

/// Shown for who has no picture.
const NO_THUMB: &str = "interfaces/default/images/gravatar-default-80x80.png";

/// A further column of an account or a library; null where it was never told.
pub(super) fn field(fields: &Fields, name: &str) -> Value {
    fields.get(name).map_or(Value::Null, Value::from)
}

/// The same, or `default` where it was never told.
pub(super) fn field_or(fields: &Fields, name: &str, default: i64) -> Value {
    fields.get(name).map_or(Value::Int(default), Value::from)
}

/// Texts that are kept in one, with semicolons between them.
pub(super) fn parts(fields: &Fields, name: &str) -> Value {
    let Some(Scalar::Text(text)) = fields.get(name) else {
        return match fields.get(name) {
            Some(Scalar::Int(n)) => Value::List(vec![Value::digits(Some(*n))]),
            _ => Value::List(Vec::new()),
        };
    };
    let some = text.split(';').filter(|part| !part.is_empty());
    Value::List(some.map(|part| Value::Owned(part.to_owned())).collect())
}

/// Number of the row in Tautulli's own table, where the account came from there; else its place here.
pub(super) fn row_id(fields: &Fields, place: usize) -> Value {
    match fields.get("row_id") {
        Some(known) => known.into(),
        None => Value::from(place + 1),
    }
}

/// The name to show.
pub(super) fn shown_name(person: &Person) -> Value {
    let name = friendly_name(person.friendly_name.as_deref(), person.username.as_deref());
    name.map_or(Value::Null, |n| Value::Owned(n.to_owned()))
}

/// The picture to show of an account that is known or not: its own choice first.
pub(super) fn thumb_of(who: Option<&Who>) -> Value {
    let chosen = who.and_then(|w| w.custom_thumb.clone()).map(Scalar::Text);
    picture(chosen.as_ref(), who.and_then(|w| w.thumb.as_ref()))
}

/// A known account, as rows show it.
pub(super) fn who(person: &Person) -> Who {
    Who {
        user_id: person.user_id,
        username: person.username.clone(),
        friendly_name: match shown_name(person) {
            Value::Owned(name) => Some(name.into()),
            _ => None,
        },
        thumb: person.thumb.clone(),
        custom_thumb: match person.fields.get("custom_avatar_url") {
            Some(Scalar::Text(url)) if !url.is_empty() => Some(url.clone()),
            _ => None,
        },
    }
}

/// The picture that was chosen here, else the account's own, else Tautulli's stand-in.
pub(super) fn picture(chosen: Option<&Scalar>, own: Option<&Text>) -> Value {
    let chosen = match chosen {
        Some(Scalar::Text(url)) => Some(url),
        _ => None,
    };
    let mut known = [chosen, own].into_iter().flatten().filter(|url| !url.is_empty());
    known.next().map_or(NO_THUMB.into(), Value::from)
}

/// `get_users`.
pub(super) fn all(view: &View<'_>) -> Value {
    let rows = people::users(view.columns)
        .into_iter()
        .enumerate()
        .map(|(at, p)| {
            let f = &p.fields;
            object! {
                "row_id" => row_id(f, at),
                "user_id" => p.user_id,
                "username" => p.username.clone(),
                // Here a blank name is shown as it is.
            "friendly_name" => p.friendly_name.as_ref().filter(|n| !n.is_empty()).or(p.username.as_ref()).cloned(),
                "thumb" => who(p).custom_thumb.or_else(|| p.thumb.clone()),
                "email" => field(f, "email"),
                "is_active" => field_or(f, "is_active", 1),
                "is_admin" => field_or(f, "is_admin", 0),
                "is_home_user" => field(f, "is_home_user"),
                "is_allow_sync" => field(f, "is_allow_sync"),
                "is_restricted" => field(f, "is_restricted"),
                "do_notify" => field_or(f, "do_notify", 1),
                "keep_history" => field_or(f, "keep_history", 1),
                "allow_guest" => field_or(f, "allow_guest", 0),
                "shared_libraries" => parts(f, "shared_libraries"),
                "filter_all" => field(f, "filter_all"),
                "filter_movies" => field(f, "filter_movies"),
                "filter_tv" => field(f, "filter_tv"),
                "filter_music" => field(f, "filter_music"),
                "filter_photos" => field(f, "filter_photos"),
            }
        });
    Value::List(rows.collect())
}

/// `get_user_names`.
pub(super) fn names(view: &View<'_>) -> Value {
    let rows = people::users(view.columns).into_iter().map(|p| {
        object! { "user_id" => p.user_id, "friendly_name" => shown_name(p) }
    });
    Value::List(rows.collect())
}

/// `get_user`; nothing where there is none of this id.
pub(super) fn one(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    if asked.params.text("user_id").is_none() {
        return Err(Fault::Incomplete);
    }
    let id = asked.params.int("user_id").ok().flatten();
    let Some(p) = id.and_then(|id| view.columns.dims.people().get(&id)) else {
        return Ok(Value::Null);
    };
    let seen = asked.params.switch("include_last_seen") == Some(true);
    let last = seen
        .then(|| people::last_seen_s(view.columns, p.user_id))
        .flatten();
    let f = &p.fields;
    Ok(object! {
        "row_id" => row_id(f, 0),
        "user_id" => p.user_id,
        "username" => p.username.clone(),
        "friendly_name" => shown_name(p),
        "user_thumb" => picture(f.get("custom_avatar_url"), p.thumb.as_ref()),
        "email" => field(f, "email"),
        "is_active" => field_or(f, "is_active", 1),
        "is_admin" => field_or(f, "is_admin", 0),
        "is_home_user" => field(f, "is_home_user"),
        "is_allow_sync" => field(f, "is_allow_sync"),
        "is_restricted" => field(f, "is_restricted"),
        "do_notify" => field_or(f, "do_notify", 1),
        "keep_history" => field_or(f, "keep_history", 1),
        "deleted_user" => field_or(f, "deleted_user", 0),
        "allow_guest" => field_or(f, "allow_guest", 0),
        "shared_libraries" => parts(f, "shared_libraries"),
        "last_seen" => last,
    })
}
