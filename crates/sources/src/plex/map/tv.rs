//! plex.tv: the servers of an account, signing in.

use base::Secret;
use model::Text;

use super::super::decode::{Answer, DecodeError, Decoded};
use super::super::wire::tv;
use super::text;

/// A server that an account may use, its own or a friend's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct TvServer {
    /// Not unique.
    pub(in crate::plex) name: Text,
    pub(in crate::plex) machine_id: Text,
    pub(in crate::plex) version: Option<Text>,
    pub(in crate::plex) owned: bool,
    /// For this server only; a friend's server refuses the account's own token.
    pub(in crate::plex) access_token: Option<Secret>,
    /// We come from the same public address, so its local addresses may be ours even if we do not own it.
    pub(in crate::plex) public_address_matches: bool,
    pub(in crate::plex) https_required: bool,
    /// In the order of the answer; possibly none.
    pub(in crate::plex) connections: Vec<TvConnection>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct TvConnection {
    /// `https://192-168-1-5.<hash>.plex.direct:32400`
    pub(in crate::plex) uri: String,
    pub(in crate::plex) address: Option<String>,
    pub(in crate::plex) port: Option<u16>,
    pub(in crate::plex) local: bool,
    pub(in crate::plex) relay: bool,
    pub(in crate::plex) ipv6: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct TvPin {
    pub(in crate::plex) id: u64,
    pub(in crate::plex) code: String,
    /// Present once the user has agreed.
    pub(in crate::plex) auth_token: Option<Secret>,
    pub(in crate::plex) expires_in_s: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct TvUser {
    pub(in crate::plex) id: Option<Text>,
    pub(in crate::plex) username: Option<Text>,
    pub(in crate::plex) auth_token: Option<Secret>,
}

/// plex.tv's own words for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct TvError {
    /// plex.tv's number, not the HTTP status. 1029: the second factor is asked for.
    pub(in crate::plex) code: Option<u64>,
    pub(in crate::plex) message: String,
}

/// The servers among an account's resources (players and others are left out). JSON of v2, XML of v1 and v2.
pub(in crate::plex) fn tv_resources(body: &[u8]) -> Result<Decoded<Vec<TvServer>>, DecodeError> {
    let answer = Answer::new(body)?;
    let (devices, mut cx) = if answer.is_list() {
        answer.bare::<Vec<tv::Device<'_>>>()?
    } else {
        let (resources, cx) = answer.bare::<Option<Box<tv::Resources<'_>>>>()?;
        let resources = resources.map(|r| *r).unwrap_or_default();
        let devices = resources
            .v1
            .or(resources.v2)
            .ok_or_else(|| DecodeError::NotAContainer {
                wanted: "list of resources",
                found: "something else".to_owned(),
            })?;
        (devices.devices, cx)
    };
    let mut servers = Vec::new();
    for device in &devices {
        let provides = device.provides.as_deref().unwrap_or_default();
        if !provides.split(',').any(|p| p.trim() == "server") {
            continue;
        }
        let Some(machine_id) = text(&device.machine_id) else {
            cx.note("a server without clientIdentifier was left out");
            continue;
        };
        servers.push(TvServer {
            name: text(&device.name).unwrap_or_else(|| machine_id.clone()),
            machine_id,
            version: text(&device.version),
            owned: device.owned.unwrap_or(false),
            access_token: device.access_token.clone(),
            public_address_matches: device.public_address_matches.unwrap_or(false),
            https_required: device.https_required.unwrap_or(false),
            connections: device
                .connections
                .iter()
                .flat_map(|c| {
                    if c.inner.is_empty() {
                        std::slice::from_ref(c)
                    } else {
                        &c.inner
                    }
                })
                .filter_map(connection)
                .collect(),
        });
    }
    Ok(Decoded::new(servers, cx))
}

/// Without a `uri` it is made of its parts; without those there is nothing to connect to.
fn connection(c: &tv::Connection<'_>) -> Option<TvConnection> {
    let port = c.port.and_then(|p| u16::try_from(p).ok());
    let is_ipv6 = c.ipv6 == Some(true) || c.address.as_deref().is_some_and(|a| a.contains(':'));
    let uri = match (&c.uri, &c.address, port) {
        (Some(uri), ..) => uri.clone().into_owned(),
        (None, Some(address), Some(port)) => {
            let scheme = c.protocol.as_deref().unwrap_or("http");
            if is_ipv6 {
                format!("{scheme}://[{address}]:{port}")
            } else {
                format!("{scheme}://{address}:{port}")
            }
        }
        _ => return None,
    };
    Some(TvConnection {
        uri,
        address: c.address.as_deref().map(str::to_owned),
        port,
        local: c.local.unwrap_or(false),
        relay: c.relay.unwrap_or(false),
        ipv6: is_ipv6,
    })
}

/// A PIN just made, or asked about again.
pub(in crate::plex) fn tv_pin(body: &[u8]) -> Result<TvPin, DecodeError> {
    let answer = Answer::new(body)?;
    let (pin, _) = answer.bare::<Option<Box<tv::Pin<'_>>>>()?;
    let pin = *pin.unwrap_or_default();
    let pin = pin.wrapped.map_or(tv::Pin { wrapped: None, ..pin }, |p| *p);
    Ok(TvPin {
        id: pin.id.ok_or(DecodeError::Missing { field: "id" })?,
        code: pin
            .code
            .ok_or(DecodeError::Missing { field: "code" })?
            .into_owned(),
        auth_token: pin.auth_token,
        expires_in_s: pin.expires_in_s,
    })
}

/// The account: the answer to a sign-in (old or new, with a token), or `/api/v2/user`.
pub(in crate::plex) fn tv_user(body: &[u8]) -> Result<TvUser, DecodeError> {
    let answer = Answer::new(body)?;
    let (user, _) = answer.bare::<Option<Box<tv::User<'_>>>>()?;
    let user = *user.unwrap_or_default();
    let user = user.wrapped.map_or(
        tv::User {
            wrapped: None,
            ..user
        },
        |u| *u,
    );
    if user.id.is_none() && user.auth_token.is_none() {
        return Err(DecodeError::NotAContainer {
            wanted: "plex.tv account",
            found: "something else".to_owned(),
        });
    }
    Ok(TvUser {
        id: text(&user.id),
        username: text(&user.username).or_else(|| text(&user.title)),
        auth_token: user.auth_token,
    })
}

/// What plex.tv said in the body of a refusal, if that can be read.
pub(in crate::plex) fn tv_error(body: &[u8]) -> Option<TvError> {
    let answer = Answer::new(body).ok()?;
    let (refusal, _) = answer.bare::<Option<Box<tv::Refusal<'_>>>>().ok()?;
    let refusal = *refusal?;
    let reasons = refusal.errors.iter().flat_map(|e| {
        if e.inner.is_empty() {
            std::slice::from_ref(e)
        } else {
            &e.inner
        }
    });
    let mut told = reasons.filter_map(|r| {
        Some(TvError {
            code: r.code,
            message: r.message.as_deref()?.to_owned(),
        })
    });
    told.next().or_else(|| {
        Some(TvError {
            code: None,
            message: refusal.sentence.as_deref()?.to_owned(),
        })
    })
}
