//! What was asked: a bounded log for tests. Neither credentials nor bodies are kept.

use std::collections::VecDeque;

/// Requests kept; beyond this the oldest are forgotten.
const KEPT: usize = 2_000;

/// How a request proved who it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    None,
    /// `X-API-Key`, or `Authorization: ApiKey`.
    Key,
    /// `Authorization: Bearer`.
    Bearer,
    /// `?token=`, at the WebSocket only.
    Query,
}

/// One request and the status of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSeen {
    pub method: String,
    pub path: String,
    /// As sent; without what follows `token=`.
    pub query: String,
    pub proof: Proof,
    pub user_agent: String,
    /// 0: the connection was cut, or no answer has been given yet.
    pub status: u16,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    recent: VecDeque<RequestSeen>,
    dropped: usize,
}

impl Log {
    /// Its number, for [`Log::answered`].
    pub(super) fn add(&mut self, request: RequestSeen) -> usize {
        if self.recent.len() == KEPT {
            self.recent.pop_front();
            self.dropped += 1;
        }
        self.recent.push_back(request);
        self.dropped + self.recent.len() - 1
    }

    pub(super) fn answered(&mut self, number: usize, status: u16) {
        let at = number.checked_sub(self.dropped);
        if let Some(request) = at.and_then(|at| self.recent.get_mut(at)) {
            request.status = status;
        }
    }

    pub(super) fn recent(&self) -> Vec<RequestSeen> {
        self.recent.iter().cloned().collect()
    }

    pub(super) fn count(&self, prefix: &str) -> usize {
        self.recent.iter().filter(|r| r.path.starts_with(prefix)).count()
    }

    pub(super) fn clear(&mut self) {
        self.dropped += self.recent.len();
        self.recent.clear();
    }
}

/// The query without tokens.
pub(super) fn redact(query: &str) -> String {
    let parts = query.split('&').map(|pair| {
        if pair.starts_with("token=") {
            "token=…"
        } else {
            pair
        }
    });
    parts.collect::<Vec<_>>().join("&")
}
