//! A server that answers what it is told to, on an address of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use roxmltree::Document;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::xml::as_json;

const SESSIONS: &str = "/status/sessions";

/// What is answered, by path.
#[derive(Clone, Debug, Default)]
struct Answers {
    bodies: BTreeMap<String, (u16, String)>,
    /// Numbers of items, by library and Plex's number of the type.
    totals: BTreeMap<(String, u8), u64>,
}

/// Answers until the test is over.
#[derive(Debug)]
pub(crate) struct Plex {
    pub(crate) address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
}

impl Plex {
    /// A server without libraries on which nothing plays. `ip`: one of this machine's.
    pub(crate) async fn start(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let plex = Self {
            address: listener.local_addr().unwrap(),
            answers: Arc::default(),
        };
        let answers = plex.answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers.clone()));
            }
        });
        let who = json!({"size": 0, "claimed": true, "machineIdentifier": format!("machine-{ip}"), "version": "1.40.0.7998"});
        plex.set("/identity", &json!({ "MediaContainer": who }));
        plex.set("/", &json!({ "MediaContainer": who }));
        plex.set("/library/sections", &json!({"MediaContainer": {"size": 0}}));
        plex.sessions(&[]);
        plex
    }

    /// The recorded libraries and items of a folder; what plays comes from [`Plex::play`].
    pub(crate) async fn recorded(ip: &str, folder: &Path) -> Self {
        let plex = Self::start(ip).await;
        let sections = read(folder, "sections.xml");
        plex.set("/library/sections", &as_json(&sections));
        for directory in Document::parse(&sections).unwrap().descendants() {
            if let (Some(key), Some(kind)) = (directory.attribute("key"), directory.attribute("type")) {
                plex.count(key, kind, &read(folder, &format!("section-{key}.xml")));
            }
        }
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = name.strip_suffix(".xml").map(|n| n.replace("__", "/"));
            if let Some(path) = path.filter(|p| p.starts_with("library/metadata/")) {
                plex.set(&format!("/{path}"), &as_json(&read(folder, &name)));
            }
        }
        plex
    }

    /// Takes the numbers of a library from the whole list of it.
    fn count(&self, key: &str, kind: &str, list: &str) {
        let list = Document::parse(list).unwrap();
        let rows: Vec<_> = list
            .root_element()
            .children()
            .filter(roxmltree::Node::is_element)
            .collect();
        let sum = |name: &str| {
            let numbers = rows.iter().filter_map(|r| r.attribute(name)?.parse::<u64>().ok());
            numbers.sum()
        };
        let numbered = match kind {
            "movie" => vec![(1, rows.len() as u64)],
            "show" => vec![
                (2, rows.len() as u64),
                (3, sum("childCount")),
                (4, sum("leafCount")),
            ],
            "artist" => vec![(8, rows.len() as u64), (9, 0), (10, 0)],
            "photo" => vec![(12, 0), (13, 0), (14, rows.len() as u64)],
            other => panic!("a library of {other}"),
        };
        for (number, total) in numbered {
            self.total(key, number, total);
        }
    }

    pub(crate) fn total(&self, library: &str, kind: u8, total: u64) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.totals.insert((library.to_owned(), kind), total);
    }

    fn set(&self, path: &str, body: &Value) {
        self.answer(path, 200, &body.to_string());
    }

    /// From now on this path is answered so.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.bodies.insert(path.to_owned(), (status, body.to_owned()));
    }

    /// From now on this plays: a recorded answer.
    pub(crate) fn play(&self, folder: &Path, tick: usize) {
        self.set(SESSIONS, &as_json(&read(folder, &format!("sessions-{tick}.xml"))));
    }

    /// From now on these sessions play.
    pub(crate) fn sessions(&self, sessions: &[Value]) {
        let mut container = json!({ "size": sessions.len() });
        if !sessions.is_empty() {
            container["Metadata"] = Value::from(sessions);
        }
        self.set(SESSIONS, &json!({ "MediaContainer": container }));
    }
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// One connection: requests without bodies, one after another.
async fn serve(stream: TcpStream, answers: Arc<Mutex<Answers>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut target = String::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim().is_empty() => break,
                Ok(_) if target.is_empty() => {
                    target = line.split(' ').nth(1).unwrap_or("/").to_owned();
                }
                Ok(_) => {}
            }
        }
        let (status, body) = {
            let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&answers, &target)
        };
        let head = format!(
            "HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = head + &body;
        if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(answers: &Answers, target: &str) -> (u16, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let not_found = || (404, "<html><body><h1>404 Not Found</h1></body></html>".to_owned());
    let library = path
        .strip_prefix("/library/sections/")
        .and_then(|rest| rest.strip_suffix("/all"));
    let kind = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("type=")?.parse().ok());
    let Some((library, kind)) = library.zip(kind) else {
        return answers.bodies.get(path).cloned().unwrap_or_else(not_found);
    };
    match answers.totals.get(&(library.to_owned(), kind)) {
        Some(total) => {
            let page = json!({"MediaContainer": {"size": 0, "totalSize": total, "offset": 0}});
            (200, page.to_string())
        }
        None => not_found(),
    }
}
