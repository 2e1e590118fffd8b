//! Bandwidth rows and host load, made second by second from what plays.

use std::collections::VecDeque;

use crate::plex::names;

/// Seconds of rows the server keeps.
pub(crate) const WINDOW_S: i64 = 150;

/// Seconds between host samples, and how many are kept.
const SAMPLE_S: i64 = 5;
const SAMPLES: u8 = 27;

/// Load of the machine and of the server's processes, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostLoad {
    pub host_cpu: f64,
    pub process_cpu: f64,
    pub host_memory: f64,
    pub process_memory: f64,
}

/// One (account, device, network, second).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) account: i64,
    pub(crate) device: i64,
    /// Epoch seconds.
    pub(crate) at: i64,
    pub(crate) lan: bool,
    pub(crate) bytes: u64,
    /// Epoch milliseconds before which the server does not list the row.
    visible_ms: i64,
    /// The second is still being counted until it is over.
    grows: bool,
}

impl Row {
    /// Bytes listed at this moment; `None` before the row is there.
    pub(crate) fn listed(&self, now_ms: i64) -> Option<u64> {
        if now_ms < self.visible_ms {
            return None;
        }
        let into_ms = u64::try_from(now_ms - self.at * 1000).unwrap_or(0);
        Some(if self.grows && into_ms < 1000 {
            self.bytes * into_ms / 1000
        } else {
            self.bytes
        })
    }
}

/// A stream that sends something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) key: u64,
    pub(crate) account: i64,
    pub(crate) device: i64,
    pub(crate) lan: bool,
    pub(crate) kbps: u32,
}

/// What the host is doing, for its load.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    pub(crate) sessions: usize,
    pub(crate) software: usize,
    pub(crate) hardware: usize,
    pub(crate) scans: usize,
}

/// Everything behind `/statistics`.
#[derive(Debug)]
pub(crate) struct Stats {
    pub(crate) rows: VecDeque<Row>,
    pub(crate) samples: VecDeque<(i64, HostLoad)>,
    pub(crate) pinned: Option<HostLoad>,
    /// Bytes of every row ever made: (LAN, others).
    pub(crate) totals: (u64, u64),
    until_s: i64,
    salt: u64,
}

impl Stats {
    /// Starts with a full window of an idle machine's load and no traffic.
    pub(crate) fn new(now_s: i64, salt: u64) -> Self {
        let mut stats = Self::empty(now_s, salt);
        let first = now_s - now_s.rem_euclid(SAMPLE_S) - SAMPLE_S * (i64::from(SAMPLES) - 1);
        for n in 0..i64::from(SAMPLES) {
            stats.sample(first + n * SAMPLE_S, Work::default());
        }
        stats
    }

    /// As just after a start: nothing yet.
    pub(crate) fn empty(now_s: i64, salt: u64) -> Self {
        Self {
            rows: VecDeque::new(),
            samples: VecDeque::new(),
            pinned: None,
            totals: (0, 0),
            until_s: now_s,
            salt,
        }
    }

    pub(crate) fn is_behind(&self, now_s: i64) -> bool {
        now_s != self.until_s
    }

    /// Makes the rows and samples of every second since the last call.
    pub(crate) fn catch_up(&mut self, now_s: i64, senders: &[Sender], work: Work) {
        if now_s < self.until_s {
            // The server's clock was set back: go on from there.
            self.until_s = now_s;
        }
        let from = (self.until_s + 1).max(now_s - WINDOW_S);
        for second in from..=now_s {
            for sender in senders {
                self.send(second, sender);
            }
            if second % SAMPLE_S == 0 {
                self.sample(second, work);
            }
        }
        self.until_s = now_s;
        while self.rows.front().is_some_and(|r| r.at < now_s - WINDOW_S) {
            self.rows.pop_front();
        }
    }

    /// Players fetch segments, so each session sends in bursts a few seconds apart.
    fn send(&mut self, second: i64, sender: &Sender) {
        let period = 3 + i64::try_from(sender.key % 3).unwrap_or(0);
        if (second + i64::try_from(sender.key % 60).unwrap_or(0)) % period != 0 {
            return;
        }
        let dice = names::mix(self.salt ^ sender.key, second.unsigned_abs());
        let burst = u64::from(sender.kbps) * 125 * period.unsigned_abs();
        let bytes = burst * (90 + dice % 21) / 100;
        // One row in eight is written only when its second is over.
        let late_s = if dice.is_multiple_of(8) {
            1 + i64::try_from(dice / 8 % 2).unwrap_or(0)
        } else {
            0
        };
        self.add(Row {
            account: sender.account,
            device: sender.device,
            at: second,
            lan: sender.lan,
            bytes,
            visible_ms: (second + late_s) * 1000,
            grows: true,
        });
    }

    fn add(&mut self, row: Row) {
        let total = if row.lan {
            &mut self.totals.0
        } else {
            &mut self.totals.1
        };
        *total += row.bytes;
        let same = |r: &Row| Row { bytes: 0, ..*r } == Row { bytes: 0, ..row };
        // Two streams of one device in one second are one row.
        match self
            .rows
            .iter_mut()
            .rev()
            .take_while(|r| r.at >= row.at)
            .find(|r| same(r))
        {
            Some(earlier) => earlier.bytes += row.bytes,
            None => self.rows.push_back(row),
        }
    }

    /// A row made by hand: listed whole, from `visible_ms` on.
    pub(crate) fn add_row(
        &mut self,
        account: i64,
        device: i64,
        at: i64,
        lan: bool,
        bytes: u64,
        visible_ms: i64,
    ) {
        self.add(Row {
            account,
            device,
            at,
            lan,
            bytes,
            visible_ms,
            grows: false,
        });
    }

    fn sample(&mut self, at: i64, work: Work) {
        let noise = |n: u64| (names::mix(self.salt ^ n, at.unsigned_abs()) % 1000) as f64 / 1000.0;
        let load = self.pinned.unwrap_or_else(|| {
            let process = (0.4
                + 0.25 * work.sessions as f64
                + 11.0 * work.software as f64
                + 2.2 * work.hardware as f64
                + 6.0 * work.scans as f64)
                * (0.85 + 0.3 * noise(1));
            let process = process.min(93.0);
            HostLoad {
                host_cpu: (process + 3.0 + 2.5 * noise(2)).min(99.0),
                process_cpu: process,
                host_memory: 41.0 + 0.2 * work.sessions as f64 % 20.0 + noise(3),
                process_memory: 3.1 + (0.15 * work.sessions as f64).min(20.0) + 0.2 * noise(4),
            }
        });
        self.samples.push_back((at, load));
        while self.samples.len() > SAMPLES.into() {
            self.samples.pop_front();
        }
    }

    /// Uses this load from the next sample on, and for the newest at once.
    pub(crate) fn pin(&mut self, load: Option<HostLoad>) {
        self.pinned = load;
        if let (Some(load), Some(newest)) = (load, self.samples.back_mut()) {
            newest.1 = load;
        } else if let Some(load) = load {
            self.samples.push_back((self.until_s, load));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: Sender = Sender {
        key: 4,
        account: 1,
        device: 2,
        lan: true,
        kbps: 8000,
    };

    #[test]
    fn a_second_grows_and_some_rows_come_late_but_nothing_is_lost() {
        let mut stats = Stats::empty(1000, 7);
        stats.catch_up(1120, &[SENDER], Work::default());
        let final_sum: u64 = stats.rows.iter().map(|r| r.bytes).sum();
        assert_eq!(final_sum, stats.totals.0);
        let mut last = 0;
        for ms in (1_000_000..1_125_000).step_by(250) {
            let sum = stats.rows.iter().filter_map(|r| r.listed(ms)).sum::<u64>();
            assert!(sum >= last, "listed bytes never shrink");
            last = sum;
        }
        assert_eq!(last, final_sum);
        let late = stats.rows.iter().filter(|r| r.visible_ms > r.at * 1000).count();
        assert!(
            late > 0 && late < stats.rows.len() / 2,
            "{late} of {}",
            stats.rows.len()
        );
        // 8 Mbit/s for 120 s, give or take the bursts' size.
        assert!((100_000_000..140_000_000).contains(&final_sum), "{final_sum}");
    }

    #[test]
    fn the_window_moves() {
        let mut stats = Stats::empty(1000, 7);
        stats.catch_up(1100, &[SENDER], Work::default());
        let total = stats.totals.0;
        stats.catch_up(5000, &[], Work::default());
        assert!(stats.rows.is_empty());
        assert_eq!(stats.totals.0, total);
        assert_eq!(stats.samples.len(), usize::from(SAMPLES));
        assert_eq!(stats.samples.back().map(|s| s.0), Some(5000));
    }
}
