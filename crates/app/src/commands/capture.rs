//! `projectionist capture`: what a server answers, scrubbed, for a bug report.

use sources::plex;

use super::{block_on, run};
use crate::cli;
use crate::config::{self, Config, Env, Flags, plain};
use crate::failure::Failure;
use crate::output;

pub(super) fn capture(flags: &Flags, env: &Env, args: &cli::Capture) -> Result<(), Failure> {
    let loaded = config::load(flags, env)?;
    run::start_log(&loaded.config, env);
    config::check_files(&loaded.merged)?;
    let mut config = loaded.config;
    run::identify(&mut config);
    let server = choose(&config, args.server.as_deref())?;
    let tv = config.needs_plex_tv().then_some(&config.plex_tv);
    let files = block_on(async {
        plex::capture(server, tv)
            .await
            .map_err(|e| Failure::chain(&e).maybe_hint(e.hint()))
    })?;
    let dir = &args.output;
    let cannot =
        |e: std::io::Error| Failure::failed(format!("cannot write to {}: {}", dir.display(), plain(&e)));
    std::fs::create_dir_all(dir).map_err(cannot)?;
    for (name, bytes) in &files {
        std::fs::write(dir.join(name), bytes).map_err(cannot)?;
        output::line(dir.join(name).display().to_string());
    }
    output::complain(&format!(
        "{} files; look through them before you send them to anyone",
        files.len()
    ));
    Ok(())
}

fn choose<'a>(config: &'a Config, wanted: Option<&str>) -> Result<&'a plex::Config, Failure> {
    let ids = || {
        config
            .plex
            .iter()
            .map(|p| p.id.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (wanted, config.plex.as_slice()) {
        (_, []) => Err(Failure::config("no server is configured").hint("set PLEX_SERVER and PLEX_TOKEN")),
        (None, [one]) => Ok(one),
        (None, _) => {
            Err(Failure::usage("several servers are configured")
                .hint(format!("choose with --server: {}", ids())))
        }
        (Some(id), all) => all.iter().find(|p| p.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
            Failure::usage(format!("no server is called \"{id}\"")).hint(format!("there are: {}", ids()))
        }),
    }
}
