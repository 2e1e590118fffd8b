//! plex.tv. Tokens are secrets from the first moment, so that no `Debug` prints them.

use base::Secret;

use super::super::decode::{Str, wire};

wire! {
    /// `/api/resources` in XML: v1 `MediaContainer/Device`, v2 `resources/resource`.
    struct Resources<'a> {
        v1: Option<Box<Devices<'a>>> = "MediaContainer",
        v2: Option<Box<Devices<'a>>> = "resources",
    }

    struct Devices<'a> {
        devices: Vec<Device<'a>> = "Device" | "resource",
    }

    struct Device<'a> {
        name: Str<'a> = "name",
        machine_id: Str<'a> = "clientIdentifier",
        version: Str<'a> = "productVersion",
        /// Comma list; `server` for servers.
        provides: Str<'a> = "provides",
        owned: Option<bool> = "owned",
        access_token: Option<Secret> = "accessToken",
        public_address_matches: Option<bool> = "publicAddressMatches",
        https_required: Option<bool> = "httpsRequired",
        connections: Vec<Connection<'a>> = "connections" | "Connection",
    }

    struct Connection<'a> {
        uri: Str<'a> = "uri",
        protocol: Str<'a> = "protocol",
        address: Str<'a> = "address",
        port: Option<u64> = "port",
        local: Option<bool> = "local",
        relay: Option<bool> = "relay",
        ipv6: Option<bool> = "IPv6",
        /// The v2 XML wraps the list once more.
        inner: Vec<Connection<'a>> = "connection",
    }

    struct Pin<'a> {
        wrapped: Option<Box<Pin<'a>>> = "pin",
        id: Option<u64> = "id",
        code: Str<'a> = "code",
        auth_token: Option<Secret> = "authToken" | "auth_token",
        expires_in_s: Option<u64> = "expiresIn",
    }

    struct User<'a> {
        wrapped: Option<Box<User<'a>>> = "user",
        id: Str<'a> = "id",
        username: Str<'a> = "username",
        title: Str<'a> = "title",
        auth_token: Option<Secret> = "authToken" | "authenticationToken" | "authentication_token",
    }

    /// What plex.tv says with a 4xx: a list in v2, one sentence in the old interface.
    struct Refusal<'a> {
        errors: Vec<RefusalReason<'a>> = "errors",
        sentence: Str<'a> = "error",
    }

    struct RefusalReason<'a> {
        /// XML wraps the list once more.
        inner: Vec<RefusalReason<'a>> = "error",
        code: Option<u64> = "code",
        message: Str<'a> = "message",
    }
}
