//! Recorded answers of a Dispatcharr, over sockets, through our source and our live state, against what the plugin
//! printed within a second of them. The recordings are not part of this repository: without them nothing is tested.
#![expect(
    clippy::unwrap_used,
    reason = "a test says where it fails; an expectation would only repeat the line"
)]

mod deviations;
mod failures;
mod golden;
mod house;
mod plugin;
mod redis;
mod replay;

use std::path::PathBuf;

/// Where the recordings are, if they are here.
fn captures() -> Option<PathBuf> {
    let shared = std::env::var_os("PROJECTIONIST_SHARED")?;
    let folder = PathBuf::from(shared).join("captures/dispatcharr");
    folder.is_dir().then_some(folder)
}
