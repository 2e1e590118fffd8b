//! What opens the API: a key, or a login that is renewed and hardly ever repeated.
//!
//! Dispatcharr takes three logins a minute from one address, good ones included, and writes each down; so one login
//! lasts as long as its tokens do. What to do next is decided by [`Session::step`], which asks nobody.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{Kind, Secret};
use serde::Deserialize;
use tokio::time::Instant;

use super::Error;
use super::client::{Client, Credential};
use super::config::{Config, Way};

/// Logins within [`LOGIN_WINDOW`]; a further one waits. One less than it allows, for the people behind our address.
const LOGINS_MAX: usize = 2;
const LOGIN_WINDOW: Duration = Duration::from_secs(61);

/// After a refused login the next one waits this long; doubles up to the longest.
const REFUSED_FIRST: Duration = Duration::from_mins(1);
const REFUSED_LONGEST: Duration = Duration::from_mins(15);

/// A wait it asks for is kept, up to this.
const THROTTLED_LONGEST: Duration = Duration::from_mins(5);

/// A token is renewed this long before it ends, or after nine tenths of a life that is shorter.
const RENEW_BEFORE: Duration = Duration::from_mins(1);

/// How requests are opened.
#[derive(Debug)]
pub(super) enum Auth {
    /// The key in use, once it was read.
    Key(Mutex<Option<Secret>>),
    /// Held while a login or renewal is under way: the others want its outcome.
    Login(tokio::sync::Mutex<Session>),
}

impl Auth {
    pub(super) fn new(cfg: &Config) -> Result<Self, Error> {
        Ok(match cfg.way()? {
            Way::Key => Self::Key(Mutex::default()),
            Way::Password => Self::Login(tokio::sync::Mutex::default()),
        })
    }

    /// What to send with the next request; signs in if that is needed and allowed.
    pub(super) async fn credential(&self, client: &Client) -> Result<Credential, Error> {
        match self {
            Self::Key(current) => {
                let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
                let key = match &*current {
                    Some(key) => key.clone(),
                    None => current.insert(client.cfg().key_now()?).clone(),
                };
                Ok(Credential::Key(key))
            }
            Self::Login(session) => {
                let mut session = session.lock().await;
                signed_in(&mut session, client).await.map(Credential::Token)
            }
        }
    }

    /// A request was not refused for want of credentials.
    pub(super) async fn accepted(&self) {
        if let Self::Login(session) = self {
            session.lock().await.accepted();
        }
    }

    /// Takes in that `used` was refused, the `nth` time (from 0) for one request; true if there is something else to
    /// try.
    pub(super) async fn refused(&self, used: &Credential, nth: u32, client: &Client) -> bool {
        match self {
            Self::Key(current) => {
                // A small local file, read only after a refusal: not worth a thread.
                let Ok(key) = client.cfg().key_now() else {
                    return false;
                };
                if nth > 0 || key == *used.secret() {
                    return false;
                }
                *current.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
                true
            }
            Self::Login(session) => session.lock().await.refused(used.secret(), nth, Instant::now()),
        }
    }
}

/// Follows the session's steps until there is a token.
async fn signed_in(session: &mut Session, client: &Client) -> Result<Secret, Error> {
    loop {
        match session.step(Instant::now()) {
            Step::Use(token) => return Ok(token),
            Step::Renew(refresh) => match client.renew(&refresh).await {
                Ok(access) => session.renewed(access, Instant::now()),
                // Used up or, after a restart with another secret, unknown: only a login helps.
                Err(e) if matches!(e.kind(), Kind::Unauthorized | Kind::BadPayload) => session.refresh = None,
                Err(e) => return Err(e),
            },
            Step::SignIn => match client.sign_in().await {
                Ok(tokens) => session.signed_in(tokens, Instant::now()),
                Err((e, wait)) => {
                    session.not_signed_in(&e, wait, Instant::now());
                    return Err(e);
                }
            },
            Step::Wait(wait) => return Err(session.waiting(wait, client)),
        }
    }
}

/// What to do for a token.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Use(Secret),
    Renew(Secret),
    SignIn,
    /// Not before this has passed.
    Wait(Duration),
}

/// What a login brings.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: Secret,
    /// A renewal brings none.
    pub(super) refresh: Option<Secret>,
}

/// A token, and until when it is good; one whose end cannot be read is used until it is refused.
#[derive(Debug)]
struct Token {
    secret: Secret,
    until: Option<Instant>,
}

impl Token {
    fn new(secret: Secret, now: Instant) -> Self {
        let until = lifetime(&secret).and_then(|life| {
            let margin = RENEW_BEFORE.min(life / 10);
            now.checked_add(life.saturating_sub(margin))
        });
        Self { secret, until }
    }

    fn is_good(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// One login over time.
#[derive(Debug, Default)]
pub(super) struct Session {
    access: Option<Token>,
    refresh: Option<Token>,
    /// No request has been let through since the login.
    unproven: bool,
    /// Logins that were answered, within the window.
    logins: VecDeque<Instant>,
    /// Refused logins in a row.
    refusals: u32,
    /// No login before.
    not_before: Option<Instant>,
    /// Why the last login failed.
    failed: Option<(Kind, String, Option<String>)>,
}

impl Session {
    fn step(&self, now: Instant) -> Step {
        if let Some(token) = self.access.as_ref().filter(|t| t.is_good(now)) {
            return Step::Use(token.secret.clone());
        }
        if let Some(token) = self.refresh.as_ref().filter(|t| t.is_good(now)) {
            return Step::Renew(token.secret.clone());
        }
        let mut wait = self
            .not_before
            .map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let recent = |at: &&Instant| now.saturating_duration_since(**at) < LOGIN_WINDOW;
        if self.logins.iter().filter(recent).count() >= LOGINS_MAX
            && let Some(oldest) = self.logins.iter().find(recent)
        {
            wait = wait.max(LOGIN_WINDOW.saturating_sub(now.saturating_duration_since(*oldest)));
        }
        if wait.is_zero() {
            Step::SignIn
        } else {
            Step::Wait(wait)
        }
    }

    fn signed_in(&mut self, tokens: Tokens, now: Instant) {
        self.count_login(now);
        self.access = Some(Token::new(tokens.access, now));
        self.refresh = tokens.refresh.map(|token| Token::new(token, now));
        (self.unproven, self.failed, self.not_before) = (true, None, None);
    }

    /// A token that is not renewed but replaced ends the old one's doubts with it.
    fn renewed(&mut self, access: Secret, now: Instant) {
        self.access = Some(Token::new(access, now));
    }

    fn count_login(&mut self, now: Instant) {
        while self.logins.len() >= LOGINS_MAX {
            self.logins.pop_front();
        }
        self.logins.push_back(now);
    }

    /// `wait`: what it asks us to wait.
    fn not_signed_in(&mut self, e: &Error, wait: Option<Duration>, now: Instant) {
        self.failed = Some((e.kind(), e.what().to_owned(), e.hint()));
        match e.kind() {
            // Who does not answer counts nothing, and asking again is the looks' affair.
            Kind::Unreachable | Kind::Tls | Kind::ServerError | Kind::Config => {}
            Kind::RateLimited => {
                let wait = wait.unwrap_or(LOGIN_WINDOW).min(THROTTLED_LONGEST);
                self.not_before = now.checked_add(wait);
            }
            Kind::Timeout => self.count_login(now),
            _ => {
                self.count_login(now);
                self.hold_off(now);
            }
        }
    }

    fn hold_off(&mut self, now: Instant) {
        let wait = REFUSED_FIRST
            .saturating_mul(2_u32.saturating_pow(self.refusals.min(16)))
            .min(REFUSED_LONGEST);
        self.refusals += 1;
        self.not_before = now.checked_add(wait);
    }

    fn accepted(&mut self) {
        (self.unproven, self.refusals) = (false, 0);
    }

    /// True if another token may do better than `used`.
    fn refused(&mut self, used: &Secret, nth: u32, now: Instant) -> bool {
        if nth >= 2 {
            return false;
        }
        if self.access.as_ref().is_some_and(|token| token.secret != *used) {
            // Renewed meanwhile, for another request.
            return true;
        }
        self.access = None;
        if nth > 0 {
            self.refresh = None;
        }
        if self.unproven && self.refresh.is_none() {
            self.failed = None;
            self.hold_off(now);
        }
        true
    }

    /// Says again why there is no login, so that an outage has one reason from its beginning to its end.
    fn waiting(&self, wait: Duration, client: &Client) -> Error {
        let Some((kind, what, hint)) = &self.failed else {
            let what = "it does not accept the tokens of its own login";
            return client
                .error(Kind::Unauthorized, what)
                .with_hint(format!("the next login is in {} s", wait.as_secs()));
        };
        let e = client.error(*kind, what.clone());
        match hint {
            Some(hint) => e.with_hint(hint.clone()),
            None => e,
        }
    }
}

/// What a token says of itself; not verified, since it is not ours to trust or not.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    iat: Option<f64>,
}

/// How long a token is good from its making; without that moment nothing is known, since clocks differ.
fn lifetime(token: &Secret) -> Option<Duration> {
    let payload = token.expose().split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&base64url(payload)?).ok()?;
    let life = claims.exp - claims.iat?;
    Duration::try_from_secs_f64(life)
        .ok()
        .filter(|life| !life.is_zero())
}

/// The bytes in text of the URL-safe alphabet; `None` if it is no such text.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::with_capacity(text.len() * 3 / 4));
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        (bits, held) = (bits << 6 | u32::from(six), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// The seconds in "Expected available in 59 seconds."
pub(super) fn seconds_told(body: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("available in ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().map(Duration::from_secs)
}

/// The path of the web socket; it holds a token, so it goes nowhere but on the wire.
pub(super) fn socket_path(token: &Secret) -> String {
    let mut path = "/ws/?token=".to_owned();
    for c in token.expose().bytes() {
        match c {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => path.push(char::from(c)),
            _ => {
                let _ = write!(path, "%{c:02X}");
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// `{"exp":1795240000,"iat":1795238200}`: half an hour.
    const HALF_AN_HOUR: &str = "e30.eyJleHAiOjE3OTUyNDAwMDAsImlhdCI6MTc5NTIzODIwMH0.planted";

    fn tokens(access: &str) -> Tokens {
        Tokens {
            access: Secret::new(access),
            refresh: Some(Secret::new("refresh")),
        }
    }

    fn refusal(kind: Kind) -> Error {
        Error::new("dispatcharr \"attic\"", kind, "no")
    }

    #[test]
    fn a_login_is_used_renewed_and_only_then_repeated() {
        let (mut session, start) = (Session::default(), Instant::now());
        assert_eq!(session.step(start), Step::SignIn);
        session.signed_in(tokens(HALF_AN_HOUR), start);
        session.accepted();
        let (token, renewal) = (Secret::new(HALF_AN_HOUR), Secret::new("refresh"));
        assert_eq!(session.step(start + SECOND * 1739), Step::Use(token.clone()));
        assert_eq!(session.step(start + SECOND * 1740), Step::Renew(renewal.clone()));
        // Refused in the middle of its life: renewed, then replaced, then given up.
        assert!(session.refused(&token, 0, start));
        assert_eq!(session.step(start), Step::Renew(renewal));
        session.renewed(Secret::new("second"), start);
        assert!(session.refused(&Secret::new("second"), 1, start));
        assert_eq!(session.step(start), Step::SignIn);
        session.signed_in(tokens("third"), start);
        assert!(!session.refused(&Secret::new("third"), 2, start));
        // Another request renewed it meanwhile: nothing is thrown away.
        assert!(session.refused(&token, 0, start));
        assert_eq!(session.step(start), Step::Use(Secret::new("third")));
    }

    #[test]
    fn two_logins_a_minute_and_no_third() {
        let (mut session, start) = (Session::default(), Instant::now());
        for n in 0..2 {
            assert_eq!(session.step(start + SECOND * n), Step::SignIn);
            session.signed_in(tokens("a"), start + SECOND * n);
            session.accepted();
            (session.access, session.refresh) = (None, None);
        }
        assert_eq!(session.step(start + SECOND * 11), Step::Wait(SECOND * 50));
        assert_eq!(session.step(start + LOGIN_WINDOW), Step::SignIn);
    }

    #[test]
    fn refused_logins_come_ever_less_often_and_unanswered_ones_as_often_as_looks() {
        let (mut session, mut now) = (Session::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..6 {
            session.not_signed_in(&refusal(Kind::Unauthorized), None, now);
            let Step::Wait(wait) = session.step(now) else {
                panic!("it waits")
            };
            waits.push(wait.as_secs() / 60);
            now += wait;
            assert_eq!(session.step(now), Step::SignIn);
        }
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        for kind in [Kind::Unreachable, Kind::ServerError] {
            session.not_signed_in(&refusal(kind), None, now);
            assert_eq!(session.step(now), Step::SignIn);
        }
        session.not_signed_in(&refusal(Kind::RateLimited), Some(SECOND * 59), now);
        assert_eq!(session.step(now), Step::Wait(SECOND * 59));
    }

    #[test]
    fn lives_of_tokens() {
        for (token, life) in [
            (HALF_AN_HOUR, Some(1800)),
            ("e30.eyJleHAiOjE3OTUyNDAwMDB9.x", None),
            ("no token", None),
            ("a.!.b", None),
            ("", None),
        ] {
            assert_eq!(
                lifetime(&Secret::new(token)),
                life.map(Duration::from_secs),
                "{token}"
            );
        }
    }

    #[test]
    fn waits_as_they_are_told() {
        let told: &[u8] = br#"{"detail":"Request was throttled. Expected available in 59 seconds."}"#;
        assert_eq!(seconds_told(told), Some(SECOND * 59));
        for other in [&b"{}"[..], b"available in a while", b"\xff"] {
            assert_eq!(seconds_told(other), None);
        }
    }

    #[test]
    fn a_token_cannot_leave_its_place_in_the_address() {
        assert_eq!(socket_path(&Secret::new("a.b-c_d")), "/ws/?token=a.b-c_d");
        assert_eq!(socket_path(&Secret::new("a&b#c d")), "/ws/?token=a%26b%23c%20d");
    }
}
