//! Opens the gate as the configuration wants it.

use access::{Gate, Mode, Refused};
use base::Clock;
use base::error::Chain;

use crate::config::Config;
use crate::failure::Failure;

/// `only_here`: no listener can be reached from another machine.
pub(crate) async fn gate(config: &Config, only_here: bool, clock: &Clock) -> Result<Gate, Failure> {
    let gate = load(config, only_here, clock)?;
    gate.adopt_configured_password().await.map_err(|e| failure(&e))?;
    if !only_here {
        if gate.settings().mode == Mode::Off {
            tracing::warn!(
                "[access] mode = \"off\": whoever can reach this program may see and change everything"
            );
        }
        gate.tell_setup_code();
    }
    Ok(gate)
}

/// As [`gate`], for commands that serve nothing.
pub(crate) fn load(config: &Config, only_here: bool, clock: &Clock) -> Result<Gate, Failure> {
    let settings = config.access.settings(only_here)?;
    Gate::load(settings, &config.data_dir, clock.clone()).map_err(|e| {
        let hint = "put a backup of it in its place; or delete it, and set passwords and keys anew";
        Failure::failed(Chain(&e).to_string()).hint(hint)
    })
}

/// `e` with the file it is about, for whoever has this machine.
pub(crate) fn failure(e: &Refused) -> Failure {
    match e {
        Refused::File(file) => {
            Failure::failed(Chain(file).to_string()).hint("--data-dir names another directory")
        }
        other => Failure::failed(other.to_string()),
    }
}
