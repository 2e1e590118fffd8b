//! The file that the page writes: what it holds, and what is added to it.

use std::path::Path;

use toml::{Table, Value};

use super::{Config, Merged, check_across, file};
use crate::failure::Failure;

/// First line of every file of ours; what begins otherwise was written by hand and is left alone.
const MARK: &str = "# Written by the setup page of Projectionist.";

const REMARK: &str =
    "# It may be changed by hand too; but when the page writes it again, its comments are lost.\n";

/// Keys that open a server; a new entry for it brings its own.
const CREDENTIALS: [&str; 9] = [
    "url",
    "name",
    "token",
    "token_file",
    "api_key",
    "api_key_file",
    "user",
    "password",
    "password_file",
];

pub(crate) fn is_ours(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The whole text of the file.
pub(crate) fn render(root: &Table) -> String {
    format!("{MARK}\n{REMARK}\n{root}")
}

/// Puts `entry` into the repeated table `name`: in the place of the one it speaks of, else behind the others.
pub(crate) fn put(root: &mut Table, name: &str, mut entry: Table) {
    let list = root.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    let Some(list) = list.as_array_mut() else { return };
    let old = list
        .iter_mut()
        .filter_map(Value::as_table_mut)
        .find(|old| same(old, &entry));
    if let Some(old) = old {
        old.retain(|key, _| !CREDENTIALS.contains(&key));
        old.extend(entry);
        return;
    }
    // Two servers of one name are told apart by what they are.
    let text = |table: &Table, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    if let (None, Some(called), Some(machine)) = (
        text(&entry, "id"),
        text(&entry, "name"),
        text(&entry, "machine_id"),
    ) && list.iter().filter_map(Value::as_table).any(|t| {
        text(t, "name")
            .or_else(|| text(t, "id"))
            .is_some_and(|n| n == called)
    }) {
        let short: String = machine.chars().take(6).collect();
        entry.insert("id".to_owned(), format!("{called} {short}").into());
    }
    list.push(entry.into());
}

/// True if both speak of one server: by what it is, else by its address.
fn same(one: &Table, other: &Table) -> bool {
    let both = |key: &str| Some((one.get(key)?.as_str()?, other.get(key)?.as_str()?));
    match (both("machine_id"), both("url")) {
        (Some((a, b)), _) => a == b,
        (None, Some((a, b))) => plain(a) == plain(b),
        (None, None) => false,
    }
}

/// An address without what makes no difference.
fn plain(url: &str) -> String {
    let url = url.trim().trim_end_matches('/').to_lowercase();
    url.strip_prefix("http://").map(str::to_owned).unwrap_or(url)
}

/// The configuration that `text` is alone: one entry that somebody typed, and defaults for all else.
/// A failure says what is wrong with the entry, without a place in a file.
pub(crate) fn typed(text: &str, data_dir: &Path) -> Result<Config, Failure> {
    const TYPED: &str = "typed";
    let read = || {
        let mut merged = Merged::default();
        merged.lay(file::read(text, Path::new(TYPED))?)?;
        merged.fill(data_dir, None)?;
        let mut config = merged.config()?;
        check_across(&mut config, &merged)?;
        Ok(config)
    };
    read().map_err(|failure: Failure| {
        let placed = failure.message.strip_prefix(TYPED);
        let said = placed
            .and_then(|rest| rest.split_once(": "))
            .map(|(_, said)| said.to_owned());
        Failure {
            message: said.unwrap_or(failure.message),
            ..failure
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn an_entry_takes_the_place_of_its_like_and_leaves_the_rest() {
        let cases = [
            // Nothing there.
            ("", "url = 'http://a'", "[[plex]]\nurl = \"http://a\"\n"),
            // The same address: a new key, other settings stay.
            (
                "[[plex]]\nid = 'x'\nurl = 'http://A/'\ntoken_file = '/t'\ntimeout_s = 3\n[log]\nlevel = 'debug'",
                "url = 'a'\ntoken = 'n'",
                "[[plex]]\nid = \"x\"\ntimeout_s = 3\nurl = \"a\"\ntoken = \"n\"\n\n[log]\nlevel = \"debug\"\n",
            ),
            // All that opened it goes, also in files.
            (
                "[[plex]]\nurl = 'http://a'\nuser = 'u'\npassword_file = '/p'\napi_key_file = '/k'",
                "url = 'http://a'\ntoken = 'n'",
                "[[plex]]\nurl = \"http://a\"\ntoken = \"n\"\n",
            ),
            // Another address.
            (
                "[[plex]]\nurl = 'http://a'",
                "url = 'http://b'",
                "[[plex]]\nurl = \"http://a\"\n\n[[plex]]\nurl = \"http://b\"\n",
            ),
            // The same server by its id, under another name.
            (
                "[[plex]]\nname = 'Attic'\nmachine_id = 'm'",
                "name = 'Loft'\nmachine_id = 'm'",
                "[[plex]]\nmachine_id = \"m\"\nname = \"Loft\"\n",
            ),
            // Another one of the same name.
            (
                "[[plex]]\nname = 'Attic'\nmachine_id = 'm'",
                "name = 'Attic'\nmachine_id = 'abcdefgh'",
                "[[plex]]\nname = \"Attic\"\nmachine_id = \"m\"\n\n[[plex]]\nname = \"Attic\"\nmachine_id = \"abcdefgh\"\nid = \"Attic abcdef\"\n",
            ),
        ];
        for (old, entry, expected) in cases {
            let mut root = table(old);
            put(&mut root, "plex", table(entry));
            let text = render(&root);
            assert!(is_ours(&text));
            assert_eq!(text.split_once("\n\n").unwrap().1.trim_start(), expected, "{old}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            urls in prop::collection::vec("\\PC*", 1..4),
            token in "(?s).*",
            listen in prop::option::of("[ -~]*"),
        ) {
            let mut root = Table::new();
            for (n, url) in urls.iter().enumerate() {
                let mut entry = Table::new();
                entry.insert("url".to_owned(), url.as_str().into());
                entry.insert("token".to_owned(), format!("{token}{n}").into());
                entry.insert("machine_id".to_owned(), n.to_string().into());
                put(&mut root, "plex", entry);
                let mut entry = Table::new();
                entry.insert("url".to_owned(), format!("{n}{url}").into());
                put(&mut root, "tautulli", entry);
            }
            if let Some(listen) = listen {
                // A key at the top that comes after tables must not end up within one.
                root.insert("listen".to_owned(), listen.into());
            }
            let text = render(&root);
            prop_assert!(is_ours(&text));
            let settings = file::read(&text, Path::new("f")).map_err(|f| TestCaseError::fail(f.to_string()))?;
            let mut read = Merged::default();
            read.lay(settings).map_err(|f| TestCaseError::fail(f.to_string()))?;
            let read = read.table();
            prop_assert_eq!(read.get("plex"), root.get("plex"));
            prop_assert_eq!(read.get("tautulli").and_then(Value::as_array).map(Vec::len), Some(urls.len()));
            prop_assert_eq!(read.get("listen"), root.get("listen"));
            // And what is added later finds what was there.
            prop_assert_eq!(&text.parse::<Table>().unwrap(), &root);
        }
    }
}
