//! What a user may say about a Plex server.

use std::fmt;
use std::path::PathBuf;

use base::Secret;
use base::error::Chain;
use base::tls::{Trust, read_ca};
use serde::Deserialize;

use super::address;
use super::error::Error;

/// One `[[plex]]` table: a server to watch, by `url` or by its `name` at plex.tv.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Our short name for the server, unique; used in logs and as the `source` label. Default: made from `name`
    /// or from the host in `url`.
    pub id: String,
    /// Address of the server, `http://host:32400`. A path behind a proxy is kept; `/web` is cut off. Default: none.
    pub url: Option<String>,
    /// The server's token (`X-Plex-Token`). Default: none.
    pub token: Option<Secret>,
    /// File that holds the token; read again when the server refuses it. Default: none.
    pub token_file: Option<PathBuf>,
    /// Name of the server at plex.tv, to find its address there instead of giving `url`. Default: none.
    pub name: Option<String>,
    /// PEM file of certificate authorities to trust besides the usual ones. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Check the certificate for this host name instead of the one in `url`. Default: none.
    pub tls_name: Option<String>,
    /// Do not check the certificate at all. Default: false.
    pub tls_skip_verify: bool,
    /// The server's `machineIdentifier`; any other server is refused. Default: the first one seen.
    pub machine_id: Option<String>,
    /// Seconds between two looks at the sessions. Default: 5.
    pub poll_interval_s: f64,
    /// Seconds between two counts of the libraries' items. Default: 900.
    pub library_interval_s: u64,
    /// Seconds a request may take. Default: 10.
    pub timeout_s: f64,
    /// Listen to the server's notifications, so that changes show at once. Default: true.
    pub notifications: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            id: String::new(),
            url: None,
            token: None,
            token_file: None,
            name: None,
            ca_file: None,
            tls_name: None,
            tls_skip_verify: false,
            machine_id: None,
            poll_interval_s: 5.0,
            library_interval_s: 900,
            timeout_s: 10.0,
            notifications: true,
        }
    }
}

impl fmt::Debug for Config {
    /// Without what people paste into addresses: passwords and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("id", &self.id)
            .field("url", &self.url.as_deref().map(address::shown))
            .field("token", &self.token)
            .field("token_file", &self.token_file)
            .field("name", &self.name)
            .field("ca_file", &self.ca_file)
            .field("tls_name", &self.tls_name)
            .field("tls_skip_verify", &self.tls_skip_verify)
            .field("machine_id", &self.machine_id)
            .field("poll_interval_s", &self.poll_interval_s)
            .field("library_interval_s", &self.library_interval_s)
            .field("timeout_s", &self.timeout_s)
            .field("notifications", &self.notifications)
            .finish()
    }
}

const WHERE_HINT: &str = "set `url = \"http://host:32400\"`, or `name` to the server's name at plex.tv";

impl Config {
    /// The name to know the server by: the configured one, else the one at plex.tv, else its host.
    pub fn effective_id(&self) -> String {
        if !self.id.is_empty() {
            return self.id.clone();
        }
        let host = || self.url.as_deref().and_then(address::host);
        self.name
            .clone()
            .or_else(host)
            .unwrap_or_else(|| "plex".to_owned())
    }

    /// Finds what cannot work before anything is asked of anyone.
    pub fn validate(&self) -> Result<(), Error> {
        match (&self.url, &self.name) {
            (None, None) => {
                return Err(self.error("neither `url` nor `name` is set".to_owned(), Some(WHERE_HINT)));
            }
            (Some(url), _) => {
                address::parse(url).map_err(|what| self.error(what, Some(WHERE_HINT)))?;
            }
            (None, Some(_)) => {}
        }
        self.seconds("poll_interval_s", self.poll_interval_s, 0.5, 3600.0)?;
        self.seconds("timeout_s", self.timeout_s, 0.1, 600.0)?;
        if self.library_interval_s < 60 {
            return Err(self.error("`library_interval_s` must be at least 60".to_owned(), None));
        }
        Ok(())
    }

    fn seconds(&self, key: &str, value: f64, min: f64, max: f64) -> Result<(), Error> {
        if (min..=max).contains(&value) {
            return Ok(());
        }
        Err(self.error(format!("`{key}` must be from {min} to {max}, not {value}"), None))
    }

    /// How messages name the server: `plex "attic"`.
    pub(super) fn who(&self) -> String {
        format!("plex \"{}\"", self.effective_id())
    }

    pub(super) fn error(&self, what: String, hint: Option<&str>) -> Error {
        Error::Config {
            who: self.who(),
            what,
            hint: hint.map(str::to_owned),
        }
    }

    /// How certificates are to be checked.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        let extra_ca_pem = self.ca_file.as_deref().map(read_ca).transpose();
        Ok(Trust {
            extra_ca_pem: extra_ca_pem.map_err(|e| self.error(Chain(&e).to_string(), None))?,
            name_override: self.tls_name.clone(),
            skip_verification: self.tls_skip_verify,
        })
    }

    /// The server's own token, from the file if there is one.
    pub(super) fn own_token(&self) -> Result<Option<Secret>, Error> {
        let Some(path) = &self.token_file else {
            return Ok(self.token.clone().filter(|token| !token.is_empty()));
        };
        let token = std::fs::read_to_string(path).map_err(|e| {
            let hint = "check that the file exists and may be read by the user we run as";
            self.error(
                format!("reading the token file {}: {e}", path.display()),
                Some(hint),
            )
        })?;
        let token = Secret::new(&token);
        if token.is_empty() {
            return Err(self.error(format!("the token file {} is empty", path.display()), None));
        }
        Ok(Some(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> Config {
        Config {
            url: Some(url.to_owned()),
            ..Config::default()
        }
    }

    #[test]
    fn a_server_without_a_name_is_called_by_what_leads_to_it() {
        assert_eq!(with("http://attic:32400/web").effective_id(), "attic");
        assert_eq!(
            Config {
                name: Some("Attic".to_owned()),
                ..Config::default()
            }
            .effective_id(),
            "Attic"
        );
        assert_eq!(
            Config {
                id: "a".to_owned(),
                ..with("http://attic")
            }
            .effective_id(),
            "a"
        );
    }

    #[test]
    fn what_cannot_work_is_said_at_once() {
        let cases = [
            (
                Config::default(),
                "plex \"plex\": neither `url` nor `name` is set",
            ),
            (
                with("ftp://attic"),
                "plex \"plex\": the address must begin with http:// or https://, not ftp://",
            ),
            (
                Config {
                    poll_interval_s: 0.0,
                    ..with("http://attic")
                },
                "plex \"attic\": `poll_interval_s` must be from 0.5 to 3600, not 0",
            ),
            (
                Config {
                    timeout_s: f64::NAN,
                    ..with("http://attic")
                },
                "plex \"attic\": `timeout_s` must be from 0.1 to 600, not NaN",
            ),
            (
                Config {
                    library_interval_s: 1,
                    ..with("http://attic")
                },
                "plex \"attic\": `library_interval_s` must be at least 60",
            ),
        ];
        for (cfg, message) in cases {
            let error = cfg.validate().unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.kind(), base::Kind::Config);
        }
        assert!(with("http://attic").validate().is_ok());
    }

    #[test]
    fn unknown_keys_are_refused() {
        let refused = serde_json::from_str::<Config>(r#"{"url":"http://a","tokn":"x"}"#);
        assert!(refused.unwrap_err().to_string().contains("unknown field `tokn`"));
    }
}
