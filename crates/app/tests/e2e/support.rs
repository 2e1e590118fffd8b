//! Processes that die with their test, and waiting for a condition.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base::tls::Trust;

/// Long enough for a busy two-core machine; reaching it is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A child process, killed when the test ends however it ends.
pub(crate) struct Process {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Process {
    /// Starts `command` with its standard output read line by line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|e| panic!("starting {name}: {e}; `cargo xtask test` installs what is missing"));
        let out = child.stdout.take().expect("piped above");
        let (tx, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tx.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The first line of output that `pick` accepts.
    pub(crate) fn line<T>(&self, pick: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if let Some(found) = pick(&line) {
                return found;
            }
            seen.push(line);
        }
        panic!("the line never came; seen:\n{}", seen.join("\n"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `projectionist` with a clean environment.
pub(crate) fn projectionist() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_projectionist"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NO_COLOR", "1");
    command
}

/// The demo on a free port and the address it prints.
pub(crate) fn demo() -> (Process, String) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let demo = Process::start(
        projectionist()
            .args(["demo", "--listen", "127.0.0.1:0"])
            .current_dir(home.path()),
    );
    let url = demo.line(|line| {
        let at = line.find("http://127.0.0.1:")?;
        let rest = &line[at..];
        let end = rest["http://".len()..]
            .find(['/', ' '])
            .map_or(rest.len(), |i| i + "http://".len());
        Some(rest[..end].to_owned())
    });
    (demo, url)
}

pub(crate) fn client() -> reqwest::Client {
    base::http::client(&Trust::default(), Duration::from_secs(10)).expect("a plain client")
}

pub(crate) async fn get(url: &str) -> String {
    let answer = client()
        .get(url)
        .send()
        .await
        .unwrap_or_else(|e| panic!("GET {url}: {e}"));
    assert!(answer.status().is_success(), "GET {url}: {}", answer.status());
    answer.text().await.expect("a body")
}

/// Asks until `probe` finds something; the pause between tries only spares the processor.
pub(crate) async fn wait_for<T, F: Future<Output = Result<T, String>>>(
    what: &str,
    probe: impl Fn() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match probe().await {
            Ok(found) => return found,
            Err(state) => assert!(Instant::now() < deadline, "{what} never came true; last: {state}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A port that was free a moment ago, for programs that cannot be told to pick one.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a free port")
        .port()
}
