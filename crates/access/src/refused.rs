//! Why something was not done.

use base::Kind;

use crate::file::FileError;

/// A refusal, fit for whoever asked: it tells nothing about what exists.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not said which of the two was wrong.
    #[error("name or password is wrong")]
    WrongPassword,
    #[error("the current password is wrong")]
    WrongCurrent,
    #[error("the setup code is wrong; the log of this process shows it")]
    WrongCode,
    #[error("sign in first")]
    SignedOut,
    #[error("too many wrong attempts; try again in {wait_s} s")]
    Throttled { wait_s: u64 },
    #[error("many people sign in at this moment; try again in {wait_s} s")]
    Busy { wait_s: u64 },
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Bad(String),
    #[error("{0}")]
    Unknown(&'static str),
    /// The message for whoever asked has no path of this machine; the log has.
    #[error("what is kept about access cannot be read or written; the log tells why")]
    File(#[source] FileError),
}

impl Refused {
    pub fn kind(&self) -> Kind {
        match self {
            Self::WrongPassword | Self::WrongCurrent | Self::WrongCode | Self::SignedOut => {
                Kind::Unauthorized
            }
            Self::Throttled { .. } | Self::Busy { .. } => Kind::RateLimited,
            Self::Forbidden(_) => Kind::Forbidden,
            Self::Bad(_) => Kind::BadPayload,
            Self::Unknown(_) => Kind::NotFound,
            Self::File(_) => Kind::Storage,
        }
    }

    /// When to try again, if that is what is wrong.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Throttled { wait_s } | Self::Busy { wait_s } => Some(*wait_s),
            _ => None,
        }
    }
}

impl From<FileError> for Refused {
    fn from(e: FileError) -> Self {
        Self::File(e)
    }
}
