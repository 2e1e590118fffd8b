//! Sends what waits, oldest first, one request at a time.
//!
//! A batch is settled as a whole: it leaves the queue when each of its lines is stored or will never be, and only then
//! is it counted. Whatever happens before, a failure, the end of the process, an answer that got lost, it is sent again
//! from its beginning. That doubles nothing, because a point is its series and its time.

mod log;
mod pieces;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use base::backoff::Backoff;
use base::error::Chain;
use base::outage::OutageLog;
use base::{Clock, Kind};
use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::spool::Queue;
use super::super::{DropReason, SinkStats};
use super::answer::{Bad, Trouble, Verdict, judge, refusal_of};
use super::client::{Client, Failure};
use super::config::{Api, Config};
use base::Fault as Error;
use log::Causes;
use pieces::Piece;

/// Largest body, before compression; smaller from then on if a receiver refuses that much.
const BODY_BYTES_MAX: usize = 4 << 20;

/// A receiver's refusals make bodies no smaller than this; a batch that is larger is still halved when it is refused.
const BODY_BYTES_MIN: usize = 16 << 10;

/// Batches stored, one after another, after which bodies of twice the size are tried again: what refused them may have
/// been mended.
const GROW_AFTER: u32 = 1_000;

/// Time for the request in flight when we are told to stop; its lines wait in the queue if it takes longer.
const LAST_REQUEST: Duration = Duration::from_secs(1);

/// A request that takes longer than this counts as failing as far as the disk goes: what waits is written down, so
/// that a kill meanwhile loses nothing.
const HOLD_AFTER: Duration = Duration::from_secs(2);

/// Lines refused one by one in words we do not know, with none stored beside them, before we stop searching: then it
/// is not the lines.
const SUSPECTS_MAX: u64 = 64;

/// Requests that are spent on the search for bad lines in one batch. From then on a piece that is refused goes as it is,
/// good lines and all, so that a receiver which refuses most of them is not asked about each.
const REQUESTS_MAX: u32 = 512;

/// How long is waited after failures.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After the first that may pass by itself; doubled each time.
    pub first: Duration,
    pub longest: Duration,
    /// After one that somebody has to mend.
    pub slow: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_mins(1),
            slow: Duration::from_mins(1),
        }
    }
}

/// Sends until cancelled; then returns within a second or so, and what is not sent stays in the queue. An error comes
/// only at the start: certificates or a secret's file cannot be read.
pub async fn deliver(
    config: &Config,
    queue: &Queue,
    stats: &SinkStats,
    clock: &Clock,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    deliver_at(Pace::default(), config, queue, stats, clock, cancel).await
}

/// [`deliver`] at another pace.
pub async fn deliver_at(
    pace: Pace,
    config: &Config,
    queue: &Queue,
    stats: &SinkStats,
    clock: &Clock,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let mut sender = Sender {
        client: Client::new(config, clock)?,
        config,
        queue,
        stats,
        clock,
        cancel,
        pace,
        backoff: Backoff::new(pace.first, pace.longest),
        body_bytes_max: BODY_BYTES_MAX,
        fitted: 0,
        has_asked_for_database: false,
        failed_before: false,
        outage: OutageLog::default(),
        causes: Causes::default(),
    };
    if config.tls_skip_verify {
        tracing::warn!(
            "{}: its certificate is not checked (`tls_skip_verify`)",
            sender.client.who
        );
    }
    loop {
        let mut taken = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(()),
            taken = queue.next(config.batch_points, sender.body_bytes_max) => taken,
        };
        let lines = Bytes::from(std::mem::take(&mut taken.lines));
        match sender.settle(Piece::new(lines, taken.points)).await {
            Ok(tally) => {
                queue.done(taken);
                sender.account(&tally);
            }
            Err(Stop::Cancelled) => return Ok(()),
            Err(Stop::Pause(pause)) => {
                drop(taken);
                queue.hold();
                let wait = sender.failed(&pause);
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Ok(()),
                    () = sleep(wait) => {}
                }
            }
        }
    }
}

/// What became of the points of a batch.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    written: u64,
    dropped: BTreeMap<DropReason, u64>,
    causes: BTreeSet<(DropReason, String)>,
    /// Of the dropped: lines refused in words we do not know.
    suspects: u64,
    requests: u32,
}

impl Tally {
    fn drop(&mut self, reason: DropReason, points: u64, cause: &str) {
        if points > 0 {
            *self.dropped.entry(reason).or_default() += points;
            self.causes.insert((reason, cause.to_owned()));
        }
    }
}

/// Why a batch could not be settled.
#[derive(Debug)]
enum Stop {
    Cancelled,
    Pause(Pause),
}

#[derive(Debug)]
struct Pause {
    error: Error,
    wait: Wait,
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    /// It may pass by itself.
    Backoff,
    /// As the receiver says.
    Told(Duration),
    /// Somebody has to mend it.
    Slow,
}

struct Sender<'a> {
    client: Client,
    config: &'a Config,
    queue: &'a Queue,
    stats: &'a SinkStats,
    clock: &'a Clock,
    cancel: &'a CancellationToken,
    pace: Pace,
    backoff: Backoff,
    body_bytes_max: usize,
    /// Batches stored since that last changed.
    fitted: u32,
    /// Since the last success, and the last failure.
    has_asked_for_database: bool,
    /// The next batch is one that was sent in vain.
    failed_before: bool,
    outage: OutageLog,
    causes: Causes,
}

impl Sender<'_> {
    /// Sends a batch, in as many pieces as it takes, until each line is stored or known never to be.
    async fn settle(&mut self, batch: Piece) -> Result<Tally, Stop> {
        let mut tally = Tally::default();
        let batch = if std::mem::take(&mut self.failed_before) {
            batch.again()
        } else {
            batch
        };
        // A stack with the oldest lines on top, so that their order is kept.
        let mut pieces = vec![batch];
        while let Some(piece) = pieces.pop() {
            tally.requests += 1;
            match self.send(&piece).await? {
                Verdict::Stored => tally.written += piece.points,
                Verdict::Partial(bad) => partial(&piece, &bad, &mut tally),
                Verdict::ResendOnce if !piece.is_resent => pieces.push(piece.resent()),
                Verdict::ResendOnce => {
                    let cause = "field type conflict: a new field came in two types";
                    self.search(&piece, DropReason::TypeConflict, cause, &mut pieces, &mut tally);
                }
                Verdict::Refused(bad) => self.refused(&piece, &bad, &mut pieces, &mut tally)?,
                Verdict::TooLarge => self.too_large(&piece, &mut pieces, &mut tally)?,
                Verdict::NoDatabase => {
                    self.make_database().await?;
                    pieces.push(piece.again());
                }
                Verdict::Denied(trouble) => {
                    self.renew_credentials(&trouble)?;
                    pieces.push(piece.again());
                }
                Verdict::Misconfigured(trouble) => return Err(self.pause(&trouble, Wait::Slow)),
                Verdict::Later(trouble, told) => {
                    return Err(self.pause(&trouble, told.map_or(Wait::Backoff, Wait::Told)));
                }
            }
        }
        if tally.suspects > 0 && tally.written == 0 {
            let cause = tally.causes.first().map(|(_, cause)| cause.clone());
            return Err(self.nothing_accepted(&cause.unwrap_or_default()));
        }
        Ok(tally)
    }

    /// One request of any kind. When we are told to stop none begins, and one that runs gets a moment; while one
    /// takes long, what waits goes to disk.
    async fn ask<T>(&self, request: impl Future<Output = T>) -> Result<T, Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        tokio::pin!(request);
        let hold = async {
            sleep(HOLD_AFTER).await;
            self.queue.hold();
            pending::<Infallible>().await
        };
        tokio::select! {
            biased;
            answer = &mut request => Ok(answer),
            () = self.cancel.cancelled() => {
                timeout(LAST_REQUEST, request).await.map_err(|_| Stop::Cancelled)
            }
            never = hold => match never {},
        }
    }

    /// Writes.
    async fn send(&self, piece: &Piece) -> Result<Verdict, Stop> {
        let request = async {
            if piece.is_again {
                self.stats.update(|f| f.retries += 1);
            }
            self.client.write(piece.lines.clone()).await
        };
        match self.ask(request).await? {
            Ok(answer) => Ok(judge(
                self.client.api,
                answer.status,
                answer.retry_after,
                &answer.body,
            )),
            // So long an answer can only be about the lines; fewer of them have a shorter one. What was sent was
            // not too long.
            Err(Failure::Unreadable(_)) if piece.points > 1 => Ok(Verdict::Refused(Bad {
                reason: DropReason::Invalid,
                points: None,
                lines: Vec::new(),
                cause: "its answer is too long to be read".to_owned(),
                is_certain: true,
            })),
            Err(Failure::Unreadable(error)) => Err(slow(error)),
            Err(Failure::Other(error)) => Err(stop_of(error)),
        }
    }

    /// Nothing is stored: the lines that were named go, or else the bad ones are searched for by halves.
    fn refused(
        &mut self,
        piece: &Piece,
        bad: &Bad,
        pieces: &mut Vec<Piece>,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        let (rest, found) = piece.without(&bad.lines);
        if !found.is_empty() {
            for line in found {
                tally.drop(line.reason, 1, &line.cause);
            }
            pieces.extend(rest);
            return Ok(());
        }
        if !bad.is_certain && piece.points <= 1 {
            self.suspect(&bad.cause, tally)?;
        }
        self.search(piece, bad.reason, &bad.cause, pieces, tally);
        Ok(())
    }

    /// Halves are sent instead, as long as that leads anywhere. It takes many requests, during which a kill should lose
    /// nothing.
    fn search(
        &self,
        piece: &Piece,
        reason: DropReason,
        cause: &str,
        pieces: &mut Vec<Piece>,
        tally: &mut Tally,
    ) {
        self.queue.hold();
        if tally.requests < REQUESTS_MAX {
            divide(piece, reason, cause, pieces, tally);
        } else {
            tally.drop(reason, piece.points, cause);
        }
    }

    /// Halves are sent instead, and no such bodies any more. A single line goes, if that can be what was too large.
    fn too_large(&mut self, piece: &Piece, pieces: &mut Vec<Piece>, tally: &mut Tally) -> Result<(), Stop> {
        let bytes = piece.lines.len();
        (self.body_bytes_max, self.fitted) = ((bytes / 2).max(BODY_BYTES_MIN).min(self.body_bytes_max), 0);
        let mut cause = "a single line is larger than it takes";
        if piece.points <= 1 && bytes < BODY_BYTES_MIN {
            // A proxy that says so to everything means no line.
            cause = "even a single small line is too large for it (HTTP 413)";
            self.suspect(cause, tally)?;
        }
        divide(piece, DropReason::Limit, cause, pieces, tally);
        Ok(())
    }

    /// Counts a single line that may be refused for what it does not say; an error if that is so of too many.
    fn suspect(&self, cause: &str, tally: &mut Tally) -> Result<(), Stop> {
        tally.suspects += 1;
        if tally.suspects >= SUSPECTS_MAX && tally.written == 0 {
            return Err(self.nothing_accepted(cause));
        }
        Ok(())
    }

    /// Asks once for the database that is missing; an error unless it is there now.
    async fn make_database(&mut self) -> Result<(), Stop> {
        let name = &self.config.database;
        let missing =
            |what: String, hint: &str| Error::new(&self.client.who, Kind::NotFound, what).with_hint(hint);
        if !self.config.create_database || self.client.api != Api::V1 {
            let what = format!("writing: there is no database \"{name}\"");
            return Err(slow(missing(what, missing_database_hint(self.client.api))));
        }
        if self.has_asked_for_database {
            let what = format!("writing: there is still no database \"{name}\"");
            return Err(slow(missing(what, "make it there, or correct `database`")));
        }
        match self.ask(self.client.create_database(name)).await? {
            Ok(answer) => match refusal_of(&answer) {
                None => {
                    self.has_asked_for_database = true;
                    tracing::info!("{}: made the database \"{name}\"", self.client.who);
                    Ok(())
                }
                Some(why) => {
                    let what = format!("making the missing database \"{name}\": {why}");
                    let error = missing(what, "make it there yourself, or give a user who may");
                    // Tried again with the next attempt to write: somebody may have given the right.
                    Err(slow(error))
                }
            },
            Err(Failure::Unreadable(error) | Failure::Other(error)) => Err(stop_of(error)),
        }
    }

    /// Reads a secret from its file again; an error unless it has changed.
    fn renew_credentials(&mut self, trouble: &Trouble) -> Result<(), Stop> {
        match self.client.reload() {
            Ok(true) => {
                self.has_asked_for_database = false;
                Ok(())
            }
            Ok(false) => Err(self.pause(trouble, Wait::Slow)),
            Err(error) => Err(slow(error)),
        }
    }

    fn nothing_accepted(&self, cause: &str) -> Stop {
        let what = format!("writing: it refuses every line: {cause}");
        let error = Error::new(&self.client.who, Kind::WrongTarget, what)
            .with_hint("is it an InfluxDB? what waits is kept until it takes some of it");
        slow(error)
    }

    fn pause(&self, trouble: &Trouble, wait: Wait) -> Stop {
        let error = trouble.error(&self.client.who);
        Stop::Pause(Pause { error, wait })
    }

    /// A batch is settled: now it counts.
    fn account(&mut self, tally: &Tally) {
        let now = self.clock.now();
        self.stats.update(|f| {
            f.written += tally.written;
            if tally.written > 0 {
                f.up = Some(true);
                f.last_success_at = Some(now);
            }
        });
        for (reason, points) in &tally.dropped {
            self.stats.dropped(*reason, *points);
        }
        for (reason, cause) in &tally.causes {
            self.causes.tell(&self.client.who, *reason, cause);
        }
        self.fitted += 1;
        if self.fitted >= GROW_AFTER {
            (self.body_bytes_max, self.fitted) = ((self.body_bytes_max * 2).min(BODY_BYTES_MAX), 0);
        }
        self.backoff.reset();
        self.has_asked_for_database = false;
        // Refusing whatever comes is no sign that all is well again.
        if tally.written > 0
            && let Some(outage) = self.outage.succeeded(Instant::now())
        {
            let (outage_s, waiting) = (outage.as_secs(), self.stats.snapshot().waiting);
            tracing::info!(
                outage_s,
                waiting,
                "{}: takes points again after {outage_s} s",
                self.client.who
            );
        }
    }

    /// Nothing could be sent; how long to wait.
    fn failed(&mut self, pause: &Pause) -> Duration {
        self.stats.update(|f| f.up = Some(false));
        self.failed_before = true;
        // The database may have been lost since it was made.
        self.has_asked_for_database = false;
        let wait = match pause.wait {
            Wait::Backoff => self.backoff.next_wait(),
            // Never before the time told; but who says "at once" again and again is not asked for ever faster.
            Wait::Told(told) => told.max(self.backoff.next_wait()),
            Wait::Slow => self.pace.slow,
        };
        let kind = pause.error.kind();
        if self.outage.failed(kind, Instant::now()) {
            let failures = self.outage.failures();
            let hint = pause
                .error
                .hint()
                .map(|h| format!(" (hint: {h})"))
                .unwrap_or_default();
            tracing::warn!(kind = kind.as_str(), failures, "{}{hint}", Chain(&pause.error));
        }
        wait
    }
}

/// The good lines are stored; the others are counted.
fn partial(piece: &Piece, bad: &Bad, tally: &mut Tally) {
    // At least one was bad, or it had said nothing.
    let points = bad.points.unwrap_or(1).clamp(1, piece.points.max(1));
    tally.written += piece.points.saturating_sub(points);
    if u64::try_from(bad.lines.len()) == Ok(points) {
        for line in &bad.lines {
            tally.drop(line.reason, 1, &line.cause);
        }
    } else {
        tally.drop(bad.reason, points, &bad.cause);
    }
}

/// Two halves are sent instead; a single line is given up.
fn divide(piece: &Piece, reason: DropReason, cause: &str, pieces: &mut Vec<Piece>, tally: &mut Tally) {
    match piece.halves() {
        Some((older, newer)) => pieces.extend([newer, older]),
        None => tally.drop(reason, piece.points, cause),
    }
}

/// Only an InfluxDB 1 is asked to make one.
pub(super) fn missing_database_hint(api: Api) -> &'static str {
    match api {
        Api::Auto | Api::V1 => "make it there, correct `database`, or set create_database = true",
        Api::V2 | Api::V3 => "make it there, or correct `database`",
    }
}

fn slow(error: Error) -> Stop {
    Stop::Pause(Pause {
        error,
        wait: Wait::Slow,
    })
}

fn stop_of(error: Error) -> Stop {
    let wait = if error.kind().is_transient() {
        Wait::Backoff
    } else {
        Wait::Slow
    };
    Stop::Pause(Pause { error, wait })
}
