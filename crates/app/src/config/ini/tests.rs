//! Files of the three programs, and what comes of them.

mod whole;

use std::path::{Path, PathBuf};

use toml::Value;

use super::*;
use crate::config::schema::At;

/// Everything, as short as may be.
const LEAST: &str =
    "[INFLUXDB]\nAddress = influx.lan\n[PLEX]\nUsername = ada\nPassword = pw\nServers = 10.0.0.2\n";

const PATH: &str = "config.ini";

fn outside(schema: Option<&str>) -> Outside<'_> {
    Outside {
        schema,
        resolves: &|word| word == "nas",
    }
}

fn said(text: &str, schema: Option<&str>) -> FromIni {
    read(text, Path::new(PATH), &outside(schema)).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// The value that comes out at `influxdb[0].url` and the like.
fn value(from: &FromIni, (table, index, key): (&str, usize, &str)) -> Option<Value> {
    let at = At::find(table, index, key).unwrap();
    from.settings.iter().find(|s| s.at == at).map(|s| s.value.clone())
}

/// `LEAST` with `line` in `section`, in place of the line with the same key.
fn with(section: &str, line: &str) -> String {
    let key = line.split(['=', ':']).next().unwrap().trim();
    let header = format!("[{section}]\n");
    let base: String = LEAST
        .split_inclusive('\n')
        .collect::<Vec<_>>()
        .chunk_by(|_, next| !next.starts_with('['))
        .flat_map(|block| {
            let here = block[0] == header;
            block
                .iter()
                .filter(move |l| !here || l.split(" =").next() != Some(key))
        })
        .copied()
        .collect();
    if base.contains(&header) {
        base.replace(&header, &format!("{header}{line}\n"))
    } else {
        format!("{base}{header}{line}\n")
    }
}

type Place = (&'static str, usize, &'static str);

const INFLUX_URL: Place = ("influxdb", 0, "url");
const SCHEMA: Place = ("influxdb", 0, "schema");
const POINTS: Place = ("influxdb", 0, "interval_s");
const LIBRARY_POINTS: Place = ("influxdb", 0, "library_interval_s");
const LOOKS: Place = ("plex", 0, "poll_interval_s");
const COUNTS: Place = ("plex", 0, "library_interval_s");
const SERVER: Place = ("plex", 0, "url");
const CONSOLE: Place = ("log", 0, "level");

/// Section, line; place and what comes out there; absent where the last is empty.
const KEYS: &[(&str, &str, Place, &str)] = &[
    ("GENERAL", "Delay = 5", LOOKS, "5.0"),
    ("GENERAL", "Delay = 5", POINTS, "5.0"),
    ("GENERAL", "delay: 5", POINTS, "5.0"),
    ("GENERAL", "Delay = 0", POINTS, "1.0"),
    ("GENERAL", "Delay = 30", LOOKS, "30.0"),
    ("GENERAL", "Delay = 30", POINTS, "9.0"),
    ("GENERAL", "Delay = 86400", LOOKS, "3600.0"),
    ("GENERAL", "LibraryDelay = 3600", LIBRARY_POINTS, "3600"),
    ("GENERAL", "LibraryDelay = 3600", COUNTS, "3600"),
    ("GENERAL", "LibraryDelay = 8", LIBRARY_POINTS, "8"),
    ("GENERAL", "LibraryDelay = 8", COUNTS, "60"),
    ("GENERAL", "LibraryDelay = 8", SCHEMA, "\"extended\""),
    ("GENERAL", "Output = False", CONSOLE, "\"off\""),
    ("GENERAL", "Output = yes", CONSOLE, "\"warn\""),
    ("GENERAL", "ReportCombined = False", SCHEMA, "\"pdc2018\""),
    (
        "INFLUXDB",
        "Address = 10.0.0.9",
        INFLUX_URL,
        "\"http://10.0.0.9:8086\"",
    ),
    (
        "INFLUXDB",
        "Address = fd00::9",
        INFLUX_URL,
        "\"http://[fd00::9]:8086\"",
    ),
    (
        "INFLUXDB",
        "Address = [fd00::9]",
        INFLUX_URL,
        "\"http://[fd00::9]:8086\"",
    ),
    ("INFLUXDB", "Port = 80", INFLUX_URL, "\"http://influx.lan:80\""),
    (
        "INFLUXDB",
        "SSL = TRUE",
        INFLUX_URL,
        "\"https://influx.lan:8086\"",
    ),
    (
        "INFLUXDB",
        "SSL = on\nVerify_SSL = no",
        ("influxdb", 0, "tls_skip_verify"),
        "true",
    ),
    ("INFLUXDB", "SSL = on", ("influxdb", 0, "tls_skip_verify"), ""),
    (
        "INFLUXDB",
        "Verify_SSL = False",
        ("influxdb", 0, "tls_skip_verify"),
        "",
    ),
    (
        "INFLUXDB",
        "Database = plex",
        ("influxdb", 0, "database"),
        "\"plex\"",
    ),
    ("INFLUXDB", "Username = w", ("influxdb", 0, "user"), "\"w\""),
    ("INFLUXDB", "Username =", ("influxdb", 0, "user"), ""),
    (
        "INFLUXDB",
        "Username = w\nPassword = a%%b%",
        ("influxdb", 0, "password"),
        "\"a%%b%\"",
    ),
    ("INFLUXDB", "Password = p", ("influxdb", 0, "password"), ""),
    ("PLEX", "Username = a%%b", ("plex_tv", 0, "user"), "\"a%b\""),
    ("PLEX", "Username = a%b", ("plex_tv", 0, "user"), "\"a%b\""),
    ("PLEX", "Username =", ("plex_tv", 0, "user"), ""),
    ("PLEX", "Username =", ("plex_tv", 0, "password"), ""),
    ("PLEX", "Password = p%ss", ("plex_tv", 0, "password"), "\"p%ss\""),
    ("PLEX", "Servers = nas", SERVER, "\"http://nas:32400\""),
    ("PLEX", "Servers = nas", ("plex", 0, "id"), "\"nas\""),
    ("PLEX", "Servers = Attic", ("plex", 0, "name"), "\"Attic\""),
    ("PLEX", "Servers = Attic", SERVER, ""),
    (
        "PLEX",
        "Servers = Movie Room",
        ("plex", 0, "name"),
        "\"Movie Room\"",
    ),
    (
        "PLEX",
        "Servers = localhost",
        SERVER,
        "\"http://localhost:32400\"",
    ),
    ("PLEX", "Servers = p.lan:8080", SERVER, "\"http://p.lan:8080\""),
    ("PLEX", "Servers = fd00::2", SERVER, "\"http://[fd00::2]:32400\""),
    (
        "PLEX",
        "Servers = [fd00::2]",
        SERVER,
        "\"http://[fd00::2]:32400\"",
    ),
    ("PLEX", "Servers = [fd00::2]:1", SERVER, "\"http://[fd00::2]:1\""),
    ("PLEX", "Servers = https://p.lan:1", SERVER, "\"https://p.lan:1\""),
    (
        "PLEX",
        "Servers = https://ada:pw@p.lan:1/x?X-Plex-Token=t",
        ("plex", 0, "id"),
        "\"p.lan:1\"",
    ),
    ("PLEX", "Servers = http://nas:32400", ("plex", 0, "id"), "\"nas\""),
    (
        "PLEX",
        "Servers = ada:pw@p.lan:8080",
        ("plex", 0, "id"),
        "\"p.lan:8080\"",
    ),
    (
        "PLEX",
        "Servers = p.lan:8080?X-Plex-Token=t",
        ("plex", 0, "id"),
        "\"p.lan:8080\"",
    ),
    (
        "PLEX",
        "Servers = https://p.lan/a, https://u:pw@p.lan/b?t",
        ("plex", 1, "id"),
        "\"https://p.lan/b\"",
    ),
    (
        "PLEX",
        "Servers = p.lan, http://p.lan:32400",
        ("plex", 1, "id"),
        "",
    ),
    (
        "PLEX",
        "Servers = a.lan,b.lan , c.lan,",
        ("plex", 2, "url"),
        "\"http://c.lan:32400\"",
    ),
    (
        "PLEX",
        "Servers = a.lan,\n  b.lan",
        ("plex", 1, "id"),
        "\"b.lan\"",
    ),
    ("PLEX", "Servers = a.lan, a.lan", ("plex", 1, "id"), ""),
    ("PLEX", "HTTPS = True", SERVER, "\"https://10.0.0.2:32400\""),
    ("PLEX", "HTTPS = True", ("plex", 0, "tls_skip_verify"), "true"),
    (
        "PLEX",
        "HTTPS = True\nVerify_SSL = True",
        ("plex", 0, "tls_skip_verify"),
        "",
    ),
    ("PLEX", "HTTPS = False", SCHEMA, "\"pdc2018\""),
    ("PLEX", "Verify_SSL = False", SCHEMA, "\"pdc2018\""),
    (
        "LOGGING",
        "Enable = 1\nLogFile = x.log",
        ("log", 0, "file"),
        "\"x.log\"",
    ),
    ("LOGGING", "Enable = 0\nLogFile = x.log", ("log", 0, "file"), ""),
    (
        "LOGGING",
        "Enable = 1\nLogFile = x\nLevel = Warning",
        ("log", 0, "file_level"),
        "\"warn\"",
    ),
    (
        "LOGGING",
        "Enable = 1\nLogFile = x\nLevel = CRITICAL",
        ("log", 0, "file_level"),
        "\"error\"",
    ),
    (
        "LOGGING",
        "Enable = 1\nLogFile = x\nLevel = chatty",
        ("log", 0, "file"),
        "",
    ),
    ("LOGGING", "PrintThreshold = 0", CONSOLE, "\"debug\""),
    ("LOGGING", "PrintThreshold = 4", CONSOLE, "\"error\""),
    ("LOGGING", "PrintThreshold = 5", CONSOLE, "\"off\""),
    ("LOGGING", "CensorLogs = False", ("log", 0, "censor"), "false"),
];

#[test]
fn every_key_is_read_and_obeyed() {
    for (section, line, place, expected) in KEYS {
        let text = with(section, line);
        let found = value(&said(&text, None), *place).map(|v| v.to_string());
        assert_eq!(
            found.unwrap_or_default(),
            *expected,
            "{section} {line}: {place:?}"
        );
    }
    for (section, keys) in KNOWN {
        for key in *keys {
            let tried = |(s, line, _, _): &(&str, &str, Place, &str)| {
                s == section && line.lines().any(|l| l.split([' ', '=']).next() == Some(key))
            };
            assert!(KEYS.iter().any(tried), "{section}.{key} is not tried");
        }
    }
}

#[test]
fn what_is_not_said_is_as_those_programs_have_it() {
    let least = said(LEAST, None);
    let cases = [
        (LOOKS, "2.0"),
        (POINTS, "2.0"),
        (LIBRARY_POINTS, "1800"),
        (COUNTS, "1800"),
        (INFLUX_URL, "\"http://influx.lan:8086\""),
        (("influxdb", 0, "database"), "\"plex_data\""),
        (SCHEMA, "\"extended\""),
        (SERVER, "\"http://10.0.0.2:32400\""),
        (("plex", 0, "id"), "\"10.0.0.2\""),
        (CONSOLE, "\"warn\""),
        (("log", 0, "censor"), "true"),
    ];
    for (place, expected) in cases {
        let found = value(&least, place).map(|v| v.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{place:?}");
    }
    assert_eq!(value(&least, ("log", 0, "file")), None);
    assert_eq!(least.remarks, Vec::<String>::new());
}

#[test]
fn the_program_is_told_by_its_keys_or_by_a_variable() {
    let cases = [
        (LEAST.to_owned(), None, "extended"),
        (with("PLEX", "HTTPS = True"), None, "pdc2018"),
        (
            with("PLEX", "HTTPS = True") + "[GENERAL]\nLibraryDelay = 9",
            None,
            "extended",
        ),
        (with("PLEX", "HTTPS = True"), Some("pdc2017"), "pdc2017"),
        (LEAST.to_owned(), Some("PDC2017"), "pdc2017"),
    ];
    for (text, asked, expected) in &cases {
        let from = said(text, *asked);
        assert_eq!(value(&from, SCHEMA), Some(Value::from(*expected)), "{text}");
        // The older two write libraries at every look.
        let every_look = !expected.starts_with("ext");
        assert_eq!(
            value(&from, LIBRARY_POINTS) == Some(Value::from(2)),
            every_look,
            "{text}"
        );
    }
    let of_2018 = with("PLEX", "HTTPS = True") + "[LOGGING]\nLevel = Error";
    let from = said(&of_2018, None);
    assert_eq!(
        value(&from, CONSOLE),
        Some(Value::from("error")),
        "its only log is the console"
    );
    assert_eq!(value(&from, ("log", 0, "censor")), Some(Value::from(false)));
}

#[test]
fn remarks_name_what_differs() {
    let cases = [
        (
            with("PLEX", "Sevrers = x"),
            "config.ini:4: PLEX.Sevrers is not known and left aside; did you mean \"Servers\"?",
        ),
        (
            with("GENERAL", "Colour = red"),
            "config.ini:8: GENERAL.Colour is not known and left aside",
        ),
        (
            LEAST.to_owned() + "[PLEXX]\nx = 1",
            "config.ini:7: section [PLEXX] is not known and left aside; did you mean [PLEX]?",
        ),
        (
            with("GENERAL", "Delay = 10"),
            "config.ini:8: GENERAL.Delay: servers are asked every 10 s and points written every 9 s: dashboards look back 10 s",
        ),
        (
            with("PLEX", "Servers = Attic"),
            "config.ini:4: \"Attic\" is no address, so the server of this name at plex.tv is watched",
        ),
        (
            with("PLEX", "Password ="),
            "PLEX.Password is not set: servers that ask for a token get the one of `projectionist login plex`",
        ),
        (
            with("INFLUXDB", "Password = x"),
            "INFLUXDB.Password is not used: there is no Username",
        ),
        (
            with("GENERAL", "ReportCombined = True"),
            "GENERAL.ReportCombined changes nothing",
        ),
        (
            with("LOGGING", "Enable = 1\nLevel = chatty"),
            "LOGGING.Level is not known, so nothing is logged in a file",
        ),
        (
            with("PLEX", "Servers = a.b, a.b"),
            "a.b stands twice in PLEX.Servers",
        ),
        (
            with("GENERAL", "Delay = 0"),
            "config.ini:8: GENERAL.Delay: servers are asked every 1 s and points written every 1 s: there is no shorter pause",
        ),
        (
            with("GENERAL", "Delay = 86400"),
            "GENERAL.Delay: servers are asked every 3600 s and points written every 9 s: there is no longer pause between two looks, and dashboards look back 10 s",
        ),
    ];
    for (text, expected) in &cases {
        let remarks = said(text, None).remarks;
        assert!(
            remarks.iter().any(|r| r.contains(expected)),
            "{text}\n{expected}\n{remarks:?}"
        );
    }
}

/// Files with a value that makes no sense, and the refusal.
fn values_refused() -> Vec<(String, &'static str)> {
    vec![
        (
            with("GENERAL", "Delay ="),
            "config.ini:8: GENERAL.Delay: expected a whole number, at least 0, found nothing | write Delay = 2, or leave the line away",
        ),
        (
            with("GENERAL", "Delay = 1 # seconds"),
            "config.ini:8: GENERAL.Delay: expected a whole number, at least 0, found a comment beside it | a comment stands on a line of its own",
        ),
        (
            with("GENERAL", "Delay = -1"),
            "config.ini:8: GENERAL.Delay: expected a whole number, at least 0, found -1 | write Delay = 2",
        ),
        (
            with("GENERAL", "Delay = soon"),
            "config.ini:8: GENERAL.Delay: expected a whole number, at least 0, found \"soon\"",
        ),
        (
            with("GENERAL", "Output = maybe"),
            "config.ini:8: GENERAL.Output: expected True or False, found \"maybe\" | write Output = True, or leave the line away",
        ),
        (
            with("GENERAL", "Output ="),
            "config.ini:8: GENERAL.Output: expected True or False, found nothing",
        ),
        (
            with("INFLUXDB", "Port = 99999"),
            "config.ini:2: INFLUXDB.Port: expected a port, at most 65535, found 99999",
        ),
        (
            with("INFLUXDB", "Address ="),
            "config.ini:2: INFLUXDB.Address: nothing stands after the = | write Address = 192.168.1.10",
        ),
        (
            with("INFLUXDB", "Address = http://x"),
            "config.ini:2: INFLUXDB.Address: expected an address alone, such as 192.168.1.10 | http or https is said by SSL",
        ),
        (
            with("INFLUXDB", "Address = 10.0.0.9:8086"),
            "config.ini:2: INFLUXDB.Address: expected an address alone, such as 192.168.1.10 | http or https is said by SSL, the port by Port",
        ),
        (
            with("INFLUXDB", "Address = [fd00::9]:8086"),
            "config.ini:2: INFLUXDB.Address: expected an address alone",
        ),
        (
            with("INFLUXDB", "Username = hunter2:x"),
            "config.ini:2: INFLUXDB.Username: a user's name holds no colon | ",
        ),
        (
            with("INFLUXDB", "Database ="),
            "config.ini:2: INFLUXDB.Database: nothing stands after the = | write Database = plex_data, or leave the line away",
        ),
    ]
}

/// The same, where the file as a whole is wrong.
fn files_refused() -> Vec<(String, &'static str)> {
    vec![
        (
            with("PLEX", "Servers = ,"),
            "config.ini:4: PLEX.Servers: it names no server | write Servers = 192.168.1.10",
        ),
        (
            with("LOGGING", "Enable = 1"),
            "config.ini:7: LOGGING.LogFile: this key is missing | write LogFile = output.log",
        ),
        (
            LEAST.replace("Servers", "Server"),
            "config.ini:3: PLEX.Servers: this key is missing | is \"Server\" meant to be \"Servers\"?",
        ),
        (
            LEAST.replace("[PLEX]", "[plex]"),
            "config.ini:3: section [plex] must be written [PLEX] | names of sections are in capitals",
        ),
        (
            LEAST.replace("[PLEX]\n", ""),
            "config.ini: there is no section [PLEX] | write [PLEX] on a line, and below it Servers = 192.168.1.10",
        ),
        (
            "[PLEX]\nServers = x".to_owned(),
            "config.ini: there is no section [INFLUXDB] | write [INFLUXDB] on a line, and below it Address = 192.168.1.10",
        ),
        (
            format!("{LEAST}[PLEX]\n"),
            "config.ini:7: section [PLEX] stands on line 3 already | put the keys of both below one of them",
        ),
        (
            with("PLEX", "Servers = a\nSERVERS = b"),
            "config.ini:5: SERVERS stands on line 4 already | keep one of the two",
        ),
        (
            with("PLEX", "hunter2"),
            "config.ini:4: expected a key, = and a value | write Key = value",
        ),
        (
            with("PLEX", "Username = %(no)s"),
            "config.ini:4: PLEX.Username: it refers to \"no\", which is not there | a percent sign before a bracket is written %%",
        ),
        (
            format!("Delay = 1\n{LEAST}"),
            "config.ini:1: this stands before any section",
        ),
    ]
}

#[test]
fn nonsense_is_refused_with_its_line_and_a_hint() {
    for (text, expected) in values_refused().into_iter().chain(files_refused()) {
        let Err(failure) = read(&text, Path::new(PATH), &outside(None)) else {
            panic!("must be refused: {text}")
        };
        assert_eq!(failure.exit as u8, 78);
        let found = format!("{} | {}", failure.message, failure.hint.unwrap_or_default());
        assert!(
            found.starts_with(expected),
            "{text}\n  expected {expected}\n  found    {found}"
        );
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_file_is_known_by_its_name_or_its_first_section() {
    let cases = [
        ("config.ini", "", true),
        ("CONFIG.INI", "listen = 1", true),
        ("plex.conf", "# c\n\n[GENERAL]\nDelay = 2", true),
        ("plex.conf", "\u{feff}[INFLUXDB]\n", true),
        ("plex.conf", "[log]\nlevel = 'info'", false),
        ("plex.conf", "listen = ':1'\n[GENERAL]", false),
        ("p.toml", "[GENERAL]\n", false),
        ("plex.conf", "[[plex]]\n", false),
    ];
    for (name, text, expected) in cases {
        assert_eq!(is_ini(&PathBuf::from(name), text), expected, "{name} {text}");
    }
}

/// The file with which the collector wrote the points that ours are compared with.
#[test]
fn the_collectors_own_file_is_read() {
    let Some(shared) = std::env::var_os("PROJECTIONIST_SHARED") else {
        return;
    };
    let path = Path::new(&shared).join("captures/influx/ext/config.ini");
    let text = std::fs::read_to_string(path).unwrap();
    let from = said(&text, None);
    let cases = [
        (("plex", 0, "url"), "\"http://127.0.0.2:32400\""),
        (("plex", 1, "id"), "\"127.0.0.3\""),
        (("plex_tv", 0, "password"), "\"p%ss\""),
        (INFLUX_URL, "\"http://127.0.0.1:18087\""),
        (LIBRARY_POINTS, "8"),
        (SCHEMA, "\"extended\""),
        (CONSOLE, "\"info\""),
        (("log", 0, "file_level"), "\"debug\""),
    ];
    for (place, expected) in cases {
        let found = value(&from, place).map(|v| v.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{place:?}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic_and_no_refusal_is_longer_than_two_lines(
        text in "[\\[\\]=:%#; \n\ta-zA-Z0-9.,]{0,120}",
        whole in proptest::bool::ANY,
    ) {
        let text = if whole { format!("{LEAST}{text}") } else { text };
        if let Err(failure) = read(&text, Path::new(PATH), &outside(None)) {
            proptest::prop_assert!(failure.to_string().matches('\n').count() <= 1);
        }
    }
}
