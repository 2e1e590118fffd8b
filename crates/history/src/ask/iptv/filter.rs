//! Which runs and viewings a question is about.

use model::iptv::FeedKind;
use model::{SourceId, Text};

/// What is asked for. An empty list asks for everything; several values of one list mean any of them; several lists
/// mean all of them. Texts are compared whole and in their case, except `q`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub servers: Vec<SourceId>,
    pub kinds: Vec<FeedKind>,
    /// Feed key, or the UUID of the channel or film.
    pub channels: Vec<Text>,
    pub groups: Vec<Text>,
    /// Provider accounts by name. A run passes if it was ever fed from one of them, a viewing if it was at its end;
    /// questions about providers look at the segments one by one.
    pub accounts: Vec<Text>,
    /// Logins by number; as `accounts`.
    pub profiles: Vec<i64>,
    /// Name of the user; of who did not sign in the address, or else the name of the connection. A run passes if one
    /// of its viewings in the window does.
    pub users: Vec<Text>,
    /// Part of a name in any case: channel, series, number, group, account, login, stream, user, address, player.
    pub q: Option<Text>,
    /// First millisecond of the window, since 1970.
    pub from_ms: Option<i64>,
    /// First millisecond after the window.
    pub to_ms: Option<i64>,
}
