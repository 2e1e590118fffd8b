//! The environment as settings: our grammar, the flags' twins, and the variables of the exporters before us.

use std::collections::BTreeMap;

use super::file::advice;
use super::nearest::nearest;
use super::schema::{At, TABLES, dotted};
use super::setting::{Origin, Setting};
use crate::failure::Failure;

/// `PROJECTIONIST__PLEX__0__URL`.
const GRAMMAR: &str = "PROJECTIONIST__";
const PREFIX: &str = "PROJECTIONIST_";

/// Variables with [`PREFIX`] that set no key of the file.
pub(crate) const CONFIG_VARIABLE: &str = "PROJECTIONIST_CONFIG";

/// The environment as a value, so that only `main` reads the real one. Empty variables count as unset:
/// `docker compose` passes on undefined ones like that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env(BTreeMap<String, String>);

impl Env {
    pub(crate) fn new(all: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(all.into_iter().filter(|(_, v)| !v.is_empty()).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn ours(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(k, _)| k.starts_with(PREFIX))
            .map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// A variable of another exporter that we understand.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    /// Table and key it sets; `None` for those we know to be without meaning here.
    pub(crate) sets: Option<(&'static str, &'static str)>,
    /// Its value in our words; `None` to go on without it.
    convert: fn(&str) -> Option<String>,
    pub(crate) doc: &'static str,
}

impl Rival {
    pub(crate) fn at(&self) -> Option<At> {
        self.sets.and_then(|(table, key)| At::find(table, 0, key))
    }
}

/// Where two set the same key the later one wins, as `PLEX_TOKEN_FILE` does over `PLEX_TOKEN` elsewhere.
pub(crate) static RIVALS: &[Rival] = &[
    Rival {
        name: "PLEX_SERVER",
        sets: Some(("plex", "url")),
        convert: same,
        doc: "Address of the server.",
    },
    Rival {
        name: "PLEX_URL",
        sets: Some(("plex", "url")),
        convert: same,
        doc: "Address of the server.",
    },
    Rival {
        name: "PLEX_TOKEN",
        sets: Some(("plex", "token")),
        convert: same,
        doc: "The server's token.",
    },
    Rival {
        name: "PLEX_TOKEN_FILE",
        sets: Some(("plex", "token_file")),
        convert: same,
        doc: "File that holds the token.",
    },
    Rival {
        name: "PLEX_CA_CERT_PATH",
        sets: Some(("plex", "ca_file")),
        convert: same,
        doc: "PEM file of certificate authorities.",
    },
    Rival {
        name: "SKIP_TLS_VERIFICATION",
        sets: Some(("plex", "tls_skip_verify")),
        convert: one_or_true,
        doc: "`1` or `true`: do not check the certificate.",
    },
    Rival {
        name: "PLEX_CLIENT_TIMEOUT_SECONDS",
        sets: Some(("plex", "timeout_s")),
        convert: positive,
        doc: "Seconds a request may take.",
    },
    Rival {
        name: "LIBRARY_REFRESH_INTERVAL",
        sets: Some(("plex", "library_interval_s")),
        convert: minutes,
        doc: "Minutes between two counts of the items; 0 keeps our default.",
    },
    Rival {
        name: "LISTEN_ADDRESS",
        sets: Some(("", "listen")),
        convert: same,
        doc: "Address to listen on, `:9594`.",
    },
    Rival {
        name: "LISTEN_ADDR",
        sets: Some(("", "listen")),
        convert: same,
        doc: "Address to listen on, `:9594`.",
    },
    Rival {
        name: "LOG_LEVEL",
        sets: Some(("log", "level")),
        convert: level,
        doc: "`debug`, `info`, `warn` or `error`.",
    },
    Rival {
        name: "LOG_FORMAT",
        sets: Some(("log", "format")),
        convert: format,
        doc: "`console` (our `human`) or `json`.",
    },
    Rival {
        name: "ENVIRONMENT",
        sets: None,
        convert: same,
        doc: "Ignored.",
    },
    Rival {
        name: "TZ",
        sets: Some(("history", "time_zone")),
        convert: zone,
        doc: "Time zone of days, hours and months.",
    },
];

#[expect(clippy::unnecessary_wraps, reason = "one signature for all conversions")]
fn same(text: &str) -> Option<String> {
    Some(text.trim().to_owned())
}

/// The exporter before us took every other word for "no".
#[expect(clippy::unnecessary_wraps, reason = "one signature for all conversions")]
fn one_or_true(text: &str) -> Option<String> {
    Some(matches!(text.trim(), "1" | "true" | "TRUE" | "True").to_string())
}

/// POSIX spells a zone file with a colon before it; anything but a name is the system's business, not ours.
fn zone(text: &str) -> Option<String> {
    let name = text.trim().trim_start_matches(':');
    jiff::tz::TimeZone::get(name).ok().map(|_| name.to_owned())
}

fn positive(text: &str) -> Option<String> {
    text.trim()
        .parse::<u32>()
        .ok()
        .filter(|n| *n > 0)
        .map(|n| n.to_string())
}

fn minutes(text: &str) -> Option<String> {
    text.trim()
        .parse::<u32>()
        .ok()
        .filter(|n| *n > 0)
        .map(|n| (u64::from(n) * 60).to_string())
}

fn level(text: &str) -> Option<String> {
    let word = match text.trim().to_ascii_lowercase().as_str() {
        "trace" => "trace",
        "debug" => "debug",
        "info" => "info",
        "warn" | "warning" => "warn",
        "error" | "dpanic" | "panic" | "fatal" => "error",
        "off" => "off",
        _ => return None,
    };
    Some(word.to_owned())
}

fn format(text: &str) -> Option<String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "console" | "human" | "text" | "logfmt" => Some("human".to_owned()),
        "json" => Some("json".to_owned()),
        "auto" => Some("auto".to_owned()),
        _ => None,
    }
}

/// Keys whose short variables our own guide recommends.
const EVERYDAY: [&str; 5] = ["url", "token", "token_file", "level", "format"];

/// Layers, earliest first, and remarks for the log.
#[derive(Debug, Default)]
pub(crate) struct FromEnv {
    pub(crate) layers: Vec<Vec<Setting>>,
    pub(crate) remarks: Vec<String>,
    /// A variable was used that is set for another exporter and hardly for us.
    pub(crate) moved_in: bool,
}

pub(crate) fn read(env: &Env) -> Result<FromEnv, Failure> {
    let mut out = FromEnv::default();
    rivals(env, &mut out)?;
    let twins = At::all().filter_map(|at| {
        let name = at.key().variable()?;
        let text = env.get(&name)?.to_owned();
        Some(Setting::from_text(at, &text, Origin::Variable(name)))
    });
    out.layers.push(twins.collect::<Result<_, _>>()?);
    let spelled = env.ours().filter(|(name, _)| name.starts_with(GRAMMAR));
    out.layers.push(
        spelled
            .map(|(name, text)| by_grammar(name, text))
            .collect::<Result<_, _>>()?,
    );
    out.remarks.extend(
        env.ours()
            .filter(|(name, _)| !name.starts_with(GRAMMAR))
            .filter_map(|(n, _)| stranger(n)),
    );
    Ok(out)
}

fn rivals(env: &Env, out: &mut FromEnv) -> Result<(), Failure> {
    for rival in RIVALS {
        let (Some(at), Some(text)) = (rival.at(), env.get(rival.name)) else {
            continue;
        };
        let Some(value) = (rival.convert)(text) else {
            out.remarks.push(format!(
                "variable {} is not understood and left aside; {}",
                rival.name, rival.doc
            ));
            continue;
        };
        let setting = Setting::from_text(at, &value, Origin::Variable(rival.name.to_owned()))?;
        let earlier = out
            .layers
            .iter()
            .flatten()
            .find(|s| s.at == at && s.value != setting.value);
        if let Some(earlier) = earlier {
            out.remarks.push(format!(
                "variable {} is used, {} is not: they differ",
                rival.name, earlier.origin
            ));
        }
        out.layers.push(vec![setting]);
        out.moved_in |= !EVERYDAY.contains(&at.key().name);
    }
    Ok(())
}

/// `PROJECTIONIST__LISTEN`, `PROJECTIONIST__LOG__LEVEL`, `PROJECTIONIST__PLEX__0__URL`.
fn by_grammar(name: &str, text: &str) -> Result<Setting, Failure> {
    let lower = name[GRAMMAR.len()..].to_ascii_lowercase();
    let words: Vec<&str> = lower.split("__").collect();
    let (table, index, key) = match words.as_slice() {
        [key] => ("", 0, *key),
        [table, key] => (*table, 0, *key),
        [table, index, key] => match index.parse() {
            Ok(n) => (*table, n, *key),
            Err(_) => return Err(unknown_variable(name)),
        },
        _ => return Err(unknown_variable(name)),
    };
    let Some(t) = TABLES
        .iter()
        .find(|t| t.name == table && t.repeated == (words.len() == 3))
    else {
        return Err(unknown_variable(name));
    };
    let Some(at) = At::find(table, index, key) else {
        let message = format!("variable {name}: unknown key \"{}\"", dotted(t, index, key));
        return Err(Failure::config(message).hint(advice(t, key)));
    };
    Setting::from_text(at, text, Origin::Variable(name.to_owned()))
}

fn unknown_variable(name: &str) -> Failure {
    let all: Vec<String> = At::all().map(spelled).collect();
    let hint = match nearest(name, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "spell it like PROJECTIONIST__LOG__LEVEL or PROJECTIONIST__PLEX__0__URL".to_owned(),
    };
    Failure::config(format!("variable {name} names no key of the configuration")).hint(hint)
}

/// The variable that sets `at` by the grammar.
pub(crate) fn spelled(at: At) -> String {
    let (table, key) = (at.table(), at.key().name);
    let words = match (table.name, table.repeated) {
        ("", _) => key.to_owned(),
        (name, false) => format!("{name}__{key}"),
        (name, true) => format!("{name}__{}__{key}", at.index()),
    };
    format!("{GRAMMAR}{}", words.to_ascii_uppercase())
}

/// A remark on a variable that looks like ours and is not. Never an error: Kubernetes sets
/// `PROJECTIONIST_PORT` and others beside every pod once a service is called "projectionist".
fn stranger(name: &str) -> Option<String> {
    let known: Vec<String> = At::all()
        .filter_map(|at| at.key().variable())
        .chain([CONFIG_VARIABLE.to_owned()])
        .collect();
    let rest = &name[PREFIX.len()..];
    let from_kubernetes = rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    if from_kubernetes || known.iter().any(|k| k == name) {
        return None;
    }
    let near = nearest(name, known.iter().map(String::as_str));
    let advice = near.map_or_else(String::new, |n| format!("; did you mean {n}?"));
    Some(format!(
        "variable {name} is not one we know and is left aside{advice}"
    ))
}
