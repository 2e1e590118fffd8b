//! `/library`: sections, listings with paging and type filter, items and their children.

use std::ops::Range;

use http::StatusCode;

use crate::plex::catalog::{Entry, Level, Library};
use crate::plex::decor;
use crate::plex::item_view;
use crate::plex::names;
use crate::plex::server::about;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::server::shelf;
use crate::plex::value::Node;
use crate::plex::world::{State, World};

pub(super) fn route(world: &World, request: &Request, caller: &Caller, segments: &[&str]) -> Reply {
    match segments {
        [] => root(),
        ["sections"] | ["sections", "all"] => sections(world, caller),
        ["sections", id, rest @ ..] => {
            let state = world.lock();
            let library = id
                .parse()
                .ok()
                .and_then(|id| state.library(id))
                .filter(|l| caller.sees(l.id));
            match library {
                Some(library) => section(&state, library, request, rest),
                None => Reply::NOT_FOUND,
            }
        }
        ["metadata", ids] => metadata(world, request, caller, ids),
        ["collections", key, "children" | "items"] => {
            shelf::members(&world.lock(), request, caller, key).unwrap_or(Reply::NOT_FOUND)
        }
        ["metadata", key, "children"] => {
            let shelved = shelf::below(&world.lock(), request, caller, key);
            shelved.unwrap_or_else(|| below(world, request, caller, key, Library::children))
        }
        ["metadata", key, "allLeaves"] => below(world, request, caller, key, Library::leaves),
        ["collections", key] => metadata(world, request, caller, key),
        ["onDeck" | "recentlyAdded"] => about::nothing(),
        _ => Reply::NOT_FOUND,
    }
}

fn root() -> Reply {
    let entry =
        |key: &'static str, title: &'static str| Node::new("Directory").attr("key", key).attr("title", title);
    let node = Node::new("MediaContainer")
        .attr("allowSync", false)
        .attr("art", "/:/resources/library-art.png")
        .attr("content", "")
        .attr("identifier", "com.plexapp.plugins.library")
        .attr("mediaTagPrefix", "/system/bundle/media/flags/")
        .attr("mediaTagVersion", 1_734_362_201)
        .attr("title1", "Plex Library")
        .attr("title2", "");
    Reply::Tree(
        node.with([
            entry("sections", "Library Sections"),
            entry("recentlyAdded", "Recently Added"),
        ])
        .sized(),
    )
}

fn sections(world: &World, caller: &Caller) -> Reply {
    let state = world.lock();
    let rows = state
        .libraries
        .iter()
        .filter(|l| caller.sees(l.id))
        .map(|l| directory(l, caller));
    let node = Node::new("MediaContainer")
        .attr("allowSync", false)
        .attr("title1", "Plex Library");
    Reply::Tree(node.with(rows).sized())
}

fn directory(library: &Library, caller: &Caller) -> Node {
    let id = library.id;
    let kind = library.kind.type_name();
    let node = Node::new("Directory")
        .attr("allowSync", true)
        .attr("art", format!("/:/resources/{kind}-fanart.jpg"))
        .attr(
            "composite",
            format!("/library/sections/{id}/composite/1763020000"),
        )
        .attr("filters", true)
        .attr("refreshing", library.refreshing)
        .attr("thumb", format!("/:/resources/{kind}.png"))
        .attr("key", id.to_string())
        .attr("type", kind)
        .attr("title", &library.title)
        .attr("agent", library.kind.agent())
        .attr("scanner", library.kind.scanner())
        .attr("language", about::language(library))
        .attr("uuid", names::uuid(171, id.into()))
        .attr("updatedAt", 1_763_010_000 + u64::from(id) * 977)
        .attr("createdAt", 1_577_836_800 + u64::from(id) * 86_400)
        .attr("scannedAt", 1_763_020_000 + u64::from(id) * 1_371)
        .attr("content", true)
        .attr("directory", true)
        .attr("contentChangedAt", 9_100_000 + u64::from(id) * 4_711)
        .attr("hidden", library.hidden);
    if caller.is_owner() {
        let path = format!("/media/{}", library.title.to_lowercase());
        node.child(Node::new("Location").attr("id", id).attr("path", path))
    } else {
        node
    }
}

fn section(state: &State, library: &Library, request: &Request, rest: &[&str]) -> Reply {
    match rest {
        [] => section_root(library),
        ["all"] => listing(state, library, request),
        ["collections"] => shelf::collections(state, library, request),
        ["refresh"] => Reply::Done,
        _ => Reply::NOT_FOUND,
    }
}

fn section_root(library: &Library) -> Reply {
    let entry =
        |key: &'static str, title: &'static str| Node::new("Directory").attr("key", key).attr("title", title);
    let node = container(library)
        .attr("content", "secondary")
        .attr("viewGroup", "secondary");
    let entries = [
        entry("all", "All"),
        entry("unwatched", "Unplayed"),
        entry("newest", "Recently Released"),
        entry("recentlyAdded", "Recently Added"),
        entry("onDeck", "On Deck"),
        entry("collection", "By Collection"),
    ];
    Reply::Tree(node.with(entries).sized())
}

pub(super) fn container(library: &Library) -> Node {
    Node::new("MediaContainer")
        .attr("allowSync", true)
        .attr(
            "art",
            format!("/:/resources/{}-fanart.jpg", library.kind.type_name()),
        )
        .attr("identifier", "com.plexapp.plugins.library")
        .attr("librarySectionID", library.id)
        .attr("librarySectionTitle", &library.title)
        .attr("librarySectionUUID", names::uuid(171, library.id.into()))
        .attr("mediaTagPrefix", "/system/bundle/media/flags/")
        .attr("mediaTagVersion", 1_734_362_201)
        .attr("thumb", format!("/:/resources/{}.png", library.kind.type_name()))
        .attr("title1", &library.title)
}

fn listing(state: &State, library: &Library, request: &Request) -> Reply {
    let level = match request.arg("type") {
        None => library.top(),
        Some(n) => match n.parse().ok().and_then(Level::from_number) {
            Some(level) => level,
            None => return Reply::Error(StatusCode::BAD_REQUEST),
        },
    };
    shelf::listing(state, library, request, level).unwrap_or_else(|| rows(library, request, level))
}

fn rows(library: &Library, request: &Request, level: Level) -> Reply {
    let has = library.levels().contains(&level);
    let range = match within(library, request) {
        // Of another level than what was asked for: nothing of it is there.
        Some((of, range)) if of == level => range,
        Some(_) => 0..0,
        None => 0..if has { library.count(level) } else { 0 },
    };
    let node = container(library)
        .attr("title2", "All")
        .attr("viewGroup", level.type_name())
        .attr("viewMode", 65_592);
    let node = if request.arg("includeMeta") == Some("1") {
        node.child(meta(library, level))
    } else {
        node
    };
    // Invented things were added in the order of their numbers.
    let newest_first = request.arg("sort") == Some("addedAt:desc");
    let row = |n: usize| {
        let n = u32::try_from(n).unwrap_or(u32::MAX);
        let index = if newest_first {
            range.end - 1 - n
        } else {
            range.start + n
        };
        item_view::entry(Some(library), &library.entry(level, index), false)
    };
    Reply::list(node, range.len(), request.paging(), row)
}

/// The entries a filter such as `artist.id=` leaves.
fn within(library: &Library, request: &Request) -> Option<(Level, Range<u32>)> {
    let direct = request
        .arg("artist.id")
        .or(request.arg("album.id"))
        .or(request.arg("season.id"));
    match direct {
        Some(key) => Some(library.children(key).unwrap_or((Level::Collection, 0..0))),
        None => library.leaves(request.arg("show.id")?),
    }
}

/// What a client may filter and sort by; without it some clients refuse to list anything.
fn meta(library: &Library, active: Level) -> Node {
    let types = library.levels().iter().map(|level| {
        let key = format!("/library/sections/{}/all?type={}", library.id, level.number());
        let sort = Node::new("Sort")
            .attr("default", "asc")
            .attr("defaultDirection", "asc")
            .attr("descKey", "titleSort:desc")
            .attr("key", "titleSort")
            .attr("title", "Title");
        let filter = Node::new("Filter")
            .attr("filter", "year")
            .attr("filterType", "integer")
            .attr("key", format!("/library/sections/{}/year", library.id))
            .attr("title", "Year")
            .attr("type", "filter");
        let field = |key: String, kind: &'static str, title: &'static str| {
            Node::new("Field")
                .attr("key", key)
                .attr("title", title)
                .attr("type", kind)
        };
        let name = level.type_name();
        Node::new("Type")
            .attr("key", key)
            .attr("type", name)
            .attr("title", name)
            .attr("active", *level == active)
            .child(filter)
            .child(sort)
            .child(field(format!("{name}.title"), "string", "Title"))
            .child(field(format!("{name}.addedAt"), "date", "Date Added"))
    });
    let operator =
        |key: &'static str, title: &'static str| Node::new("Operator").attr("key", key).attr("title", title);
    let text = Node::new("FieldType")
        .attr("type", "string")
        .child(operator("=", "contains"));
    let number = Node::new("FieldType")
        .attr("type", "integer")
        .child(operator("=", "is"));
    let date = Node::new("FieldType").attr("type", "date");
    let date = date
        .child(operator(">>=", "is after"))
        .child(operator("<<=", "is before"));
    Node::single("Meta")
        .with(types)
        .child(text)
        .child(number)
        .child(date)
}

fn metadata(world: &World, request: &Request, caller: &Caller, ids: &str) -> Reply {
    let state = world.lock();
    let found = ids.split(',').filter_map(|id| {
        if let Some((section, node)) = shelf::metadata(&state, request, id) {
            return Some((Some(section), node));
        }
        let (section, entry) = state.find(id)?;
        if matches!(&entry, Entry::Folder(f) if f.level == Level::Collection) {
            // One that has been deleted.
            return None;
        }
        let library = section.and_then(|s| state.library(s));
        let node = item_view::entry(library, &entry, true);
        Some((
            section,
            decor::decorate(node, &entry, request.arg("includeMarkers") == Some("1")),
        ))
    });
    let seen = found.filter(|(section, _)| section.is_none_or(|s| caller.sees(s)));
    let (sections, rows): (Vec<_>, Vec<Node>) = seen.unzip();
    let Some(first) = sections.first() else {
        return Reply::NOT_FOUND;
    };
    let library = first.and_then(|section| state.library(section));
    let node = match library {
        Some(library) => Node::new("MediaContainer")
            .attr("allowSync", true)
            .attr("identifier", "com.plexapp.plugins.library")
            .attr("librarySectionID", library.id)
            .attr("librarySectionTitle", &library.title)
            .attr("librarySectionUUID", names::uuid(171, library.id.into())),
        None => Node::new("MediaContainer").attr("identifier", "com.plexapp.plugins.library"),
    };
    Reply::Tree(node.with(rows).sized())
}

/// Entries below one, found by `which`.
fn below(
    world: &World,
    request: &Request,
    caller: &Caller,
    key: &str,
    which: impl Fn(&Library, &str) -> Option<(Level, Range<u32>)>,
) -> Reply {
    let state = world.lock();
    let found = state
        .libraries
        .iter()
        .filter(|l| caller.sees(l.id))
        .find_map(|l| Some((l, which(l, key)?)));
    let Some((library, (level, range))) = found else {
        // Something without children, or nothing at all.
        return if state.find(key).is_some() {
            about::nothing()
        } else {
            Reply::NOT_FOUND
        };
    };
    let row = |n: usize| {
        let index = range.start + u32::try_from(n).unwrap_or(0);
        item_view::entry(Some(library), &library.entry(level, index), false)
    };
    let node = container(library).attr("key", key.to_owned());
    let node = match library.find(key) {
        Some(Entry::Folder(folder)) => node.attr("title2", folder.title),
        _ => node,
    };
    Reply::list(node, range.len(), request.paging(), row)
}
