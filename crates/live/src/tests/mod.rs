//! `reconcile` through its door: observations in, plays and counters out.

mod actor;
mod build;
mod hints;
mod looks;
mod outages;
mod properties;
mod restore;
mod rules;
mod servers;
