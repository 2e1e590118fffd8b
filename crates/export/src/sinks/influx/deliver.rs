//! Sends what waits, oldest first, one request at a time.
//!
//! A batch is settled as a whole: it leaves the queue when each of its lines is stored or will never be, and only then
//! is it counted. Whatever happens before, a failure, the end of the process, an answer that got lost, it is sent again
//! from its beginning. That doubles nothing, because a point is its series and its time.

mod log;
mod pieces;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::backoff::Backoff;
use base::error::Chain;
use base::{Clock, Kind};
use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::spool::Queue;
use super::super::{DropReason, SinkStats};
use super::answer::{Bad, Trouble, Verdict, judge, refusal_of};
use super::client::{Client, Failure};
use super::config::{Api, Config};
use super::error::Error;
use log::{Causes, OutageLog};
use pieces::Piece;

/// Largest body, before compression; smaller from then on if a receiver refuses that much.
const BODY_BYTES_MAX: usize = 4 << 20;

/// A receiver's refusals make bodies no smaller than this; a batch that is larger is still halved when it is refused.
const BODY_BYTES_MIN: usize = 16 << 10;

/// Time for the request in flight when we are told to stop; its lines wait in the queue if it takes longer.
const LAST_REQUEST: Duration = Duration::from_secs(1);

/// Lines refused one by one in words we do not know, with none stored beside them, before we stop searching: then it
/// is not the lines.
const SUSPECTS_MAX: u64 = 64;

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
        stats,
        clock,
        cancel,
        pace,
        backoff: Backoff::new(pace.first, pace.longest),
        body_bytes_max: BODY_BYTES_MAX,
        has_asked_for_database: false,
        sends_again: false,
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
    stats: &'a SinkStats,
    clock: &'a Clock,
    cancel: &'a CancellationToken,
    pace: Pace,
    backoff: Backoff,
    body_bytes_max: usize,
    /// Since the last success.
    has_asked_for_database: bool,
    /// The next request repeats one that failed.
    sends_again: bool,
    outage: OutageLog,
    causes: Causes,
}

impl Sender<'_> {
    /// Sends a batch, in as many pieces as it takes, until each line is stored or known never to be.
    async fn settle(&mut self, batch: Piece) -> Result<Tally, Stop> {
        let mut tally = Tally::default();
        // A stack with the oldest lines on top, so that their order is kept.
        let mut pieces = vec![batch];
        while let Some(piece) = pieces.pop() {
            match self.send(&piece).await? {
                Verdict::Stored => tally.written += piece.points,
                Verdict::Partial(bad) => partial(&piece, &bad, &mut tally),
                Verdict::ResendOnce if !piece.is_resent => {
                    self.sends_again = true;
                    pieces.push(piece.resent());
                }
                Verdict::ResendOnce => {
                    let cause = "field type conflict: a new field came in two types";
                    self.divide(&piece, DropReason::TypeConflict, cause, &mut pieces, &mut tally);
                }
                Verdict::Refused(bad) => self.refused(&piece, &bad, &mut pieces, &mut tally)?,
                Verdict::TooLarge => {
                    self.body_bytes_max = (piece.lines.len() / 2)
                        .max(BODY_BYTES_MIN)
                        .min(self.body_bytes_max);
                    let cause = "a single line is larger than it takes";
                    self.divide(&piece, DropReason::Limit, cause, &mut pieces, &mut tally);
                }
                Verdict::NoDatabase => {
                    self.make_database().await?;
                    self.sends_again = true;
                    pieces.push(piece);
                }
                Verdict::Denied(trouble) => {
                    self.renew_credentials(&trouble)?;
                    self.sends_again = true;
                    pieces.push(piece);
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

    /// One request. When we are told to stop none begins, and one that runs gets a moment.
    async fn send(&mut self, piece: &Piece) -> Result<Verdict, Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        if std::mem::take(&mut self.sends_again) {
            self.stats.update(|f| f.retries += 1);
        }
        let request = self.client.write(piece.lines.clone());
        tokio::pin!(request);
        let answer = tokio::select! {
            biased;
            answer = &mut request => answer,
            () = self.cancel.cancelled() => {
                timeout(LAST_REQUEST, request).await.map_err(|_| Stop::Cancelled)?
            }
        };
        match answer {
            Ok(answer) => Ok(judge(
                self.client.api,
                answer.status,
                answer.retry_after,
                &answer.body,
            )),
            // So long an answer can only be about the lines; fewer of them have a shorter one.
            Err(Failure::Unreadable(_)) if piece.points > 1 => Ok(Verdict::TooLarge),
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
            self.sends_again = true;
            pieces.extend(rest);
            return Ok(());
        }
        if !bad.is_certain && piece.points <= 1 {
            tally.suspects += 1;
            if tally.suspects >= SUSPECTS_MAX && tally.written == 0 {
                return Err(self.nothing_accepted(&bad.cause));
            }
        }
        self.divide(piece, bad.reason, &bad.cause, pieces, tally);
        Ok(())
    }

    /// Two halves are sent instead; a single line is given up.
    fn divide(
        &mut self,
        piece: &Piece,
        reason: DropReason,
        cause: &str,
        pieces: &mut Vec<Piece>,
        tally: &mut Tally,
    ) {
        match piece.halves() {
            Some((older, newer)) => {
                self.sends_again = true;
                pieces.extend([newer, older]);
            }
            None => tally.drop(reason, piece.points, cause),
        }
    }

    /// Asks once for the database that is missing; an error unless it is there now.
    async fn make_database(&mut self) -> Result<(), Stop> {
        let name = &self.config.database;
        let missing =
            |what: String, hint: &str| Error::new(&self.client.who, Kind::NotFound, what).with_hint(hint);
        if !self.config.create_database || self.client.api != Api::V1 {
            let what = format!("writing: there is no database \"{name}\"");
            let error = missing(
                what,
                "make it there, correct `database`, or set create_database = true",
            );
            return Err(slow(error));
        }
        if self.has_asked_for_database {
            let what = format!("writing: there is still no database \"{name}\"");
            return Err(slow(missing(what, "make it there, or correct `database`")));
        }
        match self.client.create_database(name).await {
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
            f.up = Some(true);
            if tally.written > 0 {
                f.last_success_at = Some(now);
            }
        });
        for (reason, points) in &tally.dropped {
            self.stats.dropped(*reason, *points);
        }
        for (reason, cause) in &tally.causes {
            self.causes.tell(&self.client.who, *reason, cause);
        }
        self.backoff.reset();
        self.has_asked_for_database = false;
        if let Some(outage) = self.outage.succeeded(Instant::now()) {
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
        self.sends_again = true;
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
