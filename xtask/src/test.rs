//! Everything a change must pass, in the order in which failures are cheapest to see.

use anyhow::Result;

use crate::{needs, tidy};

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
    // Benches must go on working; their figures are for people.
    crate::run("cargo", &["test", "--workspace", "--locked", "--benches"])
}
