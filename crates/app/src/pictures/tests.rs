use std::sync::atomic::{AtomicUsize, Ordering};

use model::catalog::{Answer as Told, Question};

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A keeper, and a server that draws pictures of which the last byte counts up.
struct House {
    catalog: Catalog,
    dir: tempfile::TempDir,
    asked: Arc<AtomicUsize>,
    cancel: CancellationToken,
}

impl Drop for House {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl House {
    fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap(), true)
    }

    /// `up`: whether the server answers.
    fn within(dir: tempfile::TempDir, up: bool) -> Self {
        let (catalog, cancel) = (Catalog::default(), CancellationToken::new());
        let asked = Arc::new(AtomicUsize::new(0));
        let (mut questions, count) = (catalog.add("attic".into()), asked.clone());
        tokio::spawn(async move {
            while let Some((question, tell)) = questions.recv().await {
                let Question::Picture { path, .. } = question else {
                    panic!("nothing else is asked");
                };
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                let answer = match path.as_str() {
                    _ if !up => Err((Kind::Unreachable, "gone".to_owned())),
                    "/library/metadata/404/thumb" => Err((Kind::NotFound, "none".to_owned())),
                    _ => Ok(Told::Picture(drawn(n))),
                };
                // Let those that ask at once all have asked.
                tokio::task::yield_now().await;
                let _ = tell.send(answer);
            }
        });
        let queue = Arc::new(Mutex::new(catalog.keep_pictures()));
        tokio::spawn(run(
            catalog.clone(),
            dir.path().join(PICTURES_DIR),
            queue,
            cancel.clone(),
        ));
        Self {
            catalog,
            dir,
            asked,
            cancel,
        }
    }

    async fn get(&self, rating_key: i64, width: u32) -> Answer {
        let size = PictureSize { width, height: 36 };
        let path = PicturePath::poster_of(rating_key);
        let server = "attic".into();
        let answer = self.catalog.picture(&server, path, size);
        tokio::time::timeout(PATIENCE, answer).await.unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(self.dir.path().join(PICTURES_DIR))
    }
}

fn drawn(n: usize) -> Picture {
    Picture::new([PNG, &[u8::try_from(n).unwrap()]].concat()).unwrap()
}

#[tokio::test]
async fn a_picture_is_fetched_once_a_size_and_outlives_the_process() {
    let house = House::new();
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    assert_eq!(house.get(5, 480).await, Ok(drawn(2)));
    assert_eq!(house.get(6, 240).await, Ok(drawn(3)));
    let files = house.shelf().files();
    assert_eq!(files.len(), 3, "{files:?}");
    let dir = tempfile::tempdir().unwrap();
    std::fs::rename(house.dir.path().join(PICTURES_DIR), dir.path().join(PICTURES_DIR)).unwrap();
    let next = House::within(dir, false);
    assert_eq!(next.get(5, 240).await, Ok(drawn(1)));
    assert_eq!(next.asked(), 0);
}

#[tokio::test]
async fn those_who_ask_at_once_share_one_answer() {
    let house = House::new();
    let (a, b, c) = tokio::join!(house.get(5, 240), house.get(5, 240), house.get(5, 240));
    assert_eq!([a, b, c], [Ok(drawn(1)), Ok(drawn(1)), Ok(drawn(1))]);
    assert_eq!(house.asked(), 1);
}

#[tokio::test]
async fn what_is_absent_is_not_asked_for_again_at_once() {
    let house = House::new();
    for _ in 0..3 {
        assert_eq!(house.get(404, 240).await.unwrap_err().kind, Kind::NotFound);
    }
    assert_eq!(house.asked(), 1);
    assert!(house.shelf().files().is_empty());
}

#[tokio::test]
async fn an_old_picture_is_fetched_anew_and_shown_while_the_server_is_gone() {
    let house = House::new();
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    let kept = house.shelf().files().remove(0).path;
    let age = |path: &Path| {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - FRESH - Duration::from_mins(1))
            .unwrap();
    };
    age(&kept);
    assert_eq!(house.get(5, 240).await, Ok(drawn(2)));
    age(&kept);
    let dir = tempfile::tempdir().unwrap();
    std::fs::rename(house.dir.path().join(PICTURES_DIR), dir.path().join(PICTURES_DIR)).unwrap();
    let next = House::within(dir, false);
    assert_eq!(next.get(5, 240).await, Ok(drawn(2)));
    assert_eq!(next.asked(), 1, "it was tried");
    assert_eq!(next.get(6, 240).await.unwrap_err().kind, Kind::Unreachable);
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again() {
    let house = House::new();
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    let kept = house.shelf().files().remove(0).path;
    std::fs::write(&kept, "<svg onload='x'>").unwrap();
    assert_eq!(house.get(5, 240).await, Ok(drawn(2)));
}

#[test]
fn the_disk_is_bounded_and_what_was_fetched_first_goes() {
    let dir = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::new(dir.path().to_owned());
    shelf.bytes_max = 1000;
    let file = |n: u64| dir.path().join("attic").join(n.to_string());
    for n in 0..30 {
        shelf.put(&file(n), &[b'x'; 100]);
        // As if each came a second after the one before.
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + n);
        if let Ok(kept) = std::fs::File::options().write(true).open(file(n)) {
            kept.set_modified(at).unwrap();
        }
        let kept = shelf.files();
        assert!(kept.iter().map(|f| f.bytes).sum::<u64>() <= 1000, "after {n}");
    }
    assert!(file(29).exists() && file(28).exists() && !file(0).exists());
}
