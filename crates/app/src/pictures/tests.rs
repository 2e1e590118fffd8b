use std::sync::atomic::{AtomicUsize, Ordering};

use model::catalog::{Answer as Told, Question};

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server does when it is asked.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Draws,
    IsGone,
    Hangs,
}

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
        Self::within(tempfile::tempdir().unwrap(), How::Draws)
    }

    fn within(dir: tempfile::TempDir, how: How) -> Self {
        let (catalog, cancel) = (Catalog::default(), CancellationToken::new());
        let asked = Arc::new(AtomicUsize::new(0));
        let (mut questions, count) = (catalog.add("attic".into()), asked.clone());
        tokio::spawn(async move {
            let mut never_told = Vec::new();
            while let Some((question, tell)) = questions.recv().await {
                let Question::Picture { path, .. } = question else {
                    panic!("nothing else is asked");
                };
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                if how == How::Hangs {
                    never_told.push(tell);
                    continue;
                }
                let answer = match path.as_str() {
                    _ if how == How::IsGone => Err((Kind::Unreachable, "gone".to_owned())),
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
        let answer = get(self.catalog.clone(), "attic", rating_key, width);
        tokio::time::timeout(PATIENCE, answer).await.unwrap()
    }

    /// Another server, which never answers, and how often it was asked.
    fn add_hanging(&self, id: &str) -> Arc<AtomicUsize> {
        let asked = Arc::new(AtomicUsize::new(0));
        let (mut questions, count) = (self.catalog.add(id.into()), asked.clone());
        tokio::spawn(async move {
            let mut never_told = Vec::new();
            while let Some((_, tell)) = questions.recv().await {
                never_told.push(tell);
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        asked
    }

    /// The same disk, with a server that behaves differently.
    fn moved(self, how: How) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::rename(self.dir.path().join(PICTURES_DIR), dir.path().join(PICTURES_DIR)).unwrap();
        Self::within(dir, how)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn shelf(&self) -> Shelf {
        Shelf::new(self.dir.path().join(PICTURES_DIR))
    }
}

async fn get(catalog: Catalog, server: &'static str, rating_key: i64, width: u32) -> Answer {
    let size = PictureSize { width, height: 36 };
    catalog
        .picture(&server.into(), PicturePath::poster_of(rating_key), size)
        .await
}

/// Makes a file older than what is fresh.
fn age(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - FRESH - Duration::from_mins(1))
        .unwrap();
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
        "never: {what}"
    );
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
    let next = House::within(dir, How::IsGone);
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
async fn an_old_picture_is_shown_at_once_and_fetched_anew_behind() {
    let house = House::new();
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    let kept = house.shelf().files().remove(0).path;
    age(&kept);
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    until("the new one is shown", async || {
        house.get(5, 240).await == Ok(drawn(2))
    })
    .await;
    assert_eq!(house.asked(), 2, "it is fetched anew once");
    for how in [How::IsGone, How::Hangs] {
        let house = House::new();
        assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
        age(&house.shelf().files().remove(0).path);
        let next = house.moved(how);
        assert_eq!(next.get(5, 240).await, Ok(drawn(1)));
        until("it is tried", async || next.asked() == 1).await;
        assert_eq!(next.get(5, 240).await, Ok(drawn(1)));
    }
    let next = House::within(tempfile::tempdir().unwrap(), How::IsGone);
    assert_eq!(next.get(6, 240).await.unwrap_err().kind, Kind::Unreachable);
}

#[tokio::test]
async fn what_a_server_has_no_picture_of_any_more_is_forgotten() {
    let house = House::new();
    let wanted = Wanted {
        server: "attic".into(),
        path: PicturePath::poster_of(404),
        size: PictureSize {
            width: 240,
            height: 36,
        },
    };
    let file = wanted.file(&house.shelf().dir);
    house.shelf().put(&file, &drawn(7).bytes);
    age(&file);
    assert_eq!(house.get(404, 240).await, Ok(drawn(7)));
    until("it is gone", async || house.get(404, 240).await.is_err()).await;
    assert!(!file.exists());
}

#[tokio::test]
async fn a_server_that_does_not_answer_holds_nobody_up() {
    let house = House::new();
    let asked = house.add_hanging("shed");
    let kept = Wanted {
        server: "shed".into(),
        path: PicturePath::poster_of(1000),
        size: PictureSize {
            width: 240,
            height: 36,
        },
    };
    house.shelf().put(&kept.file(&house.shelf().dir), &drawn(9).bytes);
    let mut all = JoinSet::new();
    for n in 0..20 {
        all.spawn(get(house.catalog.clone(), "shed", n, 240));
    }
    until("it is asked", async || asked.load(Ordering::SeqCst) == PER_SERVER).await;
    assert_eq!(house.get(5, 240).await, Ok(drawn(1)));
    let on_disk = get(house.catalog.clone(), "shed", 1000, 240);
    assert_eq!(
        tokio::time::timeout(PATIENCE, on_disk).await.unwrap(),
        Ok(drawn(9))
    );
    assert_eq!(asked.load(Ordering::SeqCst), PER_SERVER);
    // Of those that wait for it some are borne.
    let most = i64::try_from(PER_SERVER + LINE_MAX).unwrap();
    for n in 20..=most {
        all.spawn(get(house.catalog.clone(), "shed", n, 240));
    }
    let refused = tokio::time::timeout(PATIENCE, all.join_next()).await.unwrap();
    assert_eq!(refused.unwrap().unwrap().unwrap_err().kind, Kind::RateLimited);
    assert_eq!(all.len(), PER_SERVER + LINE_MAX);
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
