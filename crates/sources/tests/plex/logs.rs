//! Nothing that is logged, told or returned holds a secret.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};

use base::Secret;
use sim::plex::{Delivery, Fault, Plex, Quality, Seed, SessionSeed};
use sources::plex::{Config, check};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::watch::{Watch, lively, wait_for};

/// Writes down everything, at every level.
#[derive(Clone, Default)]
pub(crate) struct Everything(Arc<Mutex<String>>);

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Writer(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Writer(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Writer(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// From the first call on all logs of all tests are kept: what one test plants is told apart by its text. A
/// subscriber of one test alone may miss lines while other tests run.
pub(crate) fn record() -> &'static Everything {
    static LOG: LazyLock<Everything> = LazyLock::new(|| {
        let log = Everything::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        log
    });
    &LOG
}

#[tokio::test]
async fn no_log_line_or_outage_holds_the_token() {
    let log = record();
    let plex = Plex::start(Seed::default().still().token("planted-token-5Uqy")).await;
    let world = plex.world();
    world.start(SessionSeed::movie("Silt").delivery(Delivery::transcode(Quality::P720_2M)));
    let url = plex.url().replace("http://", "http://me:url-password@");
    let cfg = Config {
        url: Some(format!("{url}/?X-Plex-Token={}", plex.token())),
        ..lively(&plex)
    };
    let mut watch = Watch::start(cfg.clone());
    watch.sessions().await;
    wait_for("the slow round", || world.request_count("/updater/status") > 0).await;
    for fault in [Fault::Unauthorized, Fault::NotPlex, Fault::Refuse] {
        let id = world.fault(fault);
        watch.outage().await;
        world.release(id);
        watch.sessions().await;
    }
    world.fault(Fault::Unauthorized);
    let e = check(&cfg, None).await.unwrap_err();
    let bad_token = Config {
        token: Some(Secret::new("bad\u{1}token")),
        ..cfg
    };
    let odd = check(&bad_token, None).await.unwrap_err();
    let told = format!(
        "{:?} {:?} {e} {e:?} {odd} {odd:?} {bad_token:?}",
        watch.finish().await,
        e.hint()
    );
    let logged = log.0.lock().unwrap().clone();
    let port = plex.addr().port().to_string();
    assert!(
        logged
            .lines()
            .any(|l| l.contains("does not accept the token") && l.contains(&port)),
        "the log was written"
    );
    for text in [told, logged] {
        for secret in [plex.token(), "url-password", "bad\u{1}token", "bad\\u{1}token"] {
            let at = text.find(secret).map(|at| &text[at.saturating_sub(200)..at]);
            assert_eq!(at, None, "before a secret");
        }
    }
}
