//! A disk that is full, and a place where nothing can be written: watching goes on.

use std::process::Command;

use sim::plex::SessionSeed;

use crate::house::{House, Running, client, scrape, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_nothing_and_what_ended_meanwhile_is_kept_afterwards() {
    let house = House::new().await;
    // The history can be made.
    let running = house.start();
    let url = running.until_url().await;
    let http = client();
    until("the history is written", async || {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        samples.contains_key("projectionist_history_last_write_timestamp_seconds")
    })
    .await;
    running.stop().await;
    // No file may grow beyond some pages: that is how a full disk looks from here. (Blocks of 512 or 1,024 bytes.)
    let limit = "trap '' XFSZ; ulimit -S -f 128; exec \"$0\" \"$@\"";
    let mut command = house.command("sh");
    command.args(["-c", limit, env!("CARGO_BIN_EXE_projectionist")]);
    command.args(["--listen", "127.0.0.1:0"]);
    let running = Running::spawn(command);
    let url = running.until_url().await;
    let world = house.plex.world();
    let key = world.start(SessionSeed::movie("Silt"));
    let sample = async |name: &str| {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        samples.get(name).copied()
    };
    until("writing fails", async || {
        sample("projectionist_history_writable").await == Some(0.0)
    })
    .await;
    world.stop(&key);
    until("the play waits", async || {
        sample("projectionist_history_waiting_plays").await == Some(1.0)
    })
    .await;
    // Somebody makes room.
    let pid = running.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status();
    assert!(lifted.unwrap().success());
    until("the play is kept", async || {
        sample("projectionist_history_kept_plays_total{origin=\"recorded\"}").await == Some(1.0)
            && sample("projectionist_history_writable").await == Some(1.0)
    })
    .await;
    running.stop().await;
    let disk = house.on_disk().await;
    assert_eq!(&*disk.ended[0].item.full_title, "Silt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_written_everything_else_works() {
    let house = House::new().await;
    std::fs::write(house.data_dir(), "a file where a directory should be").unwrap();
    let running = house.start();
    let url = running.until_url().await;
    house.plex.world().start(SessionSeed::movie("Silt"));
    let http = client();
    until("the session is seen", async || {
        let samples = scrape(&http, &url).await.unwrap_or_default();
        assert!(
            samples
                .keys()
                .all(|name| !name.starts_with("projectionist_history"))
        );
        samples
            .keys()
            .any(|name| name.starts_with("media_session_info") && name.contains("Silt"))
    })
    .await;
    running.stop().await;
}
