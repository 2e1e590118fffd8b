//! Every key of the configuration, said once: its type, default, flag, environment variables and meaning.
//! Reading, checking, printing and the reference pages all follow this table.

use std::fmt;

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

const fn key(name: &'static str, kind: Kind, fallback: Fallback, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        fallback,
        secret: false,
        flag: None,
        instead_of: None,
        doc,
    }
}

impl Key {
    const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn instead_of(mut self, other: &'static str) -> Self {
        self.instead_of = Some(other);
        self
    }

    /// The variable that goes with the flag.
    pub(crate) fn variable(&self) -> Option<String> {
        self.flag.map(variable_of_flag)
    }
}

/// `listen-as` → `PROJECTIONIST_LISTEN_AS`.
pub(crate) fn variable_of_flag(flag: &str) -> String {
    format!("PROJECTIONIST_{}", flag.to_ascii_uppercase().replace('-', "_"))
}

use Fallback::{Absent, Value};
use Kind::{Bool, List, OneOf, Path, Seconds, Text, Url, Whole};

pub(crate) const PROFILES: &[&str] = &["native", "cplieger", "cplieger-2026.04", "timothystewart6"];
const LABELS: &[&str] = &["keep", "hash", "drop"];
const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
const FORMATS: &[&str] = &["auto", "human", "json"];

pub(crate) static TABLES: &[Table] = &[
    Table {
        name: "",
        repeated: false,
        doc: "Keys at the top of the file, before any table.",
        keys: TOP,
    },
    Table {
        name: "log",
        repeated: false,
        doc: "What is written to standard error.",
        keys: LOG,
    },
    Table {
        name: "metrics",
        repeated: false,
        doc: "What the exported series carry.",
        keys: METRICS,
    },
    Table {
        name: "plex",
        repeated: true,
        doc: "A Plex server to watch; repeat the table for each. Give `url`, or `name` to find it through plex.tv.",
        keys: PLEX,
    },
    Table {
        name: "plex_tv",
        repeated: false,
        doc: "Signing in at plex.tv and finding servers there. Not needed for servers given by `url`.",
        keys: PLEX_TV,
    },
];

static TOP: &[Key] = &[
    key(
        "listen",
        Text,
        Value("0.0.0.0:9595"),
        "Address of the web page, the metrics and the API. `:9595` means every address of the machine.",
    )
    .flag("listen"),
    key(
        "listen_as",
        List,
        Absent("none"),
        "Further addresses whose `/metrics` speaks another profile: `cplieger=:9594`.",
    )
    .flag("listen-as"),
    key(
        "default_profile",
        OneOf(PROFILES),
        Value("native"),
        "Profile of `/metrics`. The others stay at `/metrics/<profile>`.",
    )
    .flag("profile"),
    key(
        "base_path",
        Text,
        Absent("none"),
        "Path under which a reverse proxy shows us, such as `/projectionist`.",
    )
    .flag("base-path"),
    key(
        "data_dir",
        Path,
        Absent("`/var/lib/projectionist` if it exists, else `projectionist` in the user's data directory"),
        "Directory for what must survive a restart: the plex.tv token and the id of this installation.",
    )
    .flag("data-dir"),
];

static LOG: &[Key] = &[
    key(
        "level",
        OneOf(LEVELS),
        Value("info"),
        "How much is logged. Libraries below us never log more than warnings.",
    )
    .flag("log-level"),
    key(
        "format",
        OneOf(FORMATS),
        Value("auto"),
        "`auto` is `human` on a terminal and `json` elsewhere.",
    )
    .flag("log-format"),
];

static METRICS: &[Key] = &[
    key(
        "users",
        OneOf(LABELS),
        Value("keep"),
        "User names in labels: keep them, replace them by a stable hash, or leave them out.",
    )
    .flag("label-users"),
    key(
        "titles",
        OneOf(LABELS),
        Value("keep"),
        "Titles in labels: keep, hash or leave out.",
    )
    .flag("label-titles"),
];

static PLEX: &[Key] = &[
    key(
        "id",
        Text,
        Absent("made from `name` or from the host in `url`"),
        "Our short name for the server, unique; used in logs and as the `source` label.",
    ),
    key(
        "url",
        Url,
        Absent("none"),
        "Address of the server, `http://host:32400`. A path behind a proxy is kept; `/web` is cut off.",
    )
    .flag("plex-url")
    .instead_of("name"),
    key(
        "token",
        Text,
        Absent("none"),
        "The server's token (`X-Plex-Token`).",
    )
    .secret()
    .instead_of("token_file"),
    key(
        "token_file",
        Path,
        Absent("none"),
        "File that holds the token; read again when the server refuses it.",
    )
    .flag("plex-token-file")
    .instead_of("token"),
    key(
        "name",
        Text,
        Absent("none"),
        "Name of the server at plex.tv, to find its address there instead of giving `url`.",
    )
    .instead_of("url"),
    key(
        "ca_file",
        Path,
        Absent("none"),
        "PEM file of certificate authorities to trust besides the usual ones.",
    ),
    key(
        "tls_name",
        Text,
        Absent("the host in `url`"),
        "Check the certificate for this host name instead.",
    ),
    key(
        "tls_skip_verify",
        Bool,
        Value("false"),
        "Do not check the certificate at all.",
    ),
    key(
        "machine_id",
        Text,
        Absent("any"),
        "The server's `machineIdentifier`; any other server is refused.",
    ),
    key(
        "poll_interval_s",
        Seconds(0.5),
        Value("5"),
        "Seconds between two looks at the sessions. Notifications cause further looks at once.",
    ),
    key(
        "library_interval_s",
        Whole(60),
        Value("900"),
        "Seconds between two counts of the libraries' items.",
    ),
    key(
        "timeout_s",
        Seconds(0.1),
        Value("10"),
        "Seconds a request may take.",
    ),
    key(
        "notifications",
        Bool,
        Value("true"),
        "Listen to the server's notifications, so that changes show at once.",
    ),
];

static PLEX_TV: &[Key] = &[
    key(
        "all_servers",
        Bool,
        Value("false"),
        "Watch every server the account owns, also those no `[[plex]]` table names.",
    ),
    key("token", Text, Absent("none"), "Account token.")
        .secret()
        .instead_of("token_file"),
    key(
        "token_file",
        Path,
        Absent("`plex-token` in `data_dir`, once `projectionist login plex` has written it"),
        "File that holds the account token.",
    )
    .instead_of("token"),
    key(
        "user",
        Text,
        Absent("none"),
        "User name or e-mail address, to sign in with a password instead of a token.",
    ),
    key("password", Text, Absent("none"), "The password.")
        .secret()
        .instead_of("password_file"),
    key(
        "password_file",
        Path,
        Absent("none"),
        "File that holds the password.",
    )
    .instead_of("password"),
    key(
        "client_id",
        Text,
        Absent("drawn once and kept in `data_dir`"),
        "How plex.tv tells installations apart; must stay the same for ever.",
    ),
    key("base_url", Url, Value("https://plex.tv"), "The plex.tv API."),
    key(
        "clients_url",
        Url,
        Value("https://clients.plex.tv"),
        "The API that lists servers.",
    ),
    key(
        "auth_url",
        Url,
        Value("https://app.plex.tv/auth"),
        "The page on which a person confirms a PIN.",
    ),
];

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
