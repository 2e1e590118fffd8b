//! The few values that only the manager's Redis holds, read and nothing else.

mod command;
mod target;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use ::redis::{Pipeline, Value};
use base::tls::Trust;
use base::{Fault, Secret};
use model::Text;
use model::iptv::ProfileId;

use target::{Link, Target};

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
            .map(str::parse::<u32>);
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
    pub(super) vod: BTreeMap<Text, VodExtras>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LiveExtras {
    pub(super) video_bitrate_bps: Option<u64>,
    pub(super) output_bitrate_bps: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VodExtras {
    /// Streams that the session has open; 0 while its player reads nothing.
    pub(super) streams: Option<u64>,
    pub(super) worker_id: Option<Text>,
}

/// One Redis. It connects when it is first read, and again after an error.
#[derive(Debug)]
pub(super) struct Reader {
    target: Target,
    timeout: Duration,
    link: Option<Link>,
}

impl Reader {
    /// Only checks the address. `trust` is for `rediss://`; `timeout` is for each connection and for each read.
    pub(super) fn new(url: &Secret, trust: &Trust, timeout: Duration) -> Result<Self, Fault> {
        Ok(Self {
            target: Target::new(url, trust)?,
            timeout,
            link: None,
        })
    }

    /// Reads all of it in one round trip; nothing is ever written. A connection that broke since the last time is made
    /// anew at once.
    pub(super) async fn read(&mut self, ask: &Ask) -> Result<Extras, Fault> {
        let pipeline = command::pipeline(ask);
        if pipeline.is_empty() {
            return Ok(Extras::default());
        }
        // Taken out, so that nobody finds one whose answer was given up.
        if let Some(mut old) = self.link.take() {
            match self.ask(&mut old, &pipeline).await {
                Err(e) if !e.is_closed => return Err(e.fault),
                Err(_) => {}
                Ok(answers) => {
                    self.link = Some(old);
                    return self.extras(ask, answers);
                }
            }
        }
        let mut link = tokio::time::timeout(self.timeout, self.target.connect())
            .await
            .map_err(|_| words::slow(&self.target.shown, self.timeout))??;
        let answers = self.ask(&mut link, &pipeline).await.map_err(|e| e.fault)?;
        self.link = Some(link);
        self.extras(ask, answers)
    }

    async fn ask(&self, link: &mut Link, pipeline: &Pipeline) -> Result<Vec<Value>, Refusal> {
        let shown = &self.target.shown;
        let answer = link.connection.send_packed_commands(pipeline, 0, pipeline.len());
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer.map_err(|e| Refusal {
                is_closed: e.is_connection_dropped() || e.is_io_error(),
                fault: words::fault(shown, &e),
            }),
            Err(_) => Err(Refusal {
                is_closed: false,
                fault: words::slow(shown, self.timeout),
            }),
        }
    }

    fn extras(&self, ask: &Ask, answers: Vec<Value>) -> Result<Extras, Fault> {
        command::extras(ask, answers).map_err(|e| words::fault(&self.target.shown, &e))
    }
}

/// Why a connection gave no answer.
struct Refusal {
    /// It was not there any more, so that another one may answer.
    is_closed: bool,
    fault: Fault,
}
