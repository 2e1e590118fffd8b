//! Everything a change must pass, in the order in which failures are cheapest to see.

use anyhow::Result;

use crate::{needs, tidy, ui};

pub(crate) fn run() -> Result<()> {
    needs::install()?;
    crate::run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    crate::run(
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    crate::run("cargo", &["test", "--workspace", "--locked"])?;
    ui::test()?;
    without_the_dashboard()?;
    // Benches must go on working; their figures are for people.
    crate::run("cargo", &["test", "--workspace", "--locked", "--benches"])
}

/// The program can be made without Node, and who has none is told so.
fn without_the_dashboard() -> Result<()> {
    ui::says_what_it_needs()?;
    crate::run("cargo", &["check", "--locked", "--no-default-features"])
}
