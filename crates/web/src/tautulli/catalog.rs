//! What is asked of a server: items, children, collections, libraries.

use std::sync::Arc;

use base::Kind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::SourceId;
use model::catalog::{CatalogItem, CatalogSection, Collection, Parent};
use model::{ContentKind, LibraryKind};

use super::commands::{Asked, Fault};
use super::metadata::Above;
use super::table::{Page, table};
use super::value::{Object, Value, object};
use super::{metadata, server};
use crate::{Catalog, CatalogError};

/// Whom to ask, if there is anybody.
fn whom(asked: &Asked) -> Result<Option<(Catalog, SourceId)>, Fault> {
    let server = server::chosen(asked)?;
    Ok(asked.ctx.catalog.clone().zip(server.map(|s| s.id.clone())))
}

/// A key that a command cannot do without.
fn rating_key(asked: &Asked) -> Result<Option<i64>, Fault> {
    match asked.params.text("rating_key") {
        None => Err(Fault::Incomplete),
        // What is no number is no item.
        Some(_) => Ok(asked.params.int("rating_key").ok().flatten()),
    }
}

/// `get_metadata`: nothing where there is no such item, and where nobody can be asked.
pub(super) async fn item(asked: Arc<Asked>) -> Result<Value, Fault> {
    let key = rating_key(&asked)?;
    let (Some(key), Some((catalog, server))) = (key, whom(&asked)?) else {
        return Ok(Value::Null);
    };
    match catalog.metadata(&server, key).await {
        Ok(item) => {
            // Years, studios and guids of a show or album are told of itself alone.
            let (parent, grandparent) = tokio::join!(
                above(&catalog, &server, item.parent_rating_key),
                above(&catalog, &server, item.grandparent_rating_key)
            );
            Ok(metadata::whole(&item, &Above { parent, grandparent }))
        }
        Err(e) => Ok(quietly(&e)),
    }
}

/// What an item is in, if it is in anything.
async fn above(catalog: &Catalog, server: &SourceId, key: Option<i64>) -> Option<Arc<CatalogItem>> {
    let found = catalog.metadata(server, key?).await;
    found
        .inspect_err(|e| tracing::debug!("asking for what an item is in: {e}"))
        .ok()
}

/// `get_children_metadata`.
pub(super) async fn children(asked: Arc<Asked>) -> Result<Value, Fault> {
    let key = rating_key(&asked)?;
    let of = match asked.params.text("media_type").ok_or(Fault::Incomplete)? {
        "collection" => Parent::Collection,
        "playlist" => Parent::Playlist,
        _ => Parent::Item,
    };
    let (Some(key), Some((catalog, server))) = (key, whom(&asked)?) else {
        return Ok(Value::Null);
    };
    match catalog.children(&server, key, of).await {
        Ok(children) => Ok(metadata::children(&children)),
        Err(e) => Ok(quietly(&e)),
    }
}

/// Nothing, with success, as Tautulli answers when its server does not.
fn quietly(e: &CatalogError) -> Value {
    if e.kind != Kind::NotFound {
        tracing::debug!("asking a server for an item: {e}");
    }
    Value::Null
}

/// The members of the collection or playlist a question is about: `None` if it is about neither. Nobody's if the
/// server does not tell.
pub(super) async fn members(asked: &Asked) -> Result<Option<Vec<i64>>, Fault> {
    let of = match asked.params.text("media_type") {
        Some("collection") => Parent::Collection,
        Some("playlist") => Parent::Playlist,
        _ => return Ok(None),
    };
    if asked.params.text("rating_key").is_none() {
        return Ok(None);
    }
    let (Some(key), Some((catalog, server))) = (rating_key(asked)?, whom(asked)?) else {
        return Ok(Some(Vec::new()));
    };
    let members = match of {
        Parent::Playlist => catalog.playlist_members(&server, key).await,
        _ => catalog.collection_members(&server, key).await,
    };
    match members {
        Ok(members) => Ok(Some(members.iter().map(|m| m.rating_key).collect())),
        Err(e) => {
            quietly(&e);
            Ok(Some(Vec::new()))
        }
    }
}

/// `get_collections_table`.
pub(super) async fn collections(asked: Arc<Asked>) -> Result<Value, Fault> {
    let Some(section) = asked.params.int("section_id")? else {
        return Err(Fault::Incomplete);
    };
    let page = Page::of(&asked.params)?;
    let Some((catalog, server)) = whom(&asked)? else {
        return Ok(table(0, 0, Vec::new()));
    };
    let all = catalog
        .collections(&server, section)
        .await
        .map_err(Fault::Catalog)?;
    let zone = asked
        .ctx
        .history
        .as_ref()
        .map_or(TimeZone::UTC, |h| h.settings().time_zone.clone());
    let needle = page.search.map(str::to_lowercase);
    let found = |c: &&Collection| needle.as_ref().is_none_or(|n| c.title.to_lowercase().contains(n));
    let mut rows: Vec<&Collection> = all.iter().filter(found).collect();
    sort(&mut rows, &page);
    let filtered = rows.len();
    let rows = page.cut(rows).into_iter().map(|c| collection(c, &zone)).collect();
    Ok(table(filtered, all.len(), rows))
}

/// By title unless a known column is asked for; an unknown one orders nothing.
fn sort(rows: &mut [&Collection], page: &Page<'_>) {
    let title = |c: &Collection| c.title_sort.as_ref().unwrap_or(&c.title).to_lowercase();
    match page.order_column.unwrap_or("titleSort") {
        "titleSort" | "title" => rows.sort_by_key(|c| title(c)),
        "childCount" => rows.sort_by_key(|c| c.child_count),
        "addedAt" => rows.sort_by_key(|c| c.added_at_s),
        "updatedAt" => rows.sort_by_key(|c| c.updated_at_s),
        "minYear" => rows.sort_by_key(|c| c.min_year),
        "maxYear" => rows.sort_by_key(|c| c.max_year),
        _ => return,
    }
    if page.descending {
        rows.reverse();
    }
}

fn collection(of: &Collection, zone: &TimeZone) -> Value {
    let local = |s: Option<i64>| {
        let at = Timestamp::from_second(s?).ok()?.to_zoned(zone.clone());
        Some(at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
    };
    object! {
        "addedAt" => local(of.added_at_s),
        "art" => of.art.clone(),
        "childCount" => of.child_count,
        "collectionMode" => of.mode.unwrap_or(-1),
        "collectionPublished" => of.published.unwrap_or(false),
        "collectionSort" => of.sort.unwrap_or(0),
        "contentRating" => of.content_rating.clone(),
        "guid" => of.guid.clone(),
        "librarySectionID" => of.section_id,
        "librarySectionTitle" => of.section_title.clone(),
        "maxYear" => of.max_year,
        "minYear" => of.min_year,
        "ratingKey" => of.rating_key,
        "smart" => of.smart.unwrap_or(false),
        "subtype" => of.subtype.clone(),
        "summary" => of.summary.clone(),
        "thumb" => of.thumb.clone(),
        "title" => &of.title,
        "titleSort" => of.title_sort.as_ref().unwrap_or(&of.title),
        "type" => "collection",
        "updatedAt" => local(of.updated_at_s),
    }
}

/// `get_libraries`: none where the server does not tell.
pub(super) async fn libraries(asked: Arc<Asked>) -> Result<Value, Fault> {
    let Some((catalog, server)) = whom(&asked)? else {
        return Ok(Value::List(Vec::new()));
    };
    match catalog.sections(&server, true).await {
        Ok(sections) => Ok(Value::List(sections.iter().map(section).collect())),
        Err(e) => {
            tracing::debug!("asking a server for its libraries: {e}");
            Ok(Value::List(Vec::new()))
        }
    }
}

fn section(of: &CatalogSection) -> Value {
    let count = |kind| {
        let found = of.counts.iter().find(|c| c.kind == kind);
        Value::digits(found.map(|c| c.items))
    };
    let (own, parent, child) = match of.kind {
        LibraryKind::Show => (
            ContentKind::Shows,
            Some(ContentKind::Seasons),
            Some(ContentKind::Episodes),
        ),
        LibraryKind::Artist => (
            ContentKind::Artists,
            Some(ContentKind::Albums),
            Some(ContentKind::Tracks),
        ),
        LibraryKind::Photo => (ContentKind::PhotoAlbums, None, Some(ContentKind::Photos)),
        LibraryKind::HomeVideo => (ContentKind::Videos, None, None),
        LibraryKind::Movie | LibraryKind::Other => (ContentKind::Movies, None, None),
    };
    let kind = of.wire_kind.clone().unwrap_or_else(|| of.kind.as_str().into());
    let mut out: Object = vec![
        ("section_id", Value::digits(Some(of.section_id))),
        ("section_name", Value::from(&of.title)),
        ("section_type", kind.into()),
        ("agent", Value::or_empty(of.agent.as_ref())),
        ("thumb", Value::or_empty(of.thumb.as_ref())),
        ("art", Value::or_empty(of.art.as_ref())),
        ("count", count(own)),
        ("is_active", Value::Int(1)),
    ];
    out.extend(parent.map(|kind| ("parent_count", count(kind))));
    out.extend(child.map(|kind| ("child_count", count(kind))));
    Value::Object(out)
}
