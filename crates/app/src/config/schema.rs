//! Every key of the configuration, said once: its type, default, flag, environment variables and meaning.
//! Reading, checking, printing and the reference pages all follow this table. The keys themselves stand in `keys`.

use std::fmt;

pub(crate) use super::keys::{PROFILES, TABLES};

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    /// A file or a directory.
    Path,
    /// An address or URL; printed without user info and query.
    Url,
    Bool,
    /// A whole number, at least this.
    Whole(i64),
    /// Seconds with fractions, at least this.
    Seconds(f64),
    OneOf(&'static [&'static str]),
    /// Several texts; in variables separated by commas.
    List,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a text"),
            Self::Path => f.write_str("a path"),
            Self::Url => f.write_str("an address"),
            Self::Bool => f.write_str("true or false"),
            Self::Whole(min) => write!(f, "a whole number, at least {min}"),
            Self::Seconds(min) => write!(f, "a number of seconds, at least {min}"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::List => f.write_str("a list of texts"),
        }
    }
}

/// What holds when nobody says anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fallback {
    /// This value, written as in a variable.
    Value(&'static str),
    /// Nothing; the words say what that means.
    Absent(&'static str),
}

#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) fallback: Fallback,
    /// Never printed.
    pub(crate) secret: bool,
    /// The command line's flag, without dashes. It brings a variable: `--data-dir` is `PROJECTIONIST_DATA_DIR`.
    pub(crate) flag: Option<&'static str>,
    /// A variable of its own, where a flag would show a secret in the list of processes.
    variable: Option<&'static str>,
    /// Another way to say the same; where a later layer uses one, an earlier layer's other one is dropped.
    pub(crate) instead_of: Option<&'static str>,
    pub(crate) doc: &'static str,
}

/// `[name]`, or `[[name]]` if it may be repeated. The first has no name: keys at the top of the file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) repeated: bool,
    pub(crate) doc: &'static str,
    pub(crate) keys: &'static [Key],
}

pub(super) const fn key(name: &'static str, kind: Kind, fallback: Fallback, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        fallback,
        secret: false,
        flag: None,
        variable: None,
        instead_of: None,
        doc,
    }
}

impl Key {
    pub(super) const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) const fn instead_of(mut self, other: &'static str) -> Self {
        self.instead_of = Some(other);
        self
    }

    pub(super) const fn variable_only(mut self, name: &'static str) -> Self {
        self.variable = Some(name);
        self
    }

    /// The variable that goes with the flag, or stands alone.
    pub(crate) fn variable(&self) -> Option<String> {
        self.variable
            .map(str::to_owned)
            .or_else(|| self.flag.map(variable_of_flag))
    }
}

/// `listen-as` → `PROJECTIONIST_LISTEN_AS`.
pub(crate) fn variable_of_flag(flag: &str) -> String {
    format!("PROJECTIONIST_{}", flag.to_ascii_uppercase().replace('-', "_"))
}

/// One place in the configuration: a key, and which `[[plex]]` for a repeated table. Ordered as in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct At {
    table: usize,
    index: usize,
    key: usize,
}

impl At {
    /// The place of `key` in `table`; `index` counts `[[table]]`s and is 0 for others.
    pub(crate) fn find(table: &str, index: usize, key: &str) -> Option<Self> {
        let t = TABLES.iter().position(|t| t.name == table)?;
        let k = TABLES[t].keys.iter().position(|k| k.name == key)?;
        Some(Self {
            table: t,
            index,
            key: k,
        })
    }

    /// The place a flag sets; flags speak of the first server.
    pub(crate) fn of_flag(flag: &str) -> Option<Self> {
        Self::all().find(|at| at.key().flag == Some(flag))
    }

    /// Every key once, repeated tables with index 0.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLES
            .iter()
            .enumerate()
            .flat_map(|(table, t)| (0..t.keys.len()).map(move |key| Self { table, index: 0, key }))
    }

    pub(crate) fn key(self) -> &'static Key {
        &TABLES[self.table].keys[self.key]
    }

    pub(crate) fn table(self) -> &'static Table {
        &TABLES[self.table]
    }

    /// Which of the repeated tables.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    pub(crate) fn nth(self, index: usize) -> Self {
        Self { index, ..self }
    }

    /// The place of the key that says the same in another way.
    pub(crate) fn alternative(self) -> Option<Self> {
        Self::find(self.table().name, self.index, self.key().instead_of?)
    }
}

/// `listen`, `log.level`, `plex[0].url`.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dotted(self.table(), self.index, self.key().name))
    }
}

/// How a key of `table` is written in messages.
pub(crate) fn dotted(table: &Table, index: usize, key: &str) -> String {
    match (table.name, table.repeated) {
        ("", _) => key.to_owned(),
        (name, false) => format!("{name}.{key}"),
        (name, true) => format!("{name}[{index}].{key}"),
    }
}
