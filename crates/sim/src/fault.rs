//! The faults in force at a simulated server, whatever each of them is.

/// One way to misbehave.
pub(crate) trait Misbehaviour: Clone + PartialEq {
    /// Nothing listens on the port.
    const REFUSE: Self;

    /// Faults that are about one feature leave the other paths alone.
    fn applies(&self, path: &str) -> bool;
}

/// A fault with its limits.
#[must_use]
#[derive(Clone, Debug)]
pub struct FaultSpec<F> {
    pub(crate) fault: F,
    path_prefix: String,
    left: Option<u32>,
}

impl<F> From<F> for FaultSpec<F> {
    fn from(fault: F) -> Self {
        Self {
            fault,
            path_prefix: String::new(),
            left: None,
        }
    }
}

impl<F> FaultSpec<F> {
    /// Only for paths that begin like this.
    pub fn on(mut self, path_prefix: impl Into<String>) -> Self {
        self.path_prefix = path_prefix.into();
        self
    }

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
#[derive(Debug)]
pub(crate) struct Faults<F> {
    next: u64,
    active: Vec<(FaultId, FaultSpec<F>)>,
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self {
            next: 0,
            active: Vec::new(),
        }
    }
}

impl<F: Misbehaviour> Faults<F> {
    pub(crate) fn add(&mut self, spec: FaultSpec<F>) -> FaultId {
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
            .any(|(_, s)| s.fault == F::REFUSE && s.path_prefix.is_empty())
    }

    pub(crate) fn has(&self, fault: &F) -> bool {
        self.active.iter().any(|(_, s)| s.fault == *fault)
    }

    /// The faults for a request, in the order they were added; counts down those that are limited.
    pub(crate) fn of(&mut self, path: &str) -> Vec<F> {
        let mut found = Vec::new();
        for (_, spec) in &mut self.active {
            if spec.fault.applies(path) && path.starts_with(&spec.path_prefix) {
                found.push(spec.fault.clone());
                spec.left = spec.left.map(|left| left.saturating_sub(1));
            }
        }
        self.active.retain(|(_, s)| s.left != Some(0));
        found
    }
}
