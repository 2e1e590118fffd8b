//! HTTP: metrics, the JSON interface, the stream of events, and a status page.
//!
//! Invariant: `web` is the only crate that serialises JSON outwards. It holds read handles only: it may not see a
//! source, a file or the environment. A handler waits for its own client, for the history, and for a limited time for
//! whoever answers questions that only a server can (`catalog`) or counts (`collections`). The types of the interface
//! have no place for a token, and the address of a server is told by the Tautulli interface alone, to who has its key.

mod accept;
mod access;
mod api;
mod catalog;
pub mod collections;
mod context;
mod events;
mod health;
mod page;
mod process;
mod recording;
mod respond;
mod router;
mod scrape;
mod serve;
pub mod setup;
pub mod tautulli;
#[cfg(feature = "ui")]
mod ui;

pub use api::v1::openapi_json;
pub use catalog::{Catalog, CatalogError, CatalogQuestion, PictureQuestion, QUESTIONS_MAX};
pub use context::{BasePathError, Context, ScrapeHint, base_path};
pub use events::{Events, LISTENERS_MAX};
pub use router::{metrics_router, router};
pub use serve::{CONNECTIONS_MAX, DRAIN_BUDGET, HEADER_TIMEOUT, serve};
