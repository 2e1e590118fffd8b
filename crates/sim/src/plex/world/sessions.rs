//! Playbacks: start, pause, seek, convert differently, go on to the next item, stop.

use crate::plex::catalog::{Entry, Level};
use crate::plex::frames::{Frame, TRANSCODE_END, TRANSCODE_START, TRANSCODE_UPDATE};
use crate::plex::item::Item;
use crate::plex::names;
use crate::plex::playing::{Now, Playing, Start};
use crate::plex::session_seed::{Decision, Delivery, PlayState, Quality, SessionSeed};
use crate::plex::world::World;

/// How often a converter reports.
const UPDATE_MS: u64 = 5_000;

impl World {
    /// Starts a playback and returns its session key. Notifies `transcodeSession.start` and `playing`.
    pub fn start(&self, seed: SessionSeed) -> String {
        let (mut state, now) = self.current();
        let item = state.register(seed.item.clone());
        let library = state.library_of(&item);
        let account = state.account(seed.user.as_ref());
        let device = state.device(&seed.player, now.wall_s);
        let key = state.next_session;
        state.next_session += 1;
        // Names the client's run, so one client keeps it from one playback to the next.
        let run = seed
            .player
            .machine_id
            .bytes()
            .fold(7, |a: u64, b| a.wrapping_mul(31).wrapping_add(b.into()));
        let client_run = names::token(151, run, 24);
        let announce = seed.announce;
        let start = Start {
            key,
            item,
            library,
            account,
            device,
            client_run,
        };
        let playing = Playing::new(start, seed, now, self.seed.report_every.is_none());
        if announce {
            self.announce_converter(TRANSCODE_START, &playing, now);
            self.send(Frame::playing(&playing, playing.state, now));
        }
        state.sessions.insert(key, playing);
        key.to_string()
    }

    /// Runs `change` on one session; `None` if there is none of that key.
    fn change<T>(&self, key: &str, change: impl FnOnce(&mut Playing, Now) -> T) -> Option<T> {
        let number = key.parse().ok()?;
        let (mut state, now) = self.current();
        state
            .sessions
            .get_mut(&number)
            .map(|playing| change(playing, now))
    }

    fn set_state(&self, key: &str, to: PlayState) {
        self.change(key, |playing, now| {
            playing.set_state(to, now);
            self.send(Frame::playing(playing, to, now));
        });
    }

    pub fn pause(&self, key: &str) {
        self.set_state(key, PlayState::Paused);
    }

    pub fn resume(&self, key: &str) {
        self.set_state(key, PlayState::Playing);
    }

    pub fn buffer(&self, key: &str) {
        self.set_state(key, PlayState::Buffering);
    }

    /// Changes the state without telling anybody.
    pub fn set_state_silently(&self, key: &str, to: PlayState) {
        self.change(key, |playing, now| playing.set_state(to, now));
    }

    /// Jumps. A converter starts anew there, under the same name.
    pub fn seek(&self, key: &str, position_ms: u64) {
        self.change(key, |playing, now| {
            self.announce_converter(TRANSCODE_END, playing, now);
            playing.seek(position_ms, now);
            let id = playing.converter.as_ref().map(|c| c.id.clone());
            playing.restart_converter(now, id);
            self.announce_converter(TRANSCODE_START, playing, now);
            self.send(Frame::playing(playing, playing.state, now));
        });
    }

    /// Ends a playback and tells everybody. The session is gone before the notification is sent.
    pub fn stop(&self, key: &str) {
        if let Some((playing, now)) = self.remove(key) {
            self.send(Frame::playing(&playing, PlayState::Stopped, now));
            self.announce_converter(TRANSCODE_END, &playing, now);
        }
    }

    /// Ends a playback without a word: a client that crashed.
    pub fn vanish(&self, key: &str) {
        let _ = self.remove(key);
    }

    fn remove(&self, key: &str) -> Option<(Playing, Now)> {
        let number = key.parse().ok()?;
        let (mut state, now) = self.current();
        let mut playing = state.sessions.remove(&number)?;
        playing.rebase(now);
        state.finish(&playing, now);
        Some((playing, now))
    }

    /// The same session goes on to another item: no stop in between.
    pub fn play_next(&self, key: &str, item: Item) {
        let Ok(number) = key.parse() else { return };
        let (mut state, now) = self.current();
        let item = state.register(item);
        let library = state.library_of(&item);
        let Some(mut playing) = state.sessions.remove(&number) else {
            return;
        };
        state.finish(&playing, now);
        self.announce_converter(TRANSCODE_END, &playing, now);
        playing.play(item, library, now);
        self.announce_converter(TRANSCODE_START, &playing, now);
        self.send(Frame::playing(&playing, playing.state, now));
        state.sessions.insert(number, playing);
    }

    /// The viewer asks for another quality: the converter ends and another starts. [`Quality::ORIGINAL`] goes back
    /// to direct play.
    pub fn set_quality(&self, key: &str, quality: Quality) {
        self.convert(key, |old| match (quality, old) {
            (Quality::ORIGINAL, _) => Delivery::DirectPlay,
            (_, Delivery::DirectPlay) => Delivery::transcode(quality),
            (_, old @ Delivery::Convert(_)) => old.clone().tuned(|c| {
                c.quality = Some(quality);
                c.video = c.video.map(|_| Decision::Transcode);
            }),
        });
    }

    /// The server delivers the same playback differently from now on.
    pub fn set_delivery(&self, key: &str, delivery: Delivery) {
        self.convert(key, |_| delivery);
    }

    fn convert(&self, key: &str, to: impl FnOnce(&Delivery) -> Delivery) {
        self.change(key, |playing, now| {
            self.announce_converter(TRANSCODE_END, playing, now);
            playing.rebase(now);
            playing.delivery = to(&playing.delivery);
            if playing
                .delivery
                .conversion()
                .is_some_and(|c| c.subtitle.is_some())
            {
                playing.subtitle.get_or_insert(0);
            }
            playing.restart_converter(now, None);
            self.announce_converter(TRANSCODE_START, playing, now);
        });
    }

    /// A live channel goes on to its next programme: same key, other title, nothing notified.
    pub fn next_programme(&self, key: &str, show: Option<&'static str>, title: &'static str) {
        self.change(key, |playing, _| {
            playing.item = playing.item.clone().programme(show, title);
            playing.forget();
        });
    }

    /// Sends a `playing` notification with this state, whatever the session's state is.
    pub fn notify_playing(&self, key: &str, state: PlayState) {
        self.change(key, |playing, now| {
            playing.report(now);
            self.send(Frame::playing(playing, state, now));
        });
    }

    /// One `playing` notification per session, with its state and position.
    pub fn notify_progress_all(&self) {
        self.notify_progress(0, usize::MAX);
    }

    /// One `playing` notification for each of `count` sessions from the `first` on, in key order, round and round.
    pub fn notify_progress(&self, first: usize, count: usize) {
        let (mut state, now) = self.current();
        let n = state.sessions.len();
        if n == 0 {
            return;
        }
        let count = count.min(n);
        let first = first % n;
        for (at, playing) in state.sessions.values_mut().enumerate() {
            if (at + n - first) % n < count {
                playing.report(now);
                self.send(Frame::playing(playing, playing.state, now));
            }
        }
    }

    /// Sends any text to every WebSocket client.
    pub fn notify_raw(&self, text: impl Into<String>) {
        self.send(Frame::raw(text.into()));
    }

    /// Sends the converter's state now, as every few seconds by itself.
    pub fn notify_transcode(&self, key: &str) {
        self.change(key, |playing, now| {
            self.announce_converter(TRANSCODE_UPDATE, playing, now);
        });
    }

    fn announce_converter(&self, event: &'static str, playing: &Playing, now: Now) {
        let Some(progress) = playing.progress(now) else {
            return;
        };
        if let Some(frame) = Frame::converter(event, playing, progress) {
            self.send(frame);
        }
    }

    /// Keys of the sessions, in order.
    pub fn session_keys(&self) -> Vec<String> {
        self.lock().sessions.keys().map(u64::to_string).collect()
    }

    pub fn session_count(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Exact position of a session, which may be ahead of what the list shows.
    pub fn position_ms(&self, key: &str) -> Option<u64> {
        self.change(key, |playing, now| playing.position_ms(now))
    }

    /// What a session plays.
    pub fn item(&self, key: &str) -> Option<Item> {
        self.change(key, |playing, _| playing.item.clone())
    }

    /// True if the session plays, false if it is paused or buffering.
    pub fn is_playing(&self, key: &str) -> Option<bool> {
        self.change(key, |playing, _| playing.state == PlayState::Playing)
    }

    /// Rating key of what a session plays.
    pub fn rating_key(&self, key: &str) -> Option<String> {
        self.change(key, |playing, _| {
            playing.item.rating_key.as_ref().map(ToString::to_string)
        })?
    }

    /// Name of a session's running converter, as in `/transcode/sessions`.
    pub fn transcode_key(&self, key: &str) -> Option<String> {
        self.change(key, |playing, _| playing.converter.as_ref().map(|c| c.id.clone()))?
    }

    /// Ends the session of that `Session.id`, as the terminate call does; false if there is none.
    pub(crate) fn terminate(&self, client_run: &str) -> bool {
        let found = self
            .lock()
            .sessions
            .values()
            .find(|s| s.client_run == client_run)
            .map(|s| s.key.to_string());
        match found {
            Some(key) => {
                self.stop(&key);
                true
            }
            None => false,
        }
    }

    /// What the clients and converters do by themselves: report about every ten seconds.
    pub(crate) fn tick(&self) {
        let (mut state, now) = self.current();
        let Some(every) = self.seed.report_every else {
            return;
        };
        let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        for playing in state.sessions.values_mut() {
            if now.mono_ms >= playing.next_report_ms {
                playing.next_report_ms = now.mono_ms + every_ms;
                playing.report(now);
                self.send(Frame::playing(playing, playing.state, now));
            }
            if playing.converter.is_some() && now.mono_ms >= playing.next_update_ms {
                playing.next_update_ms = now.mono_ms + UPDATE_MS;
                self.announce_converter(TRANSCODE_UPDATE, playing, now);
            }
        }
    }

    /// The n-th item of a library that can be played; `n` wraps around. `None` for an empty or unknown library.
    pub fn pick(&self, library: u32, n: u32) -> Option<Item> {
        let state = self.lock();
        let library = state.library(library)?;
        let level = match library.levels() {
            // Photos before the clips among them.
            [_, Level::Photo, _] => Level::Photo,
            levels => *levels.last()?,
        };
        let count = library.count(level);
        match library.entry(level, n.checked_rem(count)?) {
            Entry::Item(item) => Some(*item),
            Entry::Folder(_) => None,
        }
    }

    /// The item after this one in its library: the next episode or track.
    pub fn next_item(&self, item: &Item) -> Option<Item> {
        let state = self.lock();
        let library = state.library(item.library?)?;
        library.next(item.rating_key.as_deref()?).map(|i| *i)
    }
}
