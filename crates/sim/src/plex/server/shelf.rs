//! Collections, playlists, promoted hubs, and items from the shelf.

use crate::plex::catalog::{Level, Library};
use crate::plex::item_view;
use crate::plex::names;
use crate::plex::server::about;
use crate::plex::server::library::container;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::shelf::{CollectionSeed, PlaylistSeed, Promoted, Shelved};
use crate::plex::value::Node;
use crate::plex::world::{State, World};

/// When invented collections were made and last changed.
const MADE: u64 = 1_719_800_000;

/// `/library/sections/N/all` where items stand on the shelf; `None` where none do.
pub(super) fn listing(state: &State, library: &Library, request: &Request, level: Level) -> Option<Reply> {
    if level == Level::Collection {
        return Some(collections(state, library, request));
    }
    let items = state.shelf.listed(library.id, level)?;
    let node = container(library)
        .attr("title2", "All")
        .attr("viewGroup", level.type_name());
    let rows: Vec<&Shelved> = items;
    Some(Reply::list(node, rows.len(), request.paging(), |n| {
        trimmed(item(state, rows[n], Detail::listing(request)), request)
    }))
}

/// `/library/sections/N/collections`.
pub(super) fn collections(state: &State, library: &Library, request: &Request) -> Reply {
    let all = state.shelf.collections(library);
    let node = container(library)
        .attr("title2", "All Collections")
        .attr("content", "secondary")
        .attr("viewGroup", "collection");
    Reply::list(node, all.len(), request.paging(), |n| {
        collection(state, Some(library), &all[n])
    })
}

/// `/library/collections/K/children` and `/items`; `None` if there is no such collection.
pub(super) fn members(state: &State, request: &Request, caller: &Caller, key: &str) -> Option<Reply> {
    let found = state.shelf.collection(&state.libraries, key.parse().ok()?)?;
    let library = state.library(found.section)?;
    if !caller.sees(library.id) {
        return None;
    }
    // Members that are gone from the library are gone from the collection, too.
    let rows: Vec<u64> = existing(state, &found.members);
    let node = Node::new("MediaContainer").attr("key", key.to_owned());
    let node = if rows.is_empty() {
        node
    } else {
        node.attr("title1", &library.title).attr("title2", &found.title)
    };
    Some(Reply::list(node, rows.len(), request.paging(), |n| {
        let row = row(state, rows[n], Detail::listing(request));
        trimmed(row.unwrap_or_else(|| Node::item("Video")), request)
    }))
}

/// `/library/metadata/K/children` of something on the shelf.
pub(super) fn below(state: &State, request: &Request, caller: &Caller, key: &str) -> Option<Reply> {
    let parent = state.shelf.items.get(&key.parse().ok()?)?;
    let library = state.library(parent.section).filter(|l| caller.sees(l.id))?;
    let rows = state.shelf.children(parent.rating_key);
    let above = parent.parent.and_then(|k| state.shelf.items.get(&k));
    let node = container(library)
        .attr("key", key.to_owned())
        .attr("parentTitle", &parent.title);
    let mut node = match above {
        Some(above) => node.attr("grandparentTitle", &above.title),
        None => node,
    };
    let first = above.map_or(&library.title, |a| &a.title);
    node.set_attr("title1", first.into());
    node.set_attr("title2", (&parent.title).into());
    Some(Reply::list(node, rows.len(), request.paging(), |n| {
        trimmed(item(state, rows[n], Detail::listing(request)), request)
    }))
}

/// One collection, playlist or shelved item for `/library/metadata`, with its section.
pub(super) fn metadata(state: &State, request: &Request, key: &str) -> Option<(u32, Node)> {
    let key = key.parse().ok()?;
    if let Some(found) = state.shelf.items.get(&key) {
        return Some((found.section, item(state, found, Detail::full(request))));
    }
    let found = state.shelf.collection(&state.libraries, key)?;
    Some((
        found.section,
        collection(state, state.library(found.section), &found),
    ))
}

/// `/playlists`, `/playlists/K`, `/playlists/K/items`.
pub(super) fn playlists(world: &World, request: &Request, segments: &[&str]) -> Reply {
    let state = world.lock();
    let found = |key: &str| {
        key.parse()
            .ok()
            .and_then(|key: u64| state.shelf.playlists.get(&key))
    };
    match segments {
        [] => {
            let all: Vec<&PlaylistSeed> = state.shelf.playlists.values().collect();
            Reply::list(Node::new("MediaContainer"), all.len(), request.paging(), |n| {
                playlist(all[n])
            })
        }
        [key] => match found(key) {
            Some(found) => Reply::Tree(Node::new("MediaContainer").child(playlist(found)).sized()),
            None => Reply::NOT_FOUND,
        },
        [key, "items"] => match found(key) {
            Some(found) => {
                let rows = existing(&state, &found.items);
                let node = Node::new("MediaContainer")
                    .attr("composite", format!("/playlists/{key}/composite/{MADE}"))
                    .attr("leafCount", rows.len())
                    .attr("playlistType", &found.kind)
                    .attr("ratingKey", (*key).to_owned())
                    .attr("title", &found.title);
                Reply::list(node, rows.len(), request.paging(), |n| {
                    let row = row(&state, rows[n], Detail::listing(request));
                    trimmed(row.unwrap_or_else(|| Node::item("Video")), request)
                })
            }
            None => Reply::NOT_FOUND,
        },
        _ => Reply::NOT_FOUND,
    }
}

fn playlist(seed: &PlaylistSeed) -> Node {
    let key = seed.rating_key;
    Node::item("Playlist")
        .attr("ratingKey", key.to_string())
        .attr("key", format!("/playlists/{key}/items"))
        .attr(
            "guid",
            format!("com.plexapp.agents.none://{}", names::uuid(183, key)),
        )
        .attr("type", "playlist")
        .attr("title", &seed.title)
        .attr("summary", "")
        .attr("smart", false)
        .attr("playlistType", &seed.kind)
        .attr("leafCount", seed.items.len())
        .attr("addedAt", MADE)
        .attr("updatedAt", MADE + 60)
}

/// `/hubs/sections/N/manage`: what a section shows, and which collections are promoted.
pub(super) fn hubs(world: &World, request: &Request, segments: &[&str]) -> Reply {
    let ["sections", id, "manage"] = segments else {
        return about::nothing();
    };
    let state = world.lock();
    let Some(library) = id.parse().ok().and_then(|id| state.library(id)) else {
        return Reply::NOT_FOUND;
    };
    let wanted = request.number::<u64>("metadataItemId");
    let kind = library.kind.type_name();
    let own = [
        ("recentlyadded", "Recently Added"),
        ("startwatching", "Start Watching"),
    ];
    let own = own.into_iter().filter(|_| wanted.is_none()).map(|(id, title)| {
        hub(
            format!("{kind}.{id}"),
            title.into(),
            Promoted::to(true, id == "recentlyadded", false),
        )
    });
    let promoted = state.shelf.collections(library).into_iter().filter(|c| {
        // Asked for by key, a collection is told of wherever it is; else only where it is shown.
        wanted.map_or(c.promoted != Promoted::NOWHERE, |key| key == c.rating_key)
    });
    let promoted = promoted.map(|c| {
        let identifier = format!("custom.collection.{}.{}", c.section, c.rating_key);
        hub(identifier, c.title, c.promoted).attr("deletable", true)
    });
    Reply::Tree(
        Node::new("MediaContainer")
            .with(own.chain(promoted).collect::<Vec<_>>())
            .sized(),
    )
}

fn hub(identifier: String, title: crate::plex::value::Text, promoted: Promoted) -> Node {
    let home = match (promoted.own_home, promoted.shared_home) {
        (true, true) => "all",
        (true, false) => "admin",
        (false, true) => "shared",
        (false, false) => "none",
    };
    Node::new("Hub")
        .attr("identifier", identifier)
        .attr("title", title)
        .attr(
            "recommendationsVisibility",
            if promoted.recommended { "all" } else { "none" },
        )
        .attr("homeVisibility", home)
        .attr("promotedToRecommended", promoted.recommended)
        .attr("promotedToOwnHome", promoted.own_home)
        .attr("promotedToSharedHome", promoted.shared_home)
}

fn collection(state: &State, library: Option<&Library>, seed: &CollectionSeed) -> Node {
    let key = seed.rating_key;
    let mut node = Node::item("Directory")
        .attr("ratingKey", key.to_string())
        .attr("key", format!("/library/collections/{key}/children"))
        .attr("guid", format!("collection://{}", names::uuid(184, key)))
        .attr("type", "collection")
        .attr("title", &seed.title)
        .attr("subtype", &seed.subtype)
        .attr("summary", "")
        .attr("index", key)
        .attr("ratingCount", seed.members.len())
        .attr(
            "thumb",
            format!("/library/collections/{key}/composite/{MADE}?width=400&height=600"),
        )
        .attr("addedAt", MADE + key % 9_000_000)
        .attr("updatedAt", MADE + key % 9_000_000 + 60)
        .attr("childCount", existing(state, &seed.members).len());
    if seed.smart {
        node = node.attr("smart", true);
    }
    if let Some(library) = library {
        node = node
            .attr("librarySectionID", library.id)
            .attr("librarySectionTitle", &library.title)
            .attr("librarySectionKey", format!("/library/sections/{}", library.id));
    }
    for (name, value) in &seed.attrs {
        node.set_attr(name, value.clone());
    }
    node
}

/// How much of an item is told.
#[derive(Clone, Copy, Debug)]
struct Detail {
    full: bool,
    markers: bool,
    guids: bool,
}

impl Detail {
    fn listing(request: &Request) -> Self {
        Self {
            full: false,
            markers: false,
            guids: request.arg("includeGuids") == Some("1"),
        }
    }

    fn full(request: &Request) -> Self {
        Self {
            full: true,
            markers: request.arg("includeMarkers") == Some("1"),
            guids: true,
        }
    }
}

fn existing(state: &State, keys: &[u64]) -> Vec<u64> {
    let exists = |key: &u64| state.shelf.items.contains_key(key) || state.find(&key.to_string()).is_some();
    keys.iter().copied().filter(exists).collect()
}

/// Anything with a rating key, as a listing shows it.
fn row(state: &State, key: u64, detail: Detail) -> Option<Node> {
    if let Some(found) = state.shelf.items.get(&key) {
        return Some(item(state, found, detail));
    }
    let (section, entry) = state.find(&key.to_string())?;
    Some(item_view::entry(
        section.and_then(|s| state.library(s)),
        &entry,
        detail.full,
    ))
}

fn item(state: &State, of: &Shelved, detail: Detail) -> Node {
    let key = of.rating_key;
    let folder = matches!(
        of.level(),
        Some(Level::Show | Level::Season | Level::Artist | Level::Album | Level::PhotoAlbum)
    );
    let tag = match of.level() {
        _ if folder => "Directory",
        Some(Level::Track) => "Track",
        Some(Level::Photo) => "Photo",
        _ => "Video",
    };
    let path = if folder { "/children" } else { "" };
    let mut node = Node::item(tag)
        .attr("ratingKey", key.to_string())
        .attr("key", format!("/library/metadata/{key}{path}"))
        .attr("type", &of.kind)
        .attr("title", &of.title);
    let shelf = &state.shelf.items;
    if let Some(parent) = of.parent.and_then(|p| shelf.get(&p)) {
        node = node
            .attr("parentRatingKey", parent.rating_key.to_string())
            .attr("parentKey", format!("/library/metadata/{}", parent.rating_key))
            .attr("parentTitle", &parent.title);
        if let Some(top) = parent.parent.and_then(|p| shelf.get(&p)) {
            node = node
                .attr("grandparentRatingKey", top.rating_key.to_string())
                .attr("grandparentKey", format!("/library/metadata/{}", top.rating_key))
                .attr("grandparentTitle", &top.title);
        }
    }
    if let Some(library) = state.library(of.section) {
        node = node
            .attr("librarySectionID", library.id)
            .attr("librarySectionTitle", &library.title)
            .attr("librarySectionKey", format!("/library/sections/{}", library.id));
    }
    for (name, value) in &of.attrs {
        node.set_attr(name, value.clone());
    }
    let shown = of.elements.iter().filter(|e| match e.name() {
        "Marker" => detail.markers,
        "Guid" => detail.guids,
        _ => true,
    });
    node.with(shown.map(|e| e.node(detail.full)).collect::<Vec<_>>())
}

/// Leaves out what the request asks to leave out.
pub(super) fn trimmed(mut node: Node, request: &Request) -> Node {
    for name in request.arg("excludeFields").unwrap_or("").split(',') {
        node.remove_attr(name);
    }
    for name in request.arg("excludeElements").unwrap_or("").split(',') {
        node.remove_children(name);
    }
    node
}
