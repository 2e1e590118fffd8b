//! The `config.ini` of Plex-to-InfluxDB-Extended and of both generations of Plex-Data-Collector-For-InfluxDB, as
//! settings of ours.
//!
//! Every key of the three is read. What it means here is said by [`rules`]; what ended those programs is accepted
//! where it does no harm, and otherwise refused with its line.

mod parse;
mod rules;
#[cfg(test)]
mod tests;
mod values;

use std::path::Path;

use super::Env;
use super::nearest::nearest;
use super::setting::Setting;
use crate::failure::Failure;
use parse::{Document, Problem};

/// Sections and keys of the three programs, as their authors spell them.
pub(super) const KNOWN: &[(&str, &[&str])] = &[
    ("GENERAL", &["Delay", "LibraryDelay", "Output", "ReportCombined"]),
    (
        "INFLUXDB",
        &[
            "Address",
            "Port",
            "Database",
            "SSL",
            "Verify_SSL",
            "Username",
            "Password",
        ],
    ),
    (
        "PLEX",
        &["Username", "Password", "Servers", "HTTPS", "Verify_SSL"],
    ),
    (
        "LOGGING",
        &["Enable", "Level", "LogFile", "CensorLogs", "PrintThreshold"],
    ),
];

/// Where the collector of 2018 looks for the name of its file.
pub(super) const FILE_VARIABLE: &str = "devconfig";

/// The variable that says which of the three programs a file is for, where the file does not tell.
const SCHEMA_VARIABLE: &str = "PROJECTIONIST__INFLUXDB__0__SCHEMA";

/// What a file says, and what its reader should know.
#[derive(Debug)]
pub(crate) struct FromIni {
    pub(crate) settings: Vec<Setting>,
    pub(crate) remarks: Vec<String>,
}

/// True for a file named so, and for one that begins with a section only these programs have.
pub(crate) fn is_ini(path: &Path, text: &str) -> bool {
    let named = |extension: &str| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension))
    };
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|l| !l.is_empty() && !l.starts_with(['#', ';']));
    let header = first
        .and_then(|l| l.strip_prefix('['))
        .and_then(|l| l.split(']').next());
    named("ini") || (!named("toml") && header.is_some_and(|h| KNOWN.iter().any(|(name, _)| *name == h)))
}

/// What the outside has to say about a file.
pub(crate) struct Outside<'a> {
    /// The schema somebody asks for, by a variable.
    schema: Option<&'a str>,
    /// True if the word is the name of a host.
    resolves: &'a dyn Fn(&str) -> bool,
}

impl<'a> Outside<'a> {
    pub(crate) fn of(env: &'a Env) -> Self {
        Self {
            schema: env.get(SCHEMA_VARIABLE),
            resolves: &values::resolves,
        }
    }
}

/// Reads `text`. Messages name the file and the line, and never repeat a line: it may hold a password.
pub(crate) fn read(text: &str, path: &Path, outside: &Outside<'_>) -> Result<FromIni, Failure> {
    let refuse = |problem: Problem| {
        let message = format!("{}:{}: {}", path.display(), problem.line, problem.what);
        Failure::config(message).hint(problem.hint)
    };
    let document = parse::parse(text).map_err(refuse)?;
    let mut remarks = strangers(&document)
        .map_err(refuse)?
        .into_iter()
        .map(|(line, what)| format!("{}:{line}: {what}", path.display()))
        .collect();
    let settings = rules::settings(&document, path, outside, &mut remarks)?;
    Ok(FromIni { settings, remarks })
}

/// Remarks on sections and keys nobody knows, with their lines. A section whose name is in the wrong case is a
/// mistake that would cost all its keys.
fn strangers(document: &Document) -> Result<Vec<(usize, String)>, Problem> {
    let mut remarks = Vec::new();
    for section in &document.sections {
        let Some((name, keys)) = KNOWN.iter().find(|(n, _)| n.eq_ignore_ascii_case(&section.name)) else {
            let near = nearest(&section.name.to_uppercase(), KNOWN.iter().map(|(n, _)| *n));
            let advice = near.map_or_else(String::new, |n| format!("; did you mean [{n}]?"));
            remarks.push((
                section.line,
                format!("section [{}] is not known and left aside{advice}", section.name),
            ));
            continue;
        };
        if *name != section.name {
            return Err(Problem {
                line: section.line,
                what: format!("section [{}] must be written [{name}]", section.name),
                hint: "names of sections are in capitals",
            });
        }
        for (lower, entry) in &section.entries {
            if keys.iter().any(|k| k.eq_ignore_ascii_case(lower)) {
                continue;
            }
            let near = nearest(&entry.key, keys.iter().copied());
            let advice = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            remarks.push((
                entry.line,
                format!("{name}.{} is not known and left aside{advice}", entry.key),
            ));
        }
    }
    remarks.sort();
    Ok(remarks)
}
