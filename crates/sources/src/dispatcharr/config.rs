//! What a user may say about a Dispatcharr.

use std::fmt;
use std::path::PathBuf;

use base::error::Chain;
use base::tls::{Trust, read_ca};
use base::{Kind, Secret};
use serde::Deserialize;

use super::{Error, address};

/// One `[[dispatcharr]]` table. Give an API key, or a user and a password.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Our short name for it, unique. Default: the host in `url`.
    pub id: String,
    /// Address, `http://host:9191`. A path behind a proxy is kept.
    pub url: String,
    /// API key of an administrator. Default: none.
    pub api_key: Option<Secret>,
    /// File that holds the API key; read again when it is refused. Default: none.
    pub api_key_file: Option<PathBuf>,
    /// Name of an administrator, to sign in with a password instead of a key. Default: none.
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
    /// Its Redis, read only: `redis://[user:password@]host:6379/0`, `rediss://` with TLS. Default: none.
    pub redis_url: Option<Secret>,
    /// File that holds it.
    pub redis_url_file: Option<PathBuf>,
    /// Listen to its WebSocket and look at once when something changes. It takes a token in the address, so it is off
    /// by default, and it needs user and password.
    pub notifications: bool,
    /// Seconds between two looks at what is on the air, from 0.5 to 3,600. Default: 5.
    pub poll_interval_s: f64,
    /// Seconds between two looks at accounts, guides, users and channels, from 30 to 86,400.
    /// Default: 300.
    pub inventory_interval_s: u64,
    /// Seconds a request may take, from 0.1 to 600. Default: 10.
    pub timeout_s: f64,
    /// PEM file of certificate authorities to trust besides the usual ones. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Check the certificate for this host name instead of the one in `url`. Default: none.
    pub tls_name: Option<String>,
    /// Do not check the certificate at all. Default: false.
    pub tls_skip_verify: bool,
    /// What is asked for beyond what everyone needs; follows from what is shown.
    #[serde(skip)]
    pub wants: Wants,
}

/// What costs further questions and is only asked for if somebody wants to see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Bytes and rates of every viewer: one question for each channel on the air at every look.
    pub viewer_details: bool,
    /// The whole list of channels with every look at the inventory.
    pub channel_list: bool,
    pub plugins: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            id: String::new(),
            url: String::new(),
            api_key: None,
            api_key_file: None,
            user: None,
            password: None,
            password_file: None,
            redis_url: None,
            redis_url_file: None,
            notifications: false,
            poll_interval_s: 5.0,
            inventory_interval_s: 300,
            timeout_s: 10.0,
            ca_file: None,
            tls_name: None,
            tls_skip_verify: false,
            wants: Wants::default(),
        }
    }
}

impl fmt::Debug for Config {
    /// Without what people paste into addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("id", &self.id)
            .field("url", &address::shown(&self.url))
            .field("api_key", &self.api_key)
            .field("api_key_file", &self.api_key_file)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("password_file", &self.password_file)
            .field("redis_url", &self.redis_url)
            .field("notifications", &self.notifications)
            .field("wants", &self.wants)
            .finish_non_exhaustive()
    }
}

/// How requests are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Key,
    Password,
}

const WHERE_HINT: &str = "set `url = \"http://host:9191\"`";
const WHO_HINT: &str = "set `api_key` to the key of an administrator (Dispatcharr: Users, the user's API key), or `user` and \
                        `password`";

impl Config {
    /// The name to know it by: the configured one, else its host.
    pub fn effective_id(&self) -> String {
        if !self.id.is_empty() {
            return self.id.clone();
        }
        address::host(&self.url).unwrap_or_else(|| model::DISPATCHARR.to_owned())
    }

    /// Finds what cannot work before anything is asked of anyone. Files are not read: they may come later.
    pub fn validate(&self) -> Result<(), Error> {
        self.base()?;
        self.way()?;
        self.seconds("poll_interval_s", self.poll_interval_s, 0.5, 3600.0)?;
        self.seconds("timeout_s", self.timeout_s, 0.1, 600.0)?;
        if !(30..=86_400).contains(&self.inventory_interval_s) {
            let told = self.inventory_interval_s;
            return Err(self.error(format!(
                "`inventory_interval_s` must be from 30 to 86400, not {told}"
            )));
        }
        if self.notifications && self.user.is_none() {
            return Err(self
                .error("`notifications` need a user and a password")
                .with_hint("its WebSocket takes no API key"));
        }
        if let Some(url) = self.redis_url.as_ref().filter(|url| !url.is_empty()) {
            let url = url.expose();
            if !["redis://", "rediss://"].iter().any(|s| url.starts_with(s)) {
                return Err(self
                    .error("`redis_url` must begin with redis:// or rediss://")
                    .with_hint("`redis_url = \"redis://host:6379/0\"`"));
            }
        }
        Ok(())
    }

    /// The key where both are given: it costs no login.
    pub(super) fn way(&self) -> Result<Way, Error> {
        let has = |value: Option<&Secret>, file: Option<&PathBuf>| {
            file.is_some() || value.is_some_and(|v| !v.is_empty())
        };
        // Notifications take nothing but a token of a login.
        if has(self.api_key.as_ref(), self.api_key_file.as_ref()) && !self.notifications {
            return Ok(Way::Key);
        }
        let has_password = has(self.password.as_ref(), self.password_file.as_ref());
        match (self.user.as_deref().is_some_and(|u| !u.is_empty()), has_password) {
            (true, true) => Ok(Way::Password),
            (true, false) => Err(self.error("`user` is set, but no password").with_hint(WHO_HINT)),
            (false, true) => Err(self.error("a password is set, but no `user`").with_hint(WHO_HINT)),
            (false, false) if has(self.api_key.as_ref(), self.api_key_file.as_ref()) => Ok(Way::Key),
            (false, false) => Err(self
                .error("neither an API key nor a user is set")
                .with_hint(WHO_HINT)),
        }
    }

    fn seconds(&self, key: &str, value: f64, min: f64, max: f64) -> Result<(), Error> {
        if (min..=max).contains(&value) {
            return Ok(());
        }
        Err(self.error(format!("`{key}` must be from {min} to {max}, not {value}")))
    }

    /// The address, cleaned; without a slash at the end.
    pub(super) fn base(&self) -> Result<String, Error> {
        address::parse(&self.url).map_err(|what| self.error(what).with_hint(WHERE_HINT))
    }

    /// How messages name it: `dispatcharr "attic"`.
    pub(super) fn who(&self) -> String {
        format!("{} \"{}\"", model::DISPATCHARR, self.effective_id())
    }

    pub(super) fn error(&self, what: impl Into<String>) -> Error {
        Error::new(&self.who(), Kind::Config, what)
    }

    /// How certificates are to be checked.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        let extra_ca_pem = self.ca_file.as_deref().map(read_ca).transpose();
        Ok(Trust {
            extra_ca_pem: extra_ca_pem.map_err(|e| self.error(Chain(&e).to_string()))?,
            name_override: self.tls_name.clone(),
            skip_verification: self.tls_skip_verify,
        })
    }

    /// The API key as it is now.
    pub(super) fn key_now(&self) -> Result<Secret, Error> {
        self.secret("API key", self.api_key.as_ref(), self.api_key_file.as_ref())?
            .ok_or_else(|| self.error("its API key is missing").with_hint(WHO_HINT))
    }

    /// The password as it is now.
    pub(super) fn password_now(&self) -> Result<Secret, Error> {
        self.secret("password", self.password.as_ref(), self.password_file.as_ref())?
            .ok_or_else(|| self.error("its password is missing").with_hint(WHO_HINT))
    }

    /// The address of its Redis as it is now, if one is set.
    pub(super) fn redis_now(&self) -> Result<Option<Secret>, Error> {
        self.secret(
            "Redis address",
            self.redis_url.as_ref(),
            self.redis_url_file.as_ref(),
        )
    }

    /// A secret that stands in the configuration or, and then as it is at the moment, in a file.
    fn secret(
        &self,
        what: &str,
        value: Option<&Secret>,
        file: Option<&PathBuf>,
    ) -> Result<Option<Secret>, Error> {
        let Some(path) = file else {
            return Ok(value.filter(|v| !v.is_empty()).cloned());
        };
        let text = std::fs::read_to_string(path).map_err(|e| {
            self.error(format!("reading the {what} file {}: {e}", path.display()))
                .with_hint("check that the file exists and may be read by the user we run as")
        })?;
        let value = Secret::new(&text);
        if value.is_empty() {
            return Err(self.error(format!("the {what} file {} is empty", path.display())));
        }
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> Config {
        Config {
            url: url.to_owned(),
            api_key: Some(Secret::new("planted-key")),
            ..Config::default()
        }
    }

    #[test]
    fn one_without_a_name_is_called_by_its_host() {
        assert_eq!(with("http://attic:9191/stats").effective_id(), "attic");
        assert_eq!(with("").effective_id(), "dispatcharr");
        let named = Config {
            id: "a".to_owned(),
            ..with("http://attic")
        };
        assert_eq!(named.effective_id(), "a");
    }

    fn hopeless() -> Vec<(Config, &'static str)> {
        let attic = || with("http://attic");
        vec![
            (
                with("ftp://attic"),
                "dispatcharr \"dispatcharr\": the address must begin with http:// or https://, not ftp://",
            ),
            (
                Config {
                    api_key: None,
                    ..attic()
                },
                "dispatcharr \"attic\": neither an API key nor a user is set",
            ),
            (
                Config {
                    api_key: None,
                    user: Some("me".to_owned()),
                    password: Some(Secret::new("")),
                    ..attic()
                },
                "dispatcharr \"attic\": `user` is set, but no password",
            ),
            (
                Config {
                    api_key: None,
                    password: Some(Secret::new("planted-password")),
                    ..attic()
                },
                "dispatcharr \"attic\": a password is set, but no `user`",
            ),
            (
                Config {
                    notifications: true,
                    ..attic()
                },
                "dispatcharr \"attic\": `notifications` need a user and a password",
            ),
            (
                Config {
                    redis_url: Some(Secret::new("me:planted-password@attic:6379")),
                    ..attic()
                },
                "dispatcharr \"attic\": `redis_url` must begin with redis:// or rediss://",
            ),
        ]
    }

    #[test]
    fn figures_have_bounds() {
        let with = |poll_interval_s, timeout_s, inventory_interval_s| Config {
            poll_interval_s,
            inventory_interval_s,
            timeout_s,
            ..with("http://attic")
        };
        for (cfg, told) in [
            (
                with(0.0, 10.0, 300),
                "`poll_interval_s` must be from 0.5 to 3600, not 0",
            ),
            (
                with(3601.0, 10.0, 300),
                "`poll_interval_s` must be from 0.5 to 3600, not 3601",
            ),
            (
                with(5.0, f64::NAN, 300),
                "`timeout_s` must be from 0.1 to 600, not NaN",
            ),
            (
                with(5.0, 601.0, 300),
                "`timeout_s` must be from 0.1 to 600, not 601",
            ),
            (
                with(5.0, 10.0, 29),
                "`inventory_interval_s` must be from 30 to 86400, not 29",
            ),
            (
                with(5.0, 10.0, 86_401),
                "`inventory_interval_s` must be from 30 to 86400, not 86401",
            ),
        ] {
            assert_eq!(cfg.validate().unwrap_err().what(), told);
        }
        for cfg in [with(0.5, 0.1, 30), with(3600.0, 600.0, 86_400)] {
            assert!(cfg.validate().is_ok());
        }
    }

    #[test]
    fn what_cannot_work_is_said_at_once() {
        for (cfg, message) in hopeless() {
            let error = cfg.validate().unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.kind(), Kind::Config);
            assert!(!format!("{cfg:?} {error:?}").contains("planted"));
        }
        assert!(with("http://attic").validate().is_ok());
    }

    #[test]
    fn the_key_is_taken_where_both_are_given_unless_notifications_need_a_login() {
        let both = Config {
            user: Some("me".to_owned()),
            password: Some(Secret::new("planted-password")),
            ..with("http://attic")
        };
        assert_eq!(both.way().unwrap(), Way::Key);
        let listening = Config {
            notifications: true,
            ..both
        };
        assert_eq!(listening.way().unwrap(), Way::Password);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let refused = serde_json::from_str::<Config>(r#"{"url":"http://a","api_kee":"x"}"#);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("unknown field `api_kee`")
        );
    }
}
