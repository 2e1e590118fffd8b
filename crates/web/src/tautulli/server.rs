//! The watched servers, and ourselves.

use std::sync::Arc;

use model::ServerSnapshot;

use super::ServerAddress;
use super::commands::{Asked, Fault};
use super::envelope::Reply;
use super::value::{Value, object};

/// The Tautulli whose interface this is.
const SPOKEN_VERSION: &str = "v2.17.2";

/// The server a question is about: named by the extra parameter `server` (its id here, or its own name), else the
/// first.
pub(super) fn chosen(asked: &Asked) -> Result<Option<Arc<ServerSnapshot>>, Fault> {
    let snapshot = asked.ctx.plex_snapshot();
    let mut servers = snapshot.servers.iter();
    let Some(wanted) = asked.params.text("server") else {
        return Ok(servers.next().cloned());
    };
    match servers.find(|s| s.id.as_str() == wanted || s.name() == wanted) {
        Some(server) => Ok(Some(server.clone())),
        None => Err(Fault::Refused(format!("no server is called {wanted}"))),
    }
}

fn address<'a>(asked: &'a Asked, server: &ServerSnapshot) -> Option<&'a ServerAddress> {
    let known = &asked.ctx.tautulli.as_ref()?.servers;
    known.iter().find(|a| a.server == server.id)
}

/// `get_server_info`. What is not known is empty, or 0 where only a number fits.
pub(super) fn info(asked: &Asked) -> Result<Reply, Fault> {
    let server = chosen(asked)?;
    let about = server.as_ref().and_then(|s| s.info.as_deref());
    let address = server.as_ref().and_then(|s| address(asked, s));
    let url = address.map(|a| {
        let scheme = if a.tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", a.host, a.port)
    });
    Ok(Reply::success(object! {
        "pms_name" => Value::or_empty(server.as_ref().map(|s| s.name().to_owned())),
        "pms_version" => Value::or_empty(about.and_then(|i| i.version.clone())),
        "pms_platform" => Value::or_empty(about.and_then(|i| i.platform.clone())),
        "pms_ip" => Value::or_empty(address.map(|a| a.host.clone())),
        "pms_port" => Value::or_empty(address.map(|a| i64::from(a.port))),
        "pms_ssl" => Value::flag(address.is_some_and(|a| a.tls)),
        "pms_url" => Value::or_empty(url),
        "pms_url_manual" => 0_i64,
        "pms_identifier" => Value::or_empty(about.map(|i| i.machine_id.clone())),
        "pms_plexpass" => Value::flag(about.is_some_and(|i| i.plex_pass == Some(true))),
    }))
}

/// `get_servers_info`.
pub(super) fn all(asked: &Asked) -> Result<Reply, Fault> {
    let snapshot = asked.ctx.plex_snapshot();
    let only = match asked.params.text("server") {
        Some(_) => chosen(asked)?.map(|s| s.id.clone()),
        None => None,
    };
    let wanted = |s: &&Arc<ServerSnapshot>| only.as_ref().is_none_or(|id| *id == s.id);
    let servers = snapshot.servers.iter().filter(wanted).map(|server| {
        let about = server.info.as_deref();
        let address = address(asked, server);
        object! {
            "name" => server.name().to_owned(),
            "machine_identifier" => Value::or_empty(about.map(|i| i.machine_id.clone())),
            "host" => Value::or_empty(address.map(|a| a.host.clone())),
            "port" => Value::digits(address.map(|a| a.port)),
            "version" => Value::or_empty(about.and_then(|i| i.version.clone())),
        }
    });
    Ok(Reply::success(Value::List(servers.collect())))
}

/// `get_server_identity`: nothing while the server has not been reached.
pub(super) fn identity(asked: &Asked) -> Result<Reply, Fault> {
    let server = chosen(asked)?;
    let about = server.as_ref().and_then(|s| s.info.as_deref());
    Ok(Reply::success(about.map_or(Value::Null, |info| {
        object! {
            "machine_identifier" => info.machine_id.clone(),
            "version" => Value::or_empty(info.version.clone()),
        }
    })))
}

/// `get_server_friendly_name`.
pub(super) fn friendly_name(asked: &Asked) -> Result<Reply, Fault> {
    let server = chosen(asked)?;
    Ok(Reply::success(
        server.map_or(Value::Null, |s| Value::Owned(s.name().to_owned())),
    ))
}

/// `server_status`: whether the server answers; null before it was first asked.
pub(super) fn connected(asked: &Asked) -> Result<Reply, Fault> {
    let server = chosen(asked)?;
    let up = server.and_then(|s| s.last_sessions_ok.map(|_| s.health.is_up()));
    Ok(Reply::success(object! { "connected" => up }))
}

/// `get_tautulli_info`: the version whose words are spoken here, so that clients that ask for one are content.
pub(super) fn about(asked: &Asked) -> Reply {
    Reply::success(object! {
        "tautulli_install_type" => "projectionist",
        "tautulli_version" => SPOKEN_VERSION,
        "tautulli_branch" => "master",
        "tautulli_commit" => "",
        "tautulli_platform" => platform(),
        "tautulli_platform_release" => "",
        "tautulli_platform_version" => format!("Projectionist {}", asked.ctx.version),
        "tautulli_platform_linux_distro" => "",
        "tautulli_platform_device_name" => "",
        "tautulli_python_version" => "",
    })
}

/// As Python names the system.
fn platform() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        "windows" => "Windows",
        other => other,
    }
}
