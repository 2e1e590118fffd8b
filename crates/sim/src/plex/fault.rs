//! Ways for a server to misbehave, and the list of those now in force.

use std::time::Duration;

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

impl Fault {
    /// Only for paths that begin like this.
    pub fn on(self, path_prefix: impl Into<String>) -> FaultSpec {
        FaultSpec {
            path_prefix: path_prefix.into(),
            ..self.into()
        }
    }

    /// Only for this many requests.
    pub fn times(self, n: u32) -> FaultSpec {
        FaultSpec::from(self).times(n)
    }
}

/// A fault with its limits.
#[must_use]
#[derive(Clone, Debug)]
pub struct FaultSpec {
    pub(crate) fault: Fault,
    pub(crate) path_prefix: String,
    pub(crate) left: Option<u32>,
}

impl From<Fault> for FaultSpec {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            path_prefix: String::new(),
            left: None,
        }
    }
}

impl FaultSpec {
    /// Only for this many requests.
    pub fn times(mut self, n: u32) -> Self {
        self.left = Some(n);
        self
    }
}

/// Names a fault in force, to release it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(u64);

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    active: Vec<(FaultId, FaultSpec)>,
}

impl Faults {
    pub(crate) fn add(&mut self, spec: FaultSpec) -> FaultId {
        self.next += 1;
        let id = FaultId(self.next);
        self.active.push((id, spec));
        id
    }

    pub(crate) fn release(&mut self, id: FaultId) {
        self.active.retain(|(i, _)| *i != id);
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    /// The port is closed.
    pub(crate) fn refuses_all(&self) -> bool {
        self.active
            .iter()
            .any(|(_, s)| s.fault == Fault::Refuse && s.path_prefix.is_empty())
    }

    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.active.iter().any(|(_, s)| s.fault == *fault)
    }

    /// The faults for a request, in the order they were added; counts down those that are limited.
    pub(crate) fn of(&mut self, path: &str) -> Vec<Fault> {
        let mut found = Vec::new();
        for (_, spec) in &mut self.active {
            if applies(&spec.fault, path) && path.starts_with(&spec.path_prefix) {
                found.push(spec.fault.clone());
                if let Some(left) = &mut spec.left {
                    *left = left.saturating_sub(1);
                }
            }
        }
        self.active.retain(|(_, s)| s.left != Some(0));
        found
    }
}

/// Faults that are about one feature leave the other paths alone.
fn applies(fault: &Fault, path: &str) -> bool {
    match fault {
        Fault::WsDrop | Fault::WsRefuse | Fault::WsFreeze => path.starts_with("/:/websocket"),
        Fault::SseRefuse => path.starts_with("/:/eventsource"),
        Fault::StatsMissing => path.starts_with("/statistics"),
        // A revoked token does not matter where none is needed.
        Fault::Unauthorized => path != "/identity",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
