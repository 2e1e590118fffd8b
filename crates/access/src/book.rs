//! What is kept: accounts, sessions, keys. Plain data and its rules; the file is `file.rs`'s, the time an argument.

use serde::{Deserialize, Serialize};

use crate::password::Hashed;
use crate::refused::Refused;
use crate::settings::ADMIN;
use crate::token::{self, Digest};

/// Version of the file; a file of another is refused, not guessed at.
pub(crate) const FORMAT: u32 = 1;

/// Accounts; beyond this no further one is made.
pub const ACCOUNTS_MAX: usize = 100;

/// Browsers an account is signed in with; for a further one, the session that began first ends.
pub const SESSIONS_MAX: usize = 50;

/// API keys; beyond this no further one is made.
pub const KEYS_MAX: usize = 200;

/// Characters in the name of an account or a key; a longer one is refused.
const NAME_CHARS_MAX: usize = 64;

const DAY_S: i64 = 24 * 60 * 60;

/// What an account may do: everything, or see everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Admin,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }
}

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The exported series.
    Metrics,
    /// Everything a viewer sees.
    Read,
    /// The interface of Tautulli.
    Tautulli,
    /// Everything.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Metrics, Self::Read, Self::Tautulli, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Read => "read",
            Self::Tautulli => "tautulli",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        known.ok_or_else(|| format!("\"{text}\" is not metrics, read, tautulli or admin"))
    }
}

/// Somebody with a password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub name: String,
    pub role: Role,
    pub(crate) password: Hashed,
    /// Seconds since 1970.
    pub created_at_s: i64,
    /// Seconds since 1970; written now and then, so an old one after a kill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_s: Option<i64>,
}

/// A browser that is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    pub(crate) token: Digest,
    pub(crate) account: String,
    /// Seconds since 1970.
    pub(crate) created_at_s: i64,
}

/// A program that may come in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Tells keys apart; no secret.
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub(crate) token: Digest,
    /// Seconds since 1970.
    pub created_at_s: i64,
    /// Seconds since 1970; written now and then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at_s: Option<i64>,
}

impl Key {
    /// True if it opens what `scope` names.
    pub fn opens(&self, scope: Scope) -> bool {
        self.scopes.contains(&Scope::Admin) || self.scopes.contains(&scope)
    }
}

/// All of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Book {
    pub(crate) format: u32,
    /// Tells installations apart whose cookies one browser keeps; no secret.
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) accounts: Vec<Account>,
    #[serde(default)]
    pub(crate) sessions: Vec<Session>,
    #[serde(default)]
    pub(crate) keys: Vec<Key>,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT,
            id: token::id(),
            accounts: Vec::new(),
            sessions: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Why it cannot be used as it was read.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("it has format {}, and we know {FORMAT}", self.format));
        }
        let unusable = self.accounts.iter().find(|a| !a.password.is_usable());
        if let Some(account) = unusable {
            return Some(format!("the password of \"{}\" cannot be checked", account.name));
        }
        let twice = (self.accounts.iter().enumerate())
            .find(|(n, a)| self.accounts[..*n].iter().any(|b| is(&b.name, &a.name)));
        twice.map(|(_, a)| format!("two accounts are called \"{}\"", a.name))
    }

    pub(crate) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| is(&a.name, name))
    }

    /// True if nobody could sign in and change anything.
    pub(crate) fn has_no_admin(&self) -> bool {
        self.accounts.iter().all(|a| a.role != Role::Admin)
    }

    /// The account of a session that has not ended.
    pub(crate) fn session(&self, token: &Digest, session_days: u32, now_s: i64) -> Option<&Account> {
        let found = self.sessions.iter().find(|s| s.token.is(token))?;
        let lasts = now_s < found.created_at_s.saturating_add(i64::from(session_days) * DAY_S);
        self.account(&found.account).filter(|_| lasts)
    }

    pub(crate) fn key(&self, token: &Digest) -> Option<&Key> {
        self.keys.iter().find(|k| k.token.is(token))
    }

    /// Forgets sessions that have ended.
    pub(crate) fn prune(&mut self, session_days: u32, now_s: i64) {
        let lifetime_s = i64::from(session_days) * DAY_S;
        self.sessions
            .retain(|s| now_s < s.created_at_s.saturating_add(lifetime_s));
    }

    pub(crate) fn begin_session(&mut self, account: &str, token: Digest, now_s: i64) {
        let own = |s: &Session| is(&s.account, account);
        if self.sessions.iter().filter(|s| own(s)).count() >= SESSIONS_MAX {
            // They stand in the order in which they began.
            if let Some(first) = self.sessions.iter().position(own) {
                self.sessions.remove(first);
            }
        }
        self.sessions.push(Session {
            token,
            account: account.to_owned(),
            created_at_s: now_s,
        });
    }

    /// True if this began as a session here, whether or not it still lasts.
    pub(crate) fn has_session(&self, token: &Digest) -> bool {
        self.sessions.iter().any(|s| s.token.is(token))
    }

    pub(crate) fn end_session(&mut self, token: &Digest) {
        self.sessions.retain(|s| !s.token.is(token));
    }

    fn end_sessions_of(&mut self, account: &str) {
        self.sessions.retain(|s| !is(&s.account, account));
    }

    /// Gives an account that exists its password, which ends its sessions.
    pub(crate) fn set_password(&mut self, name: &str, password: Hashed) -> Result<(), Refused> {
        let found = self.accounts.iter_mut().find(|a| is(&a.name, name));
        found
            .ok_or(Refused::Unknown("no account has this name"))?
            .password = password;
        self.end_sessions_of(name);
        Ok(())
    }

    /// The same of [`ADMIN`], which is made if there is none, and is an admin from then on.
    pub(crate) fn set_admin_password(&mut self, password: Hashed, now_s: i64) -> Result<(), Refused> {
        if self.account(ADMIN).is_none() {
            return self.add_account(ADMIN, Role::Admin, password, now_s);
        }
        for account in self.accounts.iter_mut().filter(|a| is(&a.name, ADMIN)) {
            account.role = Role::Admin;
        }
        self.set_password(ADMIN, password)
    }

    pub(crate) fn add_account(
        &mut self,
        name: &str,
        role: Role,
        password: Hashed,
        now_s: i64,
    ) -> Result<(), Refused> {
        let name = usable_name(name)?;
        if self.account(&name).is_some() {
            return Err(Refused::Bad(format!("there is an account \"{name}\" already")));
        }
        if is(&name, ADMIN) && role != Role::Admin {
            // The first password is that of this account: as a viewer, it would keep everybody from being an admin.
            return Err(Refused::Bad(format!("an account \"{ADMIN}\" is an admin")));
        }
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(Refused::Bad(format!(
                "there are {ACCOUNTS_MAX} accounts, which is the limit"
            )));
        }
        self.accounts.push(Account {
            name,
            role,
            password,
            created_at_s: now_s,
            last_seen_at_s: None,
        });
        Ok(())
    }

    /// Takes an account away and ends its sessions. The last admin stays: nobody could come back.
    pub(crate) fn remove_account(&mut self, name: &str) -> Result<(), Refused> {
        let Some(account) = self.account(name) else {
            return Err(Refused::Unknown("no account has this name"));
        };
        let admins = self.accounts.iter().filter(|a| a.role == Role::Admin).count();
        if account.role == Role::Admin && admins == 1 {
            let why = "this is the only admin; make another one first";
            return Err(Refused::Forbidden(why.to_owned()));
        }
        self.end_sessions_of(name);
        self.accounts.retain(|a| !is(&a.name, name));
        Ok(())
    }

    pub(crate) fn add_key(
        &mut self,
        name: &str,
        scopes: &[Scope],
        token: Digest,
        now_s: i64,
    ) -> Result<Key, Refused> {
        let name = usable_name(name)?;
        if scopes.is_empty() {
            return Err(Refused::Bad("a key has at least one scope".to_owned()));
        }
        if self.keys.len() >= KEYS_MAX {
            return Err(Refused::Bad(format!(
                "there are {KEYS_MAX} keys, which is the limit"
            )));
        }
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        let taken = |id: &String| self.keys.iter().any(|k| k.id == *id);
        let id = std::iter::repeat_with(token::id).find(|id| !taken(id));
        let key = Key {
            id: id.unwrap_or_default(),
            name,
            scopes,
            token,
            created_at_s: now_s,
            last_used_at_s: None,
        };
        self.keys.push(key.clone());
        Ok(key)
    }

    pub(crate) fn remove_key(&mut self, id: &str) -> Result<(), Refused> {
        let before = self.keys.len();
        self.keys.retain(|k| k.id != id);
        if self.keys.len() == before {
            return Err(Refused::Unknown("no key has this id"));
        }
        Ok(())
    }
}

/// Names are compared without regard to case: telephones like to begin with a capital.
pub(crate) fn is(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn usable_name(name: &str) -> Result<String, Refused> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let why = format!("a name has 1 to {NAME_CHARS_MAX} characters, and no control characters");
        return Err(Refused::Bad(why));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_S;

    /// Not a usable one: hashing takes time, and nothing here checks it.
    fn no_password() -> Hashed {
        Hashed::nobody()
    }

    fn with_admin() -> Book {
        let mut book = Book::new();
        book.add_account("admin", Role::Admin, no_password(), 0).unwrap();
        book
    }

    fn said<T: std::fmt::Debug>(result: Result<T, Refused>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_session_lasts_its_days_and_ends_with_the_password_or_the_account() {
        let mut book = with_admin();
        book.add_account("anna", Role::Viewer, no_password(), 0).unwrap();
        let token = Digest::of("t");
        let is_in = |book: &Book, now_s| book.session(&token, 30, now_s).map(|a| a.name.clone());
        assert_eq!(is_in(&book, 0), None);
        book.begin_session("Anna", token, 100);
        assert_eq!(is_in(&book, 100), Some("anna".to_owned()));
        assert_eq!(is_in(&book, 99 + 30 * DAY), Some("anna".to_owned()));
        assert_eq!(is_in(&book, 100 + 30 * DAY), None);
        let mut pruned = book.clone();
        pruned.prune(30, 99 + 30 * DAY);
        assert_eq!(pruned.sessions.len(), 1);
        pruned.prune(30, 100 + 30 * DAY);
        assert!(pruned.sessions.is_empty());
        let mut changed = book.clone();
        changed.set_password("admin", no_password()).unwrap();
        assert!(is_in(&changed, 100).is_some(), "that of another");
        changed.set_password("ANNA", no_password()).unwrap();
        assert_eq!(is_in(&changed, 100), None);
        let mut gone = book.clone();
        gone.remove_account("anna").unwrap();
        assert_eq!(is_in(&gone, 100), None);
        book.end_session(&Digest::of("other"));
        assert!(is_in(&book, 100).is_some());
        book.end_session(&token);
        assert_eq!(is_in(&book, 100), None);
    }

    #[test]
    fn a_further_session_ends_the_oldest_of_that_account() {
        let mut book = with_admin();
        book.add_account("anna", Role::Viewer, no_password(), 0).unwrap();
        book.begin_session("anna", Digest::of("annas"), 0);
        for n in 0..=SESSIONS_MAX {
            book.begin_session("admin", Digest::of(&n.to_string()), 1);
        }
        assert_eq!(book.sessions.len(), SESSIONS_MAX + 1);
        assert!(book.session(&Digest::of("0"), 1, 1).is_none());
        assert!(book.session(&Digest::of("1"), 1, 1).is_some());
        assert!(book.session(&Digest::of("annas"), 1, 1).is_some());
    }

    #[test]
    fn accounts_are_told_apart_and_the_last_admin_stays() {
        let mut book = with_admin();
        assert!(!book.has_no_admin() && Book::new().has_no_admin());
        let twin = book.add_account(" Admin", Role::Viewer, no_password(), 0);
        assert_eq!(said(twin), "there is an account \"Admin\" already");
        assert!(said(book.remove_account("ADMIN")).starts_with("this is the only admin"));
        book.add_account("second", Role::Admin, no_password(), 0).unwrap();
        book.remove_account("ADMIN").unwrap();
        assert_eq!(said(book.remove_account("admin")), "no account has this name");
        for name in ["", "  ", "a\nb", &"x".repeat(65)] {
            let refused = said(book.add_account(name, Role::Viewer, no_password(), 0));
            assert!(refused.starts_with("a name has 1 to 64"), "{refused}");
        }
        for n in 1..ACCOUNTS_MAX {
            book.add_account(&n.to_string(), Role::Viewer, no_password(), 0)
                .unwrap();
        }
        let further = book.add_account("further", Role::Viewer, no_password(), 0);
        assert_eq!(said(further), "there are 100 accounts, which is the limit");
    }

    #[test]
    fn a_password_makes_no_account_but_that_of_the_admin() {
        let mut book = Book::new();
        let said_of = |book: &mut Book, name| said(book.set_password(name, no_password()));
        assert_eq!(said_of(&mut book, "anna"), "no account has this name");
        assert_eq!(said_of(&mut book, ADMIN), "no account has this name");
        let viewer = book.add_account("Admin", Role::Viewer, no_password(), 0);
        assert_eq!(said(viewer), "an account \"admin\" is an admin");
        book.set_admin_password(no_password(), 0).unwrap();
        assert!(!book.has_no_admin() && book.accounts.len() == 1);
        // As an earlier version let it be made.
        book.accounts[0].role = Role::Viewer;
        book.set_admin_password(no_password(), 0).unwrap();
        assert!(!book.has_no_admin() && book.accounts.len() == 1);
    }

    #[test]
    fn a_key_opens_its_scopes_until_it_is_removed() {
        let mut book = Book::new();
        assert_eq!(
            said(book.add_key("k", &[], Digest::of("t"), 0)),
            "a key has at least one scope"
        );
        let key = book
            .add_key(
                "k",
                &[Scope::Read, Scope::Metrics, Scope::Read],
                Digest::of("t"),
                7,
            )
            .unwrap();
        assert_eq!(key.scopes, [Scope::Metrics, Scope::Read]);
        assert_eq!(book.key(&Digest::of("t")).unwrap().id, key.id);
        assert!(book.key(&Digest::of("u")).is_none());
        for scope in Scope::ALL {
            let opens = matches!(scope, Scope::Metrics | Scope::Read);
            assert_eq!(key.opens(scope), opens, "{}", scope.as_str());
            assert_eq!(scope.as_str().parse(), Ok(scope));
            let admin = Key {
                scopes: vec![Scope::Admin],
                ..key.clone()
            };
            assert!(admin.opens(scope));
        }
        assert!("root".parse::<Scope>().is_err());
        assert_eq!(said(book.remove_key("none")), "no key has this id");
        book.remove_key(&key.id).unwrap();
        assert!(book.key(&Digest::of("t")).is_none());
        for n in 0..KEYS_MAX {
            book.add_key("k", &[Scope::Read], Digest::of(&n.to_string()), 0)
                .unwrap();
        }
        let further = book.add_key("k", &[Scope::Read], Digest::of("t"), 0);
        assert_eq!(said(further), "there are 200 keys, which is the limit");
    }

    #[test]
    fn what_cannot_be_trusted_is_said() {
        assert_eq!(Book::new().fault(), None);
        let newer = Book {
            format: 2,
            ..Book::new()
        };
        assert_eq!(newer.fault().unwrap(), "it has format 2, and we know 1");
        assert_eq!(
            with_admin().fault().unwrap(),
            "the password of \"admin\" cannot be checked"
        );
    }
}
