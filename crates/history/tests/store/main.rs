//! The store through its door: what is kept, what survives, what is refused.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests")]

mod build;
mod child;
mod conformance;
mod crash;
mod faults;
mod random;
mod upkeep;
