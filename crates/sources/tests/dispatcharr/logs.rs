//! What is logged: one line for each trouble, and no secret in any.

use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex};

use base::Secret;
use sim::dispatcharr::{Dispatcharr, Fault, Seed};
use sources::dispatcharr::{Config, check};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::watch::{Watch, by_login, viewer};

static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

/// Writes down everything, at every level, of every crate.
struct Everything;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(String::new());
        span.record(&mut line);
        LINES.lock().unwrap().push((Level::TRACE, line.0));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.lock().unwrap().push((*event.metadata().level(), line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// From the first call on all logs of all tests are kept: those of one test are told apart by its id.
pub(crate) fn record() {
    static ONCE: LazyLock<()> =
        LazyLock::new(|| tracing::subscriber::set_global_default(Everything).unwrap());
    LazyLock::force(&ONCE);
}

/// What a user with the usual settings reads, in order.
pub(crate) fn all() -> Vec<String> {
    let lines = LINES.lock().unwrap();
    let told = lines.iter().filter(|(level, _)| *level <= Level::INFO);
    told.map(|(_, line)| line.replace("\\\"", "\"")).collect()
}

/// Those about `id`.
pub(crate) fn lines(id: &str) -> Vec<String> {
    let who = format!("dispatcharr \"{id}\"");
    all().into_iter().filter(|line| line.contains(&who)).collect()
}

/// Asserts that there are these lines about `id` and no others; of each, a part.
pub(crate) fn assert_lines(id: &str, parts: &[&str]) {
    let lines = lines(id);
    let fits = lines.len() == parts.len() && lines.iter().zip(parts).all(|(line, part)| line.contains(part));
    assert!(fits, "expected {parts:?}, logged: {lines:#?}");
}

#[tokio::test]
async fn no_log_line_or_observation_holds_a_secret() {
    let dispatcharr = Dispatcharr::start(Seed::default()).await;
    let world = dispatcharr.world();
    world.tune(101.0, viewer().user(2)).unwrap();
    let url = dispatcharr
        .url()
        .replace("http://", "http://me:planted-in-address@");
    let cfg = Config {
        url: format!("{url}/stats?token=planted-in-query"),
        notifications: true,
        redis_url: Some(Secret::new("redis://me:planted-in-redis@127.0.0.1:1/0")),
        ..by_login("secretive", &dispatcharr)
    };
    let mut watch = Watch::start(cfg.clone());
    watch.inventory("users", |i| i.users.is_some()).await;
    watch.feeds().await;
    for fault in [
        Fault::Status(500),
        Fault::Html,
        Fault::Refuse,
        Fault::Garbage,
        Fault::CutBody,
    ] {
        let id = world.fault(fault);
        watch.outage().await;
        world.release(id);
        watch.feed("the channel", |_| true).await;
    }
    world.expire_refresh_tokens();
    watch.feeds().await;
    watch.feeds().await;
    let report = check(&cfg).await.unwrap();
    world.fault(Fault::Status(401));
    let e = check(&cfg).await.unwrap_err();
    let told = format!(
        "{:?} {report:?} {e} {e:?} {:?} {cfg:?}",
        watch.finish().await,
        e.hint()
    );
    let logged: Vec<String> = LINES
        .lock()
        .unwrap()
        .iter()
        .map(|(_, line)| line.clone())
        .collect();
    assert!(!lines("secretive").is_empty(), "the log was written");
    for text in [told, logged.join("\n")] {
        for secret in ["planted", "admin-pw", "token=", "eyJ"] {
            let at = text.find(secret).map(|at| &text[at.saturating_sub(200)..at]);
            assert_eq!(at, None, "before {secret}");
        }
    }
}
