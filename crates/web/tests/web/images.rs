//! `/api/v1/images`: whose picture it is, and what never passes.

use std::sync::{Arc, Mutex};

use base::Kind;
use model::Session;
use model::catalog::{Answer as Told, CatalogItem, ItemKind, Picture, Question};
use web::Catalog;

use super::support::{House, Open, sample};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest";

/// Paths and widths of the pictures a server was asked for.
type Asked = Arc<Mutex<Vec<(String, u32)>>>;

/// A server that knows the episode 55 of the show 50, whose library says where the poster is, and has every picture
/// but that of 404.
fn server(catalog: &Catalog) -> Asked {
    let asked = Asked::default();
    let (mut questions, log) = (catalog.add("attic".into()), asked.clone());
    tokio::spawn(async move {
        while let Some((question, tell)) = questions.recv().await {
            let answer = match question {
                Question::Picture { path, size } => {
                    log.lock().unwrap().push((path.as_str().to_owned(), size.width));
                    match path.as_str() {
                        "/library/metadata/401/thumb/1" => {
                            Err((Kind::Unauthorized, "wrong token".to_owned()))
                        }
                        "/library/metadata/404/thumb/1" => Err((Kind::NotFound, "there is none".to_owned())),
                        _ => Ok(Told::Picture(Picture::new(PNG).unwrap())),
                    }
                }
                Question::Item { rating_key: 55 } => {
                    let mut item = CatalogItem::new(ItemKind::Episode, 55);
                    item.grandparent_thumb = Some("/library/metadata/50/thumb/9?X=1".into());
                    item.art = Some("/library/metadata/50/art/9".into());
                    Ok(Told::Item(Arc::new(item)))
                }
                Question::Item {
                    rating_key: key @ (401 | 404 | 7),
                } => {
                    let mut item = CatalogItem::new(ItemKind::Movie, key);
                    item.thumb = Some(match key {
                        7 => "https://image.invalid/poster.jpg?X-Plex-Token=secret".into(),
                        _ => format!("/library/metadata/{key}/thumb/1").into(),
                    });
                    Ok(Told::Item(Arc::new(item)))
                }
                _ => Err((Kind::NotFound, "the server knows no such item".to_owned())),
            };
            let _ = tell.send(answer);
        }
    });
    asked
}

async fn open(playing: Vec<Session>) -> (Open, Asked) {
    let catalog = Catalog::default();
    let asked = server(&catalog);
    let house = House::with(&["attic"], |ctx| ctx.catalog = Some(catalog));
    house.plays("attic", playing).await;
    (house.open().await, asked)
}

fn episode() -> Session {
    let mut session = sample::episode("1");
    let item = Arc::make_mut(&mut session.item);
    item.rating_key = Some("25".into());
    item.details.parent_rating_key = Some("22".into());
    item.details.grandparent_rating_key = Some("20".into());
    item.details.grandparent_thumb = Some("/library/metadata/20/thumb/3".into());
    item.details.art = None;
    session
}

#[tokio::test]
async fn the_picture_is_that_of_what_plays_else_what_the_server_says() {
    let (open, asked) = open(vec![episode()]).await;
    for (query, path, width) in [
        ("25", "/library/metadata/20/thumb/3", 240),
        ("22?width=100", "/library/metadata/20/thumb/3", 120),
        ("20?kind=poster&width=960", "/library/metadata/20/thumb/3", 960),
        ("25?kind=art&width=1000", "/library/metadata/20/art", 960),
        ("55?width=241", "/library/metadata/50/thumb/9", 480),
        ("55?kind=art", "/library/metadata/50/art/9", 240),
    ] {
        let answer = open.get(&format!("/api/v1/images/attic/{query}")).await;
        assert_eq!(
            answer.status,
            200,
            "{query}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(answer.body, PNG);
        assert_eq!(answer.header("content-type"), Some("image/png"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("private, max-age=86400"));
        let last = asked.lock().unwrap().pop();
        assert_eq!(last, Some((path.to_owned(), width)), "{query}");
    }
}

#[tokio::test]
async fn a_browser_that_has_it_is_told_so() {
    let (open, _) = open(vec![episode()]).await;
    let first = open.get("/api/v1/images/attic/25").await;
    let tag = first.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("\"x\", W/{tag}")] {
        let again = open
            .get_with("/api/v1/images/attic/25", &[("If-None-Match", &known)])
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    let other = open
        .get_with("/api/v1/images/attic/25", &[("If-None-Match", "\"x\"")])
        .await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn what_is_no_item_or_leads_elsewhere_is_not_found_and_not_asked_for() {
    let (open, asked) = open(vec![episode()]).await;
    for path in [
        "/api/v1/images/attic/0",
        "/api/v1/images/attic/-1",
        "/api/v1/images/attic/25%2F..%2F..",
        "/api/v1/images/attic/..%2f25",
        "/api/v1/images/attic/abc",
        "/api/v1/images/attic/99999999999999999999",
        "/api/v1/images/attic/6",
        "/api/v1/images/attic/7",
        "/api/v1/images/cellar/55",
    ] {
        let answer = open.get(path).await;
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind.as_str()), (404, "not_found"), "{path}");
        assert!(!message.contains("secret"));
    }
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(open.get("/api/v1/images/attic/404").await.status, 404);
    for query in ["kind=thumb", "width=x", "url=%2Fidentity", "path=x"] {
        let (status, kind, _) = open
            .get(&format!("/api/v1/images/attic/25?{query}"))
            .await
            .error();
        assert_eq!((status, kind.as_str()), (400, "bad_payload"), "{query}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_signs_nobody_out() {
    let (open, _) = open(Vec::new()).await;
    let answer = open.get("/api/v1/images/attic/401").await;
    let told = (502, "server_error".to_owned(), "wrong token".to_owned());
    assert_eq!(answer.error(), told);
}
