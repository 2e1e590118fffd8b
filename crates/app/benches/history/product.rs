//! The product in processes of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use history::ask::graphs::{Measure, Params};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What an import cost.
pub(crate) struct Import {
    pub(crate) took: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) file_bytes: u64,
}

pub(crate) fn import(file: &Path, data: &Path) -> Import {
    let begun = Instant::now();
    let mut child = command(data)
        .args(["import", "tautulli"])
        .arg(file)
        .arg("--data-dir")
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut resident_bytes = 0;
    let status = loop {
        resident_bytes = resident_bytes.max(resident(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "the import failed");
    Import {
        took: begun.elapsed(),
        resident_bytes,
        file_bytes: fs::metadata(file).unwrap().len(),
    }
}

pub(crate) fn graph_params(now_s: i64, time_range: i64) -> Params {
    Params {
        now_s,
        time_range,
        measure: Measure::Plays,
        grouping: true,
        users: None,
        monday_first: false,
    }
}

/// Serves a data directory, with no server to watch.
pub(crate) struct Product {
    child: Child,
    addr: String,
}

impl Product {
    pub(crate) fn start(data: &Path) -> Self {
        let mut child = command(data)
            .env("PROJECTIONIST_TAUTULLI_API_KEY", KEY)
            .args([
                "run",
                "--log-format",
                "human",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
            ])
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let addr = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let rest = &line[line.find("http://127.0.0.1:")? + "http://".len()..];
                Some(rest.split('/').next()?.to_owned())
            })
            .expect("the address in the log");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addr }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection {
            server: BufReader::new(TcpStream::connect(&self.addr).unwrap()),
            addr: self.addr.clone(),
        }
    }

    pub(crate) fn resident_bytes(&self) -> u64 {
        resident(self.child.id()).unwrap()
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that keeps its connection.
pub(crate) struct Connection {
    server: BufReader<TcpStream>,
    addr: String,
}

impl Connection {
    /// The body of a good answer.
    pub(crate) fn ask(&mut self, question: &str) -> String {
        let request = format!(
            "GET /api/v2?apikey={KEY}&{question} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.addr
        );
        self.server.get_mut().write_all(request.as_bytes()).unwrap();
        let mut status = String::new();
        self.server.read_line(&mut status).unwrap();
        assert!(status.contains(" 200 "), "{question}: {status}");
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            assert_ne!(
                self.server.read_line(&mut line).unwrap(),
                0,
                "the answer broke off"
            );
            if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.server.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    /// `recordsFiltered` of a page.
    pub(crate) fn filtered(&mut self, question: &str) -> usize {
        let body = self.ask(question);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        usize::try_from(json["response"]["data"]["recordsFiltered"].as_u64().unwrap()).unwrap()
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_projectionist"));
    command
        .env_clear()
        .env("TZ", "America/New_York")
        .current_dir(data.parent().unwrap())
        .stdin(Stdio::null());
    command
}

fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
