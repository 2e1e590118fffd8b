//! What is refused, with its place and advice.

use super::*;

/// The refusal without the directory's name, on one line.
fn refusal(toml: &str, variables: &[(&str, &str)], values: &[(&'static str, &str)]) -> String {
    let dir = Dir::new(toml);
    let failure = dir.load(variables, values).expect_err("must be refused");
    assert_eq!(failure.exit as u8, 78);
    let text = failure
        .to_string()
        .replace(&format!("{}/", dir.0.path().display()), "");
    assert_eq!(
        text.matches('\n').count(),
        usize::from(failure.hint.is_some()),
        "{text}"
    );
    text.replacen('\n', " | ", 1)
}

/// Files with keys that do not exist or stand in the wrong place.
const STRANGE_KEYS: &[(&str, &str)] = &[
    ("listen = \n", "error: projectionist.toml:1:10: not valid TOML: "),
    ("a = 1\nlisten = \"x\n", "error: projectionist.toml:2:"),
    (
        "\nlisen = ':1'",
        "error: projectionist.toml:2: unknown key \"lisen\" | hint: did you mean \"listen\"?",
    ),
    (
        "[[plex]]\nurl='http://x'\ntokn='s3cret'",
        "error: projectionist.toml:3: unknown key \"plex[0].tokn\" | hint: did you mean \"token\"?",
    ),
    (
        "url = 'http://x'",
        "error: projectionist.toml:1: unknown key \"url\" | hint: \"url\" belongs below [[plex]]",
    ),
    (
        "[log]\nlisten=':1'",
        "error: projectionist.toml:2: unknown key \"log.listen\" | hint: \"listen\" belongs at the top of the file, before any table",
    ),
    (
        "[logs]\nlevel='info'",
        "error: projectionist.toml:1: unknown key \"logs\" | hint: did you mean \"log\"?",
    ),
    (
        "[log]\ncolour='red'",
        "error: projectionist.toml:2: unknown key \"log.colour\" | hint: known here: level, format, file, file_level, censor",
    ),
    (
        "[plex]\nurl='http://x'",
        "error: projectionist.toml:1: plex: expected [[plex]] tables, found a table | hint: write [[plex]] with double brackets, once for each server",
    ),
    (
        "plex='http://x'",
        "error: projectionist.toml:1: plex: expected [[plex]] tables, found a string | hint: write [[plex]] with double brackets, once for each server",
    ),
    (
        "log=1",
        "error: projectionist.toml:1: log: expected a table | hint: write its keys below a line [log]",
    ),
    (
        "[[plex]]\n[[plex]]\nurl='http://x'",
        "error: projectionist.toml:1: [[plex]] is empty",
    ),
];

/// Files with values that do not fit.
const STRANGE_VALUES: &[(&str, &str)] = &[
    (
        "[[plex]]\nurl='http://x'\npoll_interval_s='fast'",
        "error: projectionist.toml:3: plex[0].poll_interval_s: expected a number of seconds, at least 0.5, found the text \"fast\"",
    ),
    (
        "[[plex]]\nurl='http://x'\npoll_interval_s=0",
        "error: projectionist.toml:3: plex[0].poll_interval_s: expected a number of seconds, at least 0.5, found the number 0",
    ),
    (
        "[[plex]]\nurl='http://x'\nnotifications='on'",
        "error: projectionist.toml:3: plex[0].notifications: expected true or false, found the text \"on\"",
    ),
    (
        "[[plex]]\nurl='http://x'\ntoken=123456",
        "error: projectionist.toml:3: plex[0].token: expected a text, found a number",
    ),
    (
        "[[plex]]\nurl='http://x'\nlibrary_interval_s=99999999999999999999",
        "error: projectionist.toml:3: plex[0].library_interval_s: ",
    ),
    (
        "[log]\nlevel='loud'",
        "error: projectionist.toml:2: log.level: expected one of off, error, warn, info, debug, trace, found the text \"loud\"",
    ),
    (
        "listen='here'",
        "error: projectionist.toml:1: listen: expected an address such as 0.0.0.0:9595 or :9595, found \"here\"",
    ),
    (
        "listen_as=['cplieger']",
        "error: projectionist.toml:1: listen_as: expected profile=address such as cplieger=:9594, found \"cplieger\"",
    ),
    (
        "listen_as=['cpl=:1']",
        "error: projectionist.toml:1: listen_as: unknown profile \"cpl\", expected one of native, cplieger, cplieger-2026.04, timothystewart6",
    ),
    (
        "base_path='a b'",
        "error: projectionist.toml:1: base_path: \"a b\" is not a usable base path",
    ),
    (
        "[[plex]]\nurl='ftp://x'",
        "error: projectionist.toml:2: plex[0].url: plex \"plex\": the address must begin with http:// or https://",
    ),
    (
        "[[plex]]\nurl='http://x'\n[[plex]]\nurl='http://x/web'",
        "error: plex[0] and plex[1] are both called \"x\" | hint: give each an id of its own",
    ),
    (
        "listen=':9'\nlisten_as=['cplieger=:9']",
        "error: projectionist.toml:2: listen_as: port 9 is wanted by two listeners | hint: ",
    ),
    (
        "[[plex]]\ntoken='x'",
        "error: projectionist.toml:2: plex[0] has neither url nor name | hint: add url = ",
    ),
    (
        "[[plex]]\nurl='http://x'\ntoken='x'\ntoken_file='/y'",
        "plex[0].token: stands beside token_file | hint: keep token or token_file, not both",
    ),
    (
        "[[plex]]\nurl='http://x'\nname='x'",
        "plex[0].url: stands beside name | hint: keep url or name, not both",
    ),
];

/// Receivers that cannot work.
const STRANGE_RECEIVERS: &[(&str, &str)] = &[
    (
        "[[influxdb]]\ndatabase='x'",
        "error: projectionist.toml:2: influxdb[0] has no url | hint: add url = \"http://192.168.1.10:8086\"",
    ),
    (
        "[[influxdb]]\nurl='influx:8086'",
        "error: projectionist.toml:2: influxdb[0].url: influxdb \"influxdb\" at (no address): `url` does not begin with http:// or https:// | hint: ",
    ),
    (
        "[[influxdb]]\nurl='http://i'\n[[influxdb]]\nurl='http://i:1'",
        "error: influxdb[0] and influxdb[1] are both called \"i\" | hint: give each an id of its own",
    ),
    (
        "[[plex]]\nurl='http://x'\n[[influxdb]]\nurl='http://i'\nservers=['y']",
        "error: projectionist.toml:5: influxdb[0].servers: no server is called \"y\" | hint: there are x",
    ),
    (
        "[[influxdb]]\nurl='http://i'\nservers=['y']",
        "error: projectionist.toml:3: influxdb[0].servers: no server is called \"y\"",
    ),
    (
        "[[influxdb]]\nurl='http://i'\nschema='new'",
        "error: projectionist.toml:3: influxdb[0].schema: expected one of native, extended, pdc2017, pdc2018, found the text \"new\"",
    ),
    (
        "[[influxdb]]\nurl='http://i'\nbucket='b'",
        "error: projectionist.toml:2: influxdb[0].url: influxdb \"i\" at http://i: `org` is missing | hint: InfluxDB 2 wants",
    ),
    (
        "[influxdb]\nurl='http://i'",
        "error: projectionist.toml:1: influxdb: expected [[influxdb]] tables, found a table",
    ),
];

#[test]
fn nonsense_is_refused_with_place_and_advice() {
    let all = STRANGE_KEYS.iter().chain(STRANGE_VALUES).chain(STRANGE_RECEIVERS);
    for (toml, expected) in all {
        let text = refusal(toml, &[], &[]);
        assert!(
            text.contains(expected),
            "{toml}\n  expected {expected}\n  found    {text}"
        );
        assert!(!text.contains("s3cret") && !text.contains("123456"), "{text}");
    }
}

#[test]
fn variables_and_flags_are_refused_by_name() {
    let variables: &[(&str, &str, &str)] = &[
        (
            "PROJECTIONIST__LISEN",
            ":1",
            "error: variable PROJECTIONIST__LISEN: unknown key \"lisen\" | hint: did you mean \"listen\"?",
        ),
        (
            "PROJECTIONIST__PLEX__0__TOKN",
            "s3cret",
            "error: variable PROJECTIONIST__PLEX__0__TOKN: unknown key \"plex[0].tokn\" | hint: did you mean \"token\"?",
        ),
        (
            "PROJECTIONIST__PLEX__URL",
            "x",
            "names no key of the configuration | hint: did you mean PROJECTIONIST__PLEX__0__URL?",
        ),
        (
            "PROJECTIONIST__PLEX__X__URL",
            "x",
            "names no key of the configuration | hint: did you mean PROJECTIONIST__PLEX__0__URL?",
        ),
        (
            "PROJECTIONIST__PLEX__1__URL",
            "http://x",
            "plex[1].url: numbers leave no gap | hint: the next free number is 0",
        ),
        (
            "PROJECTIONIST__PLEX__0__TIMEOUT_S",
            "soon",
            "variable PROJECTIONIST__PLEX__0__TIMEOUT_S: plex[0].timeout_s: expected a number of seconds, at least 0.1, found the text \"soon\"",
        ),
        (
            "PLEX_TOKEN",
            "s3cret",
            "error: variable PLEX_TOKEN: plex[0] has neither url nor name | hint: set PLEX_SERVER",
        ),
        (
            "LISTEN_ADDR",
            "nowhere",
            "error: variable LISTEN_ADDR: listen: expected an address",
        ),
        ("PROJECTIONIST_CONFIG", "/nowhere/p.toml", ""),
    ];
    for (name, value, expected) in variables {
        if *name == "PROJECTIONIST_CONFIG" {
            let failure = load(&Flags::default(), &env(&[(name, value)])).unwrap_err();
            assert_eq!(
                failure.message,
                "cannot read /nowhere/p.toml: no such file or directory"
            );
            continue;
        }
        let text = refusal("", &[(name, value)], &[]);
        assert!(
            text.contains(expected),
            "{name}\n  expected {expected}\n  found    {text}"
        );
        assert!(!text.contains("s3cret"));
    }
    let text = refusal("", &[], &[("log-level", "loud")]);
    assert!(
        text.starts_with("error: flag --log-level: log.level: expected one of off, "),
        "{text}"
    );
}
