//! Answers the page: how things are configured, whether an address works, what to write, what to import.
//!
//! The [`Desk`] outlives a change of the configuration; a task of each configuration's own sits at it.

pub(crate) mod board;
mod entries;
mod imports;
mod pins;
mod save;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::error::Chain;
use base::supervise::Supervisor;
use base::{Clock, Kind};
use history::History;
use history::record::Status;
use live::Live;
use sources::plex;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::setup::{
    Answered, Candidate, ConfiguredTautulli, Entry, Overview, Pin, Question, Reply, Save, Saved, Setup,
    SetupError, Tested,
};

use crate::checks::{self, Outcome};
use crate::config::{self, Config, Env, Flags, Loaded};
use crate::failure::{Exit, Failure, one_line};
use crate::tautulli_sync;
use board::Board;
use pins::Pins;

/// Longest time a test may take.
const TEST_DEADLINE: Duration = Duration::from_secs(10);

/// Tests that run at once; further ones wait their turn.
const TESTS_AT_ONCE: usize = 4;

/// Imports that may wait for the next configuration; further ones are refused.
const WAITING_MAX: usize = 4;

/// How long the page is told the same of where its file goes: finding out makes a file there.
const PLACE_HOLDS: Duration = Duration::from_secs(10);

/// The file that saving writes, or why there is none.
type Place = Result<PathBuf, String>;

/// What outlives a change of the configuration. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    /// Where the configuration comes from; absent where nobody may change it, with the reason.
    from: Result<(Flags, Env), &'static str>,
    standing: Mutex<Option<Arc<Loaded>>>,
    last_error: Mutex<Option<String>>,
    /// Imports to be made once the configuration that was saved with them is in use.
    waiting: Mutex<Vec<Entry>>,
    /// Held by whoever writes the file, which takes the disk's time.
    saving: Mutex<()>,
    /// As it was found last, and when.
    place: Mutex<Option<(Instant, Place)>>,
    changed: Notify,
    pins: Pins,
    board: Board,
}

impl Desk {
    pub(crate) fn new(flags: &Flags, env: &Env) -> Self {
        Self::of(Ok((flags.clone(), env.clone())))
    }

    /// For a configuration that is nobody's to change, for this reason.
    pub(crate) fn fixed(why: &'static str) -> Self {
        Self::of(Err(why))
    }

    fn of(from: Result<(Flags, Env), &'static str>) -> Self {
        let clock = Clock::system();
        Self(Arc::new(Inside {
            from,
            standing: Mutex::default(),
            last_error: Mutex::default(),
            waiting: Mutex::default(),
            saving: Mutex::default(),
            place: Mutex::default(),
            changed: Notify::new(),
            pins: Pins::new(clock.clone()),
            board: Board::new(clock),
        }))
    }

    pub(crate) fn board(&self) -> &Board {
        &self.0.board
    }

    /// This configuration is in use from now on.
    pub(crate) fn stands(&self, loaded: Loaded) {
        *lock(&self.0.standing) = Some(Arc::new(loaded));
        *lock(&self.0.place) = None;
    }

    /// Why the one that was saved last is not in use.
    pub(crate) fn refused(&self, why: Option<&Failure>) {
        *lock(&self.0.last_error) = why.map(checks::with_hint);
    }

    /// Waits until another configuration was saved.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn standing(&self) -> Option<Arc<Loaded>> {
        lock(&self.0.standing).clone()
    }

    /// As [`Self::file`], but looked for once in a while. Blocks.
    fn shown_file(&self) -> Place {
        let mut place = lock(&self.0.place);
        if let Some((at, found)) = &*place
            && at.elapsed() < PLACE_HOLDS
        {
            return found.clone();
        }
        let found = self.file();
        *place = Some((Instant::now(), found.clone()));
        found
    }

    /// The file that saving writes, or why there is none. Blocks: the disk is tried.
    fn file(&self) -> Place {
        let (_, env) = self.0.from.as_ref().map_err(|why| (*why).to_owned())?;
        let loaded = self.standing().ok_or("the process is starting")?;
        config::place_to_write(loaded.file.as_deref(), &loaded.config.data_dir, env)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unset() -> SetupError {
    SetupError::new(Kind::Starting, "the process is starting")
}

/// A failure as a refusal: what a person typed is their business, all else is ours.
fn refusal(failure: &Failure) -> SetupError {
    let kind = match failure.exit {
        Exit::Config | Exit::Usage => Kind::BadPayload,
        Exit::Failed => Kind::Storage,
    };
    SetupError::new(kind, checks::with_hint(failure))
}

/// What one configuration's task needs beside the desk.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// Absent where none is kept.
    pub(crate) history: Option<History>,
    pub(crate) status: Status,
    pub(crate) live: Live,
    pub(crate) clock: Clock,
    pub(crate) cancel: CancellationToken,
    /// As `/ready` tells it.
    pub(crate) ready: Arc<AtomicBool>,
}

/// Answers from now on, until cancelled.
pub(crate) fn attend(supervisor: &mut Supervisor, desk: &Desk, room: Room) -> Setup {
    let (setup, asked) = Setup::channel();
    let asked = Arc::new(tokio::sync::Mutex::new(asked));
    let service = Service {
        desk: desk.clone(),
        room,
        seats: Arc::new(Semaphore::new(TESTS_AT_ONCE)),
    };
    supervisor.restart("setup", move || service.clone().run(asked.clone()));
    setup
}

#[derive(Clone, Debug)]
struct Service {
    desk: Desk,
    room: Room,
    seats: Arc<Semaphore>,
}

impl Service {
    /// `asked` outlives a panic.
    async fn run(self, asked: Arc<tokio::sync::Mutex<mpsc::Receiver<Question>>>) {
        let mut asked = asked.lock().await;
        let mut tasks = JoinSet::new();
        let cancel = self.room.cancel.clone();
        if let (Some(_), Ok(loaded)) = (&self.room.history, self.loaded()) {
            let swept = tokio::task::spawn_blocking(move || imports::sweep(&loaded.config.data_dir));
            tell_of_panic(swept.await);
        }
        let waiting = std::mem::take(&mut *lock(&self.desk.0.waiting));
        if !waiting.is_empty() {
            tasks.spawn(self.clone().import_all(waiting));
        }
        let work = async {
            loop {
                tokio::select! {
                    question = asked.recv() => match question {
                        Some(question) => self.answer(question, &mut tasks),
                        None => return std::future::pending().await,
                    },
                    Some(ended) = tasks.join_next() => tell_of_panic(ended),
                }
            }
        };
        let ended: Option<()> = cancel.run_until_cancelled(work).await;
        debug_assert!(ended.is_none(), "it works until it is cancelled");
        // What still reads or writes the history ends at its next step.
        tasks.shutdown().await;
        self.desk.board().interrupt();
    }

    /// At once what can be answered so, and in a task of its own what takes time.
    fn answer(&self, question: Question, tasks: &mut JoinSet<()>) {
        let this = self.clone();
        match question {
            Question::Overview(reply) => {
                drop(tasks.spawn_blocking(move || tell(reply, this.overview())));
            }
            Question::SignIn(id, reply) => tell(reply, Ok(this.desk.0.pins.state(&id))),
            Question::Imports(reply) => tell(reply, Ok(this.desk.board().all())),
            Question::Save(save, reply) => {
                drop(tasks.spawn_blocking(move || this.save(&save, reply)));
            }
            Question::StartPin(reply) => {
                drop(tasks.spawn(async move { tell(reply, this.start_pin().await) }));
            }
            Question::Test(candidate, reply) => {
                drop(tasks.spawn(async move { tell(reply, Box::pin(this.test(*candidate)).await) }));
            }
            Question::TestServer(id, reply) => {
                drop(tasks.spawn(async move { tell(reply, Box::pin(this.test_server(&id)).await) }));
            }
            Question::Import(entry, reply) => match this.begin_import(&entry) {
                Ok((shown, work)) => {
                    tell(reply, Ok(shown));
                    tasks.spawn(work);
                }
                Err(e) => tell(reply, Err(e)),
            },
            Question::Upload(upload, reply) => {
                drop(tasks.spawn(async move { this.upload(upload, reply).await }));
            }
        }
    }

    fn loaded(&self) -> Answered<Arc<Loaded>> {
        self.desk.standing().ok_or_else(unset)
    }

    /// Blocks.
    fn overview(&self) -> Answered<Overview> {
        let loaded = self.loaded()?;
        let config = &loaded.config;
        let servers = config.servers().count();
        let file = self.desk.shown_file();
        let followed = config.tautulli.iter().map(|t| ConfiguredTautulli {
            id: config.tautulli_server(t.server.as_deref()).to_string(),
        });
        Ok(Overview {
            configured: servers > 0 || config.plex_tv.all_servers,
            writable: file.is_ok(),
            servers,
            tautulli: followed.collect(),
            why_not: file.as_ref().err().cloned(),
            file: file.ok().map(|path| path.display().to_string()),
            last_error: lock(&self.desk.0.last_error).clone(),
        })
    }

    /// The account at plex.tv with our id there, which is drawn when it is first needed.
    async fn plex_tv(&self) -> Answered<plex::TvConfig> {
        let loaded = self.loaded()?;
        let mut tv = loaded.config.plex_tv.clone();
        if tv.client_id.is_empty() {
            let id = blocking(move || crate::installation::id(&loaded.config.data_dir));
            id.await?.expose().clone_into(&mut tv.client_id);
        }
        Ok(tv)
    }

    async fn start_pin(&self) -> Answered<Pin> {
        let desk = self.desk.clone();
        let place = blocking(move || desk.shown_file()).await?;
        place.map_err(|why| SetupError::new(Kind::Forbidden, why))?;
        let tv = self.plex_tv().await?;
        let begun = tokio::time::timeout(TEST_DEADLINE, self.desk.0.pins.begin(tv)).await;
        let begun = begun.map_err(|_| SetupError::new(Kind::Timeout, "plex.tv does not answer"))?;
        begun.map_err(|e| SetupError::new(e.kind(), one_line(&Chain(&e).to_string())))
    }

    /// Runs a test when there is a seat; never longer than it may.
    async fn tested(&self, test: impl Future<Output = Outcome>) -> Tested {
        let seated = async {
            let _seat = self.seats.acquire().await;
            tokio::time::timeout(TEST_DEADLINE, test).await
        };
        let outcome = seated.await.unwrap_or_else(|_| {
            let seconds = TEST_DEADLINE.as_secs();
            Err(Failure::failed(format!("no answer within {seconds} s"))
                .hint("check the address, and that nothing between here and there blocks it"))
        });
        match outcome {
            Ok(works) => Tested {
                ok: true,
                message: works.line,
                notes: Some(works.notes).filter(|notes| !notes.is_empty()),
                hint: None,
            },
            Err(failure) => Tested {
                ok: false,
                message: failure.message,
                notes: None,
                hint: failure.hint,
            },
        }
    }

    async fn test(&self, candidate: Candidate) -> Answered<Tested> {
        let loaded = self.loaded()?;
        let mut tv = self.plex_tv().await?;
        let (target, mut entry) = (candidate.target, candidate.entry);
        if let Some(pin) = entry.pin.take() {
            tv.token = Some(self.signed_in(&pin, &mut entry)?.token);
            tv.token_file = None;
            // What is remembered there is of another account.
            tv.shared = plex::tv::Shared::default();
        }
        let mut one = match save::alone(target, &entry, &loaded.config) {
            Ok(one) => one,
            Err(failure) => return Ok(self.tested(async { Err(failure) }).await),
        };
        one.plex_tv = tv;
        Ok(Box::pin(self.tested(only_check(&one))).await)
    }

    async fn test_server(&self, id: &str) -> Answered<Tested> {
        let config = self.loaded()?.config.clone();
        let mut one = Config {
            plex: Vec::new(),
            dispatcharr: Vec::new(),
            tautulli: Vec::new(),
            influxdb: Vec::new(),
            plex_tv: self.plex_tv().await?,
            ..config.clone()
        };
        one.plex.extend(config.plex.into_iter().find(|p| p.id == id));
        let managers = config.dispatcharr.into_iter();
        one.dispatcharr.extend(managers.filter(|d| d.id == id).take(1));
        if one.plex.is_empty() && one.dispatcharr.is_empty() {
            one.plex.push(self.discovered(id)?);
        }
        Ok(Box::pin(self.tested(only_check(&one))).await)
    }

    /// A server that is watched because the account owns it.
    fn discovered(&self, id: &str) -> Answered<plex::Config> {
        let snapshot = self.room.live.snapshot();
        let server = snapshot
            .of_kind(model::PLEX)
            .servers
            .iter()
            .find(|s| s.id.as_str() == id)
            .cloned();
        let Some(server) = server else {
            return Err(SetupError::new(Kind::NotFound, "no server is called so"));
        };
        let info = server.info.as_ref();
        let name = info.and_then(|i| i.name.as_ref()).map(ToString::to_string);
        Ok(plex::Config {
            id: id.to_owned(),
            name: Some(name.unwrap_or_else(|| id.to_owned())),
            machine_id: info.map(|i| i.machine_id.to_string()),
            ..plex::Config::default()
        })
    }

    /// What a sign-in brought, and the name and id of the server that `entry` means.
    fn signed_in(&self, pin: &str, entry: &mut Entry) -> Answered<pins::Account> {
        let account = self.desk.0.pins.account(pin).ok_or_else(|| {
            SetupError::new(
                Kind::BadPayload,
                "this sign-in is not confirmed, or is too old: sign in again",
            )
        })?;
        if let Some(machine) = &entry.machine_id
            && let Some(found) = account.servers.iter().find(|s| *s.machine_id == **machine)
        {
            entry.name = Some(found.name.to_string());
        }
        Ok(account)
    }

    /// Blocks.
    fn save(self, wanted: &Save, reply: Reply<Saved>) {
        let outcome = save::save(&self, wanted);
        let saved = outcome.is_ok();
        if saved {
            // Whoever polls must not take us, who are about to stop, for the next one.
            self.room.ready.store(false, Ordering::SeqCst);
        }
        // Told before everything stops for it.
        tell(reply, outcome);
        if saved {
            self.desk.0.changed.notify_one();
        }
    }
}

/// Checks the one thing that is configured.
async fn only_check(one: &Config) -> Outcome {
    if let Some(server) = one.plex.first() {
        let tv = one.needs_plex_tv().then_some(&one.plex_tv);
        return checks::plex(server, tv).await;
    }
    if let Some(manager) = one.dispatcharr.first() {
        return checks::dispatcharr(manager).await;
    }
    if let Some(own) = one.tautulli.first() {
        let server = one.tautulli_server(own.server.as_deref());
        return checks::tautulli(&tautulli_sync::source(own, server, &one.data_dir)).await;
    }
    match one.influxdb.first() {
        Some(target) => checks::influxdb(target).await,
        None => Err(Failure::config("there is nothing to test")),
    }
}

/// Does on a thread of its own what waits for the disk: everything else is served by one thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answered<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| SetupError::new(Kind::Internal, "this cannot be answered; the log says more"))
}

/// What was cancelled is no news.
fn tell_of_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended
        && e.is_panic()
    {
        tracing::error!(task = "setup", "work for the setup page broke off: {e}");
    }
}

/// Whoever asked may have gone.
fn tell<T>(reply: Reply<T>, answer: Answered<T>) {
    let _ = reply.send(answer);
}
