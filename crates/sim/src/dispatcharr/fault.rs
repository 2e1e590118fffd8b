//! Ways for a Dispatcharr to misbehave.

use std::time::Duration;

use crate::fault::Misbehaviour;

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
        *self != Self::WsRefuse || path == "/ws/"
    }
}
