//! `/api/v1/access…`: signing in, accounts, keys.

use std::sync::Arc;

use access::{ADMIN, Entry, NewPassword, Refused, SignedIn, Way};
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use base::Secret;
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::types::{
    AccessMode, AccessState, Account, Accounts, Key, Keys, MadeKey, NewAccount, NewKey, PasswordChange,
    SignIn,
};
use super::{Visitor, is_open};
use crate::Context;
use crate::api::v1::types::Time;
use crate::api::v1::{body, meta};
use crate::respond::{ErrorBody, Refusal, json};

/// Largest request read.
const BODY_MAX: usize = 16 << 10;

/// Who one is, and whether and how one signs in. Open to everybody.
#[utoipa::path(get, path = "/api/v1/access", tag = "access",
    responses((status = 200, description = "As it is", body = AccessState)))]
pub(crate) async fn state(State(ctx): State<Arc<Context>>, Extension(visit): Visitor) -> Response {
    let entry = visit.entry.clone();
    json(StatusCode::OK, &told(&ctx, &visit, entry))
}

fn told(ctx: &Context, visit: &super::Visit, entry: Option<Entry>) -> AccessState {
    let gate = &ctx.access;
    let open = is_open(gate, visit.client.straight);
    let mode = AccessMode::of(open, gate.settings().mode);
    let password_set = gate.password_set();
    let setup_code_needed = matches!(mode, AccessMode::Password) && !password_set && !visit.client.straight;
    if setup_code_needed {
        gate.tell_setup_code();
    }
    AccessState {
        mode,
        signed_in: entry.is_some(),
        role: entry.as_ref().map(|e| e.role.into()),
        name: entry.and_then(|e| e.name),
        password_set,
        setup_code_needed,
    }
}

/// Begins a session, which is in the cookie of the answer. Open to everybody.
///
/// After five wrong attempts each further one waits longer, up to a quarter of an hour.
#[utoipa::path(post, path = "/api/v1/access/sign-in", tag = "access", request_body = SignIn,
    responses((status = 200, description = "Signed in", body = AccessState),
        (status = 400, description = "A body that cannot be understood", body = ErrorBody),
        (status = 401, description = "Name or password is wrong", body = ErrorBody),
        (status = 403, description = "Sent by another site, or passwords are not used", body = ErrorBody),
        (status = 503, description = "Too many attempts; `Retry-After` says when to come back", body = ErrorBody)))]
pub(crate) async fn sign_in(
    State(ctx): State<Arc<Context>>,
    Extension(visit): Visitor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let wish: SignIn = read(&headers, request).await?;
    let name = wish.name.as_deref().unwrap_or(ADMIN);
    Ok(
        match ctx.access.sign_in(visit.client, name, wish.password).await {
            Ok(signed_in) => began(&ctx, &visit, signed_in),
            Err(e) => refused(&e),
        },
    )
}

/// Ends the session. Without one it does nothing.
#[utoipa::path(post, path = "/api/v1/access/sign-out", tag = "access",
    responses((status = 200, description = "Signed out", body = AccessState),
        (status = 403, description = "Sent by another site", body = ErrorBody)))]
pub(crate) async fn sign_out(State(ctx): State<Arc<Context>>, Extension(visit): Visitor) -> Response {
    if let Some(token) = &visit.session
        && let Err(e) = ctx.access.sign_out(token.expose()).await
    {
        return refused(&e);
    }
    let left = visit.entry.clone().filter(|e| e.way != Way::Session);
    let mut response = json(StatusCode::OK, &told(&ctx, &visit, left));
    let ended = cookie(&ctx, &Secret::new(""), 0, visit.secure);
    response.headers_mut().append(SET_COOKIE, ended);
    response
}

/// Sets the first password of `admin`, or another one of whoever is signed in; signs in.
///
/// All other sessions of the account end.
#[utoipa::path(post, path = "/api/v1/access/password", tag = "access", request_body = PasswordChange,
    responses((status = 200, description = "Set, and signed in", body = AccessState),
        (status = 400, description = "Too short, or something is missing", body = ErrorBody),
        (status = 401, description = "Not signed in, or the current password or the code is wrong", body = ErrorBody),
        (status = 403, description = "The code is missing, or this password is not set here", body = ErrorBody),
        (status = 503, description = "Too many attempts; `Retry-After` says when to come back", body = ErrorBody)))]
pub(crate) async fn change_password(
    State(ctx): State<Arc<Context>>,
    Extension(visit): Visitor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let wish: PasswordChange = read(&headers, request).await?;
    let asked = NewPassword {
        entry: visit.entry.clone(),
        client: visit.client,
        current: wish.current,
        new: wish.new,
        setup_code: wish.setup_code,
    };
    Ok(match ctx.access.set_password(asked).await {
        Ok(signed_in) => began(&ctx, &visit, signed_in),
        Err(e) => refused(&e),
    })
}

/// Everybody with a password. For admins.
#[utoipa::path(get, path = "/api/v1/access/accounts", tag = "access",
    responses((status = 200, description = "All of them", body = Accounts)))]
pub(crate) async fn list_accounts(State(ctx): State<Arc<Context>>) -> Response {
    json(StatusCode::OK, &accounts(&ctx))
}

/// Makes an account. For admins.
#[utoipa::path(post, path = "/api/v1/access/accounts", tag = "access", request_body = NewAccount,
    responses((status = 201, description = "Made", body = Account),
        (status = 400, description = "A name that is taken, or a password that is too short", body = ErrorBody)))]
pub(crate) async fn add_account(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let wish: NewAccount = read(&headers, request).await?;
    let made = ctx
        .access
        .add_account(wish.name, wish.role.into(), wish.password)
        .await;
    Ok(match made {
        Ok(account) => json(StatusCode::CREATED, &shown_account(account)),
        Err(e) => refused(&e),
    })
}

/// Takes an account away and ends its sessions; answers with those that are left. For admins.
#[utoipa::path(delete, path = "/api/v1/access/accounts/{name}", tag = "access",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "Gone", body = Accounts),
        (status = 403, description = "The only admin, or one that the configuration makes", body = ErrorBody),
        (status = 404, description = "No account has this name", body = ErrorBody)))]
pub(crate) async fn remove_account(State(ctx): State<Arc<Context>>, Path(name): Path<String>) -> Response {
    match ctx.access.remove_account(name).await {
        Ok(()) => json(StatusCode::OK, &accounts(&ctx)),
        Err(e) => refused(&e),
    }
}

/// The keys of programs, without the keys themselves. For admins.
#[utoipa::path(get, path = "/api/v1/access/keys", tag = "access",
    responses((status = 200, description = "All of them", body = Keys)))]
pub(crate) async fn list_keys(State(ctx): State<Arc<Context>>) -> Response {
    json(StatusCode::OK, &keys(&ctx))
}

/// Makes a key, which is told in the answer and never again. For admins.
#[utoipa::path(post, path = "/api/v1/access/keys", tag = "access", request_body = NewKey,
    responses((status = 201, description = "Made", body = MadeKey),
        (status = 400, description = "No scope, or a name that cannot be one", body = ErrorBody)))]
pub(crate) async fn add_key(
    State(ctx): State<Arc<Context>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let wish: NewKey = read(&headers, request).await?;
    let scopes = wish.scopes.into_iter().map(Into::into).collect();
    Ok(match ctx.access.add_key(wish.name, scopes).await {
        Ok((secret, key)) => {
            let key = shown_key(key);
            let made = MadeKey {
                key: secret.expose().to_owned(),
                id: key.id,
                name: key.name,
                scopes: key.scopes,
                created_at: key.created_at,
            };
            json(StatusCode::CREATED, &made)
        }
        Err(e) => refused(&e),
    })
}

/// Takes a key away; answers with those that are left. For admins.
#[utoipa::path(delete, path = "/api/v1/access/keys/{id}", tag = "access",
    params(("id" = String, Path, description = "The key's `id`")),
    responses((status = 200, description = "Gone", body = Keys),
        (status = 404, description = "No key has this id", body = ErrorBody)))]
pub(crate) async fn remove_key(State(ctx): State<Arc<Context>>, Path(id): Path<String>) -> Response {
    match ctx.access.remove_key(id).await {
        Ok(()) => json(StatusCode::OK, &keys(&ctx)),
        Err(e) => refused(&e),
    }
}

fn accounts(ctx: &Context) -> Accounts {
    let accounts: Vec<_> = ctx.access.accounts().into_iter().map(shown_account).collect();
    Accounts {
        meta: meta(ctx, &ctx.live.snapshot(), accounts.len()),
        accounts,
    }
}

fn shown_account(account: access::Account) -> Account {
    Account {
        role: account.role.into(),
        created_at: time(account.created_at_s),
        last_seen_at: account.last_seen_at_s.map(time),
        name: account.name,
    }
}

fn keys(ctx: &Context) -> Keys {
    let keys: Vec<_> = ctx.access.keys().into_iter().map(shown_key).collect();
    Keys {
        meta: meta(ctx, &ctx.live.snapshot(), keys.len()),
        keys,
    }
}

fn shown_key(key: access::Key) -> Key {
    Key {
        scopes: key.scopes.iter().map(|s| (*s).into()).collect(),
        created_at: time(key.created_at_s),
        last_used_at: key.last_used_at_s.map(time),
        id: key.id,
        name: key.name,
    }
}

/// A moment out of range can only stand in a file that was edited by hand.
fn time(at_s: i64) -> Time {
    Time(Timestamp::from_second(at_s).unwrap_or(Timestamp::UNIX_EPOCH))
}

async fn read<T: serde::de::DeserializeOwned>(headers: &HeaderMap, request: Request) -> Result<T, Refusal> {
    body::object(&body::json(headers, request, BODY_MAX).await?)
}

/// The answer to whoever has just signed in.
fn began(ctx: &Context, visit: &super::Visit, signed_in: SignedIn) -> Response {
    let mut response = json(StatusCode::OK, &told(ctx, visit, Some(signed_in.entry)));
    let lasts_s = u64::from(ctx.access.settings().session_days) * 24 * 60 * 60;
    let cookie = cookie(ctx, &signed_in.token, lasts_s, visit.secure);
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// The session, for the browser to keep for so long; 0 has it forgotten.
fn cookie(ctx: &Context, token: &Secret, lasts_s: u64, secure: bool) -> HeaderValue {
    let path = match ctx.base_path.as_str() {
        "" => "/",
        base => base,
    };
    let name = ctx.access.cookie_name();
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}",
        token.expose()
    );
    let mut value = HeaderValue::from_str(&text).expect("hexadecimal digits and a path of safe characters");
    value.set_sensitive(true);
    value
}

fn refused(e: &Refused) -> Response {
    let mut response = Refusal::new(e.kind(), e.to_string()).into_response();
    if let Some(wait_s) = e.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, wait_s.into());
    }
    response
}
