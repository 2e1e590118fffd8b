//! What is told about access, and what is asked for.

use access::{Mode, Role, Scope};
use base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::v1::types::{Meta, Time};

/// Whether and how one signs in here, and who one is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessState {
    pub(super) mode: AccessMode,
    pub(super) signed_in: bool,
    /// Name of the account, of the key, or as a proxy told it; absent where nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "admin")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<RoleWord>,
    /// Whether anybody can sign in with a password yet.
    pub(super) password_set: bool,
    /// The first password needs the code that the log of the process shows.
    pub(super) setup_code_needed: bool,
}

/// How one signs in from where the request came.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessMode {
    /// Not at all: everybody is an admin.
    Open,
    /// With a password.
    Password,
    /// At the reverse proxy in front of us.
    Proxy,
}

impl AccessMode {
    pub(super) fn of(open: bool, mode: Mode) -> Self {
        match mode {
            _ if open => Self::Open,
            Mode::Proxy => Self::Proxy,
            Mode::Auto | Mode::Password | Mode::Off => Self::Password,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleWord {
    /// Does everything.
    Admin,
    /// Sees everything.
    Viewer,
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Admin => Self::Admin,
            RoleWord::Viewer => Self::Viewer,
        }
    }
}

/// What a key opens.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScopeWord {
    /// `/metrics`.
    Metrics,
    /// Everything a viewer sees.
    Read,
    /// `/api/v2`.
    Tautulli,
    /// Everything.
    Admin,
}

impl From<Scope> for ScopeWord {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Metrics => Self::Metrics,
            Scope::Read => Self::Read,
            Scope::Tautulli => Self::Tautulli,
            Scope::Admin => Self::Admin,
        }
    }
}

impl From<ScopeWord> for Scope {
    fn from(word: ScopeWord) -> Self {
        match word {
            ScopeWord::Metrics => Self::Metrics,
            ScopeWord::Read => Self::Read,
            ScopeWord::Tautulli => Self::Tautulli,
            ScopeWord::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// Name of the account; `admin` unless another is given.
    #[serde(default)]
    pub(super) name: Option<String>,
    #[schema(value_type = String)]
    pub(super) password: Secret,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password until now; not for the first one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) current: Option<Secret>,
    /// 8 characters or more.
    #[schema(value_type = String)]
    pub(super) new: Secret,
    /// For the first one, from another machine.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) setup_code: Option<Secret>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accounts {
    pub(super) accounts: Vec<Account>,
    pub(super) meta: Meta,
}

/// Somebody with a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    pub(super) name: String,
    pub(super) role: RoleWord,
    pub(super) created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_at: Option<Time>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// 1 to 64 characters; upper and lower case are the same.
    pub(super) name: String,
    pub(super) role: RoleWord,
    /// 8 characters or more.
    #[schema(value_type = String)]
    pub(super) password: Secret,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    pub(super) keys: Vec<Key>,
    pub(super) meta: Meta,
}

/// A program that may come in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: Vec<ScopeWord>,
    pub(super) created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_used_at: Option<Time>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it is for; 1 to 64 characters.
    pub(super) name: String,
    pub(super) scopes: Vec<ScopeWord>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeKey {
    /// The key itself. It is told this once and kept nowhere.
    pub(super) key: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: Vec<ScopeWord>,
    pub(super) created_at: Time,
}
