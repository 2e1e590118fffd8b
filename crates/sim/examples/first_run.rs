//! What a first run meets: a Plex server with people on it, a plex.tv that lists it, a Tautulli that watched it.
//!
//! `cargo run -p sim --example first_run` prints where they are as one line of JSON. A line `confirm CODE` on standard
//! input is the person who confirms a sign-in; the end of the input ends everything. The browser tests of the dashboard
//! use it, and so can who tries the first run by hand.

#![expect(clippy::print_stdout, reason = "it tells who started it where it listens")]

use jiff::Timestamp;
use serde_json::json;
use sim::plex::Plex;
use sim::plex_tv::{AccountSeed, Place, PlexTv, ServerSeed, TvSeed};
use sim::scenario::{household, household_seed};
use sim::tautulli::{self, Play, Tautulli};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;

/// Plays the Tautulli has, one an hour up to now.
const PLAYS: i64 = 480;
const HOUR_S: i64 = 3600;
const USER: &str = "marlo";
const API_KEY: &str = "first-run-tautulli-key-0123456789";

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let seed = household_seed().token("first-run-plex-token");
    let (name, machine_id) = (seed.name.clone(), seed.machine_id.clone());
    let plex = Plex::try_start(seed).await?;
    let listed =
        ServerSeed::new(&name, &machine_id, USER, plex.token()).connection(Place::Local, &plex.url());
    let account = AccountSeed::new(USER, "first-run-password", "first-run-account-token");
    let tv = PlexTv::start(TvSeed::default().account(account).server(listed)).await?;
    let watched = Tautulli::start(past(&machine_id)).await?;
    let cancel = CancellationToken::new();
    let evening = tokio::spawn(household(plex.world(), cancel.clone()));
    println!(
        "{}",
        json!({
            "plex": { "url": plex.url(), "token": plex.token(), "name": name },
            "plex_tv": tv.url(),
            "tautulli": { "url": watched.url(), "api_key": API_KEY, "plays": PLAYS },
        })
    );
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(code) = line.strip_prefix("confirm ") {
            // An unknown code confirms nothing, as at plex.tv.
            let _ = tv.link_pin(code.trim(), USER);
        }
    }
    cancel.cancel();
    // A panic in there has been printed already and is no reason to fail at the end.
    let _ = evening.await;
    watched.stop().await;
    tv.stop().await;
    plex.stop().await;
    Ok(())
}

/// A film every hour, each half an hour long.
fn past(machine_id: &str) -> tautulli::Seed {
    let first = Timestamp::now().as_second() - PLAYS * HOUR_S;
    let plays = (0..PLAYS)
        .map(|n| {
            let title = format!("Film {:02}", n % 40);
            Play::movie(n + 1, (1, USER), &title, first + n * HOUR_S, HOUR_S / 2, 95)
        })
        .collect();
    tautulli::Seed {
        api_key: API_KEY.to_owned(),
        machine_id: machine_id.to_owned(),
        plays,
        ..tautulli::Seed::default()
    }
}
