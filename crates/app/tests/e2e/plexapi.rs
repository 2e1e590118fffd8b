//! `plexapi`, a client nobody here wrote, reads the simulator: server, libraries, sessions and alerts.

use std::path::Path;
use std::process::Command;

use crate::support::{Process, projectionist};

#[test]
fn plexapi_reads_the_simulator() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plexapi/bin/python");
    assert!(
        python.exists(),
        "{} is missing; `cargo xtask test` makes it",
        python.display()
    );
    let sim = Process::start(projectionist().args([
        "simulate",
        "--scenario",
        "household",
        "--listen",
        "127.0.0.1:0",
        "--token",
        "plexapi-token",
    ]));
    let url = sim.line(|line| {
        line.find("http://")
            .map(|at| line[at..].split_whitespace().next().unwrap().to_owned())
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/read_plex.py");
    let out = Command::new(python)
        .arg(script)
        .args([&url, "plexapi-token"])
        .output()
        .expect("python starts");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(said.contains("all read"), "{said}");
}
