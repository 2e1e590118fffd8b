//! Who may see and do what: accounts with passwords, browser sessions, API keys, and the one private file they are in.
//!
//! Invariant: no password, session token or key is kept, only what proves it: Argon2id of passwords, SHA-256 of tokens,
//! which are too long to guess. This crate knows no HTTP and no path of any interface: `web` says who asks and for what.

mod book;
mod entry;
mod file;
mod gate;
mod network;
mod password;
mod refused;
mod settings;
mod throttle;
mod token;

pub use book::{ACCOUNTS_MAX, Account, KEYS_MAX, Key, Role, SESSIONS_MAX, Scope};
pub use entry::{Client, Entry, NewPassword, SignedIn, Way};
pub use file::{FILE_NAME, FileError};
pub use gate::Gate;
pub use network::{Network, Networks};
pub use password::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
pub use refused::Refused;
pub use settings::{ADMIN, Mode, Settings};
pub use token::same;
