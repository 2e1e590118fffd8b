//! A simulated server, our source and our live state, joined by real sockets and living in one fast clock.
//!
//! Time is tokio's paused time: it stands still while something is being computed, and is moved on a few
//! milliseconds whenever all is quiet. The clocks of the server and of the source are moved with it, so a minute
//! passes in a second or two and spans are exact to some hundredths.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{Clock, Secret};
use export::Profile;
use jiff::Timestamp;
use live::Live;
use model::{Endpoint, Event, Health, Link, Play, ServerSnapshot, Snapshot, SourceId, State};
use sim::plex::{Plex, Seed, World};
use sources::Ctx;
use sources::plex::Config;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::guard::{self, Each, Violations};
use crate::scrape::Scrape;

/// Our name of the server.
pub(crate) const ID: &str = "attic";

/// Longest wait for anything, in the rig's time.
const PATIENCE: Duration = Duration::from_mins(15);

/// Real time that sockets and other threads get at every step.
const BREATH: Duration = Duration::from_micros(50);

/// Steps of the clock: while something goes on, and while nothing does.
const STEP: Duration = Duration::from_millis(5);
const LONG_STEP: Duration = Duration::from_millis(50);

/// Quiet steps after which steps are long.
const QUIET: u32 = 20;

/// How long looks are apart where polling alone must notice.
pub(crate) const POLL_S: f64 = 5.0;

/// How long looks are apart where a notification must be what is noticed.
const RARE_POLL_S: f64 = 3600.0;

/// How far spans may be off: the clock's steps, a few of which pass while a request is under way.
pub(crate) const TOLERANCE_S: f64 = 0.4;

/// What happens on the server before we watch it.
type Act = Box<dyn FnOnce(&World)>;

/// What is to be started.
pub(crate) struct Setup {
    clock: Clock,
    seed: Seed,
    config: Config,
    before: Vec<Act>,
    each: Option<Each>,
}

impl Setup {
    /// Looks every [`POLL_S`] seconds and hears nothing.
    pub(crate) fn polling() -> Self {
        let clock = Clock::manual(Timestamp::from_second(1_763_751_600).expect("in range"));
        Self {
            seed: Seed::default().still().clock(clock.clone()),
            clock,
            config: Config {
                id: ID.to_owned(),
                poll_interval_s: POLL_S,
                notifications: false,
                ..Config::default()
            },
            before: Vec::new(),
            each: None,
        }
    }

    /// Hears notifications and hardly ever looks by itself: what shows within seconds was told.
    pub(crate) fn listening() -> Self {
        Self::polling().config(|c| (c.notifications, c.poll_interval_s) = (true, RARE_POLL_S))
    }

    /// Hears notifications and looks every [`POLL_S`] seconds, as users have it.
    pub(crate) fn usual() -> Self {
        Self::polling().config(|c| c.notifications = true)
    }

    pub(crate) fn seed(mut self, change: impl FnOnce(Seed) -> Seed) -> Self {
        self.seed = change(self.seed);
        self
    }

    pub(crate) fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// What happens on the server before we begin to watch it.
    pub(crate) fn before(mut self, act: impl FnOnce(&World) + 'static) -> Self {
        self.before.push(Box::new(act));
        self
    }

    /// What is to be checked at every publication.
    pub(crate) fn each(mut self, check: impl FnMut(&Snapshot) + Send + 'static) -> Self {
        self.each = Some(Box::new(check));
        self
    }

    /// Starts the server and the source.
    pub(crate) async fn launch(self) -> Rig {
        // Shown when a test fails. Another test of this process may have been first.
        let _ = tracing_subscriber::fmt()
            .with_test_writer()
            .with_ansi(false)
            .without_time()
            .with_max_level(tracing::Level::INFO)
            .try_init();
        let plex = Plex::start(self.seed).await;
        for act in self.before {
            act(&plex.world());
        }
        let mut config = self.config;
        config.url = Some(plex.url());
        if config.token_file.is_none() {
            config.token = Some(Secret::new(plex.token()));
        }
        let id = SourceId::from(ID);
        let (actor, live) = live::channel([(id.clone(), "plex")]);
        let (out, observations) = tokio::sync::mpsc::channel(live::OBSERVATION_QUEUE);
        let violations = guard::watch(&live, self.each);
        let history = History::record(&live);
        tokio::spawn(actor.run(observations));
        let cancel = CancellationToken::new();
        let ctx = Ctx {
            id,
            clock: self.clock.clone(),
            out,
            cancel: cancel.clone(),
        };
        tokio::spawn(run_clock(self.clock.clone(), plex.world(), live.clone()));
        let listens = config.notifications;
        tokio::spawn(sources::plex::run(config, None, ctx));
        let world = plex.world();
        Rig {
            _stop: cancel.drop_guard(),
            plex,
            world,
            live,
            history,
            violations,
            listens,
        }
    }

    /// Starts everything and waits until all has been asked for once.
    pub(crate) async fn start(self) -> Rig {
        let rig = self.launch().await;
        rig.settled().await;
        rig
    }
}

/// Moves time on. While the breath is taken time stands still, since a blocking task is at work.
async fn run_clock(clock: Clock, world: Arc<World>, live: Live) {
    let (start, mut shown_ms) = (Instant::now(), 0);
    let (mut last, mut quiet) = ((0, 0), 0);
    loop {
        let _ = tokio::task::spawn_blocking(|| std::thread::sleep(BREATH)).await;
        let news = (live.snapshot().version, world.request_count(""));
        quiet = if news == last { quiet + 1 } else { 0 };
        last = news;
        sleep(if quiet > QUIET { LONG_STEP } else { STEP }).await;
        let elapsed_ms = start.elapsed().as_millis();
        clock.advance(u32::try_from(elapsed_ms - shown_ms).expect("one step"));
        shown_ms = elapsed_ms;
    }
}

/// What began and what ended, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    started: Vec<Arc<Play>>,
    ended: Vec<Arc<Play>>,
}

impl History {
    fn record(live: &Live) -> Self {
        let (history, mut events) = (Self::default(), live.subscribe());
        let recorded = history.clone();
        tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                let mut told = recorded.0.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    Event::PlayStarted(play) => told.started.push(play),
                    Event::PlayEnded(play) => told.ended.push(play),
                    _ => {}
                }
            }
        });
        history
    }
}

/// Everything that runs.
pub(crate) struct Rig {
    pub(crate) plex: Plex,
    pub(crate) world: Arc<World>,
    pub(crate) live: Live,
    history: History,
    violations: Violations,
    listens: bool,
    _stop: DropGuard,
}

impl Rig {
    /// Waits until all has been asked for once: the server, its libraries and their counts, every feature, and the
    /// notifications.
    pub(crate) async fn settled(&self) {
        self.until("everything asked for once", |s| {
            let counted = |l: &model::Library| l.kind == model::LibraryKind::Other || !l.counts.is_empty();
            s.health == Health::Up
                && s.info.is_some()
                && s.features.len() == model::Feature::ALL.len()
                && s.libraries.as_ref().is_some_and(|all| all.iter().all(counted))
                && (!self.listens || s.link != Link::None)
        })
        .await;
    }

    pub(crate) fn server(&self) -> Arc<ServerSnapshot> {
        let snapshot = self.live.snapshot();
        snapshot
            .server(&SourceId::from(ID))
            .expect("it is configured")
            .clone()
    }

    /// Waits until `look` finds something in the live state.
    pub(crate) async fn get<T>(&self, what: &str, mut look: impl FnMut(&ServerSnapshot) -> Option<T>) -> T {
        let (mut watch, deadline) = (self.live.watch(), Instant::now() + PATIENCE);
        loop {
            watch.borrow_and_update();
            let server = self.server();
            if let Some(found) = look(&server) {
                return found;
            }
            let changed = timeout_at(deadline, watch.changed()).await;
            assert!(
                changed.is_ok(),
                "waited in vain for {what}: {}",
                describe(&server)
            );
        }
    }

    /// Waits until the live state is as described.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&ServerSnapshot) -> bool) {
        self.get(what, |s| is_so(s).then_some(())).await;
    }

    /// Waits until the play under this session key is as described.
    pub(crate) async fn until_play(
        &self,
        key: &str,
        what: &str,
        mut is_so: impl FnMut(&Play) -> bool,
    ) -> Arc<Play> {
        let what = format!("session {key}: {what}");
        self.get(&what, |s| play_of(s, key).filter(|p| is_so(p)).cloned())
            .await
    }

    /// Waits until a session is shown.
    pub(crate) async fn until_shown(&self, key: &str) -> Arc<Play> {
        self.until_play(key, "shown", |_| true).await
    }

    /// Waits until a session is shown in this state.
    pub(crate) async fn until_state(&self, key: &str, state: State) -> Arc<Play> {
        self.until_play(key, state.as_str(), |p| p.state() == state).await
    }

    /// Waits until a session is no longer shown.
    pub(crate) async fn until_gone(&self, key: &str) {
        let what = format!("session {key}: gone");
        self.until(&what, |s| play_of(s, key).is_none()).await;
    }

    pub(crate) async fn until_up(&self) {
        self.until("up", |s| s.health.is_up()).await;
    }

    pub(crate) async fn until_down(&self) {
        self.until("down", |s| matches!(s.health, Health::Down { .. }))
            .await;
    }

    /// Waits until so many looks more have been asked for and answered, so that whatever is on the server now has
    /// been seen, and whatever might follow from it has happened.
    pub(crate) async fn looks(&self, n: u64) {
        self.asked(Endpoint::Sessions, n + 1).await;
    }

    /// Waits until this endpoint has been asked so many times more.
    pub(crate) async fn asked(&self, endpoint: Endpoint, times: u64) {
        let asked = |s: &ServerSnapshot| s.endpoints.get(&endpoint).map_or(0, |e| e.requests);
        let wanted = asked(&self.server()) + times;
        self.until("more requests", |s| asked(s) >= wanted).await;
    }

    /// Waits until no look is due any more on account of what was told so far, so that a later one cannot be taken
    /// for the answer to what is told next.
    pub(crate) async fn calm(&self) {
        self.pass(3.0).await;
    }

    /// Lets time pass: where time itself is the subject.
    pub(crate) async fn pass(&self, seconds: f64) {
        sleep(Duration::from_secs_f64(seconds)).await;
    }

    /// Plays begun so far, as listeners were told.
    pub(crate) fn started(&self) -> Vec<Arc<Play>> {
        self.history
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .started
            .clone()
    }

    /// Plays ended so far, as listeners were told; waits until there are `n`.
    pub(crate) async fn ended(&self, n: usize) -> Vec<Arc<Play>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self
                .history
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .ended
                .clone();
            assert!(ended.len() <= n, "{} plays have ended, not {n}", ended.len());
            if ended.len() == n {
                return ended;
            }
            assert!(
                Instant::now() < deadline,
                "{} plays have ended, not {n}",
                ended.len()
            );
            sleep(STEP).await;
        }
    }

    pub(crate) fn scrape(&self, profile: Profile) -> Scrape {
        Scrape::of(profile, &self.live.snapshot())
    }

    pub(crate) fn native(&self) -> Scrape {
        self.scrape(Profile::Native)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.violations.assert_none();
        for profile in Profile::ALL {
            self.scrape(profile);
        }
    }
}

pub(crate) fn play_of<'s>(server: &'s ServerSnapshot, key: &str) -> Option<&'s Arc<Play>> {
    server.plays.iter().find(|p| p.session.key.as_str() == key)
}

/// What a failed wait should say of the state.
fn describe(server: &ServerSnapshot) -> String {
    let plays = server.plays.iter().map(|p| {
        let (title, totals) = (p.session.item.title.as_deref().unwrap_or("-"), p.totals);
        format!(
            "\n  {} {:?} \"{title}\" {totals:?} {:?}",
            p.session.key, p.session.state, p.session.delivery
        )
    });
    let (health, link) = (&server.health, server.link);
    let plays = plays.collect::<String>();
    format!(
        "{health:?}, link {link:?}, {} plays{plays}\n{:?}",
        server.plays.len(),
        server.endpoints
    )
}

/// A frame as the server sends it when a client reports its state.
pub(crate) fn playing_frame(key: &str, rating_key: &str, state: &str, position_ms: u64) -> String {
    let told = serde_json::json!({
        "sessionKey": key, "clientIdentifier": "raw-client", "guid": "", "ratingKey": rating_key, "url": "",
        "key": format!("/library/metadata/{rating_key}"), "viewOffset": position_ms, "state": state,
    });
    frame("playing", "PlaySessionStateNotification", &told)
}

/// Any frame with one entry.
pub(crate) fn frame(kind: &str, list: &str, entry: &serde_json::Value) -> String {
    serde_json::json!({"NotificationContainer": {"type": kind, "size": 1, list: [entry]}}).to_string()
}

/// Compares spans or sums that may be a little off.
#[track_caller]
pub(crate) fn assert_near(what: &str, actual: f64, expected: f64, tolerance: f64) {
    let off = (actual - expected).abs();
    assert!(off <= tolerance, "{what}: {actual}, not {expected} ± {tolerance}");
}
