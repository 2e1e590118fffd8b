//! What is sent, and what the answers mean. `MGET` and `HMGET` of keys whose names are known: no search, and
//! never the chunks of the streams, which lie beside them.

use ::redis::{ErrorKind, Pipeline, RedisError, Value};
use model::Text;

use super::super::map::values;
use super::{Ask, Extras, LiveExtras, Prefix, VodExtras};

impl Prefix {
    fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::TsProxy => "ts_proxy",
        }
    }
}

/// Everything in one round trip: the counters of logins in one command, then one for each channel, then one for each
/// film.
pub(super) fn pipeline(ask: &Ask) -> Pipeline {
    let mut pipeline = Pipeline::new();
    if !ask.profiles.is_empty() {
        let counters = pipeline.cmd("MGET");
        for profile in &ask.profiles {
            counters.arg(format!("profile_connections:{profile}"));
        }
    }
    let prefix = ask.prefix.as_str();
    for id in &ask.live {
        pipeline
            .cmd("HMGET")
            .arg(format!("{prefix}:channel:{id}:metadata"))
            .arg("video_bitrate")
            .arg("ffmpeg_output_bitrate");
    }
    for session in &ask.vod {
        pipeline
            .cmd("HMGET")
            .arg(format!("vod_persistent_connection:{session}"))
            .arg("active_streams")
            .arg("worker_id");
    }
    pipeline
}

/// What the answers to [`pipeline`] say. Of a key that holds something else than it should, nothing; every other refusal
/// counts for all of them, since what may not be read is not absent.
pub(super) fn extras(ask: &Ask, answers: Vec<Value>) -> Result<Extras, RedisError> {
    let mut answers = answers.into_iter();
    let mut next = || match answers.next() {
        Some(Value::ServerError(e)) if e.code() == "WRONGTYPE" => Ok(Value::Nil),
        Some(Value::ServerError(e)) => Err(RedisError::from(e)),
        Some(value) => Ok(value),
        None => Err((ErrorKind::Parse, "fewer answers than questions").into()),
    };
    let mut out = Extras::default();
    if !ask.profiles.is_empty() {
        let counters = elements(next()?);
        let counters = ask.profiles.iter().zip(counters);
        out.reserved = counters
            // The counter can fall below 0 when a leak is cleaned up twice; then it says nothing.
            .filter_map(|(profile, value)| Some((*profile, number(&value)?)))
            .collect();
    }
    for id in &ask.live {
        let mut fields = elements(next()?).into_iter();
        let mut bitrate = || values::kbit_s(decimal(&fields.next()?)?).filter(|bps| *bps > 0);
        let found = LiveExtras {
            video_bitrate_bps: bitrate(),
            output_bitrate_bps: bitrate(),
        };
        if found != LiveExtras::default() {
            out.live.insert(id.clone(), found);
        }
    }
    for session in &ask.vod {
        let mut fields = elements(next()?).into_iter();
        let found = VodExtras {
            streams: fields.next().as_ref().and_then(number),
            worker_id: fields.next().as_ref().and_then(text).map(Text::from),
        };
        if found != VodExtras::default() {
            out.vod.insert(session.clone(), found);
        }
    }
    Ok(out)
}

fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text.as_str()),
        _ => None,
    }
    .map(str::trim)
    .filter(|text| !text.is_empty())
}

fn number(value: &Value) -> Option<u64> {
    text(value)?.parse().ok()
}

fn decimal(value: &Value) -> Option<f64> {
    text(value)?.parse().ok()
}
