//! House rules no compiler checks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::root;

/// Which rooms a room may use. The map of ARCHITECTURE.md, checked against `cargo metadata`.
/// Development dependencies are free, but for `sim`, which must not learn the protocol from `sources`.
const ARROWS: [(&str, &[&str]); 11] = [
    ("base", &[]),
    ("access", &["base"]),
    ("model", &[]),
    ("sources", &["base", "model"]),
    ("live", &["base", "model"]),
    ("export", &["base", "model"]),
    ("history", &["base", "model"]),
    ("web", &["base", "access", "model", "live", "export", "history"]),
    ("sim", &["base"]),
    (
        "app",
        &[
            "base", "access", "model", "sources", "live", "history", "export", "web", "sim",
        ],
    ),
    ("xtask", &["sources"]),
];

/// Lines of a source file beyond which it should become two.
const MAX_LINES: usize = 600;

pub(crate) fn run() -> Result<()> {
    let mut faults = Vec::new();
    arrows(&mut faults)?;
    bans(&mut faults)?;
    files(&mut faults)?;
    if faults.is_empty() {
        println!(
            "tidy: {} rooms, every arrow allowed, no file over {MAX_LINES} lines",
            ARROWS.len()
        );
        return Ok(());
    }
    let mut list = String::new();
    for fault in &faults {
        let _ = write!(list, "\n  {fault}");
    }
    bail!("tidy found {} faults:{list}", faults.len())
}

fn arrows(faults: &mut Vec<String>) -> Result<()> {
    let out = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root())
        .output()
        .context("running cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&out.stdout).context("reading cargo metadata")?;
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for package in metadata["packages"]
        .as_array()
        .context("cargo metadata lists packages")?
    {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            faults.push(format!(
                "crate {name} is not in the map: add it to ARROWS and ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"].as_str() == Some("dev");
            let is_room = allowed.contains_key(to);
            let forbidden = is_room && !may.contains(&to) && (!is_dev || name == "sim");
            if forbidden {
                faults.push(format!("{name} uses {to}, which the map forbids"));
            }
        }
    }
    Ok(())
}

/// The bans of deny.toml, for machines without cargo-deny: they need nothing but the lock file.
fn bans(faults: &mut Vec<String>) -> Result<()> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("reading Cargo.lock")?;
    let deny = fs::read_to_string(root().join("deny.toml")).context("reading deny.toml")?;
    let banned = deny
        .lines()
        .filter_map(|l| l.trim().strip_prefix("{ crate = \"")?.split('"').next());
    for name in banned {
        if lock.contains(&format!("name = \"{name}\"\n")) {
            faults.push(format!("Cargo.lock holds {name}, which deny.toml bans"));
        }
    }
    Ok(())
}

fn files(faults: &mut Vec<String>) -> Result<()> {
    let out = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("running git ls-files")?;
    for name in String::from_utf8_lossy(&out.stdout).lines() {
        let path = Path::new(name);
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !matches!(
            kind,
            "rs" | "md" | "toml" | "js" | "css" | "py" | "ts" | "tsx" | "mjs"
        ) || name.contains("snapshots/")
        {
            continue;
        }
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            continue;
        };
        check_file(name, kind, &text, faults);
    }
    Ok(())
}

fn check_file(name: &str, kind: &str, text: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    if matches!(kind, "rs" | "ts" | "tsx" | "mjs") && lines > MAX_LINES {
        faults.push(format!("{name} has {lines} lines, more than {MAX_LINES}"));
    }
    let is_room = name.starts_with("crates/") && name.ends_with("src/lib.rs");
    if is_room && !text.contains("Invariant: ") {
        faults.push(format!(
            "{name} does not say what the room may not touch (\"Invariant: …\")"
        ));
    }
    for (i, line) in text.lines().enumerate() {
        let note = ["TO", "FIX"]
            .iter()
            .zip(["DO", "ME"])
            .any(|(a, b)| line.contains(&format!("{a}{b}")));
        if note {
            faults.push(format!("{name}:{} holds a note to self; make it an issue", i + 1));
        }
        if line.ends_with([' ', '\t']) && kind != "md" {
            faults.push(format!("{name}:{} ends in white space", i + 1));
        }
    }
}
