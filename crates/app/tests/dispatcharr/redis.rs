//! A real Redis with recorded keys.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest wait for it to start.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// `keys`: `{"name": {"type", "value"}}`.
    pub(crate) fn with(keys: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is on PATH; on Debian: apt-get install redis-server");
        let new = Self {
            process,
            port,
            _folder: folder,
        };
        new.fill(keys);
        new
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn connect(&self) -> TcpStream {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => return stream,
                Err(e) => assert!(Instant::now() < deadline, "redis-server does not answer: {e}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn fill(&self, keys: &Path) {
        let keys: Value = serde_json::from_str(&std::fs::read_to_string(keys).unwrap()).unwrap();
        let mut stream = BufReader::new(self.connect());
        for (key, recorded) in keys.as_object().unwrap() {
            let value = &recorded["value"];
            // Moments of chunks of the stream, which nobody reads.
            if recorded["type"] == "zset" {
                continue;
            }
            let mut command = vec![key.clone()];
            match recorded["type"].as_str().unwrap() {
                "string" => command.push(text(value)),
                "hash" => command.extend(
                    value
                        .as_object()
                        .unwrap()
                        .iter()
                        .flat_map(|(k, v)| [k.clone(), text(v)]),
                ),
                "set" => command.extend(value.as_array().unwrap().iter().map(text)),
                other => panic!("{key} is a {other}"),
            }
            let verb = match recorded["type"].as_str().unwrap() {
                "string" => "SET",
                "hash" => "HSET",
                _ => "SADD",
            };
            command.insert(0, verb.to_owned());
            let mut request = format!("*{}\r\n", command.len());
            for part in &command {
                request.push_str(&format_part(part));
            }
            stream.get_mut().write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_line(&mut answer).unwrap();
            assert!(answer.starts_with(['+', ':']), "{key}: {answer}");
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One part of a command as the protocol has it.
fn format_part(part: &str) -> String {
    format!("${}\r\n{part}\r\n", part.len())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
