//! `[access]` as the program uses it.

use std::path::{Path, PathBuf};

use access::{Mode, Network, Networks, PASSWORD_CHARS_MIN, Settings};
use base::Secret;
use serde::Deserialize;

use super::{Merged, plain};
use crate::failure::Failure;

/// The fields are described in the schema.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(crate) mode: String,
    #[serde(default)]
    pub(crate) admin_password: Option<Secret>,
    #[serde(default)]
    admin_password_file: Option<PathBuf>,
    #[serde(default)]
    proxy_header: Option<String>,
    #[serde(default)]
    proxies: Vec<Range>,
    #[serde(default)]
    proxy_admins: Option<Vec<String>>,
    metrics: String,
    session_days: u32,
}

/// An address or a range of them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Range(Network);

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

impl Access {
    /// Nobody is asked, for the demo.
    pub(crate) fn turn_off(&mut self) {
        "off".clone_into(&mut self.mode);
    }

    /// `only_here`: no listener can be reached from another machine. Reads the file with the password.
    pub(crate) fn settings(&self, only_here: bool) -> Result<Settings, Failure> {
        let proxies: Networks = self.proxies.iter().map(|r| r.0).collect();
        let mut settings = Settings::new(match self.mode.as_str() {
            "password" => Mode::Password,
            "proxy" => Mode::Proxy,
            "off" => Mode::Off,
            _ => Mode::Auto,
        });
        settings.only_here = only_here;
        settings.admin_password = self.password()?;
        settings.proxy_header = self.proxy_header.as_ref().map(|h| h.trim().to_ascii_lowercase());
        settings.proxies = proxies;
        settings.proxy_admins.clone_from(&self.proxy_admins);
        settings.metrics_key = self.metrics == "key";
        settings.session_days = self.session_days;
        Ok(settings)
    }

    fn password(&self) -> Result<Option<Secret>, Failure> {
        let Some(path) = &self.admin_password_file else {
            return Ok(self.admin_password.clone());
        };
        let password = read(path)?;
        if is_short(&password) {
            return Err(short(&format!("the password in {}", path.display())));
        }
        Ok(Some(password))
    }
}

fn read(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::config(format!("cannot read {}: {}", path.display(), plain(&e))))?;
    Ok(Secret::new(&text))
}

fn is_short(password: &Secret) -> bool {
    password.expose().chars().count() < PASSWORD_CHARS_MIN
}

fn short(what: &str) -> Failure {
    Failure::config(format!("{what} has less than {PASSWORD_CHARS_MIN} characters"))
        .hint("this program can be reached by whoever guesses it: choose a longer one")
}

/// What the schema cannot check.
pub(super) fn check(access: &Access, merged: &Merged) -> Result<(), Failure> {
    if access.admin_password.as_ref().is_some_and(is_short) {
        let message = short("it").message;
        let failure = merged.refuse("access", 0, "admin_password", message);
        return Err(failure.hint("choose a longer one"));
    }
    if let Some(header) = &access.proxy_header
        && http::HeaderName::from_bytes(header.trim().as_bytes()).is_err()
    {
        let message = format!("\"{header}\" is no name of a header");
        return Err(merged.refuse("access", 0, "proxy_header", message));
    }
    let missing = match access.mode.as_str() {
        "proxy" if access.proxy_header.is_none() => "proxy_header",
        "proxy" if access.proxies.is_empty() => "proxies",
        _ => return Ok(()),
    };
    let message = format!("mode \"proxy\" needs {missing}");
    let hint = "proxy_header names the header with the user, proxies the addresses of those who may send it";
    Err(merged.refuse("access", 0, "mode", message).hint(hint))
}
