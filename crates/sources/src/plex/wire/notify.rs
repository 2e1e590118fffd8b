//! Notifications, in a WebSocket frame or an `EventSource` event.

use super::super::decode::{Str, wire};

wire! {
    /// Lists of other types are skipped unread: a scan sends thousands of frames.
    struct Notifications<'a> {
        kind: Str<'a> = "type",
        playing: Vec<Playing<'a>> = "PlaySessionStateNotification",
        timeline: Vec<Timeline<'a>> = "TimelineEntry",
        status: Vec<Status<'a>> = "StatusNotification",
    }

    struct Playing<'a> {
        session_key: Str<'a> = "sessionKey",
        rating_key: Str<'a> = "ratingKey",
        client: Str<'a> = "clientIdentifier",
        state: Str<'a> = "state",
        view_offset_ms: Option<u64> = "viewOffset",
        transcode_key: Str<'a> = "transcodeSession",
    }

    struct Timeline<'a> {
        provider: Str<'a> = "identifier",
        state: Option<u64> = "state",
    }

    struct Status<'a> {
        name: Str<'a> = "notificationName",
    }
}
