//! Notifications: hints that wake the poller or refine a session, never more.

use model::{SessionKey, Text};

use super::super::decode::{Answer, DecodeError};
use super::super::wire::notify;
use super::{bare_key, text};

/// What a notification said. Types we have no use for are not told at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plex) enum Notification {
    Playing {
        key: SessionKey,
        /// Not a number for live television.
        rating_key: Option<Text>,
        /// The player's machine id; since about 2020.
        client: Option<Text>,
        state: PlayingState,
        position_ms: Option<u64>,
        /// Bare id. Absent on direct play.
        transcode_key: Option<Text>,
    },
    TranscodeStarted,
    TranscodeUpdated,
    TranscodeEnded,
    /// Background work started, went on or ended.
    Activity,
    /// An item came, changed or went, or a scan is done. One scan sends thousands.
    LibraryChanged,
}

/// All changes of state come as notifications of type `playing`; this is their `state` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plex) enum PlayingState {
    Playing,
    Paused,
    Buffering,
    Stopped,
    Error,
    Other,
}

/// States of a timeline entry that end something; those between are steps of one scan.
const TIMELINE_DONE: u64 = 5;
const TIMELINE_DELETED: u64 = 9;

/// One text frame of the WebSocket. What cannot be read says nothing: it is a hint, and the poll tells the rest.
pub(in crate::plex) fn notifications(frame: &[u8]) -> Vec<Notification> {
    let Ok(answer) = Answer::new(frame) else {
        return Vec::new();
    };
    let found = answer.under::<notify::Notifications<'_>>("NotificationContainer");
    match found {
        Ok((found, _)) => told(found.kind.as_deref().unwrap_or_default(), &found),
        // Without its frame, as clients log it.
        Err(DecodeError::NotAContainer { .. }) => unframed(&answer, None),
        Err(_) => Vec::new(),
    }
}

/// One event of the `EventSource` stream. Its data is the bare list, mostly with a single object in its place.
pub(in crate::plex) fn event(event: &str, data: &[u8]) -> Vec<Notification> {
    let Ok(answer) = Answer::new(data) else {
        return Vec::new();
    };
    unframed(&answer, Some(event))
}

fn unframed(answer: &Answer<'_>, kind: Option<&str>) -> Vec<Notification> {
    match answer.bare::<Option<Box<notify::Notifications<'_>>>>() {
        Ok((Some(found), _)) => told(kind.or(found.kind.as_deref()).unwrap_or_default(), &found),
        _ => Vec::new(),
    }
}

fn told(kind: &str, found: &notify::Notifications<'_>) -> Vec<Notification> {
    match kind {
        "playing" => found.playing.iter().filter_map(playing).collect(),
        "transcodeSession.start" => vec![Notification::TranscodeStarted],
        "transcodeSession.update" => vec![Notification::TranscodeUpdated],
        "transcodeSession.end" | "transcode.end" => vec![Notification::TranscodeEnded],
        "activity" => vec![Notification::Activity],
        "timeline" if found.timeline.iter().any(changes_library) => vec![Notification::LibraryChanged],
        "status"
            if found
                .status
                .iter()
                .any(|s| s.name.as_deref() == Some("LIBRARY_UPDATE")) =>
        {
            vec![Notification::LibraryChanged]
        }
        _ => Vec::new(),
    }
}

/// Without a session key it belongs to no session: some clients send a second, empty stop.
fn playing(p: &notify::Playing<'_>) -> Option<Notification> {
    Some(Notification::Playing {
        key: SessionKey::from(p.session_key.as_deref()?),
        rating_key: text(&p.rating_key),
        client: text(&p.client),
        state: match p.state.as_deref() {
            Some("playing") => PlayingState::Playing,
            Some("paused") => PlayingState::Paused,
            Some("buffering") => PlayingState::Buffering,
            Some("stopped") => PlayingState::Stopped,
            Some("error") => PlayingState::Error,
            _ => PlayingState::Other,
        },
        position_ms: p.view_offset_ms,
        transcode_key: bare_key(&p.transcode_key),
    })
}

/// Programme guides change all the time and are no library.
fn changes_library(entry: &notify::Timeline<'_>) -> bool {
    matches!(entry.state, Some(TIMELINE_DONE | TIMELINE_DELETED))
        && entry
            .provider
            .as_deref()
            .is_none_or(|p| p == "com.plexapp.plugins.library")
}
