//! Sign-ins at plex.tv that a page has begun. Their tokens stay here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::error::Chain;
use base::{Clock, Secret};
use sources::plex::TvConfig;
use sources::plex::tv::{self, Found, TvError};
use tokio::task::AbortHandle;
use web::setup::{AccountServer, Pin, PinState, SignIn, Time};

use crate::failure::one_line;
use crate::installation;

/// Sign-ins that are open at once; a further one takes the place of the oldest, which is forgotten.
const OPEN_MAX: usize = 4;

/// How long a sign-in may be used after it was begun.
const LIFE: Duration = Duration::from_hours(1);

/// What a confirmed sign-in brought.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) token: Secret,
    name: String,
    pub(crate) servers: Vec<Found>,
}

#[derive(Clone, Debug)]
enum State {
    Waiting,
    SignedIn(Box<Account>),
    Expired,
    Failed(String),
}

#[derive(Debug)]
struct Open {
    id: String,
    begun_mono_ms: u64,
    state: State,
    task: Option<AbortHandle>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// All of them. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Pins {
    clock: Clock,
    open: Arc<Mutex<VecDeque<Open>>>,
}

impl Pins {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            open: Arc::default(),
        }
    }

    fn open(&self) -> MutexGuard<'_, VecDeque<Open>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.mono_ms();
        open.retain(|o| u128::from(now_ms.saturating_sub(o.begun_mono_ms)) < LIFE.as_millis());
        open
    }

    /// Asks plex.tv for one, and waits for the person from then on.
    pub(super) async fn begin(&self, tv: TvConfig) -> Result<Pin, TvError> {
        let pin = tv::start_pin(&tv).await?;
        let id = installation::random().unwrap_or_else(|_| pin.code().to_owned());
        let shown = Pin {
            id: id.clone(),
            code: pin.code().to_owned(),
            auth_url: pin.auth_url().to_owned(),
            expires_at: Time(self.clock.now() + pin.life()),
        };
        self.add(&id);
        let (this, of) = (self.clone(), id.clone());
        let task = tokio::spawn(async move {
            let state = match sign_in(&tv, &pin).await {
                Ok(account) => State::SignedIn(Box::new(account)),
                Err(TvError::PinExpired) => State::Expired,
                Err(e) => State::Failed(one_line(&Chain(&e).to_string())),
            };
            this.change(&of, |open| open.state = state);
        });
        let abort = task.abort_handle();
        self.change(&id, |open| open.task = Some(abort));
        Ok(shown)
    }

    fn add(&self, id: &str) {
        let begun_mono_ms = self.clock.mono_ms();
        let mut open = self.open();
        while open.len() >= OPEN_MAX {
            open.pop_front();
        }
        open.push_back(Open {
            id: id.to_owned(),
            begun_mono_ms,
            state: State::Waiting,
            task: None,
        });
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open().iter_mut().find(|o| o.id == id) {
            change(open);
        }
    }

    /// How far the one with this id is. One that is not known has expired.
    pub(super) fn state(&self, id: &str) -> SignIn {
        let open = self.open();
        match open.iter().find(|o| o.id == id).map(|o| &o.state) {
            Some(State::Waiting) => SignIn::only(PinState::Waiting),
            None | Some(State::Expired) => SignIn::only(PinState::Expired),
            Some(State::Failed(why)) => SignIn {
                message: Some(why.clone()),
                ..SignIn::only(PinState::Failed)
            },
            Some(State::SignedIn(account)) => SignIn {
                account: Some(account.name.clone()),
                servers: Some(account.servers.iter().map(shown).collect()),
                ..SignIn::only(PinState::SignedIn)
            },
        }
    }

    /// What it brought, once somebody has confirmed it.
    pub(super) fn account(&self, id: &str) -> Option<Account> {
        let open = self.open();
        match &open.iter().find(|o| o.id == id)?.state {
            State::SignedIn(account) => Some(Account::clone(account)),
            _ => None,
        }
    }
}

async fn sign_in(tv: &TvConfig, pin: &tv::Pin) -> Result<Account, TvError> {
    let token = tv::await_pin(tv, pin).await?;
    let name = tv::user_name(tv, &token).await?;
    let servers = tv::servers(tv, &token).await?;
    Ok(Account { token, name, servers })
}

fn shown(server: &Found) -> AccountServer {
    AccountServer {
        name: server.name.to_string(),
        machine_id: server.machine_id.to_string(),
        version: server.version.as_ref().map(ToString::to_string),
        owned: server.owned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_open_and_none_for_ever() {
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let pins = Pins::new(clock.clone());
        for n in 0..=OPEN_MAX {
            pins.add(&n.to_string());
        }
        assert_eq!(pins.state("0").state, PinState::Expired);
        assert_eq!(pins.state("1").state, PinState::Waiting);
        let account = Account {
            token: Secret::new("planted-token"),
            name: "marlo".to_owned(),
            servers: Vec::new(),
        };
        pins.change("4", |open| open.state = State::SignedIn(Box::new(account)));
        assert_eq!(pins.state("4").account.as_deref(), Some("marlo"));
        assert!(pins.account("4").is_some() && pins.account("1").is_none());
        assert!(!format!("{pins:?}").contains("planted"));
        clock.advance(3_600_000);
        assert_eq!(pins.state("4").state, PinState::Expired);
        assert!(pins.account("4").is_none());
    }
}
