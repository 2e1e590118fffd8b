//! The Tautulli interface as others know it: recorded answers of the real one, and clients nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop there")]

mod clients;
mod deviations;
mod house;
mod ordered;
mod plex;
mod replay;
mod served;
mod sessions;
