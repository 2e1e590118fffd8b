//! A real `redis-server` of a test's own.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::{Client, Cmd, FromRedisValue};
use tempfile::TempDir;

/// How long a server may take to start on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Ports tried: another process may take one between our looking and its listening.
const TRIES: usize = 5;

/// It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    dir: TempDir,
    args: Vec<String>,
    pub(super) port: u16,
}

impl Server {
    pub(super) async fn start(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::start_in(dir, args.iter().map(|arg| (*arg).to_owned()).collect()).await
    }

    /// With files in `dir` that `args` name.
    pub(super) async fn start_in(dir: TempDir, args: Vec<String>) -> Self {
        for _ in 0..TRIES {
            let port = free_port();
            if let Some(child) = run(dir.path(), port, &args).await {
                return Self {
                    child,
                    dir,
                    args,
                    port,
                };
            }
        }
        panic!("redis-server does not start");
    }

    /// Ends it without a word, as a power cut.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `STOP` and `CONT` hold it and let it go on.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id();
        // The shell's own: the program is not everywhere.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -s {name} {pid}")])
            .status();
        assert!(status.unwrap().success());
    }

    /// After [`Server::kill`], at the same port, empty.
    pub(super) async fn start_again(&mut self) {
        self.child = run(self.dir.path(), self.port, &self.args)
            .await
            .expect("the port is still free");
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As its administrator. `login`: `:password@` if it wants one.
    pub(super) async fn admin(&self, login: &str) -> Admin {
        let url = format!("redis://{login}127.0.0.1:{}", self.port);
        let client = Client::open(url).unwrap();
        Admin(client.get_multiplexed_async_connection().await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) struct Admin(MultiplexedConnection);

impl Admin {
    /// `SET name value`
    pub(super) async fn run<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        let mut cmd = Cmd::new();
        for word in words {
            cmd.arg(*word);
        }
        cmd.query_async(&mut self.0).await.unwrap()
    }

    pub(super) async fn hash(&mut self, key: &str, fields: &[(&str, &str)]) {
        let mut words = vec!["HSET", key];
        words.extend(fields.iter().flat_map(|(name, value)| [*name, *value]));
        self.run::<i64>(&words).await;
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Running and answering, or `None` if it ended.
async fn run(dir: &Path, port: u16, args: &[String]) -> Option<Child> {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(dir)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed: `cargo xtask needs` says how");
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Some(child);
        }
        assert!(begun.elapsed() < START_LIMIT, "redis-server listens at last");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}
