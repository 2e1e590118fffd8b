//! What is known of one watched server besides its sessions.

use crate::{Text, Timestamp};

/// Identity and version. Everything but `machine_id` may be unknown to a user who is not the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    pub machine_id: Text,
    pub name: Option<Text>,
    pub version: Option<Text>,
    pub platform: Option<Text>,
    pub platform_version: Option<Text>,
    /// The owner's Plex Pass.
    pub plex_pass: Option<bool>,
    /// The server's own count of running video transcodes.
    pub video_transcodes: Option<u32>,
}

/// Whether the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not yet asked.
    Unknown,
    Up,
    Down {
        /// `base::Kind::as_str`; carried as a word because `model` depends on nothing.
        kind: &'static str,
        message: Text,
        since: Timestamp,
    },
}

impl Health {
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }

    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down { kind, .. } if *kind == "starting" => "starting",
            Self::Down { .. } => "down",
        }
    }
}

/// How hints reach us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// Polling alone.
    None,
    WebSocket,
    EventSource,
}

impl Link {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::WebSocket => "websocket",
            Self::EventSource => "eventsource",
        }
    }
}

/// Newest sample of the machine's load, as ratios 0–1. "Process" is the media server with its transcoders.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostLoad {
    pub host_cpu_ratio: Option<f64>,
    pub host_memory_ratio: Option<f64>,
    pub process_cpu_ratio: Option<f64>,
    pub process_memory_ratio: Option<f64>,
}

/// Running transcodes, downloads included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TranscodeCounts {
    /// For a player.
    pub streaming: u32,
    /// For a download or an optimised version.
    pub offline: u32,
}

/// A background task of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub uuid: Text,
    /// `library.update.section`…
    pub kind: Text,
    pub title: Option<Text>,
    pub subtitle: Option<Text>,
    /// Absent when the server does not know (−1 on the wire).
    pub progress_percent: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateStatus {
    /// The version on offer; absent = up to date.
    pub available_version: Option<Text>,
    pub can_install: Option<bool>,
}

/// Whether the server lets us use a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Available,
    /// No Plex Pass, no admin right, too old: absent, asked for rarely.
    Unavailable,
}
