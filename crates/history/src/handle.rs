//! The door: one writer, some readers, and the columns they share.
//!
//! A change is a closure that the writer thread runs inside one transaction. What it adds becomes visible to readers
//! and durable at the same moment: the commit happens while the columns are locked for writing, so a reader never
//! sees one without the other. A reader holds the columns for one question, some milliseconds at most. A question that
//! may take longer looks at the store alone.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::time::Duration;

use jiff::tz::TimeZone;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::Error;
use crate::columns::Columns;
use crate::rules::WatchedRule;
use crate::store::{self, Txn};

/// Questions answered at once. Each holds a connection with a page cache of its own; further ones wait.
const READERS: usize = 4;

/// Questions to the store alone answered at once; further ones wait. They may take seconds, so they have turns of their
/// own and hold up nothing else.
const STORE_READERS: usize = 2;

/// Changes waiting for the writer; beyond this, who brings one waits.
const WRITE_QUEUE: usize = 64;

/// A question waits so long for changes on their way, then it goes on beside them: a big change takes longer.
const GIVEN_WAY: Duration = Duration::from_millis(5);

/// So long without a change, and the writer uses the rest to tidy up.
const REST: Duration = Duration::from_secs(1);

/// How the history is kept and counted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Days, hours and months of the roll-ups are local to it.
    pub time_zone: TimeZone,
    pub watched: WatchedRule,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: TimeZone::UTC,
            watched: WatchedRule::default(),
        }
    }
}

/// Access to the history. Cheap to clone; the last clone closes it.
#[derive(Clone, Debug)]
pub struct History(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    settings: Settings,
    columns: Arc<RwLock<Columns>>,
    idle: Mutex<Vec<Connection>>,
    asking: Semaphore,
    asking_store: Semaphore,
    jobs: Mutex<Option<mpsc::SyncSender<Job>>>,
    waiting: Arc<AtomicUsize>,
    changes: Arc<Changes>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// Changes on their way. A question that begins meanwhile waits a little: changes are few and short, but a thread that
/// must first wait for a processor and then for every reader is not.
#[derive(Debug, Default)]
struct Changes {
    count: AtomicUsize,
    none_left: Condvar,
    lock: Mutex<()>,
}

impl Changes {
    /// Until none is left, [`GIVEN_WAY`] at most.
    fn give_way(&self) {
        let is_any = || self.count.load(Ordering::Acquire) > 0;
        if is_any() {
            let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.none_left.wait_timeout_while(lock, GIVEN_WAY, |()| is_any()));
        }
    }
}

/// One change, until it is dropped.
struct Change(Arc<Changes>);

impl Change {
    fn new(changes: &Arc<Changes>) -> Self {
        changes.count.fetch_add(1, Ordering::AcqRel);
        Self(changes.clone())
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Whoever saw it before holds the lock until it waits.
            drop(self.0.lock.lock());
            self.0.none_left.notify_all();
        }
    }
}

type Job = Box<dyn FnOnce(&mut store::Writer) + Send>;

/// What a question may look at: the columns and the store, at one moment.
#[derive(Debug)]
pub struct View<'a> {
    pub columns: &'a Columns,
    pub settings: &'a Settings,
    pub(crate) conn: &'a Connection,
}

impl View<'_> {
    pub fn time_zone(&self) -> &TimeZone {
        &self.settings.time_zone
    }
}

impl History {
    /// Opens the history in `dir`, making it if there is none. Migrates (after a backup), loads, and starts the writer.
    ///
    /// One process at a time: another one gets [`Error::InUse`] at once.
    pub fn open(dir: &Path, settings: Settings) -> Result<Self, Error> {
        let path = dir.join(store::FILE_NAME);
        let (writer, columns) = store::open(dir, &settings)?;
        let columns = Arc::new(RwLock::new(columns));
        let (jobs, received) = mpsc::sync_channel::<Job>(WRITE_QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (shared, left) = (columns.clone(), waiting.clone());
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || write(writer.sharing(shared), &received, &left))
            .map_err(|source| Error::File {
                doing: "starting the writer of",
                path: path.clone(),
                source,
            })?;
        Ok(Self(Arc::new(Inner {
            path,
            settings,
            columns,
            idle: Mutex::default(),
            asking: Semaphore::new(READERS),
            asking_store: Semaphore::new(STORE_READERS),
            jobs: Mutex::new(Some(jobs)),
            waiting,
            changes: Arc::default(),
            writer: Mutex::new(Some(thread)),
        })))
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Changes waiting for the writer.
    pub fn queue_depth(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// The columns alone, for figures that need no text.
    pub fn columns(&self) -> RwLockReadGuard<'_, Columns> {
        self.0.columns.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a question on this thread. It may wait some milliseconds for the writer: never call it from a task, and
    /// never within another question, which the writer may be waiting for.
    pub fn read<T>(&self, question: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.0.changes.give_way();
        let conn = self.reader()?;
        let columns = self.columns();
        let view = View {
            columns: &columns,
            settings: &self.0.settings,
            conn: &conn,
        };
        let answer = store::at_one_moment(&conn, || question(&view));
        drop(columns);
        self.give_back(conn);
        answer.map_err(|e| e.at(&self.0.path))
    }

    /// As [`History::read`], for a question that looks at the store alone, as those about stream managers do: its view
    /// has no columns. It holds no lock, so it may take seconds and neither the writer nor any reader waits for it.
    pub fn read_store<T>(&self, question: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        static NONE: LazyLock<Columns> = LazyLock::new(Columns::default);
        let conn = self.reader()?;
        let view = View {
            columns: &NONE,
            settings: &self.0.settings,
            conn: &conn,
        };
        let answer = store::at_one_moment(&conn, || question(&view));
        self.give_back(conn);
        answer.map_err(|e| e.at(&self.0.path))
    }

    /// A connection to read with, also for what takes longer than a question may.
    pub(crate) fn reader(&self) -> Result<Connection, Error> {
        if self.lock_jobs().is_none() {
            return Err(Error::Closed);
        }
        let idle = self.lock_idle().pop();
        idle.map_or_else(|| store::reader(self.path()).map_err(|e| e.at(self.path())), Ok)
    }

    pub(crate) fn give_back(&self, conn: Connection) {
        let is_open = self.lock_jobs().is_some();
        let mut idle = self.lock_idle();
        // One that is still within a transaction would see that moment for ever.
        if is_open && idle.len() < READERS + STORE_READERS && conn.is_autocommit() {
            idle.push(conn);
        }
    }

    /// Answers a question from a task, on a thread that may wait.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&View<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.0.asking.acquire().await.map_err(|_| Error::Closed)?;
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.read(question))
            .await
            .unwrap_or(Err(Error::Closed))
    }

    /// As [`History::ask`], for a question that looks at the store alone; see [`History::read_store`].
    pub async fn ask_store<T: Send + 'static>(
        &self,
        question: impl FnOnce(&View<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.0.asking_store.acquire().await.map_err(|_| Error::Closed)?;
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.read_store(question))
            .await
            .unwrap_or(Err(Error::Closed))
    }

    /// Hands a change to the writer, which runs it in one transaction: all of it is kept, or nothing.
    pub fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        let on_its_way = Change::new(&self.0.changes);
        self.send(move |writer| writer.transact(change), Some(on_its_way))
    }

    /// Makes all roll-ups anew, as after a change that left them behind. Questions are answered meanwhile.
    pub fn rebuild_rollups(&self) -> Pending<()> {
        self.job(store::Writer::rebuild_rollups)
    }

    /// Hands the writer work that is no transaction, such as a backup.
    pub(crate) fn job<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut store::Writer) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        self.send(work, None)
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut store::Writer) -> Result<T, Error> + Send + 'static,
        on_its_way: Option<Change>,
    ) -> Pending<T> {
        let (tell, told) = oneshot::channel();
        let path = self.0.path.clone();
        let job: Job = Box::new(move |writer| {
            // Nobody waiting for the answer is fine.
            let _ = tell.send(work(writer).map_err(|e| e.at(&path)));
            drop(on_its_way);
        });
        let jobs = self.lock_jobs().clone();
        if let Some(jobs) = jobs {
            self.0.waiting.fetch_add(1, Ordering::Relaxed);
            if jobs.send(job).is_err() {
                self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Pending(told)
    }

    /// Runs `work` on a thread of its own, with a connection to read with.
    pub(crate) fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Self) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        let (tell, told) = oneshot::channel();
        let this = self.clone();
        let work = move || {
            let conn = this.reader()?;
            let done = work(&conn, &this);
            this.give_back(conn);
            done.map_err(|e| e.at(this.path()))
        };
        let thread = std::thread::Builder::new().name("history-aside".to_owned());
        // Without a thread the answer vanishes, which reads as `Error::Closed`.
        let _ = thread.spawn(move || tell.send(work()));
        Pending(told)
    }

    /// Writes what waits, folds the log into the file and ends the writer. Everything after it is refused.
    pub fn close(&self) {
        self.0.close();
    }

    fn lock_idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_jobs(&self) -> MutexGuard<'_, Option<mpsc::SyncSender<Job>>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last connection to be closed removes the log; that should be the writer's.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last handle may have been held by a change: the writer then ends after it.
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id()) {
            // A panic in there has been told already.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// The writer's thread.
fn write(mut writer: store::Writer, jobs: &mpsc::Receiver<Job>, waiting: &AtomicUsize) {
    let mut is_tidy = false;
    loop {
        let job = if is_tidy {
            jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            jobs.recv_timeout(REST)
        };
        let job = match job {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                writer.tidy(true);
                is_tidy = true;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        waiting.fetch_sub(1, Ordering::Relaxed);
        // Whoever waits for it sees its answer vanish and takes that for `Error::Closed`.
        if std::panic::catch_unwind(AssertUnwindSafe(|| job(&mut writer))).is_err() {
            tracing::error!("a change of the history panicked; what it had done is taken back");
            writer.recover();
        }
        writer.tidy(false);
        is_tidy = false;
    }
    writer.close();
}

/// A change on its way. Dropping it does not take it back.
#[derive(Debug)]
#[must_use]
pub struct Pending<T>(oneshot::Receiver<Result<T, Error>>);

impl<T> Pending<T> {
    /// Waits on this thread; never call it from a task.
    pub fn wait(self) -> Result<T, Error> {
        self.0.blocking_recv().unwrap_or(Err(Error::Closed))
    }

    /// Waits from a task.
    pub async fn done(self) -> Result<T, Error> {
        self.0.await.unwrap_or(Err(Error::Closed))
    }
}
