//! The log: one subscriber, on standard error.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// Crates whose events follow the configured level. Everyone else's are capped at [`CAP`]: HTTP and TLS libraries
/// print headers, and with them tokens, when they are asked to trace.
const OURS: [&str; 8] = [
    "projectionist",
    "base",
    "sources",
    "live",
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

/// Installs the log for the whole process. `log`-based libraries are not connected at all. A second call is
/// without effect.
pub(crate) fn start(level: &str, style: Style) {
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    // The only error is that a subscriber exists already.
    let _ = tracing::subscriber::set_global_default(subscriber(level, style, std::io::stderr));
}

fn subscriber<W>(level: LevelFilter, style: Style, out: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = filter_fn(move |meta| wanted(level, meta)).with_max_level_hint(level);
    let registry = tracing_subscriber::registry();
    match style {
        Style::Json => {
            let lines = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_current_span(false);
            Box::new(registry.with(lines.with_writer(out).with_filter(filter)))
        }
        Style::Human { colour } => {
            let lines = tracing_subscriber::fmt::layer()
                .compact()
                .with_target(false)
                .with_ansi(colour);
            Box::new(registry.with(lines.with_writer(out).with_filter(filter)))
        }
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
        tracing::subscriber::with_default(subscriber(level, style, move || writer.clone()), || {
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
    fn colour_needs_a_terminal() {
        // Test output is captured, hence no terminal.
        assert_eq!(Style::of("json", false), Style::Json);
        assert_eq!(Style::of("human", true), Style::Human { colour: false });
    }
}
