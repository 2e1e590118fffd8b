//! What a server is asked for while nothing happens.

use std::time::Duration;

use crate::watch::{Watch, settled, still_server};

#[tokio::test]
async fn a_quiet_server_is_left_in_peace() {
    let plex = still_server().await;
    let world = plex.world();
    let mut cfg = crate::watch::lively(&plex);
    cfg.poll_interval_s = 5.0;
    let mut watch = Watch::start(cfg);
    settled(&mut watch, &plex).await;
    // The first round of everything takes a second or two.
    crate::watch::wait_for("the first round", || world.request_count("/updater/status") == 1).await;
    world.clear_requests();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = world.requests();
    assert!(asked.len() <= 6, "{asked:#?}");
}
