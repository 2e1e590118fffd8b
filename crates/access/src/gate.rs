//! The gate: who somebody is, and every change to who may be somebody.
//!
//! What is kept is read from memory. A change goes to the file first, under a lock that other processes respect, and
//! counts only when it is there; a file changed by another process (`projectionist access …`) is read again by
//! [`Gate::refresh`], which whoever serves a request waits for first.

mod kept;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base::error::Chain;
use base::{Clock, Secret};
use tokio::sync::Semaphore;

use crate::book::{Account, Book, Key, Role, Scope, is};
use crate::entry::{Client, Entry, NewPassword, SignedIn, Way};
use crate::file::{FileError, Stamp, Store};
use crate::password::{self, Hashed};
use crate::refused::Refused;
use crate::settings::{ADMIN, Mode, Settings};
use crate::throttle::Throttle;
use crate::token::{self, Digest};

/// Between two looks at whether another process changed the file.
const LOOK_EVERY_MS: u64 = 1000;

/// Passwords hashed at once, 19 MiB each; further ones wait.
const HASHES_MAX: usize = 2;

/// Passwords that wait to be hashed; beyond this whoever asks is sent away.
const HASHES_WAITING_MAX: usize = 16;

/// When to come back, for who was sent away.
const BUSY_S: u64 = 5;

/// Seconds between two writings of when somebody was last seen.
const SEEN_EVERY_S: i64 = 15 * 60;

/// Cheap to clone; all clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    clock: Clock,
    /// Absent where nothing is kept beyond the process.
    store: Option<Store>,
    state: Mutex<State>,
    /// One change at a time within this process.
    changing: tokio::sync::Mutex<()>,
    hashes: Arc<Semaphore>,
    hashes_waiting: Arc<Semaphore>,
    setup_code: Secret,
    code_told: AtomicBool,
    /// A proxy that says nothing of itself was found out: what seems to come from this machine need not.
    behind_proxy: AtomicBool,
    unlisted_told: AtomicBool,
}

#[derive(Debug)]
struct State {
    book: Arc<Book>,
    stamp: Option<Stamp>,
    looked_mono_ms: u64,
    throttle: Throttle,
    /// Not yet written; bounded by the accounts and keys there are.
    seen: HashMap<Seen, i64>,
    seen_written_s: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    Account(String),
    Key(String),
}

impl Gate {
    /// For everybody, and keeping nothing: for demonstrations and tests.
    pub fn open() -> Self {
        Self::with(Settings::new(Mode::Off), None, Clock::system(), Book::new(), None)
    }

    /// As `settings` say, keeping nothing beyond the process.
    pub fn in_memory(settings: Settings, clock: Clock) -> Self {
        Self::with(settings, None, clock, Book::new(), None)
    }

    /// With what `data_dir` keeps. A file that cannot be read is an error: it may say who is to be kept out.
    pub fn load(settings: Settings, data_dir: &Path, clock: Clock) -> Result<Self, FileError> {
        let store = Store::new(data_dir);
        let stamp = store.stamp();
        let book = store.read()?.unwrap_or_else(Book::new);
        Ok(Self::with(settings, Some(store), clock, book, stamp))
    }

    fn with(
        settings: Settings,
        store: Option<Store>,
        clock: Clock,
        book: Book,
        stamp: Option<Stamp>,
    ) -> Self {
        let now_s = clock.now().as_second();
        Self(Arc::new(Inner {
            settings,
            store,
            state: Mutex::new(State {
                book: Arc::new(book),
                stamp,
                looked_mono_ms: clock.mono_ms(),
                throttle: Throttle::default(),
                seen: HashMap::new(),
                seen_written_s: now_s,
            }),
            clock,
            changing: tokio::sync::Mutex::new(()),
            hashes: Arc::new(Semaphore::new(HASHES_MAX)),
            hashes_waiting: Arc::new(Semaphore::new(HASHES_MAX + HASHES_WAITING_MAX)),
            setup_code: token::code(),
            code_told: AtomicBool::new(false),
            behind_proxy: AtomicBool::new(false),
            unlisted_told: AtomicBool::new(false),
        }))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Where everything is kept.
    pub fn path(&self) -> Option<PathBuf> {
        self.0.store.as_ref().map(|s| s.path().to_owned())
    }

    /// Name of the cookie that holds the session: one browser may know several installations under one host, and
    /// cookies do not know ports.
    pub fn cookie_name(&self) -> String {
        format!("projectionist_{}", self.0.book().id)
    }

    /// True once somebody can sign in with a password and change things.
    pub fn password_set(&self) -> bool {
        !self.0.book().has_no_admin()
    }

    /// What the first password needs unless it comes from this machine. Drawn at each start.
    pub fn setup_code(&self) -> &Secret {
        &self.0.setup_code
    }

    /// Says the setup code in the log, once, if there is no password yet.
    pub fn tell_setup_code(&self) {
        let asked = matches!(self.0.settings.mode, Mode::Auto | Mode::Password);
        if !asked || self.password_set() || self.0.code_told.swap(true, Ordering::Relaxed) {
            return;
        }
        let code = self.0.setup_code.expose();
        tracing::info!(
            "no admin password is set: open the page and set one with the setup code {code}, or run \
             `projectionist access password` on this machine"
        );
    }

    /// True once a proxy was found out that says nothing of itself. Then nothing counts as coming from this machine.
    pub fn is_behind_proxy(&self) -> bool {
        self.0.behind_proxy.load(Ordering::Relaxed)
    }

    /// A page of ours that seems to be of this machine was shown as `host`: whoever shows it there passes on what comes
    /// from elsewhere. Holds until the end of the process.
    pub fn found_proxy(&self, host: &str) {
        if self.0.behind_proxy.swap(true, Ordering::Relaxed) || self.0.settings.mode == Mode::Off {
            return;
        }
        tracing::warn!(
            "a reverse proxy shows us as {host:?} and does not say so: from now on everybody is asked for a password; \
             set [access] mode = \"password\", list the proxy in [access] proxies, and have it send X-Forwarded-For"
        );
    }

    /// `peer` passes on requests of others and is not believed. Said once.
    pub fn tell_unlisted_proxy(&self, peer: std::net::IpAddr) {
        if self.0.settings.mode == Mode::Off || self.0.unlisted_told.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!(
            "{peer} sends X-Forwarded-For and is not listed in [access] proxies: if it is your reverse proxy, list it \
             there, or wrong passwords of anybody behind it make all of them wait"
        );
    }

    /// Makes the configured password the one of [`ADMIN`]. Another than before ends the sessions it opened.
    pub async fn adopt_configured_password(&self) -> Result<(), Refused> {
        let Some(password) = self.0.settings.admin_password.clone() else {
            return Ok(());
        };
        let known = self.0.book().account(ADMIN).cloned();
        let known = known.filter(|a| a.role == Role::Admin).map(|a| a.password);
        if let Some(known) = known
            && self.fits(known, password.clone()).await?
        {
            return Ok(());
        }
        let (hashed, now_s) = (self.hash(password).await?, self.now_s());
        self.change_or_remember(move |book| book.set_admin_password(hashed.clone(), now_s))
            .await
    }

    /// Reads the file again if another process changed it, at most once in a second. To be waited for before
    /// anybody is let in: whoever was taken away must not pass once more.
    pub async fn refresh(&self) {
        if self.0.is_look_due() {
            let inner = self.0.clone();
            // Only a panic ends it early, and what was known stays then.
            let _ = tokio::task::spawn_blocking(move || inner.look()).await;
        }
    }

    /// Who has this session.
    pub fn session(&self, token: &str) -> Option<Entry> {
        let (book, now_s) = (self.0.book(), self.now_s());
        let account = book.session(&Digest::of(token), self.0.settings.session_days, now_s)?;
        self.saw(Seen::Account(account.name.clone()), now_s);
        Some(Entry::person(
            Way::Session,
            account.role,
            Some(account.name.clone()),
        ))
    }

    /// Who has this key.
    pub fn key(&self, key: &str) -> Option<Entry> {
        let book = self.0.book();
        let key = book.key(&Digest::of(key))?;
        self.saw(Seen::Key(key.id.clone()), self.now_s());
        Some(Entry::of_key(key))
    }

    /// Somebody whom a trusted proxy named.
    pub fn of_proxy(&self, user: &str) -> Entry {
        let admins = self.0.settings.proxy_admins.as_ref();
        let role = match admins {
            Some(admins) if !admins.iter().any(|a| is(a, user)) => Role::Viewer,
            _ => Role::Admin,
        };
        Entry::person(Way::Proxy, role, Some(user.to_owned()))
    }

    /// `client` is whose attempts are counted.
    pub async fn sign_in(&self, client: Client, name: &str, password: Secret) -> Result<SignedIn, Refused> {
        self.passwords_count()?;
        let account = self.0.book().account(name).cloned();
        let known = account.as_ref().map(|a| a.name.clone());
        self.attempt(client, known.as_deref())?;
        // Whoever is unknown costs as much time as whoever is known.
        let hashed = account
            .as_ref()
            .map_or_else(Hashed::nobody, |a| a.password.clone());
        if !self.fits(hashed, password).await? {
            return Err(Refused::WrongPassword);
        }
        let account = account.ok_or(Refused::WrongPassword)?;
        self.right(client, known.as_deref());
        let (token, now_s) = (token::session(), self.now_s());
        let digest = Digest::of(token.expose());
        let entry = self
            .change_or_remember(move |book| {
                // It may have gone meanwhile, or have another password.
                let now = book.account(&account.name);
                let now = now.filter(|a| a.password == account.password);
                let role = now.ok_or(Refused::WrongPassword)?.role;
                book.begin_session(&account.name, digest, now_s);
                Ok(Entry::person(Way::Session, role, Some(account.name.clone())))
            })
            .await?;
        Ok(SignedIn { entry, token })
    }

    pub async fn sign_out(&self, token: &str) -> Result<(), Refused> {
        let digest = Digest::of(token);
        // Anybody may ask for this: what is no session costs no writing.
        if !self.0.book().has_session(&digest) {
            return Ok(());
        }
        self.change_or_remember(move |book| {
            book.end_session(&digest);
            Ok(())
        })
        .await
    }

    /// Sets the first password, or another one for who is in; ends every session of the account but the one it begins.
    pub async fn set_password(&self, asked: NewPassword) -> Result<SignedIn, Refused> {
        self.passwords_count()?;
        if let Some(fault) = password::fault(&asked.new) {
            return Err(Refused::Bad(fault));
        }
        let entry = asked
            .entry
            .as_ref()
            .filter(|e| matches!(e.way, Way::Session | Way::Open));
        let name = entry
            .and_then(|e| e.name.clone())
            .unwrap_or_else(|| ADMIN.to_owned());
        if is(&name, ADMIN) && self.0.settings.admin_password.is_some() {
            let why =
                "this password is set in the configuration ([access] admin_password) and is changed there";
            return Err(Refused::Forbidden(why.to_owned()));
        }
        let known = self.0.book().account(&name).cloned();
        match &known {
            Some(account) => self.prove_current(&asked, entry, account).await?,
            None => self.prove_first(&asked)?,
        }
        let (hashed, now_s, token) = (self.hash(asked.new).await?, self.now_s(), token::session());
        let digest = Digest::of(token.expose());
        let entry = self
            .change(move |book| {
                // Another may have been quicker: with the first password, with another one, or with taking the account
                // away. What was proven then proves nothing now.
                match &known {
                    None if book.has_no_admin() => book.set_admin_password(hashed, now_s)?,
                    Some(known) if book.account(&name).is_some_and(|a| a.password == known.password) => {
                        book.set_password(&name, hashed)?;
                    }
                    _ => return Err(Refused::SignedOut),
                }
                let role = book.account(&name).ok_or(Refused::SignedOut)?.role;
                book.begin_session(&name, digest, now_s);
                Ok(Entry::person(Way::Session, role, Some(name)))
            })
            .await?;
        Ok(SignedIn { entry, token })
    }

    async fn prove_current(
        &self,
        asked: &NewPassword,
        entry: Option<&Entry>,
        account: &Account,
    ) -> Result<(), Refused> {
        if entry.is_none() {
            return Err(Refused::SignedOut);
        }
        let Some(current) = asked.current.clone() else {
            return Err(Refused::Bad(
                "the current password is needed, as `current`".to_owned(),
            ));
        };
        self.attempt(asked.client, Some(&account.name))?;
        if !self.fits(account.password.clone(), current).await? {
            return Err(Refused::WrongCurrent);
        }
        self.right(asked.client, Some(&account.name));
        Ok(())
    }

    fn prove_first(&self, asked: &NewPassword) -> Result<(), Refused> {
        if self.password_set() {
            return Err(Refused::SignedOut);
        }
        if asked.client.straight {
            return Ok(());
        }
        let Some(code) = &asked.setup_code else {
            self.tell_setup_code();
            let why = "the setup code is needed, as `setup_code`; the log of this process shows it";
            return Err(Refused::Forbidden(why.to_owned()));
        };
        self.attempt(asked.client, None)?;
        let (given, wanted) = (
            token::plain_code(code.expose()),
            token::plain_code(self.0.setup_code.expose()),
        );
        if !token::same(given.as_bytes(), wanted.as_bytes()) {
            self.tell_setup_code();
            return Err(Refused::WrongCode);
        }
        self.right(asked.client, None);
        Ok(())
    }

    /// Sets a password without asking for another: for whoever may write the file anyway. Makes [`ADMIN`] if it does
    /// not exist, and no other.
    pub async fn reset_password(&self, name: &str, new: Secret) -> Result<(), Refused> {
        if let Some(fault) = password::fault(&new) {
            return Err(Refused::Bad(fault));
        }
        let (hashed, now_s, name) = (self.hash(new).await?, self.now_s(), name.to_owned());
        self.change(move |book| {
            if is(&name, ADMIN) {
                book.set_admin_password(hashed, now_s)
            } else {
                book.set_password(&name, hashed)
            }
        })
        .await
    }

    /// With when each was last seen, as far as this process knows.
    pub fn accounts(&self) -> Vec<Account> {
        self.0.current().accounts
    }

    pub async fn add_account(&self, name: String, role: Role, password: Secret) -> Result<Account, Refused> {
        if let Some(fault) = password::fault(&password) {
            return Err(Refused::Bad(fault));
        }
        let (hashed, now_s) = (self.hash(password).await?, self.now_s());
        self.change(move |book| {
            book.add_account(&name, role, hashed.clone(), now_s)?;
            book.accounts
                .last()
                .cloned()
                .ok_or(Refused::Unknown("no account has this name"))
        })
        .await
    }

    pub async fn remove_account(&self, name: String) -> Result<(), Refused> {
        if is(&name, ADMIN) && self.0.settings.admin_password.is_some() {
            let why = "this account is set in the configuration ([access] admin_password)";
            return Err(Refused::Forbidden(why.to_owned()));
        }
        self.change(move |book| book.remove_account(&name)).await
    }

    /// With when each was last used, as far as this process knows.
    pub fn keys(&self) -> Vec<Key> {
        self.0.current().keys
    }

    /// The key itself is told this once and kept nowhere.
    pub async fn add_key(&self, name: String, scopes: Vec<Scope>) -> Result<(Secret, Key), Refused> {
        let (secret, now_s) = (token::key(), self.now_s());
        let digest = Digest::of(secret.expose());
        let key = self
            .change(move |book| book.add_key(&name, &scopes, digest, now_s))
            .await?;
        Ok((secret, key))
    }

    pub async fn remove_key(&self, id: String) -> Result<(), Refused> {
        self.change(move |book| book.remove_key(&id)).await
    }

    fn now_s(&self) -> i64 {
        self.0.clock.now().as_second()
    }

    fn passwords_count(&self) -> Result<(), Refused> {
        if self.0.settings.mode == Mode::Proxy {
            let why = "the reverse proxy in front of us says who is signed in; passwords are not used";
            return Err(Refused::Forbidden(why.to_owned()));
        }
        Ok(())
    }

    /// `account`: the name of one that there is.
    fn attempt(&self, client: Client, account: Option<&str>) -> Result<(), Refused> {
        let now_ms = self.0.clock.mono_ms();
        let counted = self.0.state().throttle.attempt(client, account, now_ms);
        counted.map_err(|wait_s| Refused::Throttled { wait_s })
    }

    fn right(&self, client: Client, account: Option<&str>) {
        let now_ms = self.0.clock.mono_ms();
        self.0.state().throttle.right(client, account, now_ms);
    }

    async fn fits(&self, hashed: Hashed, password: Secret) -> Result<bool, Refused> {
        self.compute(move || hashed.fits(&password)).await
    }

    async fn hash(&self, password: Secret) -> Result<Hashed, Refused> {
        self.compute(move || Hashed::new(&password)).await
    }

    /// On a thread that nobody waits for, with a bound on the memory of all together.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let busy = || Refused::Busy { wait_s: BUSY_S };
        let waiting = self
            .0
            .hashes_waiting
            .clone()
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let room = self.0.hashes.clone().acquire_owned().await.map_err(|_| busy())?;
        // Both permits go with the work: who hangs up does not make room for another.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (waiting, room);
            work()
        });
        done.await.map_err(|_| busy())
    }

    /// Changes the book on disk, then in memory. It counts only if it is on disk.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Book) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.try_change(work).await.inspect_err(|refused| {
            if let Refused::File(e) = refused {
                tracing::error!(kind = e.kind().as_str(), "changing who has access: {}", Chain(e));
            }
        })
    }

    async fn try_change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Book) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _turn = self.0.changing.lock().await;
        let inner = self.0.clone();
        let changed = tokio::task::spawn_blocking(move || inner.change(work)).await;
        changed.unwrap_or_else(|_| Err(Refused::Busy { wait_s: BUSY_S }))
    }

    /// As [`Self::change`]; where nothing can be written it is remembered until the end of the process, so that one can
    /// sign in on a machine whose disk is full or read-only.
    async fn change_or_remember<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Book) -> Result<T, Refused> + Clone + Send + 'static,
    ) -> Result<T, Refused> {
        match self.try_change(work.clone()).await {
            Err(Refused::File(e @ FileError::Unwritable { .. })) => {
                tracing::warn!(
                    kind = e.kind().as_str(),
                    "who signed in is forgotten at the next start: {}",
                    Chain(&e)
                );
                let mut state = self.0.state();
                let mut book = Book::clone(&state.book);
                let done = work(&mut book)?;
                state.book = Arc::new(book);
                Ok(done)
            }
            Err(Refused::File(e)) => {
                tracing::error!(kind = e.kind().as_str(), "changing who has access: {}", Chain(&e));
                Err(Refused::File(e))
            }
            other => other,
        }
    }

    /// Notes that somebody was here, and writes that now and then.
    fn saw(&self, who: Seen, now_s: i64) {
        let due = {
            let mut state = self.0.state();
            state.seen.insert(who, now_s);
            let due = now_s - state.seen_written_s >= SEEN_EVERY_S;
            if due {
                state.seen_written_s = now_s;
            }
            due && self.0.store.is_some()
        };
        if due {
            let gate = self.clone();
            tokio::spawn(async move {
                if let Err(e) = gate.try_change(|_| Ok(())).await {
                    tracing::debug!("when somebody was last seen was not written: {}", Chain(&e));
                }
            });
        }
    }
}
