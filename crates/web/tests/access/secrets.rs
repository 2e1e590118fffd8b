//! Passwords, keys and sessions come out nowhere: not in answers, not in the log, not in the file.

use std::io::Write;
use std::sync::{Arc, Mutex};

use access::{Gate, Mode, Scope};
use base::{Clock, Secret};
use reqwest::Method;
use serde_json::json;

use crate::house::{MARK, PASSWORD, cookie, send, settings};
use crate::support::{House, START};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_comes_out() {
    let log = Log::default();
    let out = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || out.clone())
        .finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let dir = tempfile::tempdir().unwrap();
    let gate = Gate::load(settings(Mode::Password), dir.path(), Clock::manual(START)).unwrap();
    let open = House::with(&[], |ctx| ctx.access = gate.clone()).open().await;
    gate.reset_password("admin", Secret::new(PASSWORD)).await.unwrap();
    let cookie = cookie(&open, "admin", PASSWORD).await;
    let token = cookie.split_once('=').unwrap().1.to_owned();
    let key = crate::house::key(&open, Scope::Read).await;
    let mut all = String::new();
    for (path, headers) in [
        ("/api/v1/access", vec![("cookie", cookie.as_str())]),
        ("/api/v1/access/accounts", vec![("cookie", cookie.as_str())]),
        ("/api/v1/access/keys", vec![("cookie", cookie.as_str())]),
        ("/api/v1/sessions", vec![("x-api-key", key.as_str())]),
        ("/api/v1/access/keys", vec![("x-api-key", key.as_str())]),
        ("/metrics", vec![("x-api-key", key.as_str())]),
        ("/overview", vec![("cookie", cookie.as_str())]),
    ] {
        all += open.get_with(path, &headers).await.text();
    }
    for body in [
        json!({ "password": PASSWORD, "x": 1 }),
        json!({ "password": ["planted-password"] }),
        json!({ "name": "planted-password", "password": "planted-wrong" }),
    ] {
        let answer = send(&open, Method::POST, "/api/v1/access/sign-in", &[MARK], &body).await;
        assert_ne!(answer.status, 200);
        all += answer.text();
    }
    let debugged = format!("{gate:?}");
    all += &debugged;
    all += &std::fs::read_to_string(dir.path().join(access::FILE_NAME)).unwrap();
    all += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in ["planted-", token.as_str(), key.as_str()] {
        assert!(!all.contains(secret), "{} in {all}", &secret[..8]);
    }
    assert!(
        all.contains("argon2id") && all.contains("\"admin\""),
        "the search sees the file and the answers"
    );
}
