//! The log: one subscriber, on standard error and, if that is wanted, in a file.

mod censor;

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Stderr};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use model::{Snapshot, Text};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry};

pub(crate) use censor::Censor;
use censor::Censored;

use crate::config::{self, Config, plain};

/// Crates whose events follow the configured level. Everyone else's are capped at [`CAP`]: HTTP and TLS libraries
/// print headers, and with them tokens, when they are asked to trace.
const OURS: [&str; 10] = [
    "projectionist",
    "access",
    "base",
    "sources",
    "live",
    "history",
    "export",
    "web",
    "sim",
    "app",
];
const CAP: LevelFilter = LevelFilter::WARN;

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Human { colour: bool },
    Json,
}

impl Style {
    /// `format` as in the configuration.
    pub(crate) fn of(format: &str, no_colour: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        match format {
            "json" => Self::Json,
            "auto" if !terminal => Self::Json,
            _ => Self::Human {
                colour: terminal && !no_colour,
            },
        }
    }
}

/// What the log of this process hides; set once, by [`start`].
static CENSOR: OnceLock<Censor> = OnceLock::new();

/// What the log of this process hides. Names that show up later are added to it.
pub(crate) fn censor() -> Censor {
    CENSOR.get().cloned().unwrap_or_default()
}

/// Installs the log for the whole process. `log`-based libraries are not connected at all. A second call is
/// without effect. A file that cannot be written is left out and said.
pub(crate) fn start(config: &Config, no_colour: bool) {
    let log = &config.log;
    let censor = CENSOR.get_or_init(|| known(config));
    let style = Style::of(&log.format, no_colour);
    let console = Censored {
        out: std::io::stderr as fn() -> Stderr,
        censor: censor.clone(),
        json: style == Style::Json,
    };
    let mut all = vec![lines(level(&log.level), style, console)];
    let mut failed = None;
    if let Some(path) = &log.file {
        let style = match log.format.as_str() {
            "json" => Style::Json,
            _ => Style::Human { colour: false },
        };
        let censor = censor.clone();
        match open(path) {
            Ok(file) => {
                let out = Arc::new(file);
                let json = style == Style::Json;
                all.push(lines(
                    level(&log.file_level),
                    style,
                    Censored { out, censor, json },
                ));
            }
            Err(e) => failed = Some(format!("cannot write {}: {}", path.display(), plain(&e))),
        }
    }
    // The only error is that a subscriber exists already.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(all));
    if let Some(what) = failed {
        tracing::warn!("{what}; nothing is logged there");
    }
}

/// What the configuration tells of the house, for hiding.
fn known(config: &Config) -> Censor {
    if !config.log.censor {
        return Censor::default();
    }
    let censor = Censor::new();
    hide(&censor, config);
    censor
}

/// Adds what another configuration tells to what is hidden, if anything is.
pub(crate) fn also_hide(config: &Config) {
    hide(&censor(), config);
}

fn hide(censor: &Censor, config: &Config) {
    let tv = &config.plex_tv;
    let secrets = [
        &tv.token,
        &tv.password,
        &config.tautulli_api.key,
        &config.access.admin_password,
    ];
    let plex = config.plex.iter().map(|p| &p.token);
    let influx = config.influxdb.iter().flat_map(|i| [&i.token, &i.password]);
    let tautulli = config.tautulli.iter().map(|t| &t.api_key);
    for secret in secrets
        .into_iter()
        .chain(plex)
        .chain(influx)
        .chain(tautulli)
        .flatten()
    {
        censor.hide(secret.expose());
    }
    let servers = config
        .plex
        .iter()
        .flat_map(|p| [Some(&p.id), p.name.as_ref(), p.tls_name.as_ref()]);
    let sinks = config
        .influxdb
        .iter()
        .flat_map(|i| [Some(&i.id), i.user.as_ref()]);
    let named = servers.chain(sinks).chain([tv.user.as_ref()]).flatten();
    for name in named.chain(&config.history.ignore_users) {
        censor.hide(name);
    }
    let urls = config.plex.iter().filter_map(|p| p.url.as_ref());
    let sinks = config.influxdb.iter().map(|i| &i.url);
    let tautullis = config.tautulli.iter().map(|t| &t.url);
    for host in urls.chain(sinks).chain(tautullis).filter_map(|u| config::host(u)) {
        censor.hide(host);
    }
}

/// Adds the names of users and servers to what is hidden, as they show up, until cancelled.
pub(crate) async fn learn(mut live: watch::Receiver<Arc<Snapshot>>, cancel: CancellationToken) {
    let mut pupil = Pupil::default();
    let censor = censor();
    let look = async {
        loop {
            let snapshot = live.borrow_and_update().clone();
            pupil.look(&snapshot, &mut |name| censor.hide(name));
            if live.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = look => cancel.cancelled().await,
    }
}

/// Who learns names from snapshots, which come several times a second: what has been seen is passed over, but nothing
/// new waits, since the next line may hold it.
#[derive(Default)]
struct Pupil {
    last: Option<Arc<Snapshot>>,
    /// Begun anew at [`censor::NAMES_MAX`].
    seen: HashSet<Text>,
}

impl Pupil {
    /// Calls `hide` with each name that has not been seen before.
    fn look(&mut self, snapshot: &Arc<Snapshot>, hide: &mut impl FnMut(&str)) {
        let last = self.last.replace(snapshot.clone());
        let before = last.as_ref().map_or(&[][..], |last| &last.servers);
        for server in &snapshot.servers {
            if before.iter().any(|b| Arc::ptr_eq(b, server)) {
                continue;
            }
            let name = server.info.as_ref().and_then(|i| i.name.as_ref());
            let users = server.plays.iter().filter_map(|p| p.session.user.as_ref());
            for name in name.into_iter().chain(users.map(|u| &u.name)) {
                if self.seen.contains(name) {
                    continue;
                }
                if self.seen.len() >= censor::NAMES_MAX {
                    self.seen.clear();
                }
                self.seen.insert(name.clone());
                hide(name);
            }
        }
    }
}

fn level(word: &str) -> LevelFilter {
    word.parse().unwrap_or(LevelFilter::INFO)
}

/// Opens the file of the log to add to it; makes it if need be.
pub(crate) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Lines in this style, from this level on.
fn lines<W>(level: LevelFilter, style: Style, out: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = filter_fn(move |meta| wanted(level, meta)).with_max_level_hint(level);
    match style {
        Style::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(out)
            .with_filter(filter)
            .boxed(),
        Style::Human { colour } => tracing_subscriber::fmt::layer()
            .compact()
            .with_target(false)
            .with_ansi(colour)
            .with_writer(out)
            .with_filter(filter)
            .boxed(),
    }
}

fn wanted(level: LevelFilter, meta: &Metadata<'_>) -> bool {
    let room = meta.target().split("::").next().unwrap_or_default();
    let limit = if OURS.contains(&room) {
        level
    } else {
        level.min(CAP)
    };
    *meta.level() <= limit
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use model::{ServerInfo, ServerSnapshot};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, style: Style) -> String {
        let page = Page::default();
        let writer = page.clone();
        let all = vec![lines(level, style, move || writer.clone())];
        tracing::subscriber::with_default(tracing_subscriber::registry().with(all), || {
            tracing::trace!(target: "hyper::proto", "token abc");
            tracing::debug!(target: "reqwest::connect", "token abc");
            tracing::warn!(target: "hyper::server", "foreign warning");
            tracing::trace!(target: "sources::plex", { source.id = "attic" }, "our trace");
            tracing::info!(target: "webpki", "not ours, though it begins like web");
            tracing::info!(target: "web::serve", "our info");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn foreign_crates_are_capped_whatever_the_level() {
        let all = logged(LevelFilter::TRACE, Style::Human { colour: false });
        assert!(!all.contains("abc") && !all.contains("not ours"), "{all}");
        assert!(all.contains("foreign warning") && all.contains("our trace") && all.contains("our info"));
        let info = logged(LevelFilter::INFO, Style::Human { colour: false });
        assert!(info.contains("our info") && !info.contains("our trace"));
        let error = logged(LevelFilter::ERROR, Style::Human { colour: false });
        assert_eq!(error, "");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let all = logged(LevelFilter::TRACE, Style::Json);
        let line = all.lines().find(|l| l.contains("our trace")).unwrap();
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["source.id"], "attic");
        assert_eq!(value["message"], "our trace");
    }

    #[test]
    fn hosts_of_the_configuration_are_hidden_with_and_without_a_scheme() {
        for url in [
            "attic.example.org:32400",
            "https://attic.example.org/x",
            " attic.example.org",
        ] {
            let mut config = config::only(vec![("plex-url", url.to_owned())]).unwrap();
            config.log.censor = true;
            let shown = known(&config).apply("asked attic.example.org").into_owned();
            assert_eq!(shown, "asked ***", "{url}");
        }
    }

    #[test]
    fn a_name_is_learnt_once_and_at_once() {
        let server = |name: &str| {
            let mut server = ServerSnapshot::new("attic".into(), "plex");
            server.info = Some(Arc::new(ServerInfo {
                machine_id: "m".into(),
                name: Some(name.into()),
                version: None,
                platform: None,
                platform_version: None,
                plex_pass: None,
                video_transcodes: None,
            }));
            Arc::new(server)
        };
        let snapshot = |servers: &[&Arc<ServerSnapshot>]| {
            let servers = servers.iter().map(|s| Arc::clone(s)).collect();
            Arc::new(Snapshot { version: 1, servers })
        };
        let (attic, cellar) = (server("Attic"), server("Cellar"));
        let mut pupil = Pupil::default();
        let mut heard = Vec::new();
        for servers in [
            &[&attic][..],
            &[&attic, &cellar],
            &[&cellar, &server("Attic")],
            &[&server("New")],
        ] {
            pupil.look(&snapshot(servers), &mut |name| heard.push(name.to_owned()));
        }
        assert_eq!(heard, ["Attic", "Cellar", "New"]);
    }

    #[test]
    fn colour_needs_a_terminal() {
        // Test output is captured, hence no terminal.
        assert_eq!(Style::of("json", false), Style::Json);
        assert_eq!(Style::of("human", true), Style::Human { colour: false });
    }
}
