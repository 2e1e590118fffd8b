//! Histories that others kept.

pub mod tautulli;
