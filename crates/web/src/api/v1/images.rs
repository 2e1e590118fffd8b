//! Posters and backgrounds, by way of us: a browser never learns where a server is, let alone its token.
//!
//! A client names a server of ours and a number. Where the picture is comes from what the server told of what plays,
//! else from the history, else from the server itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use base::Kind;
use bytes::Bytes;
use history::ask::slices::newest_item;
use history::columns::ItemDim;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::catalog::{CatalogItem, ItemKind, Picture, PicturePath, PictureSize};
use model::{Item, MediaKind, RecordKind, Snapshot, SourceId, Text};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::bad_query;
use crate::Context;
use crate::respond::{ErrorBody, Refusal};

/// Widths there are, in pixels; one asked for is rounded up to the next. Few of them, so that a picture is fetched
/// and kept a few times at most.
const WIDTHS: [u32; 4] = [120, 240, 480, 960];

/// What a page needs if it does not say.
const WIDTH_DEFAULT: u32 = 240;

/// A browser asks again after a day.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=86400");

/// Which picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageKind {
    #[default]
    Poster,
    Art,
}

impl ImageKind {
    /// Posters stand, two by three; backgrounds lie, sixteen by nine.
    fn size(self, width: u32) -> PictureSize {
        let height = match self {
            Self::Poster => width * 3 / 2,
            Self::Art => width * 9 / 16,
        };
        PictureSize { width, height }
    }

    fn of_key(self, rating_key: i64) -> PicturePath {
        match self {
            Self::Poster => PicturePath::poster_of(rating_key),
            Self::Art => PicturePath::art_of(rating_key),
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImageParams {
    /// `poster`: of an episode or season its show's, of a track its album's. `art`: the background.
    #[serde(default)]
    #[param(inline, default = "poster")]
    kind: ImageKind,
    /// In pixels; rounded up to 120, 240, 480 or 960.
    #[param(default = 240, minimum = 1)]
    width: Option<u32>,
}

/// The poster or background of an item, made as small as it is wanted by its server.
#[utoipa::path(get, path = "/api/v1/images/{server}/{rating_key}", tag = "state",
    params(("server" = String, Path, description = "Our name of the server"),
        ("rating_key" = i64, Path, description = "Of a film, show, season, episode, artist, album, track or collection"),
        ImageParams),
    responses(
        (status = 200, description = "JPEG, PNG or WebP", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "The one whose ETag was sent"),
        (status = 400, description = "A parameter that does not exist, or not with this value", body = ErrorBody),
        (status = 404, description = "There is none, or no such server", body = ErrorBody),
        (status = 502, description = "The server does not answer", body = ErrorBody)))]
pub(super) async fn image(
    State(ctx): State<Arc<Context>>,
    Path((server, rating_key)): Path<(String, String)>,
    params: Result<Query<ImageParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(params) = params.map_err(|e| bad_query(&e))?;
    let none = || Refusal::new(Kind::NotFound, "there is no such picture");
    let server = SourceId::new(server);
    // Anything but a number names no item, whatever a server might make of it.
    let rating_key: i64 = rating_key.parse().ok().filter(|key| *key > 0).ok_or_else(none)?;
    let catalog = ctx.catalog.as_ref().ok_or_else(none)?;
    let size = params.kind.size(width(params.width.unwrap_or(WIDTH_DEFAULT)));
    let path = find(&ctx, &server, rating_key, params.kind).await?;
    let picture = catalog
        .picture(&server, path, size)
        .await
        .map_err(|e| Refusal::upstream(e.kind, e.message))?;
    Ok(answer(&headers, picture))
}

fn width(asked: u32) -> u32 {
    let largest = WIDTHS[WIDTHS.len() - 1];
    WIDTHS
        .into_iter()
        .find(|width| asked <= *width)
        .unwrap_or(largest)
}

/// Where the picture is.
async fn find(
    ctx: &Context,
    server: &SourceId,
    rating_key: i64,
    kind: ImageKind,
) -> Result<PicturePath, Refusal> {
    if let Some(path) = of_playing(&ctx.live.snapshot(), server, rating_key, kind) {
        return Ok(path);
    }
    if let Some(history) = &ctx.history {
        let of = server.clone();
        let known = history
            .ask(move |view| {
                let item = newest_item(view.columns, &of, rating_key);
                Ok(item.map(|item| of_record(item, rating_key, kind)))
            })
            .await;
        // A history that fails is told of elsewhere; the server may still know.
        if let Ok(Some(path)) = known {
            return Ok(path);
        }
    }
    let none = || Refusal::new(Kind::NotFound, "there is no such picture");
    let catalog = ctx.catalog.as_ref().ok_or_else(none)?;
    let item = catalog.metadata(server, rating_key).await;
    let item = item.map_err(|e| Refusal::upstream(e.kind, e.message))?;
    of_item(&item, kind).ok_or_else(none)
}

/// Of something that plays, or of what it belongs to.
fn of_playing(
    snapshot: &Snapshot,
    server: &SourceId,
    rating_key: i64,
    kind: ImageKind,
) -> Option<PicturePath> {
    let server = snapshot.server(server)?;
    let key = rating_key.to_string();
    let mut items = server.plays.iter().map(|play| &*play.session.item);
    items.find_map(|item| of_session(item, &key, kind))
}

fn of_session(item: &Item, key: &str, kind: ImageKind) -> Option<PicturePath> {
    let details = &item.details;
    let is = |other: &Option<Text>| other.as_deref() == Some(key);
    let (own, parent, grandparent) = (
        is(&item.rating_key),
        is(&details.parent_rating_key),
        is(&details.grandparent_rating_key),
    );
    if !own && !parent && !grandparent {
        return None;
    }
    let told = |thumb: &Option<Text>, key: &Option<Text>| {
        let named = thumb.as_deref().and_then(PicturePath::new);
        named.or_else(|| Some(kind.of_key(key.as_deref()?.parse().ok()?)))
    };
    if kind == ImageKind::Art {
        // What is told with an episode or track is already that of its show or artist.
        return told(&details.art, &details.grandparent_rating_key);
    }
    match item.kind {
        MediaKind::Episode => told(&details.grandparent_thumb, &details.grandparent_rating_key),
        MediaKind::Track if grandparent => told(&details.grandparent_thumb, &details.grandparent_rating_key),
        MediaKind::Track => told(&details.parent_thumb, &details.parent_rating_key),
        _ => told(&details.thumb, &item.rating_key),
    }
}

/// Of something that was played, or of what it belongs to. Keys may have been given to something else since; then the
/// server shows that.
fn of_record(item: &ItemDim, rating_key: i64, kind: ImageKind) -> PicturePath {
    let above = match item.kind {
        RecordKind::Movie => None,
        RecordKind::Episode => item.grandparent_rating_key,
        RecordKind::Track if kind == ImageKind::Art => item.grandparent_rating_key,
        RecordKind::Track if item.grandparent_rating_key == Some(rating_key) => None,
        RecordKind::Track => item.parent_rating_key,
    };
    kind.of_key(above.unwrap_or(rating_key))
}

/// Of whatever the server has; `None` if it has no picture for it.
fn of_item(item: &CatalogItem, kind: ImageKind) -> Option<PicturePath> {
    if kind == ImageKind::Art {
        return item.art.as_deref().and_then(PicturePath::new);
    }
    let (thumb, key) = match item.kind {
        ItemKind::Episode => (&item.grandparent_thumb, item.grandparent_rating_key),
        ItemKind::Season | ItemKind::Track => (&item.parent_thumb, item.parent_rating_key),
        _ => (&item.thumb, None),
    };
    let above = thumb.as_deref().and_then(PicturePath::new);
    let above = above.or_else(|| key.map(PicturePath::poster_of));
    // A track without an album still has its own.
    above.or_else(|| item.thumb.as_deref().and_then(PicturePath::new))
}

fn answer(request: &HeaderMap, picture: Picture) -> Response {
    let tag = format!("\"{:016x}\"", fingerprint(&picture.bytes));
    let known = request.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| {
        tags.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(Bytes::from_owner(picture.bytes)).into_response();
        let media_type = HeaderValue::from_static(picture.format.media_type());
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHED);
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("digits and quotes"));
    response
}

/// FNV-1a: tells two pictures of one item apart, which is all an `ETag` is for.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_rounded_up_to_those_there_are() {
        for (asked, given) in [
            (1, 120),
            (120, 120),
            (121, 240),
            (241, 480),
            (960, 960),
            (5_000, 960),
        ] {
            assert_eq!(width(asked), given, "{asked}");
        }
        let sizes = [ImageKind::Poster.size(240), ImageKind::Art.size(960)].map(|s| (s.width, s.height));
        assert_eq!(sizes, [(240, 360), (960, 540)]);
    }

    fn catalog_item(kind: ItemKind) -> CatalogItem {
        let mut item = CatalogItem::new(kind, 5);
        item.thumb = Some("/library/metadata/5/thumb/1".into());
        item.parent_thumb = Some("/library/metadata/4/thumb/1".into());
        item.grandparent_thumb = Some("/library/metadata/3/thumb/1".into());
        (item.parent_rating_key, item.grandparent_rating_key) = (Some(4), Some(3));
        item.art = Some("/library/metadata/3/art/1".into());
        item
    }

    #[test]
    fn a_server_tells_whose_poster_stands_for_an_item() {
        for (kind, expected) in [
            (ItemKind::Movie, "/library/metadata/5/thumb/1"),
            (ItemKind::Show, "/library/metadata/5/thumb/1"),
            (ItemKind::Season, "/library/metadata/4/thumb/1"),
            (ItemKind::Episode, "/library/metadata/3/thumb/1"),
            (ItemKind::Album, "/library/metadata/5/thumb/1"),
            (ItemKind::Track, "/library/metadata/4/thumb/1"),
            (ItemKind::Collection, "/library/metadata/5/thumb/1"),
        ] {
            let path = of_item(&catalog_item(kind), ImageKind::Poster).unwrap();
            assert_eq!(path.as_str(), expected, "{kind:?}");
        }
        let mut item = catalog_item(ItemKind::Episode);
        assert_eq!(
            of_item(&item, ImageKind::Art).unwrap().as_str(),
            "/library/metadata/3/art/1"
        );
        item.grandparent_thumb = Some("https://image.invalid/x.jpg".into());
        assert_eq!(of_item(&item, ImageKind::Poster), Some(PicturePath::poster_of(3)));
        item.grandparent_rating_key = None;
        assert_eq!(
            of_item(&item, ImageKind::Poster).unwrap().as_str(),
            "/library/metadata/5/thumb/1"
        );
        item.thumb = Some("/:/resources/show.png".into());
        assert_eq!(of_item(&item, ImageKind::Poster), None);
        item.art = None;
        assert_eq!(of_item(&item, ImageKind::Art), None);
    }

    #[test]
    fn the_history_tells_whose_poster_stood_for_an_item() {
        use ImageKind::{Art, Poster};
        use RecordKind::{Episode, Movie, Track};
        let item = |kind| ItemDim {
            store_id: 1,
            kind,
            live: false,
            rating_key: Some(5),
            parent_rating_key: Some(4),
            grandparent_rating_key: Some(3),
            guid: None,
            full_title: "x".into(),
            title: None,
            grandparent_title: None,
            original_title: None,
            year: None,
            duration_ms: None,
            marker_credits_first_ms: None,
            marker_credits_final_ms: None,
        };
        for (kind, asked, image, expected) in [
            (Movie, 5, Poster, "/library/metadata/5/thumb"),
            (Episode, 5, Poster, "/library/metadata/3/thumb"),
            (Episode, 4, Poster, "/library/metadata/3/thumb"),
            (Episode, 3, Poster, "/library/metadata/3/thumb"),
            (Track, 5, Poster, "/library/metadata/4/thumb"),
            (Track, 4, Poster, "/library/metadata/4/thumb"),
            (Track, 3, Poster, "/library/metadata/3/thumb"),
            (Episode, 5, Art, "/library/metadata/3/art"),
            (Track, 5, Art, "/library/metadata/3/art"),
        ] {
            let path = of_record(&item(kind), asked, image);
            assert_eq!(path.as_str(), expected, "{kind:?} {asked} {image:?}");
        }
    }
}
