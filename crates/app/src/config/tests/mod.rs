//! The configuration as a table of cases: what was said where, and what came out or was refused.

mod managers;
mod refusals;

use std::path::PathBuf;

use super::find::FILE_NAME;
use super::schema::{At, Fallback, PROFILES, TABLES};
use super::*;

fn env(pairs: &[(&str, &str)]) -> Env {
    Env::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
}

fn flags(pairs: &[(&'static str, &str)]) -> Flags {
    Flags {
        file: None,
        values: pairs.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
    }
}

/// A directory with the file, which lives as long as the guard.
struct Dir(tempfile::TempDir);

impl Dir {
    fn new(toml: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE_NAME), toml).unwrap();
        Self(dir)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(FILE_NAME)
    }

    fn load(&self, variables: &[(&str, &str)], values: &[(&'static str, &str)]) -> Result<Loaded, Failure> {
        let data = self.0.path().display().to_string();
        let mut all = vec![("PROJECTIONIST__DATA_DIR", data.as_str())];
        all.extend(variables);
        load(
            &Flags {
                file: Some(self.file()),
                ..flags(values)
            },
            &env(&all),
        )
    }
}

/// File, variables, flag; the address that comes out and its origin.
type Case = (
    &'static str,
    [(&'static str, &'static str); 3],
    Option<&'static str>,
    &'static str,
    &'static str,
);

#[test]
fn later_layers_win() {
    let toml = "listen = ':1'\n[[plex]]\nurl = 'http://file:1'\ntoken = 'f'\n";
    let rival = ("LISTEN_ADDR", ":2");
    let twin = ("PROJECTIONIST_LISTEN", ":3");
    let spelled = ("PROJECTIONIST__LISTEN", ":4");
    let none: (&'static str, &'static str) = ("UNRELATED", "x");
    let cases: &[Case] = &[
        ("", [none, none, none], None, "0.0.0.0:9595", "default"),
        (toml, [none, none, none], None, ":1", "projectionist.toml:1"),
        (toml, [rival, none, none], None, ":2", "variable LISTEN_ADDR"),
        (
            toml,
            [rival, twin, none],
            None,
            ":3",
            "variable PROJECTIONIST_LISTEN",
        ),
        (
            toml,
            [rival, twin, spelled],
            None,
            ":4",
            "variable PROJECTIONIST__LISTEN",
        ),
        (toml, [rival, twin, spelled], Some(":5"), ":5", "flag --listen"),
        ("", [none, none, none], Some(":5"), ":5", "flag --listen"),
        ("", [rival, none, none], None, ":2", "variable LISTEN_ADDR"),
    ];
    for (toml, variables, flag, expected, origin) in cases {
        let dir = Dir::new(toml);
        let values: Vec<_> = flag.iter().map(|f| ("listen", *f)).collect();
        let loaded = dir.load(variables, &values).unwrap();
        assert_eq!(loaded.config.listen.to_string(), *expected);
        let at = At::find("", 0, "listen").unwrap();
        let setting = loaded.merged.settings().find(|s| s.at == at).unwrap();
        assert!(
            setting.origin.to_string().ends_with(origin),
            "{} is not {origin}",
            setting.origin
        );
    }
}

#[test]
fn variables_of_other_exporters_set_the_first_server() {
    let base = [("PLEX_SERVER", "http://p:32400"), ("PLEX_TOKEN", "secret-1")];
    let with = |more: &[(&str, &str)]| {
        let all: Vec<_> = base.iter().chain(more).copied().collect();
        Dir::new("").load(&all, &[]).unwrap().config
    };
    let plain = with(&[]);
    assert_eq!(plain.plex.len(), 1);
    assert_eq!(plain.plex[0].url.as_deref(), Some("http://p:32400"));
    assert_eq!(plain.plex[0].token.as_ref().unwrap().expose(), "secret-1");
    assert_eq!(plain.listen.to_string(), "0.0.0.0:9595");
    assert!(!plain.needs_plex_tv());
    assert_eq!(
        with(&[("PLEX_URL", "http://u:1")]).plex[0].url.as_deref(),
        Some("http://u:1")
    );
    let file = with(&[("PLEX_TOKEN_FILE", "/run/t")]);
    assert!(file.plex[0].token.is_none(), "PLEX_TOKEN_FILE wins");
    assert_eq!(file.plex[0].token_file, Some(PathBuf::from("/run/t")));
    assert_eq!(with(&[("LISTEN_ADDRESS", ":9594")]).listen.to_string(), ":9594");
    assert_eq!(with(&[("LISTEN_ADDR", ":9594")]).listen.to_string(), ":9594");
    assert_eq!(
        with(&[("PLEX_CA_CERT_PATH", "/ca.pem")]).plex[0].ca_file,
        Some(PathBuf::from("/ca.pem"))
    );
    for (text, expected) in [("1", true), ("true", true), ("0", false), ("yes please", false)] {
        assert_eq!(
            with(&[("SKIP_TLS_VERIFICATION", text)]).plex[0].tls_skip_verify,
            expected,
            "{text}"
        );
    }
    for (text, expected) in [("15", 900), ("1", 60), ("0", 900), ("never", 900)] {
        assert_eq!(
            with(&[("LIBRARY_REFRESH_INTERVAL", text)]).plex[0].library_interval_s,
            expected,
            "{text}"
        );
    }
    for (text, expected) in [
        ("debug", "debug"),
        ("WARN", "warn"),
        ("fatal", "error"),
        ("loud", "info"),
    ] {
        assert_eq!(with(&[("LOG_LEVEL", text)]).log.level, expected, "{text}");
    }
    for (text, expected) in [("console", "human"), ("json", "json"), ("xml", "auto")] {
        assert_eq!(with(&[("LOG_FORMAT", text)]).log.format, expected, "{text}");
    }
    assert!((with(&[("PLEX_CLIENT_TIMEOUT_SECONDS", "3")]).plex[0].timeout_s - 3.0).abs() < 1e-9);
    with(&[
        ("ENVIRONMENT", "development"),
        ("TZ", "Europe/Berlin"),
        ("PLEX_CA_CERT_PATH", ""),
    ]);
}

#[test]
fn remarks_name_what_was_left_aside() {
    let remarks = |variables: &[(&str, &str)]| Dir::new("").load(variables, &[]).unwrap().remarks;
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("LIBRARY_REFRESH_INTERVAL", "x"), ("PLEX_SERVER", "http://a")],
            "LIBRARY_REFRESH_INTERVAL is not understood",
        ),
        (
            &[("PLEX_SERVER", "http://a"), ("PLEX_URL", "http://b")],
            "variable PLEX_URL is used, variable PLEX_SERVER is not",
        ),
        (
            &[("PLEX_SERVER", "http://a"), ("LISTEN_ADDR", ":1")],
            "set PROJECTIONIST_PROFILE to cplieger",
        ),
        (
            &[("PROJECTIONIST_LISTN", ":1")],
            "did you mean PROJECTIONIST_LISTEN?",
        ),
    ];
    for (variables, expected) in cases {
        let all = remarks(variables);
        assert!(all.iter().any(|r| r.contains(expected)), "{expected}: {all:?}");
    }
    assert_eq!(
        remarks(&[("PLEX_SERVER", "http://a"), ("PLEX_TOKEN", "t")]),
        Vec::<String>::new()
    );
    let kubernetes = [
        ("PROJECTIONIST_PORT", "tcp://10.0.0.1:80"),
        ("PROJECTIONIST_SERVICE_HOST", "10.0.0.1"),
    ];
    assert_eq!(remarks(&kubernetes), Vec::<String>::new());
}

#[test]
fn every_key_can_be_set_by_its_variable() {
    let dir = Dir::new(
        "[[plex]]\nurl = 'http://x'\n[[tautulli]]\nurl = 'http://t'\napi_key = 'k'\n\
         [[influxdb]]\nurl = 'http://i'\n[[dispatcharr]]\nurl = 'http://d'\napi_key = 'k'\n[plex_tv]\nall_servers = true\n",
    );
    let sample = |at: At| match (at.key().kind, at.key().name) {
        (schema::Kind::Bool, _) => "true",
        (schema::Kind::Whole(_) | schema::Kind::Seconds(_), _) => "77",
        (schema::Kind::OneOf(words), _) => words[1],
        (schema::Kind::List, "listen_as") => "cplieger=:1, native=:2",
        (schema::Kind::List, "visibility") => "recommended, own_home",
        (schema::Kind::List, "proxies") => "10.0.0.1, 10.1.0.0/16",
        (schema::Kind::List, _) => "one, two",
        (_, "time_zone") => "Asia/Kolkata",
        (schema::Kind::Url, _) => "http://sample",
        (_, "listen") => ":77",
        (_, "redis_url") => "redis://sample",
        (_, "admin_password") => "long enough",
        (_, "proxy_header") => "X-Sample",
        _ => "/sample",
    };
    for at in At::all() {
        let name = super::env::spelled(at);
        // Keys that make sense only beside others.
        let beside: &[(&str, &str)] = match (at.table().name, at.key().name) {
            ("influxdb", "password" | "password_file") => &[("PROJECTIONIST__INFLUXDB__0__USER", "u")],
            ("influxdb", "org") => &[
                ("PROJECTIONIST__INFLUXDB__0__BUCKET", "b"),
                ("PROJECTIONIST__INFLUXDB__0__TOKEN", "t"),
            ],
            ("dispatcharr", "user") => &[("PROJECTIONIST__DISPATCHARR__0__PASSWORD", "p")],
            ("dispatcharr", "password" | "password_file") => &[("PROJECTIONIST__DISPATCHARR__0__USER", "u")],
            ("dispatcharr", "notifications") => &[
                ("PROJECTIONIST__DISPATCHARR__0__USER", "u"),
                ("PROJECTIONIST__DISPATCHARR__0__PASSWORD", "p"),
            ],
            ("influxdb", "bucket") => &[
                ("PROJECTIONIST__INFLUXDB__0__ORG", "o"),
                ("PROJECTIONIST__INFLUXDB__0__TOKEN", "t"),
            ],
            _ => &[],
        };
        let variables: Vec<_> = beside
            .iter()
            .copied()
            .chain([(name.as_str(), sample(at))])
            .collect();
        let loaded = dir
            .load(&variables, &[])
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let setting = loaded.merged.settings().find(|s| s.at == at).expect("present");
        assert_eq!(setting.origin, Origin::Variable(name));
    }
}

#[test]
fn a_later_layer_replaces_the_other_way_to_say_it() {
    let dir = Dir::new("[[plex]]\nname = 'Attic'\ntoken_file = '/f'\n[[plex]]\nname = 'Cellar'\n");
    let loaded = dir
        .load(&[("PLEX_SERVER", "http://x"), ("PLEX_TOKEN", "t")], &[])
        .unwrap();
    let [first, second] = loaded.config.plex.as_slice() else {
        panic!("two servers")
    };
    assert_eq!(
        (first.name.as_deref(), first.url.as_deref()),
        (None, Some("http://x"))
    );
    assert!(first.token_file.is_none() && first.token.is_some());
    assert_eq!(second.name.as_deref(), Some("Cellar"));
    let flagged = dir
        .load(&[("PLEX_TOKEN", "t")], &[("plex-token-file", "/g")])
        .unwrap();
    assert!(flagged.config.plex[0].token.is_none());
}

#[test]
fn repeated_flags_add_to_a_list() {
    let dir = Dir::new("listen_as = ['native=:1']");
    let loaded = dir
        .load(
            &[],
            &[("listen-as", "cplieger=:2"), ("listen-as", "timothystewart6=:3")],
        )
        .unwrap();
    let ports: Vec<u16> = loaded.config.listen_as.iter().map(|l| l.address.port()).collect();
    assert_eq!(ports, [2, 3]);
}

#[test]
fn a_saved_sign_in_is_found_unless_another_is_configured() {
    let dir = Dir::new("");
    let saved = dir.0.path().join(SAVED_TOKEN);
    assert!(dir.load(&[], &[]).unwrap().config.plex_tv.token_file.is_none());
    std::fs::write(&saved, "t").unwrap();
    assert_eq!(
        dir.load(&[], &[]).unwrap().config.plex_tv.token_file.as_deref(),
        Some(saved.as_path())
    );
    let other = dir
        .load(&[("PROJECTIONIST__PLEX_TV__TOKEN", "u")], &[])
        .unwrap()
        .config;
    assert!(other.plex_tv.token_file.is_none() && other.plex_tv.token.is_some());
}

#[test]
fn print_shows_origins_and_no_secret() {
    let dir = Dir::new("[[plex]]\nurl = 'http://u:s3cret@x:1/p?X-Plex-Token=s3cret'\ntoken = 's3cret'\n");
    let loaded = dir
        .load(
            &[("PROJECTIONIST__PLEX_TV__PASSWORD", "s3cret")],
            &[("log-level", "debug")],
        )
        .unwrap();
    let text = print(&loaded.merged);
    assert!(!text.contains("s3cret"), "{text}");
    let has = |value: &str, origin: &str| {
        text.lines()
            .any(|l| l.starts_with(value) && l.ends_with(&format!(" # {origin}")))
    };
    let line = |n| format!("{}:{n}", dir.file().display());
    for (value, origin) in [
        ("listen = \"0.0.0.0:9595\" ", "default"),
        ("level = \"debug\" ", "flag --log-level"),
        (
            "password = \"[redacted]\" ",
            "variable PROJECTIONIST__PLEX_TV__PASSWORD",
        ),
        ("url = \"http://x:1/p\" ", &line(2)),
        ("token = \"[redacted]\" ", &line(3)),
    ] {
        assert!(has(value, origin), "{value} {origin}\n{text}");
    }
    let again: toml::Table = text.parse().expect("what is printed is TOML");
    assert_eq!(again["plex"][0]["timeout_s"].as_float(), Some(10.0));
}

/// serde's own list of the fields of a struct.
fn fields_of<T: serde::de::DeserializeOwned>() -> Vec<String> {
    let mut table = toml::Table::new();
    table.insert("no_such_field".into(), 1.into());
    let Err(e) = T::deserialize(table) else {
        panic!("unknown fields must be refused")
    };
    let expected = e
        .message()
        .split("expected")
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let mut names: Vec<String> = expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

#[test]
fn the_schema_and_the_structs_know_the_same_keys() {
    let schema = |table: &str| {
        let t = TABLES.iter().find(|t| t.name == table).unwrap();
        let mut names: Vec<String> = t.keys.iter().map(|k| k.name.to_owned()).collect();
        if table.is_empty() {
            names.extend(TABLES.iter().skip(1).map(|t| t.name.to_owned()));
        }
        names.sort();
        names
    };
    assert_eq!(fields_of::<Config>(), schema(""));
    assert_eq!(fields_of::<Log>(), schema("log"));
    assert_eq!(fields_of::<Metrics>(), schema("metrics"));
    assert_eq!(fields_of::<plex::Config>(), schema("plex"));
    assert_eq!(fields_of::<plex::TvConfig>(), schema("plex_tv"));
    assert_eq!(fields_of::<influx::Config>(), schema("influxdb"));
    assert_eq!(fields_of::<dispatcharr::Config>(), schema("dispatcharr"));
    assert_eq!(fields_of::<DispatcharrMetrics>(), schema("dispatcharr_metrics"));
}

#[test]
fn the_schema_and_the_other_rooms_agree_on_defaults() {
    let dir = Dir::new("[[plex]]\nurl = 'http://x'\n[[influxdb]]\nurl = 'http://i'\n");
    let config = dir.load(&[], &[]).unwrap().config;
    let ours = plex::Config {
        url: None,
        id: String::new(),
        ..config.plex[0].clone()
    };
    assert_eq!(format!("{ours:?}"), format!("{:?}", plex::Config::default()));
    assert_eq!(
        format!("{:?}", config.plex_tv),
        format!("{:?}", plex::TvConfig::default())
    );
    let ours = influx::Config {
        url: String::new(),
        id: String::new(),
        ..config.influxdb[0].clone()
    };
    assert_eq!(all_of(&ours), all_of(&influx::Config::default()));
}

/// Every field: its own `Debug` shows few.
fn all_of(config: &influx::Config) -> String {
    let influx::Config {
        id,
        url,
        api,
        database,
        retention_policy,
        user,
        password,
        password_file,
        org,
        bucket,
        token,
        token_file,
        create_database,
        schema,
        empty_strings,
        servers,
        interval_s,
        library_interval_s,
        batch_points,
        gzip,
        spool_mb,
        timeout_s,
        ca_file,
        tls_name,
        tls_skip_verify,
    } = config;
    let password = password.as_ref().map(Secret::expose);
    let token = token.as_ref().map(Secret::expose);
    let who =
        format!("{id} {url} {api:?} {database} {retention_policy:?} {user:?} {password:?} {password_file:?}");
    let how =
        format!("{org:?} {bucket:?} {token:?} {token_file:?} {create_database} {schema:?} {empty_strings:?}");
    let when = format!(
        "{servers:?} {interval_s} {library_interval_s} {batch_points} {gzip:?} {spool_mb} {timeout_s}"
    );
    format!("{who} {how} {when} {ca_file:?} {tls_name:?} {tls_skip_verify}")
}

#[test]
fn the_schema_is_sound() {
    let profiles: Vec<&str> = export::Profile::ALL.iter().map(|p| p.as_str()).collect();
    assert_eq!(profiles, PROFILES);
    for at in At::all() {
        let key = at.key();
        if let Fallback::Value(text) = key.fallback {
            assert!(
                Setting::from_text(at, text, Origin::Default).is_ok(),
                "{at}: its default does not fit"
            );
        }
        if let Some(other) = key.instead_of {
            let back = At::find(at.table().name, 0, other).and_then(At::alternative);
            assert_eq!(back, Some(at), "{at}: alternatives name each other");
        }
        if key.secret {
            let file = format!("{}_file", key.name);
            assert!(
                At::find(at.table().name, 0, &file).is_some(),
                "{at}: a secret may stand in a file"
            );
        }
        assert!(key.doc.ends_with('.'), "{at}: a sentence");
    }
}

#[test]
fn the_reference_page_is_current() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/configuration.md"
    );
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == docs::markdown(),
        "run: projectionist docs config > docs/reference/configuration.md"
    );
}

proptest::proptest! {
    #[test]
    fn no_file_makes_the_reader_panic_and_no_refusal_is_longer_than_two_lines(text in ".{0,200}") {
        if let Err(failure) = file::read(&text, std::path::Path::new("p")) {
            proptest::prop_assert!(failure.to_string().matches('\n').count() <= 1);
        }
    }

    #[test]
    fn any_url_is_printed_without_its_secrets(
        user in "[a-z]{1,8}", secret in "S[A-Z0-9]{5,12}", host in "[a-z]{1,10}", path in "(/[a-z]{1,5}){0,2}",
    ) {
        let url = format!("http://{user}:{secret}@{host}:32400{path}?X-Plex-Token={secret}#{secret}");
        proptest::prop_assert_eq!(print::without_secrets(&url), format!("http://{host}:32400{path}"));
    }
}
