//! Asking whoever is configured, or may be, whether they would work: for `check`, and for the page.

use std::fmt::Display;

use export::sinks::influx;
use sources::{dispatcharr, plex, tautulli};

use crate::failure::{Failure, one_line};

/// It answers as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Works {
    /// One line: what is there.
    pub(crate) line: String,
    /// What else should be known of it.
    pub(crate) notes: Vec<String>,
}

/// Or one line why not, and what to do.
pub(crate) type Outcome = Result<Works, Failure>;

/// `tv`: the account at plex.tv, where there is one.
pub(crate) async fn plex(server: &plex::Config, tv: Option<&plex::TvConfig>) -> Outcome {
    let report = plex::check(server, tv)
        .await
        .map_err(|e| Failure::chain(&e).maybe_hint(e.hint()))?;
    let named = report.name.map(|n| format!("\"{n}\", ")).unwrap_or_default();
    let line = format!(
        "plex \"{}\": {named}Plex Media Server{} at {}, {}, {}",
        server.id,
        version(report.version),
        report.url_used,
        counted(report.sessions, "session"),
        counted(report.libraries, "library"),
    );
    Ok(works(&line, &report.notes))
}

pub(crate) async fn dispatcharr(manager: &dispatcharr::Config) -> Outcome {
    let report = dispatcharr::check(manager)
        .await
        .map_err(|e| Failure::chain(&e).maybe_hint(e.hint()))?;
    let mut line = format!(
        "dispatcharr \"{}\": Dispatcharr{} at {}, {} on the air",
        manager.id,
        version(report.version),
        report.url_used,
        counted(report.feeds, "stream"),
    );
    let channels = report.channels.and_then(|n| usize::try_from(n).ok());
    for (count, what) in [(channels, "channel"), (report.accounts, "provider account")] {
        if let Some(count) = count {
            line += ", ";
            line += &counted(count, what);
        }
    }
    Ok(works(&line, &report.notes))
}

pub(crate) async fn tautulli(source: &tautulli::Config) -> Outcome {
    let report = tautulli::check(source)
        .await
        .map_err(|e| Failure::chain(&e).maybe_hint(e.hint()))?;
    let rows = counted(usize::try_from(report.rows).unwrap_or(usize::MAX), "play");
    let line = format!(
        "tautulli for \"{}\": Tautulli{} at {}, {rows}",
        source.server,
        version(report.version),
        report.url_used
    );
    Ok(works(&line, &report.notes))
}

pub(crate) async fn influxdb(target: &influx::Config) -> Outcome {
    let report = influx::check(target)
        .await
        .map_err(|e| Failure::chain(&e).maybe_hint(e.hint()))?;
    let version = report
        .version
        .map(|v| format!("version {v}, "))
        .unwrap_or_default();
    let line = format!("influxdb \"{}\": {version}{}", target.id, report.target);
    Ok(works(&line, &report.notes))
}

fn works(line: &str, notes: &[String]) -> Works {
    Works {
        line: one_line(line),
        notes: notes.iter().map(|note| one_line(note)).collect(),
    }
}

fn version(version: Option<impl Display>) -> String {
    version.map(|v| format!(" {v}")).unwrap_or_default()
}

/// `1 library`, `2 plays`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    // A library, libraries; but a play, plays.
    let stem = what.strip_suffix('y').filter(|stem| !stem.ends_with('a'));
    match (n, stem) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {what}s"),
    }
}

/// A failure on one line, as `check` prints it.
pub(crate) fn with_hint(failure: &Failure) -> String {
    match &failure.hint {
        Some(hint) => format!("{} (hint: {hint})", failure.message),
        None => failure.message.clone(),
    }
}

/// One line with the notes, as `check` prints it.
pub(crate) fn with_notes(works: &Works) -> String {
    (works.notes.iter()).fold(works.line.clone(), |line, note| format!("{line}; {note}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_nouns() {
        for (n, what, expected) in [
            (0, "session", "0 sessions"),
            (1, "library", "1 library"),
            (4, "library", "4 libraries"),
            (2, "play", "2 plays"),
        ] {
            assert_eq!(counted(n, what), expected);
        }
    }

    #[test]
    fn a_line_has_its_notes_and_hints_behind_it() {
        let found = works("there\n it is", &["a\tnote".to_owned(), "another".to_owned()]);
        assert_eq!(with_notes(&found), "there it is; a note; another");
        let failure = Failure::failed("no answer");
        assert_eq!(with_hint(&failure), "no answer");
        assert_eq!(
            with_hint(&failure.hint("plug it in")),
            "no answer (hint: plug it in)"
        );
    }
}
