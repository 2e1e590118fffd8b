//! Why history could not answer or keep something.

use std::path::PathBuf;

use base::Kind;

/// Names what was done and where; the source tells why.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{doing} {}", path.display())]
    File {
        /// `opening the history in`.
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{doing}")]
    Sql {
        /// `reading a page of history`.
        doing: &'static str,
        source: rusqlite::Error,
    },
    #[error("the history in {} was written by a newer version (schema {found}, this one knows {known})", path.display())]
    FromTheFuture { path: PathBuf, found: i64, known: i64 },
    #[error("the history in {} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("another process holds the history in {}", path.display())]
    InUse { path: PathBuf },
    #[error("the history has been closed")]
    Closed,
    /// A question that makes no sense, or a file that is not what it should be.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// For metrics and HTTP answers.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Refused(_) => Kind::BadPayload,
            Self::File { .. }
            | Self::Sql { .. }
            | Self::FromTheFuture { .. }
            | Self::Damaged { .. }
            | Self::InUse { .. }
            | Self::Closed => Kind::Storage,
        }
    }

    /// For `map_err`: adds what was being done.
    pub(crate) fn sql(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sql { doing, source }
    }
}
