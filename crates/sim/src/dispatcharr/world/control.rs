//! Control of the server itself: restart, credentials, clock, faults, and the log of requests.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::{State, World, lock};
use crate::dispatcharr::fault::{Fault, FaultSpec};
use crate::dispatcharr::requests::RequestSeen;
use crate::dispatcharr::seed::Seed;
use crate::fault::FaultId;

impl World {
    /// The container restarts: connections are cut, nothing is on the air any more. Tokens stay good.
    pub fn restart(&self) {
        let now_ms = self.now_ms();
        {
            let mut inner = self.lock();
            inner.feeds.clear();
            inner.vods.clear();
            inner.shifts.clear();
            // Dispatcharr empties its Redis at its start.
            inner.leaked.clear();
            inner.logins.clear();
            inner.born_ms = now_ms;
        }
        self.cut_connections();
    }

    /// As if so much time had passed: its wall clock is further ahead, so everything is older and has more bytes.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    /// Changes what it has: channels, accounts, limits, users. What is on the air goes on as it was.
    pub fn change(&self, change: impl FnOnce(&mut Seed)) {
        change(&mut self.lock().have);
    }

    /// The counter of a login stays this much too high, as real ones do.
    pub fn leak(&self, profile: i64, connections: u64) {
        self.lock().leaked.insert(profile, connections);
    }

    /// Access tokens handed out so far are void; those for a refresh hold.
    pub fn expire_tokens(&self) {
        self.lock().generation.0 += 1;
    }

    /// Tokens for a refresh are void, too: one must log in again.
    pub fn expire_refresh_tokens(&self) {
        let mut inner = self.lock();
        inner.generation.0 += 1;
        inner.generation.1 += 1;
    }

    /// This user's API key is void.
    pub fn revoke_key(&self, user: &str) {
        self.change(|have| {
            for user in have.users.iter_mut().filter(|u| u.name == user) {
                user.api_key = None;
            }
        });
    }

    /// 10 admin, 1 standard, 0 streamer.
    pub fn set_user_level(&self, user: &str, level: i64) {
        self.change(|have| {
            for user in have.users.iter_mut().filter(|u| u.name == user) {
                user.level = level;
            }
        });
    }

    pub fn set_version(&self, major: u32, minor: u32, patch: u32) {
        self.change(|have| have.version = (major, minor, patch));
    }

    /// Puts a fault in force until it is released.
    pub fn fault(&self, fault: impl Into<FaultSpec>) -> FaultId {
        let id = lock(&self.faults).add(fault.into());
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

    pub(crate) fn has(&self, fault: &Fault) -> bool {
        lock(&self.faults).has(fault)
    }

    /// Opens or closes the port, as the faults say.
    fn update_open(&self) {
        let open = !lock(&self.faults).refuses_all();
        self.open.send_if_modified(|o| std::mem::replace(o, open) != open);
    }

    /// The last requests, oldest first (at most 2,000).
    pub fn requests(&self) -> Vec<RequestSeen> {
        lock(&self.log).recent()
    }

    /// Remembered requests whose path begins like this.
    pub fn request_count(&self, path_prefix: &str) -> usize {
        lock(&self.log).count(path_prefix)
    }

    pub fn clear_requests(&self) {
        lock(&self.log).clear();
    }
}

impl State {
    /// Writes down who logged in, or tried to.
    pub(crate) fn logged_in(&mut self, user: &str, well: bool, now_ms: i64) {
        let kind = if well { "login_success" } else { "login_failed" };
        self.event(
            kind,
            None,
            &json!({ "user": user, "client_ip": "127.0.0.1" }),
            now_ms,
        );
    }
}
