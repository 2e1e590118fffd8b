//! What cannot work, found before anything is asked of anyone.

use base::Kind;
use base::tls::{self, Trust};
use reqwest::Url;

use super::config::{Api, Config};
use base::Fault as Error;

/// Beyond it a single body would outgrow what servers take (25 MB by default).
const BATCH_POINTS_MAX: u32 = 100_000;

const PLAIN_URL_HINT: &str =
    "an address looks like http://host:8086; user, password, database and token have keys of their own";

impl Config {
    /// Finds what cannot work. The files named are not read.
    pub fn validate(&self) -> Result<(), Error> {
        self.address()?;
        match self.effective_api() {
            Api::Auto | Api::V1 => self.validate_v1(),
            Api::V2 => self.validate_v2(),
            Api::V3 => self.validate_v3(),
        }?;
        self.seconds("interval_s", self.interval_s, 0.5, 3_600.0)?;
        self.seconds("timeout_s", self.timeout_s, 0.1, 600.0)?;
        if self.library_interval_s == 0 {
            return Err(self.config_error("`library_interval_s` must be at least 1"));
        }
        if !(1..=BATCH_POINTS_MAX).contains(&self.batch_points) {
            let (given, max) = (self.batch_points, BATCH_POINTS_MAX);
            return Err(self.config_error(format!("`batch_points` must be from 1 to {max}, not {given}")));
        }
        Ok(())
    }

    fn validate_v1(&self) -> Result<(), Error> {
        self.named("database", &self.database)?;
        if let Some(policy) = &self.retention_policy {
            self.named("retention_policy", policy)?;
        }
        let password = self.password.is_some() || self.password_file.is_some();
        if password && empty(self.user.as_deref()) {
            return Err(self.config_error("there is a password, but no `user`"));
        }
        if !empty(self.user.as_deref()) && self.has_token() {
            return Err(self
                .config_error("both `user` and a token are set, and only one can be sent")
                .with_hint("InfluxDB 1 wants user and password, 2 and 3 a token"));
        }
        if !empty(self.user.as_deref()) && self.user.as_deref().is_some_and(|u| u.contains(':')) {
            return Err(self.config_error("`user` may not contain a colon"));
        }
        self.refuse_v2_keys("v1", "leave out `api` to use InfluxDB 2's own interface")
    }

    fn validate_v2(&self) -> Result<(), Error> {
        for (key, value) in [("bucket", &self.bucket), ("org", &self.org)] {
            let Some(value) = value.as_deref().filter(|v| !v.is_empty()) else {
                return Err(self
                    .config_error(format!("`{key}` is missing"))
                    .with_hint("InfluxDB 2 wants `org`, `bucket` and `token`"));
            };
            self.named(key, value)?;
        }
        self.want_token("InfluxDB 2")?;
        self.refuse_v1_keys("v2")
    }

    fn validate_v3(&self) -> Result<(), Error> {
        self.named("database", &self.database)?;
        self.want_token("InfluxDB 3")?;
        self.refuse_v1_keys("v3")?;
        self.refuse_v2_keys("v3", "InfluxDB 3 has a `database` instead")
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some() || self.token_file.is_some()
    }

    fn want_token(&self, product: &str) -> Result<(), Error> {
        let empty = self.token_file.is_none() && self.token.as_ref().is_none_or(base::Secret::is_empty);
        if empty {
            return Err(self.config_error("`token` is missing").with_hint(format!(
                "{product} wants one; any text will do where it checks none"
            )));
        }
        Ok(())
    }

    /// Keys that would be read by nobody are mistakes about which server this is.
    fn refuse_v1_keys(&self, api: &str) -> Result<(), Error> {
        let given = [
            ("user", !empty(self.user.as_deref())),
            ("password", self.password.is_some()),
            ("password_file", self.password_file.is_some()),
            ("retention_policy", !empty(self.retention_policy.as_deref())),
        ];
        self.refuse_keys(
            &given,
            api,
            "that is for InfluxDB 1; with a token none of it is needed",
        )
    }

    fn refuse_v2_keys(&self, api: &str, hint: &str) -> Result<(), Error> {
        let given = [
            ("org", !empty(self.org.as_deref())),
            ("bucket", !empty(self.bucket.as_deref())),
        ];
        if api == "v1" && self.api == Api::Auto {
            // Without a bucket `auto` takes it for version 1, and an org alone says it is none.
            return self.refuse_keys(&given, api, "InfluxDB 2 wants `bucket` and `token` too");
        }
        self.refuse_keys(&given, api, hint)
    }

    fn refuse_keys(&self, given: &[(&str, bool)], api: &str, hint: &str) -> Result<(), Error> {
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((key, _)) => Err(self
                .config_error(format!("`{key}` means nothing to the interface {api}"))
                .with_hint(hint)),
            None => Ok(()),
        }
    }

    fn named(&self, key: &str, value: &str) -> Result<(), Error> {
        if value.trim().is_empty() {
            return Err(self.config_error(format!("`{key}` is empty")));
        }
        if value.chars().any(char::is_control) {
            return Err(self.config_error(format!("`{key}` holds a control character")));
        }
        Ok(())
    }

    fn seconds(&self, key: &str, value: f64, min: f64, max: f64) -> Result<(), Error> {
        if (min..=max).contains(&value) {
            return Ok(());
        }
        Err(self.config_error(format!("`{key}` must be from {min} to {max}, not {value}")))
    }

    /// The address; a path in front of the interface's own is part of it.
    pub(super) fn address(&self) -> Result<Url, Error> {
        let given = self.url.trim();
        if given.is_empty() {
            return Err(self.config_error("`url` is missing").with_hint(PLAIN_URL_HINT));
        }
        let wrong = |what: String| Err(self.config_error(what).with_hint(PLAIN_URL_HINT));
        // What was given is not repeated: it may hold a password.
        let url = match Url::parse(given) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(_) | Err(_) if !given.contains("://") => {
                return wrong("`url` does not begin with http:// or https://".to_owned());
            }
            Ok(url) => {
                return wrong(format!(
                    "`url` must begin with http:// or https://, not {}://",
                    url.scheme()
                ));
            }
            Err(e) => return wrong(format!("`url` is no address: {e}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("`url` holds a user name or password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("`url` holds more than an address (something after ? or #)".to_owned());
        }
        Ok(url)
    }

    /// How messages name it: `influxdb "id" at http://…`.
    pub(super) fn who(&self) -> String {
        // Anything else may hold a password where a URL has its scheme or its path.
        let at = Url::parse(self.url.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|url| base::http::redacted(&url));
        let at = at.as_deref().unwrap_or("(no address)").trim_end_matches('/');
        if self.id.is_empty() {
            format!("influxdb at {at}")
        } else {
            format!("influxdb \"{}\" at {at}", self.id)
        }
    }

    pub(super) fn config_error(&self, what: impl Into<String>) -> Error {
        Error::new(&self.who(), Kind::Config, what)
    }

    /// How certificates are to be checked.
    pub(super) fn trust(&self) -> Result<Trust, Error> {
        let unusable = |e| self.config_error("setting up TLS").with_source(e);
        Ok(Trust {
            extra_ca_pem: self
                .ca_file
                .as_deref()
                .map(tls::read_ca)
                .transpose()
                .map_err(unusable)?,
            name_override: self.tls_name.clone(),
            skip_verification: self.tls_skip_verify,
        })
    }
}

fn empty(text: Option<&str>) -> bool {
    text.is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Secret;

    fn v1() -> Config {
        Config {
            url: "http://attic:8086".to_owned(),
            ..Config::default()
        }
    }

    fn v2() -> Config {
        Config {
            org: Some("home".to_owned()),
            bucket: Some("plex".to_owned()),
            token: Some(Secret::new("t")),
            ..v1()
        }
    }

    fn v3() -> Config {
        Config {
            token: Some(Secret::new("t")),
            ..v1()
        }
    }

    #[test]
    fn what_can_work_is_accepted() {
        for config in [
            v1(),
            v2(),
            v3(),
            Config {
                url: "https://vm.example/insert/0/influx/".to_owned(),
                user: Some("me".to_owned()),
                password: Some(Secret::new("pw")),
                ..v1()
            },
            // The interface of version 1 on a server of version 2.
            Config {
                api: Api::V1,
                token: Some(Secret::new("t")),
                ..v1()
            },
        ] {
            config.validate().unwrap();
        }
    }

    type Change = fn(&mut Config);

    const REFUSED_1: &[(Change, &str)] = &[
        (|c| c.url = String::new(), "`url` is missing"),
        (|c| c.url = "attic".to_owned(), "does not begin with http"),
        (|c| c.url = "attic:8086".to_owned(), "does not begin with http"),
        (|c| c.url = "ftp://attic".to_owned(), "not ftp://"),
        (|c| c.url = "http://".to_owned(), "no address"),
        (
            |c| c.url = "http://me:hunter2@attic:8086".to_owned(),
            "user name or password",
        ),
        (
            |c| c.url = "me:hunter2@attic:8086".to_owned(),
            "does not begin with http://",
        ),
        (
            |c| c.url = "hunter2@attic:8086".to_owned(),
            "does not begin with http://",
        ),
        (|c| c.url = "tcp://me:hunter2@attic:8086".to_owned(), "not tcp://"),
        (
            |c| c.url = "http://attic:8086/?token=hunter2".to_owned(),
            "more than an address",
        ),
        (|c| c.database = String::new(), "`database` is empty"),
        (|c| c.database = "a\nb".to_owned(), "control character"),
        (|c| c.password = Some(Secret::new("hunter2")), "no `user`"),
        (|c| c.user = Some("a:b".into()), "colon"),
        (|c| c.org = Some("home".into()), "`org` means nothing"),
        (|c| c.interval_s = 0.1, "`interval_s` must be from 0.5"),
        (|c| c.timeout_s = f64::NAN, "`timeout_s`"),
        (|c| c.library_interval_s = 0, "`library_interval_s`"),
        (|c| c.batch_points = 0, "`batch_points`"),
    ];

    const REFUSED_2: &[(Change, &str)] = &[
        (|c| c.org = None, "`org` is missing"),
        (|c| (c.api, c.bucket) = (Api::V2, None), "`bucket` is missing"),
        (|c| c.token = None, "`token` is missing"),
        (|c| c.token = Some(Secret::new(" ")), "`token` is missing"),
        (|c| c.user = Some("me".into()), "`user` means nothing"),
        (|c| c.api = Api::V3, "`org` means nothing"),
    ];

    const REFUSED_3: &[(Change, &str)] = &[
        (|c| (c.api, c.token) = (Api::V3, None), "`token` is missing"),
        (
            |c| c.retention_policy = Some("year".into()),
            "`retention_policy` means nothing",
        ),
        (|c| (c.api, c.user) = (Api::V1, Some("me".into())), "only one"),
    ];

    #[test]
    fn what_cannot_work_is_refused_with_its_key() {
        let tables = [(v1(), REFUSED_1), (v2(), REFUSED_2), (v3(), REFUSED_3)];
        for (good, (change, expected)) in tables
            .iter()
            .flat_map(|(c, cases)| cases.iter().map(move |x| (c, x)))
        {
            let mut config = good.clone();
            change(&mut config);
            let e = config.validate().unwrap_err();
            let text = format!("{e} {:?}", e.hint());
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("hunter2") && !text.contains('\n'), "{text}");
            assert_eq!(e.kind(), Kind::Config);
        }
    }
}
