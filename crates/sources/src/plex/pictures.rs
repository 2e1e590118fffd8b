//! Fetches pictures of items, as small as they are wanted.

use std::time::Duration;

use base::Kind;
use base::http::read_capped;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use model::catalog::{Picture, PicturePath, PictureSize};

use super::error::Error;
use super::server::Server;
use super::words::Words;

/// Largest picture in bytes. Resized ones take some 30 kB; one that the server would not resize may take some
/// megabytes, and a larger one is refused.
const PICTURE_MAX: usize = 4 << 20;

/// A picture is only to be looked at: it is not worth more than this much time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The picture as the server makes it for this size, else as it is: servers without a converter of pictures, and
/// those that will not convert this one, still have it.
pub(super) async fn picture(
    server: &Server,
    path: &PicturePath,
    size: PictureSize,
) -> Result<Picture, Error> {
    if let Some(picture) = fetch(server, &resized(path, size)).await? {
        return Ok(picture);
    }
    let whole = fetch(server, path.as_str()).await?;
    whole.ok_or_else(|| {
        let words = Words {
            what: format!("the server has no picture at {}", path.as_str()),
            kind: Kind::NotFound,
            hint: None,
            more: false,
        };
        server.client.error(words, None)
    })
}

/// The token goes in a header as with every request; within `url`, where some clients put it as well, a server that
/// is asked for a picture of its own does not need it.
fn resized(path: &PicturePath, size: PictureSize) -> String {
    let PictureSize { width, height } = size;
    let url = path.as_str().replace('/', "%2F");
    format!("/photo/:/transcode?width={width}&height={height}&minSize=1&upscale=0&url={url}")
}

/// `None` if the server answers something else than a picture.
async fn fetch(server: &Server, path: &str) -> Result<Option<Picture>, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("image/jpeg, image/png, image/webp"),
    );
    let patience = server.client.timeout().min(PATIENCE);
    let response = server.client.open(path, headers, patience).await?;
    if !response.status().is_success() {
        let refusal = server.client.refusal(response, path).await;
        // These hold for whatever else is asked.
        return match refusal.kind() {
            Kind::Unauthorized | Kind::Starting | Kind::WrongTarget => Err(refusal),
            _ => Ok(None),
        };
    }
    // Too large, or broken off: none that can be shown.
    let body = read_capped(response, PICTURE_MAX).await.unwrap_or_default();
    Ok(Picture::new(&body[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_asked_for_a_size_and_never_told_the_token_in_an_address() {
        let path = PicturePath::new("/library/metadata/5/thumb/17").unwrap();
        let size = PictureSize {
            width: 240,
            height: 360,
        };
        assert_eq!(
            resized(&path, size),
            "/photo/:/transcode?width=240&height=360&minSize=1&upscale=0&url=%2Flibrary%2Fmetadata%2F5%2Fthumb%2F17"
        );
    }
}
