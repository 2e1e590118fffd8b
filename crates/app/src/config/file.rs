//! The TOML file as settings, each with its line.

use std::path::Path;

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use super::nearest::nearest;
use super::schema::{At, TABLES, Table, dotted};
use super::setting::{Origin, Setting};
use crate::failure::Failure;

/// Reads `source`. Messages name the file, the line and the key, and never repeat a line of the file: it may
/// hold a token.
pub(crate) fn read(source: &str, path: &Path) -> Result<Vec<Setting>, Failure> {
    let file = File { source, path };
    let root = DeTable::parse(source).map_err(|e| file.malformed(&e))?;
    let mut settings = Vec::new();
    for (name, value) in root.get_ref() {
        let line = file.line(name.span().start);
        let word = name.get_ref().as_ref();
        match TABLES.iter().find(|t| t.name == word) {
            Some(table) if table.repeated => {
                let tables = value
                    .get_ref()
                    .as_array()
                    .filter(|a| a.iter().all(|v| v.get_ref().is_table()));
                let Some(tables) = tables else {
                    return Err(file.not_repeated(table, value.get_ref(), line));
                };
                for (index, one) in tables.iter().enumerate() {
                    let inner = one
                        .get_ref()
                        .as_table()
                        .ok_or_else(|| file.not_a_table(table, line))?;
                    if inner.is_empty() {
                        let message = format!("[[{word}]] is empty");
                        return Err(file.failure(file.line(one.span().start), &message));
                    }
                    file.keys(table, index, inner, &mut settings)?;
                }
            }
            Some(table) => {
                let inner = value
                    .get_ref()
                    .as_table()
                    .ok_or_else(|| file.not_a_table(table, line))?;
                file.keys(table, 0, inner, &mut settings)?;
            }
            None => settings.push(file.setting(&TABLES[0], 0, word, value, line)?),
        }
    }
    Ok(settings)
}

struct File<'a> {
    source: &'a str,
    path: &'a Path,
}

impl File<'_> {
    fn keys(
        &self,
        table: &'static Table,
        index: usize,
        inner: &DeTable<'_>,
        out: &mut Vec<Setting>,
    ) -> Result<(), Failure> {
        for (name, value) in inner {
            let line = self.line(name.span().start);
            out.push(self.setting(table, index, name.get_ref(), value, line)?);
        }
        Ok(())
    }

    fn setting(
        &self,
        table: &'static Table,
        index: usize,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        line: usize,
    ) -> Result<Setting, Failure> {
        let Some(at) = At::find(table.name, index, name) else {
            let message = format!("unknown key \"{}\"", dotted(table, index, name));
            return Err(self.failure(line, &message).hint(advice(table, name)));
        };
        let value =
            owned(value).ok_or_else(|| self.failure(line, &format!("{at}: not a value TOML can hold")))?;
        Setting::new(
            at,
            value,
            Origin::File {
                path: self.path.to_owned(),
                line,
            },
        )
    }

    fn malformed(&self, e: &toml::de::Error) -> Failure {
        let start = e.span().map_or(0, |s| s.start).min(self.source.len());
        let line_start = self.source[..start].rfind('\n').map_or(0, |n| n + 1);
        let column = self.source[line_start..start].chars().count() + 1;
        let (path, line) = (self.path.display(), self.line(start));
        Failure::config(format!("{path}:{line}:{column}: not valid TOML: {}", e.message()))
            .hint("texts stand in double quotes: url = \"http://192.168.1.10:32400\"")
    }

    fn not_repeated(&self, table: &Table, found: &DeValue<'_>, line: usize) -> Failure {
        let name = table.name;
        let message = format!(
            "{name}: expected [[{name}]] tables, found {}",
            article(found.type_str())
        );
        self.failure(line, &message).hint(format!(
            "write [[{name}]] with double brackets, once for each server"
        ))
    }

    fn not_a_table(&self, table: &Table, line: usize) -> Failure {
        let name = table.name;
        self.failure(line, &format!("{name}: expected a table"))
            .hint(format!("write its keys below a line [{name}]"))
    }

    fn failure(&self, line: usize, message: &str) -> Failure {
        Failure::config(format!("{}:{line}: {message}", self.path.display()))
    }

    /// 1-based.
    fn line(&self, offset: usize) -> usize {
        1 + self
            .source
            .as_bytes()
            .iter()
            .take(offset)
            .filter(|b| **b == b'\n')
            .count()
    }
}

/// What to write instead of the unknown key `name` of `table`.
pub(crate) fn advice(table: &Table, name: &str) -> String {
    let elsewhere = TABLES
        .iter()
        .find(|t| t.name != table.name && t.keys.iter().any(|k| k.name == name));
    let here = table.keys.iter().map(|k| k.name);
    let tables = TABLES
        .iter()
        .map(|t| t.name)
        .filter(|t| !t.is_empty() && table.name.is_empty());
    match (elsewhere, nearest(name, here.clone().chain(tables))) {
        (Some(t), _) if t.name.is_empty() => {
            format!("\"{name}\" belongs at the top of the file, before any table")
        }
        (Some(t), _) if t.repeated => format!("\"{name}\" belongs below [[{}]]", t.name),
        (Some(t), _) => format!("\"{name}\" belongs below [{}]", t.name),
        (None, Some(near)) => format!("did you mean \"{near}\"?"),
        (None, None) => format!("known here: {}", here.collect::<Vec<_>>().join(", ")),
    }
}

fn article(type_name: &str) -> String {
    let an = type_name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {type_name}", if an { "an" } else { "a" })
}

/// `None` for numbers that fit no type.
fn owned(value: &Spanned<DeValue<'_>>) -> Option<Value> {
    Value::deserialize(ValueDeserializer::from(value.clone())).ok()
}
