//! Real servers, each a process of its own with its files in a directory of its own, gone when dropped.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use base::tls::Trust;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// Name and password of the administrator of an `influxd` with authentication.
pub(crate) const ADMIN: (&str, &str) = ("admin", "of all databases");

/// A start takes 0.3 s at most where nothing else runs.
const READY_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Another program may take a port between our look and the server's; then it is started on another one.
const STARTS: u32 = 5;

/// Below those the system hands out by itself, so that a server that was killed finds its port free again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// `influxd` 1.6.
#[derive(Debug)]
pub(crate) struct Influxd {
    process: Process,
    client: Client,
    auth: bool,
}

impl Influxd {
    /// Everyone may do everything.
    pub(crate) async fn start() -> Self {
        Self::start_as(false, "").await
    }

    /// With more lines of its table `[http]`.
    pub(crate) async fn start_with(http: &str) -> Self {
        Self::start_as(false, http).await
    }

    /// [`ADMIN`] is there, nobody else.
    pub(crate) async fn start_with_auth() -> Self {
        let influxd = Self::start_as(true, "").await;
        let (name, password) = ADMIN;
        let first = format!("CREATE USER {name} WITH PASSWORD '{password}' WITH ALL PRIVILEGES");
        let asked = influxd.client.post(format!("{}/query", influxd.url()));
        let answer = asked.form(&[("q", first)]).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        influxd
    }

    async fn start_as(auth: bool, http: &str) -> Self {
        let client = client();
        let process = Process::start("influxd", &client, "/ping", |dir, port| {
            let config = dir.join("influxd.toml");
            fs::write(&config, influxd_config(dir, port, auth, http)).unwrap();
            vec!["-config".to_owned(), config.to_str().unwrap().to_owned()]
        });
        Self {
            process: process.await,
            client,
            auth,
        }
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn url(&self) -> String {
        self.process.url()
    }

    /// Ends it without a word, as a power cut.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Influxd::kill`], with the same port and data.
    pub(crate) async fn start_again(&mut self) {
        self.process.start_again(&self.client).await;
    }

    fn as_admin(&self, request: RequestBuilder) -> RequestBuilder {
        if self.auth {
            request.basic_auth(ADMIN.0, Some(ADMIN.1))
        } else {
            request
        }
    }

    /// The answer to a query or command, as text: `serde_json` would not keep every last digit of a float.
    pub(crate) async fn query_text(&self, database: &str, query: &str) -> String {
        let asked = self.client.post(format!("{}/query", self.url()));
        let form = [("db", database), ("epoch", "ns"), ("q", query)];
        let answer = self.as_admin(asked).form(&form).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(
            status.is_success() && !text.contains("\"error\""),
            "{query}: {status} {text}"
        );
        text
    }

    /// The answer to a query or command.
    pub(crate) async fn query(&self, database: &str, query: &str) -> Value {
        serde_json::from_str(&self.query_text(database, query).await).unwrap()
    }

    /// The first number of the answer's only row, after its time: `SELECT count(x)` and the like. 0 without a row.
    pub(crate) async fn number(&self, database: &str, query: &str) -> u64 {
        let answer = self.query(database, query).await;
        let value = &answer["results"][0]["series"][0]["values"][0][1];
        value.as_u64().unwrap_or_default()
    }

    pub(crate) async fn create_database(&self, name: &str) {
        self.query("", &format!("CREATE DATABASE \"{name}\"")).await;
    }

    /// What it says about these lines.
    pub(crate) async fn write(&self, database: &str, lines: impl Into<Vec<u8>>) -> (u16, String) {
        let asked = self.client.post(format!("{}/write?db={database}", self.url()));
        let answer = self.as_admin(asked).body(lines.into()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn influxd_config(dir: &Path, port: u16, auth: bool, http: &str) -> String {
    let dir = dir.display();
    format!(
        r#"
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {auth}
  log-enabled = false
  {http}
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
"#
    )
}

/// `victoria-metrics`. It says yes to everything; only its counters tell.
#[derive(Debug)]
pub(crate) struct VictoriaMetrics {
    process: Process,
    client: Client,
}

impl VictoriaMetrics {
    pub(crate) async fn start() -> Self {
        let client = client();
        let process = Process::start("victoria-metrics", &client, "/health", |dir, port| {
            [
                format!("-storageDataPath={}", dir.join("data").display()),
                format!("-httpListenAddr=127.0.0.1:{port}"),
                "-retentionPeriod=100y".to_owned(),
                "-memory.allowedPercent=10".to_owned(),
                // The last 30 s would not be shown.
                "-search.latencyOffset=0s".to_owned(),
                "-search.disableCache".to_owned(),
                "-loggerLevel=WARN".to_owned(),
            ]
            .to_vec()
        });
        Self {
            process: process.await,
            client,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.process.url()
    }

    pub(crate) async fn write(&self, lines: impl Into<Vec<u8>>) -> u16 {
        let asked = self.client.post(format!("{}/write?db=any", self.url()));
        asked.body(lines.into()).send().await.unwrap().status().as_u16()
    }

    /// Values it took from line protocol, and lines it refused.
    pub(crate) async fn rows(&self) -> (u64, u64) {
        let text = self.get("/metrics").await;
        let counter = |name: &str| {
            let start = format!("{name}{{type=\"influx\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap_or_else(|| panic!("no {name} in {text}"))
                .parse()
                .unwrap()
        };
        (
            counter("vm_rows_inserted_total"),
            counter("vm_rows_invalid_total"),
        )
    }

    /// Every series that is chosen, with all its values and times.
    pub(crate) async fn export(&self, matching: &str) -> Vec<Value> {
        // What has just come in is not found otherwise, and a question too early would be remembered.
        self.get("/internal/force_flush").await;
        let asked = self.client.post(format!("{}/api/v1/export", self.url()));
        let answer = asked.form(&[("match[]", matching)]).send().await.unwrap();
        let text = answer.text().await.unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    async fn get(&self, path: &str) -> String {
        let answer = self
            .client
            .get(format!("{}{path}", self.url()))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }
}

/// One with a limit, which no request of a test comes near to.
pub(crate) fn client() -> Client {
    base::http::client(&Trust::default(), Duration::from_mins(1)).unwrap()
}

#[derive(Debug)]
struct Process {
    program: &'static str,
    probe: &'static str,
    args: Vec<String>,
    port: u16,
    child: Option<Child>,
    dir: TempDir,
}

impl Process {
    async fn start(
        program: &'static str,
        client: &Client,
        probe: &'static str,
        args: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Self {
        for _ in 0..STARTS {
            let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
            let mut process = Self {
                program,
                probe,
                args: args(dir.path(), port),
                port,
                child: None,
                dir,
            };
            if process.try_start(client).await {
                return process;
            }
        }
        panic!("{program} ended at once, {STARTS} times");
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// False if it ended before it was ready.
    async fn try_start(&mut self, client: &Client) -> bool {
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let mut command = Command::new(self.program);
        command.args(&self.args).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|e| {
            panic!(
                "{} cannot be started: {e}; `cargo xtask needs` installs it",
                self.program
            )
        });
        let child = self.child.insert(child);
        let probe = format!("http://127.0.0.1:{}{}", self.port, self.probe);
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if client
                .get(&probe)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                // Someone else may listen there while ours is about to find out.
                return child.try_wait().unwrap().is_none();
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("{} is not ready after {READY_WITHIN:?}", self.program);
    }

    async fn start_again(&mut self, client: &Client) {
        assert!(self.child.is_none(), "{} still runs", self.program);
        let log = self.dir.path().join("log");
        assert!(
            self.try_start(client).await,
            "{} does not start again: {}",
            self.program,
            fs::read_to_string(log).unwrap_or_default()
        );
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only if it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    // Tests run at once, in threads and in processes.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let ports = PORTS.end - PORTS.start;
    let first = u16::try_from(std::process::id() * 37 % u32::from(ports)).expect("less than a u16");
    (0..ports)
        .map(|_| PORTS.start + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % ports)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of thousands of ports is free")
}
