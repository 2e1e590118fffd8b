//! Shapes of the wire, every field optional. They never leave this folder's parent.
//!
//! Only what a monitor needs is named; all else is skipped unread, above all passwords, keys and the addresses of
//! streams. Numbers come as numbers or as texts, depending on the endpoint. A field that cannot be read costs that
//! field, a channel or viewer that is no object costs that one. A list that is missing or no list costs the whole
//! answer: "nothing is on the air" must have been said.

mod address;
mod inventory;
mod status;
#[cfg(test)]
mod tests;

pub(super) use address::Address;
pub(super) use inventory::{
    Account, AccountGroup, ChannelPage, ChannelRow, EpgSource, Group, Plugin, PluginList, Profile, Programme,
    StreamProfile, StreamRow, Token, User, Version,
};
pub(super) use status::{
    CatchupStats, Content, Detail, LiveChannel, LiveClient, LiveStatus, Stats, TimeshiftClient,
    TimeshiftSession, VodClient, VodContent, VodStats,
};

use crate::lenient::{self, Cx, DecodeError, Decoded, Field, Object};

/// Wire structs of this folder; they are seen in it alone.
macro_rules! wire {
    ($($structs:tt)*) => { $crate::lenient::wire! { (pub(in crate::dispatcharr)) $($structs)* } };
}
use wire;

/// `/proxy/stats/`: everything at once.
pub(super) fn stats(body: &[u8]) -> Result<Decoded<Stats>, DecodeError> {
    let read = object::<Stats>(body)?;
    let value = &read.value;
    let live = value.live.as_ref().ok_or(missing("live"))?;
    let vod = value.vod.as_ref().ok_or(missing("vod"))?;
    let catchup = value.catchup.as_ref().ok_or(missing("catchup"))?;
    live.channels.as_ref().ok_or(missing("live.channels"))?;
    vod.vod_connections
        .as_ref()
        .ok_or(missing("vod.vod_connections"))?;
    catchup
        .timeshift_sessions
        .as_ref()
        .ok_or(missing("catchup.timeshift_sessions"))?;
    Ok(read)
}

/// `/proxy/ts/status`
pub(super) fn live(body: &[u8]) -> Result<Decoded<LiveStatus>, DecodeError> {
    let read = object::<LiveStatus>(body)?;
    read.value.channels.as_ref().ok_or(missing("channels"))?;
    Ok(read)
}

/// `/proxy/vod/stats/`
pub(super) fn vod(body: &[u8]) -> Result<Decoded<VodStats>, DecodeError> {
    let read = object::<VodStats>(body)?;
    read.value
        .vod_connections
        .as_ref()
        .ok_or(missing("vod_connections"))?;
    Ok(read)
}

/// `/proxy/ts/status/{channel_id}`
pub(super) fn detail(body: &[u8]) -> Result<Decoded<Detail>, DecodeError> {
    let read = object::<Detail>(body)?;
    read.value.channel_id.as_ref().ok_or(missing("channel_id"))?;
    Ok(read)
}

/// What it is called in errors.
const OBJECT: &str = "JSON object";

/// An answer that is one object. An error has words of its own, so whoever reads one checks the status first.
pub(super) fn object<T: for<'de> Object<'de>>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    let read: Decoded<Option<Box<T>>> = read(body, '{', OBJECT)?;
    let value = *read.value.ok_or(not_a(OBJECT))?;
    Ok(Decoded {
        value,
        issues: read.issues,
    })
}

/// An answer that is a bare list.
pub(super) fn list<T: for<'de> Object<'de>>(body: &[u8]) -> Result<Decoded<Vec<T>>, DecodeError> {
    read(body, '[', "list")
}

fn missing(field: &'static str) -> DecodeError {
    DecodeError::Missing { field }
}

fn not_a(wanted: &'static str) -> DecodeError {
    DecodeError::NotAContainer {
        wanted,
        found: "something else".to_owned(),
    }
}

fn read<T: for<'de> Field<'de>>(
    body: &[u8],
    opening: char,
    wanted: &'static str,
) -> Result<Decoded<T>, DecodeError> {
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    let text = text.trim();
    if text.is_empty() {
        return Err(DecodeError::Empty);
    }
    if lenient::is_html(text) {
        // What every unknown path is answered with, with status 200.
        return Err(DecodeError::Html {
            title: lenient::html_title(text),
        });
    }
    match once(text) {
        Ok(_) if !text.starts_with(opening) => Err(not_a(wanted)),
        Ok(read) => Ok(read),
        // Python writes `NaN` and `Infinity`, which no JSON has.
        Err(e) => match lenient::repair::json(text) {
            std::borrow::Cow::Owned(mended) if mended.starts_with(opening) => once(&mended),
            _ => Err(e),
        },
    }
}

fn once<T: for<'de> Field<'de>>(text: &str) -> Result<Decoded<T>, DecodeError> {
    let mut cx = Cx::default();
    let mut de = serde_json::Deserializer::from_str(text);
    let value = T::read(&mut de, &mut cx).map_err(|e| lenient::json_error(&e))?;
    de.end().map_err(|e| lenient::json_error(&e))?;
    Ok(Decoded::new(value, cx))
}
