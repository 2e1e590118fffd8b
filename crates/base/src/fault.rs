//! What went wrong with somebody we speak to, in words a user can act on.

use crate::Kind;

/// Every message is one line, names who it is about (`Tautulli at http://…`) and holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{who}: {what}")]
pub struct Fault {
    who: String,
    what: String,
    kind: Kind,
    hint: Option<String>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    pub fn new(who: &str, kind: Kind, what: impl Into<String>) -> Self {
        Self {
            who: who.to_owned(),
            what: what.into(),
            kind,
            hint: None,
            source: None,
        }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What happened, without who it is about.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the user can do about it, if we know.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}
