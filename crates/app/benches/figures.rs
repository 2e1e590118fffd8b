//! What watching costs, measured from outside: this process is the servers, a child is the product.
//!
//! `cargo xtask figures [SECONDS]` runs it and prints the table of the README. Processor time is read from the
//! kernel's scheduler in nanoseconds; nothing here judges, so nothing here can fail for being slow.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool talks to its user and may stop"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base::tls::Trust;
use futures_util::StreamExt as _;
use sim::dispatcharr::Dispatcharr;
use sim::plex::{OWNER_TOKEN, Plex, Seed, World};
use sim::scenario;

const PROFILES: [&str; 4] = ["native", "cplieger", "cplieger-2026.04", "timothystewart6"];

fn main() {
    // `cargo test --benches` only asks whether it still builds and starts.
    if std::env::args().any(|a| a == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let seconds = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(30);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(Duration::from_secs(seconds)));
}

async fn measure(span: Duration) {
    let mut table = Table::default();
    idle(span, &mut table).await;
    busy(span, &mut table).await;
    many_servers(span, &mut table).await;
    many_managers(span, &mut table).await;
    println!("{}", table.text);
}

#[derive(Default)]
struct Table {
    text: String,
}

impl Table {
    fn row(&mut self, what: &str, figure: &str, aim: &str) {
        if self.text.is_empty() {
            self.text.push_str("| What | Measured | Aim |\n|---|---|---|\n");
        }
        writeln!(self.text, "| {what} | {figure} | {aim} |").unwrap();
    }
}

async fn idle(span: Duration, table: &mut Table) {
    let plex = Plex::start(Seed::default()).await;
    for (history, what) in [(false, "idle, no history kept"), (true, "idle")] {
        let watcher = Watcher::start(&[&plex], history);
        one_idle(&watcher, what, span, table).await;
    }
}

async fn one_idle(watcher: &Watcher, what: &str, span: Duration, table: &mut Table) {
    watcher.ready(|m| m.contains("media_library_items")).await;
    // So little happens that a short span would count a slow round or miss one.
    let cpu = watcher.cpu_per_minute(span.max(Duration::from_mins(1))).await;
    table.row(
        &format!("{what}, processor time a minute"),
        &format!("{cpu:.4} s"),
        "≤ 0.012 s",
    );
    table.row(
        &format!("{what}, resident memory"),
        &mib(watcher.resident_bytes()),
        "< 8 MB",
    );
}

async fn busy(span: Duration, table: &mut Table) {
    let plex = Plex::start(scenario::big_seed(100)).await;
    let world = plex.world();
    scenario::fill(&world, 500, 1);
    let watcher = Watcher::start(&[&plex], true);
    watcher
        .ready(|m| m.matches("media_session_info{").count() == 500)
        .await;

    let flood = Flood::start(world.clone());
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.clear_requests();
    let before = Instant::now();
    let cpu = watcher.cpu_per_minute(span).await;
    let requests = world.request_count("/") as f64 / before.elapsed().as_secs_f64();
    table.row(
        "500 sessions × 10 notifications/s, processor time a minute",
        &format!("{cpu:.2} s"),
        "≤ 3 s",
    );
    table.row(
        "… requests to Plex",
        &format!("{requests:.1} a second"),
        "≤ 4 a second",
    );
    table.row("… resident memory", &mib(watcher.resident_bytes()), "< 16 MB");
    let mut under_load = latencies(&watcher, &world).await;
    table.row(
        "… a pause or resume seen on /api/v1/events, p99",
        &p99(&mut under_load),
        "≤ 50 ms",
    );
    flood.stop().await;

    let mut calm = latencies(&watcher, &world).await;
    table.row(
        "500 sessions, a pause or resume seen on /api/v1/events, p99",
        &p99(&mut calm),
        "≤ 50 ms",
    );
    for profile in PROFILES {
        let cost = watcher.scrape_cost(profile).await;
        let (cpu_ms, bytes) = (cost.0 * 1e3, cost.1);
        let figure = format!("{cpu_ms:.2} ms, {} kB", bytes / 1000);
        table.row(
            &format!("a scrape of 500 sessions, `{profile}`, processor time"),
            &figure,
            "≤ 1 ms",
        );
    }
}

async fn many_servers(span: Duration, table: &mut Table) {
    let mut servers = Vec::new();
    for n in 0..100_u64 {
        let seed = Seed::default()
            .name(format!("server {n}"))
            .machine_id(format!("{n:040x}"));
        let plex = Plex::start(seed).await;
        scenario::fill(&plex.world(), 20, n);
        servers.push(plex);
    }
    let watcher = Watcher::start(&servers.iter().collect::<Vec<_>>(), true);
    watcher
        .ready(|m| m.matches("media_session_info{").count() == 2_000)
        .await;
    let cpu = watcher.cpu_per_minute(span).await;
    table.row(
        "100 servers × 20 sessions, resident memory",
        &mib(watcher.resident_bytes()),
        "< 100 MB",
    );
    table.row("… processor time a minute", &format!("{cpu:.2} s"), "");
}

/// A hundred Dispatcharrs with 20 channels on the air and 5 viewers of each.
async fn many_managers(span: Duration, table: &mut Table) {
    let mut managers = Vec::new();
    for _ in 0..100 {
        managers.push(scenario::iptv_busy(20, 5).await);
    }
    let idle = Watcher::start(&[], true);
    idle.ready(|_| true).await;
    let idle_bytes = idle.resident_bytes();
    drop(idle);
    let watcher = Watcher::of_managers(&managers.iter().collect::<Vec<_>>());
    watcher
        .ready(|m| m.matches("media_channel_info{").count() == 2_000)
        .await;
    let cpu = watcher.cpu_per_minute(span).await;
    let more = watcher.resident_bytes().saturating_sub(idle_bytes);
    table.row(
        "100 Dispatcharrs × 20 channels × 5 viewers, resident memory above idle",
        &mib(more),
        "≤ 60 MB",
    );
    table.row("… processor time a minute", &format!("{cpu:.2} s"), "");
    let looks = 100.0 * 60.0 / 5.0;
    table.row(
        "… one look at one of them",
        &format!("{:.2} ms", cpu * 1e3 / looks),
        "",
    );
    for profile in ["native", "dispatcharr-exporter"] {
        let (seconds, bytes) = watcher.scrape_cost(profile).await;
        table.row(
            &format!("… a scrape, `{profile}`, processor time"),
            &format!("{:.2} ms, {} kB", seconds * 1e3, bytes / 1_000),
            "≤ 5 ms",
        );
    }
}

/// Ten notifications a second about every session.
struct Flood {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Flood {
    fn start(world: Arc<World>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            while !stopped.load(Ordering::Relaxed) {
                tick.tick().await;
                world.notify_progress_all();
            }
        });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
    }
}

/// From a state change in the server to its event at a listener, in milliseconds.
async fn latencies(watcher: &Watcher, world: &World) -> Vec<f64> {
    let keys = world.session_keys();
    let url = format!("{}/api/v1/events", watcher.url);
    let mut events = watcher
        .client
        .get(url)
        .timeout(Duration::from_mins(2))
        .send()
        .await
        .unwrap()
        .bytes_stream();
    let mut text = String::new();
    let mut taken = Vec::new();
    for key in keys.iter().take(200) {
        let plays = world.is_playing(key).unwrap();
        let begun = Instant::now();
        if plays {
            world.pause(key);
        } else {
            world.resume(key);
        }
        let state = if plays { "paused" } else { "playing" };
        let wanted = [
            "event: session.updated".to_owned(),
            format!("\"session_key\":\"{key}\""),
            format!("\"state\":\"{state}\""),
        ];
        let mut told = false;
        while !told {
            let chunk = events.next().await.unwrap().unwrap();
            text.push_str(&String::from_utf8_lossy(&chunk));
            let whole = text.rfind("\n\n").map_or(0, |end| end + 2);
            told = text[..whole]
                .split("\n\n")
                .any(|event| wanted.iter().all(|w| event.contains(w)));
            text.drain(..whole);
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "session {key} {state} was never told"
            );
        }
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    taken
}

/// So many scrapes over one connection; the bytes of the last answer.
fn scrape_plainly(addr: &str, path: &str, scrapes: usize) -> usize {
    let mut server = BufReader::with_capacity(256 << 10, TcpStream::connect(addr).unwrap());
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n");
    let mut length = 0;
    for _ in 0..scrapes {
        // In one piece, or the watcher would wake for each part of it.
        server.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert_ne!(server.read_line(&mut line).unwrap(), 0, "the answer broke off");
            if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
        }
        std::io::copy(&mut server.by_ref().take(length), &mut std::io::sink()).unwrap();
    }
    usize::try_from(length).unwrap()
}

fn p99(taken: &mut [f64]) -> String {
    taken.sort_by(f64::total_cmp);
    let at = (taken.len() * 99).div_ceil(100) - 1;
    format!("{:.1} ms (median {:.1} ms)", taken[at], taken[taken.len() / 2])
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The product in a process of its own.
struct Watcher {
    child: Child,
    url: String,
    client: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Watcher {
    fn start(servers: &[&Plex], history: bool) -> Self {
        let mut config = format!("[history]\nenabled = {history}\n");
        for (n, plex) in servers.iter().enumerate() {
            let (url, token) = (plex.url(), OWNER_TOKEN);
            write!(
                config,
                "[[plex]]\nid = \"s{n}\"\nurl = \"{url}\"\ntoken = \"{token}\"\n"
            )
            .unwrap();
        }
        Self::run(&config)
    }

    fn of_managers(managers: &[&Dispatcharr]) -> Self {
        let mut config = String::new();
        for (n, manager) in managers.iter().enumerate() {
            let (url, key) = (manager.url(), manager.admin_key().unwrap());
            write!(
                config,
                "[[dispatcharr]]\nid = \"d{n}\"\nurl = \"{url}\"\napi_key = \"{key}\"\n"
            )
            .unwrap();
        }
        Self::run(&config)
    }

    fn run(tables: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let config = format!(
            "listen = \"127.0.0.1:0\"\ndata_dir = \"{}\"\n{tables}",
            data.display()
        );
        let file = dir.path().join("projectionist.toml");
        fs::write(&file, config).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_projectionist"))
            .env_clear()
            .args(["run", "--log-format", "human", "--config"])
            .arg(&file)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let at = line.find("http://127.0.0.1:")?;
                let rest = &line[at..];
                let digits = rest["http://127.0.0.1:".len()..]
                    .chars()
                    .take_while(char::is_ascii_digit)
                    .count();
                Some(rest["".len().."http://127.0.0.1:".len() + digits].to_owned())
            })
            .expect("the address in the log");
        std::thread::spawn(move || lines.for_each(drop));
        let client = base::http::client(&Trust::default(), Duration::from_secs(10)).unwrap();
        Self {
            child,
            url,
            client,
            _dir: dir,
        }
    }

    async fn ready(&self, done: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !done(&self.scrape("native").await) {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "the watcher never saw everything"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // Let the first round of slow requests pass.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    async fn scrape(&self, profile: &str) -> String {
        let answer = self
            .client
            .get(format!("{}/metrics/{profile}", self.url))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }

    async fn cpu_per_minute(&self, span: Duration) -> f64 {
        let (begun, before) = (Instant::now(), self.cpu_seconds());
        tokio::time::sleep(span).await;
        (self.cpu_seconds() - before) * 60.0 / begun.elapsed().as_secs_f64()
    }

    /// Processor seconds and bytes of one scrape, less what the process spends anyway.
    async fn scrape_cost(&self, profile: &str) -> (f64, usize) {
        const SCRAPES: usize = 200;
        let addr = self.url.trim_start_matches("http://").to_owned();
        let path = format!("/metrics/{profile}");
        // A thread of its own with a plain socket: a reader that is slower than the writer makes it wait and wake.
        let scrapes = async || {
            let (addr, path) = (addr.clone(), path.clone());
            tokio::task::spawn_blocking(move || scrape_plainly(&addr, &path, SCRAPES))
                .await
                .unwrap()
        };
        let bytes = scrapes().await;
        let (begun, before) = (Instant::now(), self.cpu_seconds());
        scrapes().await;
        let spent = self.cpu_seconds() - before;
        let took = begun.elapsed();
        let anyway = self.cpu_per_minute(took.max(Duration::from_secs(5))).await / 60.0 * took.as_secs_f64();
        ((spent - anyway).max(0.0) / SCRAPES as f64, bytes)
    }

    /// Time on a processor over all threads, from the scheduler.
    fn cpu_seconds(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds: u64 = tasks
            .filter_map(|t| fs::read_to_string(t.ok()?.path().join("schedstat")).ok())
            .filter_map(|s| s.split_whitespace().next()?.parse::<u64>().ok())
            .sum();
        nanoseconds as f64 / 1e9
    }

    fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
