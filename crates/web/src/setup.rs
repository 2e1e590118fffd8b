//! The first run, tests of addresses, and imports: what a page asks of who reads files and speaks to servers.
//!
//! A handle here passes each question on and waits. Secrets go one way: no answer has a place for one.

use base::{Kind, Secret};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

pub use crate::api::v1::types::Time;

/// Questions waiting for an answer; further ones are told to come back.
const QUESTIONS_MAX: usize = 16;

/// Pieces of an uploaded file that wait to be written; beyond them the sender waits.
pub const PIECES_MAX: usize = 4;

/// How the process is configured, and whether the page may change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overview {
    /// A server is configured, or every server of an account is watched.
    pub configured: bool,
    /// Saving is possible.
    pub writable: bool,
    /// The file that saving writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/config/projectionist.toml")]
    pub file: Option<String>,
    /// Servers that are configured, of every kind.
    pub servers: usize,
    /// Tautullis whose new history is taken over.
    pub tautulli: Vec<ConfiguredTautulli>,
    /// Why saving is not possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Why the configuration that was saved last is not in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// A Tautulli that is configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConfiguredTautulli {
    /// Our id of the server its plays are filed under.
    #[schema(example = "attic")]
    pub id: String,
}

/// A sign-in at plex.tv that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pin {
    /// What to ask for its state by.
    pub id: String,
    /// The code that the page of plex.tv shows as well.
    pub code: String,
    /// Where the person confirms it.
    #[schema(example = "https://app.plex.tv/auth#?clientID=…&code=…")]
    pub auth_url: String,
    pub expires_at: Time,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// Nobody has confirmed it yet.
    Waiting,
    SignedIn,
    /// Nobody confirmed it in time, or it has been forgotten since.
    Expired,
    /// plex.tv cannot be asked; `message` says why.
    Failed,
}

/// A sign-in at plex.tv.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PlexSignIn)]
pub struct SignIn {
    pub state: PinState,
    /// Name of the account that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The servers it sees; only its own tell all sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<AccountServer>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl SignIn {
    /// In a state that has nothing else to tell.
    pub fn only(state: PinState) -> Self {
        Self {
            state,
            account: None,
            servers: None,
            message: None,
        }
    }
}

/// A server an account sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountServer {
    #[schema(example = "Attic")]
    pub name: String,
    pub machine_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub owned: bool,
}

/// What can be tested and saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    Plex,
    Dispatcharr,
    Tautulli,
    Influxdb,
}

impl Target {
    /// Its table in the configuration.
    pub fn table(self) -> &'static str {
        match self {
            Self::Plex => "plex",
            Self::Dispatcharr => "dispatcharr",
            Self::Tautulli => "tautulli",
            Self::Influxdb => "influxdb",
        }
    }
}

/// Something to ask or to watch, as a person typed it. Which fields there are depends on what it is: they are the keys
/// of its table in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Our short name for it.
    pub id: Option<String>,
    /// Its address; scheme and usual port may be left out.
    #[schema(example = "192.168.1.10:32400")]
    pub url: Option<String>,
    /// Token of a Plex server or of an InfluxDB.
    #[schema(value_type = Option<String>)]
    pub token: Option<Secret>,
    /// Of a Dispatcharr or a Tautulli.
    #[schema(value_type = Option<String>)]
    pub api_key: Option<Secret>,
    /// Of a Dispatcharr or an InfluxDB.
    pub user: Option<String>,
    #[schema(value_type = Option<String>)]
    pub password: Option<Secret>,
    /// Instead of `url` and `token`: the id of a sign-in, together with `machine_id`.
    pub pin: Option<String>,
    pub machine_id: Option<String>,
    /// Name of a Plex server at plex.tv.
    pub name: Option<String>,
    /// Of a Tautulli: our id of the server its plays are filed under.
    pub server: Option<String>,
    /// Of an InfluxDB: `auto`, `v1`, `v2` or `v3`.
    pub api: Option<String>,
    pub database: Option<String>,
    pub org: Option<String>,
    pub bucket: Option<String>,
    /// Do not check the certificate.
    pub tls_skip_verify: Option<bool>,
}

/// What to test: a kind, and the fields of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub target: Target,
    pub entry: Entry,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tested {
    pub ok: bool,
    /// One line: what was found there, or what is wrong.
    pub message: String,
    /// What else should be known of a server that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<String>>,
    /// What to do about what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What to add to the configuration. An entry with the address or the `machine_id` of one that is there already takes
/// its place; everything else stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Save {
    #[serde(default)]
    pub plex: Vec<Entry>,
    #[serde(default)]
    pub dispatcharr: Vec<Entry>,
    /// Followed from now on, their whole history first.
    #[serde(default)]
    pub tautulli: Vec<Entry>,
    #[serde(default)]
    pub influxdb: Vec<Entry>,
    /// Tautullis whose history is taken over once.
    #[serde(default)]
    pub import: Vec<Entry>,
}

/// It is written, and will be in use in some seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Saved {
    /// The file that was written.
    pub file: String,
}

/// What an import does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    Running,
    Done,
    Failed,
}

/// History on its way into ours, or arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Import {
    pub id: String,
    /// Our id of the server its plays are filed under.
    pub server: String,
    /// Where it comes from: an address without user and password, or `file`.
    pub source: String,
    pub state: ImportState,
    /// Rows dealt with; 0 while a database is on its way.
    pub rows_done: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_total: Option<u64>,
    /// Bytes of the database that have arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downloaded_bytes: Option<u64>,
    /// Plays we did not have.
    pub added: u64,
    /// Plays that were here already.
    pub known: u64,
    /// Rows that cannot be kept.
    pub refused: u64,
    /// One line: what came of it, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub started_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

/// An uploaded file: a Tautulli's database, or a backup of it.
#[derive(Debug)]
pub struct Upload {
    /// Our id of the server its plays are filed under.
    pub server: Option<String>,
    /// Its bytes. An error ends it: the sender went away.
    pub pieces: mpsc::Receiver<Result<Bytes, String>>,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError {
    pub kind: Kind,
    /// One line, without secrets.
    pub message: String,
}

impl SetupError {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }
}

/// An answer, or why there is none.
pub type Answered<T> = Result<T, SetupError>;

/// Where an answer goes. Whoever asked may have gone.
pub type Reply<T> = oneshot::Sender<Answered<T>>;

/// Everything that can be asked.
#[derive(Debug)]
pub enum Question {
    Overview(Reply<Overview>),
    StartPin(Reply<Pin>),
    /// By its id.
    SignIn(String, Reply<SignIn>),
    Test(Box<Candidate>, Reply<Tested>),
    /// A configured server, by our id.
    TestServer(String, Reply<Tested>),
    Save(Box<Save>, Reply<Saved>),
    Imports(Reply<Vec<Import>>),
    Import(Box<Entry>, Reply<Import>),
    Upload(Upload, Reply<Import>),
}

/// Passes questions on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Setup(mpsc::Sender<Question>);

impl Setup {
    /// The handle, and the queue of whoever answers.
    pub fn channel() -> (Self, mpsc::Receiver<Question>) {
        let (ask, asked) = mpsc::channel(QUESTIONS_MAX);
        (Self(ask), asked)
    }

    /// Waits for the answer; refused at once if too many wait already.
    pub async fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Answered<T> {
        let (tell, told) = oneshot::channel();
        self.0.try_send(question(tell)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                SetupError::new(Kind::RateLimited, "too many questions wait already")
            }
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> SetupError {
    SetupError::new(
        Kind::Starting,
        "the process stops, or starts with another configuration",
    )
}
