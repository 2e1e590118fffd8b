//! What every room needs and no room owns: clock, secrets, error kinds, backoff, supervision, HTTP and TLS.
//!
//! Invariant: `base` knows no word of the domain ("session", "library", "plex"). It is the only crate that
//! builds an HTTP client or picks a TLS provider.

pub mod backoff;
pub mod clock;
pub mod error;
pub mod fault;
pub mod http;
pub mod outage;
pub mod secret;
pub mod supervise;
pub mod tls;

pub use clock::Clock;
pub use error::Kind;
pub use fault::Fault;
pub use secret::Secret;
