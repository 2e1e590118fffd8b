//! From the wire to the model: pure functions, so that every rule has a table of cases.

mod feeds;
mod inventory;
mod names;
#[cfg(test)]
mod tests;
pub(super) mod values;

pub(super) use feeds::{OnAir, feeds, on_air};
pub(super) use inventory::{Parts, accounts, inventory, with_reserved};
pub(super) use names::Names;
