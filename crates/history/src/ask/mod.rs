//! Questions and their answers: each a pure function of the columns, with texts fetched for the rows of one page.

pub mod concurrency;
pub mod filter;
pub mod graphs;
mod groups;
pub mod history;
pub mod home;
pub mod iptv;
pub mod people;
pub mod slices;
pub mod stats;
mod who;

pub use who::Who;
