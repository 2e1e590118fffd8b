//! The store through its door: what is kept, what survives, what is refused.

mod build;
mod conformance;
