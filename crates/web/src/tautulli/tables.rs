//! The tables of users, of their addresses, and of libraries.

use history::View;
use history::ask::history::Direction;
use history::ask::people::{
    IpColumn, IpRow, LibraryColumn, LibraryRow, TableQuery, UserColumn, UserRow, libraries_table, user_ips,
    users_table,
};
use model::{Record, Text};

use super::commands::{Asked, Fault};
use super::history::{decision_word, order, platform, row_thumb};
use super::home::{art, cover};
use super::libraries::machine_id;
use super::params::python_int;
use super::table::{USUAL_LENGTH, table};
use super::users::{field, field_or, parts, picture, row_id};
use super::value::{Object, Value};

/// `get_users_table`.
pub(super) fn users(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let column = |name: &str| {
        Some(match name {
            "user_thumb" => UserColumn::UserThumb,
            "friendly_name" => UserColumn::FriendlyName,
            "username" => UserColumn::Username,
            "title" => UserColumn::Title,
            "email" => UserColumn::Email,
            "last_seen" => UserColumn::LastSeen,
            "plays" => UserColumn::Plays,
            "duration" => UserColumn::Duration,
            "last_played" => UserColumn::LastPlayed,
            "ip_address" => UserColumn::IpAddress,
            "platform" => UserColumn::Platform,
            "player" => UserColumn::Player,
            _ => return None,
        })
    };
    let only = asked
        .params
        .text("user_id")
        .map(|id| python_int(id).unwrap_or(i64::MIN));
    let found = users_table(view, &query(asked, only, "friendly_name", column)?)?;
    let rows = found.rows.iter().enumerate().map(|(at, row)| user(at, row));
    Ok(table(found.filtered, found.total, rows.collect()))
}

/// Which page, in which order: `usual` if none is asked for, none if only unknown columns are.
fn query<C>(
    asked: &Asked,
    only: Option<i64>,
    usual: &str,
    column: impl Fn(&str) -> Option<C>,
) -> Result<TableQuery<C>, Fault> {
    let given = &asked.params;
    let length = given.int("length")?.unwrap_or(USUAL_LENGTH);
    let order: Vec<(C, Direction)> = order(given, usual, column);
    Ok(TableQuery {
        only,
        grouping: asked.grouping(),
        search: given.text("search").map(Text::from),
        order,
        start: usize::try_from(given.int("start")?.unwrap_or(0)).unwrap_or(0),
        length: usize::try_from(length).unwrap_or(usize::MAX),
    })
}

fn user(at: usize, row: &UserRow) -> Value {
    let (person, fields) = (&row.person, &row.person.fields);
    let last = row.last.as_ref().map(|play| &play.record);
    let mut out: Object = vec![
        ("row_id", row_id(fields, at)),
        ("user_id", Value::Int(person.user_id)),
        ("username", Value::from(person.username.clone())),
        ("friendly_name", Value::from(row.friendly_name.clone())),
        ("title", field(fields, "title")),
        ("email", field(fields, "email")),
        (
            "user_thumb",
            picture(fields.get("custom_avatar_url"), person.thumb.as_ref()),
        ),
        ("plays", Value::Int(row.plays)),
        ("duration", Value::Int(row.duration_s)),
        ("last_seen", Value::from(row.last_seen_s)),
        ("last_played", last_text(last, |r| Some(&r.item.full_title))),
        (
            "history_row_id",
            Value::from(row.last.as_ref().map(|play| play.id)),
        ),
        ("ip_address", last_text(last, |r| r.ip_address.as_ref())),
        (
            "platform",
            last.map_or(Value::Null, |r| platform(r.client.platform.as_ref())),
        ),
        ("player", last_text(last, |r| r.client.player.as_ref())),
        ("rating_key", last_number(last, |r| r.item.rating_key)),
        (
            "media_type",
            last.map_or(Value::Null, |r| Value::Word(r.item.kind.as_str())),
        ),
        ("thumb", last.map_or(Value::Null, row_thumb)),
    ];
    places(last, &mut out);
    out.extend([
        ("live", last.map_or(Value::Null, |r| Value::flag(r.item.live))),
        (
            "originally_available_at",
            last_text(last, |r| r.item.originally_available_at.as_ref()),
        ),
        ("guid", last_text(last, |r| r.item.guid.as_ref())),
        (
            "transcode_decision",
            last.map_or(Value::Null, |r| Value::Word(decision_word(r.stream.decision))),
        ),
        ("do_notify", field_or(fields, "do_notify", 1)),
        ("keep_history", field_or(fields, "keep_history", 1)),
        ("allow_guest", field_or(fields, "allow_guest", 0)),
        ("is_active", field_or(fields, "is_active", 1)),
    ]);
    Value::Object(out)
}

/// Null if nothing was ever played; empty if the play does not tell.
fn last_text(last: Option<&Record>, of: impl Fn(&Record) -> Option<&Text>) -> Value {
    last.map_or(Value::Null, |r| Value::or_empty(of(r)))
}

fn last_number(last: Option<&Record>, of: impl Fn(&Record) -> Option<i64>) -> Value {
    last.map_or(Value::Null, |r| Value::or_empty(of(r)))
}

fn places(last: Option<&Record>, out: &mut Object) {
    out.extend([
        ("parent_title", last_text(last, |r| r.item.parent_title.as_ref())),
        ("year", last_number(last, |r| r.item.year)),
        ("media_index", last_number(last, |r| r.item.media_index)),
        (
            "parent_media_index",
            last_number(last, |r| r.item.parent_media_index),
        ),
    ]);
}

/// `get_user_ips`.
pub(super) fn ips(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let column = |name: &str| {
        Some(match name {
            "last_seen" => IpColumn::LastSeen,
            "first_seen" => IpColumn::FirstSeen,
            "ip_address" => IpColumn::IpAddress,
            "platform" => IpColumn::Platform,
            "player" => IpColumn::Player,
            "last_played" => IpColumn::LastPlayed,
            "play_count" => IpColumn::PlayCount,
            _ => return None,
        })
    };
    let id = asked.params.text("user_id").ok_or(Fault::Incomplete)?;
    let only = Some(python_int(id).unwrap_or(i64::MIN));
    let found = user_ips(view, &query(asked, only, "last_seen", column)?)?;
    let rows = found.rows.iter().map(ip).collect();
    Ok(table(found.filtered, found.total, rows))
}

fn ip(row: &IpRow) -> Value {
    let (record, last) = (&row.play.record, Some(&row.play.record));
    let item = &*record.item;
    let mut out: Object = vec![
        ("history_row_id", Value::from(row.play.id)),
        ("last_seen", Value::Int(row.last_seen_s)),
        ("first_seen", Value::Int(row.first_seen_s)),
        ("ip_address", Value::or_empty(row.ip_address.clone())),
        ("play_count", Value::Int(row.play_count)),
        ("platform", platform(record.client.platform.as_ref())),
        ("player", Value::or_empty(record.client.player.as_ref())),
        ("last_played", Value::from(&item.full_title)),
        ("rating_key", Value::or_empty(item.rating_key)),
        ("thumb", row_thumb(record)),
        ("media_type", Value::Word(item.kind.as_str())),
    ];
    places(last, &mut out);
    out.extend([
        ("live", Value::flag(item.live)),
        (
            "originally_available_at",
            Value::or_empty(item.originally_available_at.as_ref()),
        ),
        ("guid", Value::or_empty(item.guid.as_ref())),
        (
            "transcode_decision",
            Value::Word(decision_word(record.stream.decision)),
        ),
        ("friendly_name", Value::from(row.friendly_name.clone())),
        ("user_id", Value::from(record.user_id)),
    ]);
    Value::Object(out)
}

/// `get_libraries_table`.
pub(super) fn libraries(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    let column = |name: &str| {
        Some(match name {
            "section_name" => LibraryColumn::SectionName,
            "section_type" => LibraryColumn::SectionType,
            "count" => LibraryColumn::Count,
            "parent_count" => LibraryColumn::ParentCount,
            "child_count" => LibraryColumn::ChildCount,
            "last_accessed" => LibraryColumn::LastAccessed,
            "last_played" => LibraryColumn::LastPlayed,
            "plays" => LibraryColumn::Plays,
            "duration" => LibraryColumn::Duration,
            _ => return None,
        })
    };
    let only = asked
        .params
        .text("section_id")
        .map(|id| python_int(id).unwrap_or(i64::MIN));
    let found = libraries_table(view, &query(asked, only, "section_name", column)?)?;
    let rows = found.rows.iter().enumerate();
    let rows = rows.map(|(at, row)| library(view, asked, at, row)).collect();
    Ok(table(found.filtered, found.total, rows))
}

fn library(view: &View<'_>, asked: &Asked, at: usize, row: &LibraryRow) -> Value {
    let (section, fields) = (&row.section, &row.section.fields);
    let last = row.last.as_ref().map(|play| &play.record);
    let extra = |name: &str| last.map_or(Value::Null, |r| Value::or_empty(r.item.extra.get(name)));
    let mut out: Object = vec![
        ("row_id", row_id(fields, at)),
        ("server_id", machine_id(view, asked, &row.server, section)),
        ("section_id", Value::Int(section.section_id)),
        ("section_name", Value::from(section.name.clone())),
        ("section_type", Value::from(section.kind.clone())),
        ("count", field(fields, "count")),
        ("parent_count", field(fields, "parent_count")),
        ("child_count", field(fields, "child_count")),
        ("library_thumb", cover(Some(section))),
        ("library_art", Value::from(art(Some(section)))),
        ("plays", Value::Int(row.plays)),
        ("duration", Value::Int(row.duration_s)),
        ("last_accessed", Value::from(row.last_accessed_s)),
        (
            "history_row_id",
            Value::from(row.last.as_ref().map(|play| play.id)),
        ),
        ("last_played", last_text(last, |r| Some(&r.item.full_title))),
        ("rating_key", last_number(last, |r| r.item.rating_key)),
        (
            "media_type",
            last.map_or(Value::Null, |r| Value::Word(r.item.kind.as_str())),
        ),
        ("thumb", last.map_or(Value::Null, row_thumb)),
    ];
    places(last, &mut out);
    out.extend([
        ("content_rating", extra("content_rating")),
        (
            "labels",
            last.map_or(Value::List(Vec::new()), |r| parts(&r.item.extra, "labels")),
        ),
        ("live", last.map_or(Value::Null, |r| Value::flag(r.item.live))),
        (
            "originally_available_at",
            last_text(last, |r| r.item.originally_available_at.as_ref()),
        ),
        ("guid", last_text(last, |r| r.item.guid.as_ref())),
        ("do_notify", field_or(fields, "do_notify", 1)),
        ("do_notify_created", field_or(fields, "do_notify_created", 1)),
        ("keep_history", field_or(fields, "keep_history", 1)),
        ("is_active", field_or(fields, "is_active", 1)),
    ]);
    Value::Object(out)
}
