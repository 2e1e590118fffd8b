//! Builds the dashboard (`ui/`) with Node and makes it part of the program, under the feature `ui`.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The oldest Node that Vite runs on.
const NODE_MIN: u32 = 20;

/// What the page is made from; a change of one of these builds it anew. The types come from the golden document.
const SOURCES: &[&str] = &[
    "ui/src",
    "ui/public",
    "ui/scripts",
    "ui/index.html",
    "ui/vite.config.ts",
    "ui/package-lock.json",
    "src/api/v1/snapshots",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_UI").is_none() {
        return;
    }
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    if let Err(why) = build() {
        // An error of the build script is printed by cargo as it is.
        println!("cargo::error={why}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let dist = out.join("ui");
    check_node()?;
    let lock = File::create(ui.join(".build-lock")).map_err(|e| told("cannot make a lock in ui/", &e))?;
    // Two builds beside each other (another target directory, an editor) must not install at once.
    lock.lock().map_err(|e| told("cannot take the lock in ui/", &e))?;
    install(&ui)?;
    run(&ui, "node", &["scripts/types.mjs"])?;
    let to = dist.to_str().ok_or("OUT_DIR is not UTF-8")?;
    run(
        &ui,
        "node",
        &[
            "node_modules/vite/bin/vite.js",
            "build",
            "--logLevel",
            "warn",
            "--outDir",
            to,
        ],
    )?;
    drop(lock);
    embed(&dist, &out)
}

fn check_node() -> Result<(), String> {
    let ways = format!(
        "The dashboard is built with Node. Either install Node {NODE_MIN} or newer (https://nodejs.org, or your \
         distribution's nodejs and npm), or build without the dashboard: cargo build --no-default-features"
    );
    let found = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|e| format!("cannot start node: {e}. {ways}"))?;
    let version = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|n| n.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MIN => Ok(()),
        _ => Err(format!("node is {version}, too old. {ways}")),
    }
}

/// Fetches the packages that `package-lock.json` names, unless these very ones are there.
fn install(ui: &Path) -> Result<(), String> {
    let wanted =
        fs::read(ui.join("package-lock.json")).map_err(|e| told("cannot read ui/package-lock.json", &e))?;
    let mark = ui.join("node_modules/.installed-lock.json");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(ui, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    fs::write(&mark, &wanted).map_err(|e| told("cannot write into ui/node_modules", &e))
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let what = format!("{program} {}", arguments.join(" "));
    let done = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|e| {
            format!(
                "cannot start {what} for the dashboard: {e}. Without the dashboard: --no-default-features"
            )
        })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    // One directive is one line.
    let said = said.trim().replace('\n', " | ");
    Err(format!(
        "building the dashboard: {what} failed ({}): {said}",
        done.status
    ))
}

fn told(what: &str, e: &std::io::Error) -> String {
    format!("{what}: {e}")
}

/// Writes `ui_files.rs`: every file with its type, a tag of its content, and its bytes, compressed where that helps.
fn embed(dist: &Path, out: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    collect(dist, dist, &mut files)?;
    files.sort();
    let packed = out.join("packed");
    fs::create_dir_all(&packed).map_err(|e| told("cannot make a folder in OUT_DIR", &e))?;
    let mut code = String::from("static FILES: &[File] = &[\n");
    for (n, name) in files.iter().enumerate() {
        let bytes = fs::read(dist.join(name)).map_err(|e| told(name, &e))?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let tag = hasher.finish();
        let zipped = gzip(&bytes).map_err(|e| told(name, &e))?;
        let smaller = zipped.len() < bytes.len();
        let path = packed.join(n.to_string());
        let to = path.to_str().ok_or("OUT_DIR is not UTF-8")?;
        fs::write(&path, if smaller { &zipped } else { &bytes }).map_err(|e| told(name, &e))?;
        let content_type = content_type(name)?;
        let _ = writeln!(
            code,
            "    File {{ name: {name:?}, content_type: {content_type:?}, etag: \"\\\"{tag:016x}\\\"\", zipped: {smaller}, \
             bytes: include_bytes!({to:?}) }},"
        );
    }
    code.push_str("];\n");
    fs::write(out.join("ui_files.rs"), code).map_err(|e| told("ui_files.rs", &e))
}

fn collect(dist: &Path, folder: &Path, files: &mut Vec<String>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|e| told("reading what Vite built", &e))? {
        let path = entry.map_err(|e| told("reading what Vite built", &e))?.path();
        if path.is_dir() {
            collect(dist, &path, files)?;
        } else if let Some(name) = path.strip_prefix(dist).ok().and_then(Path::to_str) {
            files.push(name.replace('\\', "/"));
        }
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn content_type(name: &str) -> Result<&'static str, String> {
    Ok(match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => return Err(format!("the dashboard has a file of unknown type: {name}")),
    })
}
