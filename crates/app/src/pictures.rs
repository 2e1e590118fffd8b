//! Keeps pictures of items on disk, so that a server makes each size of one once in some days.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base::{Clock, Kind};
use jiff::Timestamp;
use model::SourceId;
use model::catalog::{Picture, PicturePath, PictureSize};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web::{Catalog, CatalogError, PictureQuestion};

use crate::sending::directory;

/// Directory of the pictures, within the data directory.
pub(crate) const PICTURES_DIR: &str = "pictures";

/// Files read at once; further questions wait until one of them has been read, which is soon.
const READS_AT_ONCE: usize = 4;

/// Pictures one server is asked for at once; further ones of it wait, and hold up neither those of other servers nor
/// what is on disk. Servers answer other questions beside them.
const PER_SERVER: usize = 2;

/// Pictures that wait for one server; further ones are refused.
const LINE_MAX: usize = 256;

/// What is on disk at most, some five thousand posters. Beyond it those fetched first go, until a quarter is free.
const KEPT_BYTES_MAX: u64 = 200_000_000;

/// A picture is fetched anew after this long: an address without a time stands for whatever is there now. Whoever asks
/// gets the old one at once.
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
            question = asked.recv(), if keeper.reading.len() < READS_AT_ONCE => match question {
                Some(question) => keeper.take(question),
                None => return,
            },
            Some(done) = keeper.reading.join_next() => {
                let (wanted, kept) = whole(done);
                keeper.read(wanted, kept);
            }
            Some(done) = keeper.fetching.join_next() => {
                let (wanted, answer) = whole(done);
                keeper.fetched(&wanted, &answer);
            }
        }
    }
}

/// Whoever supervises us tells of a panic and begins anew; nobody waits for what died.
fn whole<T>(done: Result<T, JoinError>) -> T {
    done.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}

/// A kept picture and its age.
type Kept = (Picture, Duration);

#[derive(Debug)]
struct Keeper {
    catalog: Catalog,
    shelf: Arc<Shelf>,
    reading: JoinSet<(Wanted, Option<Kept>)>,
    /// What `reading` reads; whoever waits for it is told by that.
    being_read: HashSet<Wanted>,
    fetching: JoinSet<(Wanted, Answer)>,
    /// Several may ask for one picture: shows have many episodes.
    waiting: HashMap<Wanted, Vec<Tell>>,
    /// Servers that are asked for something.
    lines: HashMap<SourceId, Line>,
    absent: HashMap<Wanted, (Instant, CatalogError)>,
}

/// What one server is asked for now, and next.
#[derive(Debug, Default)]
struct Line {
    under_way: HashSet<Wanted>,
    next: VecDeque<Wanted>,
}

impl Keeper {
    fn new(catalog: Catalog, shelf: Shelf) -> Self {
        Self {
            catalog,
            shelf: Arc::new(shelf),
            reading: JoinSet::new(),
            being_read: HashSet::new(),
            fetching: JoinSet::new(),
            waiting: HashMap::new(),
            lines: HashMap::new(),
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
        self.being_read.insert(wanted.clone());
        let file = wanted.file(&self.shelf.dir);
        self.reading.spawn(async move {
            let kept = tokio::task::spawn_blocking(move || Shelf::read(&file)).await;
            (wanted, kept.ok().flatten())
        });
    }

    /// What is on disk is told whatever its age; an old one is fetched anew if its server has a place free.
    fn read(&mut self, wanted: Wanted, kept: Option<Kept>) {
        self.being_read.remove(&wanted);
        let line = self.lines.entry(wanted.server.clone()).or_default();
        let is_free = line.under_way.len() < PER_SERVER && line.next.is_empty();
        let is_under_way = line.under_way.contains(&wanted);
        match kept {
            Some((picture, age)) => {
                self.tell(&wanted, &Ok(picture));
                if age >= FRESH && is_free && !is_under_way {
                    return self.ask(wanted);
                }
            }
            None if is_under_way => {}
            None if line.next.len() >= LINE_MAX => {
                let message = format!("too many pictures of \"{}\" are waited for", wanted.server);
                let why = CatalogError {
                    kind: Kind::RateLimited,
                    message,
                };
                self.tell(&wanted, &Err(why));
            }
            None => line.next.push_back(wanted.clone()),
        }
        self.go_on(&wanted.server);
    }

    fn fetched(&mut self, wanted: &Wanted, answer: &Answer) {
        if let Err(why) = answer
            && why.kind == Kind::NotFound
        {
            if self.absent.len() >= ABSENT_MAX {
                self.absent.clear();
            }
            self.absent.insert(wanted.clone(), (Instant::now(), why.clone()));
        }
        // A fetch behind an old picture fails for nobody who is about to get that one.
        if !self.being_read.contains(wanted) {
            self.tell(wanted, answer);
        }
        if let Some(line) = self.lines.get_mut(&wanted.server) {
            line.under_way.remove(wanted);
        }
        self.go_on(&wanted.server);
    }

    /// Asks a server for what is next, as far as it has places free.
    fn go_on(&mut self, server: &SourceId) {
        while let Some(line) = self.lines.get_mut(server)
            && line.under_way.len() < PER_SERVER
        {
            let Some(wanted) = line.next.pop_front() else {
                if line.under_way.is_empty() {
                    self.lines.remove(server);
                }
                return;
            };
            let waiting = self.waiting.get(&wanted).into_iter().flatten();
            if waiting.into_iter().all(Tell::is_closed) {
                // They have given up.
                self.waiting.remove(&wanted);
            } else {
                self.ask(wanted);
            }
        }
    }

    fn ask(&mut self, wanted: Wanted) {
        let line = self.lines.entry(wanted.server.clone()).or_default();
        line.under_way.insert(wanted.clone());
        let (catalog, shelf) = (self.catalog.clone(), self.shelf.clone());
        self.fetching.spawn(async move {
            let answer = fetch(&catalog, shelf, &wanted).await;
            (wanted, answer)
        });
    }

    fn tell(&mut self, wanted: &Wanted, answer: &Answer) {
        for tell in self.waiting.remove(wanted).unwrap_or_default() {
            let _ = tell.send(answer.clone());
        }
    }
}

/// From its server, for the shelf too.
async fn fetch(catalog: &Catalog, shelf: Arc<Shelf>, wanted: &Wanted) -> Answer {
    let answer = catalog
        .fetch_picture(&wanted.server, wanted.path.clone(), wanted.size)
        .await;
    let file = wanted.file(&shelf.dir);
    // Not kept is not lost: it is here.
    let _ = match &answer {
        Ok(picture) => {
            let bytes = picture.bytes.clone();
            tokio::task::spawn_blocking(move || shelf.put(&file, &bytes)).await
        }
        Err(why) if why.is_not_found() => tokio::task::spawn_blocking(move || shelf.remove(&file)).await,
        Err(_) => Ok(()),
    };
    answer
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
    fn read(file: &Path) -> Option<Kept> {
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

    /// The server has none any more. What is left is counted when the next one is put there.
    fn remove(&self, file: &Path) {
        if std::fs::remove_file(file).is_ok() {
            *self
                .total
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        }
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

    fn files(&self) -> Vec<OnDisk> {
        let folders = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let files =
            folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        let kept = |file: std::fs::DirEntry| {
            let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some(OnDisk {
                path: file.path(),
                bytes: about.len(),
                written: about.modified().ok()?,
            })
        };
        files.filter_map(kept).collect()
    }
}

#[derive(Debug)]
struct OnDisk {
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
