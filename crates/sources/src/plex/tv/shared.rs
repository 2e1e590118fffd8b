//! What all users of one plex.tv configuration share: the client, the token got by password, the newest list of
//! servers, and how long plex.tv wants to be left alone.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use base::{Kind, Secret};
use reqwest::Client;
use tokio::time::Instant;

use super::error::TvError;
use super::servers::Found;

/// Age below which a list is used again, and a failure of plex.tv not repeated: sources that start or fail together
/// cost one request.
pub(super) const FRESH: Duration = Duration::from_secs(15);

/// Shared by clones. Empty when made.
#[derive(Clone, Default)]
pub struct Shared(pub(super) Arc<Inner>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) client: OnceLock<Client>,
    quiet_until: Mutex<Option<Instant>>,
    /// Held while signing in, so that sources which start together sign in once.
    pub(super) password: tokio::sync::Mutex<PasswordSignIn>,
    /// Held while listing, for the same reason.
    pub(super) listing: tokio::sync::Mutex<Listing>,
}

/// Signing in with a password: the token it brought, or the credentials that were refused.
#[derive(Default)]
pub(super) struct PasswordSignIn {
    pub(super) token: Option<Secret>,
    /// Never tried a second time: plex.tv locks out addresses that keep failing.
    pub(super) refused: Option<Refused>,
    /// The last attempt, if it failed for a reason that passes.
    pub(super) failed: Option<Failed>,
}

pub(super) struct Refused {
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) code_needed: bool,
}

/// The newest list, and how the last attempt at one went.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) known: Option<Known>,
    pub(super) failed: Option<Failed>,
}

pub(super) struct Known {
    pub(super) account: Secret,
    pub(super) at: Instant,
    pub(super) servers: Arc<[Found]>,
}

pub(super) struct Failed {
    pub(super) at: Instant,
    pub(super) what: String,
    pub(super) kind: Kind,
}

impl Failed {
    /// What is to be remembered of a failure: nothing if it does not pass by itself.
    pub(super) fn of(e: &TvError) -> Option<Self> {
        let kind = e.kind();
        (kind.is_transient() || kind == Kind::BadPayload).then(|| Self {
            at: Instant::now(),
            what: e.what(),
            kind,
        })
    }

    /// The same failure, while it is too early to ask once more.
    pub(super) fn again(&self) -> Option<TvError> {
        (self.at.elapsed() < FRESH).then(|| TvError::StillFailing {
            what: self.what.clone(),
            kind: self.kind,
        })
    }
}

impl Shared {
    /// An error while plex.tv's last "too many requests" still holds.
    pub(super) fn may_ask(&self) -> Result<(), TvError> {
        let until = *self.0.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        match until.map(|u| u.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => Err(TvError::RateLimited { wait }),
            _ => Ok(()),
        }
    }

    /// Asks nothing more of plex.tv for `wait`.
    pub(super) fn stay_quiet(&self, wait: Duration) {
        *self.0.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
    }
}
