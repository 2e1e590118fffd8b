//! A file as it is loaded and converted, with all that is laid over it.

use super::*;
use crate::config::{Flags, Loaded, Merged, load};

fn loaded(dir: &Path, file: &str, variables: &[(&str, &str)]) -> Loaded {
    let data = dir.display().to_string();
    let all = [("PROJECTIONIST__DATA_DIR", data.as_str())];
    let all = all
        .iter()
        .chain(variables)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let flags = Flags {
        file: Some(dir.join(file)),
        ..Flags::default()
    };
    load(&flags, &Env::new(all)).unwrap()
}

fn table(merged: &Merged) -> toml::Table {
    merged.table()
}

#[test]
fn what_is_converted_is_what_was_read() {
    for (section, line, ..) in KEYS {
        let dir = tempfile::tempdir().unwrap();
        let text = with(section, line);
        std::fs::write(dir.path().join("config.ini"), &text).unwrap();
        let toml = crate::config::convert(&dir.path().join("config.ini"), &Env::default()).unwrap();
        std::fs::write(dir.path().join("p.toml"), &toml).unwrap();
        let (old, new) = (
            loaded(dir.path(), "config.ini", &[]),
            loaded(dir.path(), "p.toml", &[]),
        );
        assert_eq!(table(&old.merged), table(&new.merged), "{text}\n{toml}");
        assert_eq!(old.config.influxdb[0].id, new.config.influxdb[0].id);
        for remark in &old.remarks {
            assert!(toml.contains(&format!("# {remark}\n")), "{remark}\n{toml}");
        }
    }
}

#[test]
fn later_layers_and_a_saved_sign_in_win_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.ini"), LEAST).unwrap();
    let plain = loaded(dir.path(), "config.ini", &[]).config;
    assert_eq!(plain.plex_tv.user.as_deref(), Some("ada"));
    assert!(plain.needs_plex_tv(), "the address is opened by the account");
    let told = loaded(
        dir.path(),
        "config.ini",
        &[
            ("PROJECTIONIST__INFLUXDB__0__DATABASE", "other"),
            ("PROJECTIONIST__INFLUXDB__0__SCHEMA", "pdc2017"),
            ("PLEX_TOKEN", "t"),
        ],
    )
    .config;
    assert_eq!(told.influxdb[0].database, "other");
    assert_eq!(told.influxdb[0].library_interval_s, 2);
    assert!(!told.needs_plex_tv(), "its own token is enough");
    std::fs::write(dir.path().join(crate::config::SAVED_TOKEN), "t").unwrap();
    let saved = loaded(dir.path(), "config.ini", &[]).config.plex_tv;
    assert!(saved.token_file.is_some() && saved.user.is_none() && saved.password.is_none());
}

/// What the file says must go on being so: an account that asks for a code is signed in by the saved token alone.
#[test]
fn a_saved_sign_in_is_not_converted_away() {
    for variable in ["PROJECTIONIST__DATA_DIR", "PROJECTIONIST_DATA_DIR"] {
        let dir = tempfile::tempdir().unwrap();
        let ini = dir.path().join("config.ini");
        std::fs::write(&ini, LEAST).unwrap();
        let env = Env::new([(variable.to_owned(), dir.path().display().to_string())]);
        let before = crate::config::convert(&ini, &env).unwrap();
        assert!(
            before.contains("user = \"ada\"") && before.contains("password = \"pw\""),
            "{before}"
        );
        std::fs::write(dir.path().join(crate::config::SAVED_TOKEN), "t").unwrap();
        let toml = crate::config::convert(&ini, &env).unwrap();
        assert!(!toml.contains("\"ada\"") && !toml.contains("\"pw\""), "{toml}");
        assert!(
            toml.contains("config.ini:4: PLEX.Username and PLEX.Password are left out"),
            "{toml}"
        );
        std::fs::write(dir.path().join("p.toml"), &toml).unwrap();
        let old = loaded(dir.path(), "config.ini", &[]);
        let new = loaded(dir.path(), "p.toml", &[]);
        assert_eq!(table(&old.merged), table(&new.merged), "{toml}");
        assert!(new.config.plex_tv.token_file.is_some());
    }
}

#[test]
fn a_file_that_cannot_be_converted_comes_with_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.ini");
    let hint = || crate::config::convert(&file, &Env::default()).unwrap_err().hint;
    assert_eq!(
        hint().as_deref(),
        Some("name the config.ini to convert: it must exist, and be readable")
    );
    std::fs::write(&file, b"[PLEX]\nPassword = \xe9\n").unwrap();
    assert_eq!(hint().as_deref(), Some("save the file as UTF-8"));
}

#[test]
fn what_is_not_utf_8_is_said_to_be_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.ini");
    std::fs::write(&file, b"[PLEX]\nPassword = \xe9\n").unwrap();
    let flags = Flags {
        file: Some(file),
        ..Flags::default()
    };
    let failure = load(&flags, &Env::default()).unwrap_err();
    assert_eq!(
        failure.hint.as_deref(),
        Some("save the file as UTF-8"),
        "{failure}"
    );
}
