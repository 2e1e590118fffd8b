//! Choosing the address of a server: local, then remote, then relay; the first that answers as that server.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use base::http::{kind_of_error, kind_of_status, read_capped, redacted};
use base::tls::Trust;
use base::{Kind, Secret};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use model::Text;
use reqwest::header::ACCEPT;
use reqwest::{Client, Url};
use tokio::time::{Instant, sleep_until};

use super::config::TvConfig;
use super::error::TvError;
use super::servers::{Class, Connection, Found, Wanted, select, shared_list};
use super::sign_in::{account_token, renewed_token};
use crate::plex::map;

/// Lead of better addresses before worse ones are asked as well.
const HEAD_START: Duration = Duration::from_millis(250);

/// Once an address has answered, how long a better one that was asked may still take.
const PATIENCE: Duration = Duration::from_secs(1);

/// One `/identity`; after it the address counts as dead.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Addresses tried per tier; servers in containers publish many that lead nowhere. The rest is left out.
const TIER_LIMIT: usize = 8;

/// `/identity` is some 200 bytes.
const IDENTITY_LIMIT: usize = 64 << 10;

/// A server found, and the address and token to watch it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Without a slash at the end.
    pub url: String,
    /// The account's token for this server; absent if plex.tv has told none. The account's own never takes its place.
    pub token: Option<Secret>,
    pub machine_id: Text,
    pub name: Text,
    pub class: Class,
}

/// Finds the wanted server with the configuration's own account token, and its best address. For the start and
/// for whenever the address in use stops answering.
///
/// After an error keep the address you have: plex.tv being away says nothing about the server.
pub async fn discover(tv: &TvConfig, wanted: &Wanted, trust: &Trust) -> Result<Resolved, TvError> {
    let token = account_token(tv).await?;
    match resolve(tv, &token, wanted, trust).await {
        Err(e @ TvError::Unauthorized { .. }) => match renewed_token(tv, &token).await? {
            Some(token) => resolve(tv, &token, wanted, trust).await,
            None => Err(e),
        },
        outcome => outcome,
    }
}

/// Like [`discover`], with an account token of the caller's.
pub async fn resolve(
    tv: &TvConfig,
    account_token: &Secret,
    wanted: &Wanted,
    trust: &Trust,
) -> Result<Resolved, TvError> {
    let servers = shared_list(tv, account_token).await?;
    connect(select(&servers, wanted)?, trust).await
}

/// The best address of `found` that answers as that server. No token is sent while looking.
pub async fn connect(found: &Found, trust: &Trust) -> Result<Resolved, TvError> {
    let client = base::http::client(trust, PROBE_TIMEOUT).map_err(TvError::Tls)?;
    let chosen = race(candidates(found), |url| {
        probe(client.clone(), url, found.machine_id.clone())
    })
    .await;
    match chosen {
        Ok(candidate) => Ok(Resolved {
            url: candidate.url,
            token: found.access_token.clone(),
            machine_id: found.machine_id.clone(),
            name: found.name.clone(),
            class: candidate.class,
        }),
        Err(failures) => Err(TvError::NoConnection {
            name: found.name.to_string(),
            kind: common_kind(&failures),
            tried: failures
                .into_iter()
                .map(|(c, f)| format!("{} {} ({})", c.class.as_str(), c.url, f.what))
                .collect(),
        }),
    }
}

/// An address worth asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) url: String,
    pub(super) class: Class,
    /// Lower is better: class first, then encryption.
    pub(super) tier: u8,
}

/// The addresses of `found` in the order of preference.
///
/// - Local ones only if the server is our own or we come from its public address: elsewhere the same private
///   address belongs to somebody else.
/// - In the clear only where [`Found::may_be_clear`] allows it.
/// - A local `plex.direct` name is followed by its bare address: many routers refuse names that lead inwards.
pub(super) fn candidates(found: &Found) -> Vec<Candidate> {
    let near = found.owned || found.public_address_matches;
    let mut all: Vec<Candidate> = Vec::new();
    let mut add = |url: String, class: Class, encrypted: bool| {
        let tier = class as u8 * 2 + u8::from(!encrypted);
        let full = all.iter().filter(|c| c.tier == tier).count() >= TIER_LIMIT;
        if !full && all.iter().all(|c| c.url != url) {
            all.push(Candidate { url, class, tier });
        }
    };
    for c in found
        .connections
        .iter()
        .filter(|c| near || c.class != Class::Local)
    {
        let Ok(url) = Url::parse(&c.url) else { continue };
        let text = redacted(&url).trim_end_matches('/').to_owned();
        match url.scheme() {
            "https" => {
                add(text, c.class, true);
                let bare =
                    bare_address(c, &url).filter(|_| c.class == Class::Local && found.may_be_clear(c.class));
                if let Some(bare) = bare {
                    add(bare, c.class, false);
                }
            }
            "http" if found.may_be_clear(c.class) => add(text, c.class, false),
            _ => {}
        }
    }
    all.sort_by_key(|c| c.tier);
    all
}

/// `http://192.168.1.5:32400` for `https://192-168-1-5.….plex.direct:32400`.
fn bare_address(c: &Connection, url: &Url) -> Option<String> {
    let direct = url.host_str()?.ends_with(".plex.direct");
    let ip: std::net::IpAddr = c.address.as_ref().filter(|_| direct)?.parse().ok()?;
    Some(format!("http://{}", std::net::SocketAddr::new(ip, c.port?)))
}

/// Why an address was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) what: String,
}

/// Asks tier after tier, each [`HEAD_START`] after the one before, or at once when all before have failed. Takes
/// the best that answers; an answer from a worse tier waits [`PATIENCE`] for better ones still under way.
pub(super) async fn race<F>(
    candidates: Vec<Candidate>,
    probe: impl Fn(String) -> F,
) -> Result<Candidate, Vec<(Candidate, Failure)>>
where
    F: Future<Output = Result<(), Failure>>,
{
    let mut waiting = VecDeque::from(candidates);
    let mut asked = FuturesUnordered::new();
    let (mut open, mut failures) = (Vec::<u8>::new(), Vec::new());
    let mut best: Option<Candidate> = None;
    // The next tier's start or, once something has answered, the end of patience.
    let mut alarm = Instant::now();
    loop {
        if best.is_none() && (open.is_empty() || Instant::now() >= alarm) {
            let Some(tier) = waiting.front().map(|c| c.tier).or(open.first().copied()) else {
                failures.sort_by_key(|(c, _): &(Candidate, Failure)| c.tier);
                return Err(failures);
            };
            let rest = waiting.split_off(waiting.partition_point(|c| c.tier == tier));
            for next in std::mem::replace(&mut waiting, rest) {
                open.push(tier);
                let outcome = probe(next.url.clone());
                asked.push(async move { (next, outcome.await) });
            }
            alarm = Instant::now() + HEAD_START;
        }
        if let Some(taken) = best.take_if(|b| open.iter().all(|tier| *tier >= b.tier)) {
            return Ok(taken);
        }
        tokio::select! {
            biased;
            Some((candidate, outcome)) = asked.next() => {
                open.iter().position(|tier| *tier == candidate.tier).map(|at| open.swap_remove(at));
                match outcome {
                    Err(failure) => failures.push((candidate, failure)),
                    Ok(()) if best.as_ref().is_none_or(|b| candidate.tier < b.tier) => {
                        if best.replace(candidate).is_none() {
                            alarm = Instant::now() + PATIENCE;
                        }
                    }
                    Ok(()) => {}
                }
            }
            () = sleep_until(alarm), if best.is_some() || !waiting.is_empty() => {
                if let Some(taken) = best.take() {
                    return Ok(taken);
                }
            }
        }
    }
}

/// What to call it when every address failed.
fn common_kind(failures: &[(Candidate, Failure)]) -> Kind {
    let kind_of_all = |kind| failures.iter().all(|(_, f)| f.kind == kind);
    match failures {
        // It is there and will be back, whatever its other addresses say.
        _ if failures.iter().any(|(_, f)| f.kind == Kind::Starting) => Kind::Starting,
        [(_, first), ..] if kind_of_all(first.kind) => first.kind,
        _ => Kind::Unreachable,
    }
}

/// Asks an address who it is. `/identity` needs no token, so a stranger there learns nothing.
async fn probe(client: Client, url: String, machine_id: Text) -> Result<(), Failure> {
    let failure = |kind: Kind, what: &str| Failure {
        kind,
        what: what.to_owned(),
    };
    let request = client
        .get(format!("{url}/identity"))
        .header(ACCEPT, "application/json");
    let response = request.send().await.map_err(|e| {
        let kind = kind_of_error(&e);
        failure(
            kind,
            match kind {
                Kind::Timeout => "no answer in time",
                Kind::Tls => "certificate not accepted",
                _ => "not reachable",
            },
        )
    })?;
    let status = response.status();
    let body = read_capped(response, IDENTITY_LIMIT).await;
    let body = body.map_err(|_| failure(Kind::BadPayload, "answer broken off or too large"))?;
    if let Some(kind) = kind_of_status(status) {
        return Err(match map::is_maintenance(&body) {
            Some(_) => failure(Kind::Starting, "the server is starting"),
            None => failure(kind, &format!("answered {}", status.as_u16())),
        });
    }
    match map::identity(&body) {
        Ok(identity) if identity.machine_id == machine_id => Ok(()),
        Ok(_) => Err(failure(Kind::WrongTarget, "another server answers there")),
        Err(_) => Err(failure(
            Kind::WrongTarget,
            "something else than Plex answers there",
        )),
    }
}

#[cfg(test)]
mod tests;
