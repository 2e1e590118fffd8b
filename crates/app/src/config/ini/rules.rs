//! What the keys of a `config.ini` mean here.

use std::net::Ipv6Addr;
use std::path::Path;

use toml::Value;

use super::Outside;
use super::parse::Document;
use super::values::{Ini, Place, Said, id, place};
use crate::config::print::without_secrets;
use crate::config::schema::At;
use crate::config::setting::Setting;
use crate::failure::Failure;

/// Pause between two looks, for all three programs.
const DELAY_S: i64 = 2;

/// Longest pause between looks that a server may have.
const POLL_S_MAX: i64 = 3600;

/// Dashboards of these programs look back 10 s. Points are never further apart than this, so that one is always
/// within that time even if it takes a moment to arrive.
const POINTS_S_MAX: i64 = 9;

/// Pause between two readings of the libraries, for Extended.
const LIBRARY_DELAY_S: i64 = 1800;

/// Libraries are counted no more often than this.
const LIBRARY_S_MIN: i64 = 60;

const INFLUXDB_PORT: i64 = 8086;
const DATABASE: &str = "plex_data";

/// `PrintThreshold` of a file that has none: warnings and worse.
const THRESHOLD: i64 = 2;

/// Everything the file says, in our words. Adds to `remarks` what differs from those programs.
pub(super) fn settings(
    document: &Document,
    path: &Path,
    outside: &Outside<'_>,
    remarks: &mut Vec<String>,
) -> Result<Vec<Setting>, Failure> {
    let ini = Ini { document, path };
    let mut writer = Writer {
        schema: schema(&ini, outside),
        ini,
        settings: Vec::new(),
        remarks,
    };
    writer.influxdb()?;
    writer.plex(outside)?;
    writer.intervals()?;
    writer.logging()?;
    writer.without_meaning();
    Ok(writer.settings)
}

/// Whose file it is. Only Extended has `LibraryDelay`, only the collector of 2018 the others. What fits all of them
/// is taken for Extended's: it writes everything that the collector of 2017 writes, and more.
fn schema(ini: &Ini<'_>, outside: &Outside<'_>) -> Said<&'static str> {
    let first = |keys: &[(&str, &str)]| {
        keys.iter()
            .find_map(|(section, key)| ini.raw(section, key))
            .and_then(|said| said.line)
    };
    if let Some(asked) = outside.schema {
        let known = ["native", "extended", "pdc2017", "pdc2018"];
        let word = known.into_iter().find(|k| k.eq_ignore_ascii_case(asked));
        // Anything else is refused where the variable itself is read.
        return Said {
            value: word.unwrap_or("extended"),
            line: None,
        };
    }
    if let Some(line) = first(&[("GENERAL", "LibraryDelay")]) {
        return Said {
            value: "extended",
            line: Some(line),
        };
    }
    let of_2018 = [
        ("PLEX", "HTTPS"),
        ("PLEX", "Verify_SSL"),
        ("GENERAL", "ReportCombined"),
    ];
    let line = first(&of_2018);
    Said {
        value: if line.is_some() { "pdc2018" } else { "extended" },
        line,
    }
}

struct Writer<'a> {
    schema: Said<&'static str>,
    ini: Ini<'a>,
    settings: Vec<Setting>,
    remarks: &'a mut Vec<String>,
}

impl Writer<'_> {
    fn put(
        &mut self,
        (table, index, key): (&str, usize, &str),
        value: impl Into<Value>,
        line: Option<usize>,
    ) -> Result<(), Failure> {
        let at = At::find(table, index, key).expect("the schema has this key");
        self.settings
            .push(Setting::new(at, value.into(), self.ini.origin(line))?);
        Ok(())
    }

    fn remark(&mut self, line: Option<usize>, what: impl AsRef<str>) {
        let at = line.map_or_else(String::new, |line| format!(":{line}"));
        self.remarks
            .push(format!("{}{at}: {}", self.ini.path.display(), what.as_ref()));
    }

    fn influxdb(&mut self) -> Result<(), Failure> {
        const HERE: &str = "INFLUXDB";
        let address = self.ini.word(HERE, "Address", None, "192.168.1.10")?;
        let bare = address.value.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
        let v6 = bare.unwrap_or(&address.value).parse::<Ipv6Addr>().ok();
        if v6.is_none() && address.value.contains(['/', ' ', '@', '#', ';', ':', '[']) {
            let what = "expected an address alone, such as 192.168.1.10";
            let hint =
                "http or https is said by SSL, the port by Port; a comment stands on a line of its own";
            return Err(self.ini.refuse(HERE, "Address", what, hint));
        }
        let port = self.ini.whole(HERE, "Port", INFLUXDB_PORT, 1)?;
        if port.value > i64::from(u16::MAX) {
            let what = format!("expected a port, at most 65535, found {}", port.value);
            return Err(self.ini.refuse(HERE, "Port", what, "write Port = 8086"));
        }
        let tls = self.ini.yes(HERE, "SSL", false)?;
        let verify = self.ini.yes(HERE, "Verify_SSL", true)?;
        let database = self.ini.word(
            HERE,
            "Database",
            Some(DATABASE),
            "plex_data, or leave the line away",
        )?;
        let scheme = if tls.value { "https" } else { "http" };
        let host = v6.map_or(address.value, |v6| format!("[{v6}]"));
        let at = |key| ("influxdb", 0, key);
        self.put(
            at("url"),
            format!("{scheme}://{host}:{}", port.value),
            address.line,
        )?;
        self.put(at("database"), database.value, database.line)?;
        self.influxdb_user()?;
        self.put(at("schema"), self.schema.value, self.schema.line)?;
        if tls.value && !verify.value {
            self.put(at("tls_skip_verify"), true, verify.line)?;
        }
        Ok(())
    }

    /// Who writes to the database.
    fn influxdb_user(&mut self) -> Result<(), Failure> {
        const HERE: &str = "INFLUXDB";
        let at = |key| ("influxdb", 0, key);
        let user = self.ini.text(HERE, "Username")?;
        let password = self.ini.raw(HERE, "Password");
        // Basic authentication ends the name at a colon: the rest would be taken for the password.
        if user.as_ref().is_some_and(|u| u.value.contains(':')) {
            let what = "a user's name holds no colon";
            return Err(self
                .ini
                .refuse(HERE, "Username", what, "the password is said by Password"));
        }
        if let Some(user) = user.filter(|u| !u.value.is_empty()) {
            self.put(at("user"), user.value, user.line)?;
            if let Some(password) = password.filter(|p| !p.value.is_empty()) {
                self.put(at("password"), password.value, password.line)?;
            }
        } else if let Some(password) = password.filter(|p| !p.value.is_empty()) {
            self.remark(
                password.line,
                "INFLUXDB.Password is not used: there is no Username",
            );
        }
        Ok(())
    }

    fn plex(&mut self, outside: &Outside<'_>) -> Result<(), Failure> {
        const HERE: &str = "PLEX";
        let servers = self.ini.word(HERE, "Servers", None, "192.168.1.10")?;
        let https = self.ini.yes(HERE, "HTTPS", false)?;
        let verify = self.ini.yes(HERE, "Verify_SSL", false)?;
        let scheme = if https.value { "https" } else { "http" };
        let mut ids: Vec<String> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        for typed in servers.value.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let place = place(typed, scheme, outside.resolves);
            let Some(id) = id(typed, &place, &ids).filter(|_| !places.contains(&place)) else {
                let shown = without_secrets(typed);
                let what = format!("{shown} stands twice in PLEX.Servers and is watched once");
                self.remark(servers.line, what);
                continue;
            };
            let n = ids.len();
            ids.push(id.clone());
            places.push(place.clone());
            self.put(("plex", n, "id"), id, servers.line)?;
            match place {
                Place::Url(url) => self.put(("plex", n, "url"), url, servers.line)?,
                Place::Name(name) => {
                    let what =
                        format!("\"{name}\" is no address, so the server of this name at plex.tv is watched");
                    self.remark(servers.line, what);
                    self.put(("plex", n, "name"), name, servers.line)?;
                }
            }
            if https.value && !verify.value {
                self.put(("plex", n, "tls_skip_verify"), true, verify.line)?;
            }
        }
        if ids.is_empty() {
            let hint = "write Servers = 192.168.1.10";
            return Err(self.ini.refuse(HERE, "Servers", "it names no server", hint));
        }
        self.account()
    }

    /// Who signs in at plex.tv.
    fn account(&mut self) -> Result<(), Failure> {
        const HERE: &str = "PLEX";
        let user = self.ini.text(HERE, "Username")?.filter(|u| !u.value.is_empty());
        let password = self.ini.raw(HERE, "Password").filter(|p| !p.value.is_empty());
        let (user, password) = match (user, password) {
            (Some(user), Some(password)) => (user, password),
            (user, password) => {
                let lacks = if user.is_none() { "Username" } else { "Password" };
                let line = user.map_or(password.and_then(|p| p.line), |u| u.line);
                let what = format!(
                    "PLEX.{lacks} is not set: servers that ask for a token get the one of `projectionist login plex`"
                );
                self.remark(line, what);
                return Ok(());
            }
        };
        self.put(("plex_tv", 0, "user"), user.value, user.line)?;
        self.put(("plex_tv", 0, "password"), password.value, password.line)
    }

    fn intervals(&mut self) -> Result<(), Failure> {
        let delay = self.ini.whole("GENERAL", "Delay", DELAY_S, 0)?;
        let look_s = delay.value.clamp(1, POLL_S_MAX);
        let points_s = look_s.min(POINTS_S_MAX);
        if look_s != delay.value || points_s != delay.value {
            let why = match delay.value {
                ..=0 => "there is no shorter pause",
                1..=POLL_S_MAX => "dashboards look back 10 s",
                _ => "there is no longer pause between two looks, and dashboards look back 10 s",
            };
            let what = format!(
                "GENERAL.Delay: servers are asked every {look_s} s and points written every {points_s} s: {why}"
            );
            self.remark(delay.line, what);
        }
        let library = match self.schema.value {
            // These read the libraries at every look.
            "pdc2017" | "pdc2018" => delay.clone().map(|_| look_s),
            _ => self.ini.whole("GENERAL", "LibraryDelay", LIBRARY_DELAY_S, 0)?,
        };
        let counted_s = library.value.max(LIBRARY_S_MIN);
        if counted_s != library.value {
            let what = format!("the items of libraries are counted every {counted_s} s");
            self.remark(library.line, what);
        }
        self.put(("influxdb", 0, "interval_s"), points_s, delay.line)?;
        self.put(
            ("influxdb", 0, "library_interval_s"),
            library.value.max(1),
            library.line,
        )?;
        let is_url = |s: &&Setting| s.at.table().name == "plex" && s.at.key().name == "id";
        for n in 0..self.settings.iter().filter(is_url).count() {
            self.put(("plex", n, "poll_interval_s"), look_s, delay.line)?;
            self.put(("plex", n, "library_interval_s"), counted_s, library.line)?;
        }
        Ok(())
    }

    fn logging(&mut self) -> Result<(), Failure> {
        const HERE: &str = "LOGGING";
        let of_2018 = self.schema.value == "pdc2018";
        let enable = self.ini.yes(HERE, "Enable", false)?;
        let level = self.level()?;
        if enable.value {
            if let Some(level) = &level {
                let file = self.ini.word(HERE, "LogFile", None, "output.log")?;
                self.put(("log", 0, "file"), file.value, file.line)?;
                self.put(("log", 0, "file_level"), level.value, level.line)?;
            } else {
                let line = self.ini.raw(HERE, "Level").and_then(|s| s.line);
                self.remark(line, "LOGGING.Level is not known, so nothing is logged in a file");
            }
        }
        let output = self.ini.yes("GENERAL", "Output", true)?;
        let threshold = self.ini.whole(HERE, "PrintThreshold", THRESHOLD, 0)?;
        let console = match level {
            // It has neither of the two, and one log.
            Some(level) if of_2018 && !output.is_told() && !threshold.is_told() => level,
            _ if !output.value => output.map(|_| "off"),
            _ => threshold.map(|n| match n {
                0 => "debug",
                1 => "info",
                2 => "warn",
                3 | 4 => "error",
                _ => "off",
            }),
        };
        self.put(("log", 0, "level"), console.value, console.line)?;
        let censor = self.ini.yes(HERE, "CensorLogs", !of_2018)?;
        self.put(("log", 0, "censor"), censor.value, censor.line)
    }

    /// `LOGGING.Level` in our words; absent if it is not one of theirs.
    fn level(&self) -> Result<Option<Said<&'static str>>, Failure> {
        let Some(said) = self.ini.text("LOGGING", "Level")? else {
            return Ok(Some(Said {
                value: "info",
                line: None,
            }));
        };
        let word = match said.value.to_lowercase().as_str() {
            "debug" => "debug",
            "info" => "info",
            "warning" => "warn",
            "error" | "critical" => "error",
            _ => return Ok(None),
        };
        Ok(Some(said.map(|_| word)))
    }

    /// Keys that are known and change nothing.
    fn without_meaning(&mut self) {
        if let Some(said) = self.ini.raw("GENERAL", "ReportCombined") {
            self.remark(
                said.line,
                "GENERAL.ReportCombined changes nothing: the sum over all servers is always written",
            );
        }
        if self.schema.value == "pdc2018" && self.ini.has("GENERAL", "LibraryDelay") {
            let line = self.ini.raw("GENERAL", "LibraryDelay").and_then(|s| s.line);
            self.remark(
                line,
                "GENERAL.LibraryDelay changes nothing in this schema: libraries are written at every look",
            );
        }
    }
}
