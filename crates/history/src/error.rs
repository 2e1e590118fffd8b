//! Why history could not answer or keep something.

use std::path::{Path, PathBuf};

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
    #[error("there is no room left on the disk of the history in {}", path.display())]
    Full { path: PathBuf, source: rusqlite::Error },
    /// A step before this one failed, and what the change had done was taken back with it.
    #[error("a change of the history was taken back")]
    TakenBack,
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
            | Self::Full { .. }
            | Self::TakenBack
            | Self::InUse { .. }
            | Self::Closed => Kind::Storage,
        }
    }

    /// What was read makes no sense. The path is added by [`Error::at`].
    pub(crate) fn damaged(what: String) -> Self {
        Self::Damaged {
            path: PathBuf::new(),
            what,
        }
    }

    /// Tells damage and a full disk from other failures of the database at `path`.
    pub(crate) fn at(self, path: &Path) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase};
        use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
        let path = path.to_owned();
        match self {
            Self::Sql { doing, source } => match source.sqlite_error_code() {
                Some(DiskFull) => Self::Full { path, source },
                // The index of the log could not be made larger.
                _ if source.sqlite_error().map(|e| e.extended_code) == Some(SQLITE_IOERR_SHMSIZE) => {
                    Self::Full { path, source }
                }
                Some(DatabaseCorrupt | NotADatabase) => Self::Damaged {
                    path,
                    what: format!("{doing}: {source}"),
                },
                _ => Self::Sql { doing, source },
            },
            Self::Damaged { what, .. } => Self::Damaged { path, what },
            other => other,
        }
    }

    /// For `map_err`: adds what was being done.
    pub(crate) fn sql(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sql { doing, source }
    }
}
