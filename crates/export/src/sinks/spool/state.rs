//! What waits, as plain values: every decision of the queue, and no I/O.
//!
//! Every point that was ever pushed has a number, counted from 0 in the order of pushing, so everything about a batch
//! is said by a range of numbers. What was dealt with is always a beginning of the line: [`State::done_until`].

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use model::Timestamp;

use super::{Batch, Bounds};
use crate::sinks::{DropReason, SinkStats};

/// Of the bound on memory, the part beyond which what waits goes to disk, so that the disk has time to take it.
const SPILL_PART: usize = 2;

/// A batch in memory. Shared, because the worker writes it to disk while it still may be sent from here.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) batch: Arc<Batch>,
}

impl Entry {
    pub(super) fn end(&self) -> u64 {
        self.start + u64::from(self.batch.points)
    }
}

/// A file of the spool, as far as its records are known to be good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Its name.
    pub(super) seq: u64,
    /// Numbers of its points.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Bytes up to the end of its last good record.
    pub(super) bytes: u64,
    /// Time of its first record.
    pub(super) oldest_ns: i64,
}

/// What the worker read from disk for [`super::Queue::next`].
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) lines: Vec<u8>,
    pub(super) points: u32,
    pub(super) oldest_ns: i64,
    pub(super) numbers: Range<u64>,
}

/// Limits of one [`super::Taken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) points: u32,
    pub(super) bytes: usize,
}

/// What the worker is to do next.
#[derive(Debug)]
pub(super) enum Job {
    /// Files whose points were all dealt with.
    Remove(Vec<u64>),
    Load(Segment, u64, Limits),
    Write(Entry),
    /// The head segment, and the first number of it that still waits.
    Settle(Segment, u64),
    /// Everything that could be done before the end was.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is in memory goes to disk, then the worker ends.
    Closing,
    /// The worker ends at once.
    Abandoned,
}

#[derive(Debug)]
pub(super) struct State {
    memory_bytes_max: usize,
    disk_bytes_max: u64,
    has_disk: bool,
    memory: VecDeque<Entry>,
    memory_bytes: usize,
    memory_points: u64,
    /// Memory has run empty since the worker looked: there is nothing left that could not be written.
    emptied: bool,
    segments: VecDeque<Segment>,
    /// Number of the point that is pushed next.
    next: u64,
    /// Every point with a smaller number was sent or dropped.
    done_until: u64,
    holding: bool,
    phase: Phase,
    /// The worker does nothing any more.
    pub(super) stopped: bool,
    want: Option<Limits>,
    loaded: Option<Loaded>,
    /// End of what is being sent at the moment.
    taken_until: Option<u64>,
    /// Points beyond the bounds that are being sent at the moment: they are lost only if that fails.
    gone_while_taken: u64,
    /// First number in memory that is being written to disk.
    writing: Option<u64>,
    /// The position within the head segment changed since the worker looked.
    unsettled: bool,
    head_oldest_ns: Option<i64>,
    stats: SinkStats,
}

impl State {
    /// `segments` are what an earlier process left, `done_until` the first of their points that still waits.
    pub(super) fn new(
        bounds: &Bounds,
        segments: VecDeque<Segment>,
        done_until: u64,
        stats: SinkStats,
    ) -> Self {
        let state = Self {
            memory_bytes_max: bounds.memory_bytes,
            disk_bytes_max: bounds.disk_bytes,
            has_disk: bounds.has_disk(),
            memory: VecDeque::new(),
            memory_bytes: 0,
            memory_points: 0,
            emptied: false,
            next: segments.back().map_or(0, |s| s.end),
            holding: !segments.is_empty(),
            unsettled: !segments.is_empty(),
            segments,
            done_until,
            phase: Phase::Open,
            stopped: !bounds.has_disk(),
            want: None,
            loaded: None,
            taken_until: None,
            gone_while_taken: 0,
            writing: None,
            head_oldest_ns: None,
            stats,
        };
        state.tell();
        state
    }

    /// Returns true if the worker has something to do.
    pub(super) fn push(&mut self, batch: Batch) -> bool {
        if batch.points == 0 {
            return false;
        }
        self.memory_bytes += batch.lines.len();
        self.memory_points += u64::from(batch.points);
        let start = self.next;
        self.next += u64::from(batch.points);
        self.memory.push_back(Entry {
            start,
            batch: Arc::new(batch),
        });
        if self.memory_bytes > self.memory_bytes_max / SPILL_PART {
            self.hold();
        }
        self.bound_memory();
        self.tell();
        self.holding
    }

    /// The newest batch stays, however large, and so does what is being written: it is on disk in a moment.
    fn bound_memory(&mut self) {
        while self.memory_bytes > self.memory_bytes_max {
            let is_written = self.writing.is_some_and(|n| self.memory[0].start == n);
            let oldest = usize::from(is_written);
            if oldest + 1 >= self.memory.len() {
                return;
            }
            let Some(entry) = self.memory.remove(oldest) else {
                return;
            };
            self.left_memory(&entry);
            self.lost(entry.start..entry.end(), DropReason::Full);
        }
    }

    fn left_memory(&mut self, entry: &Entry) {
        self.memory_bytes -= entry.batch.lines.len();
        self.memory_points -= u64::from(entry.batch.points);
        self.emptied |= self.memory.is_empty();
    }

    /// Whether memory has run empty since this was asked last.
    pub(super) fn take_emptied(&mut self) -> bool {
        std::mem::take(&mut self.emptied)
    }

    /// Counts points beyond the bounds, but those that are being sent.
    fn lost(&mut self, numbers: Range<u64>, reason: DropReason) {
        let taken_until = self.taken_until.unwrap_or(0);
        let taken = taken_until.clamp(numbers.start, numbers.end) - numbers.start;
        self.gone_while_taken += taken;
        self.stats.dropped(reason, numbers.end - numbers.start - taken);
    }

    pub(super) fn hold(&mut self) -> bool {
        self.holding = self.has_disk && !self.stopped;
        self.holding
    }

    /// What is sent next, as far as it is in memory; otherwise the worker is asked for it.
    pub(super) fn next(&mut self, limits: Limits) -> Next {
        if self.disk_waits() && !self.stopped {
            // What was read for other limits is read again.
            let loaded = self.loaded.take().filter(|_| self.want == Some(limits));
            if let Some(loaded) = loaded.filter(|l| l.numbers.start >= self.done_until) {
                self.want = None;
                self.taken_until = Some(loaded.numbers.end);
                return Next::Ready(loaded);
            }
            self.want = Some(limits);
            return Next::AskWorker;
        }
        let Some(first) = self.memory.front() else {
            return Next::Nothing;
        };
        let mut loaded = Loaded {
            oldest_ns: first.batch.oldest_ns,
            numbers: first.start..first.start,
            ..Loaded::default()
        };
        for entry in &self.memory {
            if !loaded.fits(entry.batch.points, entry.batch.lines.len(), limits) {
                break;
            }
            loaded.lines.extend_from_slice(&entry.batch.lines);
            loaded.count(entry.batch.points, entry.batch.oldest_ns, entry.end());
        }
        self.taken_until = Some(loaded.numbers.end);
        Next::Ready(loaded)
    }

    /// Returns true if the worker has something to do.
    pub(super) fn done(&mut self, until: u64) -> bool {
        self.done_until = self.done_until.max(until);
        self.taken_until = None;
        self.gone_while_taken = 0;
        self.forget_done();
        self.tell();
        !self.segments.is_empty()
    }

    /// What was taken was not dealt with.
    pub(super) fn untake(&mut self) {
        self.taken_until = None;
        let points = std::mem::take(&mut self.gone_while_taken);
        self.stats.dropped(DropReason::Full, points);
    }

    fn forget_done(&mut self) {
        while let Some(entry) = pop_if(&mut self.memory, |e| e.start < self.done_until) {
            self.left_memory(&entry);
        }
        self.unsettled = !self.segments.is_empty();
        if self.waiting() == 0 {
            self.holding = false;
        }
    }

    /// What the worker is to do now. While the disk takes nothing (`may_write` is false) nothing is written.
    pub(super) fn job(&mut self, may_write: bool) -> Option<Job> {
        if self.phase == Phase::Abandoned {
            return Some(Job::Stop);
        }
        let mut dead = self.evict(0);
        while let Some(segment) = pop_if(&mut self.segments, |s| s.end <= self.done_until) {
            dead.push(segment.seq);
        }
        if !dead.is_empty() {
            self.tell();
            return Some(Job::Remove(dead));
        }
        let head = self.segments.front();
        if let Some(head) = head
            && std::mem::take(&mut self.unsettled)
            && head.start < self.done_until
        {
            return Some(Job::Settle(head.clone(), self.done_until));
        }
        if let (Some(head), Some(limits), None) = (head, self.want, &self.loaded)
            && self.phase == Phase::Open
        {
            return Some(Job::Load(head.clone(), self.done_until.max(head.start), limits));
        }
        if let Some(entry) = self.memory.front()
            && may_write
            && (self.holding || self.phase == Phase::Closing)
        {
            self.writing = Some(entry.start);
            return Some(Job::Write(entry.clone()));
        }
        (self.phase == Phase::Closing).then_some(Job::Stop)
    }

    /// Makes room for `bytes` on disk: the oldest segments go. Returns their names.
    pub(super) fn evict(&mut self, bytes: u64) -> Vec<u64> {
        let mut gone = Vec::new();
        while self.spool_bytes() + bytes > self.disk_bytes_max
            && let Some(segment) = self.segments.pop_front()
        {
            gone.push(segment.seq);
            self.skip(segment.start, segment.end, DropReason::Full);
        }
        gone
    }

    /// What lies before `end` is lost.
    fn skip(&mut self, start: u64, end: u64, reason: DropReason) {
        let start = start.max(self.done_until);
        if start < end {
            self.lost(start..end, reason);
            self.done_until = end;
        }
        self.unsettled = true;
    }

    /// It can never be written: it is larger than everything that may be on disk.
    pub(super) fn too_large(&mut self, bytes: u64) -> bool {
        let is_too_large = bytes > self.disk_bytes_max;
        if is_too_large && let Some(entry) = self.unwrite() {
            self.lost(entry.start..entry.end(), DropReason::Full);
            self.tell();
        }
        is_too_large
    }

    /// Takes the batch that was being written out of memory, unless it was sent meanwhile.
    fn unwrite(&mut self) -> Option<Entry> {
        let start = self.writing.take()?;
        let entry = pop_if(&mut self.memory, |e| e.start == start)?;
        self.left_memory(&entry);
        Some(entry)
    }

    /// The batch that was being written is on disk; `record` is its segment with this batch alone.
    pub(super) fn written(&mut self, record: Segment) {
        self.unwrite();
        match self.segments.back_mut() {
            Some(last) if last.seq == record.seq => (last.end, last.bytes) = (record.end, record.bytes),
            _ => self.segments.push_back(record),
        }
        self.unsettled = true;
        self.tell();
    }

    pub(super) fn write_failed(&mut self) {
        self.writing = None;
        if self.phase == Phase::Closing {
            // There is no time to wait for room.
            self.phase = Phase::Abandoned;
        }
        self.bound_memory();
        self.tell();
    }

    pub(super) fn loaded(&mut self, loaded: Loaded) {
        self.loaded = Some(loaded);
    }

    /// Up to the point `end` nothing could be read.
    pub(super) fn damaged(&mut self, end: u64) {
        self.skip(self.done_until, end, DropReason::Damaged);
        self.forget_done();
        self.tell();
    }

    /// The time of the oldest, if that still is `number`.
    pub(super) fn settled(&mut self, number: u64, oldest_ns: Option<i64>) {
        if number == self.done_until {
            self.head_oldest_ns = oldest_ns;
            self.tell();
        }
    }

    pub(super) fn close(&mut self) {
        self.phase = Phase::Closing;
    }

    pub(super) fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// Nobody uses the queue any more: what is in memory goes to disk, unless it was closed before. Returns true if
    /// there is nobody to write it.
    pub(super) fn leave(&mut self) -> bool {
        if self.phase != Phase::Open {
            return false;
        }
        self.phase = Phase::Closing;
        self.stopped
    }

    pub(super) fn abandon(&mut self) {
        self.phase = Phase::Abandoned;
    }

    fn spool_bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.bytes).sum()
    }

    fn disk_waits(&self) -> bool {
        self.segments.back().is_some_and(|s| s.end > self.done_until)
    }

    fn waiting(&self) -> u64 {
        let on_disk = |s: &Segment| s.end.saturating_sub(s.start.max(self.done_until));
        self.segments.iter().map(on_disk).sum::<u64>() + self.in_memory()
    }

    /// Points that a kill would lose.
    pub(super) fn in_memory(&self) -> u64 {
        self.memory_points
    }

    fn oldest_ns(&self) -> Option<i64> {
        let head = self.segments.iter().find(|s| s.end > self.done_until);
        match head {
            Some(head) if head.start >= self.done_until => Some(head.oldest_ns),
            // Until the worker has looked it up, its first record is a time that is too old rather than none.
            Some(head) => self.head_oldest_ns.or(Some(head.oldest_ns)),
            None => self.memory.front().map(|e| e.batch.oldest_ns),
        }
    }

    fn tell(&self) {
        let waiting = self.waiting();
        let oldest = self.oldest_ns().map(i128::from);
        self.stats.update(|figures| {
            figures.waiting = waiting;
            figures.spool_bytes = self.spool_bytes();
            if waiting == 0 {
                figures.oldest_waiting_at = None;
            } else if let Some(at) = oldest.and_then(|ns| Timestamp::from_nanosecond(ns).ok()) {
                figures.oldest_waiting_at = Some(at);
            }
        });
    }
}

/// What [`State::next`] has.
#[derive(Debug)]
pub(super) enum Next {
    Ready(Loaded),
    AskWorker,
    Nothing,
}

impl Loaded {
    /// Whether a batch may be added. The first always may.
    pub(super) fn fits(&self, points: u32, bytes: usize, limits: Limits) -> bool {
        self.points == 0
            || (self.points.saturating_add(points) <= limits.points
                && self.lines.len().saturating_add(bytes) <= limits.bytes)
    }

    pub(super) fn count(&mut self, points: u32, oldest_ns: i64, end: u64) {
        self.points += points;
        self.oldest_ns = self.oldest_ns.min(oldest_ns);
        self.numbers.end = end;
    }
}

impl Bounds {
    pub(super) fn has_disk(&self) -> bool {
        self.dir.is_some() && self.disk_bytes > 0
    }
}

/// The oldest, if it is `wanted`.
fn pop_if<T>(queue: &mut VecDeque<T>, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
    if queue.front().is_some_and(wanted) {
        queue.pop_front()
    } else {
        None
    }
}
