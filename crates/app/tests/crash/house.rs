//! A data directory, a simulated server, and the binary that watches it, started again and again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use history::record::{self, Policy};
use history::{History, Settings};
use model::{Play, Record};
use sim::plex::{LibrarySeed, Plex, Seed};

/// Longest wait for anything; a debug build on a busy machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) struct House {
    dir: tempfile::TempDir,
    pub(crate) plex: Plex,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| (), "backfill = false").await
    }

    /// `history`: further keys of that table.
    pub(crate) async fn with(change: impl FnOnce(&mut Seed), history: &str) -> Self {
        let mut seed = Seed {
            libraries: vec![LibrarySeed::movies("Movies", 5)],
            ..Seed::default()
        };
        change(&mut seed);
        let plex = Plex::start(seed).await;
        let dir = tempfile::tempdir().unwrap();
        let config = format!(
            "[[plex]]\nid = \"attic\"\nurl = \"{}\"\ntoken = \"{}\"\npoll_interval_s = 0.5\n\n\
             [history]\nignore_below_s = 0\n{history}\n",
            plex.url(),
            plex.token()
        );
        std::fs::write(dir.path().join("projectionist.toml"), config).unwrap();
        Self { dir, plex }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("PROJECTIONIST_DATA_DIR", self.data_dir())
            .current_dir(self.dir.path());
        command
    }

    pub(crate) fn start(&self) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_projectionist"));
        command.args(["--listen", "127.0.0.1:0"]);
        Running::spawn(command)
    }

    /// What is on disk. Nobody may be running.
    pub(crate) async fn on_disk(&self) -> OnDisk {
        let dir = self.data_dir();
        tokio::task::spawn_blocking(move || OnDisk::read(&dir))
            .await
            .unwrap()
    }
}

/// What stands on disk: plays that ended, and plays that ran.
#[derive(Debug, Default)]
pub(crate) struct OnDisk {
    pub(crate) ended: Vec<Record>,
    pub(crate) open: Vec<Play>,
    pub(crate) plays_counted: u64,
}

impl OnDisk {
    fn read(dir: &Path) -> Self {
        let history = History::open(dir, Settings::default()).unwrap();
        let restored = record::restore(&history, &Policy::default(), |_| true).unwrap();
        let ended = history.read(|view| {
            let ids: Vec<u32> = view.columns.rows().map(|row| view.columns.id(row)).collect();
            Ok(view
                .stored(&ids)?
                .into_iter()
                .map(|stored| stored.record)
                .collect())
        });
        let found = Self {
            ended: ended.unwrap(),
            plays_counted: restored
                .carried
                .iter()
                .flat_map(|c| c.counters.values())
                .map(|c| c.plays)
                .sum(),
            open: restored.carried.into_iter().flat_map(|c| c.plays).collect(),
        };
        history.close();
        found
    }
}

/// A process; killed when dropped.
pub(crate) struct Running {
    child: Child,
    url: Arc<Mutex<Option<String>>>,
}

impl Running {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let url: Arc<Mutex<Option<String>>> = Arc::default();
        let found = url.clone();
        let err = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                if let Some(url) = url_in(&line) {
                    found.lock().unwrap().get_or_insert(url);
                }
            }
        });
        Self { child, url }
    }

    /// The address it serves, once it has said so.
    pub(crate) fn url(&self) -> Option<String> {
        self.url.lock().unwrap().clone()
    }

    pub(crate) async fn until_url(&self) -> String {
        let mut url = None;
        until("it serves", async || {
            url = self.url();
            url.is_some()
        })
        .await;
        url.unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// As a power cut, or an impatient supervisor.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        until("it ends", async || self.child.try_wait().unwrap().is_some()).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn url_in(line: &str) -> Option<String> {
    let rest = &line[line.find("http://127.0.0.1:")?..];
    line.contains("listening on").then_some(())?;
    let end = rest["http://".len()..].find(|c: char| c == '/' || c.is_whitespace())?;
    Some(rest[..end + "http://".len()].to_owned())
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Samples by name and labels; `None` if nobody answers.
pub(crate) async fn scrape(client: &reqwest::Client, url: &str) -> Option<BTreeMap<String, f64>> {
    let answer = client.get(format!("{url}/metrics")).send().await.ok()?;
    assert!(answer.status().is_success());
    let text = answer.text().await.ok()?;
    let samples = text.lines().filter(|l| !l.starts_with('#'));
    let pairs = samples.filter_map(|l| l.rsplit_once(' '));
    Some(
        pairs
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect(),
    )
}

pub(crate) fn client() -> reqwest::Client {
    base::http::client(&base::tls::Trust::default(), PATIENCE).unwrap()
}
