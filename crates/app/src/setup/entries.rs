//! What a person typed, as the configuration has it.

use base::Secret;
use toml::{Table, Value};
use web::setup::{Entry, Target};

/// The port that is meant where a person typed none.
fn usual_port(target: Target) -> u16 {
    match target {
        Target::Plex => 32400,
        Target::Dispatcharr => 9191,
        Target::Tautulli => 8181,
        Target::Influxdb => 8086,
    }
}

/// An address as the configuration wants it: with a scheme, and with the usual port if neither was typed. What makes
/// no sense is left as it is; the loader says why.
pub(super) fn address(target: Target, typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains("://") {
        return typed.to_owned();
    }
    let (authority, path) = typed.find('/').map_or((typed, ""), |n| typed.split_at(n));
    let bare_v6 = authority.matches(':').count() > 1 && !authority.starts_with('[');
    let host = if bare_v6 {
        format!("[{authority}]")
    } else {
        authority.to_owned()
    };
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
    if has_port || !path.trim_matches('/').is_empty() {
        // Behind a path stands a proxy, whose port is its own.
        return format!("http://{host}{path}");
    }
    format!("http://{host}:{}", usual_port(target))
}

/// The keys of its table. A sign-in must have been turned into a name before.
pub(super) fn table(target: Target, entry: &Entry) -> Table {
    let mut table = Table::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            table.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|t| !t.is_empty());
        text.map(Value::from)
    };
    let secret = |secret: &Option<Secret>| {
        let secret = secret.as_ref().filter(|s| !s.is_empty());
        secret.map(|s| Value::from(s.expose()))
    };
    let url = entry.url.as_deref().map(str::trim).filter(|u| !u.is_empty());
    put("id", text(&entry.id));
    put("url", url.map(|url| address(target, url).into()));
    put("name", text(&entry.name));
    put("machine_id", text(&entry.machine_id));
    put("token", secret(&entry.token));
    put("api_key", secret(&entry.api_key));
    put("user", text(&entry.user));
    put("password", secret(&entry.password));
    put("server", text(&entry.server));
    put("api", text(&entry.api));
    put("database", text(&entry.database));
    put("org", text(&entry.org));
    put("bucket", text(&entry.bucket));
    put(
        "tls_skip_verify",
        entry.tls_skip_verify.filter(|skip| *skip).map(Value::from),
    );
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_type_them() {
        for (target, typed, expected) in [
            (Target::Plex, " 192.168.1.5 ", "http://192.168.1.5:32400"),
            (Target::Plex, "attic:32401", "http://attic:32401"),
            (Target::Plex, "attic/", "http://attic:32400"),
            (Target::Plex, "https://attic", "https://attic"),
            (
                Target::Plex,
                "media.example.org/plex",
                "http://media.example.org/plex",
            ),
            (Target::Plex, "fd00::7", "http://[fd00::7]:32400"),
            (Target::Plex, "[fd00::7]", "http://[fd00::7]:32400"),
            (Target::Plex, "[fd00::7]:1", "http://[fd00::7]:1"),
            (Target::Dispatcharr, "tv", "http://tv:9191"),
            (Target::Tautulli, "tv", "http://tv:8181"),
            (Target::Influxdb, "tv", "http://tv:8086"),
            (Target::Influxdb, "https://tv:1/x", "https://tv:1/x"),
            (Target::Plex, "", ""),
        ] {
            assert_eq!(address(target, typed), expected, "{typed}");
        }
    }

    #[test]
    fn what_was_left_empty_is_not_written() {
        let entry = Entry {
            url: Some("attic".to_owned()),
            token: Some(Secret::new(" t0ken\n")),
            user: Some("  ".to_owned()),
            api_key: Some(Secret::new("")),
            tls_skip_verify: Some(false),
            ..Entry::default()
        };
        assert_eq!(
            table(Target::Plex, &entry).to_string(),
            "url = \"http://attic:32400\"\ntoken = \"t0ken\"\n"
        );
    }
}
