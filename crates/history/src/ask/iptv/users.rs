//! Who watched how much.

use model::{SourceId, Text};

use super::Filter;
use crate::{Error, View};

/// One viewer of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTotal {
    pub server: SourceId,
    /// Absent for who did not sign in; then the address tells who it is, or else the connection.
    pub user: Option<Text>,
    /// Shown by switch only.
    pub address: Option<Text>,
    pub client_id: Option<Text>,
    pub views: u64,
    pub viewed_ms: u64,
    /// Different channels and films.
    pub channels: u64,
    /// Sent to the viewer in viewings that began in the window; absent if none was told.
    pub bytes: Option<u64>,
    /// The last moment in the window at which they watched.
    pub last_at_ms: i64,
}

/// By viewed time, most first; equal ones by name.
pub fn users(_view: &View<'_>, _filter: &Filter) -> Result<Vec<UserTotal>, Error> {
    Err(Error::Closed)
}
