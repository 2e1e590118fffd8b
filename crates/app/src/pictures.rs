//! Keeps pictures of items on disk, so that a server makes each size of one once in some days.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base::{Clock, Kind};
use jiff::Timestamp;
use model::SourceId;
use model::catalog::{Picture, PicturePath, PictureSize};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web::{Catalog, CatalogError, PictureQuestion};

use crate::sending::directory;

/// Directory of the pictures, within the data directory.
pub(crate) const PICTURES_DIR: &str = "pictures";

/// Pictures worked on at once; further ones wait. Servers answer other questions beside them.
const AT_ONCE: usize = 4;

/// What is on disk at most, some five thousand posters. Beyond it those fetched first go, until a quarter is free.
const KEPT_BYTES_MAX: u64 = 200_000_000;

/// A picture is fetched anew after this long: an address without a time stands for whatever is there now. Until it
/// comes, and while the server does not answer, the old one will do.
const FRESH: Duration = Duration::from_hours(72);

/// What a server has no picture of, it is not asked for again this long.
const ABSENT_FOR: Duration = Duration::from_mins(10);

/// Absent pictures remembered; beyond it all are forgotten, and asked for again.
const ABSENT_MAX: usize = 1000;

type Answer = Result<Picture, CatalogError>;
type Tell = oneshot::Sender<Answer>;

/// One picture in one size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    server: SourceId,
    path: PicturePath,
    size: PictureSize,
}

impl Wanted {
    /// A path is letters, digits, dashes and slashes, so names are as different as the paths are.
    fn file(&self, dir: &Path) -> PathBuf {
        let PictureSize { width, height } = self.size;
        let path = self.path.as_str().trim_start_matches('/').replace('/', "_");
        dir.join(directory(self.server.as_str()))
            .join(format!("{path}_{width}x{height}"))
    }
}

/// Answers questions for pictures until cancelled. The queue outlives a panic.
pub(crate) async fn run(
    catalog: Catalog,
    dir: PathBuf,
    asked: Arc<Mutex<mpsc::Receiver<PictureQuestion>>>,
    cancel: CancellationToken,
) {
    let mut asked = asked.lock().await;
    let mut keeper = Keeper::new(catalog, Shelf::new(dir));
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            question = asked.recv(), if keeper.working.len() < AT_ONCE => match question {
                Some(question) => keeper.take(question),
                None => return,
            },
            Some(done) = keeper.working.join_next() => match done {
                Ok((wanted, answer)) => keeper.tell(&wanted, &answer),
                // Whoever supervises us tells of the panic and begins anew; nobody waits for what died.
                Err(e) => std::panic::resume_unwind(e.into_panic()),
            },
        }
    }
}

#[derive(Debug)]
struct Keeper {
    catalog: Catalog,
    shelf: Arc<Shelf>,
    working: JoinSet<(Wanted, Answer)>,
    /// Several may ask for one picture: shows have many episodes.
    waiting: HashMap<Wanted, Vec<Tell>>,
    absent: HashMap<Wanted, (Instant, CatalogError)>,
}

impl Keeper {
    fn new(catalog: Catalog, shelf: Shelf) -> Self {
        Self {
            catalog,
            shelf: Arc::new(shelf),
            working: JoinSet::new(),
            waiting: HashMap::new(),
            absent: HashMap::new(),
        }
    }

    fn take(&mut self, question: PictureQuestion) {
        let PictureQuestion {
            server,
            path,
            size,
            tell,
        } = question;
        let wanted = Wanted { server, path, size };
        if let Some((_, why)) = self
            .absent
            .get(&wanted)
            .filter(|(at, _)| at.elapsed() < ABSENT_FOR)
        {
            // Whoever asked waits no longer, if this fails.
            let _ = tell.send(Err(why.clone()));
            return;
        }
        let waiting = self.waiting.entry(wanted.clone()).or_default();
        waiting.push(tell);
        if waiting.len() > 1 {
            return;
        }
        let (catalog, shelf) = (self.catalog.clone(), self.shelf.clone());
        self.working.spawn(async move {
            let answer = get(&catalog, shelf, &wanted).await;
            (wanted, answer)
        });
    }

    fn tell(&mut self, wanted: &Wanted, answer: &Answer) {
        if let Err(why) = answer
            && why.kind == Kind::NotFound
        {
            if self.absent.len() >= ABSENT_MAX {
                self.absent.clear();
            }
            self.absent.insert(wanted.clone(), (Instant::now(), why.clone()));
        }
        for tell in self.waiting.remove(wanted).unwrap_or_default() {
            let _ = tell.send(answer.clone());
        }
    }
}

/// From disk, else from its server.
async fn get(catalog: &Catalog, shelf: Arc<Shelf>, wanted: &Wanted) -> Answer {
    let file = wanted.file(&shelf.dir);
    let at = file.clone();
    let kept = tokio::task::spawn_blocking(move || Shelf::read(&at))
        .await
        .ok()
        .flatten();
    let old = match kept {
        Some((picture, age)) if age < FRESH => return Ok(picture),
        Some((picture, _)) => Some(picture),
        None => None,
    };
    let fetched = catalog
        .fetch_picture(&wanted.server, wanted.path.clone(), wanted.size)
        .await;
    match (fetched, old) {
        (Ok(picture), _) => {
            let bytes = picture.bytes.clone();
            // Not kept is not lost: it is here.
            let _ = tokio::task::spawn_blocking(move || shelf.put(&file, &bytes)).await;
            Ok(picture)
        }
        (Err(e), Some(old)) if e.kind != Kind::NotFound => Ok(old),
        (Err(e), _) => Err(e),
    }
}

/// The files.
#[derive(Debug)]
struct Shelf {
    dir: PathBuf,
    bytes_max: u64,
    /// What is on disk; not known before it was looked at.
    total: std::sync::Mutex<Option<u64>>,
}

impl Shelf {
    fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            bytes_max: KEPT_BYTES_MAX,
            total: std::sync::Mutex::default(),
        }
    }

    /// A kept picture and its age. What cannot be read is fetched again.
    fn read(file: &Path) -> Option<(Picture, Duration)> {
        let written = Timestamp::try_from(std::fs::metadata(file).ok()?.modified().ok()?).ok()?;
        // A clock that went back makes nothing old.
        let age = Duration::try_from(Clock::system().now().duration_since(written)).unwrap_or_default();
        Some((Picture::new(std::fs::read(file).ok()?)?, age))
    }

    fn put(&self, file: &Path, bytes: &[u8]) {
        let mut total = self
            .total
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(e) = write(file, bytes) {
            tracing::debug!(error = %e, "a picture cannot be kept in {}", self.dir.display());
            return;
        }
        let now = match *total {
            Some(before) => before + bytes.len() as u64,
            None => self.files().iter().map(|f| f.bytes).sum(),
        };
        *total = Some(if now > self.bytes_max { self.tidy() } else { now });
    }

    /// Removes what was fetched first; what is left, in bytes.
    fn tidy(&self) -> u64 {
        let mut files = self.files();
        files.sort_by_key(|f| f.written);
        let mut total: u64 = files.iter().map(|f| f.bytes).sum();
        for file in files {
            if total <= self.bytes_max / 4 * 3 {
                break;
            }
            if std::fs::remove_file(&file.path).is_ok() {
                total -= file.bytes;
            }
        }
        total
    }

    fn files(&self) -> Vec<Kept> {
        let folders = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let files =
            folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        let kept = |file: std::fs::DirEntry| {
            let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some(Kept {
                path: file.path(),
                bytes: about.len(),
                written: about.modified().ok()?,
            })
        };
        files.filter_map(kept).collect()
    }
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    bytes: u64,
    written: SystemTime,
}

/// Whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(bytes)?;
    new.persist(file).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests;
