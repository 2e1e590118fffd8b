//! The few values that only the manager's Redis holds, read and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use base::tls::Trust;
use base::{Fault, Secret};
use model::Text;
use model::iptv::ProfileId;

/// Which names Redis uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// `live:`, since 0.25.0.
    Live,
    /// `ts_proxy:`, before.
    TsProxy,
}

impl Prefix {
    /// Of the manager's version, `0.29.0` or `v0.29.0-…`; the newer one if it cannot be read.
    pub(super) fn of_version(version: &str) -> Self {
        let mut numbers = version
            .trim_start_matches('v')
            .split(['.', '-'])
            .map(|part| part.parse::<u32>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(0)), Some(Ok(minor))) if minor < 25 => Self::TsProxy,
            _ => Self::Live,
        }
    }
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) prefix: Prefix,
    pub(super) profiles: Vec<ProfileId>,
    /// Ids of the channels and previews on the air.
    pub(super) live: Vec<Text>,
    /// Sessions of films.
    pub(super) vod: Vec<Text>,
}

/// What was there. What was not is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// The manager's own counters of connections.
    pub(super) reserved: BTreeMap<ProfileId, u64>,
    pub(super) live: BTreeMap<Text, LiveExtras>,
    /// Streams that a film's session has open; 0 between two.
    pub(super) vod_streams: BTreeMap<Text, u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LiveExtras {
    pub(super) video_bitrate_bps: Option<u64>,
    pub(super) output_bitrate_bps: Option<u64>,
}

/// One Redis. It connects when it is first read, and again after an error.
#[derive(Debug)]
pub(super) struct Reader {}

impl Reader {
    /// Only checks the address. `trust` is for `rediss://`; `timeout` is for each connection and each read.
    pub(super) fn new(_url: &Secret, _trust: &Trust, _timeout: Duration) -> Result<Self, Fault> {
        Ok(Self {})
    }

    /// Reads all of it in one round trip; nothing is ever written.
    #[expect(clippy::unused_async, reason = "the body follows")]
    pub(super) async fn read(&mut self, _ask: &Ask) -> Result<Extras, Fault> {
        Ok(Extras::default())
    }
}
