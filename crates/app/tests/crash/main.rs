//! The built binary, killed at any moment and started again, and with a disk that is full: no play that stood on disk
//! is lost or doubled, no counter goes back, and the metrics are served in any case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop there")]

mod disk;
mod evening;
mod gap;
mod house;
mod killed;
