//! Ways for a Dispatcharr to misbehave, and the list of those now in force.

use std::time::Duration;

/// A way to misbehave. Applies to every path unless [`Fault::on`] limits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens on the port. With a path: the connection is cut instead of an answer.
    Refuse,
    /// The request is read and never answered.
    Hang,
    /// Every answer comes this much later.
    Slow(Duration),
    /// This status with a small HTML page.
    Status(u16),
    /// 200 and a web page, as an unknown path or a login portal answers.
    Html,
    /// Its Redis is gone: statistics are empty with 200, one channel's details and logins are 500.
    RedisDown,
    /// Its database is gone: every path answers 500 with a page, even the version.
    PostgresDown,
    /// The answer breaks off half-way: fewer bytes than announced.
    CutBody,
    /// Half of the answer, announced as complete.
    Garbage,
    /// The lists of these names are empty in an answer that is otherwise right: whoever made them failed and said nothing.
    Emptied(&'static [&'static str]),
    /// 404 at the WebSocket upgrade, as a proxy that does not know it.
    WsRefuse,
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
    fault: Fault,
    path_prefix: String,
    left: Option<u32>,
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

#[derive(Debug, Default)]
pub(super) struct Faults {
    next: u64,
    active: Vec<(FaultId, FaultSpec)>,
}

impl Faults {
    pub(super) fn add(&mut self, spec: FaultSpec) -> FaultId {
        self.next += 1;
        let id = FaultId(self.next);
        self.active.push((id, spec));
        id
    }

    pub(super) fn release(&mut self, id: FaultId) {
        self.active.retain(|(i, _)| *i != id);
    }

    pub(super) fn clear(&mut self) {
        self.active.clear();
    }

    /// The port is closed.
    pub(super) fn refuses_all(&self) -> bool {
        self.active
            .iter()
            .any(|(_, s)| s.fault == Fault::Refuse && s.path_prefix.is_empty())
    }

    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.active.iter().any(|(_, s)| s.fault == *fault)
    }

    /// The faults for a request, in the order they were added; counts down those that are limited.
    pub(super) fn of(&mut self, path: &str) -> Vec<Fault> {
        let mut found = Vec::new();
        for (_, spec) in &mut self.active {
            let about = spec.fault != Fault::WsRefuse || path == "/ws/";
            if about && path.starts_with(&spec.path_prefix) {
                found.push(spec.fault.clone());
                spec.left = spec.left.map(|left| left.saturating_sub(1));
            }
        }
        self.active.retain(|(_, s)| s.left != Some(0));
        found
    }
}
