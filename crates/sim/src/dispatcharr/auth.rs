//! Who asks: API keys, and tokens with a real end in them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};

use super::requests::Proof;
use super::world::State;

/// Logins a minute from one address, good ones included.
const LOGINS: usize = 3;
const LOGIN_WINDOW_MS: i64 = 60_000;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Access,
    Refresh,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// Who a request is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Nobody,
    /// By number.
    User(i64),
    BadKey,
    BadToken {
        expired: bool,
    },
}

/// How it proves it.
pub(super) fn proof(headers: &HeaderMap) -> Proof {
    let scheme = authorization(headers).map(|(scheme, _)| scheme);
    if headers.contains_key("x-api-key") || scheme == Some("ApiKey") {
        Proof::Key
    } else if scheme == Some("Bearer") {
        Proof::Bearer
    } else {
        Proof::None
    }
}

fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers
        .get(http::header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')
}

pub(super) fn caller(state: &State, headers: &HeaderMap, now_ms: i64) -> Caller {
    let authorization = authorization(headers);
    let key = headers
        .get("x-api-key")
        .and_then(|v| v.to_str().ok())
        .or_else(|| authorization.filter(|a| a.0 == "ApiKey").map(|a| a.1));
    // Older versions know no keys and do not look at them.
    if let Some(key) = key.filter(|_| state.have.version >= (0, 20, 0)) {
        let mut users = state.have.users.iter();
        let user = users.find(|u| u.api_key.as_deref() == Some(key));
        return user.map_or(Caller::BadKey, |u| Caller::User(u.id));
    }
    match authorization {
        Some(("Bearer", token)) => of_token(state, token, Use::Access, now_ms),
        _ => Caller::Nobody,
    }
}

pub(super) fn of_token(state: &State, token: &str, wanted: Use, now_ms: i64) -> Caller {
    let bad = Caller::BadToken { expired: false };
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return bad;
    };
    let claims = signed.split_once('.').and_then(|(_, claims)| decode(claims));
    let Some(claims) = claims.filter(|c| c["token_type"] == wanted.word()) else {
        return bad;
    };
    if claims["exp"].as_i64().is_none_or(|exp| exp <= now_ms / 1_000) {
        return Caller::BadToken { expired: true };
    }
    if sign(state, signed, wanted) != signature {
        return bad;
    }
    let user = claims["user_id"].as_str().and_then(|id| id.parse().ok());
    let known = user.filter(|id| state.have.users.iter().any(|u| u.id == *id));
    known.map_or(bad, Caller::User)
}

/// A token: header, claims, signature.
pub(super) fn mint(state: &State, user: i64, what: Use, now_ms: i64) -> String {
    let life: Duration = match what {
        Use::Access => state.have.access_life,
        Use::Refresh => state.have.refresh_life,
    };
    let life_s = i64::try_from(life.as_secs()).unwrap_or(i64::MAX / 2);
    let now_s = now_ms / 1_000;
    let claims = json!({
        "token_type": what.word(), "exp": now_s + life_s, "iat": now_s,
        "jti": format!("{:032x}", now_ms), "user_id": user.to_string(),
    });
    let head = json!({ "alg": "HS256", "typ": "JWT" });
    let signed = format!("{}.{}", encode(&head), encode(&claims));
    let signature = sign(state, &signed, what);
    format!("{signed}.{signature}")
}

/// Not a real signature, but one that nobody makes by chance.
fn sign(state: &State, text: &str, what: Use) -> String {
    let generation = match what {
        Use::Access => state.generation.0,
        Use::Refresh => state.generation.1,
    };
    let part = |n: u8| {
        let mut hasher = DefaultHasher::new();
        (n, state.have.random, generation, text).hash(&mut hasher);
        hasher.finish().to_be_bytes()
    };
    base64_url(&[part(0), part(1), part(2), part(3)].concat())
}

fn encode(json: &Value) -> String {
    base64_url(json.to_string().as_bytes())
}

fn decode(text: &str) -> Option<Value> {
    let standard = text.replace('-', "+").replace('_', "/");
    serde_json::from_slice(&crate::basic::base64(&standard)?).ok()
}

fn base64_url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for n in 0..=group.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * n)) as usize & 63]));
        }
    }
    out
}

/// How a login fares.
#[derive(Debug)]
pub(super) enum Login {
    Done(Value),
    Refused,
    /// Seconds until another one is allowed.
    Throttled(i64),
}

pub(super) fn log_in(state: &mut State, name: &str, password: &str, now_ms: i64) -> Login {
    while state
        .logins
        .front()
        .is_some_and(|at| at + LOGIN_WINDOW_MS <= now_ms)
    {
        state.logins.pop_front();
    }
    if state.logins.len() >= LOGINS {
        let oldest = state.logins.front().copied().unwrap_or(now_ms);
        return Login::Throttled((oldest + LOGIN_WINDOW_MS - now_ms).div_euclid(1_000));
    }
    state.logins.push_back(now_ms);
    let mut users = state.have.users.iter();
    let Some(user) = users.find(|u| u.name == name && u.password == password) else {
        return Login::Refused;
    };
    Login::Done(json!({
        "refresh": mint(state, user.id, Use::Refresh, now_ms),
        "access": mint(state, user.id, Use::Access, now_ms),
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_of_tokens() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("\u{7ff}?", "378_"),
        ] {
            assert_eq!(super::base64_url(bytes.as_bytes()), text);
        }
    }
}
