//! The dashboard's own checks: types, rules, how much it weighs, and the real program in a real browser.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::root;

/// All scripts together, gzipped: what a phone loads at most.
const SCRIPTS_MAX_BYTES: usize = 120 * 1024;

/// Everything about the dashboard. Cargo has built it, and so has installed what `package-lock.json` names.
pub(crate) fn test() -> Result<()> {
    let program = program()?;
    node(&["scripts/types.mjs"], None)?;
    node(&["node_modules/typescript/bin/tsc", "--noEmit"], None)?;
    vitest("unit", &[], None)?;
    weigh()?;
    vitest("browser", &[], Some(&program))
}

/// Who has no Node, or an old one, is told both ways out; the build script itself says so, run with such a Node.
pub(crate) fn says_what_it_needs() -> Result<()> {
    let built = target().join("debug/build");
    let mut scripts: Vec<_> = std::fs::read_dir(&built)
        .with_context(|| format!("reading {}", built.display()))?
        .filter_map(|entry| Some(entry.ok()?.path().join("build-script-build")))
        .filter(|path| path.to_string_lossy().contains("/web-") && path.exists())
        .collect();
    scripts.sort_by_key(|path| path.metadata().and_then(|m| m.modified()).ok());
    let script = scripts.pop().context("the build script of web is not built")?;
    let folder = target().join("without-node");
    std::fs::create_dir_all(&folder)?;
    let old = folder.join("node");
    for (version, expected) in [
        (None, "cannot start node"),
        (Some("v18.19.0"), "node is v18.19.0, too old"),
    ] {
        match version {
            None => drop(std::fs::remove_file(&old)),
            Some(version) => {
                std::fs::write(&old, format!("#!/bin/sh\necho {version}\n"))?;
                crate::run("chmod", &["+x", &old.to_string_lossy()])?;
            }
        }
        let out = Command::new(&script)
            .env_clear()
            .env("PATH", &folder)
            .env("OUT_DIR", &folder)
            .env("CARGO_FEATURE_UI", "1")
            .current_dir(root().join("crates/web"))
            .output()?;
        let said = String::from_utf8_lossy(&out.stdout);
        let ways = [
            "cargo::error=",
            expected,
            "install Node 20 or newer",
            "--no-default-features",
        ];
        if out.status.success() || !ways.iter().all(|way| said.contains(way)) {
            bail!("a build without Node ends with {} and says: {said}", out.status);
        }
    }
    Ok(())
}

/// Pictures of every page into `docs/img`.
pub(crate) fn screenshots() -> Result<()> {
    let program = program()?;
    vitest("screenshots", &[], Some(&program))
}

/// The debug build of the program.
fn program() -> Result<PathBuf> {
    crate::run("cargo", &["build", "--locked"])?;
    // The servers that the tests of the first run meet.
    crate::run(
        "cargo",
        &["build", "--locked", "-p", "sim", "--example", "first_run"],
    )?;
    Ok(std::path::absolute(target())?.join("debug/projectionist"))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn ui() -> PathBuf {
    root().join("crates/web/ui")
}

fn vitest(project: &str, more: &[&str], program: Option<&Path>) -> Result<()> {
    let mut args = vec!["node_modules/vitest/vitest.mjs", "run", "--project", project];
    args.extend(more);
    node(&args, program)
}

fn node(args: &[&str], program: Option<&Path>) -> Result<()> {
    eprintln!("$ node {}", args.join(" "));
    let mut command = Command::new("node");
    command.args(args).current_dir(ui());
    if let Some(program) = program {
        command.env("PROJECTIONIST_BIN", program);
    }
    let status = command.status().context("starting node")?;
    if !status.success() {
        bail!("node {} failed ({status})", args.join(" "));
    }
    Ok(())
}

/// Builds the page and fails if its scripts have grown too large.
fn weigh() -> Result<()> {
    let dist = target().join("ui");
    let to = dist.to_string_lossy().into_owned();
    node(
        &[
            "node_modules/vite/bin/vite.js",
            "build",
            "--logLevel",
            "warn",
            "--outDir",
            &to,
        ],
        None,
    )?;
    let folder = dist.join("app");
    let mut total = 0;
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "js") {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&std::fs::read(&path)?)?;
            total += encoder.finish()?.len();
        }
    }
    eprintln!("all scripts of the dashboard: {total} bytes gzipped, of {SCRIPTS_MAX_BYTES}");
    if total > SCRIPTS_MAX_BYTES {
        bail!("the dashboard's scripts are {total} bytes gzipped, more than {SCRIPTS_MAX_BYTES}");
    }
    if total == 0 {
        bail!("the dashboard has no scripts in {}", folder.display());
    }
    Ok(())
}
