//! `/api/v2` over real sockets: the envelope, its forms, refusals, and what plays among what was played.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod door;
mod forms;
#[path = "../web/managers.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod managers;
mod past;
mod playing;

#[path = "../web/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod support;
