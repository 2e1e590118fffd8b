//! Decodes recorded payloads, which live outside the repository, with the product's own decoders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sources::plex::captures::check_capture;

pub(crate) fn run(dir: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    if files.is_empty() {
        bail!("{} holds no file", dir.display());
    }
    files.sort();
    let (mut clean, mut issues, mut unread) = (0, 0, Vec::new());
    for path in &files {
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.strip_prefix(dir).unwrap_or(path).display().to_string();
        let report = check_capture(Path::new(&name), &bytes);
        println!("{name}: {}", report.decoded_as);
        if let Some(note) = &report.note {
            println!("    {note}");
        }
        for issue in &report.issues {
            println!("    {}: {}", issue.path, issue.what);
        }
        issues += report.issues.len();
        if report.decoded_as == "unreadable" {
            unread.push(name);
        } else if report.issues.is_empty() {
            clean += 1;
        }
    }
    println!(
        "\n{} files: {clean} read whole, {issues} fields left out, {} not read",
        files.len(),
        unread.len()
    );
    if unread.is_empty() {
        Ok(())
    } else {
        bail!("not read: {}", unread.join(", "))
    }
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("listing {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|e| e != "tsv") {
            files.push(path);
        }
    }
    Ok(())
}
