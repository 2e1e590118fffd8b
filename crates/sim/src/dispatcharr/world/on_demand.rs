//! Films on demand and programmes of the past: one viewer each, counted against a login like a channel.

use serde_json::json;

use super::feed::Viewer;
use super::live::{TuneError, Which};
use super::{State, World};
use crate::dispatcharr::render;
use crate::dispatcharr::seed::Media;

/// A film or an episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Movie,
    Episode {
        series: String,
        season: u32,
        episode: u32,
    },
}

/// Something on demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub kind: Kind,
    pub uuid: String,
    pub name: String,
    pub year: u16,
    pub duration_s: u32,
    /// Whose it is.
    pub account: i64,
    /// Sent to the viewer, kb/s.
    pub kbps: f64,
}

impl Content {
    /// A film of the default seed's panel.
    pub fn movie(name: &str, year: u16) -> Self {
        let digits = render::stream_hash(name);
        Self {
            kind: Kind::Movie,
            uuid: format!("{}-0000-4000-8000-{}", &digits[..8], &digits[8..20]),
            name: name.to_owned(),
            year,
            duration_s: 6_300,
            account: 3,
            kbps: 4_200.0,
        }
    }

    /// An episode of the default seed's panel.
    pub fn episode(series: &str, season: u32, episode: u32, title: &str) -> Self {
        Self {
            kind: Kind::Episode {
                series: series.to_owned(),
                season,
                episode,
            },
            duration_s: 2_580,
            ..Self::movie(&format!("{series} - S{season:02}E{episode:02} - {title}"), 2020)
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Vod {
    pub(crate) session: String,
    pub(crate) content: Content,
    pub(crate) viewer: Viewer,
    pub(crate) profile: i64,
    pub(crate) since_ms: i64,
    /// Bytes flow; else it lingers with nothing behind it.
    pub(crate) is_open: bool,
    /// When it stopped to flow.
    pub(crate) until_ms: Option<i64>,
}

impl Vod {
    /// The last moment something flowed.
    pub(crate) fn active_ms(&self, now_ms: i64) -> i64 {
        self.until_ms.unwrap_or(now_ms)
    }

    pub(crate) fn sent_bytes(&self, now_ms: i64) -> u64 {
        bytes(self.content.kbps, self.active_ms(now_ms) - self.since_ms)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Shift {
    pub(crate) session: String,
    pub(crate) channel: i64,
    pub(crate) channel_uuid: String,
    pub(crate) channel_name: String,
    pub(crate) viewer: Viewer,
    pub(crate) profile: i64,
    pub(crate) media: Media,
    pub(crate) stream: i64,
    /// When the programme was on, milliseconds since 1970.
    pub(crate) programme_ms: i64,
    pub(crate) since_ms: i64,
    /// When the viewer paused.
    pub(crate) paused_ms: Option<i64>,
    /// Bytes until the last change, and when that was.
    base: (u64, i64),
}

impl Shift {
    pub(crate) fn bytes(&self, now_ms: i64) -> u64 {
        let until = self.paused_ms.unwrap_or(now_ms);
        self.base.0 + bytes(self.media.kbps, until - self.base.1)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes: not negative, far below 2^53"
)]
fn bytes(kbps: f64, ms: i64) -> u64 {
    (kbps * ms.max(0) as f64 / 8.0) as u64
}

impl World {
    /// Somebody plays something on demand. Returns the session's name.
    pub fn vod(&self, content: Content, viewer: Viewer) -> Result<String, TuneError> {
        let now_ms = self.now_ms();
        let session = self.lock().vod(content, viewer, now_ms)?;
        self.tell_vod("vod_started", &session);
        Ok(session)
    }

    /// The viewer stops it and its session is cleaned up. False if there is none.
    pub fn end_vod(&self, session: &str) -> bool {
        self.tell_vod("vod_stopped", session);
        let now_ms = self.now_ms();
        let mut inner = self.lock();
        let Some(vod) = inner.vods.remove(session) else {
            return false;
        };
        let details = inner.about_vod(&vod);
        inner.event("vod_stop", None, &details, now_ms);
        true
    }

    /// The viewer stops it, but the session stays listed, as real ones do for a while.
    pub fn linger_vod(&self, session: &str) -> bool {
        let now_ms = self.now_ms();
        let mut inner = self.lock();
        let Some(vod) = inner.vods.get_mut(session) else {
            return false;
        };
        vod.is_open = false;
        vod.until_ms = Some(now_ms);
        true
    }

    /// Somebody watches what a channel showed at `programme_ms` (milliseconds since 1970). Returns the session's name.
    pub fn timeshift(
        &self,
        which: impl Into<Which>,
        viewer: Viewer,
        programme_ms: i64,
    ) -> Result<String, TuneError> {
        let now_ms = self.now_ms();
        let session = self
            .lock()
            .timeshift(&which.into(), viewer, programme_ms, now_ms)?;
        self.tell(render::timeshift_stats);
        Ok(session)
    }

    /// The viewer pauses, or goes on. False if there is no such session.
    pub fn pause_timeshift(&self, session: &str, paused: bool) -> bool {
        let now_ms = self.now_ms();
        let mut inner = self.lock();
        let Some(shift) = inner.shifts.get_mut(session) else {
            return false;
        };
        shift.base = (shift.bytes(now_ms), now_ms);
        shift.paused_ms = paused.then_some(now_ms);
        true
    }

    pub fn end_timeshift(&self, session: &str) -> bool {
        let ended = self.lock().shifts.remove(session).is_some();
        self.tell(render::timeshift_stats);
        ended
    }

    fn tell_vod(&self, what: &str, session: &str) {
        self.tell(|state, _| {
            let vod = state.vods.get(session);
            json!({ "type": "update", "data": {
                "type": what,
                "content_name": vod.map(|v| &v.content.name),
                "content_uuid": vod.map(|v| &v.content.uuid),
                "client_ip": vod.map(|v| &v.viewer.ip),
                "user_id": vod.and_then(|v| v.viewer.user).unwrap_or(0).to_string(),
            }})
        });
        self.tell(render::vod_update);
    }
}

impl State {
    fn vod(&mut self, content: Content, viewer: Viewer, now_ms: i64) -> Result<String, TuneError> {
        let profile = self.free_login(content.account)?;
        let session = self.session_name("vod", now_ms);
        let vod = Vod {
            session: session.clone(),
            content,
            viewer,
            profile,
            since_ms: now_ms,
            is_open: true,
            until_ms: None,
        };
        let details = self.about_vod(&vod);
        self.vods.insert(session.clone(), vod);
        self.event("vod_start", None, &details, now_ms);
        Ok(session)
    }

    fn about_vod(&self, vod: &Vod) -> serde_json::Value {
        json!({
            "username": self.user_name(vod.viewer.user), "client_ip": vod.viewer.ip,
            "content_name": vod.content.name, "content_uuid": vod.content.uuid,
        })
    }

    fn free_login(&self, account: i64) -> Result<i64, TuneError> {
        let account = self
            .account(account)
            .filter(|a| a.is_active)
            .ok_or(TuneError::Unknown)?;
        let mut logins = account.profiles.iter().filter(|p| p.is_active);
        let free = logins.find(|p| p.max_streams == 0 || self.reserved(p.id) < u64::from(p.max_streams));
        free.map(|p| p.id).ok_or(TuneError::Full)
    }

    fn timeshift(
        &mut self,
        which: &Which,
        viewer: Viewer,
        programme_ms: i64,
        now_ms: i64,
    ) -> Result<String, TuneError> {
        let channel = self.channel_of(which).ok_or(TuneError::Unknown)?.clone();
        let first = channel.streams.first().and_then(|id| self.stream(*id));
        let stream = first.ok_or(TuneError::Dead)?.clone();
        let profile = self.free_login(stream.account)?;
        let session = format!("{:016x}{:016x}", self.rng.u64(..), self.rng.u64(..));
        self.shifts.insert(
            session.clone(),
            Shift {
                session: session.clone(),
                channel: channel.id,
                channel_uuid: channel.uuid,
                channel_name: channel.name,
                viewer,
                profile,
                media: stream.media,
                stream: stream.id,
                programme_ms,
                since_ms: now_ms,
                paused_ms: None,
                base: (0, now_ms),
            },
        );
        Ok(session)
    }
}
