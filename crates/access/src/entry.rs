//! Who is in, and how they came.

use std::net::IpAddr;

use base::Secret;

use crate::book::{Key, Role, Scope};

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody is asked here.
    Open,
    Session,
    Key,
    /// A trusted proxy named them.
    Proxy,
}

/// Somebody who is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub way: Way,
    pub role: Role,
    /// Of the account or the key; absent where nobody is asked.
    pub name: Option<String>,
    /// Of a key; of others what follows from the role.
    pub scopes: Vec<Scope>,
}

impl Entry {
    /// Somebody who is not asked who they are.
    pub fn open() -> Self {
        Self::person(Way::Open, Role::Admin, None)
    }

    pub(crate) fn person(way: Way, role: Role, name: Option<String>) -> Self {
        let scopes = match role {
            Role::Admin => vec![Scope::Admin],
            Role::Viewer => vec![Scope::Metrics, Scope::Read],
        };
        Self {
            way,
            role,
            name,
            scopes,
        }
    }

    pub(crate) fn of_key(key: &Key) -> Self {
        let role = if key.scopes.contains(&Scope::Admin) {
            Role::Admin
        } else {
            Role::Viewer
        };
        Self {
            way: Way::Key,
            role,
            name: Some(key.name.clone()),
            scopes: key.scopes.clone(),
        }
    }

    /// True if they may see or do what `scope` names.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&Scope::Admin) || self.scopes.contains(&scope)
    }
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub entry: Entry,
    /// What the browser keeps.
    pub token: Secret,
}

/// Whose attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// True if the request came from this machine, past no proxy.
    pub straight: bool,
}

/// A password to be set.
#[derive(Debug)]
pub struct NewPassword {
    /// Who asks, if they are in.
    pub entry: Option<Entry>,
    pub client: Client,
    pub current: Option<Secret>,
    pub new: Secret,
    pub setup_code: Option<Secret>,
}
