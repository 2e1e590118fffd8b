//! What the stand-in knows, behind one lock that is never held across an await.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::seed::{AccountSeed, ConnectionSeed, ServerSeed, TvSeed};

/// Requests remembered; beyond this the oldest are forgotten.
const LOG_LEN: usize = 10_000;

/// Letters and digits of codes; without those that are read as one another.
const CODE_ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const STRONG_CODE_LEN: usize = 25;
const SHORT_CODE_LEN: usize = 4;
const TOKEN_LEN: usize = 20;

/// One request as it came in. Header values and bodies are left out on purpose: they carry secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSeen {
    pub method: String,
    pub path: String,
    /// As sent, without the question mark; empty if there was none.
    pub query: String,
    pub had_token: bool,
    pub client_id: Option<String>,
    /// Status code of the answer.
    pub status: u16,
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: FaultKind,
    /// Only requests whose path starts so; empty = all.
    pub path_prefix: String,
    /// How many requests it hits; `None` = all until cleared.
    pub times: Option<u32>,
}

impl Fault {
    pub fn always(kind: FaultKind) -> Self {
        Self {
            kind,
            path_prefix: String::new(),
            times: None,
        }
    }

    #[must_use]
    pub fn at(mut self, path_prefix: &str) -> Self {
        path_prefix.clone_into(&mut self.path_prefix);
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

#[derive(Clone, Debug)]
pub enum FaultKind {
    /// This status and an empty body.
    Status(u16),
    /// 429 with this `Retry-After`, if any.
    RateLimited { retry_after: Option<String> },
    /// 200 and half a JSON document.
    BadJson,
    /// 200 and a web page, as a captive portal answers.
    WebPage,
    /// The list of servers comes without their addresses.
    EmptyConnections,
    /// The answer is late.
    Slow(Duration),
}

pub(super) struct Pin {
    pub(super) id: u64,
    pub(super) code: String,
    pub(super) client_id: String,
    /// Length of life, for the answer; the end is `expires`.
    pub(super) lifetime: Duration,
    pub(super) expires: Instant,
    pub(super) token: Option<String>,
}

struct Token {
    user: String,
    expired: bool,
}

/// What a token is worth.
pub(super) enum Caller {
    Account(AccountSeed),
    Expired,
    Unknown,
}

/// How a user name and a password fared.
pub(super) enum SignIn {
    Done { account: AccountSeed, token: String },
    CodeNeeded,
    WrongCode,
    Refused,
}

pub(super) struct State(Mutex<Inner>);

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tokens and passwords are in there.
        f.debug_struct("State").finish_non_exhaustive()
    }
}

struct Inner {
    accounts: Vec<AccountSeed>,
    servers: Vec<ServerSeed>,
    tokens: HashMap<String, Token>,
    pins: Vec<Pin>,
    pin_lifetime: Duration,
    faults: Vec<Fault>,
    requests: VecDeque<RequestSeen>,
    random: fastrand::Rng,
}

impl Inner {
    fn word(&mut self, len: usize) -> String {
        (0..len)
            .map(|_| char::from(CODE_ALPHABET[self.random.usize(..CODE_ALPHABET.len())]))
            .collect()
    }

    fn mint(&mut self, user: &str) -> String {
        let token = self.word(TOKEN_LEN);
        self.tokens.insert(
            token.clone(),
            Token {
                user: user.to_owned(),
                expired: false,
            },
        );
        token
    }

    fn account(&self, user: &str) -> Option<&AccountSeed> {
        self.accounts
            .iter()
            .find(|a| a.user.eq_ignore_ascii_case(user) || a.email.eq_ignore_ascii_case(user))
    }
}

impl State {
    pub(super) fn new(seed: TvSeed) -> Self {
        let token = |a: &AccountSeed| {
            (
                a.token.clone(),
                Token {
                    user: a.user.clone(),
                    expired: false,
                },
            )
        };
        Self(Mutex::new(Inner {
            tokens: seed.accounts.iter().map(token).collect(),
            accounts: seed.accounts,
            servers: seed.servers,
            pins: Vec::new(),
            pin_lifetime: seed.pin_lifetime,
            faults: Vec::new(),
            requests: VecDeque::new(),
            random: fastrand::Rng::with_seed(seed.random_seed),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn caller(&self, token: Option<&str>) -> Caller {
        let inner = self.lock();
        let Some(known) = token.and_then(|t| inner.tokens.get(t)) else {
            return Caller::Unknown;
        };
        if known.expired {
            return Caller::Expired;
        }
        inner
            .account(&known.user)
            .cloned()
            .map_or(Caller::Unknown, Caller::Account)
    }

    /// `code`: the verification code where the request has a field for it; else it is appended to the password.
    pub(super) fn sign_in(&self, user: &str, password: &str, code: Option<&str>) -> SignIn {
        let mut inner = self.lock();
        let Some(account) = inner.account(user).cloned() else {
            return SignIn::Refused;
        };
        let outcome = match (&account.two_factor, code) {
            (None, _) if password == account.password => None,
            (Some(right), None) if password == format!("{}{right}", account.password) => None,
            (Some(right), Some(given)) if password == account.password && given == right => None,
            (Some(_), Some(_)) if password == account.password => Some(SignIn::WrongCode),
            (Some(_), None) if password == account.password => Some(SignIn::CodeNeeded),
            _ => Some(SignIn::Refused),
        };
        outcome.unwrap_or_else(|| {
            let token = inner.mint(&account.user);
            SignIn::Done { account, token }
        })
    }

    /// Hands out a PIN and lets `answer` look at it.
    pub(super) fn new_pin<T>(&self, client_id: &str, strong: bool, answer: impl FnOnce(&Pin) -> T) -> T {
        let mut inner = self.lock();
        let code = inner.word(if strong { STRONG_CODE_LEN } else { SHORT_CODE_LEN });
        let (id, lifetime) = (inner.random.u64(100_000_000..4_000_000_000), inner.pin_lifetime);
        let expires = Instant::now() + lifetime;
        let pin = Pin {
            id,
            code,
            client_id: client_id.to_owned(),
            lifetime,
            expires,
            token: None,
        };
        let answered = answer(&pin);
        inner.pins.push(pin);
        answered
    }

    /// The PIN if it exists, is this client's and has not run out.
    pub(super) fn with_pin<T>(&self, id: &str, client_id: &str, answer: impl FnOnce(&Pin) -> T) -> Option<T> {
        let inner = self.lock();
        let pin = inner
            .pins
            .iter()
            .find(|p| p.id.to_string() == id && p.client_id == client_id)?;
        (Instant::now() < pin.expires).then(|| answer(pin))
    }

    pub(super) fn link_pin(&self, code: &str, user: &str) -> Option<String> {
        let mut inner = self.lock();
        inner.account(user)?;
        let at = inner
            .pins
            .iter()
            .position(|p| p.code == code && Instant::now() < p.expires)?;
        let token = inner.mint(user);
        inner.pins[at].token = Some(token.clone());
        Some(token)
    }

    pub(super) fn expire_pin(&self, code: &str) {
        for pin in self.lock().pins.iter_mut().filter(|p| p.code == code) {
            pin.expires = Instant::now();
        }
    }

    pub(super) fn pin_codes(&self) -> Vec<String> {
        self.lock().pins.iter().map(|p| p.code.clone()).collect()
    }

    pub(super) fn revoke(&self, token: &str) {
        self.lock().tokens.remove(token);
    }

    pub(super) fn expire_token(&self, token: &str) {
        if let Some(known) = self.lock().tokens.get_mut(token) {
            known.expired = true;
        }
    }

    /// The servers `user` sees: whether it is theirs, and their token for it.
    pub(super) fn servers_of(&self, user: &str) -> Vec<(ServerSeed, bool, String)> {
        let shared = |s: &ServerSeed| {
            s.shared_with
                .iter()
                .find(|(u, _)| u == user)
                .map(|(_, t)| t.clone())
        };
        self.lock()
            .servers
            .iter()
            .filter_map(|s| {
                let owned = s.owner == user;
                let token = if owned {
                    Some(s.access_token.clone())
                } else {
                    shared(s)
                };
                Some((s.clone(), owned, token?))
            })
            .collect()
    }

    pub(super) fn set_server(&self, server: ServerSeed) {
        let mut inner = self.lock();
        match inner
            .servers
            .iter_mut()
            .find(|s| s.machine_id == server.machine_id)
        {
            Some(known) => *known = server,
            None => inner.servers.push(server),
        }
    }

    pub(super) fn set_connections(&self, machine_id: &str, connections: Vec<ConnectionSeed>) {
        if let Some(server) = self
            .lock()
            .servers
            .iter_mut()
            .find(|s| s.machine_id == machine_id)
        {
            server.connections = connections;
        }
    }

    pub(super) fn remove_server(&self, machine_id: &str) {
        self.lock().servers.retain(|s| s.machine_id != machine_id);
    }

    pub(super) fn add_fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    pub(super) fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// The fault this request meets; uses up one of its times.
    pub(super) fn take_fault(&self, path: &str) -> Option<FaultKind> {
        let mut inner = self.lock();
        inner.faults.retain(|f| f.times != Some(0));
        let fault = inner
            .faults
            .iter_mut()
            .find(|f| path.starts_with(&f.path_prefix))?;
        fault.times = fault.times.map(|n| n - 1);
        Some(fault.kind.clone())
    }

    pub(super) fn saw(&self, request: RequestSeen) {
        let mut inner = self.lock();
        if inner.requests.len() == LOG_LEN {
            inner.requests.pop_front();
        }
        inner.requests.push_back(request);
    }

    pub(super) fn requests(&self) -> Vec<RequestSeen> {
        self.lock().requests.iter().cloned().collect()
    }
}
