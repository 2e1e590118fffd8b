//! Pictures: whole, resized, and who gets none.

use reqwest::Response;

use super::House;
use crate::plex::{Item, SessionSeed};

const RESIZED: &str = "/photo/:/transcode?width=24&height=36&minSize=1&upscale=0&url=";

async fn owner(house: &House, path: &str) -> Response {
    let token = [("X-Plex-Token", house.plex.token())];
    house.get(path, &token).await.unwrap()
}

/// Width and height of a PNG.
fn sides(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[1..4], b"PNG");
    let number = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn pictures_of_what_there_is_are_png_of_the_size_asked_for() {
    let house = House::still().await;
    for (path, expected) in [
        (
            "/library/metadata/11000001/thumb/1763020000".to_owned(),
            (600, 900),
        ),
        ("/library/metadata/11000001/thumb".to_owned(), (600, 900)),
        ("/library/metadata/11000001/art".to_owned(), (900, 600)),
        (
            format!("{RESIZED}%2Flibrary%2Fmetadata%2F11000001%2Fthumb%2F1"),
            (24, 36),
        ),
        (
            format!("{RESIZED}/library/collections/21000001/composite/1%3Fwidth=400"),
            (24, 36),
        ),
    ] {
        let answer = owner(&house, &path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(sides(&answer.bytes().await.unwrap()), expected, "{path}");
    }
}

#[tokio::test]
async fn what_names_no_picture_has_none() {
    let house = House::still().await;
    for (path, status) in [
        ("/library/metadata/999999999/thumb/1".to_owned(), 404),
        (format!("{RESIZED}/library/metadata/999999999/thumb/1"), 404),
        (format!("{RESIZED}/identity"), 404),
        (format!("{RESIZED}http://203.0.113.9/x.png"), 404),
        (
            "/photo/:/transcode?url=/library/metadata/11000001/thumb/1".to_owned(),
            400,
        ),
    ] {
        assert_eq!(owner(&house, &path).await.status(), status, "{path}");
    }
    let nobody = house
        .get("/library/metadata/11000001/thumb/1", &[])
        .await
        .unwrap();
    assert_eq!(nobody.status(), 401);
}

#[tokio::test]
async fn the_show_of_what_plays_has_a_poster_though_no_library_lists_it() {
    let house = House::still().await;
    let mut item = Item::movie("Pilot");
    item.grandparent_title = Some("The Wire".into());
    item.grandparent_key = Some("4711".into());
    house.world().start(SessionSeed::of(item));
    let answer = owner(&house, "/library/metadata/4711/thumb").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(owner(&house, "/library/metadata/4712/thumb").await.status(), 404);
}
