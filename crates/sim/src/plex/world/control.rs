//! Control of the server itself: restart, tokens, clock, faults, and the log of requests.

use base::Secret;

use crate::fault::FaultId;
use crate::plex::fault::{Fault, FaultSpec};
use crate::plex::requests::RequestSeen;
use crate::plex::stats::Stats;
use crate::plex::value::Text;
use crate::plex::world::{Lifecycle, World, lock};

/// How a server restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Restart {
    /// Close the port instead of answering 503.
    pub refuse: bool,
    /// Clients come back: the same playbacks, under new keys counted from 1.
    pub keep_sessions: bool,
}

impl World {
    /// Begins a restart: notification streams are cut, sessions forgotten, every path answers 503 until
    /// [`World::finish_restart`]. Session keys count from 1 again.
    pub fn restart(&self) {
        self.restart_with(Restart::default());
    }

    pub fn restart_with(&self, how: Restart) {
        {
            let (mut state, now) = self.current();
            state.lifecycle = if how.refuse {
                Lifecycle::Down
            } else {
                Lifecycle::Starting("Plex Media Server is currently running startup maintenance tasks.")
            };
            let old = std::mem::take(&mut state.sessions);
            state.next_session = 1;
            if how.keep_sessions {
                for (key, mut playing) in (1..).zip(old.into_values()) {
                    playing.rebase(now);
                    playing.key = key;
                    playing.restart_converter(now, None);
                    state.sessions.insert(key, playing);
                    state.next_session = key + 1;
                }
            }
            state.activities.clear();
            let pinned = state.stats.pinned;
            let totals = state.stats.totals;
            state.stats = Stats::empty(now.wall_s, state.random);
            state.stats.totals = totals;
            state.stats.pinned = pinned;
        }
        self.drop_streams();
        self.update_open();
    }

    /// The server is up again.
    pub fn finish_restart(&self) {
        self.lock().lifecycle = Lifecycle::Up;
        self.update_open();
    }

    /// Cuts every notification stream, without a close frame.
    pub fn drop_streams(&self) {
        self.streams_cut.send_modify(|n| *n += 1);
    }

    /// Puts a fault in force until it is released.
    pub fn fault(&self, fault: impl Into<FaultSpec>) -> FaultId {
        let spec = fault.into();
        let drops = spec.fault == Fault::WsDrop;
        let id = lock(&self.faults).add(spec);
        if drops {
            self.drop_streams();
        }
        self.update_open();
        id
    }

    pub fn release(&self, id: FaultId) {
        lock(&self.faults).release(id);
        self.update_open();
    }

    pub fn clear_faults(&self) {
        lock(&self.faults).clear();
        self.update_open();
    }

    /// Opens or closes the port, and freezes `WebSockets`, as the faults and the server's life say.
    fn update_open(&self) {
        let down = self.lock().lifecycle == Lifecycle::Down;
        let (refused, frozen) = {
            let faults = lock(&self.faults);
            (faults.refuses_all(), faults.has(&Fault::WsFreeze))
        };
        let open = !down && !refused;
        self.open.send_if_modified(|o| std::mem::replace(o, open) != open);
        self.frozen
            .send_if_modified(|f| std::mem::replace(f, frozen) != frozen);
    }

    /// Accepts only this owner's token from now on.
    pub fn set_token(&self, token: &str) {
        self.lock().token = Some(Secret::new(token));
    }

    /// Accepts no owner's token any more: signed out, or claimed by somebody else.
    pub fn revoke_token(&self) {
        self.lock().token = None;
    }

    pub fn set_name(&self, name: impl Into<Text>) {
        self.lock().name = name.into();
    }

    /// Another server at the same address: reinstalled, or the wrong one.
    pub fn set_machine_id(&self, machine_id: impl Into<Text>) {
        self.lock().machine_id = machine_id.into();
    }

    pub fn set_version(&self, version: impl Into<Text>) {
        self.lock().version = version.into();
    }

    /// Grants or ends the Plex Pass: statistics come and go with it.
    pub fn set_plex_pass(&self, has: bool) {
        self.lock().plex_pass = has;
    }

    /// Media seconds per real second, for everything that plays.
    pub fn set_speed(&self, speed: f64) {
        let (mut state, now) = self.current();
        for playing in state.sessions.values_mut() {
            playing.rebase(now);
        }
        state.speed = speed;
    }

    /// Sets the server's wall clock this far ahead of the real one.
    pub fn set_clock_skew_s(&self, skew_s: i64) {
        self.lock().skew_s = skew_s;
    }

    /// The last requests, oldest first (at most 10,000).
    pub fn requests(&self) -> Vec<RequestSeen> {
        lock(&self.log).recent()
    }

    /// Requests whose path begins like this, since the start or the last [`World::clear_requests`].
    pub fn request_count(&self, path_prefix: &str) -> usize {
        lock(&self.log).count(path_prefix)
    }

    pub fn clear_requests(&self) {
        lock(&self.log).clear();
    }
}
