//! A server that answers as it is told, by what is in the body; for what no InfluxDB says.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Stops when dropped.
pub(super) struct Picky {
    pub(super) url: String,
    /// Bodies that were answered with 204.
    pub(super) taken: Arc<Mutex<Vec<String>>>,
    pub(super) requests: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
}

/// A status line with headers and a body of an answer.
pub(super) type Said = (String, String);

impl Picky {
    /// `answer` is given the path and the body.
    pub(super) async fn start(answer: impl Fn(&str, &str) -> Said + Send + Sync + 'static) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", tcp.local_addr().unwrap());
        let (taken, requests) = (Arc::default(), Arc::default());
        let task = tokio::spawn({
            let (taken, requests) = (Arc::clone(&taken), Arc::clone(&requests));
            async move {
                loop {
                    let (stream, _) = tcp.accept().await.unwrap();
                    // One after another: there is one client, with one request at a time.
                    serve(stream, &answer, &taken, &requests).await;
                }
            }
        });
        Self {
            url,
            taken,
            requests,
            task,
        }
    }

    pub(super) fn lines_taken(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken
            .iter()
            .flat_map(|body| body.lines().map(str::to_owned))
            .collect()
    }
}

impl Drop for Picky {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &impl Fn(&str, &str) -> Said,
    taken: &Mutex<Vec<String>>,
    requests: &Mutex<u32>,
) {
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 65_536]);
    let (head, body) = loop {
        let Ok(count @ 1..) = stream.read(&mut chunk).await else {
            return;
        };
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|l| {
                l.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse::<usize>()
                    .ok()
            })
            .unwrap_or(0);
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    *requests.lock().unwrap() += 1;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, said) = answer(path, &body);
    if status.starts_with("204") {
        taken.lock().unwrap().push(body);
    }
    let length = said.len();
    let text = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{said}");
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

pub(super) fn says(status: &str, body: &str) -> Said {
    (status.to_owned(), body.to_owned())
}
