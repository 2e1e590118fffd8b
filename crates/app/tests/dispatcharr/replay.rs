//! A server that answers from a folder of recordings: `{"request", "status", "body"}` in each file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How it answers, from one request to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// The statistics are empty, and whoever asks for a channel gets a 500.
    WithoutRedis,
    /// Everything is a web page with status 500.
    WithoutPostgres,
}

#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
}

impl Replay {
    /// Answers from `folder`, and what is not in it from `base`.
    pub(crate) async fn of(captures: &Path, folder: &str, base: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answers = Arc::new(Answers::read(captures, folder, base));
        let mood = Arc::new(Mutex::new(Mood::Well));
        let new = Self {
            address: listener.local_addr().unwrap(),
            mood: mood.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers.clone(), mood.clone()));
            }
        });
        new
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

async fn serve(stream: TcpStream, answers: Arc<Answers>, mood: Arc<Mutex<Mood>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let asked = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let mood = *mood.lock().unwrap();
        let (status, kind, body) = answers.to(&path, &asked, mood);
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What is answered.
#[derive(Debug)]
struct Answers {
    folders: [PathBuf; 2],
    channels: Vec<Value>,
    streams: BTreeMap<i64, Value>,
    details: BTreeMap<String, Value>,
}

const PAGE: &str = "<!doctype html>\n<html lang=\"en\"></html>\n";

impl Answers {
    fn read(captures: &Path, folder: &str, base: &str) -> Self {
        let mut new = Self {
            folders: [captures.join(folder), captures.join(base)],
            channels: Vec::new(),
            streams: BTreeMap::new(),
            details: BTreeMap::new(),
        };
        new.channels = list(new.body("channels.json"));
        for name in ["streams.json", "channel-1-streams.json"] {
            for row in list(new.body(name)) {
                new.streams.insert(row["id"].as_i64().unwrap(), row);
            }
        }
        for n in 0..8 {
            let file = new.folders[0].join(format!("proxy-ts-status-detail-{n}.json"));
            if let Some(body) = read(&file) {
                new.details
                    .insert(body["channel_id"].as_str().unwrap().to_owned(), body);
            }
        }
        new
    }

    fn body(&self, name: &str) -> Value {
        let found = self.folders.iter().find_map(|f| read(&f.join(name)));
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.folders))
    }

    fn to(&self, path: &str, asked: &Value, mood: Mood) -> (u16, &'static str, String) {
        if mood == Mood::WithoutPostgres {
            return (500, "text/html", PAGE.to_owned());
        }
        let wanted = |name: &str| asked[name].as_array().cloned().unwrap_or_default();
        let body = match path.split('?').next().unwrap() {
            "/api/core/version/" => self.body("version.json"),
            "/proxy/stats/" if mood == Mood::WithoutRedis => json!({
                "live": {"channels": [], "count": 0},
                "vod": {"vod_connections": [], "total_connections": 0, "timestamp": 1},
                "catchup": {"timeshift_sessions": [], "total_connections": 0, "timestamp": 1},
                "timestamp": 1,
            }),
            "/proxy/stats/" => self.body("proxy-stats-combined.json"),
            "/api/channels/groups/" => self.body("channel-groups.json"),
            "/api/core/streamprofiles/" => self.body("stream-profiles.json"),
            "/api/m3u/accounts/" => self.body("m3u-accounts.json"),
            "/api/accounts/users/" => self.body("users.json"),
            "/api/epg/sources/" => self.body("epg-sources.json"),
            "/api/plugins/plugins/" => self.body("plugins.json"),
            "/api/epg/current-programs/" => self.body("current-programs.json"),
            "/api/channels/channels/" => json!({
                "count": self.channels.len(), "next": null, "previous": null, "results": self.channels,
            }),
            "/api/channels/channels/by-uuids/" => {
                let wanted = wanted("uuids");
                let rows = self.channels.iter().filter(|c| wanted.contains(&c["uuid"]));
                rows.cloned().collect()
            }
            "/api/channels/streams/by-ids/" => {
                let ids = wanted("ids");
                let rows = self.streams.values().filter(|s| ids.contains(&s["id"]));
                rows.cloned().collect()
            }
            one => return self.one(one, mood),
        };
        (200, "application/json", body.to_string())
    }

    fn one(&self, path: &str, mood: Mood) -> (u16, &'static str, String) {
        let Some(id) = path.strip_prefix("/proxy/ts/status/") else {
            return (200, "text/html", PAGE.to_owned());
        };
        if mood == Mood::WithoutRedis {
            let body = json!({"error": "Error 111 connecting to 127.0.0.1:6379. Connection refused."});
            return (500, "application/json", body.to_string());
        }
        match self.details.get(id) {
            Some(body) => (200, "application/json", body.to_string()),
            None => (
                404,
                "application/json",
                json!({"error": "Channel not found"}).to_string(),
            ),
        }
    }
}

/// The body of one recording.
fn read(file: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    let recorded: Value = serde_json::from_str(&text).unwrap();
    Some(recorded["body"].clone())
}

fn list(body: Value) -> Vec<Value> {
    match body {
        Value::Array(rows) => rows,
        body => body["results"].as_array().cloned().unwrap_or_default(),
    }
}

/// The moment the statistics of the folder were recorded, milliseconds since 1970.
pub(crate) fn recorded_at_ms(captures: &Path, folder: &str) -> i64 {
    let text = std::fs::read_to_string(captures.join(folder).join("proxy-stats-combined.json")).unwrap();
    let recorded: Value = serde_json::from_str(&text).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    let ms = (recorded["at"].as_f64().unwrap() * 1000.0) as i64;
    ms
}
