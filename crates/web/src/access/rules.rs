//! What an address asks of whoever comes: one table.

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It has a key of its own and does not come here for one: the interface of Tautulli.
    Own,
    /// Nothing: what has to be there before anybody can be in.
    Nothing,
    /// What scrapers read; a key, if the settings say so.
    Metrics,
    /// To see.
    Read,
    /// Everything.
    Admin,
}

/// What `path`, without a proxy's prefix, needs. `safe`: the method changes nothing. Unknown is closed: what is not
/// named here can be seen by who may see, and changed by admins.
pub(super) fn need(safe: bool, path: &str) -> Need {
    let below = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match path {
        "/api" | "/api/" | "/api/v1" | "/api/v1/" | "/api/v2" | "/api/v2/" | "/status" => Need::Own,
        "/api/v1/access" if safe => Need::Nothing,
        "/api/v1/access/sign-in"
        | "/api/v1/access/sign-out"
        | "/api/v1/access/password"
        | "/health"
        | "/ready"
        | "/api/health" => Need::Nothing,
        _ if !safe || below("/api/v1/access") || below("/api/v1/setup") => Need::Admin,
        _ if below("/metrics") => Need::Metrics,
        _ => Need::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_need() {
        for (path, seen, changed) in [
            ("/", Need::Read, Need::Admin),
            ("/overview", Need::Read, Need::Admin),
            ("/status", Need::Own, Need::Own),
            ("/metrics", Need::Metrics, Need::Admin),
            ("/metrics/native", Need::Metrics, Need::Admin),
            ("/health", Need::Nothing, Need::Nothing),
            ("/ready", Need::Nothing, Need::Nothing),
            ("/api/health", Need::Nothing, Need::Nothing),
            ("/health/", Need::Read, Need::Admin),
            ("/metricsx", Need::Read, Need::Admin),
            ("/api/v2", Need::Own, Need::Own),
            ("/api/v2/", Need::Own, Need::Own),
            ("/api/v2/x", Need::Read, Need::Admin),
            ("/api", Need::Own, Need::Own),
            ("/api/v1", Need::Own, Need::Own),
            ("/api/v1/sessions", Need::Read, Need::Admin),
            ("/api/v1/events", Need::Read, Need::Admin),
            ("/api/v1/collections/collect", Need::Read, Need::Admin),
            ("/api/v1/imports", Need::Read, Need::Admin),
            ("/api/v1/setup", Need::Admin, Need::Admin),
            ("/api/v1/setup/plex/pin/7", Need::Admin, Need::Admin),
            ("/api/v1/access", Need::Nothing, Need::Admin),
            ("/api/v1/access/", Need::Admin, Need::Admin),
            ("/api/v1/access/sign-in", Need::Nothing, Need::Nothing),
            ("/api/v1/access/sign-out", Need::Nothing, Need::Nothing),
            ("/api/v1/access/password", Need::Nothing, Need::Nothing),
            ("/api/v1/access/accounts", Need::Admin, Need::Admin),
            ("/api/v1/access/accounts/sign-in", Need::Admin, Need::Admin),
            ("/api/v1/access/keys", Need::Admin, Need::Admin),
            ("/API/v1/access", Need::Read, Need::Admin),
            ("//api/v2", Need::Read, Need::Admin),
            ("", Need::Read, Need::Admin),
        ] {
            assert_eq!((need(true, path), need(false, path)), (seen, changed), "{path}");
        }
    }
}
