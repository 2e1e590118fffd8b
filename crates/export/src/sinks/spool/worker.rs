//! The thread that does all reading and writing of files, so that nobody else waits for a disk.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::queue::Shared;
use super::read::Load;
use super::state::{Entry, Job, Limits, Segment};

/// Pause after a write failed, before the next: a disk that is full stays so for a while.
const WRITE_PAUSE: Duration = Duration::from_secs(1);

/// A file that cannot be read may lie on a network. Beyond this what it holds is given up.
const READ_TRIES: u32 = 5;
const READ_PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Worker {
    shared: Arc<Shared>,
    folder: Folder,
    /// Since when nothing can be written, and when it is tried again.
    failing: Option<Instant>,
    retry_at: Instant,
    read_failures: u32,
}

/// However the thread ends, nobody waits for it.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.ended.notify_one();
        self.0.ready.notify_one();
    }
}

impl Worker {
    pub(super) fn start(shared: Arc<Shared>, folder: Folder) -> io::Result<()> {
        let mut worker = Self {
            shared,
            folder,
            failing: None,
            retry_at: Instant::now(),
            read_failures: 0,
        };
        thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || worker.run())
            .map(drop)
    }

    fn run(&mut self) {
        let _ended = Ended(Arc::clone(&self.shared));
        loop {
            match self.wait() {
                Job::Stop => break,
                Job::Remove(seqs) => self.folder.remove(&seqs),
                Job::Settle(head, number) => self.settle(&head, number),
                Job::Load(head, from, limits) => self.load(&head, from, limits),
                Job::Write(entry) => self.write(&entry),
            }
        }
        if self.shared.lock().is_closing() {
            self.folder.sync();
        }
    }

    fn wait(&mut self) -> Job {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        loop {
            if state.take_emptied() {
                // What could not be written was sent or is lost; the next that cannot be is told again.
                self.failing = None;
            }
            let pause = self
                .failing
                .map(|_| self.retry_at.saturating_duration_since(Instant::now()));
            let may_write = pause.is_none_or(|p| p.is_zero()) || state.is_closing();
            if let Some(job) = state.job(may_write) {
                return job;
            }
            state = match pause {
                Some(pause) if !pause.is_zero() => shared.wait_for(state, pause),
                _ => shared.wait(state),
            };
        }
    }

    fn settle(&mut self, head: &Segment, number: u64) {
        self.folder.save_position(head.seq, number - head.start);
        // If it cannot be read, loading says so.
        let oldest_ns = self.folder.reader.oldest_ns(head, number).unwrap_or(None);
        self.shared.lock().settled(number, oldest_ns);
    }

    fn load(&mut self, head: &Segment, from: u64, limits: Limits) {
        let end = match self.folder.reader.load(head, from, limits) {
            Ok(Load::Loaded(loaded)) => {
                self.read_failures = 0;
                self.shared.lock().loaded(loaded);
                self.shared.ready.notify_one();
                return;
            }
            Ok(Load::Damaged(end)) => {
                let path = self.folder.path(head.seq);
                tracing::warn!(path = %path.display(), points = end - from, "a file of the spool is damaged: points are lost");
                end
            }
            Err(error) => {
                self.read_failures += 1;
                if self.read_failures < READ_TRIES && error.kind() != io::ErrorKind::NotFound {
                    thread::sleep(READ_PAUSE);
                    return;
                }
                let path = self.folder.path(head.seq);
                let points = head.end - from;
                tracing::warn!(path = %path.display(), %error, points, "a file of the spool cannot be read: its points are lost");
                head.end
            }
        };
        self.read_failures = 0;
        self.shared.lock().damaged(end);
        self.shared.ready.notify_one();
    }

    fn write(&mut self, entry: &Entry) {
        let bytes = self.folder.prepare(&entry.batch);
        let gone = {
            let mut state = self.shared.lock();
            if state.too_large(bytes) {
                return;
            }
            state.evict(bytes)
        };
        self.folder.remove(&gone);
        let mut appended = self.folder.append(entry);
        if appended.is_err() && self.shared.lock().is_closing() {
            // There is no other time for it: it may be this one file that takes nothing.
            self.folder.leave_segment();
            appended = self.folder.append(entry);
        }
        match appended {
            Ok(record) => {
                self.shared.lock().written(record);
                if let Some(since) = self.failing.take() {
                    let after_s = since.elapsed().as_secs();
                    tracing::info!(dir = %self.folder.dir().display(), after_s, "the spool can be written again");
                }
            }
            Err(error) => {
                self.retry_at = Instant::now() + WRITE_PAUSE;
                self.shared.lock().write_failed();
                if self.failing.is_none() {
                    self.failing = Some(Instant::now());
                    tracing::warn!(
                        dir = %self.folder.dir().display(), %error,
                        "the spool cannot be written: what waits stays in memory, as far as that goes"
                    );
                }
            }
        }
    }
}
