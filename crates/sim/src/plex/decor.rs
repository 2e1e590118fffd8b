//! What the page of one item tells beyond a listing: words about it, people, markers, other catalogues' ids.

use crate::plex::catalog::Entry;
use crate::plex::item::{Item, Kind};
use crate::plex::names;
use crate::plex::value::Node;

const GENRES: [&str; 8] = [
    "Drama",
    "Comedy",
    "Mystery",
    "Adventure",
    "Documentary",
    "Science Fiction",
    "Family",
    "Thriller",
];

const FIRST_NAMES: [&str; 8] = [
    "Ada", "Bruno", "Celia", "Dorian", "Edda", "Felix", "Greta", "Hollis",
];

const LAST_NAMES: [&str; 7] = [
    "Anders",
    "Bellweather",
    "Castile",
    "Dunmore",
    "Ekberg",
    "Fairfax",
    "Goddard",
];

const RATINGS: [&str; 5] = ["G", "PG", "PG-13", "TV-14", "R"];

/// Adds all that to a film, episode or track; `markers`: with where its intro and credits lie.
pub(crate) fn decorate(node: Node, entry: &Entry, markers: bool) -> Node {
    let Entry::Item(item) = entry else { return node };
    let key: u64 = item
        .rating_key
        .as_deref()
        .and_then(|k| k.parse().ok())
        .unwrap_or(0);
    let node = match item.kind {
        Kind::Movie | Kind::Episode => described(node, key),
        Kind::Track => node.child(tag("Genre", GENRES[at(191, key, GENRES.len())])),
        _ => return node,
    };
    if markers {
        node.with(marker_nodes(item, key))
    } else {
        node
    }
}

fn described(node: Node, key: u64) -> Node {
    let person = |salt: u64| {
        let first = FIRST_NAMES[at(salt, key, FIRST_NAMES.len())];
        format!("{first} {}", LAST_NAMES[at(salt + 100, key, LAST_NAMES.len())])
    };
    // One decimal, as servers round them.
    let rating = f64::from(u32::try_from(names::pick(192, key, 45)).unwrap_or(0) + 50) / 10.0;
    let about = format!(
        "{} and {} find out what the house has been hiding.",
        person(201),
        person(202)
    );
    let node = node
        .attr("studio", format!("{} Pictures", LAST_NAMES[at(193, key, 7)]))
        .attr("contentRating", RATINGS[at(194, key, RATINGS.len())])
        .attr("summary", about)
        .attr("rating", rating)
        .attr("audienceRating", (rating * 10.0 + 4.0).round() / 10.0)
        .attr("audienceRatingImage", "themoviedb://image.rating");
    let guid = |text: String| Node::new("Guid").attr("id", text);
    node.child(guid(format!("imdb://tt{:07}", names::pick(195, key, 9_000_000))))
        .child(guid(format!("tmdb://{}", names::pick(196, key, 900_000))))
        .child(tag("Genre", GENRES[at(191, key, GENRES.len())]))
        .child(tag("Director", person(203)))
        .child(tag("Writer", person(204)))
        .with((205..209).map(|salt| tag("Role", person(salt))))
}

/// Credits from 94 % on; episodes have an intro, too.
fn marker_nodes(item: &Item, key: u64) -> Vec<Node> {
    let Some(duration_ms) = item.duration_ms.filter(|_| item.kind != Kind::Track) else {
        return Vec::new();
    };
    let marker = |n: u64, kind: &'static str, from: u64, to: u64| {
        Node::new("Marker")
            .attr("id", key % 1_000_000 * 4 + n)
            .attr("type", kind)
            .attr("startTimeOffset", from)
            .attr("endTimeOffset", to)
    };
    let mut markers = Vec::new();
    if item.kind == Kind::Episode && duration_ms > 600_000 {
        markers.push(marker(1, "intro", 41_000, 98_500));
    }
    markers.push(marker(2, "credits", duration_ms / 100 * 94, duration_ms).attr("final", true));
    markers
}

fn tag(name: &'static str, value: impl Into<crate::plex::value::Scalar>) -> Node {
    Node::new(name).attr("tag", value)
}

fn at(salt: u64, key: u64, n: usize) -> usize {
    usize::try_from(names::pick(salt, key, n as u64)).unwrap_or(0)
}
