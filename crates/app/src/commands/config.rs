//! `projectionist config convert`: the file of another program as one of ours.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::cli::Convert;
use crate::config::{self, Env, plain};
use crate::failure::Failure;
use crate::output;

/// Readable for its owner only: it holds passwords.
const PRIVATE: u32 = 0o600;

pub(super) fn convert(args: &Convert, env: &Env) -> Result<(), Failure> {
    let toml = config::convert(&args.file, env)?;
    let Some(path) = &args.output else {
        output::print(&toml);
        return Ok(());
    };
    write(path, &toml).map_err(|e| {
        Failure::failed(format!("cannot write {}: {}", path.display(), plain(&e)))
            .hint("name a file that does not exist yet, in a directory that does")
    })?;
    output::line(format!(
        "written to {}; try it: projectionist check --config {}",
        path.display(),
        path.display()
    ));
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
