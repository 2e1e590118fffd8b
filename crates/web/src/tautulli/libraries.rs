//! Libraries as history keeps them.

use history::View;
use history::ask::people::{last_accessed_s, sections};
use model::{Scalar, Section, SourceId};

use super::commands::{Asked, Fault};
use super::history::servers;
use super::home::{art, cover};
use super::users::{field, field_or, row_id};
use super::value::{Value, object};

/// `get_library_names`.
pub(super) fn names(view: &View<'_>, asked: &Asked) -> Value {
    let only = servers(asked);
    let listed = sections(view.columns).into_iter();
    let listed = listed.filter(|(server, _)| only.as_ref().is_none_or(|only| only.contains(server)));
    let rows = listed.map(|(_, s)| {
        object! {
            "section_id" => s.section_id,
            "section_name" => s.name.clone(),
            "section_type" => s.kind.clone(),
            "agent" => field(&s.fields, "agent"),
        }
    });
    Value::List(rows.collect())
}

/// `get_library`; nothing where there is none of this number. Of several servers that use one number, the first that
/// was asked for.
pub(super) fn library(view: &View<'_>, asked: &Asked) -> Result<Value, Fault> {
    if asked.params.text("section_id").is_none() {
        return Err(Fault::Incomplete);
    }
    let wanted = asked.params.int("section_id").ok().flatten();
    let only = servers(asked);
    let known = view.columns.dims.libraries().iter();
    let mut known = known.filter(|dim| only.as_ref().is_none_or(|only| only.contains(&dim.server)));
    let found = known.find_map(|dim| {
        let section = dim.section.as_ref()?;
        (Some(section.section_id) == wanted).then_some((&dim.server, section))
    });
    let Some((server, s)) = found else {
        return Ok(Value::Null);
    };
    let seen = asked.params.switch("include_last_accessed") == Some(true);
    let last = seen
        .then(|| last_accessed_s(view.columns, s.section_id))
        .flatten();
    let f = &s.fields;
    Ok(object! {
        "row_id" => row_id(f, 0),
        "server_id" => machine_id(view, asked, server, s),
        "section_id" => s.section_id,
        "section_name" => s.name.clone(),
        "section_type" => s.kind.clone(),
        "library_thumb" => cover(Some(s)),
        "library_art" => art(Some(s)),
        "count" => field(f, "count"),
        "parent_count" => field(f, "parent_count"),
        "child_count" => field(f, "child_count"),
        "is_active" => field_or(f, "is_active", 1),
        "do_notify" => field_or(f, "do_notify", 1),
        "do_notify_created" => field_or(f, "do_notify_created", 1),
        "keep_history" => field_or(f, "keep_history", 1),
        "deleted_section" => field_or(f, "deleted_section", 0),
        "last_accessed" => last,
    })
}

/// The server's own id: as it was kept with the library, else as the server tells now.
pub(super) fn machine_id(_: &View<'_>, asked: &Asked, server: &SourceId, section: &Section) -> Value {
    match section.fields.get("server_id") {
        Some(Scalar::Text(id)) if !id.is_empty() => id.into(),
        _ => {
            let snapshot = asked.ctx.plex_snapshot();
            let info = snapshot.server(server).and_then(|s| s.info.clone());
            Value::or_empty(info.map(|i| i.machine_id.clone()))
        }
    }
}
