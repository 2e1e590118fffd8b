//! What a request costs with 500 sessions: `cargo bench -p web`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use axum::Router;
use axum::body::Body as HttpBody;
use divan::Bencher;
use http::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::runtime::{Builder, Runtime};

use support::{House, sample};

#[path = "../tests/web/support.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod support;

const SESSIONS: usize = 500;

fn main() {
    divan::main();
}

fn busy() -> (Runtime, Router) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let router = runtime.block_on(async {
        let house = House::new(&["attic"]);
        house
            .plays(
                "attic",
                (0..SESSIONS).map(|n| sample::episode(&n.to_string())).collect(),
            )
            .await;
        house.router()
    });
    (runtime, router)
}

/// Asks without a socket and throws the body away whole, as handed to the server.
fn ask(bencher: Bencher, path: &str, encoding: &'static str) {
    let (runtime, router) = busy();
    let service = TowerToHyperService::new(router);
    bencher.bench_local(|| {
        let request = Request::get(path)
            .header("accept-encoding", encoding)
            .body(HttpBody::empty())
            .unwrap();
        let response = runtime.block_on(service.call(request)).unwrap();
        assert_eq!(response.status(), 200);
        response
    });
}

#[divan::bench(args = ["identity", "gzip"])]
fn sessions_json(bencher: Bencher, encoding: &'static str) {
    ask(bencher, "/api/v1/sessions", encoding);
}

#[divan::bench(args = ["identity", "gzip"])]
fn scrape(bencher: Bencher, encoding: &'static str) {
    ask(bencher, "/metrics", encoding);
}

#[divan::bench(args = ["identity", "gzip"])]
fn status_page(bencher: Bencher, encoding: &'static str) {
    ask(bencher, "/", encoding);
}

/// The first chunk of an event stream.
#[divan::bench]
fn event_snapshot(bencher: Bencher) {
    use futures_util::StreamExt as _;
    let (runtime, router) = busy();
    let service = TowerToHyperService::new(router);
    bencher.bench_local(|| {
        runtime.block_on(async {
            let request = Request::get("/api/v1/events").body(HttpBody::empty()).unwrap();
            let response = service.call(request).await.unwrap();
            response.into_body().into_data_stream().next().await
        })
    });
}
