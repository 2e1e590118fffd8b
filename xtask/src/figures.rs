//! The table of the README, measured now.

use anyhow::Result;

use crate::run as command;

/// `seconds`: how long each steady state is watched.
pub(crate) fn run(seconds: u64) -> Result<()> {
    let seconds = seconds.to_string();
    command(
        "cargo",
        &["bench", "--package", "app", "--bench", "figures", "--", &seconds],
    )
}

/// The table of the guide on history: a million plays, or `rows`.
pub(crate) fn history(rows: u64) -> Result<()> {
    let rows = rows.to_string();
    command(
        "cargo",
        &["bench", "--package", "app", "--bench", "history", "--", &rows],
    )
}
