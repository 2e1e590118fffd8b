//! Questions about stream managers: which channels were watched, by how many, and what providers had to carry.
//!
//! Everything is counted in Rust over runs and viewings that an indexed range of time yields. A run or viewing counts
//! with the part of it that lies in the window; one that is still open counts up to the last look that saw it. All
//! intervals are half-open: a stretch that ends when another begins is not two at once. The look that saw something last
//! still counts it as one, so that what was seen in a single look counts; whatever follows it begins later.

mod clock;
mod filter;
mod keys;
mod limits;
mod page;
mod provider;
mod ranking;
mod rows;
mod sweep;
#[cfg(test)]
mod tests;
mod told;
mod users;
mod viewers;

pub use filter::Filter;
pub use page::{Cursor, Page, Paging, Run, Segment, Viewing, runs, viewings};
pub use provider::{ProviderDay, ProviderTotal, provider_days, providers};
pub use ranking::{ChannelRank, Order, ranking};
pub use users::{UserTotal, users};
pub use viewers::{BUCKETS_MAX, Bucket, By, viewers};
