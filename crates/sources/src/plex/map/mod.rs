//! From wire shapes to the model, purely.
//!
//! Invariant: nothing here asks a server, reads a clock or remembers an earlier answer. The rules follow what
//! servers were seen to send; each is stated where it is applied.

mod catalog;
mod delivery;
mod history;
mod libraries;
mod notifications;
mod reasons;
mod server;
mod sessions;
mod source;
mod stats;
#[cfg(test)]
mod tests;
mod titles;
mod tv;

use std::collections::HashMap;

use model::{LibraryId, LibraryRef, Session, SourceMedia, Text};

use super::decode::Str;

pub(super) use catalog::{Page, catalog_sections, children, collections, item_page, members, promoted};
pub(super) use history::{HistoryPage, accounts, complete, history, known_items};
pub(super) use libraries::{libraries, sections, total};
pub(super) use notifications::{Notification, PlayingState, event, notifications};
pub(super) use server::{Identity, identity, is_maintenance, root};
pub(super) use sessions::{metadata, sessions};
pub(super) use stats::{BandwidthRow, activities, bandwidth, resources, transcodes, update};
pub(super) use tv::{TvConnection, TvServer, tv_error, tv_pin, tv_resources, tv_user};

/// A good answer to `/status/sessions`.
#[derive(Debug)]
pub(super) struct MappedSessions {
    pub(super) sessions: Vec<Session>,
    pub(super) lookups: Vec<Lookup>,
}

/// What to fetch from `/library/metadata` to complete sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    pub(super) rating_key: Text,
}

/// What the poller knows so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) libraries: &'a HashMap<LibraryId, LibraryRef>,
    pub(super) metadata: &'a HashMap<Text, ItemMetadata>,
}

/// What `/library/metadata` told of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ItemMetadata {
    pub(super) library_id: Option<LibraryId>,
    pub(super) versions: Vec<Version>,
}

/// One file of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) media_id: Option<Text>,
    pub(super) source: SourceMedia,
}

/// A wire text as one of ours.
fn text(field: &Str<'_>) -> Option<Text> {
    field.as_deref().map(Text::from)
}

/// A codec or container name: lower case; `*` stands for "any" on the wire and is unknown to us.
fn codec(field: &Str<'_>) -> Option<Text> {
    let word = field.as_deref().filter(|c| *c != "*")?;
    Some(if word.bytes().any(|b| b.is_ascii_uppercase()) {
        word.to_ascii_lowercase().into()
    } else {
        word.into()
    })
}

/// `/transcode/sessions/abc` and `abc` are the same transcode.
fn bare_key(field: &Str<'_>) -> Option<Text> {
    field
        .as_deref()
        .and_then(|k| k.rsplit('/').next())
        .filter(|k| !k.is_empty())
        .map(Text::from)
}

/// Kilobits per second as bits per second. 0 and the wire's two stand-ins for "unlimited" are unknown.
fn bps(kbps: Option<u64>) -> Option<u64> {
    /// `Session.bandwidth` of a session without limit; `Stream.bitrate` uses 2147483647 likewise.
    const UNLIMITED_KBPS: u64 = 10_000_000;
    kbps.filter(|n| (1..UNLIMITED_KBPS).contains(n)).map(|n| n * 1000)
}
