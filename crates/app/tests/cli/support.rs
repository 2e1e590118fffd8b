//! A running binary whose output is kept, in an environment that holds nothing of the machine's.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sim::plex::Plex;

/// Longest wait for anything; a debug build on a busy machine is slow.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(20);

/// A home directory of our own, which is also the working directory.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_projectionist"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path());
        command
            .env("PROJECTIONIST_DATA_DIR", self.path().join("data"))
            .envs(env.iter().copied());
        command
    }

    /// Runs to its end.
    pub(crate) fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        self.start(args, env).wait()
    }

    pub(crate) fn start(&self, args: &[&str], env: &[(&str, &str)]) -> Running {
        Running::spawn(self.command(args, env))
    }
}

/// A process; killed when dropped.
pub(crate) struct Running {
    child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The `error:` and `hint:` lines of standard error, and nothing of the log.
    pub(crate) fn complaint(&self) -> String {
        let lines = self
            .err
            .lines()
            .filter(|l| l.starts_with("error: ") || l.starts_with("hint: "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Running {
    pub(crate) fn spawn(mut command: Command) -> Self {
        Self::spawn_with(command.stdin(Stdio::null()))
    }

    /// With standard input as `command` says.
    pub(crate) fn spawn_with(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (Arc::default(), Arc::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), &out),
            collect(child.stderr.take().unwrap(), &err),
        ];
        Self {
            child,
            out,
            err,
            readers,
        }
    }

    pub(crate) fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    pub(crate) fn err(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for its end without blocking the runtime that serves the simulated servers.
    pub(crate) async fn ended(mut self) -> Ended {
        until("the process ends", async || {
            self.child.try_wait().unwrap().is_some()
        })
        .await;
        self.wait()
    }

    pub(crate) fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "still running\n{}{}",
                self.out(),
                self.err()
            );
            std::thread::sleep(LOOK);
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        Ended {
            status,
            out: self.out(),
            err: self.err(),
        }
    }

    /// The first URL it printed or logged, without a path.
    pub(crate) async fn url(&self) -> String {
        let find = || {
            let text = self.out() + &self.err();
            let start = text.find("http://127.0.0.1:")?;
            let rest = &text[start..];
            let end = rest
                .char_indices()
                .skip("http://".len())
                .find(|(_, c)| *c == '/' || c.is_whitespace())?
                .0;
            Some(rest[..end].to_owned())
        };
        until("a URL is printed", async || find().is_some()).await;
        find().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = into.clone();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Status and body; status 0 if nothing answers.
pub(crate) async fn get(url: &str) -> (u16, String) {
    let trust = base::tls::Trust {
        skip_verification: true,
        ..base::tls::Trust::default()
    };
    let client = base::http::client(&trust, PATIENCE).unwrap();
    match client.get(url).send().await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}

pub(crate) async fn json(url: &str) -> serde_json::Value {
    serde_json::from_str(&get(url).await.1).unwrap_or_default()
}

/// Waits until `/api/v1/servers` shows the first server in `state`; returns that server.
pub(crate) async fn server_in_state(url: &str, state: &str) -> serde_json::Value {
    let mut last = serde_json::Value::Null;
    until(&format!("the server is {state}"), async || {
        last = json(&format!("{url}/api/v1/servers")).await["servers"][0].clone();
        last["state"] == state
    })
    .await;
    last
}

/// A port on which nothing listens.
pub(crate) fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A simulated server that differs from the default by `change`.
pub(crate) async fn plex(change: impl FnOnce(sim::plex::Seed) -> sim::plex::Seed) -> Plex {
    Plex::start(change(sim::plex::Seed::default())).await
}
