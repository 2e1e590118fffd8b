//! Programs the tests use that Cargo does not bring: Debian packages and some Python packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{root, run};

/// (program, Debian package).
const PROGRAMS: [(&str, &str); 10] = [
    ("promtool", "prometheus"),
    ("prometheus", "prometheus"),
    ("python3", "python3"),
    ("curl", "curl"),
    ("influxd", "influxdb"),
    ("victoria-metrics", "victoria-metrics"),
    ("redis-server", "redis-server"),
    ("chromium", "chromium"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// The oldest Node that builds the dashboard; `crates/web/build.rs` says the same.
const NODE_MIN: u32 = 20;

/// A Plex client nobody here wrote; it reads the simulator in `crates/app/tests/e2e`.
const PLEXAPI: [&str; 2] = ["plexapi==4.18.3", "websocket-client==1.9.2"];

/// Tautulli clients nobody here wrote; they speak to `/api/v2` in `crates/app/tests/tautulli`. The first two numbers of
/// the first one's last part are the version of Tautulli it is made for, ours is 2.17; the second does not name the
/// third, which it needs.
const TAUTULLI: [&str; 3] = [
    "tautulli==4.7.2.2170",
    "pytautulli==23.1.1",
    "async-timeout==5.0.1",
];

/// Installs what is missing, or says exactly what is missing. Returns the Python to run `plexapi` with.
pub(crate) fn install() -> Result<PathBuf> {
    let missing: Vec<_> = PROGRAMS.iter().filter(|(program, _)| !on_path(program)).collect();
    if !missing.is_empty() {
        let mut packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
        packages.dedup();
        if !is_root() || !on_path("apt-get") {
            let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
            bail!(
                "the tests need {}, which is not on PATH\nhint: on Debian: sudo apt-get install {}",
                programs.join(", "),
                packages.join(" ")
            );
        }
        run("apt-get", &["update", "-qq"])?;
        let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
        args.extend(packages);
        run("apt-get", &args)?;
    }
    recent_node()?;
    python(
        "tautulli-clients",
        &TAUTULLI,
        "import tautulli, pytautulli, async_timeout",
    )?;
    python("plexapi", &PLEXAPI, "import plexapi, websocket")
}

/// Older distributions have an older Node, which no package of theirs mends.
fn recent_node() -> Result<()> {
    let said = Command::new("node").arg("--version").output()?;
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|n| n.parse::<u32>().ok()) {
        Some(major) if major >= NODE_MIN => Ok(()),
        _ => {
            bail!("node is {version}, and the dashboard needs {NODE_MIN} or newer\nhint: https://nodejs.org")
        }
    }
}

/// A virtual environment in `target/` with `packages`; `imports` works if they are there.
fn python(name: &str, packages: &[&str], imports: &str) -> Result<PathBuf> {
    let venv = root().join("target").join(name);
    let python = venv.join("bin/python");
    let ready = |p: &PathBuf| p.exists() && quiet(Command::new(p).args(["-c", imports]));
    if ready(&python) {
        return Ok(python);
    }
    let path = venv.to_string_lossy().into_owned();
    if run("python3", &["-m", "venv", "--clear", &path]).is_err() {
        if !is_root() {
            bail!(
                "python3 cannot make virtual environments\nhint: on Debian: sudo apt-get install python3-venv"
            );
        }
        run(
            "apt-get",
            &["install", "-y", "-qq", "--no-install-recommends", "python3-venv"],
        )?;
        run("python3", &["-m", "venv", "--clear", &path])?;
    }
    let mut args = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    args.extend(packages);
    run(&python.to_string_lossy(), &args)?;
    Ok(python)
}

fn on_path(program: &str) -> bool {
    quiet(Command::new("sh").args(["-c", &format!("command -v {program}")]))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}
