//! Channels and previews: who watches what, through which stream and which login.

use serde_json::{Value, json};

use super::feed::{Client, Feed, Outline, Source, Viewer};
use super::{State, World};
use crate::dispatcharr::render;
use crate::dispatcharr::seed::{ChannelSeed, FFMPEG};

/// Processes that share the work.
const WORKERS: [&str; 2] = ["dispatcharr:11064", "dispatcharr:11065"];

/// How long a client whose line is dead is still listed.
const GHOST_MS: i64 = 50_000;

/// A feed's figures are written down after this long.
const MEASURED_MS: i64 = 30_000;

/// Names a channel, or a feed.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// UUID of a channel, or the 64 digits of a preview.
    Key(String),
    Number(f64),
}

impl From<&str> for Which {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<&String> for Which {
    fn from(key: &String) -> Self {
        Self::Key(key.clone())
    }
}

impl From<f64> for Which {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Why nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TuneError {
    #[error("there is no such channel, stream or login")]
    Unknown,
    /// What a player gets with 503.
    #[error("All active M3U profiles have reached maximum connection limits")]
    Full,
    #[error("none of its streams works")]
    Dead,
}

impl World {
    /// Somebody zaps to a channel. Returns the client's name.
    pub fn tune(&self, which: impl Into<Which>, viewer: Viewer) -> Result<String, TuneError> {
        let now_ms = self.now_ms();
        let id = self.lock().tune(&which.into(), viewer, now_ms)?;
        self.tell_channels();
        Ok(id)
    }

    /// A client hangs up; the last one ends the feed. False if there is no such client.
    pub fn leave(&self, client: &str) -> bool {
        let now_ms = self.now_ms();
        let left = self.lock().leave(client, now_ms);
        if left {
            self.tell_channels();
        }
        left
    }

    /// A client's line goes dead without a word: it is listed for another 50 seconds and gets nothing any more. False if
    /// there is no such client.
    pub fn vanish(&self, client: &str) -> bool {
        let now_ms = self.now_ms();
        let mut inner = self.lock();
        let mut clients = inner.feeds.values_mut().flat_map(|f| &mut f.clients);
        match clients.find(|c| c.id == client) {
            Some(client) => {
                client.gone_ms = Some(now_ms);
                true
            }
            None => false,
        }
    }

    /// A provider's stream works no more, or works again. What runs on it is not touched; see [`World::fail_stream`].
    pub fn set_stream_works(&self, stream: i64, works: bool) {
        let mut inner = self.lock();
        if works {
            inner.broken.remove(&stream);
        } else {
            inner.broken.insert(stream);
        }
    }

    /// The stream a feed runs on dies. True if it goes on from another one; else it is in state `error`, or it is a
    /// preview or not on the air.
    pub fn fail_stream(&self, which: impl Into<Which>) -> bool {
        let now_ms = self.now_ms();
        let goes_on = self.lock().fail_stream(&which.into(), now_ms);
        self.tell_channels();
        goes_on
    }

    /// Puts a feed in a state by hand: `buffering`, `error`… `active` gives it back to its normal life. False if it is
    /// not on the air.
    pub fn set_state(&self, which: impl Into<Which>, state: &str) -> bool {
        let now_ms = self.now_ms();
        let mut inner = self.lock();
        let Some(feed) = inner.feed_mut(&which.into()) else {
            return false;
        };
        feed.set_state(state, now_ms);
        let (key, name) = (feed.key.clone(), feed.name.clone());
        if state == "buffering" {
            inner.event(
                "channel_buffering",
                Some((&key, &name)),
                &json!({ "speed": 0.6 }),
                now_ms,
            );
        }
        true
    }

    /// Tries one stream out by itself. Returns the client's name.
    pub fn preview(&self, stream: i64, viewer: Viewer) -> Result<String, TuneError> {
        let now_ms = self.now_ms();
        let id = self.lock().preview(stream, viewer, now_ms)?;
        self.tell_channels();
        Ok(id)
    }

    /// An admin ends a feed and sends its viewers away.
    pub fn stop_channel(&self, which: impl Into<Which>) -> bool {
        let now_ms = self.now_ms();
        let stopped = self.lock().stop(&which.into(), now_ms);
        self.tell_channels();
        stopped
    }

    /// The channel's row is deleted; what is on the air goes on.
    pub fn delete_channel(&self, which: impl Into<Which>) -> bool {
        let mut inner = self.lock();
        let Some(id) = inner.channel_of(&which.into()).map(|c| c.id) else {
            return false;
        };
        inner.have.channels.retain(|c| c.id != id);
        true
    }

    /// Keys of what is on the air: UUIDs, and 64 digits for previews.
    pub fn on_air(&self) -> Vec<String> {
        self.lock().feeds.keys().cloned().collect()
    }

    /// Clients of a feed, in the order in which they came.
    pub fn clients(&self, which: impl Into<Which>) -> Vec<String> {
        let mut inner = self.lock();
        let feed = inner.feed_mut(&which.into());
        feed.map_or_else(Vec::new, |f| f.clients.iter().map(|c| c.id.clone()).collect())
    }

    /// The stream that feeds it now.
    pub fn stream_of(&self, which: impl Into<Which>) -> Option<i64> {
        self.lock().feed_mut(&which.into()).map(|f| f.stream)
    }

    /// Connections of a login that carry something.
    pub fn connections(&self, profile: i64) -> u64 {
        self.lock().carried(profile)
    }
}

impl State {
    pub(super) fn channel_of(&self, which: &Which) -> Option<&ChannelSeed> {
        let is = |c: &&ChannelSeed| match which {
            Which::Key(uuid) => c.uuid == *uuid,
            Which::Number(number) => c.number == Some(*number),
        };
        self.have.channels.iter().find(is)
    }

    fn feed_mut(&mut self, which: &Which) -> Option<&mut Feed> {
        let key = match which {
            Which::Key(key) => key.clone(),
            Which::Number(_) => self.channel_of(which)?.uuid.clone(),
        };
        self.feeds.get_mut(&key)
    }

    fn tune(&mut self, which: &Which, viewer: Viewer, now_ms: i64) -> Result<String, TuneError> {
        let channel = self.channel_of(which).ok_or(TuneError::Unknown)?.clone();
        if !self.feeds.contains_key(&channel.uuid) {
            let source = self.source(&channel.streams, &[])?;
            let outline = self.outline(&channel);
            self.begin(Feed::new(outline, source, now_ms), now_ms);
        }
        Ok(self.join(&channel.uuid, viewer, now_ms))
    }

    fn outline(&mut self, channel: &ChannelSeed) -> Outline {
        Outline {
            key: channel.uuid.clone(),
            channel: Some(channel.id),
            name: channel.name.clone(),
            stream_profile: channel.stream_profile.unwrap_or(FFMPEG),
            owner: self.worker(),
            startup_ms: self.startup_ms(),
        }
    }

    fn worker(&mut self) -> String {
        WORKERS[self.rng.usize(..WORKERS.len())].to_owned()
    }

    fn startup_ms(&self) -> i64 {
        i64::try_from(self.have.startup.as_millis()).unwrap_or(i64::MAX)
    }

    /// The first stream that works, through the first login that has room.
    fn source(&self, streams: &[i64], dead: &[i64]) -> Result<Source, TuneError> {
        let mut why = TuneError::Dead;
        for id in streams
            .iter()
            .filter(|id| !dead.contains(id) && !self.broken.contains(id))
        {
            let Some(stream) = self.stream(*id) else { continue };
            let Some(account) = self.account(stream.account).filter(|a| a.is_active) else {
                continue;
            };
            let mut logins = account.profiles.iter().filter(|p| p.is_active);
            let free = logins.find(|p| p.max_streams == 0 || self.reserved(p.id) < u64::from(p.max_streams));
            match free {
                Some(profile) => {
                    return Ok(Source {
                        stream: stream.id,
                        stream_name: stream.name.clone(),
                        url: stream.url.clone(),
                        media: stream.media.clone(),
                        profile: profile.id,
                        profile_name: profile.name.clone(),
                    });
                }
                None => why = TuneError::Full,
            }
        }
        Err(why)
    }

    fn begin(&mut self, feed: Feed, now_ms: i64) {
        let (key, name) = (feed.key.clone(), feed.name.clone());
        let details = json!({ "stream_name": feed.stream_name, "stream_id": feed.stream });
        self.feeds.insert(key.clone(), feed);
        self.event("channel_start", Some((&key, &name)), &details, now_ms);
    }

    fn join(&mut self, key: &str, viewer: Viewer, now_ms: i64) -> String {
        let id = self.session_name("client", now_ms);
        let details = self.about_client(&id, &viewer);
        let Some(feed) = self.feeds.get_mut(key) else {
            return id;
        };
        let name = feed.name.clone();
        feed.clients.push(Client {
            id: id.clone(),
            viewer,
            connected_ms: now_ms,
            gone_ms: None,
        });
        self.event("client_connect", Some((key, &name)), &details, now_ms);
        id
    }

    fn about_client(&self, id: &str, viewer: &Viewer) -> Value {
        json!({
            "username": self.user_name(viewer.user), "client_id": id, "client_ip": viewer.ip,
            "user_agent": viewer.user_agent,
        })
    }

    fn leave(&mut self, client: &str, now_ms: i64) -> bool {
        let watched = self.feeds.values_mut().find_map(|f| {
            let at = f.clients.iter().position(|c| c.id == client)?;
            Some((
                f.key.clone(),
                f.name.clone(),
                f.clients.remove(at),
                f.clients.is_empty(),
            ))
        });
        let Some((key, name, gone, was_last)) = watched else {
            return false;
        };
        let details = self.about_client(&gone.id, &gone.viewer);
        self.event("client_disconnect", Some((&key, &name)), &details, now_ms);
        if was_last {
            self.stop(&Which::Key(key), now_ms);
        }
        true
    }

    /// Sends away those whose line is dead, as every look at the list does.
    pub(crate) fn reap(&mut self, now_ms: i64) {
        let is_ghost = |c: &&Client| c.gone_ms.is_some_and(|at| at + GHOST_MS <= now_ms);
        let clients = self.feeds.values().flat_map(|f| &f.clients);
        let ghosts: Vec<String> = clients.filter(is_ghost).map(|c| c.id.clone()).collect();
        for ghost in ghosts {
            self.leave(&ghost, now_ms);
        }
    }

    fn stop(&mut self, which: &Which, now_ms: i64) -> bool {
        let Some(key) = self.feed_mut(which).map(|f| f.key.clone()) else {
            return false;
        };
        let Some(feed) = self.feeds.remove(&key) else {
            return false;
        };
        self.measure(&feed, now_ms);
        let details = json!({
            "runtime": render::rounded((now_ms - feed.init_ms) as f64 / 1_000.0, 2),
            "total_bytes": feed.total_bytes(now_ms),
        });
        self.event("channel_stop", Some((&key, &feed.name)), &details, now_ms);
        true
    }

    /// Writes down what a stream was like, if it ran long enough and somebody looked into it.
    fn measure(&mut self, feed: &Feed, now_ms: i64) {
        if now_ms - feed.init_ms >= MEASURED_MS && feed.stream_profile == FFMPEG {
            self.measured.insert(feed.stream, now_ms);
        }
    }

    fn fail_stream(&mut self, which: &Which, now_ms: i64) -> bool {
        let Some(feed) = self.feed_mut(which) else {
            return false;
        };
        let failed = feed.stream;
        feed.dead.push(failed);
        // Its login is free again before another one is looked for.
        let before = feed.clone();
        self.measure(&before, now_ms);
        self.feeds.remove(&before.key);
        let streams = before
            .channel
            .and_then(|id| self.channel(id))
            .map(|c| c.streams.clone());
        let next = self.source(&streams.unwrap_or_default(), &before.dead);
        let mut feed = before;
        let goes_on = next.is_ok();
        let from = feed.stream_name.clone();
        match next {
            Ok(source) => {
                feed.feed_from(source, now_ms);
                feed.switched = Some((now_ms, "stream failed"));
            }
            Err(_) => feed.set_state("error", now_ms),
        }
        let (key, name) = (feed.key.clone(), feed.name.clone());
        let (kind, details) = if goes_on {
            let reason = json!({ "reason": "stream_error", "from": from, "to": feed.stream_name });
            ("channel_failover", reason)
        } else {
            (
                "channel_error",
                json!({ "error_type": "connection", "stream_name": from }),
            )
        };
        self.feeds.insert(key.clone(), feed);
        self.event(kind, Some((&key, &name)), &details, now_ms);
        goes_on
    }

    fn preview(&mut self, stream: i64, viewer: Viewer, now_ms: i64) -> Result<String, TuneError> {
        let found = self.stream(stream).ok_or(TuneError::Unknown)?;
        let (key, name) = (render::stream_hash(&found.url), found.name.clone());
        if !self.feeds.contains_key(&key) {
            let source = self.source(&[stream], &[])?;
            let outline = Outline {
                key: key.clone(),
                channel: None,
                name,
                stream_profile: FFMPEG,
                owner: self.worker(),
                startup_ms: self.startup_ms(),
            };
            self.begin(Feed::new(outline, source, now_ms), now_ms);
        }
        Ok(self.join(&key, viewer, now_ms))
    }
}
