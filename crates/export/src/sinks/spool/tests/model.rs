//! Whatever happens in whatever order: the same as an obvious list.

use std::time::Duration;

use proptest::prelude::*;

use super::{House, PLENTY, batch, next, numbers, until};
use crate::sinks::DropReason;
use crate::sinks::spool::segment::HEAD_BYTES;
use crate::sinks::spool::{Queue, Taken};

#[derive(Clone, Debug)]
enum Step {
    Push {
        points: u64,
        padding: usize,
    },
    /// Take, and say that it was sent.
    Send {
        points: u32,
        bytes: usize,
    },
    /// Take, and fail.
    Fail {
        points: u32,
        bytes: usize,
        hold: bool,
    },
    /// Take, and hold on to it.
    Take {
        points: u32,
    },
    /// What was held on to was sent, or not.
    Settle {
        sent: bool,
    },
    Hold,
    /// Hold, and wait until all is on disk.
    Held,
    /// Die, and lose so many bytes of the newest file.
    Crash {
        torn: u64,
    },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let points = || prop_oneof![Just(1u32), 1..30u32, Just(u32::MAX)];
    let bytes = || prop_oneof![Just(1usize), 10..1_000usize, Just(PLENTY)];
    let step = prop_oneof![
        6 => (1..8u64, 0..100usize).prop_map(|(points, padding)| Step::Push { points, padding }),
        4 => (points(), bytes()).prop_map(|(points, bytes)| Step::Send { points, bytes }),
        1 => (points(), bytes(), any::<bool>())
            .prop_map(|(points, bytes, hold)| Step::Fail { points, bytes, hold }),
        2 => points().prop_map(|points| Step::Take { points }),
        2 => any::<bool>().prop_map(|sent| Step::Settle { sent }),
        1 => Just(Step::Hold),
        1 => Just(Step::Held),
        1 => prop_oneof![Just(0), 0..300u64, Just(u64::MAX)].prop_map(|torn| Step::Crash { torn }),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

/// The obvious list.
#[derive(Debug, Default)]
struct Model {
    /// Batches, as the number of their first point and of the next batch; in the order of pushing.
    batches: Vec<(u64, u64)>,
    /// So many of them were sent.
    sent: usize,
    pushed: u64,
}

impl Model {
    fn waiting(&self) -> u64 {
        self.batches[self.sent..].iter().map(|(a, b)| b - a).sum()
    }

    /// Checks what was taken; returns how many batches were sent once it was.
    fn check(&self, taken: &Taken, limits: Option<(u32, usize)>) -> usize {
        let came = numbers(&taken.lines);
        assert_eq!(came.len(), taken.points as usize);
        let mut expected = Vec::new();
        let mut after = self.sent;
        while expected.len() < came.len() {
            let (start, end) = self.batches[after];
            expected.extend(start..end);
            after += 1;
        }
        assert_eq!(came, expected);
        if let Some((points, bytes)) = limits
            && after > self.sent + 1
        {
            assert!(taken.points <= points && taken.lines.len() <= bytes);
        }
        after
    }

    /// After a crash: the first that came again, how many wait, and how many batches may be lost.
    fn crashed(&mut self, first: Option<u64>, waiting: u64, lost_max: usize) {
        let Some(first) = first else {
            assert!(
                self.batches.len() - self.sent <= lost_max,
                "what waited on disk is lost"
            );
            self.batches.truncate(self.sent);
            return;
        };
        let start = self
            .batches
            .iter()
            .position(|(a, _)| *a == first)
            .expect("a batch begins with it");
        assert!(start <= self.sent, "what waited on disk is skipped");
        let (mut end, mut counted) = (start, 0);
        while counted < waiting {
            let (a, b) = self.batches[end];
            counted += b - a;
            end += 1;
        }
        assert_eq!(counted, waiting);
        // What was sent from memory need not be on disk.
        let lost = self.batches.len() - end.max(self.sent);
        assert!(
            lost <= lost_max,
            "{lost} batches are lost of which {lost_max} may be"
        );
        self.batches.truncate(end);
        self.sent = start;
    }
}

struct Run {
    house: House,
    queue: Option<Queue>,
    model: Model,
    taken: Option<(Taken, usize)>,
    /// Batches that a kill may lose; the worker may have written some of them.
    in_memory: usize,
}

impl Run {
    fn queue(&self) -> &Queue {
        self.queue.as_ref().expect("it is open")
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Push { points, padding } => {
                let start = self.model.pushed;
                self.model.pushed += points;
                self.model.batches.push((start, start + points));
                self.queue().push(batch(start..start + points, padding));
            }
            Step::Send { points, bytes } if self.model.waiting() > 0 => {
                self.taken = None;
                let taken = next(self.queue(), points, bytes).await;
                self.model.sent = self.model.check(&taken, Some((points, bytes)));
                self.queue().done(taken);
            }
            Step::Fail { points, bytes, hold } if self.model.waiting() > 0 => {
                self.taken = None;
                let taken = next(self.queue(), points, bytes).await;
                self.model.check(&taken, Some((points, bytes)));
                if hold {
                    self.queue().hold();
                }
            }
            Step::Take { points } if self.model.waiting() > 0 => {
                self.taken = None;
                let taken = next(self.queue(), points, PLENTY).await;
                let after = self.model.check(&taken, Some((points, PLENTY)));
                self.taken = Some((taken, after));
            }
            Step::Settle { sent } => {
                if let Some((taken, after)) = self.taken.take()
                    && sent
                {
                    self.model.sent = after;
                    self.queue().done(taken);
                }
            }
            Step::Hold => self.queue().hold(),
            Step::Held => super::held(self.queue()).await,
            Step::Crash { torn } => self.crash(torn).await,
            Step::Restart => {
                self.taken = None;
                let queue = self.queue.take().expect("it is open");
                queue.close(Duration::from_secs(30)).await;
                self.reopen(0).await;
            }
            Step::Send { .. } | Step::Fail { .. } | Step::Take { .. } => {}
        }
        assert_eq!(self.house.figures().waiting, self.model.waiting());
    }

    async fn crash(&mut self, torn: u64) {
        self.taken = None;
        let points = self.queue().in_memory();
        self.in_memory = 0;
        let mut counted = 0;
        for (a, b) in self.model.batches.iter().rev() {
            if counted < points {
                counted += b - a;
                self.in_memory += 1;
            }
        }
        self.queue.take().expect("it is open").crash();
        // The dying worker may be writing.
        drop(self.house.open());
        let mut lost = self.in_memory;
        if torn > 0
            && let Some(file) = self.house.files().last()
        {
            let length = file.metadata().unwrap().len();
            let kept = length.saturating_sub(torn);
            let options = std::fs::OpenOptions::new().write(true).open(file).unwrap();
            options.set_len(kept).unwrap();
            lost += usize::try_from((length - kept).div_ceil(HEAD_BYTES as u64)).unwrap();
        }
        self.reopen(lost).await;
    }

    async fn reopen(&mut self, lost_max: usize) {
        let queue = self.house.open();
        let waiting = self.house.figures().waiting;
        let first = if waiting > 0 {
            Some(numbers(&next(&queue, 1, 1).await.lines)[0])
        } else {
            None
        };
        self.model.crashed(first, waiting, lost_max);
        self.queue = Some(queue);
    }

    /// Everything comes, in order, and nothing is left.
    async fn finish(mut self) {
        self.taken = None;
        let queue = self.queue.take().expect("it is open");
        let came = super::drain(&queue, &self.house.stats).await;
        let waited = &self.model.batches[self.model.sent..];
        let expected: Vec<_> = waited.iter().flat_map(|(a, b)| *a..*b).collect();
        assert_eq!(came, expected);
        until("no file is left", || self.house.files().is_empty()).await;
        assert_eq!(self.house.dropped(DropReason::Full), 0);
        assert_eq!(self.house.dropped(DropReason::Damaged), 0);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_same_as_an_obvious_list(steps in steps(), disk_bytes in prop_oneof![Just(PLENTY as u64), Just(200_000)]) {
        let mut house = House::new();
        // Small segments, so that there are several; never so small that something goes.
        house.disk_bytes = disk_bytes;
        runtime().block_on(async {
            let queue = Some(house.open());
            let mut run = Run { house, queue, model: Model::default(), taken: None, in_memory: 0 };
            for step in steps {
                run.step(step).await;
            }
            run.finish().await;
        });
    }

    /// Small bounds: what came and what was counted as lost are all there was, once each and in order.
    #[test]
    fn beyond_the_bounds_every_point_comes_or_is_counted(
        steps in prop::collection::vec((1..40u64, 0..4u8, 1..100u32), 1..80),
        memory_bytes in 100..5_000usize,
        disk_bytes in prop_oneof![Just(0), 500..20_000u64],
    ) {
        let mut house = House::new();
        (house.memory_bytes, house.disk_bytes) = (memory_bytes, disk_bytes);
        runtime().block_on(async {
            let queue = house.open();
            let (mut pushed, mut came) = (0, Vec::new());
            for (points, what, limit) in steps {
                queue.push(batch(pushed..pushed + points, 40));
                pushed += points;
                if what == 0 {
                    queue.hold();
                }
                if what == 1 && house.figures().waiting > 0 {
                    let taken = next(&queue, limit, PLENTY).await;
                    // Others come while it is sent.
                    queue.push(batch(pushed..pushed + points, 40));
                    pushed += points;
                    came.extend(numbers(&taken.lines));
                    queue.done(taken);
                }
            }
            came.extend(super::drain(&queue, &house.stats).await);
            assert!(came.windows(2).all(|w| w[0] < w[1]));
            assert_eq!(came.len() as u64 + house.dropped(DropReason::Full), pushed);
        });
    }
}
