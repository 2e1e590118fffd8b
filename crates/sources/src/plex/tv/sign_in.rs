//! Ways to an account token: a PIN confirmed in a browser, or user name and password.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use base::Secret;
use base::backoff::Backoff;
use reqwest::{Method, Url};
use tokio::time::{Instant, sleep_until};

use super::api;
use super::config::TvConfig;
use super::error::TvError;
use super::shared::{Failed, Refused};
use crate::plex::map;

/// Time between two looks whether the PIN was confirmed; what plex.tv's own clients do.
const PIN_POLL: Duration = Duration::from_secs(1);

/// Longest pause after looks that failed.
const PIN_POLL_MAX: Duration = Duration::from_secs(10);

/// Life of a PIN that does not tell; plex.tv's is 15 or 30 minutes.
const PIN_LIFE: Duration = Duration::from_mins(15);

/// Longest life believed, so that waiting for a PIN always ends.
const PIN_LIFE_MAX: Duration = Duration::from_hours(1);

/// A sign-in that waits for a person to open [`Pin::auth_url`].
#[derive(Clone)]
pub struct Pin {
    id: u64,
    code: String,
    auth_url: String,
    life: Duration,
    expires: Instant,
}

impl Pin {
    /// The code, which is also part of the link.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The page on which a person confirms the sign-in.
    pub fn auth_url(&self) -> &str {
        &self.auth_url
    }

    /// How long the person has, from when the PIN was made.
    pub fn life(&self) -> Duration {
        self.life
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Number and code together fetch the token once the PIN is confirmed.
        f.debug_struct("Pin")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// Asks plex.tv for a PIN. Show the person [`Pin::auth_url`], then call [`await_pin`].
pub async fn start_pin(tv: &TvConfig) -> Result<Pin, TvError> {
    const DOING: &str = "asking for a PIN";
    let request = api::request(tv, Method::POST, &tv.base_url, "/api/v2/pins?strong=true", None)?;
    let body = api::send(tv, DOING, request).await?.ok(DOING)?;
    let pin = map::tv_pin(&body).map_err(|source| TvError::BadReply { doing: DOING, source })?;
    let life = pin
        .expires_in_s
        .map_or(PIN_LIFE, Duration::from_secs)
        .min(PIN_LIFE_MAX);
    let auth_url = auth_url(tv, &pin.code);
    Ok(Pin {
        id: pin.id,
        code: pin.code,
        auth_url,
        life,
        expires: Instant::now() + life,
    })
}

/// The page takes its arguments behind `#?`.
fn auth_url(tv: &TvConfig, code: &str) -> String {
    let arguments = [
        ("clientID", tv.client_id.as_str()),
        ("code", code),
        ("context[device][product]", "Projectionist"),
    ];
    // A base of our own, only to have the arguments escaped.
    let escaped = Url::parse_with_params("http://localhost/", arguments).ok();
    let escaped = escaped
        .as_ref()
        .and_then(Url::query)
        .unwrap_or_default()
        .replace('+', "%20");
    format!("{}#?{escaped}", tv.auth_url.trim_end_matches(['#', '?', '/']))
}

/// Waits until the PIN is confirmed and returns the account token. Ends with [`TvError::PinExpired`] when the
/// PIN's life is over; a plex.tv that is away for a while is waited for.
pub async fn await_pin(tv: &TvConfig, pin: &Pin) -> Result<Secret, TvError> {
    wait_for_link(pin.expires, || ask_pin(tv, pin.id)).await
}

async fn ask_pin(tv: &TvConfig, id: u64) -> Result<Option<Secret>, TvError> {
    const DOING: &str = "asking whether the PIN is confirmed";
    let request = api::request(tv, Method::GET, &tv.base_url, &format!("/api/v2/pins/{id}"), None)?;
    let reply = api::send(tv, DOING, request).await?;
    if matches!(reply.status.as_u16(), 404 | 410) {
        return Err(TvError::PinExpired);
    }
    let body = reply.ok(DOING)?;
    let pin = map::tv_pin(&body).map_err(|source| TvError::BadReply { doing: DOING, source })?;
    Ok(pin.auth_token.filter(|token| !token.is_empty()))
}

pub(super) async fn wait_for_link<F>(expires: Instant, mut ask: impl FnMut() -> F) -> Result<Secret, TvError>
where
    F: Future<Output = Result<Option<Secret>, TvError>>,
{
    let mut backoff = Backoff::new(PIN_POLL, PIN_POLL_MAX);
    loop {
        let (wait, trouble) = match ask().await {
            Ok(Some(token)) => return Ok(token),
            Ok(None) => {
                backoff.reset();
                (PIN_POLL, None)
            }
            Err(TvError::RateLimited { wait }) => (wait.max(PIN_POLL), Some(TvError::RateLimited { wait })),
            Err(e) if e.kind().is_transient() && !matches!(e, TvError::PinExpired) => {
                (backoff.next_wait().max(PIN_POLL), Some(e))
            }
            Err(e) => return Err(e),
        };
        let next = Instant::now() + wait;
        if next >= expires {
            return Err(trouble.unwrap_or(TvError::PinExpired));
        }
        sleep_until(next).await;
    }
}

/// Signs in with user name (or e-mail address) and password; `code` is the verification code of an account with
/// two-factor authentication. [`TvError::CodeNeeded`] asks for one.
///
/// Every sign-in makes a new token and shows in the account's list of devices: keep the token.
pub async fn sign_in(
    tv: &TvConfig,
    user: &str,
    password: &Secret,
    code: Option<&str>,
) -> Result<Secret, TvError> {
    const DOING: &str = "signing in";
    let code = code.map(str::trim).filter(|c| !c.is_empty());
    let mut form = vec![
        ("login", user),
        ("password", password.expose()),
        ("rememberMe", "true"),
    ];
    form.extend(code.map(|c| ("verificationCode", c)));
    let request = api::request(tv, Method::POST, &tv.base_url, "/api/v2/users/signin", None)?.form(&form);
    let mut reply = api::send(tv, DOING, request).await?;
    if reply.is_unknown_address() {
        // The older address has no field for the code: it goes behind the password.
        let password = format!("{}{}", password.expose(), code.unwrap_or_default());
        let request = api::request(tv, Method::POST, &tv.base_url, "/users/sign_in.json", None)?;
        reply = api::send(tv, DOING, request.basic_auth(user, Some(password))).await?;
    }
    match reply.status.as_u16() {
        200..=299 => {
            let account =
                map::tv_user(&reply.body).map_err(|source| TvError::BadReply { doing: DOING, source })?;
            account
                .auth_token
                .filter(|t| !t.is_empty())
                .ok_or(TvError::NoToken { doing: DOING })
        }
        401 => {
            let refusal = reply.sign_in_refusal(code.is_some());
            if let TvError::RateLimited { wait } = refusal {
                tv.shared.stay_quiet(wait);
            }
            Err(refusal)
        }
        _ => Err(reply.refusal(DOING)),
    }
}

/// The account token of a configuration: `token`, else the content of `token_file`, else one got by signing in
/// with `user` and `password`, which clones of the configuration share.
pub async fn account_token(tv: &TvConfig) -> Result<Secret, TvError> {
    if let Some(token) = tv.token.as_ref().filter(|t| !t.is_empty()) {
        return Ok(token.clone());
    }
    if let Some(path) = &tv.token_file {
        return read_secret("the account token", path);
    }
    let Some(user) = tv.user.as_deref().filter(|u| !u.is_empty()) else {
        return Err(TvError::NoCredentials);
    };
    let password = match (&tv.password, &tv.password_file) {
        (Some(password), _) => password.clone(),
        (None, Some(path)) => read_secret("the password", path)?,
        (None, None) => return Err(TvError::NoCredentials),
    };
    let mut known = tv.shared.0.password.lock().await;
    if let Some(token) = &known.token {
        return Ok(token.clone());
    }
    if let Some(refused) = known
        .refused
        .as_ref()
        .filter(|r| r.user == user && r.password == password)
    {
        return Err(if refused.code_needed {
            TvError::CodeNeeded
        } else {
            TvError::WrongPassword
        });
    }
    if let Some(again) = known.failed.as_ref().and_then(Failed::again) {
        return Err(again);
    }
    let outcome = sign_in(tv, user, &password, None).await;
    known.failed = outcome.as_ref().err().and_then(Failed::of);
    known.refused = match &outcome {
        Err(e @ (TvError::WrongPassword | TvError::CodeNeeded)) => {
            let code_needed = matches!(e, TvError::CodeNeeded);
            Some(Refused {
                user: user.to_owned(),
                password,
                code_needed,
            })
        }
        _ => None,
    };
    known.token = outcome.as_ref().ok().cloned();
    outcome
}

/// Another token in place of one that plex.tv has just refused: the file may hold a new one by now, and a password
/// can be used again. `None` if there is no other.
pub(super) async fn renewed_token(tv: &TvConfig, refused: &Secret) -> Result<Option<Secret>, TvError> {
    {
        let mut known = tv.shared.0.password.lock().await;
        if known.token.as_ref() == Some(refused) {
            known.token = None;
        }
    }
    let token = account_token(tv).await?;
    Ok((token != *refused).then_some(token))
}

/// Small and local, hence read where it stands, without a thread of its own.
fn read_secret(what: &'static str, path: &Path) -> Result<Secret, TvError> {
    let text = std::fs::read_to_string(path).map_err(|source| TvError::ReadFile {
        what,
        path: path.to_owned(),
        source,
    })?;
    let secret = Secret::new(&text);
    if secret.is_empty() {
        let what = format!("{} holds nothing where {what} should be", path.display());
        return Err(TvError::Config {
            what,
            hint: "write the secret into the file, and nothing else",
        });
    }
    Ok(secret)
}

/// Whose token it is: the account's user name. Fails with [`TvError::Unauthorized`] if it is nobody's.
pub async fn user_name(tv: &TvConfig, account_token: &Secret) -> Result<String, TvError> {
    const DOING: &str = "checking the account token";
    let request = api::request(tv, Method::GET, &tv.base_url, "/api/v2/user", Some(account_token))?;
    let body = api::send(tv, DOING, request).await?.ok(DOING)?;
    let user = map::tv_user(&body).map_err(|source| TvError::BadReply { doing: DOING, source })?;
    Ok(user.username.map(|name| name.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(seconds: u64) -> TvError {
        TvError::RateLimited {
            wait: Duration::from_secs(seconds),
        }
    }

    fn away() -> TvError {
        TvError::StillFailing {
            what: "away".to_owned(),
            kind: base::Kind::Unreachable,
        }
    }

    /// Plays `answers` one per look, then "not yet" for ever; returns the outcome, the looks and the seconds.
    async fn play(life_s: u64, mut answers: Vec<Result<Option<Secret>, TvError>>) -> (String, usize, u64) {
        let (start, mut looks) = (Instant::now(), 0);
        answers.reverse();
        let outcome = wait_for_link(start + Duration::from_secs(life_s), || {
            looks += 1;
            std::future::ready(answers.pop().unwrap_or(Ok(None)))
        });
        let outcome = outcome
            .await
            .map_or_else(|e| e.to_string(), |t| t.expose().to_owned());
        (outcome, looks, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_with_the_pin() {
        let (outcome, looks, seconds) = play(900, vec![]).await;
        assert_eq!(
            (outcome.as_str(), looks),
            ("plex.tv: the sign-in was not confirmed in time", 900)
        );
        assert!((898..=900).contains(&seconds), "{seconds}");
        assert_eq!(play(0, vec![]).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_on_the_way_is_survived() {
        let answers = vec![
            Ok(None),
            Err(away()),
            Err(limited(30)),
            Ok(None),
            Ok(Some(Secret::new("at-new"))),
        ];
        let (outcome, looks, seconds) = play(900, answers).await;
        assert_eq!((outcome.as_str(), looks), ("at-new", 5));
        assert!((32..=36).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_get_better_ends_it_at_once() {
        let gone = || Err(TvError::PinExpired);
        assert_eq!(play(900, vec![gone()]).await.1, 1);
        let (outcome, looks, _) = play(60, vec![Err(limited(300))]).await;
        assert_eq!(
            (outcome.as_str(), looks),
            ("plex.tv: too many requests, no more for 300 s", 1)
        );
    }

    #[test]
    fn the_link_carries_escaped_arguments() {
        let tv = TvConfig {
            client_id: "a b&c".to_owned(),
            ..TvConfig::default()
        };
        assert_eq!(
            auth_url(&tv, "x1"),
            "https://app.plex.tv/auth#?clientID=a%20b%26c&code=x1&context%5Bdevice%5D%5Bproduct%5D=Projectionist"
        );
    }
}
