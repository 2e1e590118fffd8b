//! One running feed and what can be computed of it at a moment. Pure: the clock is an argument.

use crate::dispatcharr::seed::Media;

/// Bytes from the provider are written down this often.
const COUNT_MS: i64 = 5_000;

/// A viewer's bytes and rates are written down this often.
const CLIENT_MS: i64 = 1_000;

/// Bytes of one piece of the buffer.
pub(crate) const CHUNK: u64 = 255_868;

/// Pieces a new viewer gets at once, and pieces a feed must have before it is active.
const BURST: u64 = 2;
const ENOUGH: u64 = 4;

/// How much of its normal rate a source still brings while it buffers.
const STARVED: f64 = 0.6;

/// Who watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub ip: String,
    pub user_agent: String,
    /// `None`: not signed in.
    pub user: Option<i64>,
}

impl Viewer {
    /// Somebody who did not sign in.
    pub fn new(ip: impl Into<String>, user_agent: impl Into<String>) -> Self {
        Self {
            ip: ip.into(),
            user_agent: user_agent.into(),
            user: None,
        }
    }

    /// Signed in.
    #[must_use]
    pub fn user(mut self, id: i64) -> Self {
        self.user = Some(id);
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) viewer: Viewer,
    pub(crate) connected_ms: i64,
    /// When its line went dead without a word.
    pub(crate) gone_ms: Option<i64>,
}

/// From this moment on so many bits a second.
#[derive(Clone, Copy, Debug)]
struct Flow {
    from_ms: i64,
    /// Bytes until then.
    base: f64,
    bps: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Feed {
    /// UUID of the channel, or the stream's hash.
    pub(crate) key: String,
    /// `None`: a preview.
    pub(crate) channel: Option<i64>,
    pub(crate) name: String,
    pub(crate) stream: i64,
    pub(crate) stream_name: String,
    pub(crate) url: String,
    pub(crate) media: Media,
    pub(crate) profile: i64,
    pub(crate) profile_name: String,
    pub(crate) stream_profile: i64,
    pub(crate) owner: String,
    pub(crate) init_ms: i64,
    startup_ms: i64,
    /// Set from outside; then the life cycle says nothing.
    state: Option<(String, i64)>,
    flows: Vec<Flow>,
    pub(crate) clients: Vec<Client>,
    /// Streams that failed it.
    pub(crate) dead: Vec<i64>,
    /// When and why it went to another stream.
    pub(crate) switched: Option<(i64, &'static str)>,
    /// Times real time.
    pub(crate) speed: f64,
}

/// Which stream through which login.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) stream: i64,
    pub(crate) stream_name: String,
    pub(crate) url: String,
    pub(crate) media: Media,
    pub(crate) profile: i64,
    pub(crate) profile_name: String,
}

/// What a feed is, before it has a source.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) key: String,
    pub(crate) channel: Option<i64>,
    pub(crate) name: String,
    pub(crate) stream_profile: i64,
    pub(crate) owner: String,
    pub(crate) startup_ms: i64,
}

/// What is known of one viewer's bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) bytes: u64,
    pub(crate) chunks: u64,
    pub(crate) mean_kib_s: f64,
    pub(crate) now_kib_s: f64,
    pub(crate) at_ms: i64,
}

impl Feed {
    pub(crate) fn new(outline: Outline, source: Source, now_ms: i64) -> Self {
        let mut feed = Self {
            key: outline.key,
            channel: outline.channel,
            name: outline.name,
            stream: source.stream,
            stream_name: String::new(),
            url: String::new(),
            media: source.media.clone(),
            profile: source.profile,
            profile_name: String::new(),
            stream_profile: outline.stream_profile,
            owner: outline.owner,
            init_ms: now_ms,
            startup_ms: outline.startup_ms,
            state: None,
            flows: Vec::new(),
            clients: Vec::new(),
            dead: Vec::new(),
            switched: None,
            speed: 1.01,
        };
        feed.feed_from(source, now_ms);
        feed
    }

    /// Goes on from another source; its clock and its bytes go on, too.
    pub(crate) fn feed_from(&mut self, source: Source, now_ms: i64) {
        self.stream = source.stream;
        self.stream_name = source.stream_name;
        self.url = source.url;
        self.profile = source.profile;
        self.profile_name = source.profile_name;
        self.media = source.media;
        self.flow(self.media.kbps * 1_000.0, now_ms);
    }

    fn flow(&mut self, bps: f64, now_ms: i64) {
        let base = self.exact_bytes(now_ms);
        self.flows.push(Flow {
            from_ms: now_ms,
            base,
            bps,
        });
    }

    /// Sets the state by hand; a state of the normal life cycle gives it back to that.
    pub(crate) fn set_state(&mut self, state: &str, now_ms: i64) {
        let normal = self.media.kbps * 1_000.0;
        let (bps, speed) = match state {
            "buffering" => (normal * STARVED, STARVED),
            "error" | "stopping" | "stopped" => (0.0, 0.0),
            _ => (normal, 1.01),
        };
        self.state = (state != "active").then(|| (state.to_owned(), now_ms));
        self.speed = speed;
        self.flow(bps, now_ms);
    }

    fn exact_bytes(&self, at_ms: i64) -> f64 {
        let flow = self.flows.iter().rev().find(|f| f.from_ms <= at_ms);
        flow.map_or(0.0, |f| f.base + f.bps * (at_ms - f.from_ms) as f64 / 8_000.0)
    }

    /// The state's name, and since when.
    pub(crate) fn state(&self, now_ms: i64) -> (&str, i64) {
        if let Some((state, since)) = &self.state {
            return (state, *since);
        }
        if self.startup_ms == 0 {
            return ("active", self.init_ms);
        }
        let age_ms = now_ms - self.init_ms;
        let connected_ms = self.init_ms + self.startup_ms / 8;
        if age_ms < self.startup_ms / 8 {
            ("initializing", self.init_ms)
        } else if age_ms < self.startup_ms || self.exact_bytes(now_ms) < (ENOUGH * CHUNK) as f64 {
            ("connecting", connected_ms)
        } else if self.clients.is_empty() {
            ("waiting_for_clients", self.init_ms + self.startup_ms)
        } else {
            ("active", self.init_ms + self.startup_ms)
        }
    }

    /// Does a picture come?
    pub(crate) fn is_flowing(&self, now_ms: i64) -> bool {
        matches!(
            self.state(now_ms).0,
            "active" | "buffering" | "waiting_for_clients"
        )
    }

    /// Bytes from the provider, as written down last.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes: not negative, far below 2^53"
    )]
    pub(crate) fn total_bytes(&self, now_ms: i64) -> u64 {
        let age_ms = (now_ms - self.init_ms).max(0);
        let step_ms = self.init_ms + age_ms - age_ms % COUNT_MS;
        // Whole packets of a transport stream.
        (self.exact_bytes(step_ms) / 188.0) as u64 * 188
    }

    /// What a viewer got; `None` before their first piece.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes: not negative, far below 2^53"
    )]
    pub(crate) fn sent(&self, client: &Client, now_ms: i64) -> Option<Sent> {
        if !self.is_flowing(now_ms) {
            return None;
        }
        let until_ms = client.gone_ms.unwrap_or(now_ms);
        let age_ms = (until_ms - client.connected_ms).max(0);
        let at_ms = client.connected_ms + age_ms - age_ms % CLIENT_MS;
        let flowed = self.exact_bytes(at_ms) - self.exact_bytes(client.connected_ms);
        let bytes = flowed.max(0.0) as u64 + BURST * CHUNK;
        let chunks = bytes / CHUNK;
        let seconds = ((at_ms - client.connected_ms) as f64 / 1_000.0).max(1.0);
        let now_bps = self.flows.last().map_or(0.0, |f| f.bps);
        let tenth = |x: f64| (x * 10.0).round() / 10.0;
        Some(Sent {
            bytes,
            chunks,
            mean_kib_s: tenth(bytes as f64 / 1_024.0 / seconds),
            now_kib_s: tenth(now_bps / 8.0 / 1_024.0),
            at_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(startup_ms: i64, media: Media) -> Feed {
        let outline = Outline {
            key: "k".into(),
            channel: Some(1),
            name: "n".into(),
            stream_profile: 1,
            owner: "o".into(),
            startup_ms,
        };
        Feed::new(outline, source(media), 1_000)
    }

    fn source(media: Media) -> Source {
        Source {
            stream: 1,
            stream_name: String::new(),
            url: String::new(),
            media,
            profile: 2,
            profile_name: String::new(),
        }
    }

    #[test]
    fn life_begins_in_steps() {
        let mut feed = feed(4_000, Media::hd());
        for (at_ms, state) in [
            (1_000, "initializing"),
            (1_600, "connecting"),
            (4_999, "connecting"),
            (5_100, "waiting_for_clients"),
        ] {
            assert_eq!(feed.state(at_ms).0, state, "{at_ms}");
        }
        feed.clients.push(Client {
            id: "c".into(),
            viewer: Viewer::new("10.0.0.1", "x"),
            connected_ms: 1_000,
            gone_ms: None,
        });
        assert_eq!(feed.state(5_100), ("active", 5_000));
        // A radio fills the buffer slowly.
        let radio = super::tests::feed(4_000, Media::radio());
        assert_eq!(radio.state(60_000).0, "connecting");
    }

    #[test]
    fn bytes_grow_in_steps_and_never_go_back() {
        let mut feed = feed(0, Media::hd());
        assert_eq!(feed.total_bytes(5_999), 0);
        let first = feed.total_bytes(6_000);
        assert!(first > 1_700_000, "{first}");
        assert_eq!(feed.total_bytes(10_999), first);
        feed.set_state("error", 8_000);
        let stopped = feed.total_bytes(60_000);
        assert!(stopped > first);
        assert_eq!(feed.total_bytes(600_000), stopped);
        feed.feed_from(source(Media::sd()), 600_000);
        assert!(feed.total_bytes(620_000) > stopped);
    }
}
