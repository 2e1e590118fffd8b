//! Configuration: defaults < TOML file < environment < flags.
//!
//! Every layer becomes a list of settings, checked against one schema; the settings are laid over each other and
//! turned into [`Config`] by one deserialisation. Each keeps its origin, for `check --print` and for messages.

mod access;
pub(crate) mod docs;
mod env;
mod file;
mod find;
pub(crate) mod ini;
mod keys;
mod merge;
mod nearest;
mod print;
pub(crate) mod schema;
mod setting;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use std::path::{Path, PathBuf};

use base::Secret;
use base::error::Chain;
use base::tls::Trust;
use export::sinks::influx;
use jiff::tz::TimeZone;
use model::{DISPATCHARR, PLEX, SourceId};
use serde::Deserialize;
use sources::{dispatcharr, plex};

pub(crate) use env::Env;
pub(crate) use merge::Merged;
pub(crate) use print::{print, without_secrets};
pub(crate) use setting::Origin;

use crate::address::Address;
use crate::failure::{Failure, one_line};
use crate::logging;
pub(crate) use find::place_to_write;
use find::{chosen_data_dir, data_dir, default_data_dir, find_file};
use setting::Setting;

/// Name of the saved account token within the data directory.
pub(crate) const SAVED_TOKEN: &str = "plex-token";

/// The configuration as the program uses it. The fields are described in [`schema::TABLES`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) listen: Address,
    #[serde(default)]
    pub(crate) listen_as: Vec<ListenAs>,
    pub(crate) default_profile: String,
    /// As [`web::base_path`] returns it.
    #[serde(default, deserialize_with = "base_path")]
    pub(crate) base_path: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    #[serde(default)]
    pub(crate) web: Web,
    #[serde(default)]
    pub(crate) plex: Vec<plex::Config>,
    pub(crate) plex_tv: plex::TvConfig,
    pub(crate) history: Keeping,
    pub(crate) tautulli_api: TautulliApi,
    #[serde(default)]
    pub(crate) tautulli: Vec<Tautulli>,
    pub(crate) collections: Collections,
    pub(crate) access: access::Access,
    /// Each with an id of its own.
    #[serde(default)]
    pub(crate) dispatcharr: Vec<dispatcharr::Config>,
    pub(crate) dispatcharr_metrics: DispatcharrMetrics,
    /// Each with an id of its own.
    #[serde(default)]
    pub(crate) influxdb: Vec<influx::Config>,
}

impl Config {
    /// True if some server can only be found, or only be opened, with an account at plex.tv.
    pub(crate) fn needs_plex_tv(&self) -> bool {
        let tv = &self.plex_tv;
        let account = tv.token.is_some() || tv.token_file.is_some() || tv.user.is_some();
        tv.all_servers
            || self
                .plex
                .iter()
                .any(|p| p.url.is_none() || (account && p.token.is_none() && p.token_file.is_none()))
    }

    /// Every server that is configured, with its kind, in order.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (SourceId, &'static str)> {
        let plex = self.plex.iter().map(|p| (p.id.as_str().into(), PLEX));
        let managers = self.dispatcharr.iter();
        plex.chain(managers.map(|d| (d.id.as_str().into(), DISPATCHARR)))
    }

    /// Under which server the plays of a Tautulli are filed: the one it names, else the only one there is.
    pub(crate) fn tautulli_server(&self, named: Option<&str>) -> SourceId {
        match (named, self.plex.as_slice()) {
            (Some(id), _) => id.into(),
            (None, [one]) => one.effective_id().as_str().into(),
            (None, _) => "tautulli".into(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: String,
    #[serde(default)]
    pub(crate) file: Option<PathBuf>,
    pub(crate) file_level: String,
    pub(crate) censor: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    pub(crate) users: String,
    pub(crate) titles: String,
}

/// `[web]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Web {
    #[serde(default)]
    pub(crate) upload_mbps: Option<u32>,
}

impl Web {
    pub(crate) fn upload_limit_bps(&self) -> Option<u64> {
        self.upload_mbps.map(|mbps| u64::from(mbps) * 1_000_000)
    }
}

/// `[dispatcharr_metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches, each by its own name")]
pub(crate) struct DispatcharrMetrics {
    pub(crate) include_m3u_stats: bool,
    pub(crate) include_epg_stats: bool,
    pub(crate) include_client_stats: bool,
    pub(crate) include_source_urls: bool,
    pub(crate) include_user_stats: bool,
    pub(crate) include_plugin_stats: bool,
    pub(crate) include_channel_info: bool,
    pub(crate) include_vod_stats: bool,
    pub(crate) include_legacy_metrics: bool,
}

/// `[history]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keeping {
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) time_zone: Option<Zone>,
    pub(crate) ignore_below_s: u32,
    pub(crate) ignore_music_below_s: u32,
    pub(crate) watched_percent: Percent,
    pub(crate) watched_marker: String,
    #[serde(default)]
    pub(crate) ignore_users: Vec<String>,
    #[serde(default)]
    pub(crate) ignore_libraries: Vec<String>,
    pub(crate) backfill: bool,
    pub(crate) keep_days: u32,
    pub(crate) thin_after_days: u32,
}

/// `[tautulli_api]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TautulliApi {
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) key: Option<Secret>,
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
}

/// One `[[tautulli]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tautulli {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) api_key: Option<Secret>,
    #[serde(default)]
    pub(crate) api_key_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) server: Option<String>,
    pub(crate) sync_interval_s: u64,
    pub(crate) timeout_s: f64,
}

/// `[collections]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collections {
    pub(crate) interval_hours: u32,
    pub(crate) window_days: u32,
    #[serde(default)]
    pub(crate) visibility: Vec<Place>,
    #[serde(default)]
    pub(crate) libraries: Vec<String>,
}

/// Where a collection is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Recommended,
    OwnHome,
    SharedHome,
}

/// A time zone by its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Zone(pub(crate) TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        TimeZone::get(name.trim())
            .map(Self)
            .map_err(|_| format!("\"{name}\" is no time zone; expected a name such as Europe/Berlin or UTC"))
    }
}

/// 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Percent(pub(crate) u8);

impl TryFrom<i64> for Percent {
    type Error = String;

    fn try_from(n: i64) -> Result<Self, String> {
        u8::try_from(n)
            .ok()
            .filter(|n| (1..=100).contains(n))
            .map(Self)
            .ok_or_else(|| format!("{n} is not a percentage from 1 to 100"))
    }
}

/// `cplieger=:9594`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ListenAs {
    pub(crate) profile: String,
    pub(crate) address: Address,
}

impl TryFrom<String> for ListenAs {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some((profile, address)) = text.split_once('=') else {
            return Err(format!(
                "expected profile=address such as cplieger=:9594, found \"{text}\""
            ));
        };
        if !schema::PROFILES.contains(&profile) {
            let known = schema::PROFILES.join(", ");
            return Err(format!("unknown profile \"{profile}\", expected one of {known}"));
        }
        Ok(Self {
            profile: profile.to_owned(),
            address: address.parse()?,
        })
    }
}

fn base_path<'de, D: serde::Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    web::base_path(&String::deserialize(d)?).map_err(serde::de::Error::custom)
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// Flag and value; a flag may be repeated where its key is a list.
    pub(crate) values: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) merged: Merged,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// For the log, once there is one.
    pub(crate) remarks: Vec<String>,
}

impl Loaded {
    /// A configuration that came from nowhere.
    pub(crate) fn fixed(config: Config) -> Self {
        Self {
            config,
            merged: Merged::default(),
            file: None,
            remarks: Vec::new(),
        }
    }
}

/// Reads everything. Fails with a message that names the file and line, the variable or the flag.
pub(crate) fn load(flags: &Flags, env: &Env) -> Result<Loaded, Failure> {
    let file = find_file(flags, env, &chosen_data_dir(flags, env))?;
    load_with(file, flags, env)
}

/// As [`load`], with this text as the file, which need not exist yet.
pub(crate) fn load_with(
    file: Option<(PathBuf, String)>,
    flags: &Flags,
    env: &Env,
) -> Result<Loaded, Failure> {
    let mut merged = Merged::default();
    let mut remarks = Vec::new();
    let mut old_file = None;
    if let Some((path, text)) = &file {
        if ini::is_ini(path, text) {
            let from_ini = ini::read(text, path, &ini::Outside::of(env))?;
            merged.lay(from_ini.settings)?;
            remarks = from_ini.remarks;
            old_file = Some(path.as_path());
        } else {
            merged.lay(file::read(text, path)?)?;
        }
    }
    let from_env = env::read(env)?;
    for layer in from_env.layers {
        merged.lay(layer)?;
    }
    merged.lay(from_flags(flags)?)?;
    merged.fill(&default_data_dir(env), old_file)?;
    let mut config = merged.config()?;
    check_across(&mut config, &merged)?;
    remarks.extend(from_env.remarks);
    if from_env.moved_in && config.default_profile == "native" && config.listen_as.is_empty() {
        remarks.push(
            "/metrics speaks our native series; for dashboards of another exporter set PROJECTIONIST_PROFILE to \
             cplieger, cplieger-2026.04 or timothystewart6, or scrape /metrics/<profile>"
                .to_owned(),
        );
    }
    Ok(Loaded {
        config,
        merged,
        file: file.map(|(path, _)| path),
        remarks,
    })
}

/// The `config.ini` at `path` as a file of ours, with what should be known of it in comments.
pub(crate) fn convert(path: &Path, env: &Env) -> Result<String, Failure> {
    let hint = "name the config.ini to convert: it must exist, and be readable";
    let text = find::read_named(path, hint)?;
    if !ini::is_ini(path, &text) {
        return Err(Failure::config(format!("{} is no config.ini", path.display()))
            .hint("its first line is a section such as [GENERAL]; a TOML file needs no conversion"));
    }
    let mut from_ini = ini::read(&text, path, &ini::Outside::of(env))?;
    leave_to_saved(&mut from_ini, &data_dir(env).join(SAVED_TOKEN));
    let mut merged = Merged::default();
    merged.lay(from_ini.settings)?;
    let notes = from_ini.remarks.iter().map(|r| format!("# {}\n", one_line(r)));
    Ok(notes.chain([print::converted(&merged)]).collect())
}

/// Takes the account's password out if there is a saved sign-in. That wins over an old file, but would lose to a file
/// of ours: an account that asks for a code could not be used any more.
fn leave_to_saved(from_ini: &mut ini::FromIni, saved: &Path) {
    let signs_in =
        |s: &Setting| s.at.table().name == "plex_tv" && ["user", "password"].contains(&s.at.key().name);
    let Some(user) = from_ini.settings.iter().find(|s| signs_in(s)) else {
        return;
    };
    if saved.is_file() {
        from_ini.remarks.push(format!(
            "{}: PLEX.Username and PLEX.Password are left out: the sign-in saved in {} is used",
            user.origin,
            saved.display()
        ));
        from_ini.settings.retain(|s| !signs_in(s));
    }
}

/// The defaults with `values` from flags, and nothing else: no file, no variable. For the demo.
pub(crate) fn only(values: Vec<(&'static str, String)>) -> Result<Config, Failure> {
    let mut merged = Merged::default();
    merged.lay(from_flags(&Flags { file: None, values })?)?;
    merged.fill(&default_data_dir(&Env::default()), None)?;
    merged.config()
}

/// Sees that every file the configuration names can be read, before anything is started, and that the file
/// of the log can be written. Data directories are made when they are needed.
pub(crate) fn check_files(merged: &Merged) -> Result<(), Failure> {
    let is_file = |s: &&Setting| s.at.key().kind == schema::Kind::Path && s.at.key().name != "data_dir";
    for setting in merged.settings().filter(is_file) {
        let path = Path::new(setting.value.as_str().unwrap_or_default());
        if setting.at.key().name == "file" {
            logging::open(path).map_err(|e| {
                let hint = "name a file in a directory that exists and that the user we run as may write to";
                setting
                    .refuse(format_args!("cannot write {}: {}", path.display(), plain(&e)))
                    .hint(hint)
            })?;
            continue;
        }
        let text = std::fs::read_to_string(path).map_err(|e| {
            let hint = "check that the file exists and that the user we run as may read it";
            setting
                .refuse(format_args!("cannot read {}: {}", path.display(), plain(&e)))
                .hint(hint)
        })?;
        if setting.at.key().name == "ca_file" {
            let trust = Trust {
                extra_ca_pem: Some(text.as_str().into()),
                ..Trust::default()
            };
            base::tls::check(&trust).map_err(|e| {
                let hint = "it must hold certificates in PEM form: -----BEGIN CERTIFICATE-----";
                setting
                    .refuse(format_args!("{}: {}", path.display(), Chain(&e)))
                    .hint(hint)
            })?;
        } else if text.trim().is_empty() {
            return Err(setting
                .refuse(format_args!("{} is empty", path.display()))
                .hint("write the secret into it"));
        }
    }
    Ok(())
}

/// Checks what the schema cannot: every server on its own, that no two share a name, that no two listeners share
/// a port. Gives every server its id.
fn check_across(config: &mut Config, merged: &Merged) -> Result<(), Failure> {
    for n in 0..config.plex.len() {
        let (before, rest) = config.plex.split_at_mut(n);
        let Some(server) = rest.first_mut() else { break };
        server
            .validate()
            .map_err(|e| merged.refuse("plex", n, "url", &e).maybe_hint(e.hint()))?;
        server.id = server.effective_id();
        if let Some(twin) = before.iter().position(|p| p.id == server.id) {
            let message = format!("plex[{twin}] and plex[{n}] are both called \"{}\"", server.id);
            return Err(Failure::config(message).hint("give each an id of its own"));
        }
    }
    access::check(&config.access, merged)?;
    check_dispatcharrs(config, merged)?;
    check_influxdbs(config, merged)?;
    let all = config.listen_as.iter().map(|l| &l.address).collect::<Vec<_>>();
    for (n, address) in all.iter().enumerate() {
        if address.collides(&config.listen) || all[..n].iter().any(|a| a.collides(address)) {
            let message = format!("port {} is wanted by two listeners", address.port());
            return Err(merged
                .refuse("", 0, "listen_as", message)
                .hint("give each listener a port of its own"));
        }
    }
    Ok(())
}

/// Gives every stream manager its id, and what it is to be asked for; sees that no two servers share one.
fn check_dispatcharrs(config: &mut Config, merged: &Merged) -> Result<(), Failure> {
    let shown = &config.dispatcharr_metrics;
    let wants = dispatcharr::Wants {
        viewer_details: shown.include_client_stats,
        channel_list: shown.include_channel_info,
        plugins: shown.include_plugin_stats,
    };
    let mut taken: Vec<String> = config.plex.iter().map(|p| p.id.clone()).collect();
    for (n, manager) in config.dispatcharr.iter_mut().enumerate() {
        manager
            .validate()
            .map_err(|e| merged.refuse("dispatcharr", n, "url", &e).maybe_hint(e.hint()))?;
        manager.id = manager.effective_id();
        if taken.contains(&manager.id) {
            let message = format!("two servers are called \"{}\"", manager.id);
            let failure = merged.refuse("dispatcharr", n, "id", message);
            return Err(failure.hint("give each an id of its own"));
        }
        taken.push(manager.id.clone());
        manager.wants = wants;
    }
    Ok(())
}

/// Gives every receiver its id; sees that no two share one, and that the servers it names exist.
fn check_influxdbs(config: &mut Config, merged: &Merged) -> Result<(), Failure> {
    let servers: Vec<&str> = config.plex.iter().map(|p| p.id.as_str()).collect();
    for n in 0..config.influxdb.len() {
        let (before, rest) = config.influxdb.split_at_mut(n);
        let Some(sink) = rest.first_mut() else { break };
        if sink.id.is_empty() {
            // Without a scheme it is refused below, and nobody knows what it is.
            let url = Some(&sink.url).filter(|url| url.contains("://"));
            sink.id = url.and_then(|url| host(url)).unwrap_or("influxdb").to_owned();
        }
        sink.validate()
            .map_err(|e| merged.refuse("influxdb", n, "url", &e).maybe_hint(e.hint()))?;
        if let Some(twin) = before.iter().position(|i| i.id == sink.id) {
            let message = format!(
                "influxdb[{twin}] and influxdb[{n}] are both called \"{}\"",
                sink.id
            );
            return Err(Failure::config(message).hint("give each an id of its own"));
        }
        let managers = || config.dispatcharr.iter().map(|d| d.id.as_str());
        if let Some(manager) = sink
            .servers
            .iter()
            .find(|s| managers().any(|id| id == s.as_str()))
        {
            let message = format!("\"{manager}\" is a Dispatcharr, and only Plex servers can be chosen here");
            return Err(merged
                .refuse("influxdb", n, "servers", message)
                .hint("leave `servers` out to write of every server"));
        }
        // Servers that plex.tv will name are not known yet.
        let unknown = |s: &&String| !config.plex_tv.all_servers && !servers.contains(&s.as_str());
        if let Some(unknown) = sink.servers.iter().find(unknown) {
            let message = format!("no server is called \"{unknown}\"");
            let hint = format!("there are {}", servers.join(", "));
            let failure = merged.refuse("influxdb", n, "servers", message);
            return Err(if servers.is_empty() {
                failure
            } else {
                failure.hint(hint)
            });
        }
    }
    Ok(())
}

/// The host in `url`, without brackets. The scheme may be missing, as in addresses of servers.
pub(crate) fn host(url: &str) -> Option<&str> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let address = authority.rsplit_once('@').map_or(authority, |(_, a)| a);
    let host = match address.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => address.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

fn from_flags(flags: &Flags) -> Result<Vec<Setting>, Failure> {
    let mut settings: Vec<Setting> = Vec::new();
    for (flag, text) in &flags.values {
        let at = schema::At::of_flag(flag).ok_or_else(|| Failure::usage(format!("--{flag} sets no key")))?;
        let new = Setting::from_text(at, text, Origin::Flag(flag))?;
        match settings.iter_mut().find(|s| s.at == at) {
            Some(Setting {
                value: toml::Value::Array(old),
                ..
            }) => {
                old.extend(new.value.as_array().into_iter().flatten().cloned());
            }
            _ => settings.push(new),
        }
    }
    Ok(settings)
}

/// The system's words without its number.
pub(crate) fn plain(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
