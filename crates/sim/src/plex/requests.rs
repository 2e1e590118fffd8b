//! What was asked: a bounded log for tests.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

/// Requests kept.
const KEPT: usize = 10_000;

/// Distinct paths counted.
const PATHS: usize = 2_000;

/// One request as it came in. Never holds a token.
#[derive(Clone, Debug)]
pub struct RequestSeen {
    pub method: String,
    /// Without the base path.
    pub path: String,
    /// Undecoded; a token's value is replaced by `…`.
    pub query: String,
    pub at: Timestamp,
    pub had_token: bool,
    /// The token came as a query argument, where it ends up in logs.
    pub token_in_query: bool,
    pub accept: String,
    /// `X-Plex-Client-Identifier`, if one was sent.
    pub client: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    recent: VecDeque<RequestSeen>,
    counts: HashMap<String, usize>,
    total: usize,
}

impl Log {
    pub(crate) fn add(&mut self, request: RequestSeen) {
        self.total += 1;
        if let Some(n) = self.counts.get_mut(&request.path) {
            *n += 1;
        } else if self.counts.len() < PATHS {
            self.counts.insert(request.path.clone(), 1);
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(request);
    }

    pub(crate) fn recent(&self) -> Vec<RequestSeen> {
        self.recent.iter().cloned().collect()
    }

    pub(crate) fn count(&self, prefix: &str) -> usize {
        if prefix.is_empty() {
            return self.total;
        }
        self.counts
            .iter()
            .filter(|(path, _)| path.starts_with(prefix))
            .map(|(_, n)| n)
            .sum()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The query without tokens.
pub(crate) fn redact(query: &str) -> String {
    let hidden = |pair: &&str| pair.to_ascii_lowercase().starts_with("x-plex-token=");
    let parts = query
        .split('&')
        .map(|pair| if hidden(&pair) { "X-Plex-Token=…" } else { pair });
    parts.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens_do_not_stay() {
        assert_eq!(
            super::redact("a=1&X-Plex-Token=abc&b=2"),
            "a=1&X-Plex-Token=…&b=2"
        );
        assert_eq!(super::redact(""), "");
    }
}
