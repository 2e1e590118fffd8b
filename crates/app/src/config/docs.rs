//! `docs/reference/configuration.md`, printed from the schema.

use std::fmt::Write as _;

use super::env::{CONFIG_VARIABLE, RIVALS, spelled};
use super::schema::{At, Fallback, Key, TABLES, Table};

const INTRODUCTION: &str = r"# Configuration

This page is printed by `projectionist docs config`.

No configuration is needed to watch one server: `PLEX_SERVER=http://192.168.1.10:32400 PLEX_TOKEN=… projectionist`.

Values come from four layers; a later one wins: **defaults**, the **file**, the **environment**, the **flags** of the
[command line](command-line.md). `projectionist check --print` shows what came out, where each value came from, and no
secrets. A key nobody knows is refused, and so is a value of the wrong type.

## The file

[TOML](https://toml.io). The first of these that exists is read:

";

const EXAMPLE: &str = r#"
```toml
listen = ":9595"

[[plex]]
url = "http://192.168.1.10:32400"
token_file = "/run/secrets/plex-token"

[[plex]]                       # found through plex.tv, after `projectionist login plex`
name = "Attic"

[[influxdb]]                   # points go there as well
url = "http://192.168.1.11:8086"
```

Relative paths are relative to the working directory. Every secret can stand in a file of its own instead: `token_file`
in the place of `token`. If a later layer gives one of the two, an earlier layer's other one no longer counts; the same
goes for `url` and `name`.

A server with a `url` and no token is opened by the plex.tv account, if `[plex_tv]` has one.

The `config.ini` of Plex-to-InfluxDB-Extended and of Plex-Data-Collector-For-InfluxDB may stand in the place of the file:
`--config config.ini`. A file is taken for one if its name ends in `.ini`, or if it begins with one of their sections and
its name does not end in `.toml`. `devconfig`, the variable of the collector of 2018, names one, too. See
[Coming from Plex-to-InfluxDB-Extended](../guide/coming-from-plex-to-influxdb.md).

"#;

const VARIABLES: &str = r"## The environment

Every key can be set by a variable: `PROJECTIONIST__` and the key in capitals, with two underscores between the parts.
Servers are numbered from 0: `PROJECTIONIST__PLEX__0__URL`. Lists are separated by commas. Every flag has a shorter twin,
`--data-dir` is `PROJECTIONIST_DATA_DIR`; where both are set the longer form wins. An empty variable counts as unset.

These variables of other exporters are understood too. They set the first server; ours win over them, and where two of
them set the same key the later row wins.

| Variable | Sets | Meaning |
| --- | --- | --- |
";

const OWN_PLACE: &str = "6. `projectionist.toml` in `data_dir`, as far as variables and flags say where that is

The setup page writes the third or the sixth, whichever can be written, readable for its owner only. It writes the file
again when more is saved, and then the file's own comments are lost; a file that somebody else wrote it leaves alone.
";

/// The whole page.
pub(crate) fn markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    let _ = writeln!(
        out,
        "1. the file named by `--config` or `{CONFIG_VARIABLE}`, which must exist"
    );
    let places = [
        "./projectionist.toml",
        "$XDG_CONFIG_HOME/projectionist/projectionist.toml",
    ];
    let more = [
        "/config/projectionist.toml",
        "/etc/projectionist/projectionist.toml",
    ];
    for (n, place) in places.iter().chain(&more).enumerate() {
        let note = if n == 1 {
            ", by default below `~/.config`"
        } else {
            ""
        };
        let _ = writeln!(out, "{}. `{place}`{note}", n + 2);
    }
    out.push_str(OWN_PLACE);
    out.push_str(EXAMPLE);
    for table in TABLES {
        describe_table(table, &mut out);
    }
    out.push_str(VARIABLES);
    for rival in RIVALS {
        let sets = rival
            .at()
            .map_or_else(|| "nothing".to_owned(), |at| format!("`{}`", path(at)));
        let _ = writeln!(out, "| `{}` | {sets} | {} |", rival.name, rival.doc);
    }
    out
}

fn describe_table(table: &Table, out: &mut String) {
    let title = match (table.name, table.repeated) {
        ("", _) => "Top of the file".to_owned(),
        (name, true) => format!("`[[{name}]]`"),
        (name, false) => format!("`[{name}]`"),
    };
    let _ = writeln!(out, "### {title}\n\n{}\n", table.doc);
    for at in At::all().filter(|at| at.table().name == table.name) {
        describe_key(at, at.key(), out);
    }
    out.push('\n');
}

fn describe_key(at: At, key: &Key, out: &mut String) {
    let default = match key.fallback {
        Fallback::Value(value) => format!("`{value}`"),
        Fallback::Absent(words) => words.to_owned(),
    };
    let _ = writeln!(out, "- **`{}`** — {}  ", key.name, key.doc);
    let _ = write!(
        out,
        "  {}. Default: {default}. `{}`",
        capital(&key.kind.to_string()),
        spelled(at)
    );
    if let Some(variable) = key.variable() {
        let _ = write!(out, ", `{variable}`");
    }
    if let Some(flag) = key.flag {
        let _ = write!(out, ", `--{flag}`");
    }
    out.push_str(".\n");
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// `plex[0].url` as a reader of the page knows it: `plex.url`.
fn path(at: At) -> String {
    at.to_string().replace("[0]", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_told_with_or_without_a_flag() {
        let page = markdown();
        for at in At::all() {
            let variable = at.key().variable();
            for variable in variable.into_iter().chain([spelled(at)]) {
                assert!(page.contains(&format!("`{variable}`")), "{variable}");
            }
        }
    }
}
