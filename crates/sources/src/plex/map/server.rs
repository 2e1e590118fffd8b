//! Who a server is.

use model::{ServerInfo, Text};

use super::super::decode::{Answer, DecodeError, Decoded};
use super::super::wire::server::{Maintenance, Server};
use super::text;

/// What any server tells anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) struct Identity {
    pub(in crate::plex) machine_id: Text,
    pub(in crate::plex) version: Option<Text>,
    /// Whether it belongs to an account. Old servers do not tell.
    pub(in crate::plex) claimed: Option<bool>,
}

/// `/identity`.
pub(in crate::plex) fn identity(body: &[u8]) -> Result<Identity, DecodeError> {
    let answer = Answer::new(body)?;
    let (server, _) = answer.container::<Server<'_>>()?;
    Ok(Identity {
        machine_id: machine_id(&server)?,
        version: text(&server.version),
        claimed: server.claimed,
    })
}

/// `/`. Users who are not the owner see less of it.
pub(in crate::plex) fn root(body: &[u8]) -> Result<Decoded<ServerInfo>, DecodeError> {
    let answer = Answer::new(body)?;
    let (server, cx) = answer.container::<Server<'_>>()?;
    let info = ServerInfo {
        machine_id: machine_id(&server)?,
        name: text(&server.name),
        version: text(&server.version),
        platform: text(&server.platform),
        platform_version: text(&server.platform_version),
        plex_pass: server.plex_pass,
        video_transcodes: server.video_transcodes.and_then(|n| u32::try_from(n).ok()),
    };
    Ok(Decoded::new(info, cx))
}

fn machine_id(server: &Server<'_>) -> Result<Text, DecodeError> {
    text(&server.machine_id).ok_or(DecodeError::Missing {
        field: "machineIdentifier",
    })
}

/// The sentence of a server that is starting: the body of its 503, on every path.
pub(in crate::plex) fn is_maintenance(body: &[u8]) -> Option<String> {
    let answer = Answer::new(body).ok()?;
    let (outer, _) = answer.bare::<Option<Box<Maintenance<'_>>>>().ok()?;
    let outer = *outer?;
    let (code, title, status) = match outer.response {
        Some(response) => (response.code, response.title, response.status),
        None => (outer.code, outer.title, outer.status),
    };
    let is_maintenance = code == Some(503) || title.as_deref() == Some("Maintenance");
    let sentence = status.or(title).unwrap_or("Maintenance".into());
    is_maintenance.then(|| sentence.into_owned())
}
