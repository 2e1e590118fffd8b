//! Pictures of items, whole and resized.

use http::StatusCode;

use crate::plex::catalog::Entry;
use crate::plex::picture;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::world::{State, World};

/// A poster as it was scanned, in pixels; a background lies on its side.
const WHOLE: (u32, u32) = (600, 900);

/// `metadata/5/thumb/1763020000`, `collections/5/composite/1`, also without the time.
pub(super) fn is_picture(segments: &[&str]) -> bool {
    let (["metadata" | "collections", _, of] | ["metadata" | "collections", _, of, _]) = segments else {
        return false;
    };
    matches!(*of, "thumb" | "art" | "composite")
}

/// A picture as it is.
pub(super) fn whole(world: &World, caller: &Caller, segments: &[&str]) -> Reply {
    let (width, height) = WHOLE;
    let on_its_side = segments[2] == "art";
    let (width, height) = if on_its_side {
        (height, width)
    } else {
        (width, height)
    };
    draw(world, caller, segments, width, height)
}

/// `/photo/:/transcode?url=/library/…&width=240&height=360`. Both sides are wanted.
pub(super) fn resized(world: &World, request: &Request, caller: &Caller) -> Reply {
    let (Some(width), Some(height)) = (request.number("width"), request.number("height")) else {
        return Reply::Error(StatusCode::BAD_REQUEST);
    };
    let Some(url) = request.arg("url") else {
        return Reply::Error(StatusCode::BAD_REQUEST);
    };
    let path = url.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["library", rest @ ..] if is_picture(rest) => draw(world, caller, rest, width, height),
        _ => Reply::NOT_FOUND,
    }
}

fn draw(world: &World, caller: &Caller, segments: &[&str], width: u32, height: u32) -> Reply {
    let title = title(&world.lock(), caller, segments[1]);
    match title {
        // A background is another picture than the poster.
        Some(title) if segments[2] == "art" => {
            Reply::Png(picture::png(&format!("{title}, behind"), width, height))
        }
        Some(title) => Reply::Png(picture::png(&title, width, height)),
        None => Reply::NOT_FOUND,
    }
}

/// What a rating key is called; `None` if it names nothing this caller may see.
fn title(state: &State, caller: &Caller, key: &str) -> Option<String> {
    if let Ok(number) = key.parse() {
        let shelved = state.shelf.items.get(&number).map(|found| found.section);
        let collected = || {
            state
                .shelf
                .collection(&state.libraries, number)
                .map(|found| found.section)
        };
        if let Some(section) = shelved.or_else(collected) {
            return caller.sees(section).then(|| key.to_owned());
        }
    }
    if let Some((section, entry)) = state.find(key) {
        let seen = section.is_none_or(|section| caller.sees(section));
        return seen.then(|| match entry {
            Entry::Item(item) => item.title.to_string(),
            Entry::Folder(folder) => folder.title.clone(),
        });
    }
    // Shows and seasons of what was played that no library lists.
    let playing = state.sessions.values().map(|playing| &playing.item);
    state.items.values().chain(playing).find_map(|item| {
        let of = |k: &Option<crate::plex::Text>, title: &Option<crate::plex::Text>| {
            title.as_ref().filter(|_| k.as_deref() == Some(key)).cloned()
        };
        let found = of(&item.grandparent_key, &item.grandparent_title)
            .or_else(|| of(&item.parent_key, &item.parent_title))?;
        let seen = item.library.is_none_or(|section| caller.sees(section));
        seen.then(|| found.to_string())
    })
}
