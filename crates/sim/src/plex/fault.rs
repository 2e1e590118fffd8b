//! Ways for a server to misbehave.

use std::time::Duration;

use crate::fault::Misbehaviour;

/// A way to misbehave. Applies to every path unless [`Fault::on`] limits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens on the port. With a path: the connection is cut instead of an answer.
    Refuse,
    /// Connections are accepted and cut before an answer.
    Reset,
    /// The request is read and never answered.
    Hang,
    /// Every answer comes this much later.
    Slow(Duration),
    /// This status with the usual HTML page.
    Status(u16),
    /// 401: the token was revoked.
    Unauthorized,
    /// 503 with the start-up notice, on every path.
    Maintenance,
    /// The answer breaks off half-way: fewer bytes than announced.
    Truncate,
    /// Half of the answer, announced as complete.
    BadJson,
    /// 200 with no body.
    Empty,
    /// Numbers as strings, digits as numbers, booleans as 0 and 1.
    WrongTypes,
    /// Every JSON scalar a string.
    StringTypes,
    /// Some other web server answers 200 with HTML.
    NotPlex,
    /// 302 to this address.
    Redirect(String),
    /// The answer is followed by this many bytes of white space.
    HugeBody(u64),
    /// Titles hold a byte that is not UTF-8.
    NonUtf8,
    /// Open `WebSockets` are cut, and new ones right after the upgrade.
    WsDrop,
    /// 404 at the WebSocket upgrade, as a proxy that does not know it.
    WsRefuse,
    /// `WebSockets` stay open, but nothing is read or written, not even a pong.
    WsFreeze,
    /// 404 at the event stream.
    SseRefuse,
    /// 404 on `/statistics`, as without a Plex Pass.
    StatsMissing,
}

/// A fault with its limits.
pub type FaultSpec = crate::fault::FaultSpec<Fault>;

impl Fault {
    /// Only for paths that begin like this.
    pub fn on(self, path_prefix: impl Into<String>) -> FaultSpec {
        FaultSpec::from(self).on(path_prefix)
    }

    /// Only for this many requests.
    pub fn times(self, n: u32) -> FaultSpec {
        FaultSpec::from(self).times(n)
    }
}

impl Misbehaviour for Fault {
    const REFUSE: Self = Self::Refuse;

    fn applies(&self, path: &str) -> bool {
        match self {
            Self::WsDrop | Self::WsRefuse | Self::WsFreeze => path.starts_with("/:/websocket"),
            Self::SseRefuse => path.starts_with("/:/eventsource"),
            Self::StatsMissing => path.starts_with("/statistics"),
            // A revoked token does not matter where none is needed.
            Self::Unauthorized => path != "/identity",
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Faults;

    #[test]
    fn limits_hold() {
        let mut faults = Faults::default();
        let slow = faults.add(Fault::Slow(Duration::from_millis(1)).on("/status"));
        faults.add(Fault::Status(500).times(2));
        assert_eq!(faults.of("/status/sessions").len(), 2);
        assert_eq!(faults.of("/"), [Fault::Status(500)]);
        assert_eq!(faults.of("/"), []);
        faults.release(slow);
        assert_eq!(faults.of("/status/sessions"), []);
        faults.add(Fault::StatsMissing.into());
        assert_eq!(faults.of("/status/sessions"), []);
        assert_eq!(faults.of("/statistics/resources"), [Fault::StatsMissing]);
    }
}
