//! Pictures against the simulator, over sockets.

use base::Kind;
use model::catalog::{Answer, Picture, PictureFormat, PicturePath, PictureSize, Question};
use sim::plex::{Fault, Plex};

use crate::catalog::Desk;
use crate::watch::{lively, still_server};

/// The first film of the first library.
const FILM: i64 = 11_000_001;

const SIZE: PictureSize = PictureSize {
    width: 24,
    height: 36,
};

async fn ask(desk: &Desk, path: PicturePath) -> Result<Picture, (Kind, String)> {
    match desk.ask(Question::Picture { path, size: SIZE }).await? {
        Answer::Picture(picture) => Ok(picture),
        other => panic!("{other:?}"),
    }
}

fn width(picture: &Picture) -> u32 {
    assert_eq!(picture.format, PictureFormat::Png);
    u32::from_be_bytes(picture.bytes[16..20].try_into().unwrap())
}

fn no_token_in_any_address(plex: &Plex) {
    let asked = plex.world().requests();
    assert!(asked.iter().any(|request| request.path == "/photo/:/transcode"));
    for request in asked {
        assert!(!request.token_in_query, "{request:?}");
        assert!(!request.query.contains(plex.token()), "{request:?}");
    }
}

#[tokio::test]
async fn a_server_makes_a_picture_of_the_size_asked_for() {
    let plex = still_server().await;
    let desk = Desk::open(lively(&plex));
    let told = PicturePath::new(&format!("/library/metadata/{FILM}/thumb/1763020000")).unwrap();
    for path in [told, PicturePath::poster_of(FILM), PicturePath::art_of(FILM)] {
        assert_eq!(width(&ask(&desk, path).await.unwrap()), 24);
    }
    no_token_in_any_address(&plex);
}

#[tokio::test]
async fn what_it_does_not_resize_is_taken_whole() {
    let plex = still_server().await;
    let desk = Desk::open(lively(&plex));
    for fault in [
        Fault::Status(404),
        Fault::Status(500),
        Fault::NotPlex,
        Fault::Empty,
        Fault::Truncate,
    ] {
        plex.world().clear_faults();
        plex.world().fault(fault.clone().on("/photo"));
        let whole = ask(&desk, PicturePath::poster_of(FILM)).await.unwrap();
        assert_eq!(width(&whole), 600, "{fault:?}");
    }
    no_token_in_any_address(&plex);
}

#[tokio::test]
async fn without_a_picture_the_reason_is_told() {
    let plex = still_server().await;
    let desk = Desk::open(lively(&plex));
    let (kind, message) = ask(&desk, PicturePath::poster_of(999_999_999)).await.unwrap_err();
    assert_eq!(kind, Kind::NotFound);
    assert!(
        message.contains("no picture at /library/metadata/999999999/thumb"),
        "{message}"
    );
    for (fault, expected) in [
        (Fault::Unauthorized, Kind::Unauthorized),
        (Fault::Reset, Kind::Unreachable),
        (Fault::HugeBody(64 << 20), Kind::NotFound),
        (Fault::NotPlex, Kind::NotFound),
    ] {
        plex.world().clear_faults();
        plex.world().fault(fault.clone().on("/photo"));
        plex.world().fault(fault.clone().on("/library/metadata"));
        let (kind, message) = ask(&desk, PicturePath::poster_of(FILM)).await.unwrap_err();
        assert_eq!(kind, expected, "{fault:?}: {message}");
        assert!(!message.contains(plex.token()));
    }
}
