//! Which path is what, and who may ask for it.

use http::Method;

/// Everything the API answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Account(i64),
    AccountProfiles(i64),
    Accounts,
    ApiKey,
    ApiKeyGenerate,
    ApiKeyRevoke,
    ByUuids,
    Catchup,
    Channel(i64),
    ChannelIds,
    ChannelStreamStats(i64),
    ChannelStreams(i64),
    Channels,
    Combined,
    CurrentPrograms,
    EpgSources,
    Events,
    Groups,
    Logos,
    Me,
    Plugins,
    ProgramSearch,
    Settings,
    Status,
    Stream(i64),
    StreamProfiles,
    Streams,
    StreamsByIds,
    Summary,
    Token,
    TokenRefresh,
    Users,
    Version,
    Vod,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Even without signing in.
    Any,
    /// Whoever signed in.
    Login,
    Standard,
    Admin,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Endpoint(Endpoint, Level),
    /// With a slash it would be something.
    NoSlash,
    /// Right path, wrong verb.
    WrongMethod,
    /// The web application.
    Nothing,
}

const GET: &Method = &Method::GET;
const POST: &Method = &Method::POST;

/// What `path` is to this version.
pub(super) fn find(method: &Method, path: &str, version: (u32, u32, u32)) -> Found {
    if path == "/proxy/ts/status" {
        return verb(method, GET, Endpoint::Status, Level::Admin);
    }
    let Some(whole) = path.strip_prefix('/') else {
        return Found::Nothing;
    };
    let Some(named) = whole.strip_suffix('/') else {
        // `/proxy/stats` is swallowed by the web application, unlike all others.
        let known = table(whole, version).is_some() && whole != "proxy/stats";
        return if known { Found::NoSlash } else { Found::Nothing };
    };
    match table(named, version) {
        Some((wanted, endpoint, level)) => verb(method, wanted, endpoint, level),
        None => Found::Nothing,
    }
}

fn verb(method: &Method, wanted: &Method, endpoint: Endpoint, level: Level) -> Found {
    if method == wanted {
        Found::Endpoint(endpoint, level)
    } else {
        Found::WrongMethod
    }
}

fn table(path: &str, version: (u32, u32, u32)) -> Option<(&'static Method, Endpoint, Level)> {
    use Level::{Admin, Any, Login, Standard};
    let segments: Vec<&str> = path.split('/').collect();
    let since = |minor: u32| version >= (0, minor, 0);
    Some(match segments.as_slice() {
        ["proxy", "stats"] if since(28) => (GET, Endpoint::Combined, Admin),
        ["proxy", "vod", "stats"] => (GET, Endpoint::Vod, Admin),
        ["proxy", "catchup", "stats"] if since(28) => (GET, Endpoint::Catchup, Admin),
        ["api", "core", rest @ ..] => match rest {
            ["version"] => (GET, Endpoint::Version, Any),
            ["streamprofiles"] => (GET, Endpoint::StreamProfiles, Standard),
            ["system-events"] => (GET, Endpoint::Events, Admin),
            ["settings"] => (GET, Endpoint::Settings, Standard),
            _ => return None,
        },
        ["api", "accounts", rest @ ..] => match rest {
            ["token"] => (POST, Endpoint::Token, Any),
            ["token", "refresh"] => (POST, Endpoint::TokenRefresh, Any),
            ["users"] => (GET, Endpoint::Users, Admin),
            ["users", "me"] => (GET, Endpoint::Me, Login),
            ["api-keys"] if since(20) => (GET, Endpoint::ApiKey, Login),
            ["api-keys", "generate"] if since(20) => (POST, Endpoint::ApiKeyGenerate, Login),
            ["api-keys", "revoke"] if since(20) => (POST, Endpoint::ApiKeyRevoke, Login),
            _ => return None,
        },
        ["api", "channels", rest @ ..] => channels(rest, since(20))?,
        ["api", "m3u", "accounts"] => (GET, Endpoint::Accounts, Standard),
        ["api", "m3u", "accounts", id] => (GET, Endpoint::Account(id.parse().ok()?), Standard),
        ["api", "m3u", "accounts", id, "profiles"] => {
            (GET, Endpoint::AccountProfiles(id.parse().ok()?), Standard)
        }
        ["api", "epg", "sources"] => (GET, Endpoint::EpgSources, Standard),
        ["api", "epg", "current-programs"] => (POST, Endpoint::CurrentPrograms, Admin),
        ["api", "epg", "programs", "search"] => (GET, Endpoint::ProgramSearch, Standard),
        ["api", "plugins", "plugins"] => (GET, Endpoint::Plugins, Standard),
        _ => return None,
    })
}

fn channels(rest: &[&str], has_summary: bool) -> Option<(&'static Method, Endpoint, Level)> {
    use Level::{Admin, Login, Standard};
    Some(match rest {
        ["channels"] => (GET, Endpoint::Channels, Standard),
        ["channels", "ids"] => (GET, Endpoint::ChannelIds, Standard),
        ["channels", "summary"] if has_summary => (GET, Endpoint::Summary, Standard),
        ["channels", "by-uuids"] => (POST, Endpoint::ByUuids, Admin),
        ["channels", id] => (GET, Endpoint::Channel(id.parse().ok()?), Standard),
        ["channels", id, "streams"] => (GET, Endpoint::ChannelStreams(id.parse().ok()?), Standard),
        ["channels", id, "streams", "stats"] => {
            (GET, Endpoint::ChannelStreamStats(id.parse().ok()?), Standard)
        }
        ["streams"] => (GET, Endpoint::Streams, Standard),
        ["streams", "by-ids"] => (POST, Endpoint::StreamsByIds, Login),
        ["streams", id] => (GET, Endpoint::Stream(id.parse().ok()?), Standard),
        ["groups"] => (GET, Endpoint::Groups, Standard),
        ["logos"] => (GET, Endpoint::Logos, Standard),
        _ => return None,
    })
}
