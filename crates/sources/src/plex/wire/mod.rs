//! Shapes of the wire, every field optional. They never leave this folder's parent.
//!
//! Only what a monitor needs is named; all else is skipped unread. Field names are Plex's own.

pub(super) mod catalog;
pub(super) mod history;
pub(super) mod item;
pub(super) mod notify;
pub(super) mod server;
pub(super) mod tv;
