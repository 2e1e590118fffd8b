//! The bodies plex.tv answers with. Fields a monitoring client has no use for are left out.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::seed::{AccountSeed, ConnectionSeed, ServerSeed};
use super::state::Pin;

/// When servers were created and last seen, here: 2024-05-01T00:00:00Z.
const CREATED_AT_S: i64 = 1_714_521_600;

pub(super) fn errors(code: u32, message: &str, status: u16) -> String {
    json!({"errors": [{"code": code, "message": message, "status": status}]}).to_string()
}

/// The older addresses have a form of their own.
pub(super) fn old_error(message: &str) -> String {
    json!({"error": message}).to_string()
}

fn account(account: &AccountSeed, token: &str) -> Value {
    json!({
        "id": 1_234_567,
        "uuid": "3d1f0a5b9c2e4a77",
        "username": account.user,
        "title": account.user,
        "email": account.email,
        "friendlyName": "",
        "locale": null,
        "confirmed": true,
        "hasPassword": true,
        "authToken": token,
        "subscription": {
            "active": account.plex_pass,
            "status": if account.plex_pass { "Active" } else { "Inactive" },
            "plan": if account.plex_pass { json!("lifetime") } else { Value::Null },
            "features": ["webhooks", "hardware_transcoding"],
        },
        "twoFactorEnabled": account.two_factor.is_some(),
    })
}

pub(super) fn user(seed: &AccountSeed, token: &str) -> String {
    account(seed, token).to_string()
}

pub(super) fn old_user(seed: &AccountSeed, token: &str) -> String {
    let mut user = account(seed, token);
    user["authentication_token"] = json!(token);
    json!({"user": user}).to_string()
}

pub(super) fn pin(pin: &Pin) -> String {
    let left = pin.expires.saturating_duration_since(tokio::time::Instant::now());
    let now = base::Clock::system().now();
    let expires_at = now + SignedDuration::try_from(left).unwrap_or(SignedDuration::ZERO);
    let created_at = expires_at - SignedDuration::try_from(pin.lifetime).unwrap_or(SignedDuration::ZERO);
    json!({
        "id": pin.id,
        "code": pin.code,
        "product": "Projectionist",
        "trusted": false,
        "qr": format!("https://plex.tv/api/v2/pins/qr/{}", pin.code),
        "clientIdentifier": pin.client_id,
        "location": {"code": "GB", "country": "United Kingdom", "city": "London", "time_zone": "Europe/London"},
        "expiresIn": left.as_millis().div_ceil(1000),
        "createdAt": seconds(created_at),
        "expiresAt": seconds(expires_at),
        "authToken": pin.token,
        "newRegistration": pin.token.as_ref().map(|_| false),
    })
    .to_string()
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn connection(c: &ConnectionSeed) -> Value {
    json!({
        "protocol": c.protocol, "address": c.address, "port": c.port, "uri": c.uri,
        "local": c.local, "relay": c.relay, "IPv6": c.ipv6,
    })
}

pub(super) fn resources(servers: &[(ServerSeed, bool, String)]) -> String {
    let seen = seconds(Timestamp::from_second(CREATED_AT_S).unwrap_or(Timestamp::UNIX_EPOCH));
    let list: Vec<Value> = servers
        .iter()
        .map(|(s, owned, token)| {
            let mut device = json!({
                "name": s.name,
                "product": "Plex Media Server",
                "productVersion": s.version,
                "platform": "Linux",
                "platformVersion": "6.8",
                "device": "PC",
                "clientIdentifier": s.machine_id,
                "createdAt": seen,
                "lastSeenAt": seen,
                "provides": s.provides,
                "ownerId": if *owned { Value::Null } else { json!(7_654_321) },
                "sourceTitle": if *owned { Value::Null } else { json!(s.owner) },
                "publicAddress": "203.0.113.7",
                "accessToken": token,
                "owned": owned,
                "home": false,
                "synced": false,
                "relay": s.connections.iter().any(|c| c.relay),
                "presence": s.presence,
                "httpsRequired": s.https_required,
                "publicAddressMatches": s.public_address_matches,
                "dnsRebindingProtection": s.dns_rebinding_protection,
                "natLoopbackSupported": true,
                "connections": s.connections.iter().map(connection).collect::<Vec<_>>(),
            });
            if let Some(device) = device.as_object_mut().filter(|_| token.is_empty()) {
                device.remove("accessToken");
            }
            device
        })
        .collect();
    Value::Array(list).to_string()
}

pub(super) fn resources_xml(servers: &[(ServerSeed, bool, String)]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MediaContainer size=\"{}\">\n",
        servers.len()
    );
    for (s, owned, token) in servers {
        let flag = |b: bool| u8::from(b).to_string();
        element(
            &mut xml,
            "Device",
            &[
                ("name", &s.name),
                ("product", "Plex Media Server"),
                ("productVersion", &s.version),
                ("platform", "Linux"),
                ("platformVersion", "6.8"),
                ("device", "PC"),
                ("clientIdentifier", &s.machine_id),
                ("createdAt", &CREATED_AT_S.to_string()),
                ("lastSeenAt", &CREATED_AT_S.to_string()),
                ("provides", &s.provides),
                ("owned", &flag(*owned)),
                ("accessToken", token),
                ("publicAddress", "203.0.113.7"),
                ("httpsRequired", &flag(s.https_required)),
                ("relay", &flag(s.connections.iter().any(|c| c.relay))),
                ("dnsRebindingProtection", &flag(s.dns_rebinding_protection)),
                ("publicAddressMatches", &flag(s.public_address_matches)),
                ("presence", &flag(s.presence)),
            ],
            ">\n",
        );
        for c in &s.connections {
            let (port, local, relay) = (c.port.to_string(), flag(c.local), flag(c.relay));
            let attributes = [
                ("protocol", &c.protocol),
                ("address", &c.address),
                ("port", &port),
                ("uri", &c.uri),
                ("local", &local),
            ];
            let mut attributes: Vec<(&str, &str)> =
                attributes.into_iter().map(|(k, v)| (k, v.as_str())).collect();
            if c.relay {
                attributes.push(("relay", &relay));
            }
            element(&mut xml, "Connection", &attributes, "/>\n");
        }
        xml.push_str("</Device>\n");
    }
    xml.push_str("</MediaContainer>\n");
    xml
}

fn element(out: &mut String, name: &str, attributes: &[(&str, &str)], end: &str) {
    let _ = write!(out, "<{name}");
    let known = |(key, value): &&(&str, &str)| *key != "accessToken" || !value.is_empty();
    for (key, value) in attributes.iter().filter(known) {
        let value = value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        let _ = write!(out, " {key}=\"{value}\"");
    }
    out.push_str(end);
}
