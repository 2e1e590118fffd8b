//! Layers laid over each other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::schema::{At, Fallback, TABLES};
use super::setting::{Origin, Setting};
use super::{Config, SAVED_TOKEN};
use crate::failure::Failure;

/// What holds at each place, and who said it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged(BTreeMap<At, Setting>);

impl Merged {
    /// Lays one layer over those before it. A key drops its alternative (`token` drops `token_file`) if that was
    /// said by an earlier layer; said by the same layer, the two contradict each other.
    pub(super) fn lay(&mut self, layer: Vec<Setting>) -> Result<(), Failure> {
        for s in &layer {
            let Some(other) = s.at.alternative() else { continue };
            if layer.iter().any(|o| o.at == other) {
                let (one, two) = (s.at.key().name, other.key().name);
                return Err(s
                    .refuse(format_args!("stands beside {two}"))
                    .hint(format!("keep {one} or {two}, not both")));
            }
        }
        for s in layer {
            if let Some(other) = s.at.alternative() {
                self.0.remove(&other);
            }
            self.0.insert(s.at, s);
        }
        Ok(())
    }

    /// Checks what spans several keys and adds the defaults. `old_file`: the file, if it is of a program that knew
    /// only passwords.
    pub(super) fn fill(&mut self, data_dir: &Path, old_file: Option<&Path>) -> Result<(), Failure> {
        for table in TABLES.iter().filter(|t| t.repeated) {
            let named: Vec<&Setting> = self
                .0
                .values()
                .filter(|s| s.at.table().name == table.name)
                .collect();
            let mut count = 0;
            for s in named {
                if s.at.index() > count {
                    return Err(s
                        .refuse("numbers leave no gap")
                        .hint(format!("the next free number is {count}")));
                }
                count = s.at.index() + 1;
            }
            for index in 0..count {
                self.fill_table(table.name, index);
            }
        }
        for table in TABLES.iter().filter(|t| !t.repeated) {
            self.fill_table(table.name, 0);
        }
        self.fill_found(data_dir, old_file);
        Ok(())
    }

    fn fill_table(&mut self, table: &str, index: usize) {
        for at in At::all()
            .filter(|at| at.table().name == table)
            .map(|at| at.nth(index))
        {
            let Fallback::Value(text) = at.key().fallback else {
                continue;
            };
            if let Ok(setting) = Setting::from_text(at, text, Origin::Default) {
                self.0.entry(at).or_insert(setting);
            }
        }
    }

    /// Defaults that depend on the machine: the data directory, and a saved sign-in within it. That wins over a
    /// password in `old_file`, which cannot say otherwise: so get accounts in that ask for a code.
    fn fill_found(&mut self, data_dir: &Path, old_file: Option<&Path>) {
        let place = |table: &str, key: &str| At::find(table, 0, key).expect("the schema has this key");
        let data = place("", "data_dir");
        let value = Value::from(data_dir.display().to_string());
        let data = self.0.entry(data).or_insert(Setting {
            at: data,
            value,
            origin: Origin::Default,
        });
        let saved = Path::new(data.value.as_str().unwrap_or_default()).join(SAVED_TOKEN);
        let yields =
            |s: &Setting| matches!(&s.origin, Origin::File { path, .. } if Some(path.as_path()) == old_file);
        let signs_in = |key: &str| self.0.get(&place("plex_tv", key)).is_some_and(|s| !yields(s));
        if saved.is_file() && !["token", "token_file", "user"].into_iter().any(signs_in) {
            for key in ["user", "password"] {
                self.0.remove(&place("plex_tv", key));
            }
            let at = place("plex_tv", "token_file");
            let value = Value::from(saved.display().to_string());
            self.0.insert(
                at,
                Setting {
                    at,
                    value,
                    origin: Origin::Found(saved),
                },
            );
        }
    }

    /// The one deserialisation.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        self.check_servers()?;
        self.check_tautullis()?;
        self.check_influxdbs()?;
        // Values that parse further than their type are tried one by one, so that the message names the place.
        for s in self.0.values() {
            let mut one = Table::new();
            one.insert(s.at.key().name.to_owned(), s.value.clone());
            Probe::deserialize(one).map_err(|e| s.refuse(e.message().trim()))?;
        }
        Config::deserialize(self.table()).map_err(|e| Failure::config(e.message()))
    }

    fn check_servers(&self) -> Result<(), Failure> {
        let servers = self.0.values().filter(|s| s.at.table().name == "plex");
        let mut previous = None;
        for s in servers.filter(|s| s.origin != Origin::Default) {
            let index = s.at.index();
            if previous == Some(index) {
                continue;
            }
            previous = Some(index);
            let has = |key| At::find("plex", index, key).is_some_and(|at| self.0.contains_key(&at));
            if !["url", "name"].into_iter().any(has) {
                let hint = match &s.origin {
                    Origin::Variable(_) => {
                        "set PLEX_SERVER to the server's address, such as http://192.168.1.10:32400"
                    }
                    Origin::Flag(_) => "add --plex-url http://192.168.1.10:32400",
                    _ => {
                        "add url = \"http://192.168.1.10:32400\", or name = \"…\" to find it through plex.tv"
                    }
                };
                let message = format!("{}: plex[{index}] has neither url nor name", s.origin);
                return Err(Failure::config(message).hint(hint));
            }
        }
        Ok(())
    }

    fn check_tautullis(&self) -> Result<(), Failure> {
        for s in self.0.values().filter(|s| s.at.table().name == "tautulli") {
            let index = s.at.index();
            let has = |key| At::find("tautulli", index, key).is_some_and(|at| self.0.contains_key(&at));
            let lacks = match (has("url"), has("api_key") || has("api_key_file")) {
                (true, true) => continue,
                (false, _) => "has no url",
                (true, false) => "has neither api_key nor api_key_file",
            };
            let message = format!("{}: tautulli[{index}] {lacks}", s.origin);
            return Err(Failure::config(message).hint(
                "the address is that of Tautulli's page; the key stands in its settings under Web Interface",
            ));
        }
        Ok(())
    }

    fn check_influxdbs(&self) -> Result<(), Failure> {
        for s in self.0.values().filter(|s| s.at.table().name == "influxdb") {
            let index = s.at.index();
            if At::find("influxdb", index, "url").is_some_and(|at| !self.0.contains_key(&at)) {
                let said = self.0.values().find(|o| {
                    o.at.table().name == s.at.table().name
                        && o.at.index() == index
                        && o.origin != Origin::Default
                });
                let message = format!("{}: influxdb[{index}] has no url", said.unwrap_or(s).origin);
                return Err(Failure::config(message).hint("add url = \"http://192.168.1.10:8086\""));
            }
        }
        Ok(())
    }

    pub(super) fn table(&self) -> Table {
        let mut root = Table::new();
        for s in self.0.values() {
            let (table, key) = (s.at.table(), s.at.key().name.to_owned());
            let target = if table.name.is_empty() {
                Some(&mut root)
            } else if table.repeated {
                let list = root.entry(table.name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().and_then(|list| {
                    while list.len() <= s.at.index() {
                        list.push(Value::Table(Table::new()));
                    }
                    list[s.at.index()].as_table_mut()
                })
            } else {
                root.entry(table.name)
                    .or_insert_with(|| Value::Table(Table::new()))
                    .as_table_mut()
            };
            if let Some(target) = target {
                target.insert(key, s.value.clone());
            }
        }
        root
    }

    /// Every setting, in the schema's order.
    pub(crate) fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.0.values()
    }

    /// A failure about the value of `table.key`, with its origin.
    pub(crate) fn refuse(
        &self,
        table: &str,
        index: usize,
        key: &str,
        what: impl std::fmt::Display,
    ) -> Failure {
        match At::find(table, index, key).and_then(|at| self.0.get(&at)) {
            Some(s) => s.refuse(what),
            None => Failure::config(what.to_string()),
        }
    }
}

/// The keys whose values have a grammar of their own, all optional.
#[derive(serde::Deserialize)]
struct Probe {
    #[serde(rename = "listen", default)]
    _listen: Option<crate::address::Address>,
    #[serde(rename = "listen_as", default)]
    _listen_as: Option<Vec<super::ListenAs>>,
    #[serde(rename = "base_path", default, deserialize_with = "super::base_path")]
    _base_path: String,
    #[serde(rename = "time_zone", default)]
    _time_zone: Option<super::Zone>,
    #[serde(rename = "watched_percent", default)]
    _watched_percent: Option<super::Percent>,
    #[serde(rename = "visibility", default)]
    _visibility: Vec<super::Place>,
}
